"""Work that runs in one place at a time, outside transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def exclusive(space: int, key: int) -> Iterator[bool]:
    """Hold a session advisory lock, or give False at once where somebody else has it.

    The server drops it the moment its holder dies. Two keys that are equal modulo 2**31 wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, key % 2**31])
        owned = bool(cursor.fetchone()[0])
    try:
        yield owned
    finally:
        if owned:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, key % 2**31])
