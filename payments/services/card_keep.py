"""A capture that was to go back, for an order in review: a person keeps it, and the package begins (ADR 46).

The bank is asked again before. What it says now must be this order's payment and cover its price; only then may a
person say that another amount than was agreed is kept.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Person
from iys_portal.audit.services import record
from iys_portal.shared.money import format_lira
from payments.enums import AttemptState, Consequence, OrderState, RefundState
from payments.gateways.base import Capture, Result
from payments.models import Allocation, CardAttempt, Order, Refund
from payments.rules import AllocationRefused
from payments.selectors.cards import keepable
from payments.services import refunds
from payments.services.cards import query
from payments.services.refunds import RefundRefused, lock_refund, move_refund
from payments.services.reviews import accept


def keep(*, order: Order, reason: str, person: Person, now: datetime) -> Order:
    """Keep the capture of an order in review; what was taken above the agreed sum goes back.

    The bank is asked first, outside the transaction. Locks order, attempt, refund. Raises AllocationRefused.
    """
    if len(reason.strip()) < 3:
        raise AllocationRefused("Kararın gerekçesini yazın (en az 3 karakter).")
    attempt = keepable(order)
    if attempt is None:
        raise AllocationRefused("Bu siparişin kabul edilebilecek bir kart çekimi yok; iadesi başlamış olabilir.")
    outcome = query(attempt)
    if outcome.result != Result.SUCCEEDED or outcome.capture is None:
        raise AllocationRefused("Banka bu ödemeyi şu anda doğrulamadı. Biraz sonra yeniden deneyin.")
    return _keep(attempt, outcome.capture, reason=reason.strip(), person=person, now=now)


@transaction.atomic
def _keep(attempt: CardAttempt, capture: Capture, *, reason: str, person: Person, now: datetime) -> Order:
    waiting = _waiting(attempt).values_list("pk", flat=True).first()
    if waiting is None:
        raise AllocationRefused("Bu çekimin iadesi az önce başladı; artık kabul edilemez.")
    order, attempt, refund = lock_refund(waiting)
    _check(order, attempt, refund, capture)
    move_refund(refund, RefundState.REJECTED, f"Çekim kabul edildi: {reason}", person)
    attempt.surplus = False
    attempt.other_amount = None if capture.paid_amount == attempt.paid_amount else capture.paid_amount
    attempt.save(update_fields=["surplus", "other_amount"])
    record(action="capture_kept", subject=attempt, actor=person, reason=reason, amount=str(attempt.taken))
    Allocation.objects.create(
        attempt=attempt,
        order=order,
        amount=attempt.amount,
        rule="card-kept",
        reason=reason,
        actor=person,
        created_at=now,
    )
    accept(order, reason=reason, person=person, now=now)
    _give_back(attempt, attempt.taken - attempt.paid_amount, person=person, now=now)
    return order


def _waiting(attempt: CardAttempt) -> QuerySet[Refund]:
    return attempt.refunds.filter(state=RefundState.REQUESTED)


def _check(order: Order, attempt: CardAttempt, refund: Refund, capture: Capture) -> None:
    """Raise AllocationRefused unless this capture may pay this order, as both stand under their locks."""
    if order.state != OrderState.IN_REVIEW:
        raise AllocationRefused(f"Bu sipariş az önce işlendi: «{order.get_state_display()}».")
    if refund.state != RefundState.REQUESTED or refunds.refundable(attempt):
        raise AllocationRefused("Bu çekimin iadesi az önce başladı; artık kabul edilemez.")
    if attempt.state != AttemptState.SUCCEEDED or not attempt.surplus or order.allocations.exists():
        raise AllocationRefused("Bu siparişin ödemesi zaten var; ikinci çekim kabul edilemez.")
    said = (capture.payment_id, capture.conversation_id, capture.order_code, capture.amount, capture.currency)
    if said != (attempt.payment_id, attempt.conversation_id, order.code, attempt.amount, "TRY"):
        raise AllocationRefused("Bankanın bildirdiği ödeme bu siparişin ödemesi değil; iade edin.")
    if capture.paid_amount not in {attempt.taken, attempt.paid_amount}:
        raise AllocationRefused(f"Banka şimdi {format_lira(capture.paid_amount)} bildiriyor; önce farkı araştırın.")
    if capture.paid_amount < order.gross:
        raise AllocationRefused(
            f"Karttan çekilen {format_lira(capture.paid_amount)}, siparişin {format_lira(order.gross)} tutarını"
            " karşılamıyor; iade edin."
        )


def _give_back(attempt: CardAttempt, excess: Decimal, *, person: Person, now: datetime) -> None:
    if excess <= 0:
        return
    try:
        refunds.request(
            attempt_id=attempt.pk,
            amount=excess,
            reason="Karttan kararlaştırılandan fazla çekildi.",
            consequence=Consequence.KEEP,
            person=person,
            now=now,
        )
    except RefundRefused as refusal:
        raise AllocationRefused(f"Fazla çekilen {format_lira(excess)} geri verilemiyor: {refusal}") from None
