"""CSV and workbooks as rows of texts, a portion at a time: what is in memory does not grow with the file."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from consents.imports.columns import Columns, columns_of, known_names
from iys_portal.shared.sheets.csvrows import split
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import CHUNK, MEBIBYTE, Source, opened
from iys_portal.shared.sheets.table import MAX_COLUMNS, Block, Cell, Unreadable, shown
from iys_portal.shared.sheets.text import LINE_TOO_LONG, MAX_LINE_CHARACTERS, blocks_of, clean, encoding_of
from iys_portal.shared.sheets.xlsxbook import Limits
from iys_portal.shared.sheets.xlsxrows import row_blocks

MOST_ROWS = 1_000_000
MOST_BYTES = 256 * MEBIBYTE
BLOCK = 2 * MEBIBYTE
"""Characters of a CSV file that are in memory at a time, about."""

ROW_BROKEN = "SATIR"
"""The code of a row that could not be read as one; İYS has none for it."""

OTHER_BRAND = "MARKA"
"""The code of a row that says it is another brand's; İYS has none for it, either."""

_WORKBOOK = Limits(
    file_bytes=128 * MEBIBYTE,
    part_bytes=1024 * MEBIBYTE,
    rows=MOST_ROWS + 1,
    strings=3 * MOST_ROWS,
    string_characters=48 * MEBIBYTE,
)
_ROWS = 20_000
_SEPARATORS = ";,\t"
_QUOTE = '"'
_PACKED, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OPEN_QUOTE = "Satırda kapanmayan bir tırnak işareti var; hangi sütunun nerede bittiği bilinemedi."
_TOO_WIDE = "Satırda başlıktan çok sütun var; bir hücrenin içindeki ayracı tırnak içine alın ya da silin."
_TOO_MANY = "Dosyada 1.000.000 satırdan fazlası var; bölerek yükleyin."


Choice = Callable[[Sequence[str]], Columns]


class Line(NamedTuple):
    """A row by its number in the file: its cells in the order of the fields, and why it is none (a sentence).

    `other_brand` is the code of the brand whose consent it is, where that is not the file's.
    """

    number: int
    cells: tuple[str, ...]
    broken: str = ""
    other_brand: str = ""

    @property
    def is_none(self) -> bool:
        """Whether nothing of it is to be judged."""
        return bool(self.broken or self.other_brand)


@dataclass(frozen=True, slots=True)
class Text:
    """Whole lines of a CSV file; the first of them has this number."""

    first: int
    text: str
    columns: Columns
    separator: str

    def texts(self) -> list[str]:
        """Return the lines one by one, without their ends."""
        return self.text.removesuffix("\n").split("\n")

    def lines(self) -> Iterator[Line]:
        """Yield the rows; lines without a word are none. Raises FileRefused."""
        for number, text in enumerate(self.texts(), start=self.first):
            if (line := self.line(number, text)) is not None:
                yield line

    def line(self, number: int, text: str) -> Line | None:
        """Read one line; None where it says nothing. Raises FileRefused where it is no line of a table."""
        if len(text) > MAX_LINE_CHARACTERS:
            raise FileRefused(LINE_TOO_LONG)
        separator, columns = self.separator, self.columns
        if not (text.isascii() and text.isprintable()):
            # Part by part: cleaning would make a space of a tab that separates.
            text = separator.join(clean(part) for part in text.split(separator))
        if not text.strip(f"{separator} "):
            return None
        cells, is_open = split(text, separator, _QUOTE)
        broken = _broken(cells, columns, is_open=is_open) if is_open or len(cells) > columns.width else ""
        return Line(number, columns.pick(cells), broken, columns.other_brand(cells))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a workbook."""

    rows: list[Line]

    def lines(self) -> Iterator[Line]:
        """Yield the rows."""
        yield from self.rows


Portion = Text | Rows


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose head was read; its portions are read as they are asked for, and may be asked for once."""

    columns: Columns
    portions: Iterator[Portion]

    def lines(self) -> Iterator[Line]:
        """Yield the rows one by one. Raises FileRefused, also for more than a file may have."""
        count = 0
        for portion in self.portions:
            for line in portion.lines():
                count = counted(count + 1)
                yield line


def counted(rows: int) -> int:
    """Return how many rows were read. Raises FileRefused when they are more than a file may have."""
    if rows > MOST_ROWS:
        raise FileRefused(_TOO_MANY)
    return rows


def is_workbook(source: Source) -> bool:
    """Return whether the file begins as workbooks do."""
    return _head(source).startswith(_PACKED)


