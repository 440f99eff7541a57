"""Change subscriptions: activate and renew a package, pause and resume it, end what ran out or was given up."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from accounts.enums import PROVIDER_TRANSITIONS, ProviderState
from accounts.models import Provider
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import Actor, move, record
from packages.enums import LIVE, SUBSCRIPTION_TRANSITIONS, SubscriptionState
from packages.models import Package, Subscription, Tariff
from packages.rules import (
    SubscriptionRefused,
    next_term,
    refusal_of_pause,
    refusal_of_resume,
    standing_among,
    state_at,
)
from packages.usage import lock_addresses


def lock_live(provider_id: int) -> list[Subscription]:
    """Lock and return the provider's ACTIVE and PAUSED subscriptions, the queued renewal last."""
    rows = Subscription.objects.select_for_update(of=("self",), no_key=True).select_related("package")
    return list(rows.filter(provider_id=provider_id, state__in=LIVE).order_by("starts_at", "pk"))


@transaction.atomic
def activate(*, provider: Provider, package: Package, actor: Actor | None, reason: str, now: datetime) -> Subscription:
    """Give `package` for one year and return its subscription.

    The package that runs is renewed when its term is in its last 30 days: the new term is queued behind the old
    one. Otherwise it starts at once, and what runs or is queued ends now (domain 4.3). Whether the provider may
    have it is the caller's question (payments.rules). Locks the provider's live subscriptions; two activations
    at once are kept apart by the exclusion constraint.
    """
    live = lock_live(provider.pk)
    over = [old for old in live if old.ends_at <= now]
    for old in over:
        _end(old, SubscriptionState.EXPIRED, actor=None, reason="Süre doldu.", now=now)
    standing = standing_among(live, now=now)
    starts_at, ends_at = next_term(package, standing.running, now=now)
    renews = standing.running if starts_at > now else None
    if renews is None:
        _close([old for old in live if old not in over], actor=actor, reason=f"Yerine {package.name} geçti.", now=now)
    subscription = Subscription.objects.create(provider=provider, package=package, starts_at=starts_at, ends_at=ends_at)
    record(
        action="activate",
        subject=subscription,
        actor=actor,
        reason=reason,
        package=package.slug,
        starts_at=starts_at,
        ends_at=ends_at,
        renews=renews.pk if renews else None,
    )
    return subscription


def hold_tariff(pk: int) -> Tariff:
    """Return a tariff row that nobody can change until the caller's transaction is over; readers go on.

    Share-locks the row (FOR SHARE): approvals at the same price do not wait for each other.
    """
    return Tariff.objects.raw("SELECT * FROM packages_tariff WHERE id = %s FOR SHARE", [pk])[0]


def lock_prices(package_id: int) -> None:
    """Let one writer at a time change the tariffs of a package: locks the package until the transaction is over."""
    Package.objects.select_for_update(of=("self",), no_key=True).get(pk=package_id)


@transaction.atomic
def end_tariff(*, tariff: Tariff, last_day: date, actor: Actor) -> Tariff:
    """Let a tariff, and a campaign of its that would go on, end with `last_day`; return it. Locks the tariff.

    The database refuses a day that leaves a sale of the tariff without its price (payments.0002).
    """
    tariff = Tariff.objects.select_for_update(of=("self",), no_key=True).get(pk=tariff.pk)
    before = {"valid_to": tariff.valid_to, "campaign_to": tariff.campaign_to}
    tariff.valid_to = last_day
    if tariff.campaign_to is not None:
        tariff.campaign_to = min(tariff.campaign_to, last_day)
    tariff.save(update_fields=list(before))
    after = {"valid_to": tariff.valid_to, "campaign_to": tariff.campaign_to}
    record(action="admin:change", subject=tariff, actor=actor, before=before, after=after)
    return tariff


@transaction.atomic
def pause(*, subscription: Subscription, actor: Actor, reason: str, now: datetime) -> Subscription:
    """Pause a running subscription, and the renewal queued behind it; asked twice, the second changes nothing.

    The term goes on: a paused subscription still expires, and its renewal starts paused. Locks the provider's
    live subscriptions. Raises SubscriptionRefused when the subscription is over or has not begun.
    """
    live = lock_live(subscription.provider_id)
    subscription = _fresh(subscription, live)
    if refusal := refusal_of_pause(subscription, now=now):
        raise SubscriptionRefused(refusal)
    for each in live:
        if each.state == SubscriptionState.ACTIVE and each.ends_at > now:
            _move(each, SubscriptionState.PAUSED, actor=actor, reason=reason, paused_at=now)
    return subscription


