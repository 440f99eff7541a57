"""Rows of a file that wait to be recorded: kept in encrypted blocks, judged by what is recorded.

A row has the columns of `consents.imports.frames.STAGED` and what the comparison found: its verdict (see
consents/services/import_sql.py), the status that was recorded (`was`) and the number of its event (`before`).
Only workers import this module: it needs polars.
"""

import io
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection

from consents.enums import Channel, ConsentStatus, Source
from consents.imports.frames import STAGED
from consents.imports.sorting import KEY
from consents.models import ImportJob
from consents.services.import_files import copying
from consents.services.import_jobs import StagedRowsLost
from consents.services.import_sql import CHANGED, CHUNK_TABLE, KNOWS, NEW, SAME, STAGED_TABLE, Known
from iys_portal.shared.ahead import one_ahead
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.crypto import decrypt, encrypt

FOUND = pl.Schema({"position": pl.Int32, "verdict": pl.String, "was": pl.Int16, "before": pl.Int64})
"""What was found of a row, by its position."""

# What is encrypted is long: as COPY sends it in binary, it is not written in hexadecimal digits.
_BLOCK = """
    SELECT after, size, content_encrypted FROM consents_importblock
    WHERE job_id = %s AND after <= %s ORDER BY after DESC LIMIT 1
"""
AT = pl.col("consent_at").str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_zone="UTC")
"""When the consent was given."""

# What is recorded; instants are microseconds since 1970.
_STANDING = """
    FROM consent
    WHERE provider_id = %(provider)s AND brand_id = %(brand)s AND recipient BETWEEN %(first)s AND %(last)s
"""
_STANDING_COLUMNS = [*KEY, "status", "source", "(date_part('epoch', consent_at) * 1000000)::bigint", "last_seq"]
_AS_IT_STANDS = pl.Schema(
    {
        **{name: STAGED[name] for name in KEY},
        "was": STAGED["status"],
        "old_source": STAGED["source"],
        "old_at": pl.Int64,
        "before": pl.Int64,
    }
)
# How many times the rows the provider's consents between them may be, to be read at once.
_NOT_MANY_MORE = 3
# What the planner does not know it cannot choose by (consents/services/import_writing.py).
_AT_ONCE = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_nestloop = off"
_ONE_BY_ONE = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_nestloop = on"
_PIECE = 10_000
_TO_JUDGE = ["position", *STAGED]
_APPROVES = pl.col("status") == ConsentStatus.ONAY.value


# --- Blocks -----------------------------------------------------------------------------------------------------------
def keep_block(job: ImportJob, *, after: int, rows: pl.DataFrame) -> None:
    """Keep the rows that come after so many others of a job."""
    content = io.BytesIO()
    rows.write_ipc_stream(content, compression="lz4")
    sql = "COPY consents_importblock (job_id, after, size, content_encrypted) FROM STDIN (FORMAT BINARY)"
    with copying(sql) as copy:
        copy.set_types(["int8", "int4", "int4", "bytea"])
        copy.write_row((job.pk, after, rows.height, encrypt(content.getvalue())))


def rows_after(job: ImportJob, *, after: int, most: int) -> pl.DataFrame:
    """Return the rows that come after so many others of a job, with their `position` among all, counted from 1.

    They are of one block, and no more than `most`. Raises StagedRowsLost.
    """
    with copying(f"COPY ({_BLOCK}) TO STDOUT (FORMAT BINARY)", [job.pk, after]) as copy:
        copy.set_types(["int4", "int4", "bytea"])
        found = list(copy.rows())
    for first, size, content in found:
        if after < first + size:
            return numbered(pl.read_ipc_stream(decrypt(content)), after=first)[after - first :][:most]
    raise StagedRowsLost(f"job {job.pk}: nothing after {after}")


