"""A transaction of two questions, whose BEGIN and COMMIT travel with them: two journeys to the database, not four."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import Error, connection, transaction

Values = Mapping[str, Any]
Rows = list[tuple[Any, ...]]


class ShortTransaction:
    """Ask `first`, then `last`, once each; nothing else goes to the database between them but plain SQL."""

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone
        self.is_open = False

    def first(self, sql: str, values: Values) -> Rows:
        """Begin, and return what the statement answers."""
        self.is_open = self._alone
        with connection.cursor() as cursor:
            cursor.execute(f"BEGIN; {sql}" if self._alone else sql, values)
            if self._alone:
                cursor.nextset()
            return list(cursor.fetchall())

    def last(self, sql: str, values: Values) -> Rows:
        """Return what the statement answers, once that is committed."""
        with connection.cursor() as cursor:
            cursor.execute(f"{sql}; COMMIT" if self._alone else sql, values)
            self.is_open = False
            return list(cursor.fetchall())


@contextmanager
def short_transaction() -> Iterator[ShortTransaction]:
    """Give a transaction that `last` commits; one that ends without it, or with an exception, is undone.

    Inside another transaction it is a savepoint of that one.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield ShortTransaction(alone=False)
        return
    short = ShortTransaction(alone=True)
    try:
        yield short
    finally:
        if short.is_open:
            _undo()


def _undo() -> None:
    try:
        connection.rollback()
    except Error:  # the server is away, and the transaction with it
        connection.close()
