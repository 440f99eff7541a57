"""The address meter as screens show it: count, limit, warning, forecast and chart."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from iys_portal.shared.chart import Chart, line_chart
from iys_portal.shared.clock import istanbul_day, last_day
from packages.forecast import TREND_DAYS, forecast, sentence
from packages.models import Package
from packages.rules import usage_level
from packages.selectors import (
    AddressCounts,
    active_package,
    address_usage,
    live_subscription,
    next_package,
    tiers,
    usage_days,
)

_WIDE, _NARROW = (600, 250), (320, 240)


@dataclass(frozen=True)
class Meter:
    """What a screen says of a provider's addresses. `days` are the newest first, today's count as it is now."""

    package: Package
    counts: AddressCounts
    following: Package | None
    forecast: str
    days: list[tuple[date, AddressCounts]]
    wide: Chart | None
    narrow: Chart | None

    @property
    def count(self) -> int:
        return self.counts.count

    @property
    def limit(self) -> int | None:
        return self.package.max_addresses

    @property
    def level(self) -> int | None:
        """The level that was reached: 80, 95, 100, or None."""
        return usage_level(self.count, self.limit)

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.count > self.limit

    @property
    def tone(self) -> str:
        """How a notice of the level sounds."""
        return "bad" if self.level == 100 else "warn"

    @property
    def percent(self) -> str:
        """The part of the limit that is used, ``%83``; rounded down, so that %100 means full."""
        if not self.limit:
            return ""
        whole = self.count * 100 // self.limit
        return f"%{whole}" if whole or not self.count else "%1'den az"

    @property
    def first_day(self) -> date:
        return self.days[-1][0]

    @property
    def first_count(self) -> int:
        return self.days[-1][1].count

    @property
    def limit_is_above(self) -> bool:
        """Whether the limit lies so far above the line that the chart leaves it out."""
        return self.limit is not None and self.wide is not None and self.wide.limit_at is None

    @property
    def charts(self) -> list[tuple[str, Chart]]:
        """The same chart for wide and for narrow screens, each with the name of its form; empty without history."""
        return [(form, chart) for form, chart in (("wide", self.wide), ("narrow", self.narrow)) if chart]


def meter_of(provider_id: int, *, now: datetime) -> Meter:
    """Return the provider's meter against the package that counts now, with the last 90 days."""
    package = active_package(provider_id, now=now)
    subscription = live_subscription(provider_id, now=now)
    counts, today = address_usage(provider_id), istanbul_day(now)
    history = usage_days(provider_id, since=today - timedelta(days=TREND_DAYS))
    days = [(day, then) for day, then in history if day < today] + [(today, counts)]
    points = [(day, then.count) for day, then in days]
    bands = [(tier.name, max(tier.min_addresses - 1, 0), tier.max_addresses) for tier in tiers()]
    charts = [
        line_chart(points, width=width, height=height, limit=package.max_addresses, bands=bands)
        for width, height in (_WIDE, _NARROW)
    ]
    outlook = forecast(
        points, limit=package.max_addresses, last_day=last_day(subscription.ends_at) if subscription else None
    )
    return Meter(
        package=package,
        counts=counts,
        following=next_package(package),
        forecast=sentence(outlook, package=package.name),
        days=days[::-1],
        wide=charts[0],
        narrow=charts[1],
    )
