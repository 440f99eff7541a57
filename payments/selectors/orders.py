"""Read orders of a provider: tenant first, another provider's order does not exist."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum

from iys_portal.audit.models import AuditEvent
from iys_portal.audit.selectors import history_of
from payments.enums import AWAITING_PAYMENT, OrderState
from payments.models import BankAccount, Order


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


def timeline_of(order: Order) -> list[TimelineEntry]:
    """Return what happened to an order, oldest first."""
    return [_entry(event) for event in history_of(order) if event.action in _WORDS]


def _entry(event: AuditEvent) -> TimelineEntry:
    return TimelineEntry(at=event.at, text=_WORDS[event.action], actor=event.actor_name)
