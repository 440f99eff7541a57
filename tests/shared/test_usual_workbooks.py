"""Workbooks as nearly all programs write them are taken by expressions: the same rows as the parser makes of them."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import openpyxl
import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from iys_portal.shared.sheets import xlsxalike, xlsxbook, xlsxrows, xlsxtexts
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.table import Cell, Row, Unreadable
from iys_portal.shared.sheets.xlsxalike import Alike
from iys_portal.shared.sheets.xlsxcells import Shared
from iys_portal.shared.sheets.xlsxtexts import Texts
from iys_portal.shared.sheets.xlsxusual import Unusual

DAY = datetime(2026, 11, 23, 10, 5)  # noqa: DTZ001  (as workbooks have it)
CELLS = ["+905321234567", 5321234567, 12.5, True, None, "a & b < c", "Çağrı\nİzmir", " uc ", "_x0041_", DAY]


def written(*, shared: bool, formulas: bool = True) -> bytes:
    """Return a workbook as Excel writes it, its cells naming their texts by numbers, or as openpyxl does."""
    rows = [
        [*CELLS[number % 5 :], number, *([f"=A{number + 1}"] if formulas and number > 200 else [])]
        for number in range(300)
    ]
    file = io.BytesIO()
    if shared:
        with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    else:
        other = openpyxl.Workbook(write_only=True)
        other.create_sheet()
        for row in rows:
            other.active.append(row)
        other.save(file)
    return file.getvalue()


def with_part(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if part in name else content)
    return file.getvalue()


def rows_of(data: bytes) -> list[Row] | str:
    try:
        return list(xlsxrows.rows_of(data, times=True))
    except FileRefused as refused:
        return refused.message


@contextmanager
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All is unusual: the parser reads it."""

    def never(*_: object, **__: object) -> Iterator[list[str]]:
        raise Unusual
        yield []

    with monkeypatch.context() as patch:
        patch.setattr(xlsxrows, "segments", never)
        yield


ROW = b'<row r="999"><c r="A999"><v>7</v></c></row>'
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda part: part,
    "line ends": lambda part: part.replace(b"<row", b"\r\n<row"),
    "spaces": lambda part: part.replace(b"<c ", b" <c "),
    "comment": lambda part: part.replace(b"<sheetData>", b"<!-- <sheetData> --><sheetData>"),
    "comment between": lambda part: part.replace(b'<row r="7"', b'<!-- --><row r="7"'),
    "prefix": lambda part: part.replace(b"<row ", b"<x:row ").replace(b"</row>", b"</x:row>"),
    "doctype": lambda part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part,
    "entity": lambda part: part.replace(b"&amp;", b"&#38;").replace(b"uc", b"&b;", 1),
    "number": lambda part: part.replace(b"&lt;", b"&#60;").replace(b"&amp;", b"&#x20AC;"),
    "no character": lambda part: part.replace(b"&lt;", b"&#1;"),
    "half a character": lambda part: part.replace(b"&lt;", b"&#xD800;"),
    "line end": lambda part: part.replace(b"&lt;", b"&#13;&#10;"),
    "control": lambda part: part.replace(b"uc", b"u\x01c"),
    "no utf-8": lambda part: part.replace(b"uc", b"u\xffc"),
    "cut": lambda part: part[: len(part) // 2],
    "cut after": lambda part: part[:-3],
    "more after": lambda part: part.replace(b"</sheetData>", b"</sheetData>" + ROW),
    "two": lambda part: part.replace(b"</sheetData>", b"</sheetData><sheetData>" + ROW + b"</sheetData>"),
    "elsewhere": lambda part: part.replace(b"<sheetData", b"<a><sheetData").replace(b"</sheetData", b"</sheetData></a"),
    "empty last row": lambda part: part.replace(b"</sheetData>", b'<row r="400"/></sheetData>'),
    "no rows": lambda part: part.replace(b"<sheetData>", b"<sheetData >").replace(b"<sst", b"<tss"),
    "far": lambda part: part.replace(b'r="A7"', b'r="ZZ7"'),
    "all far": lambda part: re.sub(rb'r="B([0-9])', rb'r="ZZ\1', part),
    "columns twice": lambda part: re.sub(rb'r="B([0-9])', rb'r="A\1', part),
    "columns in no order": lambda part: re.sub(rb'r="B([0-9])', rb'r="AA\1', part),
    "no reference": lambda part: part.replace(b'r="A7"', b""),
    "empty row": lambda part: part.replace(b'<row r="7"', b'<row r="6"/><row r="7"'),
    "bad value": lambda part: part.replace(b"<v>12.5</v>", b"<v>x</v>").replace(b"<v>12.5</v>", b"<v/>"),
    "a number of spaces": lambda part: re.sub(rb' t="s"><v>[0-9]+</v>', b' t="s"><v> </v>', part, count=1),
    "spaces around a number": lambda part: re.sub(rb' t="s"><v>([0-9]+)</v>', rb' t="s"><v> \1 </v>', part, count=1),
    "a value for a text": lambda part: re.sub(rb"<is><t[^>]*>[^<]*</t></is>", b"<v>&no;</v>", part, count=1),
    "phonetic": lambda part: part.replace(b"</t></si>", b"</t><rPh><t>x</t></rPh></si>"),
}


