"""Read orders of a provider: tenant first, another provider's order does not exist."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum

from iys_portal.audit.models import AuditEvent
from iys_portal.audit.selectors import histories_of, history_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import format_lira
from packages.models import Subscription
from payments.decline_words import label_of
from payments.enums import AWAITING_PAYMENT, AttemptState, BankRefundState, OrderState, RefundState
from payments.models import BankAccount, BankRefund, CardAttempt, Order, Refund


def orders_of(provider_id: int) -> QuerySet[Order]:
    """Return a provider's orders that its people know of, newest first: a draft is none yet."""
    orders = Order.objects.filter(provider_id=provider_id)
    return orders.exclude(state=OrderState.DRAFT).exclude(accepted_at=None, state=OrderState.EXPIRED)


def order_with_code(provider_id: int, code: str) -> QuerySet[Order]:
    """Return the provider's order with this code (at most one), with what its pages show."""
    orders = Order.objects.filter(provider_id=provider_id, code=code)
    return orders.select_related("provider", "person", "package", "approval", "subscription")


def orders_awaiting_payment(provider_id: int) -> QuerySet[Order]:
    """Return the orders for which money is awaited, oldest first."""
    return Order.objects.filter(provider_id=provider_id, state__in=AWAITING_PAYMENT).order_by("pk")


def resting_orders_of(provider_id: int) -> QuerySet[Order]:
    """Return the paid orders whose package has not begun, oldest first."""
    return Order.objects.filter(provider_id=provider_id, state=OrderState.PAID).order_by("pk")


def is_paid_for(subscription: Subscription) -> bool:
    """Return whether money was paid for a subscription: its order was not free."""
    return Order.objects.filter(provider_id=subscription.provider_id, subscription=subscription, gross__gt=0).exists()


def allocated_to(order: Order) -> Decimal:
    """Return the money that settles the order so far, in TRY."""
    total: Decimal | None = order.allocations.aggregate(total=Sum("amount"))["total"]
    return total or Decimal("0.00")


def shown_bank_accounts() -> QuerySet[BankAccount]:
    """Return the accounts that customers may pay into, in their order."""
    return BankAccount.objects.filter(is_active=True)


@dataclass(frozen=True)
class TimelineEntry:
    """One event of an order in the customer's words."""

    at: datetime
    text: str
    actor: str


_WORDS = {
    "draft": "Paket seçildi",
    "reprice": "Fiyat güncellendi",
    "activation_refused": "Paket şu anda tanımlanamıyor",
    **{f"state:{state.value}": str(state.label) for state in OrderState},
}

_CARD = {OrderState.CARD_PENDING.value, OrderState.CARD_UNKNOWN.value}
_GOES_BACK = (
    RefundState.APPROVED,
    RefundState.SENDING,
    RefundState.UNKNOWN,
    RefundState.FAILED,
    RefundState.BY_HAND,
    RefundState.CONFIRMED,
)
_SEEN_TO_BY_US = {f"state:{OrderState.REFUND_DUE.value}", f"state:{OrderState.IN_REVIEW.value}"}
_SURPLUS = "Kartınızdan alınan ödeme bu siparişe sayılmadı; iadesi ele alınıyor"


def timeline_of(order: Order) -> list[TimelineEntry]:
    """Return what happened to an order, its card attempts and what goes back of its money, oldest first."""
    attempts, refunds = list(order.attempts.all()), list(order.refunds.all())
    transfers = list(order.bank_refunds.all())
    attempt_of = {str(row.pk): row for row in attempts}
    refund_of = {str(row.pk): row for row in refunds}
    transfer_of = {str(row.pk): row for row in transfers}
    # Transferred money belongs to its movement: the history of its refund names no provider.
    events = [*histories_of(order.provider_id, [order, *attempts, *refunds]), *histories_of(None, transfers)]
    entries = []
    for event in sorted(events, key=lambda event: event.pk):
        if event.object_type == Order._meta.label_lower:
            entry = _entry(event, order) if event.action in _WORDS else None
        elif event.object_type == CardAttempt._meta.label_lower:
            entry = _of_attempt(event, attempt_of[event.object_id])
        elif event.object_type == BankRefund._meta.label_lower:
            entry = _of_transfer(event, transfer_of[event.object_id])
        else:
            entry = _of_refund(event, refund_of[event.object_id])
        entries += [entry] if entry else []
    return entries


