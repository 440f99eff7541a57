"""Read card refunds, for accountants."""

from typing import Any

from django.db.models import QuerySet

from iys_portal.audit.models import AuditEvent
from iys_portal.audit.selectors import history_of
from payments.enums import OPEN_BANK_REFUNDS, RefundState
from payments.models import CardAttempt, Order, Refund
from payments.selectors.orders import TimelineEntry

_CLOSED = (RefundState.CONFIRMED, RefundState.REJECTED)


def refunds(*, state: str = "") -> QuerySet[Any]:
    """Return card refunds, the open ones first, the longest waiting on top; of one state, or all."""
    rows = Refund.objects.select_related("order__provider", "attempt", "requested_by", "approved_by")
    if state in RefundState.values:
        rows = rows.filter(state=state)
    return rows.order_by("confirmed_at", "pk") if state else rows.order_by("-confirmed_at", "pk")


def open_refunds() -> QuerySet[Refund]:
    """Return the card money that has to go back and has not yet, oldest first."""
    return Refund.objects.exclude(state__in=_CLOSED).select_related("order__provider", "attempt").order_by("pk")


def goes_back_still(order: Order) -> bool:
    """Return whether money of an order has to go back and has not yet, to a card or to the sender of a transfer."""
    to_cards = order.refunds.exclude(state__in=_CLOSED)
    to_senders = order.bank_refunds.filter(state__in=OPEN_BANK_REFUNDS)
    return to_cards.exists() or to_senders.exists()


def refund_with(pk: int) -> QuerySet[Refund]:
    """Return the refund with this number (at most one), with what its page shows."""
    rows = Refund.objects.filter(pk=pk)
    rows = rows.select_related("order__provider", "order__package", "order__subscription", "attempt__order")
    return rows.select_related("requested_by", "paid_by", "paid_confirmed_by")


def attempt_with(pk: int) -> QuerySet[CardAttempt]:
    """Return the card attempt with this number (at most one), with its order."""
    rows = CardAttempt.objects.filter(pk=pk)
    return rows.select_related("order__provider", "order__package", "order__subscription")


def timeline_of_refund(refund: Refund) -> list[TimelineEntry]:
    """Return what happened to a refund, oldest first."""
    return [TimelineEntry(at=event.at, text=_words(event), actor=event.actor_name) for event in history_of(refund)]


def _words(event: AuditEvent) -> str:
    label = "İade istendi"
    if event.action.startswith("state:"):
        label = str(RefundState(event.action.removeprefix("state:")).label)
    return f"{label}: {event.reason}" if event.reason else label
