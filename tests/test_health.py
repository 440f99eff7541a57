"""/healthz with a real worker, without one, and with servers that are away or hang."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as portal_settings
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from accounts.models import Person
from contracts.models import SignedDocument
from iys_portal import health
from iys_portal.celery import app
from iys_portal.health import worker_watch
from tests import factories
from tests.admin.world import buy

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def prefix(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A corner of the broker of our own: nobody else's worker answers there."""
    own = f"health-{secrets.token_hex(4)}:"
    monkeypatch.setitem(app.conf, "broker_transport_options", {"global_keyprefix": own})
    monkeypatch.setattr(app.amqp, "_producer_pool", None)  # it would go on with the prefix of its first use
    worker_watch.forget()
    yield own
    flush(own)
    worker_watch.forget()


def flush(prefix: str) -> None:
    """Let the broker lose all that it knows under a prefix."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        for key in broker.scan_iter(f"{prefix}*"):
            broker.delete(key)


@pytest.fixture
def worker(prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process; it is stopped with the test."""
    command = [sys.executable, "-m", "celery", "-A", "iys_portal", "worker", "-P", "solo", "-l", "error"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "REDIS_PREFIX": prefix})
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(timeout=120)


@pytest.fixture
def hole() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """The first request of a process reads every address of the portal; that is not what is timed here."""
    assert get_resolver().url_patterns


def ask() -> tuple[int, dict[str, Any]]:
    """Return status and document of /healthz; it must answer, whatever happens: what hangs would hold it for ever."""
    start = time.monotonic()
    answer = Client().get("/healthz")
    assert time.monotonic() - start < 30
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "no-store")
    document: dict[str, Any] = answer.json()
    assert sorted(document) == ["checks", "ok", "version", "warnings"]
    assert document["version"] == portal_settings.VERSION
    assert document["ok"] == (answer.status_code == 200)
    return answer.status_code, document["checks"]


def wait_for_worker() -> None:
    deadline = time.monotonic() + 120
    while ask()[0] != 200:
        assert time.monotonic() < deadline, "the worker does not answer"


def test_everything_answers(worker: subprocess.Popen[bytes], db: None) -> None:
    wait_for_worker()
    assert ask() == (200, {"database": "ok", "broker": "ok", "worker": "ok"})


def test_a_worker_that_went_is_missed(
    worker: subprocess.Popen[bytes], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WORKER_FRESH_SECONDS", 600.0)  # a busy machine takes its time to end a process
    wait_for_worker()
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=120)
    assert ask()[0] == 200, "it answered a moment ago and is not asked again at once"
    worker_watch.forget()
    assert ask() == (503, {"database": "ok", "broker": "ok", "worker": "yanıt vermiyor"})


def test_a_broker_that_lost_everything_is_no_trouble(worker: subprocess.Popen[bytes], prefix: str, db: None) -> None:
    wait_for_worker()
    flush(prefix)
    worker_watch.forget()
    assert ask() == (200, {"database": "ok", "broker": "ok", "worker": "ok"})


def test_without_a_worker(db: None) -> None:
    assert ask() == (503, {"database": "ok", "broker": "ok", "worker": "yanıt vermiyor"})


def test_without_a_broker(db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert ask() == (503, {"database": "ok", "broker": "erişilemiyor", "worker": "erişilemiyor"})


def test_with_a_broker_that_hangs(db: None, settings: Any, hole: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{hole}/0"
    assert ask() == (503, {"database": "ok", "broker": "erişilemiyor", "worker": "erişilemiyor"})


@pytest.fixture
def database_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Make new connections to the database go to another port."""

    def use(port: int) -> None:
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(port))

    return use


def test_without_a_database(db: None, database_at: Callable[[int], None]) -> None:
    database_at(1)
    status, checks = ask()
    assert (status, checks["database"]) == (503, "erişilemiyor")


def test_with_a_database_that_hangs(db: None, database_at: Callable[[int], None], hole: int) -> None:
    database_at(hole)
    status, checks = ask()
    assert (status, checks["database"] != "ok", checks["broker"]) == (503, True, "ok")


def test_demo_mode_is_told(db: None, settings: Any) -> None:
    settings.DEMO_MODE = False
    assert Client().get("/healthz").json()["warnings"] == []
    settings.DEMO_MODE = True
    assert Client().get("/healthz").json()["warnings"] == ["Deneme kipi açık: bilinen parolalar geçerli."]


@pytest.mark.django_db(transaction=True)
def test_contracts_that_wait_are_told_and_are_no_fault(settings: Any, now: datetime) -> None:
    settings.DEMO_MODE = False
    person = factories.PersonFactory.create()
    buy(factories.MembershipFactory.create(person=person).provider, person, now=now)
    assert Client().get("/healthz").json()["warnings"] == []
    SignedDocument.objects.update(state="failed")
    document = Client().get("/healthz").json()
    assert document["warnings"] == ["1 sözleşme mühürlenemedi ve bekliyor; nedeni belgenin sayfasında."]
    assert document["checks"]["database"] == "ok"


def test_it_is_only_read(db: None) -> None:
    assert Client().post("/healthz").status_code == 405


def test_a_session_changes_nothing(alice: Person, client_of: Callable[[Person], Client]) -> None:
    assert client_of(alice).get("/healthz").json().keys() == Client().get("/healthz").json().keys()


def test_no_secret_is_told(db: None) -> None:
    told = Client().get("/healthz").content.decode()
    password = urlsplit(os.environ["DATABASE_URL"]).password or "no-password"
    assert [secret for secret in (password, portal_settings.SECRET_KEY, "postgres") if secret in told] == []
