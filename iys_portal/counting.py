"""Figures that take long to count are remembered for up to a minute, by all processes."""

import hashlib
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from redis import RedisError

Value = TypeVar("Value")

_SHARE = 20
_LONG = 0.05


def counted(key: Hashable, read: Callable[[], Value]) -> Value:
    """Return figures that `read` counts, or counted lately for the same key, in whichever process.

    What took long is remembered twenty times as long, COUNTED_SECONDS at most: however often it is asked for, the
    database counts for a twentieth of the time. What took less than 50 ms is counted each time. `key` is plain values.
    """
    name = f"counted:{hashlib.sha256(repr(key).encode()).hexdigest()}"
    try:
        known = cache.get(name)
    except RedisError:
        known = None
    if known is not None:
        return cast("Value", known[0])
    begun = time.monotonic()
    value = read()
    took = time.monotonic() - begun
    if took >= _LONG and (seconds := min(_SHARE * took, settings.COUNTED_SECONDS)):
        with suppress(RedisError):
            cache.set(name, (value,), seconds)
    return value
