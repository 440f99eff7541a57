"""Whose fault an error is: the database's, which is away, a moment's, or that of the line at hand."""

from django.db import InterfaceError, OperationalError

_DEADLOCK, _SERIALIZATION = "40P01", "40001"
_AWAY = ("08", "53", "57P", "58")
"""Classes of SQLSTATE: connection, resources, an operator's intervention, the server's own system."""


def is_away(error: Exception) -> bool:
    """Whether the database, not the work, is the trouble: it is gone, full, or being restarted.

    Without a code of its own the connection broke. What is too much for one statement (a limit, a time-out) is not
    meant: less of it may well be done.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = _sqlstate(error)
    return not state or state.startswith(_AWAY)


def may_pass(error: Exception | None) -> bool:
    """Whether the very same work may well succeed when it is tried again: a deadlock."""
    return error is not None and _sqlstate(error) in {_DEADLOCK, _SERIALIZATION}


def _sqlstate(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
