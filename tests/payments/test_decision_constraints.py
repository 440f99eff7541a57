"""What must stay true of decisions about movements and of money that goes back, whoever types SQL."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Person
from payments.enums import BankRefundState, DecisionKind, DecisionState, LineState
from payments.models import (
    Allocation,
    BankAccount,
    BankRefund,
    LineComment,
    LineDecision,
    Order,
    RefundFile,
    Statement,
    StatementLine,
    StatementProfile,
)
from tests import factories
from tests.architecture.test_constraints import refused
from tests.payments.mt940 import Transfer

Import = Callable[..., Statement]
IBAN = "TR140006400000142011234567"


@pytest.fixture
def line(imported: Import, account: BankAccount) -> StatementLine:
    """A movement of 5.097,60 ₺ that waits for a person."""
    imported(Transfer("KIRA"))
    return StatementLine.objects.get()


@pytest.fixture
def persons() -> tuple[Person, Person]:
    """Two accountants."""
    return factories.accountant(), factories.accountant("muhasebe2")


def refund(line: StatementLine, amount: str = "5097.60", **fields: object) -> BankRefund:
    """Money of a movement that goes back."""
    values = {"iban": IBAN, "name": "GÖNDEREN", "reason": "Fazla ödeme", **fields}
    return BankRefund.objects.create(line=line, amount=Decimal(amount), **values)


def decision(line: StatementLine, person: Person, **fields: object) -> LineDecision:
    """A person's decision about a movement."""
    values = {"kind": DecisionKind.IGNORE, "reason": "Kira geliri", **fields}
    return LineDecision.objects.create(line=line, requested_by=person, **values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("decision_kind_known", "kind = 'guess'"),
        ("decision_state_known", "state = 'gone'"),
        ("decision_has_reason", "reason = ''"),
        ("decision_second_is_another", "decided_by_id = requested_by_id, decided_at = now()"),
        ("decision_by_a_second_has_instant", "decided_at = now()"),
        ("decision_refund_positive", "refund_amount = 0"),
    ],
)
def test_decisions(line: StatementLine, persons: tuple[Person, Person], constraint: str, change: str) -> None:
    decision(line, persons[0])
    refused(constraint, f"UPDATE payments_linedecision SET {change}")


@pytest.mark.django_db
def test_one_decision_awaits_a_second_person(line: StatementLine, persons: tuple[Person, Person]) -> None:
    decision(line, persons[0], state=DecisionState.AWAITING)
    other = decision(line, persons[1])
    refused("decision_one_awaiting", "UPDATE payments_linedecision SET state = 'awaiting' WHERE id = %s", other.pk)


@pytest.mark.django_db
def test_comments_stay(line: StatementLine, persons: tuple[Person, Person]) -> None:
    LineComment.objects.create(line=line, person=persons[0], text="Gönderen arandı.")
    refused("append-only", "UPDATE payments_linecomment SET text = 'x'")
    refused("append-only", "DELETE FROM payments_linecomment")
    refused(
        "comment_has_text",
        "INSERT INTO payments_linecomment (line_id, person_id, text) SELECT line_id, person_id, ''"
        " FROM payments_linecomment",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("bank_refund_positive", "amount = 0"),
        ("bank_refund_state_known", "state = 'gone'"),
        ("bank_refund_has_reason", "reason = ''"),
        ("bank_refund_exported_in_file", "state = 'exported'"),
        ("bank_refund_confirmed_by_debit", "state = 'confirmed'"),
        ("bank_refund_confirmed_by_debit", "confirmed_at = now()"),
        ("bank_refund_within_line", "amount = 5097.61"),
        ("bank_refund_iban_valid", "iban = 'TR140006400000142011234568'"),
    ],
)
def test_bank_refunds(line: StatementLine, constraint: str, change: str) -> None:
    refund(line)
    refused(constraint, f"UPDATE payments_bankrefund SET {change}")


@pytest.mark.django_db
def test_who_approves_a_refund_is_somebody_else(line: StatementLine, persons: tuple[Person, Person]) -> None:
    asker, other = persons
    again = factories.accountant("muhasebe4")
    row = refund(line, requested_by=asker, changed_by=other, owed_again_by=again)
    approve = "UPDATE payments_bankrefund SET approved_at = now(), approved_by_id = %s"
    refused("bank_refund_second_is_another", approve, asker.pk)
    refused("bank_refund_second_is_another", approve, other.pk)
    refused("bank_refund_second_is_another", approve, again.pk)
    refused("bank_refund_approval_has_instant", "UPDATE payments_bankrefund SET approved_at = now()")
    row.approved_by, row.approved_at = factories.accountant("muhasebe3"), timezone.now()
    row.save()


