"""A worker killed at any statement of SQL: the sweeper's next run finishes the job, once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from contracts.issuing import issue_document
from contracts.models import SignedDocument
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from payments.models import BankAccount, Order
from payments.services import settlement, statements
from tests import factories
from tests.child import in_child, run_in_a_worker_that_dies
from tests.payments.scenario import Scene, canon, new_scene

pytestmark = pytest.mark.django_db(transaction=True)


def sweep_until_done() -> None:
    """Do what beat and an undisturbed worker do, until nothing is open."""
    while messages := list(OutboxMessage.objects.filter(done_at=None, failed_at=None).order_by("pk")):
        for message in messages:
            assert outbox.run(message.pk) is True, message.last_error


def received(scene: Scene) -> OutboxMessage:
    return OutboxMessage.objects.get(topic="statement.process", payload={"statement_id": scene.statement.pk})


@pytest.fixture
def undisturbed(now: datetime) -> dict[str, Any]:
    """What comes of the scene when nothing happens to its worker."""
    scene = new_scene(factories.BankAccountFactory.create(), now)
    assert outbox.run(received(scene).pk) is True
    sweep_until_done()
    return canon(scene)


def test_statement_processing_killed_anywhere_is_finished_once(
    undisturbed: dict[str, Any], account: BankAccount, now: datetime
) -> None:
    """One statement, one worker killed at every statement in turn, each starting where the last one fell."""
    scene = new_scene(account, now)
    message = received(scene)
    kills = 0
    while run_in_a_worker_that_dies(message.pk, at_statement=kills + 1):
        kills += 1
        assert broken_rules() == []
    assert kills >= 25
    sweep_until_done()
    assert canon(scene) == undisturbed
    assert broken_rules() == []


def test_a_database_that_goes_away_anywhere_loses_nothing(
    undisturbed: dict[str, Any], account: BankAccount, now: datetime
) -> None:
    """The server ends the worker's connection before every third statement, as a restart would."""
    scene = new_scene(account, now)
    message = received(scene)
    cuts = 0
    while in_child(partial(_run_cut_off, message.pk, at_statement=3 * (cuts + 1))):
        cuts += 1
        assert broken_rules() == []
        OutboxMessage.objects.filter(pk=message.pk).update(attempts=0)  # nobody gives up in this test
    assert cuts >= 10
    sweep_until_done()
    assert canon(scene) == undisturbed


def _run_cut_off(message_id: int, *, at_statement: int) -> None:
    """Run a message on a connection that ends before a statement; raises when it has ended."""
    count = 0

    def cut(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == at_statement:
            execute("SELECT pg_terminate_backend(pg_backend_pid())", None, False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut):
        outbox.run(message_id)
    assert count < at_statement


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
    assert (issued.count(), OutboxMessage.objects.filter(topic="contract.archive").count()) == (1, 1)


@pytest.mark.parametrize("statement_number", [1, 12, 25])
def test_a_broker_flushed_during_an_import_loses_nothing(
    undisturbed: dict[str, Any], account: BankAccount, now: datetime, statement_number: int
) -> None:
    """The worker dies, and Redis forgets every message: what the sweeper rings for finishes the import, once."""
    scene = new_scene(account, now)
    assert run_in_a_worker_that_dies(received(scene).pk, at_statement=statement_number)
    heard()  # flushed: nothing that was rung before counts
    later = timezone.now()
    rounds = 0
    while OutboxMessage.objects.filter(done_at=None, failed_at=None).exists():
        rounds, later = rounds + 1, later + timedelta(minutes=2)
        assert rounds < 20
        outbox.sweep(now=later)
        for message_id in heard():
            outbox.run(message_id)
    assert canon(scene) == undisturbed
    assert broken_rules() == []


def heard() -> list[int]:
    """Take every message out of the broker; return the numbers of our outbox rows that they ring for.

    Another process of the same test run rings in the same broker, for rows of a database of its own.
    """
    numbers = []
    with current_app.connection_for_read() as broker:
        for name in ("default", "import", "documents", "mail"):
            with broker.SimpleQueue(name) as queue, suppress(queue.Empty):
                while True:
                    message = queue.get_nowait()
                    message.ack()
                    numbers.append(message.payload[1].get("message_id"))
    return [number for number in numbers if OutboxMessage.objects.filter(pk=number).exists()]


@pytest.mark.parametrize("authority", ["", "http://127.0.0.1:1/"], ids=["stamped", "sealed while no stamp was had"])
def test_an_archive_killed_anywhere_is_made_once(
    accepted: Callable[..., Order], settings: Any, tmp_path: Any, now: datetime, authority: str
) -> None:
    settings.DATA_DIR, settings.DEMO_MODE, settings.TSA_URL = tmp_path, True, authority
    document = SignedDocument.objects.get(approval=accepted("ileti-75").approval)
    issue_document(document_id=document.pk, now=now)
    settings.TSA_URL = ""
    message = OutboxMessage.objects.get(topic="contract.archive")
    contents = [bytes(SignedDocument.objects.get().content or b"")]
    statement_number = 0
    while run_in_a_worker_that_dies(message.pk, at_statement=statement_number + 1):
        statement_number += 1
        contents.append(bytes(SignedDocument.objects.get().content or b""))
        assert contents[-1].startswith(contents[-2])
        assert all(result["ok"] for result in ledger.verify().values())
    assert statement_number >= 6
    sweep_until_done()
    document.refresh_from_db()
    assert (document.state, document.archived_at is not None) == ("timestamped", True)
    archived = AuditEvent.objects.filter(object_type="contracts.signeddocument", action="archive")
    assert (archived.count(), len(set(contents))) == (1, 3 if authority else 2)


def broken_rules() -> list[str]:
    return [name for name, result in ledger.verify().items() if not result["ok"]]


def test_the_sweeper_finds_work_whose_doorbell_was_lost(
    undisturbed: dict[str, Any], account: BankAccount, now: datetime
) -> None:
    scene = new_scene(account, now)
    OutboxMessage.objects.filter(pk=received(scene).pk).update(due_at=now)
    assert outbox.sweep(now=now + timedelta(seconds=1)) == 1
    sweep_until_done()
    assert canon(scene) == undisturbed


def test_a_worker_killed_between_money_and_package_leaves_a_promise(
    undisturbed: dict[str, Any], account: BankAccount, now: datetime
) -> None:
    scene = new_scene(account, now)
    statements.read(statement_id=scene.statement.pk)
    settlement.settle_lines(statement_id=scene.statement.pk, now=now)
    states = Order.objects.filter(pk__in=[order.pk for order in scene.orders]).values_list("state", flat=True)
    assert list(states.order_by("pk")) == ["paid", "paid", "paid"]
    sweep_until_done()
    assert canon(scene) == undisturbed
