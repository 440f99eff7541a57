"""Rows of a table, whether from CSV or from a workbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

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


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number in the file; cells by their index from 0, empty ones left out.

    `width` is the number of fields that a CSV row has. `broken` says in Turkish why the row is none. `open_end`:
    the file ends with this row and without a line end.
    """

    number: int
    cells: Mapping[int, Cell]
    width: int | None = None
    broken: str = ""
    open_end: bool = False


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
