"""Card money that goes back: asked for, approved, sent once, followed until the gateway confirms (ADR 24, 46).

Neither of the gateways' protocols knows a refund by a key of ours, so nothing is ever sent twice by itself: what was
not answered is asked about, and only a person sends a refund again that the bank is known not to have made. Locks are
taken in the order order, attempt, refund, subscription; the gateway is never spoken to inside a transaction.
"""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import format_lira
from packages.services import end_subscription
from payments.enums import (
    ORDER_TRANSITIONS,
    REFUND_TRANSITIONS,
    AttemptState,
    Consequence,
    OrderState,
    RefundState,
)
from payments.gateways.base import Capture, DeclineGroup, Outcome, Result
from payments.gateways.registry import gateway, is_set_up
from payments.models import Allocation, CardAttempt, Order, Refund
from payments.selectors.lines import waiting_lines_of
from payments.selectors.refunds import goes_back_still
from payments.services import mails
from payments.services.orders import locked

logger = structlog.get_logger(__name__)

_KURUS = Decimal("0.01")
_GOES_BACK = frozenset({RefundState.APPROVED, RefundState.SENDING, RefundState.UNKNOWN, RefundState.CONFIRMED})
_NOT_THERE = "İade bankaya ulaşmamış; yeniden gönderilebilir."
_DECLINED = "Banka iadeyi yapmadı. Ödeme kuruluşunun panelinde nedenine bakın, sonra yeniden gönderin."
_HAD_MONEY = frozenset({OrderState.PAID, OrderState.COMPLETED, OrderState.PARTIALLY_PAID, OrderState.IN_REVIEW})


class RefundRefused(Exception):
    """A refund that the rules do not allow, or that somebody else has decided; `str()` says why, in Turkish."""


@transaction.atomic
def request(
    *,
    attempt_id: int,
    amount: Decimal,
    reason: str,
    consequence: Consequence,
    person: Person,
    now: datetime,
    left: Decimal | None = None,
) -> Refund:
    """Ask for a refund of a captured payment, whole or in part; return it.

    It approves itself unless `needs_second` says that it waits for a second person. `left` is what
    the person was shown as still refundable: where it changed since, a double click or a colleague was faster.
    Locks the order, then the attempt. Raises RefundRefused.
    """
    order, attempt = _lock(attempt_id)
    reason = reason.strip()
    if left is not None and left != refundable(attempt):
        raise RefundRefused("Bu ödemenin iadeleri az önce değişti; hiçbir şey eklenmedi. Güncel durum aşağıda.")
    if refusal := refusal_of_request(attempt, amount=amount, reason=reason, consequence=consequence):
        raise RefundRefused(refusal)
    refund = Refund.objects.create(
        provider_id=attempt.provider_id,
        order=order,
        attempt=attempt,
        key=secrets.token_hex(16),
        amount=amount,
        reason=reason,
        consequence=consequence,
        requested_by=person,
        needs_second=needs_second(attempt, amount=amount),
        created_at=now,
    )
    record(
        action="refund_requested",
        subject=refund,
        actor=person,
        reason=reason,
        order=order.code,
        amount=str(amount),
        consequence=consequence,
    )
    if not refund.needs_second:
        _approve(order, attempt, refund, person=person, now=now)
    return refund


def refundable(attempt: CardAttempt) -> Decimal:
    """Return how much of a capture can still be given back, in TRY: what no live refund holds."""
    if attempt.state != AttemptState.SUCCEEDED:
        return Decimal("0.00")
    return attempt.taken - _total(attempt.refunds.exclude(state=RefundState.REJECTED), "amount")


def is_owed(attempt: CardAttempt, refund: Refund) -> bool:
    """Return whether more than was agreed would stay with the company without this refund: nobody may give it up."""
    others = attempt.refunds.exclude(state=RefundState.REJECTED).exclude(pk=refund.pk)
    return attempt.surplus or attempt.taken - _total(others, "amount") > attempt.paid_amount


