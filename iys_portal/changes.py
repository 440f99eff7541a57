"""How often anything changed, counted in the cache for all processes: who remembers something asks whether it holds.

The number moves after the commit of every transaction that wrote an audit event. Whoever may do what is never changed
without one, so that a right that was taken back is gone with the next call.
"""

import structlog
from django.core.cache import caches
from django.db import connection, transaction
from redis.exceptions import RedisError

from iys_portal.throttling import Counter, client_of

logger = structlog.get_logger(__name__)

_KEY = "changes"
_KEPT_SECONDS = 86_400
"""Far longer than anything that goes by the number is remembered: 0, where it is gone, is another number too."""

COUNT = Counter(_KEY, _KEPT_SECONDS, step=0)
"""Asks for the number without moving it, beside the counters of a call (`throttling.counts_of`)."""


def note_change() -> None:
    """Move the number when the transaction of the caller is committed; once for many calls in a row."""
    waiting = connection.run_on_commit
    if not waiting or waiting[-1][1] is not _move:
        transaction.on_commit(_move)


def _move() -> None:
    cache = caches["default"]
    try:
        pipeline = client_of(cache).pipeline(transaction=False)
        pipeline.incr(cache.make_key(_KEY))
        pipeline.expire(cache.make_key(_KEY), _KEPT_SECONDS)
        pipeline.execute()
    except (RedisError, OSError) as error:  # what is remembered then holds for its half second
        logger.warning("change_not_told", error=type(error).__name__)
