"""A matrix of cells: the number stands in each, the ground behind it grows darker with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from iys_portal.shared.chart.svg import Draw, Drawing, Svg, clipped, is_narrow, tag, text_width

_HEAD, _STEP, _GAP = 24, 34, 3
_NARROW_STEP = 56
_MOST_NAMES = 340
LEVELS = 5


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and how dark it is: 0 (nothing) to LEVELS."""

    words: str
    level: int = 0


@dataclass(frozen=True)
class MatrixRow:
    """A row; `group` is written above the first of those that share it."""

    name: str
    cells: Sequence[Cell]
    group: str = ""


def level_of(value: int, most: int) -> int:
    """Return how dark a value is beside the largest: zero has no ground, all others have one."""
    return -(-value * LEVELS // most) if value > 0 and most > 0 else 0


def matrix(heads: Sequence[str], rows: Sequence[MatrixRow]) -> Draw | None:
    """Return what draws the matrix, or None without rows."""
    return _Matrix(heads, rows).draw if rows and heads else None


@dataclass(frozen=True)
class _Matrix:
    heads: Sequence[str]
    rows: Sequence[MatrixRow]

    def draw(self, width: int) -> Drawing:
        narrow = is_narrow(width)
        names = max(text_width(row.name) for row in self.rows)
        left = 0 if narrow else min(names + 12, _MOST_NAMES)
        each = (width - left) / len(self.heads)
        marks: list[Svg] = [
            tag("text", text=clipped(head, each), class_="chart-text", x=left + each * (number + 0.5), y=14,
                text_anchor="middle")
            for number, head in enumerate(self.heads)
        ]  # fmt: skip
        top, group = _HEAD, ""
        for row in self.rows:
            if row.group and row.group != group:
                group = row.group
                marks.append(tag("text", text=clipped(group, width), class_="chart-text chart-strong", x=0, y=top + 20))
                top += 30
            marks += self._row(row, top, left, each, narrow=narrow)
            top += _NARROW_STEP if narrow else _STEP
        return Drawing(top, marks)

    def _row(self, row: MatrixRow, top: int, left: int, each: float, *, narrow: bool) -> list[Svg]:
        cells = top + (_NARROW_STEP - _STEP if narrow else 0)
        high = _STEP - _GAP
        room = each * len(self.heads) if narrow else left - 12
        at = {"x": 0, "y": cells - 6} if narrow else {"x": 0, "y": cells + 20}
        marks = [tag("text", text=clipped(row.name, room), class_="chart-text", **at)]
        for number, cell in enumerate(row.cells):
            x = left + each * number
            words = f"{row.group + ' · ' if row.group else ''}{row.name} · {self.heads[number]}: {cell.words}"
            marks.append(
                tag("rect", tag("title", text=words), class_=f"chart-cell chart-heat-{cell.level}", x=x, y=cells,
                    width=each - _GAP, height=high)
            )  # fmt: skip
            marks.append(
                tag("text", text=clipped(cell.words, each), class_="chart-text chart-cell-text",
                    x=x + (each - _GAP) / 2, y=cells + 20, text_anchor="middle")
            )  # fmt: skip
        return marks
