"""Record the staged rows of a file, a chunk at a time: each in one transaction that also says how far it came.

So a killed worker goes on exactly where it stood, a cancelled file ends at the end of a chunk, and other writers of
the provider wait for no longer than a chunk takes. Rows are new, changed or rejected as `record_consent` would have
it of them one by one in the order of their keys; a test compares both. Most rows need not be judged again:

* Where the provider has no consent between a chunk's first and last recipient, an approval that is young and of no
  dealer is new. Such rows go straight into the register.
* While nobody else has written, the verdicts of the comparison stand (`ImportJob.compared_seq`).
"""

from collections import Counter
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from consents.enums import IMPORT_TRANSITIONS, ImportState, Way
from consents.models import ImportJob
from consents.selectors import policy
from consents.services.import_jobs import CHUNK, forget_rejected, locked_job
from consents.services.import_new import write_new
from consents.services.import_rows import (
    add_to_chunk,
    approved_addresses,
    is_surely_new,
    known_of,
    make_chunk,
    rows_after,
    still_stands,
)
from consents.services.import_sql import CHANGED, NEW, NEWEST, SAME, Known, keep_rejected, values_of
from consents.services.import_writing import for_many_rows, is_room, write_chunk
from iys_portal.audit.services import move
from packages.usage import add_delta, lock_addresses

# Held until the chunk is recorded, so that none of them is deleted meanwhile.
_DEALERS = """
    SELECT code FROM brands_retailer WHERE provider_id = %s AND brand_id = %s AND code = ANY(%s)
    ORDER BY code FOR KEY SHARE
"""


def apply_chunk(job: ImportJob, *, now: datetime, size: int = CHUNK) -> bool:
    """Record the next rows of a job; return whether there are more. Its last chunk makes it `done`.

    Locks the provider's addresses, then the job. Does nothing unless the job is `applying`.
    """
    with transaction.atomic():
        lock_addresses(job.provider_id)
        locked = locked_job(job)
        if locked.state != ImportState.APPLYING:
            return False
        verdicts: Counter[str] = Counter()
        if locked.position == 0:
            forget_rejected(locked)  # the comparison's; from here on each chunk tells its own
        if locked.position < locked.staged:
            with for_many_rows():
                verdicts = _recorded(locked, now=now, size=size)
        _note(locked, verdicts, now=now)
    return locked.state == ImportState.APPLYING


def _recorded(job: ImportJob, *, now: datetime, size: int) -> Counter[str]:
    """Write what the next rows change, and return how many there are of each verdict."""
    rows = rows_after(job, after=job.position, most=size)
    values = {
        **values_of(job, policy=policy(), now=now),
        "now": now,
        "person": job.person_id,
        "way": Way.UPLOAD.value,
    }
    is_as_compared = _newest(job) == job.compared_seq
    known = known_of(rows, provider_id=job.provider_id)
    verdicts: Counter[str] = Counter()
    if known == Known.NOTHING and is_room(job.provider_id, **_gains(rows), now=now):
        sure = is_surely_new(earliest=values["earliest"])
        new, stands, rest = rows.filter(sure), rows.clear(), rows.filter(~sure)
        if new.height:
            write_new(job, new, values)
            add_delta(job.provider_id, **_gains(new))
        verdicts[NEW] = new.height
    elif is_as_compared:
        sure = still_stands(earliest=values["earliest"])
        stands, rest = rows.filter(sure), rows.filter(~sure)
        verdicts[SAME] = int((stands["verdict"] == SAME).sum())
        stands = stands.filter(pl.col("verdict") != SAME)
    else:
        stands, rest = rows.clear(), rows
    if stands.height or rest.height:
        verdicts += _judged_and_written(job, stands, rest, values, known=known)
    job.compared_seq = _newest(job) if is_as_compared else None
    return verdicts


def _newest(job: ImportJob) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [job.provider_id])
        return int(cursor.fetchone()[0])


def _gains(rows: pl.DataFrame) -> dict[str, int]:
    phones, emails = approved_addresses(rows)
    return {"phones": phones, "emails": emails}


def _judged_and_written(
    job: ImportJob, stands: pl.DataFrame, rest: pl.DataFrame, values: dict[str, Any], *, known: Known
) -> Counter[str]:
    """Write rows whose verdicts stand together with others, which are judged by what is recorded."""
    with connection.cursor() as cursor:
        dealers = rest["retailer_code"].drop_nulls().unique().to_list()
        cursor.execute(_DEALERS, [job.provider_id, job.brand_id, dealers])
        make_chunk(rest, values, known=known)
        add_to_chunk(stands)
        write_chunk(job.provider_id, values, now=values["now"])
        keep_rejected(job)
        cursor.execute("SELECT verdict, count(*) FROM import_chunk GROUP BY verdict")
        verdicts = Counter(dict(cursor.fetchall()))
        cursor.execute("DROP TABLE import_staged, import_chunk, import_write")
    return verdicts


def _note(job: ImportJob, verdicts: Counter[str], *, now: datetime) -> None:
    """Count what became of the chunk's rows; the last chunk ends the job."""
    faults = Counter(job.faults)
    rejected = 0
    for verdict, count in verdicts.items():
        if verdict not in (NEW, CHANGED, SAME):
            rejected += count
            faults.update(dict.fromkeys(verdict.split(","), count))
    changes = {
        "position": job.position + verdicts.total(),
        "new_count": job.new_count + verdicts[NEW],
        "changed_count": job.changed_count + verdicts[CHANGED],
        "same_count": job.same_count + verdicts[SAME],
        "rejected_count": job.rejected_count + rejected,
        "faults": dict(faults),
        "compared_seq": job.compared_seq,
        "failures": 0,
    }
    if changes["position"] == job.staged:
        move(
            job,
            ImportState.DONE,
            table=IMPORT_TRANSITIONS,
            actor=None,
            reason="Dosyadaki bütün satırlar işlendi.",
            finished_at=now,
            **changes,
        )
        return
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=list(changes))
