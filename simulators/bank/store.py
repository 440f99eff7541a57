"""The simulator's database: one SQLite file, one short transaction after another."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from simulators.bank.config import running

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, state TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL, basket_id TEXT NOT NULL, title TEXT NOT NULL, price INTEGER NOT NULL,
    paid_price INTEGER NOT NULL, currency TEXT NOT NULL, counts TEXT NOT NULL, installment INTEGER NOT NULL,
    return_url TEXT NOT NULL, fields TEXT NOT NULL DEFAULT '{}', bin TEXT NOT NULL DEFAULT '',
    last4 TEXT NOT NULL DEFAULT '', association TEXT NOT NULL DEFAULT '', card_type TEXT NOT NULL DEFAULT '',
    family TEXT NOT NULL DEFAULT '', bank TEXT NOT NULL DEFAULT '', md_status INTEGER NOT NULL DEFAULT -1,
    planned TEXT NOT NULL DEFAULT '', refundable INTEGER NOT NULL DEFAULT 1, error TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0, auth_code TEXT NOT NULL DEFAULT '',
    host_reference TEXT NOT NULL DEFAULT '', created REAL NOT NULL, ended REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS payment_conversation ON payment (conversation_id);
CREATE TABLE IF NOT EXISTS item (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment_id INTEGER NOT NULL REFERENCES payment, item_id TEXT NOT NULL,
    price INTEGER NOT NULL, paid_price INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment_id INTEGER NOT NULL REFERENCES payment, item_id INTEGER,
    kind TEXT NOT NULL, amount INTEGER NOT NULL, conversation_id TEXT NOT NULL, auth_code TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT, iban TEXT NOT NULL, sender TEXT NOT NULL, tax_number TEXT NOT NULL,
    amount INTEGER NOT NULL, text TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, number REAL NOT NULL,
    remaining INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment_id INTEGER NOT NULL REFERENCES payment, body TEXT NOT NULL,
    signature TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, status INTEGER NOT NULL DEFAULT 0,
    delivered REAL NOT NULL DEFAULT 0
);
"""
#: Payments are numbered from here, so that their ids look like a gateway's and unlike a row of the portal.
_FIRST_ID = 22_480_000


class Channel(StrEnum):
    """How a payment came in."""

    FORM = "form"
    THREEDS = "3ds"
    DIRECT = "direct"
    NESTPAY = "nestpay"


class State(StrEnum):
    """Where a payment stands. CODE waits for the one-time code, VERIFIED for the merchant's own call."""

    OPEN = "open"
    CODE = "code"
    VERIFIED = "verified"
    CAPTURED = "captured"
    CANCELLED = "cancelled"
    DECLINED = "declined"


@dataclass(frozen=True)
class Payment:
    """One payment as it is stored; amounts are kuruş. `planned` is the code the card will be refused with."""

    id: int
    channel: str
    state: str
    token: str
    conversation_id: str
    basket_id: str
    title: str
    price: int
    paid_price: int
    currency: str
    counts: str
    installment: int
    return_url: str
    fields: str
    bin: str
    last4: str
    association: str
    card_type: str
    family: str
    bank: str
    md_status: int
    planned: str
    refundable: int
    error: str
    code: str
    tries: int
    auth_code: str
    host_reference: str
    created: float
    ended: float

    @property
    def allowed(self) -> list[int]:
        """The numbers of months that the merchant allows."""
        return [int(count) for count in self.counts.split(",")]

    @property
    def taken(self) -> bool:
        """Whether money was taken, even if it was given back since."""
        return self.state in {State.CAPTURED, State.CANCELLED}

    @property
    def finished(self) -> bool:
        """Whether the payer has nothing more to do here."""
        return self.taken or self.state == State.DECLINED


@dataclass(frozen=True)
class Item:
    """One line of the basket; refunds name it."""

    id: int
    payment_id: int
    item_id: str
    price: int
    paid_price: int


@dataclass(frozen=True)
class Refund:
    """Money given back: a part (`refund`), or all of it on the same day (`cancel`)."""

    id: int
    payment_id: int
    item_id: int | None
    kind: str
    amount: int
    conversation_id: str
    auth_code: str
    at: float


def lira(kurus: int) -> Decimal:
    """Return an amount in lira with two places."""
    return Decimal(kurus).scaleb(-2)


def kurus(amount: Decimal) -> int:
    """Return an amount in kuruş; the caller has seen to it that there is no smaller part."""
    return int(amount.scaleb(2))


def prepare(data: Path) -> None:
    """Make the tables where they are missing."""
    database = sqlite3.connect(data / "bank.sqlite3")
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(_SCHEMA)
    if not database.execute("SELECT 1 FROM sqlite_sequence WHERE name = 'payment'").fetchone():
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('payment', ?)", [_FIRST_ID])
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('item', ?)", [_FIRST_ID + 5_000_000])
        database.commit()
    database.close()


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Give one writing transaction; writers wait for each other, so what is read in it stays true in it."""
    database = sqlite3.connect(running().data / "bank.sqlite3", timeout=10, isolation_level=None)
    database.row_factory = sqlite3.Row
    # A killed process loses nothing; a power cut may lose the last payments of a demo.
    database.execute("PRAGMA synchronous = NORMAL")
    try:
        database.execute("BEGIN IMMEDIATE")
        yield database
        database.execute("COMMIT")
    finally:
        # Closing takes back what was not committed.
        database.close()


def payment(database: sqlite3.Connection, payment_id: int) -> Payment:
    """Return a payment that is known to be there."""
    row = database.execute("SELECT * FROM payment WHERE id = ?", [payment_id]).fetchone()
    return Payment(**dict(row))


def find(database: sqlite3.Connection, column: str, value: object) -> Payment | None:
    """Return the payment with this value, of several the one that took money, else the latest."""
    if column not in {"id", "token", "conversation_id"}:
        raise ValueError(column)
    row = database.execute(
        f"SELECT * FROM payment WHERE {column} = ? ORDER BY state IN ('captured', 'cancelled') DESC, id DESC",  # noqa: S608  # one of three names
        [value],
    ).fetchone()
    return Payment(**dict(row)) if row else None


def change(database: sqlite3.Connection, row: Payment, **values: object) -> Payment:
    """Write these columns of a payment, and return it as it is then."""
    columns = ", ".join(f"{name} = ?" for name in values)
    database.execute(f"UPDATE payment SET {columns} WHERE id = ?", [*values.values(), row.id])  # noqa: S608  # our own names
    return replace(row, **values)  # type: ignore[arg-type]  # the columns and the fields are the same


def items(database: sqlite3.Connection, payment_id: int) -> list[Item]:
    """Return a payment's basket."""
    rows = database.execute("SELECT * FROM item WHERE payment_id = ? ORDER BY id", [payment_id])
    return [Item(**dict(row)) for row in rows]


def refunds(database: sqlite3.Connection, payment_id: int) -> list[Refund]:
    """Return what was given back of a payment."""
    rows = database.execute("SELECT * FROM refund WHERE payment_id = ? ORDER BY id", [payment_id])
    return [Refund(**dict(row)) for row in rows]
