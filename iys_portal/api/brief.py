"""What is remembered between calls for half a second, who may what: a burst of calls asks once, and a revocation counts
within a second.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from django.conf import settings

Value = TypeVar("Value")

_MOST = 10_000
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