def _entry(event: AuditEvent, order: Order) -> TimelineEntry:
    text = _WORDS[event.action]
    if event.action == f"state:{OrderState.CONTRACT_ACCEPTED.value}" and event.detail.get("before") in _CARD:
        text = "Yeniden ödeme yapılabilir"
    elif event.action == "activation_refused":
        text = f"{text}: {event.reason}"
    elif event.action == f"state:{OrderState.COMPLETED.value}" and is_renewal(order):
        assert order.subscription is not None  # noqa: S101  (see is_renewal)
        text = f"{text}; yenilenen paket {istanbul_day(order.subscription.starts_at):%d.%m.%Y} tarihinde başlar"
    is_ours = event.action in _SEEN_TO_BY_US  # which of our people decided is not the customer's matter
    return TimelineEntry(at=event.at, text=text, actor="Muhasebe" if is_ours else event.actor_name)


def _of_attempt(event: AuditEvent, attempt: CardAttempt) -> TimelineEntry | None:
    """Return a card attempt's end; that it began, and that the bank is asked, the order's own events say.

    Of one that the bank took money for in the end, no reason and no word about money stays.
    """
    why = f": {label_of(attempt.decline_group)}" if attempt.decline_group else ""
    untaken = "" if attempt.state == AttemptState.SUCCEEDED else "; kartınızdan para çekilmedi"
    text = {
        f"state:{AttemptState.DECLINED.value}": f"Kart ödemesi alınamadı{why}",
        f"state:{AttemptState.ABANDONED.value}": f"Kart ödemesi yarım kaldı{untaken}",
        f"state:{AttemptState.SUCCEEDED.value}": _SURPLUS if attempt.surplus else "",
    }.get(event.action)
    return TimelineEntry(at=event.at, text=text, actor=event.actor_name) if text else None


def refunds_shown(order: Order) -> QuerySet[Refund]:
    """Return the card money of an order that is on its way back or came back, oldest first, with its card."""
    rows = order.refunds.filter(state__in=_GOES_BACK)
    return rows.select_related("attempt").order_by("pk")


def _of_refund(event: AuditEvent, refund: Refund) -> TimelineEntry | None:
    """Return that money went back; which of our people saw to it is ours."""
    if event.action != f"state:{RefundState.CONFIRMED.value}":
        return None
    where = "kart dışından" if refund.is_by_hand else "kartınıza"
    return TimelineEntry(at=event.at, text=f"{format_lira(refund.amount)} {where} iade edildi", actor="Muhasebe")


def bank_refunds_shown(order: Order) -> QuerySet[BankRefund]:
    """Return the transferred money of an order that is to go back or went back, oldest first."""
    rows = order.bank_refunds.exclude(state=BankRefundState.CANCELLED)
    return rows.select_related("debit_line").order_by("pk")


def _of_transfer(event: AuditEvent, refund: BankRefund) -> TimelineEntry | None:
    """Return that transferred money left for its sender, or came back from there."""
    text = {
        f"state:{BankRefundState.CONFIRMED.value}": "banka hesabına iade edildi",
        f"state:{BankRefundState.OWED.value}": "iadesi hesaba ulaşmadı; yeniden yapılacak",
    }.get(event.action)
    return TimelineEntry(event.at, f"{format_lira(refund.amount)} {text}", "Muhasebe") if text else None


def is_renewal(order: Order) -> bool:
    """Return whether the order's term was queued behind the one that ran when it was completed."""
    subscription, completed_at = order.subscription, order.completed_at
    return subscription is not None and completed_at is not None and subscription.starts_at > completed_at


def reason_of_rest(order: Order) -> str:
    """Return why a paid order's package has not begun, or an empty text for any other order."""
    if order.state != OrderState.PAID:
        return ""
    refused = history_of(order).filter(action="activation_refused").last()
    return refused.reason if refused else ""
