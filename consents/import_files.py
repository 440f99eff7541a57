"""Files that go out: the template, and the bad rows of a file, to be corrected and sent again as they are."""

from collections.abc import Iterator, Sequence

from consents.import_selectors import ROW_HINT, BadRow, bad_rows_of, label_of
from consents.imports.columns import FIELDS
from consents.models import ImportJob
from consents.rules.faults import RULES
from iys_portal.shared.tables import Cell

_EXPLAINS: Sequence[Cell] = ("Satır", "Sütun", "Değer", "Kod", "Hata", "Ne yapmalı")
"""Columns that the reader passes over when the file comes back."""


def template_rows() -> Iterator[Sequence[Cell]]:
    """Yield the template: İYS's head."""
    yield FIELDS


def result_rows(job: ImportJob) -> Iterator[Sequence[Cell]]:
    """Yield the head and every bad row, first its own cells, then what is wrong with them."""
    yield (*FIELDS, *_EXPLAINS)
    for row in bad_rows_of(job):
        yield (*row.cells, row.line, *_explained(row))


def _explained(row: BadRow) -> Sequence[Cell]:
    fields = [field for _, field, _ in row.faults]
    return (
        " | ".join(label_of(field) for field in fields),
        " | ".join(row.value_of(field) for field in fields),
        " | ".join(code for code, _, _ in row.faults),
        " | ".join(sentence for _, _, sentence in row.faults),
        " | ".join(RULES[code].hint if code in RULES else ROW_HINT for code, _, _ in row.faults),
    )
