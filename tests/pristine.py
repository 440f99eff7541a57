"""Give a test database back as it was made, after tests that commit.

Django would empty every table and fill in again what each installation holds: a second or more a test. Most tests
touch few tables, and those that hold something from the beginning hardly ever change.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.utils import ProgrammingError

_TABLES = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY oid
"""
# Without triggers and foreign keys: what is kept for ever in the portal goes, too, and in any order.
_UNGUARDED = "SET LOCAL session_replication_role = replica"


class Pristine:
    """The rows of a database that was just made, and how to have no others."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)
            self._tables = [name for (name,) in cursor.fetchall()]
            self._kept: dict[str, bytes] = {}
            for name in self._filled(self._tables):
                with cursor.copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as copy:
                    self._kept[name] = b"".join(copy)
        self._marks = {name: _mark(name) for name in self._kept}

    @property
    def can_restore(self) -> bool:
        """Whether the database's user may set triggers aside, as the one of `run.py test` may."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_UNGUARDED)
        except ProgrammingError:
            return False
        return True

    def restore(self) -> None:
        """Delete the rows that were added and bring back those that were changed or are gone."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UNGUARDED)
            for name in self._filled(set(self._tables) - set(self._kept)):
                cursor.execute(f"DELETE FROM {name}")
            for name in [name for name in self._kept if _mark(name) != self._marks[name]]:
                cursor.execute(f"DELETE FROM {name}")
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                    copy.write(self._kept[name])
                self._marks[name] = _mark(name)

    def _filled(self, names: Iterable[str]) -> list[str]:
        """Return those of the tables that have rows."""
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in sorted(names))
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return [name for (name,) in cursor.fetchall()]


def _mark(name: str) -> str:
    """Return what differs once a row of the table was written: each one's place and its transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid)) FROM {name}")
        return str(cursor.fetchone()[0])
