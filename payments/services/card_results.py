"""Make of what a gateway says the one result that a card attempt and its order can have (ADR 23).

`apply` is idempotent: it locks the order, then the attempt, reads both again, and believes a capture only when amount,
currency, order and our own number are right. What was captured and cannot be kept goes to the refund queue.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import Person
from iys_portal.audit.services import move, record
from iys_portal.shared.money import format_lira
from payments.enums import ATTEMPT_TRANSITIONS, LIVE_ATTEMPTS, ORDER_TRANSITIONS, AttemptState, OrderState
from payments.gateways.base import Capture, DeclineGroup, Outcome, Result
from payments.models import Allocation, CardAttempt, Order, Refund
from payments.services import mails
from payments.services.activation import complete
from payments.services.orders import locked

PENDING = frozenset({OrderState.CARD_PENDING, OrderState.CARD_UNKNOWN})
# Orders that a capture of the right amount settles by itself; for any other it is money too much.
_SETTLED_BY_CARD = PENDING | {OrderState.CONTRACT_ACCEPTED, OrderState.TRANSFER_PENDING, OrderState.EXPIRED}
_MAY_BE_REVIEWED = PENDING | {
    OrderState.CONTRACT_ACCEPTED,
    OrderState.TRANSFER_PENDING,
    OrderState.CANCELLED,
    OrderState.EXPIRED,
    OrderState.REFUNDED,
}
# Nobody was refused: the payer may still pay on a page that was left open, and the bank is asked for a while.
_LEFT = frozenset({DeclineGroup.ABANDONED, DeclineGroup.GAVE_UP})
_ABANDONED_AFTER = timedelta(minutes=30)
_GRACE = timedelta(days=7)
_REVIEW_AFTER = timedelta(hours=24)


@transaction.atomic
def apply(*, attempt_id: int, outcome: Outcome, now: datetime, returned: bool = False) -> CardAttempt:
    """Make of an outcome what it means for the attempt and its order. Locks the order, then the attempt.

    Idempotent: what was captured stays captured, and the same outcome again changes nothing. `returned` says that
    the payer has come back from the bank.
    """
    order = locked(Order.objects.get(attempts=attempt_id))
    attempt = CardAttempt.objects.select_for_update(of=("self",), no_key=True).get(pk=attempt_id)
    attempt.order = order
    attempt.queried_at = now
    attempt.save(update_fields=["queried_at"])
    if attempt.state == AttemptState.SUCCEEDED:
        return attempt
    if not returned and _is_still_there(attempt, outcome, now=now):
        _is_open(attempt)
    else:
        _APPLY[outcome.result](attempt, outcome, now)
    return attempt


def _is_still_there(attempt: CardAttempt, outcome: Outcome, *, now: datetime) -> bool:
    """Return whether “no such payment” only means that the payer has not typed yet: some banks know no open page."""
    is_unheard_of = outcome.result == Result.DECLINED and outcome.group == DeclineGroup.ABANDONED
    return is_unheard_of and attempt.is_open_at_bank and now - attempt.created_at < _ABANDONED_AFTER


def _is_open(attempt: CardAttempt) -> None:
    """The bank answers, and the payer has not come back: one lost answer closes no way there."""
    if attempt.state == AttemptState.UNKNOWN and attempt.order.state == OrderState.CARD_UNKNOWN:
        _move_attempt(attempt, AttemptState.NEEDS_3DS, "Bankanın ödeme sayfası açık.")
        move_order(attempt.order, OrderState.CARD_PENDING, "Bankanın ödeme sayfası açık.")


def _needs_action(attempt: CardAttempt, outcome: Outcome, now: datetime) -> None:
    """The payer is on the bank's pages. Half an hour later nobody is, and the bank says that it took nothing."""
    if attempt.state == AttemptState.CREATED and outcome.action is not None:
        action = outcome.action
        _move_attempt(
            attempt,
            AttemptState.NEEDS_3DS,
            "Bankanın ödeme sayfası açıldı.",
            token=outcome.token,
            action={"kind": action.kind.value, "url": action.url, "fields": dict(action.fields)},
        )
    elif attempt.state in LIVE_ATTEMPTS and now - attempt.created_at >= _ABANDONED_AFTER:
        _given_up(attempt, AttemptState.ABANDONED, DeclineGroup.ABANDONED, outcome, now)
    elif attempt.is_open_at_bank:
        _is_open(attempt)
    elif attempt.state == AttemptState.ABANDONED:
        _asked_last(attempt, now)


def _declined(attempt: CardAttempt, outcome: Outcome, now: datetime) -> None:
    group = outcome.group or DeclineGroup.OTHER
    state = AttemptState.ABANDONED if group in _LEFT else AttemptState.DECLINED
    if attempt.state in LIVE_ATTEMPTS:
        _given_up(attempt, state, group, outcome, now)
    elif attempt.state == AttemptState.ABANDONED:
        _asked_last(attempt, now)


def _asked_last(attempt: CardAttempt, now: datetime) -> None:
    """Note that the bank still has taken nothing: `sweep` goes on until it said so when no page can be open."""
    attempt.settled_at = now
    attempt.save(update_fields=["settled_at"])


