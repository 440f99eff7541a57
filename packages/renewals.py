"""Which terms end in which month, and what became of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import TruncMonth

from iys_portal.shared.clock import ISTANBUL, day_bounds
from packages.enums import SubscriptionState
from packages.models import Subscription

GRACE = timedelta(days=30)
"""A term that begins so soon after another one's end renews it."""


@dataclass(frozen=True)
class Ending:
    """Terms whose last day lies in one month: followed by another, still to be, over without one."""

    renewed: int = 0
    waiting: int = 0
    lapsed: int = 0

    @property
    def total(self) -> int:
        """All terms that end in the month."""
        return self.renewed + self.waiting + self.lapsed


def endings_by_month(first: date, last: date, *, now: datetime) -> dict[date, Ending]:
    """Return what ends in the months of these days, by the first day of each, of all providers; one query.

    Terms that were closed before their time (a larger package, money paid back, a closed provider) end in no month.
    """
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    following = Subscription.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=F("starts_at")),  # one that was taken back before it began renews nothing
        provider_id=OuterRef("provider_id"),
        starts_at__gte=OuterRef("ends_at"),
        starts_at__lt=ExpressionWrapper(OuterRef("ends_at") + GRACE, output_field=DateTimeField()),
    )
    last_instant = ExpressionWrapper(F("ends_at") - timedelta(microseconds=1), output_field=DateTimeField())
    ending = (
        Subscription.objects.filter(ends_at__gt=begin, ends_at__lte=end)
        .exclude(state=SubscriptionState.CLOSED)
        .annotate(is_renewed=Exists(following), month=TruncMonth(last_instant, tzinfo=ISTANBUL))
    )
    months = ending.order_by().values("month").annotate(
        renewed=Count("pk", filter=Q(is_renewed=True)),
        waiting=Count("pk", filter=Q(is_renewed=False, ends_at__gt=now)),
        lapsed=Count("pk", filter=Q(is_renewed=False, ends_at__lte=now)),
    )  # fmt: skip
    return {row["month"].date(): Ending(row["renewed"], row["waiting"], row["lapsed"]) for row in months}
