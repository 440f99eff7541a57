"""Tables as workbooks: real cells, formulas, sheets, and files that mean harm."""

import io
import random
import time
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.table import Unreadable
from iys_portal.shared.sheets.xlsxbook import Limits
from iys_portal.shared.sheets.xlsxrows import rows_of
from payments.statements import BUILT_IN, BankProfile, ReadResult, StatementRefused, read
from payments.statements.profile import Columns, Sign
from tests.payments.statements.workbook import PARTS, SHEET, parts, workbook

DAY = date(2026, 11, 23)
PLAIN = BankProfile(
    name="deneme",
    kind="xlsx",
    columns=Columns(date="Tarih", texts=("Açıklama",), amount="Tutar"),
    sign=Sign.SIGNED,
)
WRITTEN = replace(PLAIN, decimal_mark=",", thousands_mark=".", date_formats=("dd/mm/yyyy",))
HEADING = (
    '<row r="1"><c t="inlineStr"><is><t>Tarih</t></is></c><c t="inlineStr"><is><t>Açıklama</t></is></c>'
    '<c t="inlineStr"><is><t>Tutar</t></is></c></row>'
)


def read_by(profile: BankProfile, data: bytes) -> ReadResult:
    return read("xlsx:deneme", data, profiles={"xlsx:deneme": profile})


def read_parts(cells: str, **more: str) -> ReadResult:
    return read_by(WRITTEN, parts(f'{HEADING}<row r="2">{cells}</row>', **more))


def refusal_of(data: bytes, profile: BankProfile = PLAIN) -> str:
    with pytest.raises(StatementRefused) as refusal:
        read_by(profile, data)
    return refusal.value.message


class TestWholeFiles:
    def test_the_sample_layout_with_titles_and_merged_cells(self) -> None:
        data = workbook(
            [
                ["Hesap Özeti"],
                ["IBAN: TR82 0001 0007 6012 3456 7850 01"],
                [],
                [
                    *("Tarih/Saat", "İşlem Tutarı", "Bakiye", "İşlem Tipi", "Açıklama"),
                    *("Karşı Hesap Adı", "Karşı Hesap IBAN", "Karşı VKN/TCKN", "Dekont No"),
                ],
                [
                    *("24/11/2026-14:02:10", "-12,50", "6.085,10", "Masraf", "EFT ücreti"),
                    *(None, None, None, "D2"),
                ],
                [
                    *(datetime(2026, 11, 23, 23, 59, 59), 5097.6, 6097.6, "FAST", "KM7-T3R-AWC"),  # noqa: DTZ001
                    *("Şule A.Ş.", "TR330006100519786457841326", 4540536920, "D1"),
                ],
                ["Toplam", 5085.1],
            ],
            merged=["A1:C1"],
        )
        result = read("xlsx:isbank", data)
        fee, paid = result.lines
        assert (fee.booked_on, fee.amount, fee.text) == (date(2026, 11, 24), Decimal("-12.50"), "Masraf\nEFT ücreti")
        assert (paid.booked_on, paid.amount, paid.payer_name) == (DAY, Decimal("5097.60"), "Şule A.Ş.")
        assert (paid.payer_iban, paid.payer_tax_number) == ("TR330006100519786457841326", "4540536920")
        assert (paid.reference, paid.bank_id) == ("D1", None)
        assert result.statements[0].iban == "TR820001000760123456785001"
        assert (result.opening, result.closing, result.balance_ok) == (Decimal("1000.00"), Decimal("6085.10"), True)
        assert (result.problems, result.reader) == ([], "xlsx-1:isbank")

    def test_real_cells_need_no_marks_and_texts_are_not_guessed(self) -> None:
        rows = [["Tarih", "Açıklama", "Tutar"], [DAY, "a", 5097.6], ["23.11.2026", "b", 1], [DAY, "c", "1,00"]]
        result = read_by(PLAIN, workbook(rows))
        assert [(line.booked_on, line.amount) for line in result.lines] == [(DAY, Decimal("5097.60"))]
        assert [(p.position, p.line) for p in result.problems] == [(2, 3), (3, 4)]

    def test_the_declared_sheet(self) -> None:
        data = workbook([["Tarih", "Açıklama", "Tutar"], [DAY, "a", 1]], sheet="Vadesiz TL")
        assert len(read_by(replace(PLAIN, sheet="VADESİZ TL"), data).lines) == 1
        message = refusal_of(data, replace(PLAIN, sheet="USD"))
        assert message == "“USD” adlı sayfa yok. Dosyadaki sayfalar: Vadesiz TL."

    def test_a_hidden_sheet_is_not_the_first(self) -> None:
        book = PARTS["xl/workbook.xml"].replace("<sheets>", '<sheets><sheet name="g" state="hidden" r:id="rId9"/>')
        links = PARTS["xl/_rels/workbook.xml.rels"].replace(
            "<Relationship ", '<Relationship Id="rId9" Target="x.xml"/><Relationship '
        )
        more = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": links, "xl/x.xml": "<worksheet/>"}
        assert [row.number for row in rows_of(parts(HEADING, **more))] == [1]