def _given_up(attempt: CardAttempt, state: AttemptState, group: DeclineGroup, outcome: Outcome, now: datetime) -> None:
    _move_attempt(
        attempt,
        state,
        "Banka ödemeyi almadı.",
        decline_group=group.value,
        reference=outcome.reference[:64],
        settled_at=now,
    )
    if attempt.order.state in PENDING:
        move_order(attempt.order, OrderState.CONTRACT_ACCEPTED, "Kartla ödeme yapılmadı; yeniden denenebilir.")


def _unknown(attempt: CardAttempt, outcome: Outcome, now: datetime) -> None:
    if attempt.state not in LIVE_ATTEMPTS:
        return
    if attempt.state != AttemptState.UNKNOWN:
        _move_attempt(attempt, AttemptState.UNKNOWN, "Banka yanıt vermedi.", reference=outcome.reference[:64])
    order = attempt.order
    if order.state == OrderState.CARD_PENDING:
        move_order(order, OrderState.CARD_UNKNOWN, "Bankanın yanıtı bekleniyor.")
    elif order.state == OrderState.CARD_UNKNOWN and now - attempt.created_at >= _REVIEW_AFTER:
        move_order(order, OrderState.IN_REVIEW, "Banka 24 saattir yanıt vermiyor.")


def _captured(attempt: CardAttempt, outcome: Outcome, now: datetime) -> None:
    capture, order = outcome.capture, attempt.order
    if capture is None:
        raise ValueError("a success without a capture")
    surplus = _mismatch(attempt, capture) or _why_too_much(attempt, now=now)
    _move_attempt(
        attempt,
        AttemptState.SUCCEEDED,
        surplus or "Banka ödemeyi aldı.",
        surplus=bool(surplus),
        payment_id=capture.payment_id,
        transaction_id=capture.transaction_id,
        other_amount=None if capture.paid_amount == attempt.paid_amount else capture.paid_amount,
        bin=capture.bin[:8],
        last4=capture.last4,
        card_family=capture.family,
        decline_group="",
        reference=outcome.reference[:64],
        settled_at=now,
    )
    if not surplus:
        _pay(attempt, now=now)
        return
    _ask_for_refund(attempt, capture, surplus)
    if order.state in _MAY_BE_REVIEWED:
        move_order(order, OrderState.IN_REVIEW, surplus)


def _mismatch(attempt: CardAttempt, capture: Capture) -> str:
    """Return in what the bank's capture differs from the attempt, or an empty text."""
    expected = (attempt.conversation_id, attempt.order.code, attempt.amount, attempt.paid_amount, "TRY")
    said = (capture.conversation_id, capture.order_code, capture.amount, capture.paid_amount, capture.currency)
    if said == expected:
        return ""
    return (
        f"Bankanın bildirdiği ödeme ({format_lira(capture.paid_amount)} {capture.currency}) siparişle aynı değil; "
        "muhasebe inceleyecek."
    )


def _why_too_much(attempt: CardAttempt, *, now: datetime) -> str:
    """Return why money of the right amount cannot be kept for the order, or an empty text when it can."""
    order = attempt.order
    if order.allocations.exists():
        return "Bu siparişin ödemesi daha önce alınmış; bu çekim iade edilecek."
    if order.state == OrderState.IN_REVIEW and attempt.state == AttemptState.UNKNOWN:
        return ""  # what a person was to look into was this very payment
    if order.state not in _SETTLED_BY_CARD:
        return f"Sipariş «{order.get_state_display()}» durumundayken alınan ödeme; iade edilecek."
    if order.state == OrderState.EXPIRED and (order.accepted_at is None or now - order.accepted_at > _paid_late_for()):
        return "Süresi dolmuş sipariş için alınan ödeme; iade edilecek."
    return ""


def _paid_late_for() -> timedelta:
    """Return how long after its approval an expired order still takes the money: its own time and seven days."""
    return timedelta(days=settings.ACCEPTED_LIFETIME_DAYS) + _GRACE


def _pay(attempt: CardAttempt, *, now: datetime) -> None:
    order = attempt.order
    Allocation.objects.create(
        attempt=attempt,
        order=order,
        amount=attempt.amount,
        rule="card",
        reason="Kartla ödendi.",
        created_at=now,
    )
    move_order(order, OrderState.PAID, "Kartla ödendi.", paid_at=now)
    complete(order=order, actor=None, reason="Ödemesi alındı.", now=now)
    mails.order_paid(order, now=now)


def _ask_for_refund(attempt: CardAttempt, capture: Capture, reason: str) -> None:
    refund = Refund.objects.create(
        provider_id=attempt.provider_id,
        order=attempt.order,
        attempt=attempt,
        key=secrets.token_hex(16),
        amount=attempt.taken,
        reason=reason,
    )
    record(
        action="refund_requested",
        subject=refund,
        actor=None,
        reason=reason,
        order=attempt.order.code,
        amount=str(refund.amount),
        captured=str(capture.paid_amount),
    )


def _move_attempt(attempt: CardAttempt, state: AttemptState, reason: str, **changes: object) -> None:
    move(attempt, state, table=ATTEMPT_TRANSITIONS, actor=None, reason=reason, **changes)


def move_order(order: Order, state: OrderState, reason: str, *, actor: Person | None = None, **changes: object) -> None:
    """Move an order through its one door; the caller holds its lock."""
    move(order, state, table=ORDER_TRANSITIONS, actor=actor, reason=reason, **changes)


_APPLY = {
    Result.NEEDS_ACTION: _needs_action,
    Result.DECLINED: _declined,
    Result.UNKNOWN: _unknown,
    Result.SUCCEEDED: _captured,
}
