"""See from outside that others wait for a lock."""

import time

import pytest
from django.db import connection

PATIENCE = 60.0


def wait_until_blocked(count: int, *, patience: float = PATIENCE) -> None:
    """Return when `count` other connections to this database wait for a lock."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] == count:
                return
        time.sleep(0.02)
    pytest.fail(f"{count} submissions should wait for a lock")