def refusal_of_giving_up(attempt: CardAttempt, refund: Refund) -> str:
    """Return why a refund that waits for a person cannot be given up, in Turkish, or an empty text when it can."""
    if is_owed(attempt, refund):
        return "Fazladan alınan para geri verilmelidir; bu iadeden vazgeçilemez."
    has_ended = refund.state == RefundState.FAILED and refund.consequence == Consequence.END
    if has_ended and attempt.order.state == OrderState.COMPLETED:  # a part; after the whole a person reviews the order
        return "Paket bu iade için sona erdi: iadeyi yeniden gönderin ya da elle ödendiğini bildirin."
    return ""


def needs_second(attempt: CardAttempt, *, amount: Decimal) -> bool:
    """Return whether a second person decides on a refund of `amount` TRY.

    What people asked back of the same capture before counts, or parts would get past `REFUND_SECOND_PERSON_ABOVE`.
    """
    before = attempt.refunds.exclude(state=RefundState.REJECTED).exclude(requested_by=None)
    return _total(before, "amount") + amount > settings.REFUND_SECOND_PERSON_ABOVE


def refusal_of_request(attempt: CardAttempt, *, amount: Decimal, reason: str, consequence: Consequence) -> str:
    """Return why such a refund cannot be asked for, in Turkish, or an empty text when it can."""
    left = refundable(attempt)
    if not left:
        was_taken = attempt.state == AttemptState.SUCCEEDED
        return "Bu ödemenin tamamı için iade kaydı var." if was_taken else "Bu denemede karttan para alınmamış."
    if refusal := _refusal_of_amount(attempt, amount=amount, left=left):
        return refusal
    if not reason.strip():
        return "İadenin gerekçesini yazın."
    return _refusal_of_consequence(attempt, consequence, is_all=amount == left)


def _refusal_of_amount(attempt: CardAttempt, *, amount: Decimal, left: Decimal) -> str:
    if not 0 < amount <= left:
        return f"İade tutarı 0,01 ₺ ile {format_lira(left)} arasında olmalıdır."
    if amount != amount.quantize(_KURUS):
        return "İade tutarı en çok iki ondalık basamaklı olabilir."
    if not is_set_up(attempt.gateway):
        return f"Ödeme kuruluşu ({attempt.gateway}) bu sistemde tanımlı değil; iadesi buradan istenemez."
    if amount != attempt.taken and not gateway(attempt.gateway).capabilities().partial_refund:
        return f"Bu ödeme kuruluşu kısmi iade yapmıyor; yalnızca {format_lira(attempt.taken)} iade edilebilir."
    return ""


def _refusal_of_consequence(attempt: CardAttempt, consequence: Consequence, *, is_all: bool) -> str:
    if is_all and not attempt.surplus and consequence == Consequence.KEEP:
        return "Ödemenin tamamı geri verilirse paket sürmez; sonucu “Paket sona ersin” olarak seçin."
    if not is_all and consequence == Consequence.END and attempt.order.state == OrderState.PAID:
        return "Bu siparişin paketi henüz tanımlanmadı: tamamını iade edin ya da “Paket sürsün” seçin."
    return ""


@transaction.atomic
def approve(*, refund_id: int, person: Person, now: datetime) -> Refund:
    """Approve a refund that waits, or send one again that the bank refused. Locks order, attempt, refund.

    Raises RefundRefused when somebody decided before, and when the second person is the first.
    """
    order, attempt, refund = lock_refund(refund_id)
    if refund.state not in {RefundState.REQUESTED, RefundState.FAILED}:
        raise RefundRefused(already(refund))
    if refund.needs_second and refund.requested_by_id == person.pk:
        raise RefundRefused("Bu iadeyi siz istediniz; onayı ikinci bir kişi vermelidir.")
    _approve(order, attempt, refund, person=person, now=now)
    return refund


