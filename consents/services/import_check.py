"""Read a file of consents, keep its bad rows, stage its good ones, and compare them with what is recorded."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from django.db import connection, transaction
from psycopg import Copy

from consents.enums import IMPORT_TRANSITIONS, ImportState
from consents.imports.columns import Chosen, ColumnsUnknown, columns_of
from consents.imports.judging import RowJudge, Staged
from consents.imports.mending import Mend
from consents.imports.tables import ROW_BROKEN, Line, table_of
from consents.models import ImportJob
from consents.rules.faults import Fault
from consents.selectors import policy
from consents.services.import_files import open_content
from consents.services.import_sql import CHANGED, KNOWS, NEW, SAME, STAGED, values_of
from iys_portal.audit.services import move
from iys_portal.shared.crypto import encrypt
from iys_portal.shared.sheets.refusal import FileRefused
from packages.selectors import address_usage

PORTION = 50_000
"""Rows of a file that are in memory at a time."""

SAMPLE = 8
_RAW = """
    CREATE TEMPORARY TABLE import_raw (
        line integer, recipient text COLLATE "C", channel smallint, recipient_type smallint, status smallint,
        source smallint, consent_at timestamptz, retailer_code integer
    )
"""
# The last row of a key wins; the rows lie as the consents do.
_STAGE = """
    INSERT INTO consent_import_row (provider_id, job_id, position, line, recipient, channel, recipient_type, status,
        source, consent_at, retailer_code)
    SELECT %(provider)s, %(job)s, row_number() OVER (ORDER BY recipient, channel, recipient_type), line, recipient,
        channel, recipient_type, status, source, consent_at, retailer_code
    FROM (
        SELECT DISTINCT ON (recipient, channel, recipient_type) * FROM import_raw
        ORDER BY recipient, channel, recipient_type, line DESC
    ) AS last
"""
_GAINS = """
    SELECT count(DISTINCT recipient) FILTER (WHERE channel <> 3), count(DISTINCT recipient) FILTER (WHERE channel = 3)
    FROM import_judged j WHERE verdict IN ('new', 'changed') AND status = 1
"""
_NOT_COUNTED_YET = """
    AND (
        SELECT true FROM consent a WHERE a.provider_id = %(provider)s AND a.recipient = j.recipient AND a.status = 1
            AND (a.channel = 3) = (j.channel = 3) LIMIT 1
    ) IS NULL
"""
# A sort of some hundred thousand rows fits into this; what does not goes to disk.
_ROOM = "SELECT set_config('work_mem', '64MB', true)"


class _Cancelled(Exception):
    """The person gave the file up while it was read."""


def check(job: ImportJob, *, clock: Callable[[], datetime]) -> None:
    """Read and compare a received file; it is then `ready`, or `refused` with the reason. Begins anew when killed.

    Raises ColumnsUnknown where its head must be explained first.
    """
    now = clock()
    if not _begin(job):
        return
    try:
        with open_content(job) as file:
            found = _Reading(job, file, now).read()
        _stage(job, found, now=clock())
    except ColumnsUnknown:
        forget_rows(job)
        raise
    except FileRefused as refusal:
        _finish(job, ImportState.REFUSED, reason=refusal.message, finished_at=clock())
    except _Cancelled:
        forget_rows(job)
    finally:
        _drop("import_raw")


@transaction.atomic
def _begin(job: ImportJob) -> bool:
    locked = locked_job(job)
    if locked.state == ImportState.RECEIVED:
        move(locked, ImportState.CHECKING, table=IMPORT_TRANSITIONS, actor=None, reason="")
    if locked.state != ImportState.CHECKING:
        return False
    forget_rows(locked)
    return True


def locked_job(job: ImportJob) -> ImportJob:
    """Return the job under its row lock."""
    jobs = ImportJob.objects.select_for_update(of=("self",), no_key=True)
    return jobs.get(provider_id=job.provider_id, pk=job.pk)


def forget_rows(job: ImportJob) -> None:
    """Drop what was staged of a job, and the problems of its rows."""
    forget_staged(job)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM consent_import_problem WHERE provider_id = %s AND job_id = %s", [job.provider_id, job.pk]
        )


def forget_staged(job: ImportJob) -> None:
    """Drop what was staged of a job."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM consent_import_row WHERE provider_id = %s AND job_id = %s", [job.provider_id, job.pk]
        )


