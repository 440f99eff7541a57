"""Files that go out: the template, and the bad rows of a file, to be corrected and sent again as they are."""

from collections.abc import Iterator, Sequence

from consents.import_selectors import BadRow, bad_rows_of, fault_hint, label_of
from consents.imports.columns import BRAND, FIELDS
from consents.models import ImportJob
from iys_portal.shared.tables import Cell

_EXPLAINS: Sequence[Cell] = ("Satır", "Sütun", "Değer", "Kod", "Hata", "Ne yapmalı")
"""Columns that the reader passes over when the file comes back."""


def template_rows() -> Iterator[Sequence[Cell]]:
    """Yield the template: İYS's head."""
    yield FIELDS


def result_rows(job: ImportJob) -> Iterator[Sequence[Cell]]:
    """Yield the head and every bad row, first its own cells and its brand, then what is wrong with them."""
    yield (*FIELDS, BRAND, *_EXPLAINS)
    for row in bad_rows_of(job):
        yield (*row.cells, row.brand, row.line, *_explained(row))


def _explained(row: BadRow) -> Sequence[Cell]:
    fields = [field for _, field, _ in row.faults]
    return (
        " | ".join(label_of(field) for field in fields),
        " | ".join(row.value_of(field) for field in fields),
        " | ".join(code for code, _, _ in row.faults),
        " | ".join(sentence for _, _, sentence in row.faults),
        " | ".join(fault_hint(code) for code, _, _ in row.faults),
    )
