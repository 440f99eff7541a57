"""Read a provider's subscriptions with what stands around them: the order, its contract, and what happened."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.models import SignedDocument
from iys_portal.audit.models import AuditEvent
from iys_portal.audit.selectors import history_of
from packages.enums import SubscriptionState
from packages.models import Subscription
from packages.rules import state_at
from payments.models import Order


@dataclass(frozen=True)
class SubscriptionEvent:
    """A change of a subscription in the customer's words."""

    at: datetime
    text: str
    reason: str


@dataclass(frozen=True)
class SubscriptionRow:
    """One subscription of the history; `is_queued`: a renewal whose term has not begun."""

    subscription: Subscription
    state: SubscriptionState
    is_queued: bool
    order: Order | None
    document: SignedDocument | None
    events: list[SubscriptionEvent]


_WORDS = {
    "state:paused": "Durduruldu",
    "state:active": "Durdurma kalktı",
    "state:expired": "Süresi doldu",
    "state:closed": "Sona erdi",
}


def subscription_rows(subscriptions: Collection[Subscription], *, now: datetime) -> list[SubscriptionRow]:
    """Return subscriptions of one provider with their orders, contracts and changes; three queries."""
    ids = [subscription.pk for subscription in subscriptions]
    provider_ids = {subscription.provider_id for subscription in subscriptions}
    orders = {
        order.subscription_id: order
        for order in Order.objects.filter(provider_id__in=provider_ids, subscription_id__in=ids)
    }
    documents = SignedDocument.objects.filter(provider_id__in=provider_ids, approval__order__in=orders.values())
    by_approval: dict[int | None, SignedDocument] = {row.approval_id: row for row in documents.defer("content")}
    events = _events(provider_ids, ids)
    return [
        SubscriptionRow(
            subscription=subscription,
            state=state_at(subscription, now=now),
            is_queued=subscription.state == SubscriptionState.ACTIVE and subscription.starts_at > now,
            order=order,
            document=by_approval.get(order.approval_id) if order else None,
            events=events.get(str(subscription.pk), []),
        )
        for subscription in subscriptions
        for order in [orders.get(subscription.pk)]
    ]


def _events(provider_ids: Iterable[int], ids: Iterable[int]) -> dict[str, list[SubscriptionEvent]]:
    trail = AuditEvent.objects.filter(
        provider_id__in=provider_ids,
        object_type=Subscription._meta.label_lower,
        object_id__in=[str(pk) for pk in ids],
        action__in=_WORDS,
    )
    events: dict[str, list[SubscriptionEvent]] = {}
    for event in trail.order_by("pk"):
        shown = SubscriptionEvent(at=event.at, text=_WORDS[event.action], reason=event.reason)
        events.setdefault(event.object_id, []).append(shown)
    return events


def reason_of_pause(subscription: Subscription) -> str:
    """Return why a paused subscription was paused, or an empty text."""
    paused = history_of(subscription).filter(action="state:paused").last()
    return paused.reason if paused else ""


def order_behind(subscription: Subscription) -> Order | None:
    """Return the order that a subscription came from, or None when an administrator gave it."""
    return Order.objects.filter(provider_id=subscription.provider_id, subscription=subscription).first()
