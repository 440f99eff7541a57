"""Properties of all readers: what is written comes back, nothing is lost, nothing but a refusal is ever raised."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from payments.statements import (
    BUILT_IN,
    BankLine,
    BankProfile,
    ReadResult,
    StatementRefused,
    preview,
    read,
    suggest_profile,
)
from payments.statements.identity import identities
from payments.statements.profile import Columns, Sign
from tests.payments.statements.mt940_writer import Message, Transaction, file_of
from tests.payments.statements.workbook import PARTS, parts, workbook
from tests.payments.statements.xml_writer import OUR_IBAN, Detail, Entry, camt, ziraat

TURKISH = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZabcçdefgğhıijklmnoöprsştuüvyz0123456789 .,;/()+\"'&<>%"
CSV = BankProfile(
    name="deneme",
    kind="csv",
    columns=Columns(date="Tarih", value_date="Valör", texts=("Açıklama",), amount="Tutar", running_balance="Bakiye"),
    sign=Sign.SIGNED,
    decimal_mark=",",
    thousands_mark=".",
    date_formats=("dd.mm.yyyy",),
)
XLSX = replace(CSV, kind="xlsx", decimal_mark="", thousands_mark="", date_formats=())
PROFILES = {"csv:deneme": CSV, "xlsx:deneme": XLSX, **BUILT_IN}

kurus = st.integers(-(10**9), 10**9).map(lambda value: Decimal(value).scaleb(-2))
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
words = st.text(TURKISH, max_size=80).map(str.strip)
details = st.builds(Detail, kurus, words, words)
entries = st.builds(
    Entry,
    details=st.lists(details, min_size=1, max_size=4).map(tuple),
    booked_on=days,
    value_on=days,
    status=st.sampled_from(["BOOK", "BOOK", "BOOK", "PDNG", "INFO"]),
    reversal=st.booleans(),
)
movements = st.lists(st.tuples(days, kurus, words), max_size=12)


@given(st.lists(entries, max_size=6), st.integers(2, 8), st.sampled_from(["", "ns0"]), kurus)
def test_what_is_written_as_camt_comes_back(written: list[Entry], version: int, prefix: str, opening: Decimal) -> None:
    if version == 2:  # its details have no direction of their own
        written = [replace(e, details=tuple(replace(d, amount=abs(d.amount)) for d in e.details)) for e in written]
    result = read("camt053", camt(*written, version=version, prefix=prefix, opening=opening).encode())
    booked = [(entry, detail) for entry in written for detail in entry.details if entry.status == "BOOK"]
    assert [
        (line.booked_on, line.value_on, line.amount, line.text, line.payer_name, line.reversal) for line in result.lines
    ] == [
        (
            entry.booked_on,
            entry.value_on,
            detail.amount,
            detail.text,
            # Of money that is taken back the other side is the one that the writer does not name.
            (detail.name or None) if not entry.reversal else None,
            entry.reversal,
        )
        for entry, detail in booked
    ]
    waiting = [problem for problem in result.problems if problem.ignored]
    assert (result.balance_ok, result.problems) == (True, waiting)
    assert len(result.lines) + len(waiting) == sum(len(entry.details) for entry in written)


@given(movements, kurus, st.booleans())
def test_what_is_written_as_ziraat_comes_back(
    written: list[tuple[date, Decimal, str]], opening: Decimal, spoilt: bool
) -> None:
    spoil = {len(written) // 2: "0.01"} if spoilt and written else None
    result = read("ziraat", ziraat(*written, opening=opening, spoil=spoil).encode())
    assert [(line.booked_on, line.amount, line.text) for line in result.lines] == written
    balances = [opening]
    for _, amount, _ in written:
        balances.append(balances[-1] + amount)
    true = spoil is None or balances[len(written) // 2 + 1] == Decimal("0.01")
    assert result.balance_ok is true


def lira(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def told(line: BankLine) -> tuple[date, date, str, Decimal, Decimal | None]:
    return line.booked_on, line.value_on, line.text, line.amount, line.running_balance


def table(written: list[tuple[date, Decimal, str]]) -> list[tuple[date, date, str, Decimal, Decimal]]:
    rows = []
    balance = Decimal("0.00")
    for day, amount, text in written:
        balance += amount
        rows.append((day, day, text, amount, balance))
    return rows


@given(
    movements,
    st.sampled_from(["utf-8-sig", "utf-8", "utf-16", "cp1254"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_is_written_as_csv_comes_back(
    written: list[tuple[date, Decimal, str]], encoding: str, line_end: str, newest_first: bool
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator=line_end)
    writer.writerow(["Tarih", "Valör", "Açıklama", "Tutar", "Bakiye"])
    rows = table(written)
    for day, value, text, amount, balance in reversed(rows) if newest_first else rows:
        writer.writerow([f"{day:%d.%m.%Y}", f"{value:%d.%m.%Y}", text, lira(amount), lira(balance)])
    result = read("csv:deneme", stream.getvalue().encode(encoding), profiles=PROFILES)
    in_order = list(reversed(rows)) if newest_first else rows
    assert [told(line) for line in result.lines] == [
        (day, value, _cell(text), amount, balance) for day, value, text, amount, balance in in_order
    ]
    assert (result.problems, result.balance_ok) == ([], True if rows else None)


def _cell(text: str) -> str:
    """A field that spreadsheets would take for a formula of text is that text."""
    return text[2:-1] if len(text) > 2 and text.startswith('="') and text.endswith('"') else text


@settings(deadline=None, max_examples=30)
@given(movements)
def test_what_is_written_as_a_workbook_comes_back(written: list[tuple[date, Decimal, str]]) -> None:
    rows = [(day, value, f"x{text}", amount, balance) for day, value, text, amount, balance in table(written)]
    result = read(
        "xlsx:deneme", workbook([["Tarih", "Valör", "Açıklama", "Tutar", "Bakiye"], *rows]), profiles=PROFILES
    )
    assert [told(line) for line in result.lines] == rows
    assert (result.problems, result.balance_ok) == ([], True if rows else None)


WHOLE: dict[str, bytes] = {
    "mt940": file_of(Message((Transaction(Decimal("5097.60"), information=("KM7-T3R-AWC ödeme",)),) * 3)).encode(),
    "camt053": camt(
        Entry((Detail(Decimal("5097.60"), "KM7-T3R-AWC", "Şule A.Ş."), Detail(Decimal("1.00"), "x"))),
        Entry(amount=Decimal("-12.50"), text="masraf"),
        Entry(amount=Decimal("9.00"), status="PDNG"),
    ).encode(),
    "ziraat": ziraat(*[(date(2026, 11, 23), Decimal("5097.60"), "KM7-T3R-AWC ödeme")] * 3).encode(),
    "csv:ziraat": (
        "IBAN;TR82 0001 0007 6012 3456 7850 01\nTarih;Valör;Fiş No;Açıklama;Tutar;Bakiye\n"
        '23.11.2026;23.11.2026;1;"KM7-T3R-AWC; ödeme";5.097,60;5.097,60\n'
        "23.11.2026;23.11.2026;2;masraf;-12,50;5.085,10\nToplam;;;;5.085,10;\n"
    ).encode("cp1254"),
    "xlsx:deneme": workbook(
        [["Tarih", "Valör", "Açıklama", "Tutar", "Bakiye"], [date(2026, 11, 23), date(2026, 11, 23), "x", 1, 1]]
    ),
}


def read_or_refuse(statement_format: str, data: bytes) -> ReadResult | None:
    """Read, and check what must hold of whatever was read."""
    try:
        result = read(statement_format, data, profiles=PROFILES)
    except StatementRefused:
        return None
    positions = [line.position for line in result.lines]
    positions += [problem.position for problem in result.problems if problem.position is not None]
    assert sorted(positions) == list(range(1, len(positions) + 1))
    if any(problem.position is not None and not problem.ignored for problem in result.problems):
        assert result.balance_ok is False
    assert len(set(identities(OUR_IBAN, result.lines))) == len(result.lines)
    return result


@pytest.mark.parametrize("statement_format", WHOLE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(statement_format: str, data: st.DataObject) -> None:
    """Bytes changed, dropped, doubled and moved."""
    damaged = bytearray(WHOLE[statement_format])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        to = min(at + data.draw(st.integers(1, 80)), len(damaged))
        piece = damaged[at:to]
        match data.draw(st.sampled_from(["change", "drop", "double", "move"])):
            case "change":
                damaged[at] = data.draw(st.integers(0, 255))
            case "drop":
                del damaged[at:to]
            case "double":
                damaged[at:at] = piece
            case "move":
                del damaged[at:to]
                there = data.draw(st.integers(0, len(damaged)))
                damaged[there:there] = piece
        assume(damaged)
    read_or_refuse(statement_format, bytes(damaged))


@pytest.mark.parametrize("statement_format", WHOLE)
@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(statement_format: str, data: bytes) -> None:
    read_or_refuse(statement_format, data)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", ""]),
    st.lists(
        st.sampled_from(
            [
                *("<row>", "</row>", '<row r="9">', '<c r="B2">', "<c>", '<c t="s">', '<c t="b">', '<c s="1">', "</c>"),
                *(
                    "<v>",
                    "</v>",
                    "<f>",
                    "</f>",
                    "1",
                    "0",
                    "46349",
                    "1E40",
                    "x",
                    "<sst>",
                    "<si>",
                    "<t>",
                    "</t>",
                    "</si>",
                ),
                *("<styleSheet>", "<cellXfs>", '<xf numFmtId="14"/>', "<sheet/>", "&#55;", "&x;", "<![CDATA[", "]]>"),
            ]
        ),
        max_size=30,
    ),
)
def test_odd_parts_of_a_workbook_are_read_or_refused(part: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    more = {part: PARTS.get(part, "").replace("/>", f"/>{text}", 1) or text} if part else {}
    read_or_refuse("xlsx:deneme", parts("" if part else text, **more))


@pytest.mark.parametrize(
    ("statement_format", "data"),
    [
        ("mt940", b":20:a\n:25:x\n" * 5_001),
        ("camt053", b"<BkToCstmrStmt>" + b"<Stmt/>" * 5_001 + b"</BkToCstmrStmt>"),
        ("ziraat", b"<a>" + b"<Bakiye/>" * 5_001 + b"</a>"),
    ],
)
def test_statements_without_end_are_refused(statement_format: str, data: bytes) -> None:
    with pytest.raises(StatementRefused) as refusal:
        read(statement_format, data)
    assert refusal.value.message == "Dosyada 5.000 ekstreden fazlası var; bölerek yükleyin."


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.sampled_from("Tarihçkluama;,\t|\n\"'.-0123456789 AB/"), max_size=300).map(str.encode)
    | st.binary(max_size=200)
)
def test_suggestions_and_previews_never_raise(content: bytes) -> None:
    draft, _ = suggest_profile(content)
    if draft is not None:
        BankProfile.from_json({**draft.to_json(), "decimal_mark": ",", "thousands_mark": "", **_settled(draft)})
    preview(content, CSV)
    preview(content, XLSX)


def _settled(draft: BankProfile) -> dict[str, object]:
    """What a person would declare on top of a draft."""
    columns = {"date": draft.columns.date or "#A", "texts": list(draft.columns.texts) or ["#B"], "amount": "#C"}
    return {"columns": columns, "sign": "signed", "date_formats": ["dd.mm.yyyy"], "header_words": ["Tarih"]}
