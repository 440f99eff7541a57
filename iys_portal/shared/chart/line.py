"""A value over days: line, area, limit and forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from iys_portal.shared.chart.scale import ValueAxis, day_steps, value_axis
from iys_portal.shared.chart.svg import Draw, Drawing, Svg, clipped, is_narrow, tag, text_width
from iys_portal.shared.numerals import grouped

Point = tuple[date, int]
Band = tuple[str, int, int | None]
"""Its name, the value above which it begins, its last value or None."""

_RIGHT, _TOP, _BOTTOM = 14, 24, 28
_HEADROOM = 1.12
# A limit far above the line would press it to the ground: then it is told in words, not drawn.
_LIMIT_DRAWN_FROM = 0.2
_BAND_LABEL_HEIGHT = 20
_CLEARANCE = 16
_DAY = "31.12.2026"


@dataclass(frozen=True)
class Limit:
    """A value that is not to be reached, and its name."""

    value: int
    name: str


def draws_limit(points: Sequence[Point], limit: int | None) -> bool:
    """Return whether the line comes near enough to the limit for both to be drawn."""
    return limit is not None and bool(points) and max(value for _, value in points) >= limit * _LIMIT_DRAWN_FROM


def line(
    points: Sequence[Point],
    *,
    limit: Limit | None = None,
    bands: Sequence[Band] = (),
    forecast: Sequence[Point] = (),
    percent: bool = False,
) -> Draw | None:
    """Return what draws a value over days, from zero up; None when there are fewer than two days.

    Days stand where the calendar puts them: a missing one leaves a longer stroke. `forecast` goes on from the last
    point, dashed. The limit is drawn only where the line comes near it.
    """
    known = sorted(points)
    if len({day for day, _ in known}) < 2:
        return None
    drawn_limit = limit if limit and draws_limit(known, limit.value) else None
    return _Line(known, drawn_limit, bands, sorted(forecast), percent=percent).draw


@dataclass(frozen=True)
class _Line:
    points: Sequence[Point]
    limit: Limit | None
    bands: Sequence[Band]
    forecast: Sequence[Point]
    percent: bool

    def draw(self, width: int) -> Drawing:
        height = 220 if is_narrow(width) else 280
        peak = max(value for _, value in [*self.points, *self.forecast])
        high = max(peak, self.limit.value if self.limit else 0) * _HEADROOM
        axis = value_axis(high, top=_TOP, base=height - _BOTTOM, unit="%" if self.percent else "")
        left, right = axis.left, width - _RIGHT
        first, last = self.points[0][0], (self.forecast or self.points)[-1][0]

        def x(day: date) -> float:
            return left + (day - first) / (last - first) * (right - left)

        def stroke(points: Sequence[Point]) -> str:
            return " L".join(f"{x(day):.1f} {axis.y(value):.1f}" for day, value in points)

        known, end = stroke(self.points), self.points[-1]
        area = f"M{known} L{x(end[0]):.1f} {axis.base} L{left} {axis.base} Z"
        marks = [*self._bands(axis, left, right), *axis.grid(right), *self._band_names(axis, left)]
        marks += [
            tag("text", text=f"{day:%d.%m.%Y}", class_="chart-text", x=x(day), y=height - 8, text_anchor=anchor)
            for day, anchor in _named_days(first, last, room=right - left)
        ]
        marks.append(tag("path", class_="chart-area", d=area))
        if self.limit:
            marks += _limit_marks(self.limit, axis.y(self.limit.value), left, right)
        marks.append(tag("path", class_="chart-line", d=f"M{known}"))
        if self.forecast:
            marks.append(tag("path", class_="chart-forecast", d=f"M{stroke([end, *self.forecast])}"))
        return Drawing(height, [*marks, *self._end(axis, x(end[0]), left, right)])

    def _end(self, axis: ValueAxis, at: float, left: int, right: int) -> list[Svg]:
        """The last known value, written above the line, but below it where the limit's own words stand."""
        value = self.points[-1][1]
        words, y = f"%{value}" if self.percent else grouped(value), axis.y(value)
        above = y - 10
        taken = self.limit is not None and abs(above - (axis.y(self.limit.value) - 6)) < _CLEARANCE
        label = y + 20 if taken or above < _TOP / 2 else above
        # Where the forecast leaves room for them, the words stand before it; long ones on both sides of the point.
        long = text_width(words)
        anchor = "end" if at - left > long or right - at < long / 2 else "start" if right - at > long else "middle"
        return [
            tag("circle", class_="chart-end", cx=at, cy=y, r=4),
            tag("text", text=words, class_="chart-text chart-strong", x=at, y=label, text_anchor=anchor),
        ]

    def _drawn(self, axis: ValueAxis) -> list[tuple[int, str, float, float]]:
        top = axis.steps[-1]
        return [
            (number, name, axis.y(top if most is None else min(most, top)), axis.y(above))
            for number, (name, above, most) in enumerate(self.bands)
            if above < top
        ]

    def _bands(self, axis: ValueAxis, left: int, right: int) -> list[Svg]:
        return [
            tag("rect", class_="chart-band", x=left, y=upper, width=right - left, height=lower - upper)
            for number, _, upper, lower in self._drawn(axis)
            if number % 2 == 0
        ]

    def _band_names(self, axis: ValueAxis, left: int) -> list[Svg]:
        return [
            tag("text", text=name, class_="chart-text", x=left + 6, y=upper + 14)
            for _, name, upper, lower in self._drawn(axis)
            if lower - upper >= _BAND_LABEL_HEIGHT
        ]


def _named_days(first: date, last: date, *, room: float) -> list[tuple[date, str]]:
    days = day_steps(first, last, most=max(2, min(5, int(room / (text_width(_DAY) * 1.6)))))
    return [
        (day, "start" if number == 0 else "end" if number == len(days) - 1 else "middle")
        for number, day in enumerate(days)
    ]


def _limit_marks(limit: Limit, y: float, left: int, right: int) -> list[Svg]:
    words = clipped(f"{limit.name}: {grouped(limit.value)}", right)
    return [
        tag("line", class_="chart-limit", x1=left, x2=right, y1=y, y2=y),
        tag("text", text=words, class_="chart-text chart-limit-text", x=right, y=y - 6, text_anchor="end"),
    ]
