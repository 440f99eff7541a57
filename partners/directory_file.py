"""Read a list of companies, CSV or XLSX with the columns Kod and Unvan, as every uploaded table is read."""

from collections.abc import Iterator
from itertools import islice

from iys_portal.shared.sheets import csvrows, xlsxrows
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.table import Row, shown
from iys_portal.shared.turkish import squeeze
from partners.services.directory import ListedRow

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_ROWS = 20_000
_CODE = {"KOD", "KODU", "KURULUSKODU", "ISORTAGIKODU", "AHSKODU"}
_TITLE = {"UNVAN", "UNVANI", "SIRKETUNVANI", "KURULUSUNVANI"}
_SEPARATORS = b";\t,"


class ListRefused(Exception):
    """The file is no list of companies; `str()` says why, in Turkish."""


def read_directory(content: bytes) -> list[ListedRow]:
    """Return the rows below the headings, in their order, without empty ones.

    Raises ListRefused for what is empty, too large, broken, encrypted, or has no headings.
    """
    if not content.strip():
        raise ListRefused("Dosya boş; kod ve unvan sütunları olan bir dosya seçin.")
    if len(content) > MAX_FILE_BYTES:
        raise ListRefused("Dosya çok büyük: en çok 4 MB yüklenebilir.")
    try:
        rows = list(islice(_rows(content), MAX_ROWS + 2))
    except FileRefused:
        raise ListRefused(
            "Dosya okunamadı; bozuk ya da parolalı olabilir. CSV ya da Excel (.xlsx) olarak yeniden kaydedip yükleyin."
        ) from None
    filled = [row for row in rows if row.cells or row.broken]
    columns = _columns(filled[0]) if filled else None
    if columns is None:
        raise ListRefused("İlk satırda “Kod” ve “Unvan” başlıkları bulunamadı; başlıkları yazıp yeniden yükleyin.")
    if len(filled) - 1 > MAX_ROWS:
        raise ListRefused("Dosyada 20.000 satırdan fazlası var; bölerek yükleyin.")
    code, title = columns
    return [ListedRow(row.number, shown(row.cells.get(code)), shown(row.cells.get(title))) for row in filled[1:]]


def _rows(content: bytes) -> Iterator[Row]:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return xlsxrows.rows_of(content)
    head = content.replace(b"\0", b"").lstrip().split(b"\n", 1)[0]
    separator = max(_SEPARATORS, key=head.count)
    return csvrows.rows_of(content, separator=chr(separator), quote='"')


def _columns(head: Row) -> tuple[int, int] | None:
    """Return where the code and the title stand, by the headings."""
    names = {index: squeeze(shown(cell)) for index, cell in head.cells.items()}
    code = next((index for index, name in names.items() if name in _CODE), None)
    title = next((index for index, name in names.items() if name in _TITLE), None)
    return None if code is None or title is None else (code, title)
