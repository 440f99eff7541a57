"""A movement that nobody foresaw costs itself and nobody else, wherever it fails: being read, stored, or settled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.db import OperationalError, connection

from iys_portal import ledger
from payments.enums import LineState, StatementState
from payments.models import BankAccount, Order, Statement, StatementLine
from payments.services import settlement, statements
from payments.statements import StatementRefused, mt940, read
from payments.statements.values import words_of
from tests.payments.mt940 import Transfer
from tests.payments.mt940 import mt940 as mt940_file

Make = Callable[..., Order]
Import = Callable[..., Statement]

_REFUSING = """
    CREATE FUNCTION refuse_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.text LIKE '%BOZUK%' AND NEW.rule <> 'error' THEN
            RAISE EXCEPTION 'broken' USING ERRCODE = '{code}';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse_line BEFORE {event} ON payments_statementline FOR EACH ROW EXECUTE FUNCTION refuse_line()
"""


@contextmanager
def refused(event: str, code: str) -> Iterator[None]:
    """A database that refuses, with this SQLSTATE, whatever is done to a line that says BOZUK but setting it aside."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSING.format(event=event, code=code))
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_line ON payments_statementline; DROP FUNCTION refuse_line()")


def holds() -> bool:
    return [name for name, result in ledger.verify().items() if not result["ok"]] == []


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["22003", "54000", "57014"], ids=["out of range", "beyond a limit", "timed out"])
def test_a_line_that_cannot_be_settled(awaiting: Make, imported: Import, code: str) -> None:
    first, second, third = (awaiting("ileti-150") for _ in range(3))
    texts = (first.code_display, f"{second.code_display} BOZUK", third.code_display)
    with refused("UPDATE", code):
        statement = imported(*map(Transfer, texts))
    assert list(statement.lines.order_by("position").values_list("state", "rule")) == [
        (LineState.MATCHED, "exact-code"),
        (LineState.UNMATCHED, "error"),
        (LineState.MATCHED, "exact-code"),
    ]
    assert statement.state == StatementState.MATCHED
    assert holds()


@pytest.mark.django_db
def test_a_database_that_is_full_is_no_fault_of_a_line(imported: Import) -> None:
    with pytest.raises(OperationalError), refused("UPDATE", "53100"):
        imported(Transfer("KIRA"), Transfer("BOZUK"))


@pytest.mark.django_db
def test_a_line_that_cannot_be_stored(awaiting: Make, imported: Import, now: datetime) -> None:
    """It is a problem of the statement, shown with its text, and a later reading adds it."""
    first, second, third = (awaiting("ileti-150") for _ in range(3))
    texts = (first.code_display, f"{second.code_display} BOZUK", third.code_display)
    with refused("INSERT", "22003"):
        statement = imported(*map(Transfer, texts))
    assert list(statement.lines.order_by("position").values_list("position", "state")) == [
        (1, LineState.MATCHED),
        (3, LineState.MATCHED),
    ]
    assert (statement.line_count, statement.duplicate_count, statement.state) == (2, 0, StatementState.MATCHED)
    assert [(problem["position"], problem["raw"]) for problem in statement.problems] == [(2, texts[1])]
    assert statements.reread(statement_id=statement.pk, person=None, now=now).added == 1
    statements.process(statement_id=statement.pk, now=now)
    assert StatementLine.objects.get(position=2).state == LineState.MATCHED
    assert holds()


def test_a_transaction_that_no_reader_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_iban(text: str, own: str | None = None) -> str | None:
        return str(1 // (text != "BOZUK")) and None

    monkeypatch.setattr("payments.statements.mt940_fields.find_iban", find_iban)
    content = mt940_file("TR820001000760123456785001", Transfer("KIRA"), Transfer("BOZUK"), Transfer("AIDAT"))
    result = read("mt940", content)
    assert [(line.position, line.text) for line in result.lines] == [(1, "KIRA"), (3, "AIDAT")]
    assert [(problem.position, "ZeroDivisionError" in problem.message) for problem in result.problems] == [(2, True)]
    assert (mt940.READER, result.balance_ok) == (result.reader, False)


def test_a_refusal_of_the_file_is_no_problem_of_a_transaction() -> None:
    with pytest.raises(StatementRefused):
        words_of(StatementRefused("Dosya çok büyük."))


# --- Read ahead -----------------------------------------------------------------------------------------------------


@pytest.fixture
def read_ahead(account: BankAccount, awaiting: Make, now: datetime) -> settlement._Settlement:
    """A run that has settled the first of two lines; the second, a code with one fault and a proof, is read ahead."""
    order = awaiting("ileti-150")
    wrong = order.code_display[:-1] + ("A" if order.code_display[-1] != "A" else "C")
    text = f"{wrong} {order.provider.tax_number}"
    content = mt940_file(account.iban, Transfer("KIRA"), Transfer(text, order.gross), Transfer("AIDAT"))
    statement, _ = statements.receive(
        account=account, format="mt940", filename="a.sta", content=content, person=None, now=now
    )
    statements.read(statement_id=statement.pk)
    run = settlement._Settlement(statement.pk, now)
    assert run.step(1) is True
    return run


@pytest.mark.django_db
def test_a_line_that_was_read_ahead_is_settled(read_ahead: settlement._Settlement) -> None:
    assert read_ahead.step(1) is True
    assert StatementLine.objects.get(position=2).rule == "corrected-code"


@pytest.mark.django_db
def test_a_line_is_read_anew_when_its_statement_no_longer_adds_up(read_ahead: settlement._Settlement) -> None:
    Statement.objects.update(balance_ok=False)
    assert read_ahead.step(1) is True
    line = StatementLine.objects.get(position=2)
    assert (line.state, line.rule) == (LineState.SUGGESTED, "balance-mismatch")


@pytest.mark.django_db
def test_lines_that_a_person_took_meanwhile_are_passed_over(read_ahead: settlement._Settlement) -> None:
    StatementLine.objects.filter(position=2).update(state=LineState.IGNORED, verdict="Kapsam dışı.")
    assert [read_ahead.step(1), read_ahead.step(1), read_ahead.step(1)] == [True, True, False]
    states = StatementLine.objects.order_by("position").values_list("state", flat=True)
    assert list(states) == [LineState.UNMATCHED, LineState.IGNORED, LineState.UNMATCHED]
