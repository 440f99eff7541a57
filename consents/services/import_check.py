"""Read a file of consents, keep its bad rows, stage its good ones, and compare them with what is recorded.

Only workers import this module: it needs polars.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import polars as pl
from django.db import connection, transaction

from consents.enums import IMPORT_TRANSITIONS, ImportState, Source
from consents.imports.columns import Chosen, Columns, ColumnsUnknown, columns_of
from consents.imports.frames import Bad, FrameJudge, Judged
from consents.imports.judging import RowJudge
from consents.imports.mending import Mend
from consents.imports.sorting import Sorter
from consents.imports.tables import Choice, Portion, counted, head_of, table_of
from consents.models import ImportJob
from consents.selectors import policy
from consents.services.import_columns import SHOWN_ROWS, ask_for_columns
from consents.services.import_files import copying, open_content
from consents.services.import_jobs import CHUNK, forget_rows, locked_job
from consents.services.import_rows import (
    FOUND,
    approved_addresses,
    keep_block,
    known_of,
    make_chunk,
    numbered,
    surely_known,
    surely_new,
    verdicts_of_chunk,
)
from consents.services.import_sql import CHANGED, NEW, NEWEST, SAME, Known, keep_rejected, values_of
from consents.services.import_writing import for_many_rows
from iys_portal.audit.services import move
from iys_portal.shared.ahead import one_ahead
from iys_portal.shared.crypto import encrypt
from iys_portal.shared.sheets.refusal import FileRefused
from packages.selectors import address_usage

SAMPLE = 8
# How many addresses the chunk would add: those that are not counted yet.
_GAINS = """
    SELECT count(DISTINCT recipient) FILTER (WHERE channel <> 3), count(DISTINCT recipient) FILTER (WHERE channel = 3)
    FROM import_chunk j WHERE verdict IN ('new', 'changed') AND status = 1 AND (
        SELECT true FROM consent a WHERE a.provider_id = %(provider)s AND a.recipient = j.recipient AND a.status = 1
            AND (a.channel = 3) = (j.channel = 3) LIMIT 1
    ) IS NULL
"""


class _Cancelled(Exception):
    """The person gave the file up while it was read."""


def check(job: ImportJob, *, clock: Callable[[], datetime]) -> None:
    """Read and compare a received file; it is then `ready`, or `refused` with the reason. Begins anew when killed.

    Where its head must be explained first, it waits for that.
    """
    now = clock()
    if not _begin(job):
        return
    try:
        with open_content(job) as file, Sorter() as sorter:
            try:
                found = _Reading(job, file, sorter, now).read()
            except ColumnsUnknown as unknown:
                forget_rows(job)
                ask_for_columns(job=job, head=head_of(file, rows=SHOWN_ROWS), why=unknown.message)
            else:
                _stage(job, found, now=clock())
    except FileRefused as refusal:
        _finish(job, ImportState.REFUSED, reason=refusal.message, finished_at=clock())
    except _Cancelled:
        forget_rows(job)


@transaction.atomic
def _begin(job: ImportJob) -> bool:
    locked = locked_job(job)
    if locked.state == ImportState.RECEIVED:
        move(locked, ImportState.CHECKING, table=IMPORT_TRANSITIONS, actor=None, reason="")
    if locked.state != ImportState.CHECKING:
        return False
    forget_rows(locked)
    return True


class _Reading:
    """Goes through a file portion by portion: good rows to the sorter, bad ones to the problems."""

    def __init__(self, job: ImportJob, file: BinaryIO, sorter: Sorter, now: datetime) -> None:
        self.job, self.file, self.sorter = job, file, sorter
        self.judge = RowJudge(policy=policy(), now=now)
        self.rows = self.good = self.problems = 0
        self.codes: Counter[str] = Counter()
        self.sample: list[tuple[int, tuple[str, ...], str]] = []
        self.ignored: tuple[str, ...] = ()

    def read(self) -> "_Reading":
        mapping = self.job.mapping
        read_head = Chosen.of(mapping).columns_of if mapping else columns_of

        def choose(cells: Sequence[str]) -> Columns:
            return replace(read_head(cells), brand_code=str(self.job.brand.code))

        self.sample = _sample(self.file, choose, RowJudge(policy=self.judge.policy, now=self.judge.now))
        table = table_of(self.file, choose)
        self.ignored = table.columns.ignored
        judge = FrameJudge(self.judge)
        with one_ahead(self._judged(table.portions, judge)) as portions:
            for found, percent in portions:
                self._take(found, percent)
        if not self.rows:
            raise FileRefused("Dosyada başlıktan başka satır yok. İzinleri başlığın altına yazın.")
        self.codes = judge.codes
        return self

    def _judged(self, portions: Iterable[Portion], judge: FrameJudge) -> Iterator[tuple[Judged, int]]:
        """Yield what is in each portion, and how much of the file that was, in percent."""
        for portion in portions:
            yield judge.judge(portion), min(99, self.file.tell() * 100 // max(self.job.size, 1))

    def _take(self, found: Judged, percent: int) -> None:
        """Keep the rows of a portion and note how far it is; stop when the person has given the file up."""
        self.good += found.good.height
        self.problems += len(found.bad)
        self.rows = counted(self.good + self.problems)
        if found.good.height:
            self.sorter.add(found.good)
        with transaction.atomic():
            _wait_for_no_disk()
            if found.bad:
                self._keep(found.bad)
            reading = ImportJob.objects.filter(pk=self.job.pk, state=ImportState.CHECKING)
            if not reading.update(row_count=self.rows, read_percent=percent):
                raise _Cancelled

    def _keep(self, bad: list[Bad]) -> None:
        with copying("COPY consent_import_problem (provider_id, job_id, line, cells, codes) FROM STDIN") as copy:
            for row in bad:
                cells = json.dumps(row.line.cells, ensure_ascii=False)
                copy.write_row((self.job.provider_id, self.job.pk, row.line.number, cells, row.codes))


def _wait_for_no_disk() -> None:
    """Let this transaction commit at once: a file whose reading a crash interrupts is read anew from its beginning."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _sample(file: BinaryIO, choose: Choice, judge: RowJudge) -> list[tuple[int, tuple[str, ...], str]]:
    """Return the first rows of a file with the codes of what is wrong with them."""
    sample = []
    for line in islice(table_of(file, choose).lines(), SAMPLE):
        verdict = [] if line.is_none else judge.judge(line.cells)
        sample.append((line.number, line.cells, "" if isinstance(verdict, tuple) else Bad(line, verdict).codes))
    return sample


