"""What a package allows, how long a term lasts, and when a subscription may be renewed, paused or used by the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.enums import ProviderState
from accounts.models import Provider
from iys_portal.shared.clock import ISTANBUL, istanbul_day, last_day, same_day_next_year
from packages.enums import LIVE, ApiCaller, NoticeKind, SubscriptionState
from packages.models import Package, Subscription

USAGE_LEVELS = (100, 95, 80)
"""At these percentages of a package's limit its provider is warned."""

RENEWAL_DAYS = 30
"""How many days before its last day a term can be renewed."""


class SubscriptionRefused(Exception):
    """An administrator asked for something that the subscription does not allow; `str()` says why, in Turkish."""


def allows_partners(subscription: Subscription | None) -> bool:
    """İş Ortağı needs an ACTIVE subscription with the integration module (domain 4.5)."""
    return (
        subscription is not None
        and subscription.state == SubscriptionState.ACTIVE
        and subscription.package.has_integration
    )


def fits(package: Package, *, addresses: int) -> bool:
    """A package may be chosen when it holds today's address count (domain 4.3; a bigger one is always allowed)."""
    return package.max_addresses is None or addresses <= package.max_addresses


def usage_level(count: int, limit: int | None) -> int | None:
    """Return the highest of the levels 80, 95 and 100 % of the limit that `count` has reached, or None."""
    if limit is None or count <= 0:
        return None
    return next((level for level in USAGE_LEVELS if count * 100 >= limit * level), None)


FIRST_REMINDER_DAYS = 30
_REMINDERS = {1: NoticeKind.EXPIRES_IN_1, 7: NoticeKind.EXPIRES_IN_7, FIRST_REMINDER_DAYS: NoticeKind.EXPIRES_IN_30}


def reminder_due(days_left: int) -> NoticeKind | None:
    """Return the most urgent reminder whose day has come, `days_left` days before the last day of a term."""
    return next((kind for days, kind in _REMINDERS.items() if days_left <= days), None)


def term_from(start: datetime) -> tuple[datetime, datetime]:
    """Return (start, exclusive end) of a one-year term: it ends with the day before the same date next year.

    A term that starts on 29 February ends with 28 February (domain 4.3). A term that starts on 1 March of the
    year before a leap year ends with 29 February; one that starts on 28 February ends with 27 February. So a
    year's term never covers the same calendar date twice, and the term that follows starts the next morning.
    """
    after = same_day_next_year(istanbul_day(start))
    return start, datetime.combine(after, datetime.min.time(), tzinfo=ISTANBUL)


def next_term(package: Package, running: Subscription | None, *, now: datetime) -> tuple[datetime, datetime]:
    """Return (start, exclusive end) of the term that `package` gets when it is activated now.

    The package that runs is renewed: its new term starts where the old one ends. Any other starts at once.
    """
    if running is not None and running.package_id == package.pk and may_renew(running, now=now):
        return term_from(running.ends_at)
    return term_from(now)


def days_left(subscription: Subscription, *, now: datetime) -> int:
    """Return how many days follow today until the term's last day; 0 on that day."""
    return (last_day(subscription.ends_at) - istanbul_day(now)).days


def renewal_opens(subscription: Subscription) -> date:
    """Return the first Istanbul day on which the same package can be bought again."""
    return last_day(subscription.ends_at) - timedelta(days=RENEWAL_DAYS)


def may_renew(subscription: Subscription, *, now: datetime) -> bool:
    """The same package is offered again in the last 30 days of its term (domain 4.3)."""
    return istanbul_day(now) >= renewal_opens(subscription)


def state_at(subscription: Subscription, *, now: datetime) -> SubscriptionState:
    """Return the state that counts at `now`: a term that is over is EXPIRED, also before the sweeper comes."""
    if subscription.state in LIVE and subscription.ends_at <= now:
        return SubscriptionState.EXPIRED
    return SubscriptionState(subscription.state)


