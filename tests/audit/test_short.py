"""A transaction of two questions: what it keeps, what it undoes, and how often it asks."""

from contextlib import closing

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from iys_portal.audit.short import short_transaction

INSERT = "INSERT INTO packages_addressdelta (provider_id, phones, emails) VALUES (%(provider)s, 1, 0) RETURNING phones"
COUNT = "SELECT count(*) FROM packages_addressdelta WHERE provider_id = %(provider)s"
BROKEN = "SELECT 1 / (%(provider)s - %(provider)s)"
MINE = {"provider": 7}


class Left(Exception):
    """Somebody changed their mind between the two questions."""


def count() -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, MINE)
        return int(cursor.fetchone()[0])


def write(first: str = INSERT, last: str = INSERT) -> None:
    with short_transaction() as short:
        short.first(first, MINE)
        short.last(last, MINE)


def leave() -> None:
    with short_transaction() as short:
        short.first(INSERT, MINE)
        raise Left


def write_and_leave() -> None:
    with transaction.atomic():
        write()
        raise Left


def forget_the_last() -> None:
    with short_transaction() as short:
        short.first(INSERT, MINE)


def lose_the_server() -> None:
    with short_transaction() as short:
        ((own,),) = short.first("SELECT pg_backend_pid()", MINE)
        with closing(connection.copy()) as killer, killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [own])
        short.last(INSERT, MINE)


@pytest.mark.django_db(transaction=True)
def test_alone_it_is_committed_or_undone_as_a_whole() -> None:
    """One test for all: emptying the tables after each would take longer than they do."""
    with CaptureQueriesContext(connection) as asked:
        write()
    shown = [query["sql"].replace(INSERT % MINE, "…") for query in asked.captured_queries]
    assert shown == ["BEGIN; …", "…; COMMIT"]
    connection.close()
    assert count() == 2
    with pytest.raises(Left):
        leave()
    forget_the_last()
    for broken in ({"first": BROKEN}, {"last": BROKEN}):
        with pytest.raises(DatabaseError):
            write(**broken)
    with pytest.raises(DatabaseError):
        lose_the_server()
    assert count() == 2
    write()
    assert count() == 4


@pytest.mark.django_db
def test_inside_another_it_is_a_savepoint() -> None:
    write()
    with pytest.raises(Left):
        leave()
    with pytest.raises(DatabaseError):
        write(last=BROKEN)
    assert count() == 2
    with pytest.raises(Left):
        write_and_leave()
    assert count() == 2
