"""Properties of the MT940 reader: what is written comes back, nothing is lost, nothing else is raised."""

import logging
from datetime import date, timedelta
from decimal import Decimal

import mt940 as peer
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mt940.options import Options

from iys_portal.shared.sheets.text import clean
from payments.statements import BankLine, ReadResult, StatementRefused, read
from tests.payments.statements.mt940_writer import Message, Transaction, file_of

TURKISH = "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZabcçdefgğhıijklmnoöprsştuüvyz0123456789 .,/()+"

kurus = st.integers(-(10**9), 10**9).map(lambda value: Decimal(value).scaleb(-2))
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
# Lines with a letter first: neither a field, nor a trailer, nor the start of a structured description.
words = st.text(TURKISH, max_size=60).map(lambda text: f"x{text}".rstrip())


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    value_on = draw(days)
    delay = draw(st.none() | st.integers(-150, 150))
    return Transaction(
        amount=draw(kurus),
        value_on=value_on,
        booked_on=None if delay is None else value_on + timedelta(days=delay),
        reversal=draw(st.booleans()),
        funds_code=draw(st.sampled_from(["", "Y"])),
        padding=draw(st.sampled_from([0, 15])),
        information=tuple(draw(st.lists(words, max_size=4))),
    )


pages = st.integers(1, 99999).map(str)
messages = st.builds(
    Message,
    transactions=st.lists(transactions(), max_size=8).map(tuple),
    opening=kurus,
    page=pages,
    day=days,
)
files = st.lists(messages, min_size=1, max_size=4, unique_by=lambda message: message.page)


def expected(transaction: Transaction, position: int, source_line: int) -> BankLine:
    return BankLine(
        position=position,
        source_line=source_line,
        booked_on=transaction.booked_on or transaction.value_on,
        value_on=transaction.value_on,
        amount=transaction.amount,
        currency="TRY",
        text="\n".join(transaction.information),
        reversal=transaction.reversal,
        reference="NONREF",
    )


@given(files, st.sampled_from(["utf-8", "utf-8-sig", "cp1254", "utf-16"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_comes_back(written: list[Message], encoding: str, line_end: str) -> None:
    text = file_of(*written, line_end=line_end)
    result = read("mt940", text.encode(encoding))
    numbers = [number for number, line in enumerate(text.split(line_end), start=1) if line.startswith(":61:")]
    moved = [transaction for message in written for transaction in message.transactions]
    assert result.lines == [
        expected(transaction, position, number)
        for position, (transaction, number) in enumerate(zip(moved, numbers, strict=True), start=1)
    ]
    assert result.problems == []
    assert result.balance_ok is True
    assert [statement.closing for statement in result.statements] == [message.true_closing() for message in written]


@given(messages, st.integers(-(10**6), 10**6).filter(bool))
def test_a_closing_balance_that_is_off_is_always_flagged(message: Message, off: int) -> None:
    closing = message.true_closing() + Decimal(off).scaleb(-2)
    wrong = Message(message.transactions, message.opening, closing, day=message.day)
    result = read("mt940", file_of(wrong).encode())
    assert result.balance_ok is False
    assert [problem.message.split(":")[0] for problem in result.problems] == ["Bakiye tutmuyor"]
    assert len(result.lines) == len(message.transactions)


broken_pieces = st.sampled_from(
    [
        *(
            ":20:",
            ":25:",
            ":25:TR820001000760123456785001",
            ":28C:1",
            ":61:",
            ":86:",
            ":62F:",
            ":62M:",
            ":60M:",
        ),
        *(
            ":60F:C261123TRY1,00",
            ":62F:C261123TRY1,00",
            ":62F:C261123USD1,00",
            ":60F:X",
            ":64:",
            ":NS:22x",
            "-",
        ),
        *(
            ":61:2611231123C5,00NTRFNONREF",
            ":61:2611231123C5.097,60NTRF",
            ":61:260230C5,00NTRF",
            ":61:RC",
            " :61:",
        ),
        *(
            ":86:166?20KM7?",
            ":86:?20",
            "?32",
            "KM7-T3R-AWC",
            "-}{5:}",
            "{1:F01}{4:",
            "{1:x",
            "\x00",
            "\ufeff",
            "Ş",
        ),
    ]
)


def read_or_none(data: bytes) -> ReadResult | None:
    try:
        return read("mt940", data)
    except StatementRefused:
        return None


@given(
    st.lists(broken_pieces | st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20), max_size=40)
)
def test_lines_and_transaction_problems_count_the_transactions(pieces: list[str]) -> None:
    result = read_or_none("\n".join(pieces).encode())
    if result is None:
        return
    fields = sum(clean(piece).lstrip().startswith(":61:") for piece in pieces)
    unread = [problem.position for problem in result.problems if problem.position is not None]
    assert sorted([line.position for line in result.lines] + unread) == list(range(1, fields + 1))
    if unread:
        assert result.balance_ok is False


@settings(max_examples=500)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_none(data)


@given(messages, st.data())
def test_a_damaged_file_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    damaged = bytearray(file_of(message).encode("cp1254"))
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    read_or_none(bytes(damaged))


@given(files)
def test_an_independent_reader_agrees_on_clean_files(written: list[Message]) -> None:
    """The mt-940 package gives the same statements, value days and amounts; sums it does not check.

    It puts every booking day into the value day's year, and breaks on a 29 February that is not in that year.
    """
    assume(
        not any(
            t.booked_on and (t.booked_on.month, t.booked_on.day) == (2, 29) for m in written for t in m.transactions
        )
    )
    logging.getLogger("mt940").setLevel(logging.CRITICAL)
    text = file_of(*written, line_end="\n")
    theirs = peer.parse_statements(text, options=Options(reversal_sign=True))
    ours = read("mt940", text.encode())
    assert [
        [(transaction.data["date"], transaction.data["amount"].amount) for transaction in statement.transactions]
        for statement in theirs
    ] == [[(line.value_on, line.amount) for line in statement.lines] for statement in ours.statements]
