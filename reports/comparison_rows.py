"""Rows that differ, as people read them: on the page and in the file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from iys_portal.shared.tables import Cell
from reports.enums import DifferenceKind
from reports.models import Difference
from reports.selectors.files import HEAD

_NAMES = HEAD.split(",")
_LABELS = dict(
    zip(
        _NAMES,
        (
            *("Kayıt zamanı", "İşlem no", "Alıcı", "Alıcı tipi"),
            *("İzin türü", "Durum", "İzin tarihi", "Kaynak"),
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Explained:
    """One differing row: whose it is, what kind of difference, and for changed ones the cells: label, ours, theirs."""

    position: int
    kind: DifferenceKind
    recipient: str
    number: str
    said: str
    changes: list[tuple[str, str, str]]


def explained(row: Difference) -> Explained:
    """Return what a page shows of a differing row."""
    ours, theirs = _cells(row.ours), _cells(row.theirs)
    one = ours if row.ours else theirs
    changes = []
    if row.kind == DifferenceKind.CHANGED:
        changes = [(_LABELS[name], ours[name], theirs[name]) for name in _NAMES if ours[name] != theirs[name]]
    said = " · ".join(one[name] for name in ("type", "status", "source", "consentDate") if one[name])
    return Explained(row.position, DifferenceKind(row.kind), one["recipient"], one["transactionId"], said, changes)


def export_rows(rows: Iterable[Difference]) -> Iterator[Sequence[Cell]]:
    """Yield the head and a row for each differing row: the kind, our cells, their cells."""
    yield ("Fark", *(f"İYS {_LABELS[name]}" for name in _NAMES), *(f"Dosyanız {_LABELS[name]}" for name in _NAMES))
    for row in rows:
        ours, theirs = _cells(row.ours), _cells(row.theirs)
        kind = DifferenceKind(row.kind).label
        yield (kind, *(ours[name] for name in _NAMES), *(theirs[name] for name in _NAMES))


def _cells(line: str) -> dict[str, str]:
    """Return the cells of a line by their names; a line with too few or too many is not ours, and is cut to size."""
    cells = line.split(",")
    return {name: cells[place] if place < len(cells) else "" for place, name in enumerate(_NAMES)}
