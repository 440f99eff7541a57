"""The outbox: promised work is done at least once, in one place at a time, and given up on visibly."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.celery import app
from tests.child import in_child

DONE: list[int] = []


@pytest.fixture(autouse=True)
def topics() -> Iterator[None]:
    """Two topics of the test's own: one that works, one that never does."""
    DONE.clear()
    outbox.handler("test.note")(lambda *, number: DONE.append(number))
    outbox.handler("test.fail")(_fail)
    yield
    for topic in ("test.note", "test.fail"):
        del outbox._HANDLERS[topic]


def _fail() -> None:
    raise RuntimeError("kapalı")


@pytest.mark.django_db
def test_a_promise_is_a_row_that_is_done_once() -> None:
    message = outbox.promise("test.note", number=7)
    assert (message.done_at, DONE) == (None, [])
    assert outbox.run(message.pk) is True
    assert outbox.run(message.pk) is True
    assert DONE == [7]
    message.refresh_from_db()
    assert message.done_at is not None


@pytest.mark.django_db
def test_a_promise_of_a_transaction_that_fails_is_gone() -> None:
    with pytest.raises(RuntimeError):
        _promise_and_fail()
    assert OutboxMessage.objects.filter(topic="test.note").count() == 0


@transaction.atomic
def _promise_and_fail() -> None:
    outbox.promise("test.note", number=1)
    outbox.promise_beside(_ROW, {"provider": 7}, "test.note", number=2)
    _fail()


_ROW = "INSERT INTO packages_addressdelta (provider_id, phones, emails) VALUES (%(provider)s, 1, 0) RETURNING phones"


@pytest.mark.django_db
def test_a_row_and_its_promise_are_made_together() -> None:
    assert outbox.promise_beside(_ROW, {"provider": 7}, "test.note", number=8) == (1,)
    message = OutboxMessage.objects.get(topic="test.note")
    assert message.payload == {"number": 8}
    assert outbox.run(message.pk) is True
    assert DONE == [8]
    with pytest.raises(DatabaseError), transaction.atomic():
        outbox.promise_beside(_ROW, {"provider": None}, "test.note", number=9)
    assert OutboxMessage.objects.filter(topic="test.note").count() == 1


@pytest.mark.django_db
def test_failures_pause_longer_and_longer_and_end_in_a_visible_state() -> None:
    message = outbox.promise("test.fail")
    pauses = []
    for _ in range(outbox.MAX_ATTEMPTS):
        before = timezone.now()
        assert outbox.run(message.pk) is False
        message.refresh_from_db()
        pauses.append(round((message.due_at - before).total_seconds()))
    assert pauses[:4] == [30, 60, 120, 240]
    assert pauses[-1] == 3600
    assert message.failed_at is not None
    assert message.last_error == "RuntimeError: kapalı"


@pytest.mark.django_db
def test_what_was_given_up_on_is_not_run_again() -> None:
    message = outbox.promise("test.note", number=3)
    OutboxMessage.objects.filter(pk=message.pk).update(failed_at=timezone.now())
    assert outbox.run(message.pk) is False
    assert DONE == []


@pytest.mark.django_db
def test_a_message_runs_in_one_place_at_a_time() -> None:
    message = outbox.promise("test.note", number=5)
    with psycopg.connect(_address()) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [outbox._LOCK_SPACE, message.pk])
        assert outbox.run(message.pk) is False
        assert DONE == []
        other.execute("SELECT pg_advisory_unlock_all()")
    assert outbox.run(message.pk) is True
    assert DONE == [5]


@pytest.mark.django_db
def test_the_sweeper_rings_for_what_is_due_and_then_leaves_it_alone_for_a_minute() -> None:
    now = timezone.now()
    due = outbox.promise("test.note", number=1)
    outbox.promise("test.note", number=2)
    OutboxMessage.objects.filter(pk=due.pk).update(due_at=now - timedelta(seconds=1))
    OutboxMessage.objects.exclude(pk=due.pk).update(due_at=now + timedelta(hours=1))
    assert outbox.sweep(now=now) == 1
    assert outbox.sweep(now=now + timedelta(seconds=59)) == 0
    assert outbox.sweep(now=now + timedelta(seconds=61)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_nothing() -> None:
    def promise_without_broker() -> None:
        app.conf.broker_url = app.conf.broker_write_url = "redis://127.0.0.1:1/0"  # nothing listens there
        outbox.promise("test.note", number=9)

    assert in_child(promise_without_broker) == 0
    message = OutboxMessage.objects.get(topic="test.note")
    assert outbox.run(message.pk) is True
    assert DONE == [9]


def test_two_handlers_for_one_topic_are_refused() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        outbox.handler("test.note")(_fail)


def _address() -> str:
    database = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=database["NAME"],
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"] or None,
    )
