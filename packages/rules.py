"""What a package allows."""

from datetime import datetime

from iys_portal.shared.clock import ISTANBUL, istanbul_day, same_day_next_year
from packages.enums import SubscriptionState
from packages.models import Package, Subscription


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


def term_from(start: datetime) -> tuple[datetime, datetime]:
    """Return (start, exclusive end) of a one-year term: it ends with the day before the same date next year.

    A term that starts on 29 February ends with 28 February (domain 4.3).
    """
    after = same_day_next_year(istanbul_day(start))
    return start, datetime.combine(after, datetime.min.time(), tzinfo=ISTANBUL)
