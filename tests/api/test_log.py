"""Calls are written down by a thread, many at once: nobody waits, and who ends in order leaves none behind."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpResponse
from pytest_django import Settings

from accounts.models import ApiRequest, Provider
from iys_portal import settings as shipped
from iys_portal.api import log
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Api]
SOON = 30.0
_THREAD = "api-log"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Lines wait for it, not for a time."""
    gate = threading.Event()
    monkeypatch.setattr(log, "time", SimpleNamespace(sleep=lambda _: gate.wait(SOON)))
    yield gate
    have_it_written(gate)  # no thread goes on into the next test


@pytest.fixture
def client(api: Make, provider: Provider, settings: Settings, gate: threading.Event) -> Api:
    client = api(provider)
    settings.API_LOG_SECONDS = 0.1
    return client


def lines() -> QuerySet[ApiRequest]:
    return ApiRequest.objects.exclude(path="/oauth2/token")  # that was before


def is_at_work() -> bool:
    return any(thread.name == _THREAD for thread in threading.enumerate())


def have_it_written(gate: threading.Event) -> None:
    gate.set()
    end = time.monotonic() + SOON
    while is_at_work():
        assert time.monotonic() < end
        time.sleep(0.01)
    gate.clear()


def number_of(answer: HttpResponse) -> UUID:
    assert answer.status_code == 200
    return UUID(answer.headers["X-Request-Id"])


def test_calls_come_together_in_one_statement(
    client: Api, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    insert = log._insert
    monkeypatch.setattr(log, "_insert", lambda lines: sizes.append(len(lines)) or insert(lines))
    numbers = {number_of(client.get("/info/city/6")) for _ in range(3)}
    assert not lines().exists()
    have_it_written(gate)
    assert sizes == [3]
    assert set(lines().values_list("request_id", flat=True)) == numbers


def test_a_thread_is_there_while_there_is_something_to_write(client: Api, gate: threading.Event) -> None:
    for count in (1, 2):
        client.get("/info/city/6")
        assert is_at_work()
        have_it_written(gate)
        assert lines().count() == count


def test_a_call_says_when_it_came_not_when_it_was_written(client: Api, gate: threading.Event) -> None:
    client.get("/info/city/6")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ((answered,),) = cursor.fetchall()
    have_it_written(gate)
    assert lines().get().at < answered


def test_what_has_no_room_is_lost_and_the_call_is_answered(
    client: Api, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_WAITING", 2)
    numbers = [number_of(client.get("/info/city/6")) for _ in range(3)]
    have_it_written(gate)
    assert set(lines().values_list("request_id", flat=True)) == set(numbers[:2])


def test_a_database_that_is_away_costs_the_lines_and_no_more(client: Api, gate: threading.Event) -> None:
    number_of(client.get("/info/city/6"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_apirequest RENAME TO away")
    try:
        have_it_written(gate)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO accounts_apirequest")
    number = number_of(client.get("/info/city/6"))
    have_it_written(gate)
    assert [line.request_id for line in lines()] == [number]


def test_a_line_that_no_database_takes_costs_the_others_nothing(client: Api, gate: threading.Event) -> None:
    numbers = [number_of(client.get("/info/city/6"))]
    assert client.get("/info/city/%00").status_code == 400
    log._writer.take(
        ApiRequest(account_id=client.account.pk, request_id=uuid4(), path="\0", status=200, milliseconds=1)
    )
    log._writer.take(
        ApiRequest(account_id=client.account.pk, request_id=uuid4(), path="\ud800", status=200, milliseconds=1)
    )
    numbers.append(number_of(client.get("/info/city/6")))
    have_it_written(gate)
    assert sorted(lines().filter(status=200).values_list("request_id", flat=True)) == sorted(numbers)
    assert lines().get(status=400).path == "/info/city/\N{REPLACEMENT CHARACTER}"


def test_where_there_is_no_thread_to_be_had_the_next_call_tries_again(
    client: Api, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_thread)
        first = number_of(client.get("/info/city/6"))
    second = number_of(client.get("/info/city/6"))
    have_it_written(gate)
    assert {line.request_id for line in lines()} == {first, second}


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


_ONE_LINE = """
import django
django.setup()
from django.conf import settings
settings.API_LOG_SECONDS, settings.DATABASES["default"]["NAME"] = {seconds}, {database!r}
from uuid import UUID
from django.utils import timezone
from accounts.models import ApiRequest
from iys_portal.api import log
log._writer.take(ApiRequest(account_id=1, at=timezone.now(), request_id=UUID({number!r}), status=200, milliseconds=1))
"""


def test_a_process_that_ends_writes_down_what_waits() -> None:
    number = uuid4()
    program = _ONE_LINE.format(
        seconds=shipped.API_LOG_SECONDS, database=connection.settings_dict["NAME"], number=str(number)
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=settings.BASE_DIR, timeout=60)
    assert ApiRequest.objects.get().request_id == number
