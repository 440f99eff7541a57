"""The rows of one sheet of a workbook (XLSX): read as they stand, nothing evaluated, everything bounded.

The parts are XML and read by the same hardened stream as the other formats. Numbers stay decimals: the digits are
those of the file, rounded to the fifteen that spreadsheets show.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from itertools import islice
from typing import BinaryIO, cast

from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import MEBIBYTE, Source, opened
from iys_portal.shared.sheets.table import MAX_COLUMNS, Cell, Row, Unreadable, column_index, heading
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.sheets.xlsxusual import CELL, ROW, SHEET, TEXT, TEXTS, Unusual, segments, unescaped
from iys_portal.shared.sheets.xmlstream import BrokenXmlError, Plan, Values, walk

MAX_RATIO = 200
MAX_PARTS = 1_000
MAX_STYLES = 20_000

_RATIO_COUNTS_FROM = 8 * MEBIBYTE
_OLE = b"\xd0\xcf\x11\xe0"
_FIFTEEN = Context(prec=15)
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DATE_FORMATS = frozenset([*range(14, 18), 22, *range(27, 37), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DAY_OR_YEAR = re.compile(r"[dy]", re.IGNORECASE)
_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_900_000
_CELL_PATH = "sheetData/row/c"
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?")
_HALF_A_SECOND = Decimal("0.000006")
_SECONDS = 86_400
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
_BROKEN = "Excel dosyası bozuk ya da yarım; yeniden indirip ya da kaydedip yükleyin."


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a workbook may be; unless said, larger than any bank's."""

    file_bytes: int = 32 * MEBIBYTE
    part_bytes: int = 256 * MEBIBYTE
    rows: int = 300_000
    strings: int = 500_000
    string_characters: int = 32 * MEBIBYTE


