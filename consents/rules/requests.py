"""The names of batches: a request's id as programs write it, and the ids of its parts."""

import re
from uuid import UUID

MOST_ITEMS = 1000
"""So many consents a batch holds at most."""

_LONGEST = 36
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")
_LAST_GROUP = 48


def read_request_id(text: str) -> tuple[UUID | None, str | None]:
    """Return the id that a text names, with or without hyphens in any case, and the code of what is wrong.

    What is neither (some other text) is nobody's id.
    """
    if len(text) > _LONGEST:
        return None, "H198"
    if text.isalpha():
        return None, "H199"
    if text.isdecimal():
        return None, "H400"
    return (UUID(text), None) if _UUID.fullmatch(text) else (None, None)


def sub_request_id(request_id: UUID, position: int) -> str:
    """Return the id of a batch's part: it follows from the batch's own, so that it takes no room."""
    last = (request_id.node + 1 + position) % (1 << _LAST_GROUP)
    return f"{str(request_id)[:24]}{last:012x}"
