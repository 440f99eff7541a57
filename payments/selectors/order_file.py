"""Read everything about one order for an accountant: money of both kinds, the bank's messages, and one timeline."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from contracts.models import SignedDocument
from contracts.selectors import document_of
from iys_portal.audit.models import AuditEvent
from iys_portal.audit.selectors import histories_of
from iys_portal.shared.money import format_lira
from payments.decline_words import label_of
from payments.enums import AttemptState, BankRefundState, DifferenceKind, OrderState, RefundState
from payments.models import (
    Allocation,
    BankRefund,
    CardAttempt,
    CardDifference,
    GatewayEvent,
    Order,
    Refund,
    StatementLine,
)
from payments.selectors.lines import waiting_lines_of
from payments.selectors.orders import TimelineEntry


@dataclass(frozen=True)
class AttemptFile:
    """One card attempt with its number among the order's, its refusal in words, and its refunds."""

    number: int
    attempt: CardAttempt
    decline: str
    refunds: list[Refund]


@dataclass(frozen=True)
class OrderFile:
    """An order as accountants see it. Amounts in TRY; lists are oldest first."""

    order: Order
    allocated: Decimal
    allocations: list[Allocation]
    attempts: list[AttemptFile]
    events: list[GatewayEvent]
    differences: list[CardDifference]
    bank_refunds: list[BankRefund]
    waiting_lines: list[StatementLine]
    document: SignedDocument | None
    timeline: list[TimelineEntry]


def order_of_any_provider(code: str) -> Order | None:
    """Return the order of a parsed code, whoever's it is: for staff only."""
    orders = Order.objects.select_related("provider", "person", "package", "approval", "subscription")
    return orders.filter(code=code).first()


def order_file(order: Order) -> OrderFile:
    """Return everything about an order; the number of queries does not depend on how much there is."""
    allocations = Allocation.objects.filter(order=order).select_related("line__account", "attempt", "actor")
    attempts = list(CardAttempt.objects.filter(order=order).select_related("person").order_by("pk"))
    refunds = list(_with_people(Refund.objects.filter(order=order)).order_by("pk"))
    differences = list(CardDifference.objects.filter(attempt__in=attempts).order_by("pk"))
    bank_refunds = list(order.bank_refunds.select_related("line__account", "debit_line").order_by("pk"))
    kept = list(allocations.order_by("pk"))
    return OrderFile(
        order=order,
        allocated=sum((each.amount for each in kept), Decimal("0.00")),
        allocations=kept,
        attempts=[
            AttemptFile(
                number=number,
                attempt=attempt,
                decline=label_of(attempt.decline_group),
                refunds=[refund for refund in refunds if refund.attempt_id == attempt.pk],
            )
            for number, attempt in enumerate(attempts, start=1)
        ],
        events=_messages(attempts),
        differences=differences,
        bank_refunds=bank_refunds,
        waiting_lines=list(waiting_lines_of(order)),
        document=document_of(order.approval),
        timeline=_timeline(order, attempts, refunds, differences, bank_refunds),
    )


def _with_people(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    return refunds.select_related("requested_by", "approved_by")


def _messages(attempts: list[CardAttempt]) -> list[GatewayEvent]:
    """Return the messages that a gateway sent of these attempts, in the order in which they came."""
    named = Q(conversation_id__in=[attempt.conversation_id for attempt in attempts])
    taken = [attempt.payment_id for attempt in attempts if attempt.payment_id]
    paid = Q(gateway__in={attempt.gateway for attempt in attempts}, payment_id__in=taken)
    return list(GatewayEvent.objects.filter(named | paid).order_by("pk"))


def _timeline(
    order: Order,
    attempts: list[CardAttempt],
    refunds: list[Refund],
    differences: list[CardDifference],
    bank_refunds: list[BankRefund],
) -> list[TimelineEntry]:
    events = [
        *histories_of(order.provider_id, [order, *attempts, *refunds, *differences]),
        # Transferred money belongs to its movement: its history names no provider.
        *histories_of(None, bank_refunds),
    ]
    events.sort(key=lambda event: event.pk)
    numbers = {str(attempt.pk): number for number, attempt in enumerate(attempts, start=1)}
    declines = {str(attempt.pk): label_of(attempt.decline_group) for attempt in attempts}
    words: dict[str, Callable[[AuditEvent], str]] = {
        "payments.order": _of_order,
        "payments.cardattempt": lambda event: _of_attempt(
            event, number=numbers[event.object_id], decline=declines[event.object_id]
        ),
        "payments.refund": _of_refund,
        "payments.carddifference": _of_difference,
        "payments.bankrefund": _of_bank_refund,
    }
    return [
        TimelineEntry(at=event.at, text=words[event.object_type](event), actor=event.actor_name) for event in events
    ]


_ORDER_ACTIONS = {
    "draft": "Paket seçildi",
    "reprice": "Fiyat güncellendi",
    "activation_refused": "Paket tanımlanamadı",
}


def _of_order(event: AuditEvent) -> str:
    head = _ORDER_ACTIONS.get(event.action) or _state(event, OrderState, "Sipariş")
    return _with_reason(head or "Sipariş güncellendi", event.reason)


def _of_attempt(event: AuditEvent, *, number: int, decline: str) -> str:
    if event.action == "card_attempt":
        count, amount = event.detail["instalments"], Decimal(event.detail["paid_amount"])
        how = "tek çekim" if count == 1 else f"{count} taksit"
        return f"{number}. kart denemesi başladı: {format_lira(amount)}, {how}"
    head = _state(event, AttemptState, f"{number}. kart denemesi") or f"{number}. kart denemesi güncellendi"
    reason = decline if event.action == f"state:{AttemptState.DECLINED.value}" and decline else event.reason
    return _with_reason(head, reason)


def _of_refund(event: AuditEvent) -> str:
    if event.action == "refund_requested":
        amount = event.detail.get("amount")
        head = f"Kart iadesi istendi: {format_lira(Decimal(amount))}" if amount else "Kart iadesi istendi"
    else:
        head = _state(event, RefundState, "Kart iadesi") or "Kart iadesi güncellendi"
    return _with_reason(head, event.reason)


_BANK_REFUND_ACTIONS = {
    "refund_payee": "Havale iadesinin alıcısı yazıldı",
    "refund_approved": "Havale iadesi onaylandı",
}


def _of_bank_refund(event: AuditEvent) -> str:
    if event.action == "refund_owed":
        head = f"Havale iadesi: {format_lira(Decimal(event.detail['amount']))} iade edilecek"
    else:
        head = _BANK_REFUND_ACTIONS.get(event.action) or _state(event, BankRefundState, "Havale iadesi")
    return _with_reason(head or "Havale iadesi güncellendi", event.reason)


def _of_difference(event: AuditEvent) -> str:
    if event.action == "difference_found":
        return f"Kart mutabakatında fark saptandı: {DifferenceKind(event.detail['kind']).label}"
    return _with_reason("Kart mutabakat farkı kapatıldı", event.reason)


def _state(
    event: AuditEvent, states: type[OrderState | AttemptState | RefundState | BankRefundState], what: str
) -> str:
    """Return what changed its state to which, or an empty text for any other action."""
    state = event.action.removeprefix("state:")
    return f"{what}: {states(state).label}" if event.action.startswith("state:") and state in states.values else ""


def _with_reason(head: str, reason: str) -> str:
    return f"{head} – {reason}" if reason else head
