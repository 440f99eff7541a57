"""Rows of a table, whether from CSV or from a workbook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import compress
from typing import NamedTuple, Self

from iys_portal.shared.turkish import squeeze

MAX_COLUMNS = 256


def column_index(letters: str) -> int:
    """Return the index from 0 of a column's letters (``C``, ``#C``)."""
    index = 0
    for letter in letters.lstrip("#"):
        index = index * 26 + ord(letter) - 64
    return index - 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value is not in the file or is an error; `message` is a Turkish sentence."""

    message: str


Cell = str | Decimal | date | Unreadable


class Row(NamedTuple):
    """A row by its number in the file; cells by their index from 0, empty ones left out.

    `width` is the number of fields that a CSV row has. `broken` says in Turkish why the row is none. `open_end`:
    the file ends with this row and without a line end.
    """

    number: int
    cells: Mapping[int, Cell]
    width: int | None = None
    broken: str = ""
    open_end: bool = False


class Block(NamedTuple):
    """Rows one below the other, column by column: cells by the index of their column, an empty text where none is."""

    numbers: Sequence[int]
    columns: Mapping[int, Sequence[Cell]]

    def rows(self) -> Iterator[Row]:
        """Yield the rows, with what is in them alone."""
        for number, cells in zip(self.numbers, zip(*self.columns.values(), strict=True), strict=True):
            yield Row(number, {place: cell for place, cell in zip(self.columns, cells, strict=True) if cell != ""})

    def filled(self) -> Self:
        """Return the rows that hold anything."""
        if not all("" in cells for cells in self.columns.values()):
            return self
        are_filled = [any(cell != "" for cell in cells) for cells in zip(*self.columns.values(), strict=True)]
        columns = {place: [*compress(cells, are_filled)] for place, cells in self.columns.items()}
        return self._replace(numbers=[*compress(self.numbers, are_filled)], columns=columns)


def shown(cell: Cell | None) -> str:
    """Return a cell as a person reads it."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Decimal():
            return f"{cell:f}"
        case date():
            return f"{cell:%d.%m.%Y}"
        case Unreadable():
            return "?"


def heading(written: str) -> str:
    """Return what of a heading is compared: its letters and digits, folded."""
    return squeeze(written)
