"""What the package pages say of a subscription's life: what runs, what is over, what comes next."""

from dataclasses import dataclass
from datetime import datetime

from packages.enums import SubscriptionState
from packages.models import Package, Subscription
from packages.rules import Standing, days_left, may_renew, next_term
from packages.selectors import purchasable_packages, standing_of, term_that_counts
from payments.models import Order
from payments.selectors.subscriptions import order_behind, reason_of_pause


@dataclass(frozen=True)
class Life:
    """Where a provider stands. At most one of `paused`, `expired`, `ending` and `queued` is what it must know first.

    `renewal_order` is the order of the queued renewal; `renewable` the package that can be renewed now.
    """

    standing: Standing
    paused: Subscription | None = None
    pause_reason: str = ""
    expired: Subscription | None = None
    ending: Subscription | None = None
    days_left: int = 0
    renewal_order: Order | None = None
    renewable: Package | None = None


def life_of(provider_id: int, *, now: datetime) -> Life:
    """Return what Paket Yönetimi says of the provider's subscription at `now`."""
    standing = standing_of(provider_id, now=now)
    running, queued = standing.running, standing.queued
    if running is None:
        return _life_after(provider_id, standing, now=now)
    if running.state == SubscriptionState.PAUSED:
        return Life(standing, paused=running, pause_reason=reason_of_pause(running))
    if queued is not None:
        return Life(standing, days_left=days_left(running, now=now), renewal_order=order_behind(queued))
    if may_renew(running, now=now):
        left = days_left(running, now=now)
        return Life(standing, ending=running, days_left=left, renewable=_sold(running.package))
    return Life(standing)


def _life_after(provider_id: int, standing: Standing, *, now: datetime) -> Life:
    last = term_that_counts(provider_id, now=now)
    if last is None or last.ends_at > now or last.state == SubscriptionState.CLOSED:
        return Life(standing)
    return Life(standing, expired=last, renewable=_sold(last.package))


def _sold(package: Package) -> Package | None:
    return purchasable_packages().filter(pk=package.pk).first()


@dataclass(frozen=True)
class Offer:
    """What buying a package now would mean: its term, whether it renews, and which subscriptions it ends."""

    starts_at: datetime
    ends_at: datetime
    is_renewal: bool
    running: Subscription | None
    queued: Subscription | None

    @property
    def ended(self) -> Subscription | None:
        """The running subscription that the purchase ends, or None."""
        return None if self.is_renewal else self.running


def offer_of(package: Package, *, provider_id: int, now: datetime) -> Offer:
    """Return what activating `package` at `now` would do to what the provider has."""
    standing = standing_of(provider_id, now=now)
    starts_at, ends_at = next_term(package, standing.running, now=now)
    return Offer(
        starts_at=starts_at,
        ends_at=ends_at,
        is_renewal=starts_at > now,
        running=standing.running,
        queued=standing.queued,
    )
