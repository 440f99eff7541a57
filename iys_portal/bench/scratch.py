"""A database of the bench's own, beside the configured one, gone when the bench is over."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from iys_portal.bench.base import BenchError

_LONGEST_NAME = 63


class Cursor(Protocol):
    """What Django's cursors and psycopg's have in common."""

    def execute(self, query: Any, params: Any = None, /) -> object:
        """Send one statement."""


@contextmanager
def scratch_database() -> Iterator[None]:
    """Make the default connection one to a new database with all migrations applied; drop it at the end.

    Where BENCH_TEMPLATE names a database it begins as a copy of that, which need not be migrated anew.
    The configured database is not written to. Also drops what benches that were killed have left beside it.
    Raises BenchError when the role may not create databases.
    """
    given = str(connection.settings_dict["NAME"])
    name = f"bench_{secrets.token_hex(4)}_{given}"[:_LONGEST_NAME]
    keeper = connection.copy()  # stays with the configured database; its lock says that the bench is alive
    try:
        _drop_left_overs(keeper, given)
        _take(keeper, name)
        try:
            _create(keeper, name)
            _connect_to(name)
            call_command("migrate", interactive=False, verbosity=0)
            yield
        finally:
            _connect_to(given)
            with keeper.cursor() as cursor:
                drop_database(cursor, name)
    finally:
        keeper.close()


def drop_database(cursor: Cursor, name: str) -> None:
    """Drop a database, if it is there, and end whoever of our own role is connected to it.

    FORCE would fail where autovacuum is at work in it, which only a superuser may end; without it the server ends
    that by itself.
    """
    own = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
    cursor.execute(own, [name])
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def server_folder() -> Path | None:
    """Return the folder of the database server's files where it is on this machine and can be seen, else None."""
    if connection.settings_dict["HOST"] not in ("", "127.0.0.1", "::1", "localhost"):
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            folder = Path(cursor.fetchone()[0])
    except ProgrammingError:  # only some roles may ask
        folder = Path(settings.DATA_DIR) / "postgres"
    try:
        return folder if folder.is_dir() else None
    except PermissionError:
        return None


def _connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _create(keeper: BaseDatabaseWrapper, name: str) -> None:
    try:
        with keeper.cursor() as cursor:
            copied = f" TEMPLATE {keeper.ops.quote_name(template)}" if (template := settings.BENCH_TEMPLATE) else ""
            cursor.execute(f"CREATE DATABASE {keeper.ops.quote_name(name)}{copied}")
    except ProgrammingError as error:
        raise BenchError(f"The bench needs a database of its own and may not create one: {error}") from None


def _drop_left_overs(keeper: BaseDatabaseWrapper, given: str) -> None:
    with keeper.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^bench_[0-9a-f]{8}_'")
        names = [name for (name,) in cursor.fetchall() if name[15:] == given[: _LONGEST_NAME - 15]]
    for name in names:
        if _take(keeper, name):
            with keeper.cursor() as cursor:
                drop_database(cursor, name)


def _take(keeper: BaseDatabaseWrapper, name: str) -> bool:
    with keeper.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
