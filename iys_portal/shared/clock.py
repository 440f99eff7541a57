"""Time: instants are aware UTC datetimes; days are days in Istanbul, where the banks and the law live."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ISTANBUL = ZoneInfo("Europe/Istanbul")


def istanbul_day(instant: datetime) -> date:
    """Return the calendar day in Istanbul of an aware instant."""
    return instant.astimezone(ISTANBUL).date()


def end_of_istanbul_day(day: date) -> datetime:
    """Return the first instant after `day` in Istanbul: the exclusive end of that day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ISTANBUL)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a day in Istanbul and the first one after it."""
    return end_of_istanbul_day(day - timedelta(days=1)), end_of_istanbul_day(day)


def same_day_next_year(day: date) -> date:
    """Return the same calendar date a year later; 29 February becomes 1 March, so that a term that starts
    on it ends, inclusively, on 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def last_day(exclusive_end: datetime) -> date:
    """Return the last Istanbul day before an exclusive end: 29.05.2026 00:00 ends with 28.05.2026."""
    return istanbul_day(exclusive_end - timedelta(microseconds=1))