def numbered(rows: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """Return rows with their `position` among all of a job."""
    return rows.with_row_index("position", after + 1).cast({"position": pl.Int32})


# --- What comes of them -----------------------------------------------------------------------------------------------
def known_of(rows: pl.DataFrame, *, provider_id: int) -> Known:
    """Return what the provider has of recipients from the first of these to the last."""
    most = _NOT_MANY_MORE * rows.height
    with connection.cursor() as cursor:
        cursor.execute(KNOWS, [provider_id, rows["recipient"][0], rows["recipient"][-1], most + 1])
        count = int(cursor.fetchone()[0])
    return Known.FAR_MORE if count > most else Known.AS_MUCH if count else Known.NOTHING


def is_plain(*, earliest: datetime) -> pl.Expr:
    """Whether no more than the state decides about a row: it is young enough, of no dealer, and not dated 2015."""
    day = pl.col("consent_at").str.head(10)
    is_young = pl.col("consent_at").is_null() | (day >= f"{istanbul_day(earliest):%Y-%m-%d}")
    return is_young & pl.col("retailer_code").is_null() & pl.col("source").ne_missing(Source.HS_2015.value)


def is_surely_new(*, earliest: datetime) -> pl.Expr:
    """Whether a row is new where the provider has no consent of its recipient: a refusal may not be the first."""
    return is_plain(earliest=earliest) & _APPROVES


def still_stands(*, earliest: datetime) -> pl.Expr:
    """Whether a row's verdict is what it was, if nobody has written a consent of the provider since."""
    is_new = (pl.col("verdict") == NEW) & _APPROVES
    return is_plain(earliest=earliest) & (is_new | pl.col("verdict").is_in([CHANGED, SAME]))


def surely_new(rows: pl.DataFrame, *, earliest: datetime) -> pl.DataFrame:
    """Return what comes of those rows of which the provider has nothing and no more needs to be asked."""
    new = rows.filter(is_surely_new(earliest=earliest))
    return new.select("position", verdict=pl.lit(NEW), was=pl.lit(None, pl.Int16), before=pl.lit(None, pl.Int64))


def surely_known(rows: pl.DataFrame, values: dict[str, Any]) -> pl.DataFrame:
    """Return what comes of those rows of which no more needs to be asked than what is recorded under their keys.

    They are recorded word by word, where no movement of the provider has a dealer; or they are newer than an approval,
    which can always be changed. What is recorded between the first and the last of the rows is read at once.
    """
    span = {"first": rows["recipient"][0], "last": rows["recipient"][-1]}
    standing = _fetched(_STANDING_COLUMNS, _STANDING, values | span, schema=_AS_IT_STANDS)
    at, source = pl.col("at"), pl.col("source")
    says_the_same = (
        (pl.col("status") == pl.col("was")) & source.eq_missing(pl.col("old_source")) & at.eq_missing(pl.col("old_at"))
    )
    is_same = says_the_same & pl.lit(not values["dealers"])
    is_newer = at.is_not_null() & source.is_not_null() & (at > pl.col("old_at")).fill_null(value=True)
    is_changed = is_newer & (pl.col("was") == ConsentStatus.ONAY.value)
    known = (
        rows.filter(is_plain(earliest=values["earliest"]))
        .with_columns(at=AT.dt.epoch("us"))
        .join(standing, on=list(KEY))
        .filter(is_same | is_changed)
    )
    verdict = pl.when(is_same).then(pl.lit(SAME)).otherwise(pl.lit(CHANGED))
    return known.select("position", verdict.alias("verdict"), "was", "before")


def make_chunk(rows: pl.DataFrame, values: dict[str, Any], *, known: Known) -> None:
    """Judge rows by what is recorded: they stand in the temporary table `import_chunk` afterwards, with verdicts.

    The caller works `for_many_rows`.
    """
    span = {"first": rows["recipient"].min(), "last": rows["recipient"].max()}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staged, pg_temp.import_chunk, pg_temp.import_write")
        cursor.execute(STAGED_TABLE)
        copy_rows("import_staged", rows.select(_TO_JUDGE))
        at_once = known == Known.AS_MUCH
        if at_once:
            cursor.execute(_AT_ONCE)
        cursor.execute(CHUNK_TABLE[known], values | span)
        if at_once:
            cursor.execute(_ONE_BY_ONE)


def add_to_chunk(rows: pl.DataFrame) -> None:
    """Put rows whose verdicts stand into the chunk."""
    copy_rows("import_chunk", rows.select(*_TO_JUDGE, "was", "before", "verdict"))


def verdicts_of_chunk() -> pl.DataFrame:
    """Return what was found of the rows of the chunk, by their position."""
    return _fetched(list(FOUND), "FROM import_chunk", {}, schema=FOUND)


def _fetched(columns: list[str], source: str, values: dict[str, Any], *, schema: pl.Schema) -> pl.DataFrame:
    """Return these columns of a source as rows; no text of theirs is empty or has a letter to be escaped.

    They come as one text, which is read several times as quickly as rows are, also as those of COPY.
    """
    row = r", E'\t', ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(concat({row}), E'\\n') {source}", values)
        text = cursor.fetchone()[0] or ""
    return pl.read_csv(text.encode(), has_header=False, separator="\t", quote_char=None, schema=schema)


def approved_addresses(rows: pl.DataFrame) -> tuple[int, int]:
    """Return how many phones and how many e-mail addresses are approved by rows in the order of their recipients."""
    approved = rows.filter(_APPROVES)
    addresses = approved.filter(pl.col("recipient").ne_missing(pl.col("recipient").shift()))
    emails = int((addresses["channel"] == Channel.EPOSTA.value).sum())
    return addresses.height - emails, emails


# --- COPY -------------------------------------------------------------------------------------------------------------
def copy_rows(table: str, rows: pl.DataFrame) -> None:
    """Write rows into the table's columns of the same names; no text of theirs has a letter to be escaped.

    Piece by piece: the server is at one while the next is put into words.
    """
    sql = f"COPY {table} ({', '.join(rows.columns)}) FROM STDIN"
    with copying(sql) as copy, one_ahead(map(_in_words, rows.iter_slices(_PIECE))) as pieces:
        for piece in pieces:
            copy.write(piece)


def _in_words(rows: pl.DataFrame) -> memoryview:
    content = io.BytesIO()
    rows.write_csv(content, include_header=False, separator="\t", null_value=r"\N", quote_style="never")
    return content.getbuffer()
