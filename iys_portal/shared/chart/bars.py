"""Bars lying under each other: a name, a bar, a number. Long names, and a telephone's, stand above their bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from iys_portal.shared.chart.svg import Draw, Drawing, Svg, clipped, is_narrow, tag, text_width

_STEP, _THICK = 32, 18
_NARROW_STEP = 44
_LEAST_NAMES, _MOST_NAMES = 60, 240


@dataclass(frozen=True)
class Bar:
    """A bar from `start` (of a waterfall; else zero) as long as its value; `words` stand behind it."""

    name: str
    value: int
    words: str
    tone: str = "first"
    start: int = 0


def bars(rows: Sequence[Bar]) -> Draw | None:
    """Return what draws the bars, or None without any. All begin at the same zero and share one scale."""
    return _Bars(rows).draw if rows else None


@dataclass(frozen=True)
class _Bars:
    rows: Sequence[Bar]

    def draw(self, width: int) -> Drawing:
        most = max(1, *(bar.start + bar.value for bar in self.rows))
        names = max(text_width(bar.name) for bar in self.rows)
        if is_narrow(width) or names > _MOST_NAMES:
            marks = [mark for at, bar in enumerate(self.rows) for mark in _stacked(bar, at * _NARROW_STEP, width, most)]
            return Drawing(len(self.rows) * _NARROW_STEP, marks)
        left = max(names, _LEAST_NAMES) + 12
        room = width - left - max(text_width(bar.words) for bar in self.rows) - 10
        marks = [mark for at, bar in enumerate(self.rows) for mark in _wide(bar, at * _STEP, left, room / most)]
        base = len(self.rows) * _STEP
        return Drawing(base, [*marks, tag("line", class_="chart-zero", x1=left, x2=left, y1=0, y2=base)])


def _wide(bar: Bar, top: int, left: int, scale: float) -> list[Svg]:
    text, y = top + 20, top + (_STEP - _THICK) // 2
    x, long = left + bar.start * scale, bar.value * scale
    return [
        tag("text", text=bar.name, class_="chart-text", x=left - 12, y=text, text_anchor="end"),
        _bar(bar, x, y, long),
        tag("text", text=bar.words, class_="chart-text chart-strong", x=x + long + 6, y=text),
    ]


def _stacked(bar: Bar, top: int, width: int, most: int) -> list[Svg]:
    name = clipped(bar.name, width - text_width(bar.words) - 8)
    return [
        tag("text", text=name, class_="chart-text", x=0, y=top + 14),
        tag("text", text=bar.words, class_="chart-text chart-strong", x=width, y=top + 14, text_anchor="end"),
        _bar(bar, bar.start / most * width, top + 20, bar.value / most * width),
    ]


def _bar(bar: Bar, x: float, y: int, long: float) -> Svg:
    words = tag("title", text=f"{bar.name}: {bar.words}")
    return tag("rect", words, class_=f"chart-{bar.tone}", x=x, y=y, width=long, height=_THICK)