@pytest.mark.django_db
def test_a_line_never_gives_more_than_it_brought(line: StatementLine, awaiting: Callable[..., Order]) -> None:
    order = awaiting("ileti-150")
    first = refund(line, "5000.00")
    columns = "line_id, order_id, amount, reverses_id, rule, reason"
    allocate = f"INSERT INTO payments_allocation ({columns}) VALUES (%s, %s, %s, NULL, '', '')"
    refused("allocation_within_line", allocate, line.pk, order.pk, "97.61")
    Allocation.objects.create(line=line, order=order, amount=Decimal("97.60"), rule="person", reason="Elle")
    refused("bank_refund_within_line", "UPDATE payments_bankrefund SET amount = 5000.01")
    first.state = BankRefundState.CANCELLED
    first.save()
    refused("bank_refund_within_line", "UPDATE payments_bankrefund SET state = 'owed', amount = 5000.01")


@pytest.mark.django_db
def test_a_line_pays_an_order_once_and_again_after_an_undo(line: StatementLine, awaiting: Callable[..., Order]) -> None:
    order, other = awaiting("ileti-150"), awaiting("ileti-250")
    part = {"line": line, "rule": "person", "reason": "Elle"}
    first = Allocation.objects.create(order=order, amount=Decimal("100.00"), **part)
    columns = "line_id, order_id, amount, reverses_id, rule, reason"
    insert = f"INSERT INTO payments_allocation ({columns}) VALUES (%s, %s, %s, %s, '', '')"
    refused("allocation_one_a_pair", insert, line.pk, order.pk, "1.00", None)
    refused("allocation_reverses_whole", insert, line.pk, order.pk, "-99.00", first.pk)
    refused("allocation_reverses_whole", insert, line.pk, other.pk, "-100.00", first.pk)
    undo = Allocation.objects.create(order=order, amount=Decimal("-100.00"), reverses=first, **part)
    refused("allocation_sign", insert, line.pk, order.pk, "100.00", undo.pk)
    again = Allocation.objects.create(order=order, amount=Decimal("5097.60"), **part)
    assert sum(row.amount for row in (first, undo, again)) == Decimal("5097.60")


@pytest.mark.django_db
def test_rows_of_one_statement_are_checked_together(line: StatementLine, awaiting: Callable[..., Order]) -> None:
    first, second = awaiting("ileti-150").pk, awaiting("ileti-250").pk
    row = "(%s, %s, %s, '', '')"
    insert = f"INSERT INTO payments_allocation (line_id, order_id, amount, rule, reason) VALUES {row}, {row}"
    refused("allocation_within_line", insert, line.pk, first, "3000.00", line.pk, second, "2097.61")
    refused("allocation_one_a_pair", insert, line.pk, first, "1.00", line.pk, first, "1.00")
    with connection.cursor() as cursor:
        cursor.execute(insert, [line.pk, first, "3000.00", line.pk, second, "2097.60"])
    assert Allocation.objects.filter(line=line).count() == 2


@pytest.mark.django_db
def test_a_refund_file_is_not_empty(account: BankAccount, persons: tuple[Person, Person]) -> None:
    RefundFile.objects.create(
        account=account,
        created_by=persons[0],
        count=1,
        total=Decimal("1.00"),
        sha256="0" * 64,
        created_at=timezone.now(),
    )
    refused("refund_file_not_empty", "UPDATE payments_refundfile SET count = 0")
    refused("refund_file_not_empty", "UPDATE payments_refundfile SET total = 0")


@pytest.mark.django_db
def test_a_debit_pays_one_refund(line: StatementLine) -> None:
    debit = {"state": BankRefundState.CONFIRMED, "debit_line": line, "confirmed_at": timezone.now()}
    refund(line, "1.00", **debit)
    other = refund(line, "2.00")
    refused(
        "debit_line",
        "UPDATE payments_bankrefund SET state = 'confirmed', debit_line_id = %s, confirmed_at = now() WHERE id = %s",
        line.pk,
        other.pk,
    )


@pytest.mark.django_db
def test_files_are_kept_as_they_came(line: StatementLine) -> None:
    refused("append-only", "UPDATE payments_statementchunk SET position = 1")
    refused("append-only", "DELETE FROM payments_statementchunk")
    refused(
        "chunk_once",
        "INSERT INTO payments_statementchunk (statement_id, position, content_encrypted)"
        " SELECT statement_id, position, content_encrypted FROM payments_statementchunk",
    )
    assert line.state == LineState.UNMATCHED


@pytest.mark.django_db
def test_profiles() -> None:
    StatementProfile.objects.create(slug="banka", name="Banka", kind="csv", definition={})
    refused("profile_kind_known", "UPDATE payments_statementprofile SET kind = 'pdf'")
    refused(
        "payments_statementprofile_slug",
        "INSERT INTO payments_statementprofile (slug, name, kind, definition, is_active)"
        " SELECT slug, name, kind, definition, is_active FROM payments_statementprofile",
    )
