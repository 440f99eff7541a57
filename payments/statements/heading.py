"""The heading of a table: where it is, and in which column each setting of the profile stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from iys_portal.shared.sheets.table import Row, column_index, heading, shown
from payments.statements.base import StatementRefused
from payments.statements.profile import BankProfile

MAX_TITLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """`columns` and `texts` are indexes from 0; `width` is the number of fields of a CSV heading."""

    row: Row
    columns: dict[str, int]
    texts: tuple[int, ...]
    width: int | None

    @property
    def last(self) -> int:
        """The last column that is in use."""
        return max([*self.columns.values(), *self.texts])

    def is_repeated_by(self, row: Row) -> bool:
        """Whether a row is the heading again, as at the top of a printed page."""
        return row.cells == self.row.cells


def find_heading(rows: Iterator[Row], profile: BankProfile) -> tuple[Heading, list[Row]]:
    """Take rows up to the heading; return it and the rows before it. Raises StatementRefused if there is none."""
    before: list[Row] = []
    for row in rows:
        if _is_heading(row, profile):
            return _heading(row, profile), before
        before.append(row)
        if len(before) >= MAX_TITLE_ROWS or (profile.header_row is not None and row.number > profile.header_row):
            break
    wanted = ", ".join(f"“{name}”" for name in profile.header_words or _headings(profile))
    where = f"{profile.header_row}. satırda" if profile.header_row else f"ilk {MAX_TITLE_ROWS} satırda"
    raise StatementRefused(
        f"Başlık satırı {where} bulunamadı; beklenen: {wanted}. Dosya bu bankanın değil ya da düzeni değişmiş "
        f"(profil: {profile.name})."
    )


def _headings(profile: BankProfile) -> list[str]:
    return [column for column in profile.columns.named().values() if not column.startswith("#")]


def _is_heading(row: Row, profile: BankProfile) -> bool:
    if row.broken:
        return False
    if profile.header_row is not None:
        return row.number == profile.header_row
    found = [heading(shown(cell)) for cell in row.cells.values()]
    if profile.header_words:
        return all(any(heading(word) in cell for cell in found) for word in profile.header_words)
    return {heading(name) for name in _headings(profile)} <= set(found)


def _heading(row: Row, profile: BankProfile) -> Heading:
    places: dict[str, list[int]] = {}
    for index, cell in row.cells.items():
        places.setdefault(heading(shown(cell)), []).append(index)
    found = {key: _place(column, places) for key, column in profile.columns.named().items()}
    return Heading(
        row=row,
        columns={key: index for key, index in found.items() if not key.startswith("texts[")},
        texts=tuple(index for key, index in found.items() if key.startswith("texts[")),
        width=row.width,
    )


def _place(column: str, places: dict[str, list[int]]) -> int:
    if column.startswith("#"):
        return column_index(column)
    found = places.get(heading(column), [])
    if not found:
        raise StatementRefused(f"Başlık satırında “{column}” sütunu yok. Dosyanın düzeni değişmiş olabilir.")
    if len(found) > 1:
        raise StatementRefused(f"Başlık satırında iki “{column}” sütunu var; profilde sütunu harfiyle seçin.")
    return found[0]
