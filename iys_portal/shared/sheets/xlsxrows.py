"""The rows of one sheet of a workbook (XLSX): read as they stand, nothing evaluated, everything bounded."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import Source, opened
from iys_portal.shared.sheets.table import MAX_COLUMNS, Cell, Row, column_index
from iys_portal.shared.sheets.xlsxbook import BANKS, BROKEN, Book, Limits, attributes
from iys_portal.shared.sheets.xlsxcells import cell_of, text_of
from iys_portal.shared.sheets.xlsxusual import CELL, ROW, SHEET, Unusual, segments, unescaped
from iys_portal.shared.sheets.xmlstream import BrokenXmlError, Plan, Values, walk

_OLE = b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_CELL_PATH = "sheetData/row/c"
_BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_MISCOUNTED = "Excel dosyası bozuk: satır numaraları sırayla artmıyor. Excel'de açıp kaydedin."


def rows_of(
    source: Source, *, sheet: str = "", limits: Limits = BANKS, times: bool = False
) -> Generator[Row, None, None]:
    """Yield the rows of the sheet of that name, or of the first visible one. With `times` a day is a datetime.

    Raises FileRefused for what is no workbook, is encrypted, broken, larger than any bank's, or has XML with a
    document type.
    """
    stream = opened(source, limit=limits.file_bytes)
    if stream.read(4) == _OLE:
        raise FileRefused("Eski Excel (.xls) ya da parolalı dosya okunmaz; dosyayı .xlsx olarak kaydedip yükleyin.")
    stream.seek(0)
    with _refusing(), zipfile.ZipFile(stream) as archive:
        book = Book(archive, limits, times=times)
        yield from _Sheet(book).rows(book.part_of(sheet))


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what a broken archive or broken XML raises into a refusal."""
    try:
        yield
    except (BrokenXmlError, *_BAD_ARCHIVE):
        raise FileRefused(BROKEN) from None


class _Sheet:
    """Takes cells and rows out of a sheet while it is read."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.values: Values = []
        self.done: list[Row] = []
        self.count = 0
        self.number = 0
        self.last = 0
        self.column = 0
        self.cells: dict[int, Cell] = {}
        self.columns: dict[str, int] = {}

    def rows(self, part: str) -> Iterator[Row]:
        """Yield the rows of a part that hold anything."""
        taken = 0
        try:
            for row in self._usual(part):
                yield row
                taken += 1
        except Unusual:
            self.number = self.count = self.last = 0
            yield from islice(self._parsed(part), taken, None)

    def _usual(self, part: str) -> Iterator[Row]:
        """Yield the rows as long as they are written as usual. Raises Unusual."""
        with self.book.open(part) as stream:
            for many in segments(stream, opening=SHEET, inside=["worksheet", "sheetData"], closing="</row>"):
                for segment in many:
                    row = ROW.match(segment)
                    if row is None:
                        raise Unusual
                    self._count()
                    if cells := self._cells(segment[row.end() :]):
                        yield self._row(int(row[1]), cells)

    def _cells(self, written: str) -> dict[int, Cell]:
        """Return the cells of a row. Raises Unusual, also where anything but cells stands there."""
        found = CELL.findall(written)
        if sum([len(cell[0]) for cell in found]) != len(written):
            raise Unusual
        # Most rows have nothing in them that means something else than it says.
        is_plain = written.isascii() and written.isprintable() and "&" not in written and "_x" not in written
        shared, columns = self.book.shared, self.columns
        cells: dict[int, Cell] = {}
        for _, letters, style, kind, value, text in found:
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_index(letters)
            if value if kind == "inlineStr" else text:
                raise Unusual
            if kind == "inlineStr":
                cell: Cell | None = text.strip() if is_plain else text_of(unescaped(text))
            elif kind == "s" and is_plain and (number := value.strip()):
                cell = shared.text(number)
            else:
                cell = cell_of(shared, {"@t": kind or "n", "@s": style or "0", "/v": unescaped(value)})
            if cell is None or cell == "":
                continue
            if column >= MAX_COLUMNS:
                raise Unusual
            cells[column] = cell
        return cells

    def _count(self) -> None:
        self.count += 1
        if self.count > self.book.limits.rows:
            raise FileRefused(
                f"Dosyada {self.book.limits.rows:,} satırdan fazlası var; bölerek yükleyin.".replace(",", ".")
            )

    def _row(self, number: int, cells: dict[int, Cell]) -> Row:
        """Return a row by its number, which names it: each comes once, in their order."""
        if number <= self.last:
            raise FileRefused(_MISCOUNTED)
        self.last = number
        return Row(number, cells)

    def _parsed(self, part: str) -> Iterator[Row]:
        """Yield the rows as a parser reads them, a piece at a time."""
        plan = Plan(
            anchors={"worksheet": ""},
            keep=frozenset(
                ["sheetData/row", _CELL_PATH, *(f"{_CELL_PATH}/{path}" for path in ("f", "v", "is/t", "is/r/t"))]
            ),
            starts={"sheetData/row": self._open_row},
            ends={_CELL_PATH: self._close_cell, "sheetData/row": self._close_row},
        )
        with self.book.open(part) as stream:
            for _ in walk(stream, plan, self.values):
                yield from self.done
                self.done.clear()

    def _open_row(self, _number: int) -> None:
        written = attributes(self.values).get("r", "")
        self.number = int(written) if written.isdecimal() and len(written) < 8 else self.number + 1
        self.column = -1
        self._count()

    def _close_row(self, _number: int) -> None:
        self.values.clear()
        if self.cells:
            self.done.append(self._row(self.number, self.cells))
            self.cells = {}

    def _close_cell(self, _number: int) -> None:
        texts: dict[str, str] = {}
        for path, text in self.values:
            key = path.removeprefix(_CELL_PATH)
            texts[key] = texts.get(key, "") + text
        self.values.clear()
        reference = _REFERENCE.fullmatch(texts.get("@r", ""))
        self.column = column_index(reference[1]) if reference else self.column + 1
        cell = cell_of(self.book.shared, texts)
        if cell is None or cell == "":
            return
        if self.column >= MAX_COLUMNS:
            raise FileRefused("Dosyada 256'dan çok sütun var; okunmadı.")
        self.cells[self.column] = cell
