"""The rows of one sheet of a workbook (XLSX): read as they stand, nothing evaluated, everything bounded."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from operator import lt

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import Source, opened
from iys_portal.shared.sheets.table import MAX_COLUMNS, Block, Cell, Row, column_index
from iys_portal.shared.sheets.xlsxalike import Alike
from iys_portal.shared.sheets.xlsxbook import BANKS, BROKEN, Book, Limits, attributes
from iys_portal.shared.sheets.xlsxcells import cell_of, text_of
from iys_portal.shared.sheets.xlsxusual import CELL, ROW, SHEET, FoundCell, Unusual, segments, unescaped
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
    for block in row_blocks(source, sheet=sheet, limits=limits, times=times):
        yield from block.rows()


def row_blocks(
    source: Source, *, sheet: str = "", limits: Limits = BANKS, times: bool = False
) -> Generator[Block, None, None]:
    """Yield the rows of a sheet as `rows_of` does, many at a time; the first one comes alone."""
    stream = opened(source, limit=limits.file_bytes)
    if stream.read(4) == _OLE:
        raise FileRefused("Eski Excel (.xls) ya da parolalı dosya okunmaz; dosyayı .xlsx olarak kaydedip yükleyin.")
    stream.seek(0)
    with _refusing(), zipfile.ZipFile(stream) as archive:
        book = Book(archive, limits, times=times)
        yield from _Sheet(book).blocks(book.part_of(sheet))


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
        self.done: list[Block] = []
        self.count = 0
        self.taken = 0
        self.number = 0
        self.last = 0
        self.column = 0
        self.cells: dict[int, Cell] = {}

    def blocks(self, part: str) -> Iterator[Block]:
        """Yield the rows of a part that hold anything."""
        try:
            yield from self._usual(part)
        except Unusual:
            self.number = self.count = self.last = 0
            yield from islice(self._parsed(part), self.taken, None)

    def _usual(self, part: str) -> Iterator[Block]:
        """Yield the rows as long as they are written as usual. Raises Unusual."""
        alike = Alike(self.book.shared)
        with self.book.open(part) as stream:
            for many in segments(stream, opening=SHEET, inside=["worksheet", "sheetData"], closing="</row>"):
                self._count(len(many))
                start = 0
                while start < len(many):
                    block = alike.block(many, start) or self._cell_by_cell(many[start], alike)
                    start += len(block.numbers)
                    if (filled := block.filled()).numbers:
                        yield self._in_order(filled)

    def _cell_by_cell(self, segment: str, alike: Alike) -> Block:
        """Return a row. Raises Unusual, also where anything but cells stands there."""
        row = ROW.match(segment)
        if row is None:
            raise Unusual
        written = segment[row.end() :]
        found: list[FoundCell] = CELL.findall(written)
        if sum([len(cell[0]) for cell in found]) != len(written):
            raise Unusual
        shared = self.book.shared
        cells: dict[int, list[Cell]] = {}
        for _, letters, style, kind, value, text in found:
            if value if kind == "inlineStr" else text:
                raise Unusual
            if kind == "inlineStr":
                cell: Cell | None = text_of(unescaped(text))
            else:
                cell = cell_of(shared, {"@t": kind or "n", "@s": style or "0", "/v": unescaped(value)})
            if cell is None or cell == "":
                continue
            column = column_index(letters)
            if column >= MAX_COLUMNS:
                raise Unusual
            cells[column] = [cell]
        alike.learn(found)
        return Block([int(row[1])], cells)

    def _count(self, rows: int) -> None:
        self.count += rows
        if self.count > self.book.limits.rows:
            raise FileRefused(
                f"Dosyada {self.book.limits.rows:,} satırdan fazlası var; bölerek yükleyin.".replace(",", ".")
            )

    def _in_order(self, block: Block) -> Block:
        """Return rows by their numbers, which name them: each comes once, in their order."""
        if not all(map(lt, chain([self.last], block.numbers), block.numbers)):
            raise FileRefused(_MISCOUNTED)
        self.last = block.numbers[-1]
        self.taken += len(block.numbers)
        return block

    def _parsed(self, part: str) -> Iterator[Block]:
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
        self._count(1)

    def _close_row(self, _number: int) -> None:
        self.values.clear()
        if self.cells:
            cells = {column: [cell] for column, cell in self.cells.items()}
            self.done.append(self._in_order(Block([self.number], cells)))
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
