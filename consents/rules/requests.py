"""What programs name things by: batches and their parts, and the movement of the change feed they have seen last."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

MOST_ITEMS = 1000
"""So many consents a batch holds at most."""

RESULTS_KEPT = timedelta(days=60)
"""How long the results of a batch can be asked for."""

_LONGEST = 36
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")
_GROUPS = 1 << 48


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


def sub_request_ids(request_id: UUID, positions: Iterable[int]) -> list[str]:
    """Return the ids of these parts of a batch: they follow from the batch's own, so that they take no room."""
    form, last = f"{str(request_id)[:24]}%012x", request_id.node + 1
    return [form % ((last + position) % _GROUPS) for position in positions]


@dataclass(frozen=True, slots=True)
class After:
    """Which movement a program has seen last: the second of its recording and its transaction id."""

    second: datetime
    number: str


_AFTER = re.compile(r"([0-9]{1,11})_([0-9a-f]{64})", re.ASCII)


def read_after(text: str) -> After | None:
    """Return what a parameter `after` names, or None where it names nothing."""
    found = _AFTER.fullmatch(text)
    return After(datetime.fromtimestamp(int(found[1]), tz=UTC), found[2]) if found else None