@dataclass(frozen=True)
class Standing:
    """What a provider has: the subscription whose term runs, and the renewal that waits behind it."""

    running: Subscription | None = None
    queued: Subscription | None = None

    @property
    def is_paused(self) -> bool:
        """A pause covers the renewal as well, so either says it."""
        return any(each is not None and each.state == SubscriptionState.PAUSED for each in (self.running, self.queued))


def standing_among(live: Iterable[Subscription], *, now: datetime) -> Standing:
    """Return the standing that a provider's ACTIVE and PAUSED subscriptions make at `now`."""
    running = queued = None
    for subscription in live:
        if subscription.starts_at > now:
            queued = subscription
        elif subscription.ends_at > now:
            running = subscription
    return Standing(running, queued)


def refusal_of_pause(subscription: Subscription, *, now: datetime) -> str:
    """Return why the subscription cannot be paused, or an empty text when it can (or is already)."""
    if state_at(subscription, now=now) not in LIVE:
        return "Bu abonelik sona ermiş; durdurulamaz."
    if subscription.starts_at > now:
        return "Bu yenilemenin süresi henüz başlamadı; sürmekte olan aboneliği durdurun, yenileme de onunla durur."
    return ""


def refusal_of_resume(subscription: Subscription, *, now: datetime) -> str:
    """Return why the subscription cannot go on, or an empty text when it can (or already does)."""
    if state_at(subscription, now=now) not in LIVE:
        return "Bu abonelik sona ermiş; sürdürülemez."
    if subscription.starts_at > now:
        return "Bu yenilemenin süresi henüz başlamadı; sürmekte olan aboneliği sürdürün, yenileme de onunla açılır."
    return ""


@dataclass(frozen=True)
class GateRefusal:
    """İYS's answer to a call that the subscription does not allow."""

    code: str
    status: int
    message: str


def api_gate(
    subscription: Subscription | None,
    *,
    provider: Provider,
    now: datetime,
    caller: ApiCaller = ApiCaller.PROVIDER,
    is_subscription_query: bool = False,
    raises_count: bool = False,
    addresses: int = 0,
) -> GateRefusal | None:
    """Return why the API is closed to a call, or None when the call may go on (domain 1.9).

    `subscription` is the one that counts (packages.selectors.term_that_counts). Without one an open provider has
    Temel Hizmetler, which has no API (H586); one that left has nothing (H524, and H437 for the subscription
    query). `raises_count`: the call would add an address that is not counted yet; `addresses` is today's count.
    """
    if subscription is None:
        return _gate_of_none(provider, is_subscription_query=is_subscription_query)
    state = state_at(subscription, now=now)
    if state == SubscriptionState.CLOSED or provider.state != ProviderState.ACTIVE:
        return GateRefusal("H521", 403, "Abonelik durumu CLOSED iken api kullanılamamaktadır.")
    if state != SubscriptionState.ACTIVE:
        return None if is_subscription_query else _gate_of_rest(state, caller)
    if not subscription.package.has_integration:
        return _NO_API
    if raises_count and not fits(subscription.package, addresses=addresses + 1):
        return _LIMIT_REACHED
    return None


_NO_API = GateRefusal("H586", 403, "Aboneliğiniz API kullanımını içermemektedir.")
_LIMIT_REACHED = GateRefusal(
    "H525", 422, "Kullanılan izin sayısı maksimum sayıya ulaştığı için yeni izin eklenememektedir."
)


def _gate_of_none(provider: Provider, *, is_subscription_query: bool) -> GateRefusal:
    if provider.state == ProviderState.ACTIVE:
        return _NO_API
    if is_subscription_query:
        return GateRefusal("H437", 404, f"IYS numarası:{provider.iys_code} ile abonelik bulunamadı.")
    return GateRefusal("H524", 403, f"{provider.iys_code} için ait abonelik kaydı bulunamadı.")


def _gate_of_rest(state: SubscriptionState, caller: ApiCaller) -> GateRefusal:
    message = f"Abonelik durumu {state.name} iken sadece {caller.value} abonelik sorgulama servisine istek atılabilir."
    return GateRefusal("H520", 403, message)