BANKS = Limits()


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
    with _refusing():
        archive = zipfile.ZipFile(stream)
    with archive:
        with _refusing():
            book = _Book(archive, limits, times=times)
            part = book.part_of(sheet)
        rows = _Sheet(book).rows(part)
        while True:
            with _refusing():
                row = next(rows, None)
            if row is None:
                return
            yield row


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what a broken archive or broken XML raises into a refusal."""
    try:
        yield
    except (BrokenXmlError, *_BAD_ARCHIVE):
        raise FileRefused(_BROKEN) from None


class _Book:
    """What all sheets share: their names, texts and the formats that make a number a day."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits, *, times: bool) -> None:
        self.archive = archive
        self.limits = limits
        self.times = times
        self.parts = {info.filename: info for info in archive.infolist()}
        if len(archive.infolist()) > MAX_PARTS or len(self.parts) < len(archive.infolist()):
            raise FileRefused("Excel dosyasının içinde olağandışı sayıda parça var; okunmadı.")
        if "xl/workbook.xml" not in self.parts:
            raise FileRefused("Dosya bir Excel çalışma kitabı (.xlsx) değil.")
        self.sheets, self.from_1904 = _workbook(self)
        self.targets = _targets(self)
        self.texts = _shared_texts(self)
        self.day_styles = _day_styles(self)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a part after looking at its size."""
        info = self.parts[name]
        if info.flag_bits & 1:
            raise FileRefused("Excel dosyası parolalı; parolasını kaldırıp yeniden yükleyin.")
        packed = max(info.compress_size, 1)
        bomb = info.file_size > _RATIO_COUNTS_FROM and info.file_size > MAX_RATIO * packed
        if info.file_size > self.limits.part_bytes or bomb:
            raise FileRefused("Excel dosyası açılınca çok büyüyor; güvenlik nedeniyle okunmadı.")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise FileRefused(_BROKEN)
        with self.archive.open(info) as part:
            yield cast("BinaryIO", part)

    def part_of(self, sheet: str) -> str:
        """Return the name of the part of a sheet, or of the first visible sheet."""
        for name, identifier, visible in self.sheets:
            target = self.targets.get(identifier, "")
            if target in self.parts and (heading(name) == heading(sheet) if sheet else visible):
                return target
        if sheet:
            names = ", ".join(name for name, _, _ in self.sheets)[:200]
            raise FileRefused(f"“{sheet}” adlı sayfa yok. Dosyadaki sayfalar: {names}.")
        raise FileRefused("Excel dosyasında okunabilecek bir sayfa yok.")


def _read_part(book: _Book, name: str, plan: Plan, values: Values) -> None:
    with book.open(name) as part:
        for _ in walk(part, plan, values):
            pass


def _workbook(book: _Book) -> tuple[list[tuple[str, str, bool]], bool]:
    """Return (name, relation, visible) of each sheet, and whether days count from 1904."""
    values: Values = []
    sheets: list[dict[str, str]] = []
    from_1904 = False

    def take(_number: int) -> None:
        nonlocal from_1904
        found = _attributes(values)
        if "name" in found:
            sheets.append(found)
        elif "date1904" in found:
            from_1904 = found["date1904"] in {"1", "true"}

    plan = Plan(
        anchors={"workbook": ""},
        keep=frozenset({"workbookPr", "sheets/sheet"}),
        ends={"workbookPr": take, "sheets/sheet": take},
    )
    _read_part(book, "xl/workbook.xml", plan, values)
    return (
        [(clean(s.get("name", ""))[:64], s.get("id", ""), s.get("state", "visible") == "visible") for s in sheets],
        from_1904,
    )


def _targets(book: _Book) -> dict[str, str]:
    """Return the parts inside the file by their relation; links to the outside are not followed."""
    name = "xl/_rels/workbook.xml.rels"
    if name not in book.parts:
        return {}
    values: Values = []
    targets: dict[str, str] = {}

    def take(_number: int) -> None:
        found = _attributes(values)
        target = found.get("Target", "")
        if found.get("TargetMode") != "External":
            targets[found.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

    plan = Plan(anchors={"Relationships": ""}, keep=frozenset({"Relationship"}), ends={"Relationship": take})
    _read_part(book, name, plan, values)
    return targets


def _shared_texts(book: _Book) -> list[str]:
    """Return the texts that cells name by number; their phonetic readings are no part of them."""
    if "xl/sharedStrings.xml" not in book.parts:
        return []
    with suppress(Unusual), book.open("xl/sharedStrings.xml") as stream:
        return _Texts(book.limits).usual(stream)
    values: Values = []
    texts = _Texts(book.limits)

    def take(_number: int) -> None:
        texts.add("".join(value for path, value in values if "@" not in path))
        values.clear()

    plan = Plan(anchors={"sst": ""}, keep=frozenset({"si/t", "si/r/t"}), ends={"si": take})
    _read_part(book, "xl/sharedStrings.xml", plan, values)
    return texts.found


class _Texts:
    """Collects texts, within limits."""

    def __init__(self, limits: Limits) -> None:
        self.found: list[str] = []
        self._limits, self._size = limits, 0

    def add(self, written: str) -> None:
        text = _text(written)
        self.found.append(text)
        self._size += len(text)
        if len(self.found) > self._limits.strings or self._size > self._limits.string_characters:
            raise FileRefused("Excel dosyasında olağandışı çok metin var; okunmadı.")

    def usual(self, stream: BinaryIO) -> list[str]:
        """Return the texts of a part that is written as usual. Raises Unusual."""
        for many in segments(stream, opening=TEXTS, inside=["sst"], closing="</si>"):
            for segment in many:
                match = TEXT.fullmatch(segment)
                if match is None:
                    raise Unusual
                self.add(unescaped(match[1]))
        return self.found


def _day_styles(book: _Book) -> frozenset[int]:
    """Return the numbers of the cell formats that show a number as a day."""
    if "xl/styles.xml" not in book.parts:
        return frozenset()
    values: Values = []
    custom: dict[str, str] = {}
    styles: list[str] = []

    def take_format(_number: int) -> None:
        found = _attributes(values)
        custom[found.get("numFmtId", "")] = found.get("formatCode", "")[:500]

    def take_style(_number: int) -> None:
        styles.append(_attributes(values).get("numFmtId", "0"))
        if len(styles) > MAX_STYLES:
            raise FileRefused("Excel dosyasında olağandışı sayıda hücre biçimi var; okunmadı.")

    ends = {"numFmts/numFmt": take_format, "cellXfs/xf": take_style}
    _read_part(book, "xl/styles.xml", Plan(anchors={"styleSheet": ""}, keep=frozenset(ends), ends=ends), values)
    return frozenset(index for index, style in enumerate(styles) if _shows_day(style, custom))


def _attributes(values: Values) -> dict[str, str]:
    """Take the attributes that stand in the values by their local name."""
    found = {path.rpartition("@")[2].rpartition(" ")[2]: value for path, value in values if "@" in path}
    values.clear()
    return found


def _shows_day(style: str, custom: dict[str, str]) -> bool:
    if style in custom:
        return bool(_DAY_OR_YEAR.search(_QUOTED.sub("", custom[style])))
    return style.isdecimal() and len(style) < 6 and int(style) in _DATE_FORMATS


def _text(written: str) -> str:
    """Return a text with the escapes of the format undone, lines kept."""
    if written.isascii() and written.isprintable() and "_x" not in written:
        return written.strip()
    if "_x" in written:
        written = _ESCAPED.sub(_unescaped, written)
    return "\n".join(clean(line).strip() for line in re.split(r"\r\n|\r|\n", written)).strip()


def _unescaped(match: re.Match[str]) -> str:
    glyph = chr(int(match[1], 16))
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= glyph <= "\udfff" else glyph


class _Sheet:
    """Takes cells and rows out of a sheet while it is read."""

    def __init__(self, book: _Book) -> None:
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
                    match = ROW.fullmatch(segment)
                    if match is None:
                        raise Unusual
                    self._count()
                    if cells := self._cells(CELL.findall(match[2])):
                        yield self._row(int(match[1]), cells)

    def _cells(self, found: list[tuple[str, str, str, str, str]]) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        for letters, style, kind, value, text in found:
            column = self.columns.get(letters)
            if column is None:
                column = self.columns[letters] = column_index(letters)
            if kind == "inlineStr":
                cell: Cell | None = _text(unescaped(text))
            elif text:
                raise Unusual
            else:
                cell = _cell(self.book, {"@t": kind or "n", "@s": style or "0", "/v": unescaped(value)})
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
        written = _attributes(self.values).get("r", "")
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
        cell = _cell(self.book, texts)
        if cell is None or cell == "":
            return
        if self.column >= MAX_COLUMNS:
            raise FileRefused("Dosyada 256'dan çok sütun var; okunmadı.")
        self.cells[self.column] = cell


def _cell(book: _Book, texts: dict[str, str]) -> Cell | None:
    """Return the value of a cell: the one that is stored, whatever its formula may say."""
    kind = texts.get("@t", "n")
    if kind == "inlineStr":
        return _text(texts.get("/is/t", "") + texts.get("/is/r/t", ""))
    value = texts.get("/v", "").strip()
    if not value:
        formula = "/f" in texts
        return Unreadable("Hücrede hesaplanmamış bir formül var; dosyayı Excel'de açıp kaydedin.") if formula else None
    if kind == "d":
        return _day_written(value, times=book.times)
    if kind in _KINDS:
        return _KINDS[kind](value)
    if kind == "s":
        known = value.isdecimal() and len(value) < 8 and int(value) < len(book.texts)
        return book.texts[int(value)] if known else Unreadable("Hücrenin metni dosyada yok.")
    return _number(book, value, texts.get("@s", "0"))


def _day_written(value: str, *, times: bool) -> Cell:
    """Return a day in ISO's words; with `times` its clock, Türkiye saati, also where it was written in another."""
    try:
        if not times:
            return date.fromisoformat(value[:10])
        instant = datetime.fromisoformat(value).replace(microsecond=0)
        return instant if instant.tzinfo is None else instant.astimezone(ISTANBUL).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return Unreadable(f"Böyle bir tarih yok: “{clean(value)[:10]}” (yıl, ay, gün).")


