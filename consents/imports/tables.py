"""CSV and workbooks as rows of texts, one at a time: what is in memory does not grow with the file."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from consents.imports.columns import Columns, columns_of, known_names
from iys_portal.shared.sheets.csvrows import split
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import CHUNK, MEBIBYTE, Source, opened
from iys_portal.shared.sheets.table import MAX_COLUMNS, Cell, Row, Unreadable, shown
from iys_portal.shared.sheets.text import clean, encoding_of, raw_lines
from iys_portal.shared.sheets.xlsxrows import Limits, rows_of

MOST_ROWS = 1_000_000
MOST_BYTES = 256 * MEBIBYTE
ROW_BROKEN = "SATIR"
"""The code of a row that could not be read as one; İYS has none for it."""

_WORKBOOK = Limits(
    file_bytes=128 * MEBIBYTE,
    part_bytes=1024 * MEBIBYTE,
    rows=MOST_ROWS + 1,
    strings=MOST_ROWS + 100_000,
    string_characters=48 * MEBIBYTE,
)
_SEPARATORS = ";,\t"
_QUOTE = '"'
_PACKED, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OPEN_QUOTE = "Satırda kapanmayan bir tırnak işareti var; hangi sütunun nerede bittiği bilinemedi."
_TOO_WIDE = "Satırda başlıktan çok sütun var; bir hücrenin içindeki ayracı tırnak içine alın ya da silin."
_TOO_MANY = "Dosyada 1.000.000 satırdan fazlası var; bölerek yükleyin."


Choice = Callable[[Sequence[str]], Columns]


class Line(NamedTuple):
    """A row by its number in the file: its cells in the order of the fields, and why it is none."""

    number: int
    cells: tuple[str, ...]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose head was read; `lines` reads on as it is asked."""

    columns: Columns
    lines: Iterator[Line]


def is_workbook(source: Source) -> bool:
    """Return whether the file begins as workbooks do."""
    return _head(source).startswith(_PACKED)


def table_of(source: Source, choose: Choice = columns_of) -> Table:
    """Read the head of a file, of which `choose` makes the columns.

    Raises FileRefused, now or from its lines, with a sentence for who chose the file.
    """
    head = _head(source)
    if head.startswith((_PACKED, _OLE)):
        return _workbook(source, choose)
    if b"\x00" in head and not head.startswith(_UTF_16):
        raise FileRefused("Bu bir metin dosyası ya da Excel çalışma kitabı değil. CSV ya da .xlsx dosyası seçin.")
    return _csv(source, choose)


class Head(NamedTuple):
    """What a person chooses the columns by: the cells of the first line, and of the first rows as they stand there."""

    cells: list[str]
    rows: list[list[str]]


def head_of(source: Source, *, rows: int) -> Head:
    """Return the first line of a file and so many rows, whatever they are. Raises FileRefused."""
    cells: list[str] = []

    def as_they_stand(found: Sequence[str]) -> Columns:
        cells.extend(found)
        if len(cells) > MAX_COLUMNS:
            raise FileRefused(f"Dosyada {MAX_COLUMNS} sütundan fazlası var; okunmadı.")
        return Columns((*range(len(cells)), -1), len(cells), ())

    lines = table_of(source, as_they_stand).lines
    return Head(cells, [list(line.cells[:-1]) for line in islice(lines, rows)])


def _head(source: Source) -> bytes:
    stream = opened(source, limit=MOST_BYTES)
    head = stream.read(CHUNK)
    stream.seek(0)
    return head


# --- CSV --------------------------------------------------------------------------------------------------------------
def _csv(source: Source, choose: Choice) -> Table:
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source
    numbered = enumerate(raw_lines(stream, encoding_of(stream), limit=MOST_BYTES), start=1)
    separator = ""
    for number, line in numbered:
        text = line.removesuffix("\n")
        if text.lower().startswith("sep=") and len(text) == 5:
            separator = text[4]
        elif text.strip():
            separator = separator or _separator(text)
            columns = choose([clean(cell) for cell in split(text, separator, _QUOTE)[0]])
            rows = chain([(number, line)], numbered) if columns.head_is_row else numbered
            return Table(columns, _csv_lines(rows, columns, separator))
    raise FileRefused("Dosya boş. İzinlerin bulunduğu dosyayı seçin.")


def _separator(head: str) -> str:
    """Return the separator by which most of the head's names are known; failing that, the most frequent one."""
    return max(_SEPARATORS, key=lambda one: (known_names(split(head, one, _QUOTE)[0]), head.count(one)))


def _csv_lines(numbered: Iterator[tuple[int, str]], columns: Columns, separator: str) -> Iterator[Line]:
    count, blank = 0, f"{separator} "
    for number, line in numbered:
        bare = line.removesuffix("\n")
        if not (bare.isascii() and bare.isprintable()):
            # Part by part: cleaning would make a space of a tab that separates.
            bare = separator.join(clean(part) for part in bare.split(separator))
        if not bare.strip(blank):
            continue
        if _QUOTE in bare:
            cells, is_open = split(bare, separator, _QUOTE)
        else:
            cells, is_open = bare.split(separator), False
        count += 1
        if count > MOST_ROWS:
            raise FileRefused(_TOO_MANY)
        broken = _broken(cells, columns, is_open=is_open) if is_open or len(cells) > columns.width else ""
        yield Line(number, columns.pick(cells), broken)


def _broken(cells: list[str], columns: Columns, *, is_open: bool) -> str:
    if is_open:
        return _OPEN_QUOTE
    if len(cells) > MAX_COLUMNS:
        raise FileRefused(f"Dosyada {MAX_COLUMNS} sütundan fazlası var; okunmadı.")
    return _TOO_WIDE if any(cell.strip() for cell in cells[columns.width :]) else ""


# --- Workbooks --------------------------------------------------------------------------------------------------------
def _workbook(source: Source, choose: Choice) -> Table:
    rows = rows_of(source, limits=_WORKBOOK, times=True)
    first = next(rows, None)
    if first is None:
        raise FileRefused("Excel dosyasının ilk sayfası boş. İzinlerin bulunduğu dosyayı seçin.")
    columns = choose(_texts(first, max(first.cells) + 1))
    return Table(columns, _workbook_lines(chain([first], rows) if columns.head_is_row else rows, columns))


def _workbook_lines(rows: Iterator[Row], columns: Columns) -> Iterator[Line]:
    for row in rows:
        broken = next((cell.message for cell in row.cells.values() if isinstance(cell, Unreadable)), "")
        yield Line(row.number, columns.pick(_texts(row, columns.width)), broken)


def _texts(row: Row, width: int) -> list[str]:
    return [_text(row.cells.get(place)) for place in range(width)]


def _text(cell: Cell | None) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        with suppress(ValueError):
            return f"{cell:%Y-%m-%d %H:%M:%S}"
    return shown(cell)