def table_of(source: Source, choose: Choice = columns_of) -> Table:
    """Read the head of a file, of which `choose` makes the columns.

    Raises FileRefused, now or from its portions, with a sentence for who chose the file.
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

    lines = table_of(source, as_they_stand).lines()
    return Head(cells, [list(line.cells[:-1]) for line in islice(lines, rows)])


def _head(source: Source) -> bytes:
    stream = opened(source, limit=MOST_BYTES)
    head = stream.read(CHUNK)
    stream.seek(0)
    return head


# --- CSV --------------------------------------------------------------------------------------------------------------
def _csv(source: Source, choose: Choice) -> Table:
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source
    blocks = _numbered(blocks_of(stream, encoding_of(stream), limit=MOST_BYTES, characters=BLOCK))
    separator = ""
    for first, block in blocks:
        texts = block.removesuffix("\n").split("\n")
        for place, text in enumerate(texts):
            if len(text) > MAX_LINE_CHARACTERS:
                raise FileRefused(LINE_TOO_LONG)
            if text.lower().startswith("sep=") and len(text) == 5:
                separator = text[4]
            elif text.strip():
                separator = separator or _separator(text)
                columns = choose([clean(cell) for cell in split(text, separator, _QUOTE)[0]])
                begin = place if columns.head_is_row else place + 1
                rest = [(first + begin, "\n".join(texts[begin:]))] if texts[begin:] else []
                return Table(columns, (Text(*each, columns, separator) for each in chain(rest, blocks)))
    raise FileRefused("Dosya boş. İzinlerin bulunduğu dosyayı seçin.")


def _numbered(blocks: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Yield blocks with the numbers of their first lines."""
    first = 1
    for block in blocks:
        yield first, block
        first += block.count("\n")


def _separator(head: str) -> str:
    """Return the separator by which most of the head's names are known; failing that, the most frequent one."""
    return max(_SEPARATORS, key=lambda one: (known_names(split(head, one, _QUOTE)[0]), head.count(one)))


def _broken(cells: list[str], columns: Columns, *, is_open: bool) -> str:
    if is_open:
        return _OPEN_QUOTE
    if len(cells) > MAX_COLUMNS:
        raise FileRefused(f"Dosyada {MAX_COLUMNS} sütundan fazlası var; okunmadı.")
    return _TOO_WIDE if any(cell.strip() for cell in cells[columns.width :]) else ""


# --- Workbooks --------------------------------------------------------------------------------------------------------
def _workbook(source: Source, choose: Choice) -> Table:
    blocks = row_blocks(source, limits=_WORKBOOK, times=True)
    head = next(blocks, None)
    if head is None:
        raise FileRefused("Excel dosyasının ilk sayfası boş. İzinlerin bulunduğu dosyayı seçin.")
    first = next(head.rows()).cells
    columns = choose([_text(first.get(place, "")) for place in range(max(first) + 1)])
    rows = chain([head], blocks) if columns.head_is_row else blocks
    lines = chain.from_iterable(_lines_of(block, columns) for block in rows)
    return Table(columns, (Rows(portion) for portion in iter(lambda: list(islice(lines, _ROWS)), [])))


def _lines_of(block: Block, columns: Columns) -> Iterator[Line]:
    """Return the rows of a block."""
    height = len(block.numbers)
    read = {*columns.places, columns.brand_place} & block.columns.keys()
    texts = {place: _texts(block.columns[place]) for place in read}
    texts |= {columns.width + number: [constant] * height for number, constant in enumerate(columns.constants)}
    nothing = [""] * height
    cells = zip(*(texts.get(place, nothing) for place in columns.places), strict=True)
    others = map(columns.other_brand_of, texts.get(columns.brand_place, nothing))
    return map(Line, block.numbers, cells, _broken_rows(block, columns), others)


def _broken_rows(block: Block, columns: Columns) -> list[str]:
    """Return what is wrong with the first cell of each row that cannot be read, among those that are read."""
    broken = [""] * len(block.numbers)
    if Unreadable in map(type, chain.from_iterable(block.columns.values())):
        for place in (columns.brand_place, *reversed(columns.places)):
            cells = block.columns.get(place, broken)
            broken = [c.message if isinstance(c, Unreadable) else b for c, b in zip(cells, broken, strict=True)]
    return broken


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell if isinstance(cell, str) else _text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    return cell.isoformat(" ", "seconds") if isinstance(cell, datetime) else shown(cell)
