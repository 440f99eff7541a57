"""The geometry of the line chart."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared.chart import line_chart, round_steps

START = date(2026, 9, 1)
LINES = st.dictionaries(st.integers(0, 400), st.integers(0, 10**7), min_size=2, max_size=60).map(
    lambda line: [(START + timedelta(days=day), value) for day, value in line.items()]
)
BANDS = [("A", 0, 5_000), ("B", 5_000, 25_000), ("C", 25_000, None)]


def test_fewer_than_two_days_are_no_line() -> None:
    assert line_chart([], width=720, height=260) is None
    assert line_chart([(START, 7), (START, 8)], width=720, height=260) is None


def test_a_known_line() -> None:
    chart = line_chart(
        [(START, 0), (START + timedelta(days=10), 100)], width=276, height=152, limit=100, bands=[("A", 0, 50)]
    )
    assert chart is not None
    assert chart.path == "M62 124 L262 57"
    assert chart.area == "M62 124 L262 57 L262 124 L62 124 Z"
    assert [(tick.at, tick.value) for tick in chart.values] == [(124, 0), (91, 50), (57, 100), (24, 150)]
    assert [(tick.at, tick.value, tick.anchor) for tick in chart.days] == [
        (62, START, "start"),
        (162, START + timedelta(days=5), "middle"),
        (262, START + timedelta(days=10), "end"),
    ]
    assert (chart.limit_at, chart.end_at, chart.last) == (57, 57, 100)
    assert [(band.top, band.height, band.name) for band in chart.bands] == [(91, 33, "A")]


def test_a_missing_day_leaves_a_longer_stroke() -> None:
    days = [(START, 1), (START + timedelta(days=1), 1), (START + timedelta(days=4), 1)]
    chart = line_chart(days, width=476, height=152)
    assert chart is not None
    assert [point.split(" ")[0] for point in chart.path[1:].split(" L")] == ["62", "162", "462"]


@pytest.mark.parametrize(("peak", "drawn"), [(199, False), (200, True), (1_200, True)])
def test_a_limit_far_above_the_line_is_not_drawn(peak: int, drawn: bool) -> None:
    chart = line_chart([(START, 0), (START + timedelta(days=1), peak)], width=720, height=260, limit=1_000)
    assert chart is not None
    assert (chart.limit_at is not None) is drawn


def test_the_last_value_is_not_written_over_the_limits_words() -> None:
    chart = line_chart([(START, 900), (START + timedelta(days=1), 1_000)], width=720, height=260, limit=1_000)
    assert chart is not None
    assert abs(chart.end_label_at - chart.limit_label_at) >= 16


@given(LINES, st.sampled_from([320, 720]), st.none() | st.integers(1, 10**7))
def test_everything_lies_inside(line: list[tuple[date, int]], width: int, limit: int | None) -> None:
    chart = line_chart(line, width=width, height=260, limit=limit, bands=BANDS)
    assert chart is not None
    for point in chart.path[1:].split(" L"):
        across, down = map(int, point.split(" "))
        assert chart.left <= across <= chart.right
        assert 0 < down <= chart.base
    assert chart.path.count("L") == len(line) - 1
    assert [tick.at for tick in chart.days] == sorted({tick.at for tick in chart.days})
    assert all(band.top > 0 and band.top + band.height <= chart.base for band in chart.bands)


@given(st.floats(min_value=0, max_value=10**12))
def test_steps_are_round_few_and_reach_the_top(top: float) -> None:
    steps = round_steps(top)
    assert steps[0] == 0
    assert steps[-1] >= top
    assert 2 <= len(steps) <= 5
    assert len({later - earlier for earlier, later in pairwise(steps)}) == 1
    assert str(steps[1]).rstrip("0") in {"1", "2", "5"}
