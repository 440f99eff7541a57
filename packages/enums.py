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


class ApiCaller(models.TextChoices):
    """Who calls the API, as İYS's messages name them."""

    PROVIDER = "HS", "Hizmet Sağlayıcı"
    INTEGRATOR = "Entegratör", "Entegratör"


class NoticeKind(models.TextChoices):
    """What a provider is told about a subscription, each thing once."""

    EXPIRES_IN_30 = "expires-30", "30 gün kaldı"
    EXPIRES_IN_7 = "expires-7", "7 gün kaldı"
    EXPIRES_IN_1 = "expires-1", "1 gün kaldı"
    EXPIRED = "expired", "Süresi doldu"
    USAGE_80 = "usage-80", "Adres sınırının %80'i"
    USAGE_95 = "usage-95", "Adres sınırının %95'i"
    USAGE_100 = "usage-100", "Adres sınırı doldu"


# What the audit trail calls a check that found an address count wrong, and a count that put it right.
COUNT_DIFFERS = "count_differs"
RECOUNTED = "recount"
