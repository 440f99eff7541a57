"""Do something in a child process that shares nothing but the database: it may die, or spoil its settings."""

import os
import traceback
from collections.abc import Callable

from celery import current_app
from django.db import connection
from kombu import pools


def in_child(function: Callable[[], object]) -> int:
    """Run `function` in a forked child with its own connections; return its wait status (0: it returned)."""
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
    return os.waitpid(child, 0)[1]