@transaction.atomic
def reject(*, refund_id: int, person: Person, reason: str, now: datetime) -> Refund:
    """Give a refund up before it is sent, or after the bank refused it. Locks order, attempt, refund.

    What was taken too much always goes back, and so does a part whose package ended for it. An order whose money
    was to go back waits for a decision.
    Raises RefundRefused.
    """
    order, attempt, refund = lock_refund(refund_id)
    if refund.state not in {RefundState.REQUESTED, RefundState.FAILED}:
        raise RefundRefused(already(refund))
    if refusal := refusal_of_giving_up(attempt, refund):
        raise RefundRefused(refusal)
    if not reason.strip():
        raise RefundRefused("Vazgeçmenin gerekçesini yazın.")
    was_sent = refund.state == RefundState.FAILED
    move_refund(refund, RefundState.REJECTED, reason.strip(), person)
    if was_sent and order.state == OrderState.REFUND_DUE:
        _move_order(order, OrderState.IN_REVIEW, "Kart iadesi yapılamadı.", person)
    logger.info("refund_rejected", refund_id=refund.pk, at=now.isoformat())
    return refund


def _approve(order: Order, attempt: CardAttempt, refund: Refund, *, person: Person, now: datetime) -> None:
    move_refund(refund, RefundState.APPROVED, "İade onaylandı.", person, approved_by=person)
    if refund.consequence == Consequence.END and order.subscription is not None:
        end_subscription(subscription=order.subscription, actor=person, reason="Ödemesi geri verildi.", now=now)
    if order.state in _HAD_MONEY and not _money_that_stays(order) and not _may_be_paid_yet(order, attempt):
        _move_order(order, OrderState.REFUND_DUE, f"Ödemenin tamamı iade edilecek: {refund.reason}", person)
    promise("refund.send", refund_id=refund.pk)
    logger.info("refund_approved", refund_id=refund.pk, attempt_id=attempt.pk)


def _may_be_paid_yet(order: Order, attempt: CardAttempt) -> bool:
    """Return whether a transfer with the code of an order in review waits: what is too much goes back without it."""
    return attempt.surplus and order.state == OrderState.IN_REVIEW and waiting_lines_of(order).exists()


def _money_that_stays(order: Order) -> Decimal:
    """Return what is kept for the order once the approved refunds are through, in TRY.

    A capture that was too much never paid the order: it goes back whatever becomes of the rest.
    """
    by_transfer = order.allocations.filter(line__isnull=False)
    kept = order.attempts.filter(state=AttemptState.SUCCEEDED, surplus=False)
    going = order.refunds.filter(state__in=_GOES_BACK, attempt__surplus=False)
    taken = sum((attempt.taken for attempt in kept), Decimal("0.00"))
    return _total(by_transfer, "amount") + taken - _total(going, "amount")


def _total(rows: QuerySet[Any], field: str) -> Decimal:
    total: Decimal | None = rows.aggregate(total=Sum(field))["total"]
    return total or Decimal("0.00")


def send(*, refund_id: int, now: datetime) -> None:
    """Send an approved refund to its gateway, once; whoever comes second does nothing."""
    refund = _begin(refund_id, now=now)
    if refund is None:
        return
    attempt = refund.attempt
    bank, capture, ip = gateway(attempt.gateway), capture_of(attempt), attempt.ip or ""
    is_whole = refund.amount == attempt.taken
    assert attempt.settled_at is not None  # noqa: S101  (attempt_captured_is_known)
    is_today = istanbul_day(attempt.settled_at) == istanbul_day(now)
    # A cancellation that the bank refused once (its day was over) is a refund the next time.
    if is_whole and is_today and not refund.problem and bank.capabilities().cancel:
        outcome = bank.cancel(capture, key=refund.key, ip=ip)
    else:
        outcome = bank.refund(capture, amount=refund.amount, key=refund.key, ip=ip)
    apply(refund_id=refund.pk, outcome=outcome, now=now)


@transaction.atomic
def _begin(refund_id: int, *, now: datetime) -> Refund | None:
    _, attempt, refund = lock_refund(refund_id)
    if refund.state != RefundState.APPROVED:
        return None
    gateway(attempt.gateway)  # one that is not set up here fails now: nothing was sent, and it is tried again
    move_refund(refund, RefundState.SENDING, "İade bankaya iletiliyor.", None, sent_at=now)
    refund.attempt = attempt
    return refund


def capture_of(attempt: CardAttempt) -> Capture:
    """Return a captured attempt as gateways know it."""
    return Capture(
        payment_id=attempt.payment_id,
        transaction_id=attempt.transaction_id,
        conversation_id=attempt.conversation_id,
        order_code=attempt.order.code,
        amount=attempt.amount,
        paid_amount=attempt.taken,
        currency="TRY",
        instalments=attempt.instalments,
        bin=attempt.bin,
        last4=attempt.last4,
        family=attempt.card_family,
    )