@pytest.mark.parametrize("formulas", [True, False])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_usual_and_parsed_rows_are_the_same(
    change: str, monkeypatch: pytest.MonkeyPatch, *, shared: bool, formulas: bool
) -> None:
    """The parser goes on where the formulas of the last rows begin; without them it reads nothing."""
    data = with_part(written(shared=shared, formulas=formulas), "sheet1.xml", CHANGES[change])
    data = with_part(data, "sharedStrings.xml", CHANGES[change])
    with parsed(monkeypatch):
        expected = rows_of(data)
    assert rows_of(data) == expected


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2026-11-23T14:05:00", datetime(2026, 11, 23, 14, 5)),  # noqa: DTZ001  (as workbooks have it)
        ("2026-11-23T11:05:00.250Z", datetime(2026, 11, 23, 14, 5)),  # noqa: DTZ001
        ("2026-11-23", datetime(2026, 11, 23)),  # noqa: DTZ001
        ("9999-12-31T23:00:00Z", Unreadable("Böyle bir tarih yok: “9999-12-31” (yıl, ay, gün).")),
    ],
)
def test_an_instant_in_words_keeps_its_clock(cell: str, instant: Cell) -> None:
    sheet = f'<worksheet><sheetData><row><c t="d"><v>{cell}</v></c></row></sheetData></worksheet>'.encode()
    data = with_part(written(shared=True), "sheet1.xml", lambda _: sheet)
    assert rows_of(data) == [Row(1, {0: instant})]