class _Reading:
    """Goes through a file portion by portion: good rows to a table of this session, bad ones to the problems."""

    def __init__(self, job: ImportJob, file: BinaryIO, now: datetime) -> None:
        self.job, self.file = job, file
        self.judge = RowJudge(policy=policy(), now=now)
        self.rows = self.good = self.problems = 0
        self.codes: Counter[str] = Counter()
        self.sample: list[tuple[int, tuple[str, ...], str]] = []
        self.ignored: tuple[str, ...] = ()

    def read(self) -> "_Reading":
        _drop("import_raw")
        with connection.cursor() as cursor:
            cursor.execute(_RAW)
        mapping = self.job.mapping
        table = table_of(self.file, Chosen.of(mapping).columns_of if mapping else columns_of)
        self.ignored = table.columns.ignored
        while portion := list(islice(table.lines, PORTION)):
            self._take(portion)
            self._tell()
        if not self.rows:
            raise FileRefused("Dosyada başlıktan başka satır yok. İzinleri başlığın altına yazın.")
        return self

    def _take(self, portion: list[Line]) -> None:
        bad: list[tuple[Line, str]] = []
        with _copying("COPY import_raw FROM STDIN") as copy:
            for block in self._blocks(portion, bad):
                copy.write(block)
        if not bad:
            return
        self.problems += len(bad)
        with _copying("COPY consent_import_problem (provider_id, job_id, line, cells, codes) FROM STDIN") as copy:
            for line, codes in bad:
                cells = json.dumps(line.cells, ensure_ascii=False)
                copy.write_row((self.job.provider_id, self.job.pk, line.number, cells, codes))

    def _blocks(self, portion: list[Line], bad: list[tuple[Line, str]]) -> Iterator[str]:
        """Yield the good rows as COPY takes them; a recipient holds no letter that would have to be escaped."""
        rows: list[str] = []
        for line in portion:
            number, cells, broken = line
            verdict = None if broken else self.judge.judge(cells)
            if verdict is None or isinstance(verdict, list):
                codes = f"{ROW_BROKEN}:{broken}" if verdict is None else coded(verdict)
                self.codes.update([ROW_BROKEN] if verdict is None else [fault.code for fault in verdict])
                bad.append((line, codes))
            else:
                codes = ""
                rows.append(_copied(number, verdict))
            if len(self.sample) < SAMPLE:
                self.sample.append((number, cells, codes))
            if len(rows) >= 1_000:
                yield "".join(rows)
                rows.clear()
        yield "".join(rows)
        self.rows += len(portion)
        self.good += len(portion) - len(bad)

    def _tell(self) -> None:
        """Note how far it is; stop when the person has given the file up."""
        percent = min(99, self.file.tell() * 100 // max(self.job.size, 1))
        reading = ImportJob.objects.filter(pk=self.job.pk, state=ImportState.CHECKING)
        if not reading.update(row_count=self.rows, read_percent=percent):
            raise _Cancelled


def _copied(number: int, row: Staged) -> str:
    recipient, channel, kind, status, source, consent_at, retailer = row
    return (
        f"{number}\t{recipient}\t{channel}\t{kind}\t{status}\t{_null(source)}\t{_null(consent_at)}\t{_null(retailer)}\n"
    )


def _null(value: int | str | None) -> int | str:
    return r"\N" if value is None else value


def coded(faults: list[Fault]) -> str:
    """Return faults as they are kept: code:field, with commas between them."""
    return ",".join(f"{fault.code}:{fault.field}" for fault in faults)


@transaction.atomic
def _stage(job: ImportJob, found: _Reading, *, now: datetime) -> None:
    locked = locked_job(job)
    if locked.state != ImportState.CHECKING:
        return
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(_STAGE, {"provider": job.provider_id, "job": job.pk})
        staged = cursor.rowcount
        cursor.execute("ANALYZE consent_import_row")
    mends = {mend.name: count for mend, count in found.judge.mends.items()}
    if found.good > staged:
        mends[Mend.SUPERSEDED.name] = found.good - staged
    move(
        locked,
        ImportState.READY,
        table=IMPORT_TRANSITIONS,
        actor=None,
        reason=f"{found.rows} satır okundu, {found.problems} hatalı.",
        row_count=found.rows,
        read_percent=100,
        problem_count=found.problems,
        staged=staged,
        mends=mends,
        faults=dict(found.codes),
        outlook={**_compared(locked, staged, now), "ignored": list(found.ignored)},
        sample_encrypted=encrypt(json.dumps(found.sample, ensure_ascii=False).encode()),
        checked_at=now,
        failures=0,
    )


def _compared(job: ImportJob, staged: int, now: datetime) -> dict[str, Any]:
    """Return what would come of the staged rows now: counts by verdict, and how the address count would grow."""
    values = {**values_of(job, policy=policy(), now=now), "after": 0, "until": staged}
    with connection.cursor() as cursor:
        cursor.execute(KNOWS, values)
        all_new = not cursor.fetchone()[0]
        cursor.execute(
            "CREATE TEMPORARY TABLE import_judged AS SELECT j.recipient, j.channel, j.status, j.verdict"  # noqa: S608  (constants of our own)
            f" FROM ({STAGED[all_new]}) j",
            values,
        )
        cursor.execute("ANALYZE import_judged")
        cursor.execute("SELECT verdict, count(*) FROM import_judged GROUP BY verdict")
        verdicts = dict(cursor.fetchall())
        cursor.execute(_GAINS if all_new else _GAINS + _NOT_COUNTED_YET, values)
        phones, emails = cursor.fetchone()
        cursor.execute("DROP TABLE import_judged")
    counts = address_usage(job.provider_id)
    after = max(counts.phones + phones, counts.emails + emails)
    own = {name: verdicts.pop(name, 0) for name in (NEW, CHANGED, SAME)}
    return {**own, "codes": verdicts, "addresses": [counts.count, after]}


@transaction.atomic
def _finish(job: ImportJob, state: ImportState, *, reason: str, finished_at: datetime) -> None:
    locked = locked_job(job)
    if locked.state == ImportState.CHECKING:
        move(
            locked,
            state,
            table=IMPORT_TRANSITIONS,
            actor=None,
            reason=reason,
            message=reason[:500],
            finished_at=finished_at,
            failures=0,
        )
        forget_rows(locked)


def _drop(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")


@contextmanager
def _copying(sql: str) -> Iterator[Copy]:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        yield copy
