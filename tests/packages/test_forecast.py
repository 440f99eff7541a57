"""When the limit will be reached, and when nothing may be said."""

import random
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from packages.forecast import HORIZON, Forecast, Outlook, Point, forecast, sentence, trend
from packages.rules import usage_level

TODAY = date(2026, 11, 23)
SPANS = st.integers(14, 90)


def line(*, start: int, slope: int, days: int = 60) -> list[Point]:
    """Return a count that grows evenly until today."""
    return [(TODAY - timedelta(days=days - day), start + slope * day) for day in range(days + 1)]


@given(st.integers(0, 10_000), st.integers(1, 500), SPANS, st.integers(1, 10**6))
def test_an_even_growth_goes_on(start: int, slope: int, days: int, room: int) -> None:
    points = line(start=start, slope=slope, days=days)
    count = points[-1][1]
    ahead = ceil(Fraction(room, slope))
    found = forecast(points, limit=count + room, last_day=None)
    if ahead > HORIZON.days:
        assert found == Forecast(Outlook.BEYOND_HORIZON)
    else:
        assert found == Forecast(Outlook.REACHED, day=TODAY + timedelta(days=ahead))


@given(st.integers(0, 100), st.integers(-50, 50), SPANS, st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(start: int, slope: int, days: int, dice: random.Random) -> None:
    points = line(start=start + 50 * 90, slope=slope, days=days)
    shuffled = dice.sample(points, len(points))
    assert trend(shuffled) == trend(points) == slope


@given(st.lists(st.integers(0, 10**6), min_size=15, max_size=60), st.integers(1, 10**6), st.integers(0, 10**4))
def test_what_is_said_of_any_history(counts: list[int], room: int, later: int) -> None:
    points = [(TODAY - timedelta(days=len(counts) - 1 - n), count) for n, count in enumerate(counts)]
    limit = counts[-1] + room
    found, slope = forecast(points, limit=limit, last_day=None), trend(points)
    assert slope is not None
    assert (found.outlook is Outlook.FALLING) == (slope < 0)
    assert (found.outlook is Outlook.FLAT) == (slope == 0)
    if found.day is not None:
        ahead = (found.day - TODAY).days
        assert 0 < ahead <= HORIZON.days
        # That day is the first on which the count has grown enough.
        assert counts[-1] + slope * ahead >= limit > counts[-1] + slope * (ahead - 1)
        further = forecast(points, limit=limit + later, last_day=None)
        assert further.day is None or further.day >= found.day


@given(SPANS, st.integers(1, 10**6), st.integers(1, 90))
def test_one_bulk_import_does_not_become_a_trend(days: int, jump: int, after: int) -> None:
    before = days + 1 - after
    # In the very middle, more than half of all pairs of days have the import between them.
    assume(before > 0 and after * before * 2 < (days + 1) * days / 2)
    points = [(day, jump if (TODAY - day).days < after else 0) for day, _ in line(start=0, slope=0, days=days)]
    assert forecast(points, limit=10**7, last_day=None) == Forecast(Outlook.FLAT)


@pytest.mark.parametrize(
    ("points", "limit", "last_day", "said"),
    [
        (line(start=0, slope=10), None, None, "İLETİ-75 için adres sınırı yoktur."),
        ([], 100, None, "İLETİ-75 için adres sınırı yoktur."),
        (line(start=100, slope=10), 700, None, ""),
        (line(start=100, slope=10), 699, None, ""),
        (line(start=100, slope=10), 701, None, "Bu hızla 24.11.2026'da İLETİ-75 sınırına ulaşırsınız."),
        (line(start=100, slope=10), 1_810, None, "Bu hızla 14.03.2027'de İLETİ-75 sınırına ulaşırsınız."),
        (
            line(start=100, slope=10),
            1_810,
            date(2027, 3, 14),
            "Bu hızla 14.03.2027'de İLETİ-75 sınırına ulaşırsınız.",
        ),
        (
            line(start=100, slope=10),
            1_810,
            date(2027, 3, 13),
            "Bu hızla paketinizin son gününe (13.03.2027) kadar İLETİ-75 sınırına ulaşmazsınız.",
        ),
        (line(start=100, slope=10, days=13), 1_810, None, "Tahmin, en az 14 günlük kayıt birikince burada görünür."),
        (
            line(start=100, slope=0),
            1_810,
            None,
            "Adres sayınız son günlerde değişmedi; bu hızla İLETİ-75 sınırına ulaşmazsınız.",
        ),
        (line(start=900, slope=-1), 1_810, None, "Adres sayınız azalıyor; bu hızla İLETİ-75 sınırına ulaşmazsınız."),
        (line(start=0, slope=1), 60 + 731, None, "Bu hızla önümüzdeki iki yıl içinde İLETİ-75 sınırına ulaşmazsınız."),
        (line(start=0, slope=1), 60 + 730, None, "Bu hızla 22.11.2028'de İLETİ-75 sınırına ulaşırsınız."),
    ],
)
def test_sentences(points: list[Point], limit: int | None, last_day: date | None, said: str) -> None:
    assert sentence(forecast(points, limit=limit, last_day=last_day), package="İLETİ-75") == said


def test_days_more_than_ninety_ago_are_forgotten() -> None:
    old = [(TODAY - timedelta(days=91 + day), 10**6) for day in range(90)]
    assert forecast([*old, *line(start=0, slope=1)], limit=100, last_day=None).day == TODAY + timedelta(days=40)


@pytest.mark.parametrize(
    ("count", "limit", "level"),
    [
        (0, 5_000, None),
        (3_999, 5_000, None),
        (4_000, 5_000, 80),
        (4_749, 5_000, 80),
        (4_750, 5_000, 95),
        (4_999, 5_000, 95),
        (5_000, 5_000, 100),
        (9_000, 5_000, 100),
        (9_000, None, None),
        (0, 0, None),
        (1, 0, 100),
        (3, 3, 100),
        (2, 3, None),
    ],
)
def test_levels(count: int, limit: int | None, level: int | None) -> None:
    assert usage_level(count, limit) == level


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_level_is_the_highest_that_was_reached(count: int, limit: int) -> None:
    reached = [level for level in (80, 95, 100) if Fraction(count, limit) * 100 >= level]
    assert usage_level(count, limit) == (max(reached) if reached else None)