@transaction.atomic
def apply(*, refund_id: int, outcome: Outcome, now: datetime) -> Refund:
    """Make of a gateway's word what it means for a refund. Idempotent; locks order, attempt, refund."""
    order, attempt, refund = lock_refund(refund_id)
    if refund.state not in {RefundState.SENDING, RefundState.UNKNOWN}:
        return refund
    if outcome.result == Result.SUCCEEDED:
        _confirmed(order, attempt, refund, outcome, now=now)
    elif outcome.result == Result.DECLINED:
        words = _NOT_THERE if outcome.group == DeclineGroup.ABANDONED else _DECLINED
        move_refund(refund, RefundState.FAILED, words, None, problem=words, reference=outcome.reference[:64])
    elif refund.state == RefundState.SENDING:
        move_refund(refund, RefundState.UNKNOWN, "Banka yanıt vermedi; sorulacak.", None)
    return refund


def _confirmed(order: Order, attempt: CardAttempt, refund: Refund, outcome: Outcome, *, now: datetime) -> None:
    words, reference = "Banka iadeyi onayladı.", outcome.reference[:64]
    move_refund(refund, RefundState.CONFIRMED, words, None, confirmed_at=now, problem="", reference=reference)
    gone(order, attempt, refund, now=now)


def gone(order: Order, attempt: CardAttempt, refund: Refund, *, now: datetime) -> None:
    """The money is out of the house: what that means for its order; the provider is told."""
    if _is_all_back(attempt):
        _undo_allocation(order, attempt, refund, now=now)
    if order.state == OrderState.REFUND_DUE and not _money_that_stays(order) and not goes_back_still(order):
        _move_order(order, OrderState.REFUNDED, "Ödemenin tamamı iade edildi.", None)
    mails.card_refunded(order, refund, now=now)


def _is_all_back(attempt: CardAttempt) -> bool:
    return _total(attempt.refunds.filter(state=RefundState.CONFIRMED), "amount") == attempt.taken


def _undo_allocation(order: Order, attempt: CardAttempt, refund: Refund, *, now: datetime) -> None:
    """Take the capture's money off the order: a reversing row, once everything went back."""
    kept = attempt.allocations.filter(reverses=None, reversed_by=None).first()
    if kept is None:  # what was taken too much never paid the order
        return
    Allocation.objects.create(
        attempt=attempt,
        order=order,
        amount=-kept.amount,
        reverses=kept,
        rule="card-refund",
        reason=refund.reason,
        actor_id=refund.approved_by_id,
        created_at=now,
    )


def _lock(attempt_id: int) -> tuple[Order, CardAttempt]:
    order = locked(Order.objects.get(attempts=attempt_id))
    attempt = CardAttempt.objects.select_for_update(of=("self",), no_key=True).get(pk=attempt_id)
    attempt.order = order
    return order, attempt


def lock_refund(refund_id: int) -> tuple[Order, CardAttempt, Refund]:
    """Lock a refund's order, its attempt and itself, in this order; return them as they are now."""
    order, attempt = _lock(Refund.objects.values_list("attempt_id", flat=True).get(pk=refund_id))
    return order, attempt, Refund.objects.select_for_update(of=("self",), no_key=True).get(pk=refund_id)


def already(refund: Refund) -> str:
    """Return that somebody was faster, in Turkish."""
    person = refund.approved_by.get_full_name() if refund.approved_by else ""
    by = f" ({person})" if person else ""
    return f"Bu iade az önce işlendi{by}: {refund.get_state_display()}."


def move_refund(refund: Refund, state: RefundState, reason: str, person: Person | None, **changes: object) -> None:
    """Move a refund through its one door; the caller holds its lock."""
    move(refund, state, table=REFUND_TRANSITIONS, actor=person, reason=reason, **changes)


def _move_order(order: Order, state: OrderState, reason: str, person: Person | None) -> None:
    move(order, state, table=ORDER_TRANSITIONS, actor=person, reason=reason)
