"""A file of dealers: which columns it has, its rows as texts, and the files that are given back.

No database here: whether a dealer is there already is asked by `brands.services.uploads`.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from brands.enums import RetailerState
from brands.places import city_named, town_named
from brands.rules import LABELS, MAX_TEXT, Details, Fault, Rule, examine
from iys_portal.shared import telephone
from iys_portal.shared.sheets import csvrows, xlsxrows
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.table import Cell, Row, Unreadable, heading, shown
from iys_portal.shared.tables import csv_bytes, xlsx_bytes
from iys_portal.shared.turkish import squeeze

MAX_RETAILERS = 10_000
RESULT_COLUMNS = ("Satır", "Hatalı sütun", "Kod", "Açıklama")
"""What stands in a file of rows to correct, beside the columns themselves; ignored when it comes back."""

WRITERS: Mapping[str, Callable[[list[tuple[str, ...]]], bytes]] = {
    "xlsx": lambda rows: xlsx_bytes(rows, sheet="Bayiler"),
    "csv": csv_bytes,
}
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}

_HEADINGS = {heading(label): name for name, label in LABELS.items()}
OPTIONAL = frozenset({"alias", "mersis", "mobile", "status"})
_STATES = {squeeze(str(state.label)): state.value for state in RetailerState} | {
    squeeze(state.value): state.value for state in RetailerState
}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_CELL = 4 * MAX_TEXT
_SEPARATORS = ";,\t"

UNREADABLE = Rule("H016", "{field} hücresi okunamadı.", "Hücreye formül yerine değerin kendisini yazın.")
UNKNOWN_CITY = Rule("H217", "{field} tanınmadı.", "İlin adını yazın, örneğin İstanbul.")
UNKNOWN_TOWN = Rule("H220", "{field} bu ilde bulunamadı.", "O ilin ilçelerinden birini yazın.")
LOST_DIGITS = Rule(
    "H227",
    "Bayi mersis değeri geçersiz.",
    "Excel uzun sayıları yuvarlar: sütunu “Metin” biçimine alıp numarayı yeniden yazın.",
)
LOST_ZERO = Rule(
    "H244",
    "Tin değeri 10 veya 11 karakter olmalıdır.",
    "Excel baştaki sıfırı siler: sütunu “Metin” biçimine alıp numarayı yeniden yazın.",
)
TWICE = {
    "tckn": Rule("H231", "{field} dosyada birden çok satırda var.", "Her bayiyi yalnızca bir kez yazın."),
    "mersis": Rule("H230", "{field} dosyada birden çok satırda var.", "Her bayiyi yalnızca bir kez yazın."),
}
_OF_CELLS = {"unreadable": UNREADABLE, "lost_digits": LOST_DIGITS, "lost_zero": LOST_ZERO}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file by its number there; texts by field, as they were written.

    `bad_cells` are fields whose cell does not hold what was meant, with the name of the rule in `_OF_CELLS`.
    """

    number: int
    texts: dict[str, str]
    bad_cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """A row after the rules were asked."""

    line: Line
    details: Details | None
    faults: list[Fault]


def read(file: BinaryIO) -> list[Line]:
    """Return the rows of a workbook or a CSV file, whatever its name.

    Raises FileRefused for what is neither, is locked with a password, broken, out of bounds, has no dealers or more
    than 10,000, or lacks a column.
    """
    lines = []
    # Closed at once when the file is refused: the rows hold the file, which is the caller's.
    with closing(_rows(file)) as rows:
        columns = _columns(next((row for row in rows if row.cells), None))
        for row in rows:
            line = _line(row, columns)
            if any(line.texts.values()):
                lines.append(line)
            if len(lines) > MAX_RETAILERS:
                raise FileRefused("Dosyada 10.000'den çok bayi var; birkaç dosyaya bölerek yükleyin.")
    if not lines:
        raise FileRefused("Dosyada başlık satırının altında bayi yok. Her satıra bir bayi yazıp yeniden yükleyin.")
    return lines


def judge(lines: Iterable[Line]) -> list[Judged]:
    """Return each row with the dealer in it or with what is wrong; a number that stands twice is wrong both times."""
    judged = []
    for line in lines:
        details, faults = examine(_given(line.texts))
        faults = [
            *(Fault(_OF_CELLS[rule], name) for name, rule in line.bad_cells.items()),
            *(_in_words(fault, line) for fault in faults if _is_news(fault, faults, line)),
        ]
        judged.append(Judged(line, None if faults else details, faults))
    for name in TWICE:
        _mark_twice(judged, name)
    return judged


def template(kind: str) -> bytes:
    """Return the file that people fill in: the headings alone, so that no example is uploaded by mistake."""
    return WRITERS[kind]([tuple(LABELS.values())])


