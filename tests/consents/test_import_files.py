"""Files of consents as people have them: encodings, separators, mends, what is refused at once, and the two judges."""

import io
import random
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
import xlsxwriter

from consents.enums import Source
from consents.imports.columns import FIELDS, Chosen, Columns
from consents.imports.judging import RowJudge, Staged, staged_of
from consents.imports.mending import Mend, mended
from consents.imports.tables import Line, table_of
from consents.rules.calendar import Calendar
from consents.rules.faults import Fault
from consents.rules.fields import Policy, Raw, read
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.tables import xlsx_bytes

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEAD = "type,source,recipient,status,consentDate,recipientType"
GOOD = "MESAJ,HS_WEB,+905321234567,ONAY,2026-11-23 10:00:00,BIREYSEL"
CELLS = ("MESAJ", "HS_WEB", "+905321234567", "ONAY", "2026-11-23 10:00:00", "BIREYSEL", "")
STAGED = ("+905321234567", 2, 1, 1, 8, "2026-11-23 10:00:00+03:00", None)


def lines_of(data: bytes) -> list[Line]:
    return list(table_of(io.BytesIO(data)).lines())


def refusal_of(data: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        lines_of(data)
    return refused.value.message


def judged(cells: Iterable[str]) -> Staged | list[Fault]:
    return RowJudge(policy=Policy(Calendar()), now=NOW).judge(tuple(cells))


class TestTables:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1254", "utf-16"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_separators_encodings_and_line_ends(self, separator: str, encoding: str, end: str) -> None:
        head = "Kanal,Kaynak,Alıcı,Durum,İzin Tarihi,Alıcı Tipi"
        text = end.join([head, GOOD, "", GOOD]).replace(",", separator)
        assert lines_of(text.encode(encoding)) == [Line(2, CELLS), Line(4, CELLS)]

    def test_mixed_line_ends_quotes_and_the_mark_of_excel(self) -> None:
        quoted = ",".join(f'"{cell}"' for cell in CELLS[:6])
        data = f"sep=,\r\n{HEAD}\n{quoted}\r\n{GOOD}\r{GOOD}".encode()
        assert lines_of(data) == [Line(number, CELLS) for number in (3, 4, 5)]

    def test_columns_in_any_order_and_some_that_are_not_read(self) -> None:
        table = table_of(
            b"Satir;retailerCode;status;recipient;consentDate;source;type\n7;10000001;ONAY;a@bb.cc;d;s;t\n"
        )
        assert table.columns.ignored == ("Satir",)
        assert list(table.lines()) == [Line(2, ("t", "s", "a@bb.cc", "ONAY", "d", "", "10000001"))]

    def test_a_short_row_a_wide_row_and_an_open_quote(self) -> None:
        data = f'{HEAD}\nMESAJ,HS_WEB\n{GOOD},,\n{GOOD},x\n"MESAJ,HS_WEB\n{GOOD}\n'.encode()
        short, padded, wide, is_open, after = lines_of(data)
        assert short == Line(2, ("MESAJ", "HS_WEB", "", "", "", "", ""))
        assert (padded, after) == (Line(3, CELLS), Line(6, CELLS))
        assert wide.broken.startswith("Satırda başlıktan çok sütun var")
        assert is_open.broken.startswith("Satırda kapanmayan bir tırnak")

    def test_a_workbook_with_numbers_and_instants(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(FIELDS))
        sheet.append(["MESAJ", "HS_WEB", 5321234567, "ONAY", datetime(2026, 11, 23, 10, 0), "BIREYSEL", 10000001])  # noqa: DTZ001
        file = io.BytesIO()
        book.save(file)
        (line,) = lines_of(file.getvalue())
        assert line == Line(2, ("MESAJ", "HS_WEB", "5321234567", "ONAY", "2026-11-23 10:00:00", "BIREYSEL", "10000001"))
        assert judged(line.cells) == (*STAGED[:-1], 10000001)

    def test_a_fault_in_a_column_that_is_not_read_spoils_no_row(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append([*FIELDS[:6], "Not"])
        sheet.append([*CELLS[:6], "#N/A"])
        sheet.append(["#N/A", *CELLS[1:6], "iyi"])
        sheet.append([CELLS[0], "#NAME?", *CELLS[2:5], "#REF!", "iyi"])
        file = io.BytesIO()
        book.save(file)
        fine, first, both = lines_of(file.getvalue())
        assert (fine, first.broken) == (Line(2, CELLS), "Hücrede hata var: #N/A.")
        assert both.broken == "Hücrede hata var: #NAME?."

    @pytest.mark.parametrize("brand_code", ["", "7"])
    @pytest.mark.parametrize("constants", [{}, {"source": "HS_WEB"}])
    def test_a_workbook_has_the_rows_of_a_csv_file(self, constants: dict[str, str], brand_code: str) -> None:
        head = [name for name in FIELDS if name not in constants] + ["Marka Kodu"]
        rows = [[f"{name}{number}" for name in head[:-1]] + [["7", "", "8", " 7"][number % 4]] for number in range(50)]
        rows[20][2:4], rows[30][:3], rows[40] = ["", ""], ["", "", ""], ["a", *[""] * (len(head) - 1)]
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([head, *rows]):
                sheet.write_row(number, 0, row)
                sheet.write(number, len(head) + 2, "ilgisiz" if number > 3 else None)
        places = {name: place for place, name in enumerate(head[:-1])}

        def choose(cells: Sequence[str]) -> Columns:
            chosen = Chosen(places, constants).columns_of(cells[: len(head)])
            return replace(chosen, brand_code=brand_code)

        text = "\n".join(";".join(row) for row in [head, *rows])
        expected = [*table_of(text.encode(), choose).lines()]
        assert [*table_of(file.getvalue(), choose).lines()] == expected
        assert {line.other_brand for line in expected} == ({"", "8"} if brand_code else {""})


class TestPoison:
    def test_wrong_and_missing_heads(self) -> None:
        assert refusal_of(b"a;b;c\n1;2;3\n").startswith("Dosyanın ilk satırı sütun başlıkları olmalıdır")
        assert "İzin tarihi (consentDate)" in refusal_of(b"type,source,recipient,status\n")
        assert refusal_of(b"type,kanal,source,recipient,status,consentDate\n") == (
            "Başlık satırında iki sütun aynı bilgiyi adlandırıyor: İzin tipi (type)."
        )

    def test_what_is_no_table(self) -> None:
        for data in (b"MZ\x90\x00\x03\x00\x00\x00" * 50, b"\x7fELF\x02\x01\x01\x00", b"type,source\x00,recipient\n"):
            assert refusal_of(data).startswith("Bu bir metin dosyası ya da Excel çalışma kitabı değil.")
        assert refusal_of(b"%PDF-1.7\n%abc\n").startswith("Dosyanın ilk satırı")
        assert refusal_of(b"") == refusal_of(b" \r\n\n")
        assert refusal_of(b"\xd0\xcf\x11\xe0\xa1\xb1").startswith("Eski Excel (.xls) ya da parolalı")
        assert refusal_of(b"PK\x03\x04 no archive").startswith("Excel dosyası bozuk")

    def test_one_endless_line_and_ten_thousand_columns(self) -> None:
        assert "10.000 karakterden uzun" in refusal_of(b"a" * 2_000_000)
        assert "10.000 karakterden uzun" in refusal_of(HEAD.encode() + b"\n" + b"a" * 2_000_000)
        assert "256 sütundan fazlası" in refusal_of(b"a," * 4_000 + b"a\n")
        assert "256 sütundan fazlası" in refusal_of(HEAD.encode() + b"\n" + b"," * 4_000 + b"a\n")

    def test_bombs_and_entities(self) -> None:
        bomb = io.BytesIO()
        plain = xlsx_bytes([FIELDS], sheet="a")
        with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                content = source.read(name)
                target.writestr(name, b"<row/>" * 3_000_000 if "sheet1" in name else content)
        assert "açılınca çok büyüyor" in refusal_of(bomb.getvalue())
        entities = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(entities, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                doctype = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
                target.writestr(name, doctype + content.partition(b"?>")[2] if "sheet1" in name else content)
        assert "DOCTYPE" in refusal_of(entities.getvalue())

    def test_more_rows_than_a_million(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("consents.imports.tables.MOST_ROWS", 3)
        assert len(lines_of("\n".join([HEAD, *[GOOD] * 3]).encode())) == 3
        assert "1.000.000 satırdan fazlası" in refusal_of("\n".join([HEAD, *[GOOD] * 4]).encode())


class TestMends:
    @pytest.mark.parametrize(
        ("cells", "mends"),
        [
            (CELLS, set()),
            ((" MESAJ", "HS_WEB ", *CELLS[2:]), {Mend.TRIMMED}),
            ((*CELLS[:2], "5321234567", *CELLS[3:]), {Mend.PHONE}),
            ((*CELLS[:2], "0532 123 45 67", *CELLS[3:]), {Mend.PHONE}),
            ((*CELLS[:2], "'+905321234567", *CELLS[3:]), {Mend.TRIMMED}),
            (("Sms", "Web sitesi", CELLS[2], "onay", CELLS[4], "Bireysel", ""), {Mend.WORD}),
            ((*CELLS[:4], "23.11.2026 10:00", *CELLS[5:]), {Mend.DATE}),
            ((*CELLS[:4], "2026-11-23T10:00:00", *CELLS[5:]), {Mend.DATE}),
        ],
    )
    def test_what_is_certain_is_mended_and_named(self, cells: tuple[str, ...], mends: set[Mend]) -> None:
        assert mended(cells) == (CELLS, mends)
        judge = RowJudge(policy=Policy(Calendar()), now=NOW)
        assert judge.judge(cells) == STAGED
        assert judge.mends == dict.fromkeys(mends, 1)

    def test_addresses_lose_capitals(self) -> None:
        cells = ("EPOSTA", "HS_WEB", "ALİCİ@Ornek.Example", "ONAY", "23.11.2026", "", "")
        assert judged(cells) == ("alici@ornek.example", 3, 1, 1, 8, "2026-11-23 00:00:00+03:00", None)

    @pytest.mark.parametrize("written", ["Ali Veli ali@ornek.com", "ali@ornek.com veli@ornek.com", "a li@ornek.com"])
    def test_a_name_beside_an_address_makes_no_other_address(self, written: str) -> None:
        cells = ("EPOSTA", "HS_WEB", written, "ONAY", "23.11.2026", "", "")
        assert judged(cells) == [Fault("H120", "recipient")]

    def test_what_is_wrong_stays_as_it_is_written(self) -> None:
        cells = ("MESAJ", "HS_TV", "0212 12", "EVET", "31.02.2026", "KISI", "12")
        assert [(fault.code, fault.field) for fault in judged(cells)] == [  # type: ignore[union-attr]
            ("H121", "recipient"),
            ("H115", "status"),
            ("H119", "source"),
            ("H157", "consentDate"),
            ("H116", "recipientType"),
            ("H180", "retailerCode"),
        ]


def test_the_glance_and_the_arbiter_agree() -> None:
    """Rows of good, odd and wrong parts: what the judge of files says is what the one table of rules says."""
    dice = random.Random(37)
    types = ["MESAJ", "ARAMA", "EPOSTA", "", "FAKS", "GORUNTU"]
    sources = [*(source.name for source in Source), "", "HS_TV"]
    phones = [f"+90{prefix}{number:07d}" for prefix in range(500, 600) for number in (0, 1234567)]
    mails = ["a@bb.cc", "a.b+c@ornek.example", "a@b", "ş@ornek.com", "a b@c.de", "x" * 260 + "@a.com"]
    recipients = [*phones, *mails, "+4915112345678", "+12025550123", "+9053212345", "+905321234567890", "", "x"]
    dates = [f"{NOW - timedelta(days=days, seconds=s):%Y-%m-%d %H:%M:%S}" for days in range(9) for s in (0, 5, 86399)]
    dates += ["2026-11-23 12:00:00", "2026-11-23 12:00:01", "2026-11-23 24:00:00", "2026-11-31 10:00:00", ""]
    dates += ["2015-05-01 00:00:00", "2015-04-30 10:00:00", "2026-11-23 1:00:00", "2026-11-23", "bugün"]
    policies = [Policy(Calendar()), Policy(Calendar(), tacir_first_ret=True, transition_open=True)]
    judges = [RowJudge(policy=policy, now=NOW) for policy in policies]
    good = 0
    for _ in range(6_000):
        cells = (
            dice.choice(types[:3] if dice.random() < 0.9 else types),
            dice.choice(["HS_WEB", "HS_2015", "HS_KARAR"] if dice.random() < 0.6 else sources),
            dice.choice(recipients),
            dice.choice(["ONAY", "RET"] if dice.random() < 0.95 else ["", "BEKLIYOR"]),
            dice.choice(dates),
            dice.choice(["", "BIREYSEL", "TACIR"] if dice.random() < 0.95 else ["KISI"]),
            "",
        )
        for policy, judge in zip(policies, judges, strict=True):
            raw = Raw(cells[2], cells[0], cells[3], cells[1], mended(cells)[0][4], cells[5])
            reading = read(raw, policy=policy, now=NOW)
            expected = reading.faults if reading.movement is None else staged_of(reading.movement, None)
            # Capitals and blanks of addresses are mended before: what is not good here may be good there, never else.
            if mended(cells)[0][2] == cells[2]:
                assert (cells, judge.judge(cells)) == (cells, expected)
                good += reading.movement is not None
    assert good > 500
