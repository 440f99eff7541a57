"""A worker killed at any statement of SQL: the sweeper's next run finishes the job, once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from contracts.models import SignedDocument
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from packages.models import Subscription
from payments.enums import LineState, OrderState, StatementState
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from payments.services import statements
from tests.child import in_child
from tests.payments.mt940 import Transfer, mt940

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def killed_at_statement(number: int) -> Iterator[None]:
    """Kill this process, as kill -9 would, just before its `number`-th statement of SQL."""
    count = 0

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def run_in_a_worker_that_dies(message_id: int, *, at_statement: int) -> bool:
    """Run a message in a child process; return True when it was killed, False when it got to its end."""

    def work() -> None:
        with killed_at_statement(at_statement):
            outbox.run(message_id)

    status = in_child(work)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL


def sweep_until_done() -> None:
    """Do what beat and an undisturbed worker do, until nothing is open."""
    for message in OutboxMessage.objects.filter(done_at=None, failed_at=None).order_by("pk"):
        assert outbox.run(message.pk) is True, message.last_error
    assert OutboxMessage.objects.filter(done_at=None).exclude(topic="contract.issue").count() == 0


def received(account: BankAccount, order: Order, now: datetime, reference: str) -> OutboxMessage:
    content = mt940(
        account.iban,
        Transfer("KIRA", Decimal("30.00")),
        Transfer(order.code_display),
        Transfer("AIDAT", Decimal("10.00")),
        reference=reference,
    )
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    return OutboxMessage.objects.get(topic="statement.process", payload={"statement_id": statement.pk})


def test_statement_processing_killed_anywhere_is_finished_once(
    awaiting: Callable[..., Order], account: BankAccount, now: datetime
) -> None:
    """One statement, one worker killed at every statement in turn, each starting where the last one fell."""
    order = awaiting("ileti-150")
    message = received(account, order, now, "EKSTRE1")
    statement_number, kills = 0, 0
    while True:
        statement_number += 1
        if not run_in_a_worker_that_dies(message.pk, at_statement=statement_number):
            break
        kills += 1
        assert _is_whole(order)
    assert kills >= 20
    sweep_until_done()
    _assert_settled_once(order)


def test_a_contract_killed_anywhere_is_issued_once(
    accepted: Callable[..., Order], settings: Any, tmp_path: Any
) -> None:
    settings.DATA_DIR, settings.DEMO_MODE = tmp_path, True
    order = accepted("ileti-75")
    message = OutboxMessage.objects.get(topic="contract.issue")
    statement_number = 0
    while run_in_a_worker_that_dies(message.pk, at_statement=statement_number + 1):
        statement_number += 1
        document = SignedDocument.objects.get(approval=order.approval)
        assert (document.content is None) == (document.state in {"pending", "failed"})
    assert statement_number >= 5
    sweep_until_done()
    document = SignedDocument.objects.get(approval=order.approval)
    assert document.state == "timestamped"
    issued = AuditEvent.objects.filter(object_type="contracts.signeddocument", action="state:timestamped")
    assert issued.count() == 1


def _is_whole(order: Order) -> bool:
    """Between two deaths the rows are consistent: money, state, package and document go together."""
    order.refresh_from_db()
    settled = order.state == OrderState.COMPLETED
    counts = {
        Allocation.objects.count(),
        Subscription.objects.count(),
        SignedDocument.objects.count(),
        StatementLine.objects.filter(state=LineState.MATCHED).count(),
    }
    return counts == {int(settled)} and order.state in {OrderState.TRANSFER_PENDING, OrderState.COMPLETED}


def _assert_settled_once(order: Order) -> None:
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert Statement.objects.get().state == StatementState.MATCHED
    assert list(StatementLine.objects.order_by("position").values_list("state", flat=True)) == [
        LineState.UNMATCHED,
        LineState.MATCHED,
        LineState.UNMATCHED,
    ]
    assert Allocation.objects.get().amount == Decimal("5097.60")
    assert Subscription.objects.count() == 1
    completed = AuditEvent.objects.filter(object_type="payments.order", action="state:completed")
    assert completed.count() == 1
    assert all(result["ok"] for result in ledger.verify().values())


def test_the_sweeper_finds_work_whose_doorbell_was_lost(
    awaiting: Callable[..., Order], account: BankAccount, now: datetime
) -> None:
    order = awaiting("ileti-150")
    message = received(account, order, now, "EKSTRE1")
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=now)
    assert outbox.sweep(now=now + timedelta(seconds=1)) == 1
    sweep_until_done()
    _assert_settled_once(order)
