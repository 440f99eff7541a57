"""Whether the portal can work: its database, its broker and at least one worker answer (GET /healthz)."""

import time
from collections.abc import Callable
from threading import Thread

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.access import public
from consents import notices as consents
from contracts.notices import notices
from iys_portal.celery import app

logger = structlog.get_logger(__name__)

OK = "ok"
UNREACHABLE = "erişilemiyor"
NO_ANSWER = "yanıt vermiyor"
_CONNECT_SECONDS = 2
_PING_SECONDS = 1.0
_DEADLINE_SECONDS = 2.5
WORKER_FRESH_SECONDS = 5.0


@require_safe
@public
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when all is well, else 503 with `checks` naming what is not; within 3 seconds."""
    warnings = ["Deneme kipi açık: bilinen parolalar geçerli."] if settings.DEMO_MODE else []
    checks = run_checks(warnings)
    healthy = all(outcome == OK for outcome in checks.values())
    return JsonResponse(
        {"ok": healthy, "checks": checks, "version": settings.VERSION, "warnings": list(warnings)},
        status=200 if healthy else 503,
        headers={"Cache-Control": "no-store"},
        json_dumps_params={"ensure_ascii": False},
    )


def run_checks(warnings: list[str]) -> dict[str, str]:
    """Return "ok" or a Turkish word for each of database, broker and worker, within 2.5 seconds.

    What is no fault but needs a person is added to `warnings`.

    The checks run side by side in threads of their own, so that one that hangs delays neither the others nor
    the end of the process.
    """
    outcomes = {"database": NO_ANSWER, "broker": NO_ANSWER, "worker": NO_ANSWER}
    checks = (_database, _broker_and_worker)
    threads = [Thread(target=check, args=(outcomes, warnings), daemon=True) for check in checks]
    deadline = time.monotonic() + _DEADLINE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(outcomes)


def _attempt(outcomes: dict[str, str], name: str, check: Callable[[], bool]) -> bool:
    try:
        outcomes[name] = OK if check() else NO_ANSWER
    except Exception as error:  # noqa: BLE001  (whatever a driver raises, the answer is the same)
        outcomes[name] = UNREACHABLE
        logger.warning("health_check_failed", check=name, error=type(error).__name__)
    return outcomes[name] == OK


def _database(outcomes: dict[str, str], warnings: list[str]) -> None:
    if not _attempt(outcomes, "database", _database_answers):
        return
    try:
        now = timezone.now()
        warnings += [*notices(now=now), *consents.notices(now=now)]
    except Exception as error:  # noqa: BLE001  (a warning that cannot be had is no fault)
        logger.warning("notices_failed", error=type(error).__name__)
    finally:
        connection.close()  # this thread's own


def _database_answers() -> bool:
    """Ask over a connection of its own: one that is kept open would say nothing about reaching the server."""
    parameters = connection.get_connection_params() | {"connect_timeout": _CONNECT_SECONDS}
    with psycopg.connect(**parameters) as fresh:
        return fresh.execute("SELECT 1").fetchone() is not None


def _broker_and_worker(outcomes: dict[str, str], _warnings: list[str]) -> None:
    if _attempt(outcomes, "broker", _broker_answers):
        _attempt(outcomes, "worker", worker_watch.answers)
    else:
        outcomes["worker"] = UNREACHABLE


def _broker_answers() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_PING_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        return bool(client.ping())


class WorkerWatch:
    """Asks the workers for a sign of life, but not again within five seconds of the last one.

    Only good news is remembered: a worker that has just come up is seen at once.
    """

    def __init__(self) -> None:
        self._seen_at = float("-inf")

    def answers(self) -> bool:
        now = time.monotonic()
        if now - self._seen_at < WORKER_FRESH_SECONDS:
            return True
        with app.connection_for_write(connect_timeout=_CONNECT_SECONDS) as broker:
            replies = app.control.ping(timeout=_PING_SECONDS, limit=1, connection=broker)
        if replies:
            self._seen_at = now
        return bool(replies)

    def forget(self) -> None:
        """Ask again the next time."""
        self._seen_at = float("-inf")


worker_watch = WorkerWatch()
