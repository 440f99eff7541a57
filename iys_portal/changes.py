"""How often anything changed, counted in the cache for all processes: who remembers something asks whether it holds.

The number moves after the commit of every transaction that wrote an audit event. Whoever may do what is never changed
without one, so that a right that was taken back is gone with the next call.
"""

from django.db import connection, transaction

from iys_portal.throttling import Counter, raise_count

_CHANGE = Counter("changes", 86_400)
"""Kept far longer than anything that goes by it is remembered: 0, where it is gone, is another number too."""

COUNT = _CHANGE._replace(step=0)
"""Asks for the number without moving it, beside the counters of a call (`throttling.counts_of`)."""


def note_change() -> None:
    """Move the number when the transaction of the caller is committed; once for many calls in a row."""
    waiting = connection.run_on_commit
    if not waiting or waiting[-1][1] is not _move:
        transaction.on_commit(_move)


def _move() -> None:
    raise_count(_CHANGE)
