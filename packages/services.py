"""Change subscriptions: activate a package, end what ran out."""

from datetime import datetime

from django.db import transaction

from accounts.models import Provider
from iys_portal.audit.services import Actor, move, record
from packages.enums import LIVE, SUBSCRIPTION_TRANSITIONS, SubscriptionState
from packages.models import Package, Subscription
from packages.rules import term_from


@transaction.atomic
def activate(*, provider: Provider, package: Package, actor: Actor | None, reason: str, now: datetime) -> Subscription:
    """Start a one-year term of `package` at once and return it; a running term of another ends now (domain 4.3).

    Locks the provider's live subscriptions; two activations at once are kept apart by the exclusion constraint.
    """
    running = Subscription.objects.select_for_update(of=("self",), no_key=True)
    for old in running.filter(provider=provider, state__in=LIVE).order_by("pk"):
        _end(old, SubscriptionState.CLOSED, actor=actor, reason=f"Yerine {package.name} geçti.", now=now)
    starts_at, ends_at = term_from(now)
    subscription = Subscription.objects.create(provider=provider, package=package, starts_at=starts_at, ends_at=ends_at)
    record(
        action="activate",
        subject=subscription,
        actor=actor,
        reason=reason,
        package=package.slug,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return subscription


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """Expire the live subscriptions whose term is over, each in its own transaction; return how many."""
    over = Subscription.objects.filter(state__in=LIVE, ends_at__lte=now).values_list("pk", flat=True)
    return sum(_expire(pk, now=now) for pk in list(over[:limit]))


@transaction.atomic
def _expire(pk: int, *, now: datetime) -> bool:
    subscription = (
        Subscription.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk=pk, state__in=LIVE)
        .first()
    )
    if subscription is None:
        return False
    _end(subscription, SubscriptionState.EXPIRED, actor=None, reason="Süre doldu.", now=now)
    return True


def _end(
    subscription: Subscription, state: SubscriptionState, *, actor: Actor | None, reason: str, now: datetime
) -> None:
    move(subscription, state, table=SUBSCRIPTION_TRANSITIONS, actor=actor, reason=reason, ended_at=now)