class TestCells:
    @pytest.mark.parametrize(
        ("cell", "amount"),
        [
            ("<c><v>5097.6</v></c>", "5097.60"),
            ("<c><v>5097.6000000000004</v></c>", "5097.60"),
            ("<c><v>5.0976E3</v></c>", "5097.60"),
            ("<c><v>-12.5</v></c>", "-12.50"),
            ("<c><v>0</v></c>", "0.00"),
            ("<c><f>1+1</f><v>2</v></c>", "2.00"),
            ('<c t="str"><f>"x"</f><v>5.097,60</v></c>', "5097.60"),
            ("<c><v>5097.601</v></c>", None),
            ("<c><f>1+1</f></c>", None),
            ("<c><f>1+1</f><v></v></c>", None),
            ('<c t="e"><v>#N/A</v></c>', None),
            ('<c t="b"><v>1</v></c>', None),
            ('<c t="s"><v>7</v></c>', None),
            ("<c><v>NaN</v></c>", None),
            ("<c><v>1_000</v></c>", None),
            ("<c><v>1E99</v></c>", None),
        ],
    )
    def test_amounts(self, cell: str, amount: str | None) -> None:
        result = read_parts(f'<c t="str"><v>23/11/2026</v></c><c t="str"><v>x</v></c>{cell}')
        assert [line.amount for line in result.lines] == ([] if amount is None else [Decimal(amount)])
        assert [problem.position for problem in result.problems] == ([1] if amount is None else [])

    @pytest.mark.parametrize(
        ("cell", "day"),
        [
            ('<c s="1"><v>46349</v></c>', DAY),
            ('<c s="2"><v>46349.99998</v></c>', DAY),
            ('<c s="2"><v>46349.999999</v></c>', date(2026, 11, 24)),
            ('<c t="d"><v>2026-11-23T10:00:00</v></c>', DAY),
            ('<c s="0"><v>46349</v></c>', None),
            ('<c s="3"><v>46349</v></c>', None),
            ('<c s="1"><v>59</v></c>', None),
            ('<c s="1"><v>-1</v></c>', None),
            ('<c s="1"><v>9999999</v></c>', None),
        ],
    )
    def test_days(self, cell: str, day: date | None) -> None:
        styles = (
            '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy hh:mm"/>'
            '<numFmt numFmtId="165" formatCode="0.00 &quot;day&quot;"/></numFmts>'
            '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
        )
        result = read_parts(f'{cell}<c t="str"><v>x</v></c><c><v>1</v></c>', **{"xl/styles.xml": styles})
        assert [line.booked_on for line in result.lines] == ([] if day is None else [day])

    def test_days_from_1904(self) -> None:
        book = PARTS["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
        styles = '<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
        more = {"xl/workbook.xml": book, "xl/styles.xml": styles}
        result = read_parts('<c s="0"><v>44887</v></c><c t="str"><v>x</v></c><c t="str"><v>1,00</v></c>', **more)
        assert [line.booked_on for line in result.lines] == [DAY]

    def test_shared_texts_in_pieces_without_their_readings(self) -> None:
        pieces = "<si><r><t>KM7-</t></r><r><t>T3R</t></r><rPh><t>x</t></rPh></si>"
        texts = f"<sst>{pieces}<si><t>a_x000D_\nb_xD800_</t></si><si><t>_x0041_b</t></si></sst>"
        data = parts(
            '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c></row>',
            **{"xl/sharedStrings.xml": texts},
        )
        assert [dict(row.cells) for row in rows_of(data)] == [
            {0: "KM7-T3R", 1: "a\nb\N{REPLACEMENT CHARACTER}", 2: "Ab"}
        ]

    def test_places_of_cells(self) -> None:
        data = parts('<row r="5"><c r="C5"><v>1</v></c><c><v>2</v></c></row><row><c><f>A1</f></c></row>')
        rows = list(rows_of(data))
        assert [row.number for row in rows] == [5, 6]
        assert dict(rows[0].cells) == {2: Decimal(1), 3: Decimal(2)}
        assert isinstance(rows[1].cells[0], Unreadable)


class TestHarm:
    def test_entities(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", SHEET):
            text = PARTS.get(name, "<sst/>")
            assert "DOCTYPE" in refusal_of(parts("", **{name: f"{bomb}{text}"}))

    def test_what_unpacks_to_too_much(self) -> None:
        data = parts("<row/>" * 3_000_000)
        assert len(data) < 200_000
        started = time.process_time()
        assert refusal_of(data) == "Excel dosyası açılınca çok büyüyor; güvenlik nedeniyle okunmadı."
        assert time.process_time() - started < 2

    def test_too_many_rows_columns_and_parts(self) -> None:
        with pytest.raises(FileRefused) as refused:
            list(rows_of(parts("<row/>" * 4), limits=Limits(rows=3)))
        assert refused.value.message == "Dosyada 3 satırdan fazlası var; bölerek yükleyin."
        wide = '<row><c r="XFD1"><v>1</v></c></row>'
        assert refusal_of(parts(wide)) == "Dosyada 256'dan çok sütun var; okunmadı."
        many = {f"x{number}": "" for number in range(1001)}
        assert refusal_of(parts("", **many)) == "Excel dosyasının içinde olağandışı sayıda parça var; okunmadı."

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"\xd0\xcf\x11\xe0" + b"x" * 600, "Eski Excel (.xls) ya da parolalı dosya okunmaz;"),
            (b"Tarih;Tutar", "Excel dosyası bozuk ya da yarım; yeniden indirip ya da kaydedip yükleyin."),
            (b"", "Dosya boş."),
        ],
    )
    def test_what_is_no_workbook(self, data: bytes, message: str) -> None:
        assert refusal_of(data).startswith(message)

    def test_another_archive(self) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.zip", "x")
        assert refusal_of(stream.getvalue()) == "Dosya bir Excel çalışma kitabı (.xlsx) değil."

    def test_a_link_to_the_outside_is_not_followed(self) -> None:
        links = PARTS["xl/_rels/workbook.xml.rels"].replace("Target=", 'TargetMode="External" Target=')
        assert refusal_of(parts("", **{"xl/_rels/workbook.xml.rels": links})).startswith(
            "Excel dosyasında okunabilecek"
        )

    @pytest.mark.parametrize("share", range(1, 20))
    def test_a_workbook_cut_anywhere_is_refused(self, share: int) -> None:
        data = workbook([["Tarih", "Açıklama", "Tutar"], [DAY, "a", 1]])
        refusal_of(data[: len(data) * share // 20])


def test_another_reader_sees_the_same_cells() -> None:
    noise = random.Random(7)
    rows = [
        [noise.choice([DAY, None]), noise.choice(["ŞİĞ ışık", "a\nb", None]), noise.randrange(-(10**9), 10**9) / 100]
        for _ in range(300)
    ]
    data = workbook(rows)
    theirs = [
        [value.date() if isinstance(value, datetime) else value for value in row]
        for row in load_workbook(io.BytesIO(data), read_only=True).active.iter_rows(values_only=True)
    ]
    ours = [[row.cells.get(index) for index in range(3)] for row in rows_of(data)]
    assert [[*row[:2], float(row[2])] for row in ours] == theirs  # type: ignore[arg-type]


def test_the_profile_of_the_sample_is_a_workbook() -> None:
    assert BUILT_IN["xlsx:isbank"].kind == "xlsx"
