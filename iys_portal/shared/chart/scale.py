"""Axes: round steps, where a value stands, which days and columns are named, how numbers are written on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from math import ceil

from iys_portal.shared.chart.svg import Svg, tag, text_width
from iys_portal.shared.numerals import grouped

GRID_STEPS = 4
_SCALES = ((10**12, "trn"), (10**9, "mlr"), (10**6, "mn"), (10**3, "bin"))
_SHORT_FROM = 10_000
_GAP = 8


def round_steps(top: float) -> list[int]:
    """Return zero and the round values after it, in four steps at most, the last of them at or above `top`."""
    round_values = (leading * 10**zeros for zeros in count() for leading in (1, 2, 5))
    step = next(value for value in round_values if value * GRID_STEPS >= top)
    steps = max(ceil(Fraction(top) / step), 1)
    return [step * number for number in range(steps + 1)]


def short(number: int) -> str:
    """Return a number as an axis writes it: 9.500, 25 bin, 1,5 mn; exact where it is round, as steps are."""
    if number < _SHORT_FROM:
        return grouped(number)
    size, word = next((size, word) for size, word in _SCALES if number >= size)
    whole, rest = divmod(number, size)
    tenth = rest * 10 // size
    return f"{grouped(whole)}{f',{tenth}' if tenth else ''} {word}"


@dataclass(frozen=True)
class ValueAxis:
    """From `low` (zero or less) to `high`, drawn between two heights; `labels` stand left of the plot."""

    steps: Sequence[int]
    top: int
    base: int
    unit: str = ""

    @property
    def left(self) -> int:
        """Where the plot begins: after the longest of the labels."""
        return max(text_width(self._label(step)) for step in self.steps) + _GAP

    def y(self, value: float) -> float:
        """Return the height at which a value stands."""
        low, high = self.steps[0], self.steps[-1]
        return self.base - (value - low) / (high - low) * (self.base - self.top)

    def grid(self, right: int) -> list[Svg]:
        """Return the lines and what they say."""
        marks = []
        for step in self.steps:
            y = self.y(step)
            line_class = "chart-zero" if step == 0 else "chart-grid"
            marks.append(tag("line", class_=line_class, x1=self.left, x2=right, y1=y, y2=y))
            label = self._label(step)
            marks.append(tag("text", text=label, class_="chart-text", x=self.left - _GAP, y=y + 4, text_anchor="end"))
        return marks

    def _label(self, step: int) -> str:
        return f"%{step}" if self.unit == "%" else short(abs(step))


def value_axis(high: float, *, low: float = 0, top: int, base: int, unit: str = "") -> ValueAxis:
    """Return the axis that reaches from below `low` to above `high`, in the same round steps on both sides of zero."""
    if unit == "%":
        return ValueAxis([0, 25, 50, 75, 100], top, base, unit)
    step = round_steps(max(high, -low))[1]
    below, above = ceil(Fraction(-low) / step), ceil(Fraction(high) / step)
    return ValueAxis([step * number for number in range(-below, max(above, 0 if below else 1) + 1)], top, base)


def day_steps(first: date, last: date, *, most: int) -> list[date]:
    """Return the first, the last and some days between them, in even steps."""
    span = (last - first).days
    steps = min(most - 1, span)
    return [first + timedelta(days=span * number // steps) for number in range(steps + 1)] if steps else [first]


def named_columns(labels: Sequence[str], *, room: float) -> list[int]:
    """Return the columns whose names fit below them in the room there is: all, or each second, third …, evenly."""
    if not labels:
        return []
    each = room / len(labels)
    widest = max(map(text_width, labels)) + _GAP
    stride = max(ceil(widest / each), 1)
    return list(range(0, len(labels), stride))
