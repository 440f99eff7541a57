"""The address meter as screens show it: count, limit, warning, forecast and chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from iys_portal.shared.chart import WIDE, Limit, Picture, draws_limit, line
from iys_portal.shared.clock import istanbul_day, last_day
from iys_portal.shared.numerals import grouped
from packages.forecast import TREND_DAYS, Point, forecast, sentence
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

_WIDE = 600
"""The picture stands beside the figures of the meter."""


@dataclass(frozen=True)
class Meter:
    """What a screen says of a provider's addresses. `days` are the newest first, today's count as it is now."""

    package: Package
    counts: AddressCounts
    following: Package | None
    forecast: str
    days: list[tuple[date, AddressCounts]]
    picture: Picture | None

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
    def limit_is_above(self) -> bool:
        """Whether the limit lies so far above the line that the picture leaves it out."""
        points = [(day, counts.count) for day, counts in self.days]
        return self.limit is not None and self.picture is not None and not draws_limit(points, self.limit)


def meter_of(provider_id: int, *, now: datetime) -> Meter:
    """Return the provider's meter against the package that counts now, with the last 90 days."""
    package = active_package(provider_id, now=now)
    subscription = live_subscription(provider_id, now=now)
    counts, today = address_usage(provider_id), istanbul_day(now)
    history = usage_days(provider_id, since=today - timedelta(days=TREND_DAYS))
    days = [(day, then) for day, then in history if day < today] + [(today, counts)]
    points = [(day, then.count) for day, then in days]
    outlook = forecast(
        points, limit=package.max_addresses, last_day=last_day(subscription.ends_at) if subscription else None
    )
    return Meter(
        package=package,
        counts=counts,
        following=next_package(package),
        forecast=sentence(outlook, package=package.name),
        days=days[::-1],
        picture=picture_of(points, package=package, crossing=outlook.day, wide=_WIDE),
    )


def picture_of(points: Sequence[Point], *, package: Package, crossing: date | None, wide: int = WIDE) -> Picture | None:
    """Return the counts of some days, one a day, as a picture; None when there are fewer than two.

    `crossing` is the day on which the limit is expected to be reached. The forecast is drawn up to it, but over no
    more days than are known.
    """
    limit = None if package.max_addresses is None else Limit(package.max_addresses, f"{package.name} sınırı")
    bands = [(tier.name, max(tier.min_addresses - 1, 0), tier.max_addresses) for tier in tiers()]
    draw = line(points, limit=limit, bands=bands, forecast=_ahead(points, limit, crossing))
    if draw is None:
        return None
    (first, then), (last, now) = points[0], points[-1]
    desc = f"{first:%d.%m.%Y} günü {grouped(then)}, {last:%d.%m.%Y} günü {grouped(now)}"
    if limit:
        desc += f"; {limit.name} {grouped(limit.value)}"
    return Picture("seyir", "Adres sayısının seyri", f"{desc}.", draw, wide)


def _ahead(points: Sequence[Point], limit: Limit | None, crossing: date | None) -> list[Point]:
    if crossing is None or limit is None or len(points) < 2:
        return []
    (first, _), (today, count) = points[0], points[-1]
    until = min(crossing, today + (today - first))
    rise = (limit.value - count) * (until - today).days // max((crossing - today).days, 1)
    return [(until, count + rise)] if until > today else []
