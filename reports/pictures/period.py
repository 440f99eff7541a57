"""The days that a picture or a report is about, the days before them, and the columns they are drawn in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from reports.enums import Rhythm

MOST_DAYS = 1_096
"""Three years: longer ranges would neither be read nor answered quickly."""
DEFAULT_DAYS = 30
_DAILY, _WEEKLY = 45, 186
_ONE = timedelta(days=1)


@dataclass(frozen=True)
class Bucket:
    """Days that one column stands for."""

    first: date
    last: date
    label: str

    @property
    def words(self) -> str:
        """The days in full, as the table names them."""
        return f"{self.first:%d.%m.%Y}" if self.first == self.last else f"{self.first:%d.%m.%Y} – {self.last:%d.%m.%Y}"


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def words(self) -> str:
        """The period as a sentence names it."""
        return Bucket(self.first, self.last, "").words

    @property
    def previous(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - timedelta(days=self.days), self.first - _ONE)

    @property
    def unit(self) -> str:
        """What one column is: gün, hafta, ay."""
        return "gün" if self.days <= _DAILY else "hafta" if self.days <= _WEEKLY else "ay"

    def buckets(self) -> list[Bucket]:
        """Return the columns: days; weeks from Monday on; months. Each day is in exactly one of them."""
        return list(self._buckets())

    def _buckets(self) -> Iterator[Bucket]:
        first = self.first
        while first <= self.last:
            last = min(self._end(first), self.last)
            yield Bucket(first, last, f"{first:%m.%Y}" if self.unit == "ay" else f"{first:%d.%m}")
            first = last + _ONE

    def _end(self, day: date) -> date:
        if self.unit == "gün":
            return day
        if self.unit == "hafta":
            return day + timedelta(days=6 - day.weekday())
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - _ONE


def last_days(number: int, *, today: date) -> Period:
    """Return the last `number` days, today included."""
    return Period(today - timedelta(days=number - 1), today)


def month_of(day: date) -> Period:
    """Return the calendar month that holds a day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - _ONE)


def week_of(day: date) -> Period:
    """Return the week from Monday to Sunday that holds a day."""
    first = day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=6))


def period_of(rhythm: str, day: date) -> Period:
    """Return the week or the month that holds a day."""
    return week_of(day) if rhythm == Rhythm.WEEKLY else month_of(day)


def last_periods(rhythm: str, number: int, *, today: date) -> list[Period]:
    """Return the newest `number` weeks or months, the present one first."""
    found = [period_of(rhythm, today)]
    while len(found) < number:
        found.append(period_of(rhythm, found[-1].first - _ONE))
    return found
