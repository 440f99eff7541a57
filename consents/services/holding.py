"""The two questions of a movement: hold its address and read what it is judged on, then append it.

A first approval needs one. Their SQL stands in the database, with plans that are kept (consents/migrations/0008 and
0012): most of what a single write took were journeys and planning (docs/adr/0050-short-movements.md).
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from consents.selectors import COLUMNS, Address, Room, consents_in
from iys_portal.audit.short import ShortTransaction
from packages.selectors import AddressCounts

_ROOM = 3
_HOLD = (
    f"SELECT most, phones, emails, {', '.join(COLUMNS)}"  # noqa: S608  (constants of our own)
    " FROM hold_address(%(provider)s, %(recipient)s, %(room_at)s)"
)
_APPEND = (
    "SELECT number, recorded_at FROM append_movement(%(provider)s, %(recipient)s, %(brand)s, %(channel)s,"
    " %(recipient_type)s, %(is_there)s, %(previous)s, %(status)s, %(source)s, %(consent_at)s, %(now)s, %(person)s,"
    " %(retailer)s, %(way)s, %(gained)s)"
)
_FIRST = (
    "SELECT number, recorded_at FROM append_first_approval(%(provider)s, %(recipient)s, %(brand)s, %(channel)s,"
    " %(recipient_type)s, %(source)s, %(consent_at)s, %(now)s, %(person)s, %(way)s)"
)


@dataclass(frozen=True)
class Held:
    """What a movement is judged on: the address, and the room in the package; None where that has no limit."""

    address: Address
    room: Room | None


def hold(short: ShortTransaction, provider_id: int, recipient: str, *, room_at: datetime | None = None) -> Held:
    """Wait for whoever else writes consents of the provider, and keep them waiting; return the address as it stands.

    `room_at`: the instant whose package is asked for; without one there is no room in the answer.
    """
    rows = short.first(_HOLD, {"provider": provider_id, "recipient": recipient, "room_at": room_at})
    most, phones, emails = rows[0][:_ROOM]
    there = [row[_ROOM:] for row in rows if row[_ROOM] is not None]
    room = None if most is None else Room(most, AddressCounts(phones, emails))
    return Held(Address(consents_in(there)), room)


def append(short: ShortTransaction, **values: Any) -> tuple[int, datetime]:
    """Append a movement to an address that is held, and commit; return its number and its instant.

    `gained` is by how much it changes the number of addresses that count, of which nobody else is asked.
    """
    ((number, recorded_at),) = short.last(_APPEND, values)
    return number, recorded_at


def append_first_approval(**values: Any) -> tuple[int, datetime] | None:
    """Append an approval where nothing is known of its address and the package has room; return number and instant.

    One question, which is committed with its answer; inside a transaction it is a savepoint's. None: it is not so, and
    nothing was written. Waits for whoever else writes consents of the provider.
    """
    inside = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with inside, connection.cursor() as cursor:
        cursor.execute(_FIRST, values)
        number, recorded_at = cursor.fetchone()
    return None if number is None else (number, recorded_at)
