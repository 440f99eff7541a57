"""What is remembered between calls, who may what: a burst of calls asks the database once, and the next call after a
change asks it again.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from django.conf import settings

from iys_portal.changes import COUNT
from iys_portal.throttling import counts_of

Value = TypeVar("Value")

_MOST = 10_000
_kept: dict[Hashable, tuple[float, int | None, Any]] = {}
_call = threading.local()


def begin_call() -> None:
    """Begin a call that does not know yet how often anything changed.

    It takes what is remembered as it is; before it must read something, it asks.
    """
    _call.changes = None


def know_changes(changes: int) -> None:
    """Take from now on in this call only what was read since the last change (`iys_portal/changes.py`)."""
    _call.changes = changes


def briefly(key: Hashable, read: Callable[[], Value], *, is_lasting: bool = False) -> Value:
    """Return what `read` returned for the key, unless something changed since or API_STANDING_SECONDS went by.

    The seconds are for when the cache, which counts the changes, is away. No change touches what `is_lasting`.
    """
    clock, changes = time.monotonic(), getattr(_call, "changes", None)
    known = _kept.get(key)
    if known is not None and known[0] > clock and (is_lasting or changes in (None, known[1])):
        return cast("Value", known[2])
    if changes is None and not is_lasting:
        (changes,) = counts_of([COUNT])
        know_changes(changes)
    value = read()
    if len(_kept) >= _MOST:
        _kept.clear()
    # Clock and number from before the reading: what is committed while it goes on is seen in time.
    _kept[key] = clock + settings.API_STANDING_SECONDS, changes, value
    return value
