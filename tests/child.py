"""Do something in a child process that shares nothing but the database: it may die, or spoil its settings."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from django.db import connection
from kombu import pools

from iys_portal.audit import outbox


def in_child(function: Callable[[], object]) -> int:
    """Run `function` in a forked child with its own connections; return its wait status (0: it returned).

    What a killed child held in the database is let go before this returns.
    """
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            current_app._after_fork()
            pools.reset()
            function()
        except BaseException:  # noqa: BLE001  (the parent sees the status, a reader of the log the reason)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        _wait_until_let_go()
    return status


def _wait_until_let_go() -> None:
    """Wait until the server has seen that a client is gone: a busy machine takes its time to."""
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if not cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "A lock of the child is still held a minute after its end."
            time.sleep(0.01)


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
    """Run an outbox message in a child process; return True when it was killed, False when it got to its end."""

    def work() -> None:
        with killed_at_statement(at_statement):
            outbox.run(message_id)

    status = in_child(work)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL
