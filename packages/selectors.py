"""Read packages, prices and subscriptions."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from packages.enums import LIVE, SubscriptionState
from packages.models import TEMEL_HIZMETLER, Package, Subscription, Tariff


def packages_on_sale(*, day: date) -> list[tuple[Package, Tariff | None]]:
    """Return the packages of the price page in its order, each with its tariff of an Istanbul day; two queries."""
    tariffs = {tariff.package_id: tariff for tariff in _in_force(day)}
    return [(package, tariffs.get(package.pk)) for package in Package.objects.filter(on_sale=True)]


def purchasable_packages() -> QuerySet[Package]:
    """Return the packages that can be bought here: on sale, not by offer, not Temel Hizmetler."""
    return Package.objects.filter(on_sale=True, by_offer=False).exclude(slug=TEMEL_HIZMETLER)


def tariff_of(package: Package, *, day: date) -> Tariff | None:
    """Return the tariff row of a package that is in force on an Istanbul day, or None."""
    return _in_force(day).filter(package=package).first()


def _in_force(day: date) -> QuerySet[Tariff]:
    return Tariff.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


def live_subscription(provider_id: int, *, now: datetime) -> Subscription | None:
    """Return the provider's subscription whose term covers `now` and which is ACTIVE or PAUSED, or None."""
    return (
        Subscription.objects.filter(provider_id=provider_id, state__in=LIVE, starts_at__lte=now, ends_at__gt=now)
        .select_related("package")
        .first()
    )


def active_package(provider_id: int, *, now: datetime) -> Package:
    """Return the package that counts for the provider now; Temel Hizmetler when there is no other."""
    subscription = live_subscription(provider_id, now=now)
    if subscription and subscription.state == SubscriptionState.ACTIVE:
        return subscription.package
    return Package.objects.get(slug=TEMEL_HIZMETLER)


def subscriptions_of(provider_id: int) -> QuerySet[Subscription]:
    """Return all subscriptions of a provider, newest first."""
    return Subscription.objects.filter(provider_id=provider_id).select_related("package")
