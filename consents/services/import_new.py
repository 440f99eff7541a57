"""Write what a provider has nothing of yet: straight into the register, by COPY in PostgreSQL's binary form.

The server need not read numbers and dates out of words then, which is a quarter of its work with such a row; the
worker puts rows into bytes while the server is at those before. Only workers import this module: it needs polars.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from struct import Struct
from typing import Any, NamedTuple

import polars as pl
from django.db import connection
from psycopg import Copy

from consents.models import ImportJob
from consents.services.import_files import copying
from consents.services.import_rows import AT
from consents.services.import_sql import partition_of
from consents.services.recording import INSTANT
from iys_portal.shared.ahead import one_ahead

# Numbers of events are drawn under the provider's lock: their order is that of the commits.
_DRAW = f"""
    SELECT {INSTANT}, string_agg(nextval('consent_event_seq_seq')::text, ' ') FROM generate_series(1, %(count)s)
"""  # noqa: S608  (constants of our own)

_KIND = ["channel", "recipient_type", "status", "source"]
_CONSENT = f"provider_id, brand_id, {', '.join(_KIND)}, consent_at, last_seq, recipient"
_EVENT = f"provider_id, brand_id, person_id, way, created_at, {', '.join(_KIND)}, consent_at, seq, recipient"
_PIECE = 10_000

# COPY's binary form: a row is the number of its fields, then the size of each and its bytes.
_BEGIN, _END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_COUNT, _SIZE, _INT2, _INT8 = (Struct(form).pack for form in (">h", ">i", ">ih", ">iq"))
# Its instants are microseconds since this one.
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_BETWEEN_EPOCHS = (_EPOCH - datetime.fromtimestamp(0, UTC)) // _MICROSECOND


class _Bytes(NamedTuple):
    """The same rows for both tables."""

    consents: bytes
    events: bytes


def write_new(job: ImportJob, rows: pl.DataFrame, values: dict[str, Any]) -> None:
    """Write rows of which the provider has nothing, in the order of their keys, as consents and as events.

    The caller holds the provider's addresses, and counts them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, values | {"count": rows.height})
        instant, numbers = cursor.fetchone()
    drawn = pl.Series("seq", list(map(int, numbers.split())), pl.Int64)
    ours = [_INT8(8, job.provider_id), _INT8(8, job.brand_id)]
    theirs = [*ours, _INT8(8, values["person"]), _INT2(2, values["way"]), _INT8(8, (instant - _EPOCH) // _MICROSECOND)]
    pieces = rows.with_columns(drawn).iter_slices(_PIECE)
    events = []
    in_bytes = (_in_bytes(piece, ours, theirs) for piece in pieces)
    with _copying(partition_of(job.provider_id), _CONSENT) as copy, one_ahead(in_bytes) as made:
        for piece in made:
            copy.write(piece.consents)
            events.append(piece.events)
    with _copying("consent_event", _EVENT) as copy:
        for part in events:
            copy.write(part)


@contextmanager
def _copying(table: str, columns: str) -> Iterator[Copy]:
    with copying(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_BEGIN)
        yield copy
        copy.write(_END)


def _in_bytes(rows: pl.DataFrame, ours: list[bytes], theirs: list[bytes]) -> _Bytes:
    """Return rows as bytes: what all of a table have in common, what those of a kind have, what is each one's own."""
    kinds = rows.select(_KIND).unique(maintain_order=True).with_row_index("kind")
    places = rows.join(kinds, on=_KIND, how="left", nulls_equal=True, maintain_order="left")["kind"].to_list()
    own = list(map(b"".join, zip(_dates(rows), _numbers(rows), _recipients(rows), strict=True)))
    return _Bytes(*(_rows(_heads(kinds, common), places, own) for common in (ours, theirs)))


def _rows(heads: list[bytes], places: list[int], own: list[bytes]) -> bytes:
    return b"".join(chain.from_iterable(zip(map(heads.__getitem__, places), own, strict=True)))


def _heads(kinds: pl.DataFrame, common: list[bytes]) -> list[bytes]:
    """Return what rows of each kind begin with."""
    count = _COUNT(len(common) + len(_KIND) + 3)
    fields = ([_NULL if value is None else _INT2(2, value) for value in kind] for _, *kind in kinds.iter_rows())
    return [b"".join([count, *common, *of_kind]) for of_kind in fields]


def _dates(rows: pl.DataFrame) -> list[bytes]:
    since = rows.select(AT.dt.epoch("us") - _BETWEEN_EPOCHS).to_series()
    return [_NULL if at is None else _INT8(8, at) for at in since.to_list()]


def _numbers(rows: pl.DataFrame) -> list[bytes]:
    return [_INT8(8, number) for number in rows["seq"].to_list()]


def _recipients(rows: pl.DataFrame) -> list[bytes]:
    return [_SIZE(len(text)) + text for text in rows["recipient"].cast(pl.Binary).to_list()]
