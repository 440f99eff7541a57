"""Benches run as a person runs them: by the management command, in a process of their own."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection

from runner.environment import ROOT

Ran = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(db: None) -> dict[str, str]:
    """The environment of a bench whose configured database is this test's."""
    with connection.cursor() as cursor:
        # The test's own transaction waits for the bench, as long as that takes.
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    address = f"postgres://{given['USER']}{password}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return {**os.environ, "DATABASE_URL": address, "BENCH_TEMPLATE": given["TEST"].get("TEMPLATE") or ""}


@pytest.fixture
def bench(environment: dict[str, str]) -> Ran:
    """Return a function that runs `manage.py bench` with arguments."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "bench", *arguments],
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )

    return run


def scratch_databases() -> list[str]:
    """Return the databases of benches beside this test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^bench_[0-9a-f]{8}_' AND datname LIKE %s",
            [f"%\\_{connection.settings_dict['NAME']}"],
        )
        return [name for (name,) in cursor.fetchall()]
