"""The pictures: what is drawn equals what is given, nothing leaves the frame, words are escaped, no style is inline."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iys_portal.shared.chart import (
    Bar,
    Cell,
    Draw,
    Limit,
    Mark,
    MatrixRow,
    Picture,
    Series,
    bars,
    columns,
    level_of,
    line,
    matrix,
)
from iys_portal.shared.chart.line import Point
from iys_portal.shared.chart.scale import round_steps, short
from iys_portal.shared.numerals import grouped, percent

START = date(2026, 9, 1)
HUGE = 10**18
COUNTS = st.one_of(st.integers(0, 50), st.integers(0, HUGE))
LINES = st.dictionaries(st.integers(0, 1100), COUNTS, min_size=2, max_size=40).map(
    lambda found: sorted((START + timedelta(days=day), value) for day, value in found.items())
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80)
LETTER, CAPITAL = 7.2, 8.6
EXAMPLES = settings(max_examples=25, deadline=None)


def forms(draw: Draw | None) -> list[ET.Element]:
    """Return both forms of a picture, parsed."""
    assert draw is not None
    markup = Picture("ornek", "Başlık <&>", "Bulgu", draw).svg
    return list(fromstring(f"<div>{markup}</div>"))


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def marks(svg: ET.Element, kind: str, tone: str = "") -> list[ET.Element]:
    """Return the elements of a kind whose classes hold this one."""
    return [e for e in svg.iter() if local(e) == kind and (not tone or tone in e.get("class", "").split())]


def said(svg: ET.Element, tone: str) -> list[int]:
    """Return the numbers that the marks of a series name."""
    titles = [mark[0].text or "" for mark in marks(svg, "rect", tone)]
    return [int(title.rpartition(": ")[2].replace(".", "")) for title in titles]


def points_of(path: ET.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d", "").replace(" L", "L"))]


def assert_inside(svg: ET.Element) -> None:
    """No mark and no word hangs over an edge of the view box."""
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for mark in svg.iter():
        kind = local(mark)
        if kind == "rect":
            x, y, w, h = (float(mark.get(name, "nan")) for name in ("x", "y", "width", "height"))
            assert min(w, h) >= 0
            assert -0.1 <= x <= x + w <= width + 0.1
            assert -0.1 <= y <= y + h <= height + 0.1
        elif kind == "line":
            assert all(-0.1 <= float(mark.get(name, "nan")) <= width + 0.1 for name in ("x1", "x2"))
            assert all(-0.1 <= float(mark.get(name, "nan")) <= height + 0.1 for name in ("y1", "y2"))
        elif kind == "path":
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points_of(mark))
        elif kind == "text":
            x, y = float(mark.get("x", "nan")), float(mark.get("y", "nan"))
            long = sum(CAPITAL if glyph.isupper() else LETTER for glyph in mark.text or "")
            before = {"end": long, "middle": long / 2}.get(mark.get("text-anchor", "start"), 0.0)
            assert x - before >= -1
            assert x - before + long <= width + 1
            assert 0 < y <= height


# --- The frame --------------------------------------------------------------------------------------------------------
def test_a_picture_names_itself_and_carries_no_style() -> None:
    draw = line([(START, 1), (START + timedelta(days=1), 2)])
    assert draw is not None
    svg = Picture("a", "Kim <b>?", 'Onay & "Ret"', draw).svg
    assert svg.__html__() == svg
    wide, narrow = fromstring(f"<div>{svg}</div>")
    for form, name in ((wide, "wide"), (narrow, "narrow")):
        assert form.get("role") == "img"
        assert form.get("aria-labelledby") == f"a-{name} a-{name}-aciklama"
        assert [(local(e), e.get("id"), e.text) for e in form[:2]] == [
            ("title", f"a-{name}", "Kim <b>?"),
            ("desc", f"a-{name}-aciklama", 'Onay & "Ret"'),
        ]
    assert "style" not in svg


def test_a_printed_picture_brings_its_rules() -> None:
    draw = bars([Bar("a", 1, "1")])
    assert draw is not None
    svg = fromstring(Picture("a", "b", "c", draw).printed("rect > b {fill: red}"))
    assert (local(svg[0]), svg[0].text) == ("style", "rect > b {fill: red}")


# --- Lines ------------------------------------------------------------------------------------------------------------
def test_fewer_than_two_days_are_no_line() -> None:
    assert line([]) is None
    assert line([(START, 7), (START, 8)]) is None


@EXAMPLES
@given(LINES, st.none() | COUNTS, st.integers(0, 400))
@example([(START, 0), (START + timedelta(days=1), 10**15)], None, 2)
def test_a_line_stands_where_its_values_are(points: list[Point], limit: int | None, ahead: int) -> None:
    last = points[-1]
    coming = [(last[0] + timedelta(days=ahead), last[1] * 2)] if ahead else []
    draw = line(
        points,
        limit=None if limit is None else Limit(limit, "İLETİ-75 sınırı"),
        bands=[("A", 0, 5_000), ("B", 5_000, 25_000), ("C", 25_000, None)],
        forecast=coming,
    )
    for svg in forms(draw):
        assert_inside(svg)
        zero = float(marks(svg, "line", "chart-zero")[0].get("y1", "nan"))
        drawn = points_of(marks(svg, "path", "chart-line")[0])
        assert len(drawn) == len(points)
        heights = [zero - y for _, y in drawn]
        peak = max(value for _, value in points)
        tallest = max(heights)
        for (_, value), height in zip(points, heights, strict=True):
            assert height == pytest.approx(value / peak * tallest if peak else 0, abs=0.2)
        days = [(day - points[0][0]).days for day, _ in points]
        places = [x - drawn[0][0] for x, _ in drawn]
        for day, place in zip(days, places, strict=True):
            assert place == pytest.approx(day / days[-1] * places[-1], abs=0.2)
        assert len(marks(svg, "path", "chart-forecast")) == bool(ahead)


@pytest.mark.parametrize(("peak", "drawn"), [(199, 0), (200, 1), (1_200, 1)])
def test_a_limit_far_above_the_line_is_not_drawn(peak: int, drawn: int) -> None:
    draw = line([(START, 0), (START + timedelta(days=1), peak)], limit=Limit(1_000, "Sınır"))
    for svg in forms(draw):
        assert len(marks(svg, "line", "chart-limit")) == drawn


def test_the_last_value_is_not_written_over_the_limits_words() -> None:
    draw = line([(START, 900), (START + timedelta(days=1), 1_000)], limit=Limit(1_000, "Sınır"))
    for svg in forms(draw):
        value, limit = (marks(svg, "text", tone)[0] for tone in ("chart-strong", "chart-limit-text"))
        assert abs(float(value.get("y", 0)) - float(limit.get("y", 0))) >= 16


def test_percents_reach_to_a_hundred() -> None:
    draw = line([(START, 40), (START + timedelta(days=1), 60)], percent=True)
    texts = [text.text for text in marks(forms(draw)[0], "text")]
    assert {"%0", "%25", "%50", "%75", "%100", "%60"} <= set(texts)


# --- Columns ----------------------------------------------------------------------------------------------------------
@EXAMPLES
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=60), st.booleans())
def test_columns_are_as_long_as_their_values(rows: list[tuple[int, int, int]], diverging: bool) -> None:
    labels = [f"{START + timedelta(days=number):%d.%m}" for number in range(len(rows))]
    one, two, three = (list(column) for column in zip(*rows, strict=True))
    up = [Series("Onay", one, "first"), Series("Bekliyor", three, "third")]
    down = [Series("Ret", two, "second")] if diverging else []
    for svg in forms(columns(labels, up, down, mark=Mark(0, "sınır"))):
        assert_inside(svg)
        zero = float(marks(svg, "line", "chart-zero")[-1].get("y1", "nan"))
        for series in [*up, *down]:
            rects = [rect for rect in marks(svg, "rect", f"chart-{series.tone}") if len(rect)]
            shown = [value for value in series.values if value]
            assert [int((r[0].text or "").rpartition(": ")[2].replace(".", "")) for r in rects] == shown
            assert sum(said_by(rects)) == sum(series.values)
            longest = max(shown, default=0)
            heights = [float(rect.get("height", "nan")) for rect in rects]
            for value, height in zip(shown, heights, strict=True):
                assert height == pytest.approx(value / longest * max(heights), abs=0.05)
        for rect in marks(svg, "rect", "chart-second")[len(down) :]:
            assert float(rect.get("y", "nan")) == pytest.approx(zero, abs=0.05)


def said_by(rects: Sequence[ET.Element]) -> list[int]:
    return [int((rect[0].text or "").rpartition(": ")[2].replace(".", "")) for rect in rects]


def test_no_columns_and_empty_columns() -> None:
    assert columns([], [Series("Onay", [], "first")]) is None
    for svg in forms(columns(["01.09"], [Series("Onay", [0], "first")], [Series("Ret", [0], "second")])):
        assert_inside(svg)
        assert [rect for rect in marks(svg, "rect") if len(rect)] == []


def test_long_names_of_series_take_more_lines() -> None:
    series = [Series(name * 3, [5], tone) for name, tone in (("Yenilendi", "first"), ("Bekliyor", "third"))]
    for svg in forms(columns(["01.09"], [*series, Series("Yenilenmedi" * 2, [1], "second")])):
        assert_inside(svg)
        keys = [rect for tone in ("first", "third", "second") for rect in marks(svg, "rect", f"chart-{tone}")]
        places = {(rect.get("x"), rect.get("y")) for rect in keys if not len(rect)}
        assert len(places) == 3


def test_pictures_beside_each_other_share_a_scale() -> None:
    small = forms(columns(["a"], [Series("Onay", [10], "first")], most=(1_000, 0)))[0]
    large = forms(columns(["a"], [Series("Onay", [1_000], "first")], most=(1_000, 0)))[0]
    tall = float(marks(large, "rect", "chart-first")[0].get("height", "nan"))
    assert float(marks(small, "rect", "chart-first")[0].get("height", "nan")) == pytest.approx(tall / 100, abs=0.05)


# --- Bars and matrices ------------------------------------------------------------------------------------------------
@EXAMPLES
@given(st.lists(st.tuples(NAMES, COUNTS), min_size=1, max_size=20))
def test_bars_are_as_long_as_their_values(rows: list[tuple[str, int]]) -> None:
    for svg in forms(bars([Bar(name, value, grouped(value)) for name, value in rows])):
        assert_inside(svg)
        drawn = marks(svg, "rect", "chart-first")
        assert said(svg, "chart-first") == [value for _, value in rows]
        most, longest = max(value for _, value in rows), max(float(rect.get("width", "nan")) for rect in drawn)
        for (_, value), rect in zip(rows, drawn, strict=True):
            assert float(rect.get("width", "nan")) == pytest.approx(value / most * longest if most else 0, abs=0.05)


@EXAMPLES
@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_waterfall_goes_on_where_the_bar_before_it_ends(start: int, one: int, two: int) -> None:
    rows = [Bar("a", one, "1", start=start), Bar("b", two, "2", start=start + one)]
    for svg in forms(bars(rows)):
        assert_inside(svg)
        first, second = marks(svg, "rect", "chart-first")
        end = float(first.get("x", "nan")) + float(first.get("width", "nan"))
        assert float(second.get("x", "nan")) == pytest.approx(end, abs=0.05)


@EXAMPLES
@given(st.lists(st.tuples(NAMES, NAMES, st.lists(COUNTS, min_size=3, max_size=3)), min_size=1, max_size=12))
def test_a_matrix_holds_every_number(rows: list[tuple[str, str, list[int]]]) -> None:
    most = max(max(values) for _, _, values in rows)
    cells = [
        MatrixRow(name, [Cell(grouped(value), level_of(value, most)) for value in values], group)
        for group, name, values in rows
    ]
    for svg in forms(matrix(["Arama", "Mesaj", "E-posta"], cells)):
        assert_inside(svg)
        assert said(svg, "chart-cell") == [value for _, _, values in rows for value in values]
        levels = [int(re.findall(r"chart-heat-(\d)", rect.get("class", ""))[0]) for rect in marks(svg, "rect")]
        assert [level > 0 for level in levels] == [value > 0 for _, _, values in rows for value in values]


def test_nothing_is_no_picture() -> None:
    assert bars([]) is None
    assert matrix(["Arama"], []) is None
    assert matrix([], [MatrixRow("a", [])]) is None


def test_levels_grow_with_the_value() -> None:
    assert [level_of(value, 100) for value in (0, 1, 20, 21, 80, 81, 100)] == [0, 1, 1, 2, 4, 5, 5]
    assert level_of(0, 0) == 0


# --- Numbers ----------------------------------------------------------------------------------------------------------
@EXAMPLES
@given(st.floats(min_value=0, max_value=10**18))
def test_steps_are_round_few_and_reach_the_top(top: float) -> None:
    steps = round_steps(top)
    assert steps[0] == 0
    assert steps[-1] >= top
    assert 2 <= len(steps) <= 5
    assert len({later - earlier for earlier, later in pairwise(steps)}) == 1
    assert str(steps[1]).rstrip("0") in {"1", "2", "5"}


def test_axes_write_numbers_as_people_say_them() -> None:
    written = {0: "0", 9_999: "9.999", 25_000: "25 bin", 1_500_000: "1,5 mn", 2 * 10**9: "2 mlr", 10**16: "10.000 trn"}
    assert {number: short(number) for number in written} == written


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        (1, 8, "%12,5"),
        (0, 5, "%0"),
        (5, 5, "%100"),
        (1, 10**6, "%0,1"),
        (10**6 - 1, 10**6, "%99,9"),
        (9_732, 244, "%3.988,5"),
        (0, 0, "–"),
    ],
)
def test_shares_in_percent(part: int, whole: int, written: str) -> None:
    assert percent(part, whole) == written