def rows_to_correct(lines: Iterable[Line], faults: Iterable[tuple[int, str, str, str]], kind: str) -> bytes:
    """Return the faulty rows as a file to correct and upload again, with what is wrong behind each."""
    by_row: dict[int, list[tuple[str, str, str]]] = {}
    for number, column, code, sentence in faults:
        by_row.setdefault(number, []).append((column, code, sentence))
    rows: list[tuple[str, ...]] = [(*LABELS.values(), *RESULT_COLUMNS)]
    for line in lines:
        if line.number in by_row:
            columns, codes, sentences = zip(*by_row[line.number], strict=True)
            said = (str(line.number), ", ".join(columns), ", ".join(codes), " ".join(sentences))
            rows.append((*(line.texts.get(name, "") for name in LABELS), *said))
    return WRITERS[kind](rows)


def _rows(file: BinaryIO) -> Generator[Row, None, None]:
    head = file.read(4096)
    file.seek(0)
    if head.startswith((_ZIP, _OLE)):
        return xlsxrows.rows_of(file)
    if b"\0" in head and not head.startswith(_MARKS):
        raise FileRefused("Dosya Excel (.xlsx) ya da CSV değil. Şablonu indirip doldurarak yükleyin.")
    return csvrows.rows_of(file, separator=_separator(head), quote='"')


def _separator(head: bytes) -> str:
    """Return the separator of which the first line has most; Turkish Excel writes semicolons."""
    encoding = "utf-16" if head.startswith(_MARKS) else "cp1254"
    first = head[: len(head) & ~1].decode(encoding, "replace").lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _columns(row: Row | None) -> dict[int, str]:
    """Return the fields by the index of their column; what the portal adds to rows to correct is passed over."""
    names = {index: shown(cell) for index, cell in row.cells.items()} if row else {}
    columns = {index: _HEADINGS[heading(name)] for index, name in names.items() if heading(name) in _HEADINGS}
    missing = [label for name, label in LABELS.items() if name not in columns.values() and name not in OPTIONAL]
    if missing:
        raise FileRefused(
            f"Dosyanın ilk satırında şu sütun başlıkları yok: {', '.join(missing)}. Şablondaki başlıkları kullanın."
        )
    if len(set(columns.values())) < len(columns):
        raise FileRefused("Dosyada aynı başlığı taşıyan iki sütun var; birini silip yeniden yükleyin.")
    known = {*_HEADINGS, *map(heading, RESULT_COLUMNS)}
    unknown = [name[:60] for name in names.values() if heading(name) not in known]
    if unknown:
        raise FileRefused(f"Dosyada tanınmayan sütunlar var: {', '.join(unknown)}. Bunları silip yeniden yükleyin.")
    return columns


def _line(row: Row, columns: Mapping[int, str]) -> Line:
    if row.broken:
        raise FileRefused(f"{row.number}. satır okunamadı: {row.broken}")
    texts, bad = {}, {}
    for index, name in columns.items():
        cell = row.cells.get(index)
        texts[name] = _text(cell)
        if isinstance(cell, Unreadable):
            bad[name] = "unreadable"
        elif isinstance(cell, Decimal) and name == "mersis":
            bad[name] = "lost_digits"
        elif isinstance(cell, Decimal) and name == "tin" and len(texts[name]) < 10:
            bad[name] = "lost_zero"
    return Line(row.number, texts, bad)


def _text(cell: Cell | None) -> str:
    """Return what is written, without the apostrophe that keeps spreadsheets from computing it."""
    text = shown(cell)
    return (text.removeprefix("'"))[:_LONGEST_CELL].strip()


def _given(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the shape of the API's object for a row of texts."""
    given: dict[str, Any] = {name: texts.get(name, "") for name in LABELS}
    city = city_named(given["city"])
    town = town_named(city, given["town"]) if city else None
    given["mobile"] = telephone.read(given["mobile"]) if given["mobile"] else ""
    given["status"] = _STATES.get(squeeze(given["status"]), given["status"])
    given["city"] = {"code": city.code, "name": city.name} if city else None
    given["town"] = {"code": town.code, "name": town.name} if town else None
    return given


def _is_news(fault: Fault, faults: Iterable[Fault], line: Line) -> bool:
    """What could not be read is not also missing; without its city, a town that is written cannot be judged."""
    no_city = fault.field == "town" and bool(line.texts.get("town")) and any(other.field == "city" for other in faults)
    return not no_city and fault.field not in line.bad_cells


def _in_words(fault: Fault, line: Line) -> Fault:
    """Tell an unknown name of a place from a missing one."""
    if fault.field == "city" and line.texts.get("city"):
        return Fault(UNKNOWN_CITY, "city")
    if fault.field == "town" and line.texts.get("town"):
        return Fault(UNKNOWN_TOWN, "town")
    return fault


def _mark_twice(judged: list[Judged], name: str) -> None:
    rows: dict[str, list[int]] = {}
    for index, row in enumerate(judged):
        number = row.line.texts.get(name, "")
        if number and name not in row.line.bad_cells:
            rows.setdefault(number, []).append(index)
    for indexes in rows.values():
        for index in indexes if len(indexes) > 1 else []:
            row = judged[index]
            judged[index] = Judged(row.line, None, [*row.faults, Fault(TWICE[name], name)])
