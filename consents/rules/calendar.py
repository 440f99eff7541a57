"""Business days: how long a consent may wait until it is recorded.

A consent passes when its day is the third business day before today or later; today is day 0. Saturdays, Sundays and
holidays do not count; half days (arife, 28 October) are business days, so that nobody is promised more than there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from iys_portal.shared.clock import ISTANBUL, end_of_istanbul_day, istanbul_day
from iys_portal.shared.turkish import search_key

BUSINESS_DAYS = 3
_DAY = timedelta(days=1)
_MOVABLE = ("Ramazan Bayramı", "Kurban Bayramı")


@lru_cache(maxsize=64)
def _turkey(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("TR", years=year, language="tr"))


@dataclass(frozen=True)
class Calendar:
    """Turkey's holidays, as far as the library knows them, and what administrators added or took away."""

    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict, hash=False)
    """What administrators call the days they changed."""

    def is_business_day(self, day: date) -> bool:
        if day.weekday() >= 5 or day in self.added:
            return False
        return day in self.removed or day not in _turkey(day.year)

    def _from(self, day: date, step: timedelta) -> Iterator[date]:
        while True:
            day += step
            if self.is_business_day(day):
                yield day

    def business_days_before(self, day: date, number: int) -> date:
        """Return the `number`-th business day before a day."""
        return next(found for count, found in enumerate(self._from(day, -_DAY), start=1) if count == number)

    def business_days_after(self, day: date, number: int) -> date:
        """Return the `number`-th business day after a day."""
        return next(found for count, found in enumerate(self._from(day, _DAY), start=1) if count == number)


def iys_business_days(first: date, last: date, calendar: Calendar) -> int:
    """Return how many business days lie strictly between two days: with three a consent of the first is too old."""
    return sum(calendar.is_business_day(first + n * _DAY) for n in range(1, (last - first).days))


@lru_cache(maxsize=64)
def earliest_allowed(now: datetime, calendar: Calendar) -> datetime:
    """Return the first instant from which a consent may still be recorded at `now`."""
    day = calendar.business_days_before(istanbul_day(now), BUSINESS_DAYS)
    return datetime.combine(day, time.min, tzinfo=ISTANBUL)


def deadline(consent_at: datetime, calendar: Calendar) -> datetime:
    """Return the first instant at which a consent of `consent_at` can be recorded no more."""
    return end_of_istanbul_day(calendar.business_days_after(istanbul_day(consent_at), BUSINESS_DAYS))


def unsure_of(year: int, calendar: Calendar) -> list[str]:
    """Return the movable feasts of a year that the library only estimates and no administrator settled.

    Who adds or takes away a day settles the feast on whose estimated days it lies, or which it adjoins, and the feast
    after which it is named.
    """
    changed = {day for day in calendar.added | calendar.removed if day.year == year}
    estimated = {day: name for day, name in _turkey(year).items() if "tahmini" in name}
    return [
        feast
        for feast in _MOVABLE
        if (days := {day for day, name in estimated.items() if name.startswith(feast)})
        and not any({day - _DAY, day, day + _DAY} & days for day in changed)
        and not any(search_key(calendar.names.get(day, "")).startswith(search_key(feast)) for day in changed)
    ]
