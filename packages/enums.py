"""Subscription states: İYS's four, and the edges between them."""

from django.db import models

from iys_portal.shared.states import Transitions


class SubscriptionState(models.TextChoices):
    """A subscription's life as the API tells it (domain: subscription query)."""

    ACTIVE = "active", "Aktif"
    PAUSED = "paused", "Durduruldu"
    EXPIRED = "expired", "Süresi doldu"
    CLOSED = "closed", "Kapatıldı"


LIVE = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAUSED})

SUBSCRIPTION_TRANSITIONS: Transitions[SubscriptionState] = {
    SubscriptionState.ACTIVE: frozenset(
        {SubscriptionState.PAUSED, SubscriptionState.EXPIRED, SubscriptionState.CLOSED}
    ),
    SubscriptionState.PAUSED: frozenset(
        {SubscriptionState.ACTIVE, SubscriptionState.EXPIRED, SubscriptionState.CLOSED}
    ),
    SubscriptionState.EXPIRED: frozenset(),
    SubscriptionState.CLOSED: frozenset(),
}
