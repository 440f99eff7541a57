"""Columns side by side: several series stacked upwards, others downwards from the same zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from iys_portal.shared.chart.scale import ValueAxis, named_columns, value_axis
from iys_portal.shared.chart.svg import Draw, Drawing, Svg, is_narrow, tag, text_width
from iys_portal.shared.numerals import grouped

_RIGHT, _LEGEND, _BOTTOM = 6, 30, 26
_SWATCH, _BETWEEN, _LINE = 10, 14, 18
_WIDEST = 64
_NAMED_FROM = 26


@dataclass(frozen=True)
class Series:
    """A value for each column; `tone` is the end of its class (static/css/chart.css)."""

    name: str
    values: Sequence[int]
    tone: str


@dataclass(frozen=True)
class Mark:
    """A line between two columns that means something: `after` is the last column before it."""

    after: int
    name: str


def columns(
    labels: Sequence[str],
    up: Sequence[Series],
    down: Sequence[Series] = (),
    *,
    most: tuple[int, int] = (0, 0),
    mark: Mark | None = None,
) -> Draw | None:
    """Return what draws the columns, or None without any; `most` (up, down) makes several pictures comparable."""
    return _Columns(labels, up, down, most, mark).draw if labels else None


@dataclass(frozen=True)
class _Columns:
    labels: Sequence[str]
    up: Sequence[Series]
    down: Sequence[Series]
    most: tuple[int, int]
    mark: Mark | None

    def draw(self, width: int) -> Drawing:
        height = 230 if self.down or is_narrow(width) else 260
        axis = self._axis(height, 0)
        legend = _legend([*self.up, *self.down], width - _RIGHT - axis.left)
        if legend.more:
            height += legend.more
            axis = self._axis(height, legend.more)
        left, right = axis.left, width - _RIGHT
        marks = [*legend.marks(left), *axis.grid(right)]
        slot = (right - left) / len(self.labels)
        marks += self._stacked(self.up, 1, axis, left, slot)
        marks += self._stacked(self.down, -1, axis, left, slot)
        # The zero line stays visible where columns stand on both sides of it.
        marks.append(tag("line", class_="chart-zero", x1=left, x2=right, y1=axis.y(0), y2=axis.y(0)))
        if self.mark:
            marks += self._marked(self.mark, axis, left, slot, right)
        marks += [
            tag(
                "text",
                text=self.labels[number],
                class_="chart-text",
                x=_inside(left + slot * (number + 0.5), self.labels[number], 0, width),
                y=height - 6,
                text_anchor="middle",
            )
            for number in named_columns(self.labels, room=right - left)
        ]
        return Drawing(height, marks)

    def _axis(self, height: int, more: int) -> ValueAxis:
        high, low = self._stack(self.up), self._stack(self.down)
        return value_axis(
            max(0, self.most[0], *high),
            low=-max(0, self.most[1], *low),
            top=_LEGEND + more + (12 if self.mark else 0),
            base=height - _BOTTOM,
        )

    def _stack(self, series: Sequence[Series]) -> list[int]:
        return [sum(column) for column in zip(*(each.values for each in series), strict=True)]

    def _stacked(self, stack: Sequence[Series], sign: int, axis: ValueAxis, left: int, slot: float) -> list[Svg]:
        marks, reached = [], [0] * len(self.labels)
        thick = min(slot * 0.76, _WIDEST)
        for series in stack:
            for number, value in enumerate(series.values):
                if not value:
                    continue
                start, reached[number] = reached[number], reached[number] + value
                upper, lower = sorted((axis.y(sign * start), axis.y(sign * reached[number])))
                words = f"{self.labels[number]} · {series.name}: {grouped(value)}"
                x = left + slot * number + (slot - thick) / 2
                marks.append(
                    tag("rect", tag("title", text=words), class_=f"chart-{series.tone}", x=x, y=upper, width=thick,
                        height=lower - upper)
                )  # fmt: skip
        if not self.down:
            marks += [
                tag(
                    "text",
                    text=grouped(value),
                    class_="chart-text chart-strong",
                    x=left + slot * (number + 0.5),
                    y=axis.y(value) - 5,
                    text_anchor="middle",
                )
                for number, value in enumerate(reached)
                if value and text_width(grouped(value)) <= slot and slot >= _NAMED_FROM
            ]
        return marks

    def _marked(self, mark: Mark, axis: ValueAxis, left: int, slot: float, right: int) -> list[Svg]:
        x = left + slot * (mark.after + 1)
        anchor = "start" if right - x > text_width(mark.name) else "end"
        return [
            tag("line", class_="chart-limit", x1=x, x2=x, y1=axis.top - 8, y2=axis.base),
            tag("text", text=mark.name, class_="chart-text chart-limit-text", x=x + (6 if anchor == "start" else -6),
                y=axis.top - 2, text_anchor=anchor),
        ]  # fmt: skip


@dataclass(frozen=True)
class _Legend:
    """What each series is called, in as many lines as its names need beside the values' room."""

    lines: Sequence[Sequence[Series]]

    @property
    def more(self) -> int:
        """The height that it takes beyond the one line that every picture has room for."""
        return _LINE * (len(self.lines) - 1)

    def marks(self, left: int) -> list[Svg]:
        return [mark for number, line in enumerate(self.lines) for mark in self._line(line, left, number * _LINE)]

    def _line(self, line: Sequence[Series], left: int, top: int) -> list[Svg]:
        marks, x = [], float(left)
        for each in line:
            marks.append(tag("rect", class_=f"chart-{each.tone}", x=x, y=top + 4, width=_SWATCH, height=_SWATCH))
            marks.append(tag("text", text=each.name, class_="chart-text", x=x + _SWATCH + 6, y=top + 13))
            x += _named(each)
        return marks


def _legend(series: Sequence[Series], room: int) -> _Legend:
    lines: list[list[Series]] = [[]]
    for each in series if len(series) > 1 else ():
        if lines[-1] and sum(map(_named, lines[-1])) + _named(each) - _BETWEEN > room:
            lines.append([])
        lines[-1].append(each)
    return _Legend(lines)


def _named(series: Series) -> int:
    return _SWATCH + 6 + text_width(series.name) + _BETWEEN


def _inside(x: float, label: str, left: float, right: float) -> float:
    """Return where the middle of a label stands so that it hangs over neither end."""
    half = text_width(label) / 2
    return min(max(x, left + half), right - half)
