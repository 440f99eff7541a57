"""Write many rows with one statement: COPY for new ones, one UPDATE for rows that are there.

The caller's transaction holds them together; their cost does not grow with the number of rows already there.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from select import select
from typing import Any

import msgspec
from django.db import connection, models
from django.db.models.expressions import RawSQL


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of `model` whose values stand in the order of `names`, by COPY.

    Values are what the columns take: numbers, texts, days, instants, and JSON as it is. Columns that are not named
    get the database's own default.
    """
    fields = [_field(model, name) for name in names]
    coded = [number for number, field in enumerate(fields) if isinstance(field, models.JSONField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    sql = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(_with_json(row, fields, coded) if coded else row)


def next_numbers(model: type[models.Model], count: int) -> list[int]:
    """Return `count` primary keys that no row has and none will get by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, _field(model, "pk").column, count],
        )
        return [number for (number,) in cursor.fetchall()]


def update_each(
    objects: Sequence[models.Model], names: Sequence[str], *, meanwhile: Callable[[], object] | None = None
) -> None:
    """Write the fields `names` of every object, which are rows of one table; the caller holds their locks.

    The values travel as one JSON text, which is written several times faster than as many arrays. `meanwhile` is
    called while the server writes; it must leave the database alone.
    """
    if not objects:
        return
    model = type(objects[0])
    fields = [_field(model, name) for name in names]
    quote = connection.ops.quote_name
    columns = [quote(field.column) for field in fields]
    types = ", ".join(f"{column} {field.db_type(connection)}" for field, column in zip(fields, columns, strict=True))
    sets = ", ".join(f"{column} = v.{column}" for column in columns)
    sql = (
        f"UPDATE {quote(model._meta.db_table)} t SET {sets}"  # noqa: S608  (names of our own models)
        f" FROM json_to_recordset(%s) AS v (pk__ bigint, {types}) WHERE t.{quote(_field(model, 'pk').column)} = v.pk__"
    )
    values = [{"pk__": obj.pk, **{field.column: getattr(obj, field.attname) for field in fields}} for obj in objects]
    with connection.cursor() as cursor:
        with _pending(meanwhile):
            cursor.execute(sql, [_TEXTS.encode(values).decode()])
        if cursor.rowcount != len(objects):
            raise RuntimeError(f"{cursor.rowcount} of {len(objects)} rows of {model._meta.label_lower} were changed")


@contextmanager
def _pending(meanwhile: Callable[[], object] | None) -> Iterator[None]:
    """Call `meanwhile`, if there is anything to do, between the sending of the block's statement and its answer."""
    if meanwhile is None:
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield
        wire = connection.connection.pgconn
        while wire.flush():  # the server begins when it has all of it
            select([], [wire.socket], [])
        meanwhile()


_JSON = msgspec.json.Encoder()
_TEXTS = msgspec.json.Encoder(enc_hook=str)
"""Decimals, days, instants and what else a column takes become texts that PostgreSQL reads without loss."""


def any_of(values: Iterable[int] | Iterable[str], kind: str = "text") -> RawSQL:
    """Return thousands of values for an `__in` as one parameter; as many parameters are parsed one by one."""
    sql = f"SELECT value::{kind} FROM json_array_elements_text(%s)"  # noqa: S608  (a type's name)
    return RawSQL(sql, [_JSON.encode(list(values)).decode()])  # noqa: S611  (no text of anybody's)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _with_json(row: Sequence[Any], fields: Sequence[Any], coded: Sequence[int]) -> Sequence[Any]:
    values = list(row)
    for number in coded:
        values[number] = _json(fields[number], values[number])
    return values


def _json(field: Any, value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, cls=field.encoder) if field.encoder else _JSON.encode(value).decode()
