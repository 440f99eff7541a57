"""Days without a price and days on which one changes, against a count of single days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packages.models import Package, Tariff
from packages.pricing import Gap, changes, gaps, overlaps

PACKAGE = Package(slug="ileti-75", name="İLETİ-75", position=3)
START = date(2026, 12, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def row(first: int, last: int | None, *, gross: int = 100, campaign: tuple[int, int | None] | None = None) -> Tariff:
    start, end = campaign or (None, None)
    return Tariff(
        package=PACKAGE,
        valid_from=day(first),
        valid_to=None if last is None else day(last),
        gross=Decimal(gross),
        campaign_gross=None if start is None else Decimal(0),
        campaign_from=None if start is None else day(start),
        campaign_to=None if end is None else day(end),
    )


@st.composite
def rows_in_order(draw: st.DrawFn) -> list[Tariff]:
    """Rows that do not overlap, the last one perhaps without an end, in any order."""
    bounds = draw(st.lists(st.integers(0, 40), unique=True, max_size=8).map(sorted))
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    made = [row(first, last) for first, last in pairs]
    if made and draw(st.booleans()):
        made[-1].valid_to = None
    return draw(st.permutations(made))


@given(rows_in_order(), st.integers(0, 45))
def test_the_gaps_are_the_days_that_no_row_covers(rows: list[Tariff], since: int) -> None:
    found = gaps(PACKAGE, rows, since=day(since))
    horizon = [day(number) for number in range(since, 60)]
    in_gaps = [d for d in horizon if any(gap.first <= d and (gap.last is None or d <= gap.last) for gap in found)]
    assert in_gaps == [d for d in horizon if not any(r.covers(d) for r in rows)]
    assert all(gap.last is None or gap.last >= gap.first for gap in found)
    assert [gap.last for gap in found[:-1] if gap.last is None] == []


@given(rows_in_order(), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 40)))
def test_an_overlap_is_a_day_in_common(rows: list[Tariff], first: int, length: int | None) -> None:
    last = None if length is None else day(first + length)
    days = [day(number) for number in range(first, 90)]
    common = [d for d in days if (last is None or d <= last) and any(r.covers(d) for r in rows)]
    assert overlaps(rows, day(first), last) == bool(common)


def test_no_row_is_one_gap_without_an_end() -> None:
    assert gaps(PACKAGE, [], since=START) == [Gap(PACKAGE, START, None)]


def told(*rows: Tariff, after: int = -1) -> list[tuple[date, str, Decimal | None, Decimal | None]]:
    return [(c.day, c.what, c.before, c.after) for c in changes(PACKAGE, rows, after=day(after))]


def test_what_changes_is_told_once_a_day() -> None:
    assert told(row(0, 9, campaign=(2, 5)), row(10, 19, gross=120), row(25, None, gross=130, campaign=(25, None))) == [
        (day(0), "Tarife başlıyor", None, Decimal(100)),
        (day(2), "Kampanya başlıyor", Decimal(100), Decimal(0)),
        (day(6), "Kampanya bitiyor", Decimal(0), Decimal(100)),
        (day(10), "Yeni tarife başlıyor", Decimal(100), Decimal(120)),
        (day(20), "Tarife bitiyor, yerine tarife yok", Decimal(120), None),
        (day(25), "Tarife başlıyor · Kampanya başlıyor", None, Decimal(0)),
    ]


def test_a_campaign_ends_with_its_tariff_and_may_go_on_in_the_next() -> None:
    assert told(row(0, 9, campaign=(0, None)), row(10, None), after=0) == [
        (day(10), "Yeni tarife başlıyor · Kampanya bitiyor", Decimal(0), Decimal(100))
    ]
    assert told(row(0, 9, campaign=(0, 9)), row(10, None, campaign=(10, None)), after=0) == [
        (day(10), "Yeni tarife başlıyor", Decimal(0), Decimal(0))
    ]


@pytest.mark.parametrize(("after", "count"), [(-1, 2), (0, 1), (8, 1), (9, 1), (10, 0)])
def test_only_what_is_still_to_come(after: int, count: int) -> None:
    assert len(told(row(0, 9), after=after)) == count
