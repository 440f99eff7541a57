"""What somebody types past the triggers is found by `verify_ledger`, from the rows alone."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection

from payments.enums import DecisionKind
from payments.models import BankRefund, LineDecision, Order, Statement, StatementLine
from tests.payments.decisions.conftest import ledger_faults
from tests.payments.mt940 import Transfer

LINES = ["lines_hold_what_they_settle", "money_is_conserved"]


@pytest.fixture
def gone_back(
    waiting: Callable[..., StatementLine],
    decide: Callable[..., LineDecision],
    order_of: Callable[..., Order],
    imported: Callable[..., Statement],
    now: datetime,
) -> BankRefund:
    """5.200,00 ₺ that paid an order; the 102,40 ₺ beside its price have left the account again."""
    order, line = order_of(), waiting("5200.00")
    shares = [(order.code, Decimal("5097.60"))]
    decide(line, DecisionKind.ALLOCATE, shares=shares, refund_amount=Decimal("102.40"))
    refund = BankRefund.objects.get()
    imported(Transfer(f"IADE-{refund.pk}", Decimal("-102.40")), reference="CIKIS")
    refund.refresh_from_db()
    assert (refund.state, ledger_faults()) == ("confirmed", [])
    return refund


@pytest.mark.parametrize(
    ("change", "found"),
    [
        # Another debit than the refund's, none at all, and one of another account.
        ("UPDATE payments_statementline SET amount = amount + 0.01 WHERE id = {debit}", ["refunds_left_the_account"]),
        ("UPDATE payments_bankrefund SET debit_line_id = NULL", ["refunds_left_the_account"]),
        ("UPDATE payments_bankrefund SET debit_line_id = {line}", ["refunds_left_the_account"]),
        ("UPDATE payments_statementline SET account_id = {other} WHERE id = {debit}", ["refunds_left_the_account"]),
        ("UPDATE payments_statementline SET currency = 'EUR' WHERE id = {debit}", ["refunds_left_the_account"]),
        # The line is no longer what was allocated and went back.
        ("UPDATE payments_bankrefund SET amount = amount - 1", [*LINES, "refunds_left_the_account"]),
        ("UPDATE payments_bankrefund SET amount = amount + 1", [*LINES, "refunds_left_the_account"]),
        ("UPDATE payments_bankrefund SET state = 'cancelled'", LINES),
        ("UPDATE payments_statementline SET amount = amount + 1 WHERE id = {line}", LINES),
        ("UPDATE payments_statementline SET state = 'refund' WHERE id = {line}", LINES[:1]),
        ("UPDATE payments_statementline SET state = 'unmatched' WHERE id = {line}", LINES),
    ],
)
def test_a_broken_row_is_found(gone_back: BankRefund, change: str, found: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "INSERT INTO payments_bankaccount (bank_name, iban, account_number, branch, currency, is_active, position)"
            " VALUES ('B', 'TR140006400000142011234567', '1', 'S', 'TRY', true, 9) RETURNING id"
        )
        (other,) = cursor.fetchone()
        cursor.execute("ALTER TABLE payments_bankrefund DISABLE TRIGGER USER")
        for (name,) in _checks(cursor):
            cursor.execute(f'ALTER TABLE payments_bankrefund DROP CONSTRAINT "{name}"')
        cursor.execute(change.format(line=gone_back.line_id, debit=gone_back.debit_line_id, other=other))
    assert sorted(ledger_faults()) == sorted(found)


def _checks(cursor: object) -> list[tuple[str]]:
    """Return the names of the checks that would refuse such a row before the ledger has to."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT conname FROM pg_constraint WHERE conrelid = 'payments_bankrefund'::regclass AND contype = 'c'"
    )
    return list(cursor.fetchall())  # type: ignore[attr-defined]