@pytest.mark.parametrize("numbers", [(1, 2, 2), (2, 1), (0, 1)])
def test_a_sheet_that_counts_its_rows_wrongly_is_refused(
    numbers: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>7</v></c></row>' for number in numbers)
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    data = with_part(written(shared=True), "sheet1.xml", lambda _: sheet)
    assert rows_of(data) == "Excel dosyası bozuk: satır numaraları sırayla artmıyor. Excel'de açıp kaydedin."
    with parsed(monkeypatch):
        assert rows_of(data) == "Excel dosyası bozuk: satır numaraları sırayla artmıyor. Excel'de açıp kaydedin."


@pytest.mark.parametrize(
    "data",
    [*(written(shared=shared, formulas=False) for shared in (True, False))],
)
def test_what_programs_write_needs_no_parser(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsxrows._Sheet, "_parsed", lambda *_: 1 / 0)
    rows = rows_of(data)
    assert isinstance(rows, list)
    assert len(rows) == 300


FORMS = [
    "",
    '<c r="{0}"/>',
    '<c r="{0}" s="1"/>',
    '<c r="{0}" t="s"><v>0</v></c>',
    '<c r="{0}" s="2" t="s"><v>1</v></c>',
    '<c r="{0}" t="s"><v>999</v></c>',
    '<c r="{0}"><v>7</v></c>',
    '<c r="{0}" t="n"><v>1e3</v></c>',
    '<c r="{0}"><v>0</v></c>',
    '<c r="{0}"><v> &#56; </v></c>',
    '<c r="{0}"><v></v></c>',
    '<c r="{0}"><v>1-</v></c>',
    '<c r="{0}" s="1"><v>45000.5</v></c>',
    '<c r="{0}" s="1"><v>3</v></c>',
    '<c r="{0}" s="2"><v>45000.5</v></c>',
    '<c r="{0}" t="b"><v>1</v></c>',
    '<c r="{0}" t="str"><v> a &amp; b </v></c>',
    '<c r="{0}" t="str"><v></v></c>',
    '<c r="{0}" t="inlineStr"><is><t>Çağrı _x0041_</t></is></c>',
    '<c r="{0}" t="inlineStr"><is><t xml:space="preserve"> uc &lt; </t></is></c>',
]
EMPTY, ESCAPED = (f'<c r="{{0}}" t="inlineStr"><is><t>{text}</t></is></c>' for text in ("", "_x0041_"))
ROWS = st.lists(st.lists(st.sampled_from([*FORMS, EMPTY, ESCAPED]), min_size=4, max_size=4), min_size=1, max_size=12)


@example(kinds=[["", "", "", EMPTY], ["", "", "", ESCAPED]], order=[0, 1], last="IW")
@example(kinds=[[ESCAPED, "", "", ""]], order=[0, 0, 0], last="Z")
@given(kinds=ROWS, order=st.lists(st.integers(0, 11), max_size=60), last=st.sampled_from(["Z", "Z", "IV", "IW"]))
def test_rows_that_look_alike_are_taken_as_cell_by_cell(kinds: list[list[str]], order: list[int], last: str) -> None:
    """There are 256 columns at most: IV is the last one."""
    letters = ("A", "B", "D", last)
    rows = "".join(
        f'<row r="{number}">'
        + "".join(form.format(f"{column}{number}") for column, form in zip(letters, row, strict=True))
        + "</row>"
        for number, row in enumerate((kinds[one % len(kinds)] for one in order), start=1)
    )
    data = with_part(BOOK, "sheet1.xml", lambda _: f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode())
    found = rows_of(data)
    with pytest.MonkeyPatch.context() as patch, parsed(patch):
        assert rows_of(data) == found
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Alike, "block", lambda *_: None)
        assert rows_of(data) == found


def test_a_table_is_taken_by_its_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However its cells differ, only rows that show something new are taken cell by cell."""
    taken: list[int] = []
    learn = Alike.learn
    monkeypatch.setattr(Alike, "learn", lambda self, cells: (taken.append(1), learn(self, cells)))
    assert len(rows_of(BOOK)) == 300
    assert len(taken) < 12


@pytest.mark.parametrize(("bound", "least"), [("_MOST_LESSONS", 0), ("_MOST_LOOKS", 2), ("_FOUND_AT_ONCE", 100)])
def test_what_is_learned_and_found_at_once_is_bounded(bound: str, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are the same, in smaller blocks: one by one where nothing is learned."""
    expected = rows_of(BOOK)
    monkeypatch.setattr(xlsxalike, bound, least)
    heights = [len(block.numbers) for block in xlsxrows.row_blocks(BOOK, times=True)]
    assert sum(heights) == 300
    assert max(heights) == (3 if bound == "_FOUND_AT_ONCE" else 1)
    assert rows_of(BOOK) == expected


@pytest.mark.parametrize("usual", [True, False])
def test_texts_that_are_packed_are_the_same(monkeypatch: pytest.MonkeyPatch, *, usual: bool) -> None:
    expected = rows_of(BOOK)
    monkeypatch.setattr(xlsxtexts, "_UNPACKED", 2)
    if not usual:
        monkeypatch.setattr(xlsxbook, "_usual_texts", lambda *_: (_ for _ in ()).throw(Unusual))
    assert rows_of(BOOK) == expected
    texts = Texts(9, 99)
    texts.add(["a", "ş", "", "€\n"])
    texts.add(["", "d"])
    assert [texts.all()[number] for number in range(6)] == ["a", "ş", "", "€\n", "", "d"]
    assert Shared(texts.all(), frozenset(), from_1904=False, times=False).texts_of(["5", "6"]) == [
        "d",
        Unreadable("Hücrenin metni dosyada yok."),
    ]
    for more in (["e"] * 4, ["e" * 95]):
        with pytest.raises(FileRefused):
            Texts(9, 99).add(["a", "ş", "", "€\n", "", "d", *more])


BOOK = written(shared=True, formulas=False)