@transaction.atomic
def resume(*, subscription: Subscription, actor: Actor, reason: str, now: datetime) -> Subscription:
    """Let a paused subscription, and its queued renewal, go on; asked twice, the second changes nothing.

    The end of the term stays. Promises that paid orders which waited for it are tried again. Locks the
    provider's live subscriptions. Raises SubscriptionRefused when the subscription is over or has not begun.
    """
    live = lock_live(subscription.provider_id)
    subscription = _fresh(subscription, live)
    if refusal := refusal_of_resume(subscription, now=now):
        raise SubscriptionRefused(refusal)
    paused = [each for each in live if each.state == SubscriptionState.PAUSED and each.ends_at > now]
    for each in paused:
        _move(each, SubscriptionState.ACTIVE, actor=actor, reason=reason, paused_at=None)
    if paused:
        promise("order.complete_paid", provider_id=subscription.provider_id)
    return subscription


@transaction.atomic
def close_for_provider(*, provider: Provider, actor: Actor, reason: str, now: datetime) -> Provider:
    """Close a provider that leaves İYS, and its subscriptions with it; asked twice, the second changes nothing.

    Locks the provider, its addresses (so that no activation slips in between) and its live subscriptions.
    """
    provider = _locked_provider(provider)
    if provider.state == ProviderState.CLOSED:
        return provider
    move(provider, ProviderState.CLOSED, table=PROVIDER_TRANSITIONS, actor=actor, reason=reason)
    lock_addresses(provider.pk)
    _close(lock_live(provider.pk), actor=actor, reason=reason, now=now)
    return provider


@transaction.atomic
def reopen_provider(*, provider: Provider, actor: Actor, reason: str) -> Provider:
    """Take a provider that had left back in, with Temel Hizmetler; asked twice, the second changes nothing.

    Promises that paid orders which waited for it are tried again. Locks the provider.
    """
    provider = _locked_provider(provider)
    if provider.state == ProviderState.CLOSED:
        move(provider, ProviderState.ACTIVE, table=PROVIDER_TRANSITIONS, actor=actor, reason=reason)
        promise("order.complete_paid", provider_id=provider.pk)
    return provider


@transaction.atomic
def end_subscription(*, subscription: Subscription, actor: Actor | None, reason: str, now: datetime) -> None:
    """End a subscription before its time because its money goes back; one that is over already stays as it is.

    A renewal that is queued behind it keeps its own days: it was paid for by another order. Locks the provider's
    addresses and live subscriptions.
    """
    lock_addresses(subscription.provider_id)
    live = lock_live(subscription.provider_id)
    _close([each for each in live if each.pk == subscription.pk], actor=actor, reason=reason, now=now)


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


def _locked_provider(provider: Provider) -> Provider:
    return Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)


def _fresh(subscription: Subscription, live: Iterable[Subscription]) -> Subscription:
    """Return the locked row of a subscription, or the row as it ended meanwhile."""
    found = next((each for each in live if each.pk == subscription.pk), None)
    return found or Subscription.objects.select_related("package").get(pk=subscription.pk)


def _close(live: Iterable[Subscription], *, actor: Actor | None, reason: str, now: datetime) -> None:
    """End subscriptions before their time; one whose time is over anyway expires."""
    for old in live:
        if state_at(old, now=now) == SubscriptionState.EXPIRED:
            _end(old, SubscriptionState.EXPIRED, actor=None, reason="Süre doldu.", now=now)
        else:
            _end(old, SubscriptionState.CLOSED, actor=actor, reason=reason, now=now)


def _end(
    subscription: Subscription, state: SubscriptionState, *, actor: Actor | None, reason: str, now: datetime
) -> None:
    """End a subscription; a pause ends with it."""
    _move(subscription, state, actor=actor, reason=reason, ended_at=now, paused_at=None)


def _move(
    subscription: Subscription, state: SubscriptionState, *, actor: Actor | None, reason: str, **changes: object
) -> None:
    move(subscription, state, table=SUBSCRIPTION_TRANSITIONS, actor=actor, reason=reason, **changes)