@transaction.atomic
def _stage(job: ImportJob, found: _Reading, *, now: datetime) -> None:
    locked = locked_job(job)
    if locked.state != ImportState.CHECKING:
        return
    compared = _Comparison(locked, now)
    with for_many_rows(), one_ahead(found.sorter.blocks(CHUNK)) as blocks:
        for rows in blocks:
            compared.keep(rows)
    mends = {mend.name: count for mend, count in found.judge.mends.items()}
    if found.good > compared.staged:
        mends[Mend.SUPERSEDED.name] = found.good - compared.staged
    move(
        locked,
        ImportState.READY,
        table=IMPORT_TRANSITIONS,
        actor=None,
        reason=f"{found.rows} satır okundu, {found.problems} hatalı.",
        row_count=found.rows,
        read_percent=100,
        problem_count=found.problems,
        staged=compared.staged,
        mends=mends,
        faults=dict(found.codes),
        outlook={**compared.outlook(), "ignored": list(found.ignored)},
        compared_seq=compared.seq,
        sample_encrypted=encrypt(json.dumps(found.sample, ensure_ascii=False).encode()),
        checked_at=now,
        failures=0,
    )


class _Comparison:
    """Keeps the rows block by block, with what would come of each now, and counts that.

    Rows that would be refused stand among the bad ones from now on; the recording, which judges anew, drops them first.

    `seq`, read before anything is compared, is the provider's newest event: whoever writes later draws a greater one.
    """

    def __init__(self, job: ImportJob, now: datetime) -> None:
        self._job, self._values = job, values_of(job, policy=policy(), now=now)
        self._verdicts: Counter[str] = Counter()
        self._days: Counter[str] = Counter()
        self.staged = self._phones = self._emails = 0
        with connection.cursor() as cursor:
            cursor.execute(NEWEST, [job.provider_id])
            self.seq = int(cursor.fetchone()[0])

    def keep(self, rows: pl.DataFrame) -> None:
        """Compare a block of rows with what is recorded, and keep it."""
        rows = numbered(rows, after=self.staged)
        known = known_of(rows, provider_id=self._job.provider_id)
        found = self._surely(rows, known)
        rest = rows.join(found, on="position", how="anti", maintain_order="left")
        if rest.height:
            make_chunk(rest, self._values, known=known)
            found = found.vstack(verdicts_of_chunk())
            keep_rejected(self._job)
        rows = rows.join(found, on="position", maintain_order="left")
        if known == Known.NOTHING:
            phones, emails = approved_addresses(rows.filter(pl.col("verdict") == NEW))
        else:
            phones, emails = self._gains() if rest.height else (0, 0)
        self._phones, self._emails = self._phones + phones, self._emails + emails
        self._verdicts.update(dict(found["verdict"].value_counts().iter_rows()))
        self._days.update(_days_of(rows))
        keep_block(self._job, after=self.staged, rows=rows.drop("position"))
        self.staged += rows.height

    def _surely(self, rows: pl.DataFrame, known: Known) -> pl.DataFrame:
        """Return what comes of the rows of which that is told without a question to the rules of the states."""
        if known == Known.NOTHING:
            return surely_new(rows, earliest=self._values["earliest"])
        if known == Known.AS_MUCH:
            return surely_known(rows, self._values)
        return pl.DataFrame(schema=FOUND)

    def _gains(self) -> tuple[int, int]:
        with connection.cursor() as cursor:
            cursor.execute(_GAINS, self._values)
            phones, emails = cursor.fetchone()
        return phones, emails

    def outlook(self) -> dict[str, Any]:
        """Return what would come of the rows: counts by verdict, how the address count would grow, what ages how soon.

        `days` counts the consents that would be recorded by their own day: each can be until its deadline.
        """
        counts = address_usage(self._job.provider_id)
        after = max(counts.phones + self._phones, counts.emails + self._emails)
        own = {name: self._verdicts.pop(name, 0) for name in (NEW, CHANGED, SAME)}
        return {**own, "codes": dict(self._verdicts), "addresses": [counts.count, after], "days": dict(self._days)}


def _days_of(rows: pl.DataFrame) -> dict[str, int]:
    """Return how many of the rows that would be recorded grow too old, by the day of the consent."""
    ageing = pl.col("consent_at").is_not_null() & pl.col("source").ne_missing(Source.HS_2015.value)
    written = rows.filter(pl.col("verdict").is_in([NEW, CHANGED]) & ageing)
    return dict(written["consent_at"].str.head(10).value_counts().iter_rows())


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
