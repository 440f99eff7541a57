"""When an address count will reach its package's limit, from the days behind it. Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import ceil

from iys_portal.shared.numerals import on_day

Point = tuple[date, int]

TREND_DAYS = 90
LEAST_DAYS = 14
HORIZON = timedelta(days=730)


class Outlook(StrEnum):
    """What can truly be said."""

    NO_LIMIT = "no-limit"
    OVER = "over"
    TOO_SHORT = "too-short"
    FLAT = "flat"
    FALLING = "falling"
    AFTER_TERM = "after-term"
    BEYOND_HORIZON = "beyond-horizon"
    REACHED = "reached"


@dataclass(frozen=True)
class Forecast:
    """The outlook; `day` is set where the limit is reached within the term, `last_day` where it is not."""

    outlook: Outlook
    day: date | None = None
    last_day: date | None = None


def trend(points: Sequence[Point]) -> Fraction | None:
    """Return how many addresses come a day, or None when the points span fewer than 14 days.

    The median of the slopes between all pairs of days (Theil and Sen): one bulk import does not become a trend,
    unless it lies in the very middle of the days.
    """
    days = sorted(points)
    if len(days) < 2 or (days[-1][0] - days[0][0]).days < LEAST_DAYS:
        return None
    numbered = [(day.toordinal(), count) for day, count in days]
    span = numbered[-1][0] - numbered[0][0]
    slopes = sorted(
        (late - early) / (later - earlier)
        for (earlier, early), (later, late) in combinations(numbered, 2)
        if later > earlier
    )
    # Sorted as floats, which is quick; a slope over so many days is one of few fractions and known by its float.
    middle = {(len(slopes) - 1) // 2, len(slopes) // 2}
    return sum((Fraction(slopes[at]).limit_denominator(span) for at in middle), Fraction()) / len(middle)


def forecast(points: Sequence[Point], *, limit: int | None, last_day: date | None) -> Forecast:
    """Return when the latest of the points, one a day, will have grown to `limit`.

    `last_day` is the last day of the subscription's term; nothing is said of the days after it, nor of those more
    than two years away.
    """
    if limit is None or not points:
        return Forecast(Outlook.NO_LIMIT)
    today, count = max(points)
    if count >= limit:
        return Forecast(Outlook.OVER)
    slope = trend([point for point in points if point[0] >= today - timedelta(days=TREND_DAYS)])
    if slope is None or slope <= 0:
        return Forecast(Outlook.TOO_SHORT if slope is None else Outlook.FALLING if slope else Outlook.FLAT)
    return _crossing(today, ceil(Fraction(limit - count) / slope), last_day=last_day)


def _crossing(today: date, days: int, *, last_day: date | None) -> Forecast:
    """Return what to say of a limit that is reached in so many days."""
    if last_day is not None and days > (last_day - today).days:
        return Forecast(Outlook.AFTER_TERM, last_day=last_day)
    if days > HORIZON.days:
        return Forecast(Outlook.BEYOND_HORIZON)
    return Forecast(Outlook.REACHED, day=today + timedelta(days=days))


def sentence(forecast: Forecast, *, package: str) -> str:
    """Return the forecast in words for the provider of a package called `package` (İLETİ-75); empty when over."""
    limit = f"{package} sınırına"
    if forecast.day is not None:
        return f"Bu hızla {on_day(forecast.day)} {limit} ulaşırsınız."
    if forecast.last_day is not None:
        return f"Bu hızla paketinizin son gününe ({forecast.last_day:%d.%m.%Y}) kadar {limit} ulaşmazsınız."
    return {
        Outlook.NO_LIMIT: f"{package} için adres sınırı yoktur.",
        Outlook.TOO_SHORT: f"Tahmin, en az {LEAST_DAYS} günlük kayıt birikince burada görünür.",
        Outlook.FLAT: f"Adres sayınız son günlerde değişmedi; bu hızla {limit} ulaşmazsınız.",
        Outlook.FALLING: f"Adres sayınız azalıyor; bu hızla {limit} ulaşmazsınız.",
        Outlook.BEYOND_HORIZON: f"Bu hızla önümüzdeki iki yıl içinde {limit} ulaşmazsınız.",
    }.get(forecast.outlook, "")
