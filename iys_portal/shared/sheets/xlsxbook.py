"""What the sheets of a workbook (XLSX) share: its parts, the names of its sheets, texts, and formats that show days.

The parts are XML and read by the same hardened stream as the other formats; everything is bounded.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import MEBIBYTE
from iys_portal.shared.sheets.table import heading
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.sheets.xlsxcells import Shared, text_of, texts_of
from iys_portal.shared.sheets.xlsxtexts import Texts
from iys_portal.shared.sheets.xlsxusual import TEXT, TEXTS, Unusual, segments
from iys_portal.shared.sheets.xmlstream import Plan, Values, walk

BROKEN = "Excel dosyası bozuk ya da yarım; yeniden indirip ya da kaydedip yükleyin."
MAX_RATIO = 200
MAX_PARTS = 1_000
MAX_STYLES = 20_000

_RATIO_COUNTS_FROM = 8 * MEBIBYTE
_DATE_FORMATS = frozenset([*range(14, 18), 22, *range(27, 37), *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DAY_OR_YEAR = re.compile(r"[dy]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a workbook may be; unless said, larger than any bank's."""

    file_bytes: int = 32 * MEBIBYTE
    part_bytes: int = 256 * MEBIBYTE
    rows: int = 300_000
    strings: int = 500_000
    string_characters: int = 32 * MEBIBYTE


BANKS = Limits()


class Book:
    """What all sheets share: their names, texts and the formats that make a number a day."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits, *, times: bool) -> None:
        self.archive = archive
        self.limits = limits
        self.parts = {info.filename: info for info in archive.infolist()}
        if len(archive.infolist()) > MAX_PARTS or len(self.parts) < len(archive.infolist()):
            raise FileRefused("Excel dosyasının içinde olağandışı sayıda parça var; okunmadı.")
        if "xl/workbook.xml" not in self.parts:
            raise FileRefused("Dosya bir Excel çalışma kitabı (.xlsx) değil.")
        self.sheets, from_1904 = _workbook(self)
        self.targets = _targets(self)
        self.shared = Shared(_shared_texts(self), _day_styles(self), from_1904, times)

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
            raise FileRefused(BROKEN)
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


def _read_part(book: Book, name: str, plan: Plan, values: Values) -> None:
    with book.open(name) as part:
        for _ in walk(part, plan, values):
            pass


def _workbook(book: Book) -> tuple[list[tuple[str, str, bool]], bool]:
    """Return (name, relation, visible) of each sheet, and whether days count from 1904."""
    values: Values = []
    sheets: list[dict[str, str]] = []
    from_1904 = False

    def take(_number: int) -> None:
        nonlocal from_1904
        found = attributes(values)
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


def _targets(book: Book) -> dict[str, str]:
    """Return the parts inside the file by their relation; links to the outside are not followed."""
    name = "xl/_rels/workbook.xml.rels"
    if name not in book.parts:
        return {}
    values: Values = []
    targets: dict[str, str] = {}

    def take(_number: int) -> None:
        found = attributes(values)
        target = found.get("Target", "")
        if found.get("TargetMode") != "External":
            targets[found.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"

    plan = Plan(anchors={"Relationships": ""}, keep=frozenset({"Relationship"}), ends={"Relationship": take})
    _read_part(book, name, plan, values)
    return targets


def _shared_texts(book: Book) -> list[str] | Texts:
    """Return the texts that cells name by number; their phonetic readings are no part of them."""
    if "xl/sharedStrings.xml" not in book.parts:
        return []
    with suppress(Unusual), book.open("xl/sharedStrings.xml") as stream:
        return _usual_texts(stream, book.limits)
    values: Values = []
    texts = Texts(book.limits.strings, book.limits.string_characters)

    def take(_number: int) -> None:
        texts.add([text_of("".join(value for path, value in values if "@" not in path))])
        values.clear()

    plan = Plan(anchors={"sst": ""}, keep=frozenset({"si/t", "si/r/t"}), ends={"si": take})
    _read_part(book, "xl/sharedStrings.xml", plan, values)
    return texts.all()


def _usual_texts(stream: BinaryIO, limits: Limits) -> list[str] | Texts:
    """Return the texts of a part that is written as usual. Raises Unusual."""
    texts = Texts(limits.strings, limits.string_characters)
    for many in segments(stream, opening=TEXTS, inside=["sst"], closing="</si>"):
        written = [match[1] for match in map(TEXT.fullmatch, many) if match]
        if len(written) < len(many):
            raise Unusual
        texts.add(texts_of(written))
    return texts.all()


def _day_styles(book: Book) -> frozenset[int]:
    """Return the numbers of the cell formats that show a number as a day."""
    if "xl/styles.xml" not in book.parts:
        return frozenset()
    values: Values = []
    custom: dict[str, str] = {}
    styles: list[str] = []

    def take_format(_number: int) -> None:
        found = attributes(values)
        custom[found.get("numFmtId", "")] = found.get("formatCode", "")[:500]

    def take_style(_number: int) -> None:
        styles.append(attributes(values).get("numFmtId", "0"))
        if len(styles) > MAX_STYLES:
            raise FileRefused("Excel dosyasında olağandışı sayıda hücre biçimi var; okunmadı.")

    ends = {"numFmts/numFmt": take_format, "cellXfs/xf": take_style}
    _read_part(book, "xl/styles.xml", Plan(anchors={"styleSheet": ""}, keep=frozenset(ends), ends=ends), values)
    return frozenset(index for index, style in enumerate(styles) if _shows_day(style, custom))


def attributes(values: Values) -> dict[str, str]:
    """Take the attributes that stand in the values by their local name."""
    found = {path.rpartition("@")[2].rpartition(" ")[2]: value for path, value in values if "@" in path}
    values.clear()
    return found


def _shows_day(style: str, custom: dict[str, str]) -> bool:
    if style in custom:
        return bool(_DAY_OR_YEAR.search(_QUOTED.sub("", custom[style])))
    return style.isdecimal() and len(style) < 6 and int(style) in _DATE_FORMATS
