"""Ask the gateways what became of card refunds that they did not answer; nothing is sent from here (ADR 24)."""

from datetime import datetime, timedelta

from iys_portal.audit.models import OutboxMessage
from iys_portal.audit.outbox import promise
from payments.enums import RefundState
from payments.gateways.base import DeclineGroup, Outcome, Result
from payments.gateways.registry import gateway, is_set_up
from payments.models import CardAttempt, Refund
from payments.services.asking import Question, ask_round
from payments.services.refunds import apply, capture_of

# A gateway's list may lag behind what it did: before this, "not known" is no answer (ADR 22).
_BELIEVED_AFTER = timedelta(minutes=10)
_ASKED_AFTER = timedelta(minutes=1)


def sweep(*, now: datetime, limit: int = 200) -> int:
    """Ask about the refunds that were sent and not answered; return how many were asked.

    One that a killed worker left behind may or may not have reached the bank: it is asked about, never sent again.
    An approved one that the outbox has given up, since its gateway was not set up here, is promised anew. A round may
    be cut short: none is always the last.
    """
    _promise_again(now=now)
    open_refunds = Refund.objects.filter(state__in=[RefundState.SENDING, RefundState.UNKNOWN])
    due = open_refunds.filter(sent_at__lte=now - _ASKED_AFTER).select_related("attempt__order").order_by("?")[:limit]
    return ask_round("refund", lambda: [_question(refund, now=now) for refund in due])


def _promise_again(*, now: datetime) -> None:
    approved = Refund.objects.filter(state=RefundState.APPROVED, created_at__lte=now - _ASKED_AFTER)
    for pk, name in list(approved.values_list("pk", "attempt__gateway")):
        promised = OutboxMessage.objects.filter(done_at=None, failed_at=None, topic="refund.send")
        if is_set_up(name) and not promised.filter(payload={"refund_id": pk}).exists():
            promise("refund.send", refund_id=pk)


def _question(refund: Refund, *, now: datetime) -> Question:
    assert refund.sent_at is not None  # noqa: S101  (refund_sent_has_instant)
    is_early = now - refund.sent_at < _BELIEVED_AFTER

    def ask() -> Outcome:
        outcome = _query(refund.attempt, key=refund.key)
        is_unheard_of = outcome.result == Result.DECLINED and outcome.group == DeclineGroup.ABANDONED
        if not (is_unheard_of and is_early):
            apply(refund_id=refund.pk, outcome=outcome, now=now)
        return outcome

    return Question(refund.attempt.gateway, refund.pk, ask)


def _query(attempt: CardAttempt, *, key: str) -> Outcome:
    if not is_set_up(attempt.gateway):
        return Outcome(result=Result.UNKNOWN, detail="no such gateway here")
    return gateway(attempt.gateway).query_refund(capture_of(attempt), key=key)
