"""What every picture page holds: a finding in a sentence, pictures, figures beside the period before, one table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from brands.models import Brand
from iys_portal.shared.chart import Draw, Picture
from iys_portal.shared.numerals import grouped, percent
from iys_portal.shared.tables import Cell
from reports.pictures.period import Period

T = TypeVar("T")


@dataclass(frozen=True)
class Span:
    """The days a picture is asked for, and when."""

    period: Period
    now: datetime
    today: date


@dataclass(frozen=True)
class Asked(Span):
    """What a company asks for: of one of its brands, or of all."""

    provider_id: int
    brand: Brand | None = None


@dataclass(frozen=True)
class Fact:
    """A figure, and what it was in the days before, in words."""

    label: str
    value: str
    before: str = ""


@dataclass(frozen=True)
class Panel:
    """A picture under its heading; without one the page's finding stands above it."""

    picture: Picture
    heading: str = ""


@dataclass(frozen=True)
class Shown:
    """A cell as the page shows it."""

    label: str
    text: str
    is_number: bool


@dataclass(frozen=True)
class Report:
    """An answer. `rows` are exactly what is drawn, and what the files hold; `notes` are sentences below the pictures.

    Without anything to draw `panels` is empty, and the finding says why. Where the rows say more than the pictures,
    `in_full`, paper shows them however many they are.
    """

    finding: str
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    panels: Sequence[Panel] = ()
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    in_full: bool = False

    @property
    def columns(self) -> list[Shown]:
        """The heads, each right-aligned where its column holds numbers."""
        first = self.shown[0] if self.rows else []
        return [Shown(cell.label, cell.label, cell.is_number) for cell in first]

    @property
    def shown(self) -> list[list[Shown]]:
        """The rows in words."""
        return [[_shown(label, cell) for label, cell in zip(self.head, row, strict=True)] for row in self.rows]

    def file_rows(self) -> list[Sequence[Cell]]:
        """Return the head and the rows, as files have them."""
        return [tuple(self.head), *self.rows]


def _shown(label: str, cell: Cell) -> Shown:
    if isinstance(cell, int):
        return Shown(label, grouped(cell), is_number=True)
    if isinstance(cell, Decimal):
        return Shown(label, f"{cell:.1f}".replace(".", ","), is_number=True)
    text = f"{cell:%d.%m.%Y}" if isinstance(cell, date) else cell or ""
    return Shown(label, text, is_number=text.startswith("%"))


def panels(*drawn: tuple[str, str, str, Draw | None], titled: bool = False) -> list[Panel]:
    """Return the pictures of (key, title, desc, drawing), leaving out what cannot be drawn."""
    return [
        Panel(Picture(key, title, desc, draw), title if titled else "")
        for key, title, desc, draw in drawn
        if draw is not None
    ]


def compared(now: int, before: int) -> str:
    """Return how a figure changed since the period before, in a clause: ``önceki dönem 1.234, %12,5 arttı``."""
    if now == before:
        return f"önceki dönem de {grouped(before)}"
    if not before:
        return "önceki dönem hiç yoktu"
    change = percent(abs(now - before), before)
    return f"önceki dönem {grouped(before)}, {change} {'arttı' if now > before else 'azaldı'}"


def with_tail(rows: Sequence[T], most: int) -> tuple[Sequence[T], Sequence[T]]:
    """Return the first rows to be told apart and the rest to be summed; a rest of one row is no rest."""
    return (rows, []) if len(rows) <= most + 1 else (rows[:most], rows[most:])