def _number(book: _Book, value: str, style: str) -> Cell:
    if not _NUMBER.fullmatch(value):
        return Unreadable(f"Hücredeki sayı okunamadı: “{clean(value)[:40]}”.")
    number = _FIFTEEN.create_decimal(value)
    is_day = style.isdecimal() and len(style) < 8 and int(style) in book.day_styles
    return _day_of_serial(number, from_1904=book.from_1904, times=book.times) if is_day else number


def _day_of_serial(serial: Decimal, *, from_1904: bool, times: bool) -> Cell:
    """Return the day of a serial number; the last half second of a day is the rounding of the next one's midnight.

    Days before March 1900 are refused: there spreadsheets count a day that never was.
    """
    if not _FIRST_SERIAL <= serial <= _LAST_SERIAL:
        return Unreadable(f"Hücredeki tarih okunamadı: “{serial:f}”."[:100])
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    if times:
        seconds = int((serial + _HALF_A_SECOND) * _SECONDS)
        return datetime.combine(epoch, time.min) + timedelta(seconds=seconds)
    return epoch + timedelta(days=int(serial + _HALF_A_SECOND))


_KINDS: Mapping[str, Callable[[str], Cell]] = {
    "str": _text,
    "b": lambda value: "DOĞRU" if value == "1" else "YANLIŞ",
    "e": lambda value: Unreadable(f"Hücrede hata var: {clean(value)[:20]}."),
}
