"""What is remembered between calls: for half a second who may what, so that a burst of calls asks once and a revocation
counts within a second; for up to a minute what took long to count.
"""

import hashlib
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from redis import RedisError

Value = TypeVar("Value")

_MOST = 10_000
_SHARE = 20
_LONG = 0.05
_kept: dict[Hashable, tuple[float, Any]] = {}


def briefly(key: Hashable, read: Callable[[], Value]) -> Value:
    """Return what `read` returned for the key within API_STANDING_SECONDS, or returns now."""
    clock = time.monotonic()
    known = _kept.get(key)
    if known is not None and known[0] > clock:
        return cast("Value", known[1])
    value = read()
    if len(_kept) >= _MOST:
        _kept.clear()
    # From before the reading: what is committed while it goes on is seen in time.
    _kept[key] = clock + settings.API_STANDING_SECONDS, value
    return value


def counted(key: Hashable, read: Callable[[], Value]) -> Value:
    """Return figures that `read` counts, or counted lately for the same key, in whichever process.

    What took long is remembered twenty times as long, API_COUNTED_SECONDS at most: however often it is asked for, the
    database counts for a twentieth of the time. What took less than 50 ms is counted each time. `key` is plain values.
    """
    name = f"api-counted:{hashlib.sha256(repr(key).encode()).hexdigest()}"
    try:
        known = cache.get(name)
    except RedisError:
        known = None
    if known is not None:
        return cast("Value", known[0])
    begun = time.monotonic()
    value = read()
    took = time.monotonic() - begun
    if took >= _LONG and (seconds := min(_SHARE * took, settings.API_COUNTED_SECONDS)):
        with suppress(RedisError):
            cache.set(name, (value,), seconds)
    return value
