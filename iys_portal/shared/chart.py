"""A line over days as geometry for an SVG template: what stands where, in whole units, and nothing about colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from math import ceil

_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 24, 28
_GRID_STEPS = 4
_HEADROOM = 1.12
# A limit far above the line would press it to the ground: then it is told in words, not drawn.
_LIMIT_DRAWN_FROM = 0.2
_BAND_LABEL_HEIGHT = 20
_LABEL_CLEARANCE = 16
_NARROW = 480


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands, what it says, and which end of its words stands there (SVG text-anchor)."""

    at: int
    value: int | date
    anchor: str = "middle"


@dataclass(frozen=True)
class Band:
    """A range of values between two bounds; `name` is empty where there is no room to write it."""

    top: int
    height: int
    name: str
    shaded: bool

    @property
    def label_at(self) -> int:
        return self.top + 14


@dataclass(frozen=True)
class Chart:
    """Everything that a template draws."""

    width: int
    height: int
    path: str
    area: str
    days: list[Tick]
    values: list[Tick]
    bands: list[Band]
    limit_at: int | None
    end_at: int
    last: int

    @property
    def left(self) -> int:
        return _LEFT

    @property
    def right(self) -> int:
        return self.width - _RIGHT

    @property
    def plot_width(self) -> int:
        return self.right - self.left

    @property
    def base(self) -> int:
        """Where zero stands."""
        return self.height - _BOTTOM

    @property
    def values_at(self) -> int:
        """Where the words of the value axis end."""
        return self.left - 8

    @property
    def days_at(self) -> int:
        return self.height - 8

    @property
    def limit_label_at(self) -> int:
        return (self.limit_at or 0) - 6

    @property
    def end_label_at(self) -> int:
        """Where the last value is written: above the line, but below it where the limit's own words stand."""
        above = self.end_at - 10
        taken = self.limit_at is not None and abs(above - self.limit_label_at) < _LABEL_CLEARANCE
        return self.end_at + 20 if taken else above


def line_chart(
    points: Sequence[tuple[date, int]],
    *,
    width: int,
    height: int,
    limit: int | None = None,
    bands: Sequence[tuple[str, int, int | None]] = (),
) -> Chart | None:
    """Return the chart of a value over days, from zero up, or None when there are fewer than two days.

    Days stand where the calendar puts them: a missing one leaves a longer stroke. `bands` are (name, value above
    which it begins, last value or None). The limit is drawn only where the line comes near it.
    """
    line = sorted(points)
    if len({day for day, _ in line}) < 2:
        return None
    peak = max(value for _, value in line)
    drawn_limit = limit if limit is not None and peak >= limit * _LIMIT_DRAWN_FROM else None
    values = round_steps(max(peak, drawn_limit or 0) * _HEADROOM)
    first, last = line[0][0], line[-1][0]

    def x(day: date) -> int:
        return _LEFT + round((day - first) / (last - first) * (width - _RIGHT - _LEFT))

    def y(value: int) -> int:
        return height - _BOTTOM - round(value / values[-1] * (height - _BOTTOM - _TOP))

    stroke = " L".join(f"{x(day)} {y(value)}" for day, value in line)
    return Chart(
        width=width,
        height=height,
        path=f"M{stroke}",
        area=f"M{stroke} L{x(last)} {y(0)} L{x(first)} {y(0)} Z",
        days=_day_ticks(first, last, most=3 if width < _NARROW else 5, x=x),
        values=[Tick(y(value), value) for value in values],
        bands=_bands(bands, top=values[-1], y=y),
        limit_at=None if drawn_limit is None else y(drawn_limit),
        end_at=y(line[-1][1]),
        last=line[-1][1],
    )


def round_steps(top: float) -> list[int]:
    """Return zero and the round values after it, in four steps at most, the last of them at or above `top`."""
    round_values = (leading * 10**zeros for zeros in count() for leading in (1, 2, 5))
    step = next(value for value in round_values if value * _GRID_STEPS >= top)
    steps = max(ceil(top / step), 1)
    return [step * number for number in range(steps + 1)]


def _day_ticks(first: date, last: date, *, most: int, x: Callable[[date], int]) -> list[Tick]:
    """Return the first, the last and some days between them, in even steps."""
    span = (last - first).days
    steps = min(most - 1, span)
    days = [first + timedelta(days=span * number // steps) for number in range(steps + 1)]
    anchors = ["start", *["middle"] * (steps - 1), "end"]
    return [Tick(x(day), day, anchor) for day, anchor in zip(days, anchors, strict=True)]


def _bands(bands: Sequence[tuple[str, int, int | None]], *, top: int, y: Callable[[int], int]) -> list[Band]:
    drawn = []
    for number, (name, above, most) in enumerate(bands):
        if above < top:
            upper = y(top if most is None else min(most, top))
            height = y(above) - upper
            drawn.append(Band(upper, height, name if height >= _BAND_LABEL_HEIGHT else "", shaded=number % 2 == 0))
    return drawn
