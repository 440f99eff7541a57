"""Read files of consents: the jobs of a provider, how far one is, its first rows, its bad rows with what to do."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from consents.enums import Channel, ConsentStatus, ImportState, RecipientType, Source
from consents.imports.columns import BRAND, FIELDS, LABELS
from consents.imports.mending import Mend
from consents.imports.tables import OTHER_BRAND, ROW_BROKEN, Head
from consents.models import ConsentEvent, ImportJob
from consents.rules.calendar import Calendar, deadline
from consents.rules.faults import RULES
from consents.rules.transaction import written
from iys_portal.shared.clock import day_bounds, end_of_istanbul_day, last_day
from iys_portal.shared.crypto import decrypt
from packages.models import Package
from packages.rules import fits

ROW_HINT = "Satırı şablondaki sütunlara göre yeniden yazın."
_ROW_MESSAGE = "Satır okunamadı."
_BRAND_MESSAGE = "Satır başka bir markanın izni."
_BRAND_HINT = "Satırı o markayı seçerek yükleyin; izin bu markanınsa “Marka Kodu” hücresini düzeltin."
_PORTION = 2_000
_NEVER = datetime.max.replace(tzinfo=UTC)
# Where the register's own refusals point: they are kept without a field.
_FIELD_OF = {
    "H174": "status",
    "H175": "status",
    "H178": "consentDate",
    "H180": "retailerCode",
    "H462": "consentDate",
    "H463": "source",
    "H467": "consentDate",
    "H525": "recipient",
}


def jobs_of(provider_id: int) -> QuerySet[ImportJob]:
    """Return the provider's files, newest first."""
    return ImportJob.objects.filter(provider_id=provider_id).select_related("brand", "person").order_by("-pk")


def job_with_id(provider_id: int, pk: int) -> ImportJob | None:
    """Return one of the provider's files, or None."""
    return jobs_of(provider_id).filter(pk=pk).first()


def jobs_between(provider_id: int, first: date, last: date, *, brand_id: int | None = None) -> list[ImportJob]:
    """Return the files received on these Istanbul days (both included) that wrote something and are over; counts only.

    One that was given up midway is among them: `position` of its `staged` consents were judged.
    """
    jobs = ImportJob.objects.filter(
        Q(state=ImportState.DONE) | Q(state=ImportState.CANCELLED, position__gt=0),
        provider_id=provider_id,
        received_at__gte=end_of_istanbul_day(first - timedelta(days=1)),
        received_at__lt=end_of_istanbul_day(last),
    )
    if brand_id is not None:
        jobs = jobs.filter(brand_id=brand_id)
    counts = (
        *("row_count", "problem_count", "new_count", "changed_count", "same_count", "rejected_count", "faults"),
        *("started_at", "staged", "position"),
    )
    return list(jobs.only(*counts))


def files_of(provider_id: int, events: Collection[ConsentEvent]) -> dict[int, ImportJob]:
    """Return the files from which these events were recorded, by the number of the event; one query.

    Events do not name their file. But a provider's files are recorded one after another, each chunk at one instant: an
    event is of the file of its brand and person that had begun by then and was the first to end afterwards.
    """
    if not events:
        return {}
    jobs = ImportJob.objects.filter(
        provider_id=provider_id,
        brand_id__in={event.brand_id for event in events},
        started_at__lte=max(event.created_at for event in events),
        position__gt=0,
    ).exclude(finished_at__lt=min(event.created_at for event in events))
    in_turn = sorted(jobs.only("brand_id", "person_id", "filename", "started_at", "finished_at"), key=_end_of)
    found = {}
    for event in events:
        of = [job for job in in_turn if (job.brand_id, job.person_id) == (event.brand_id, event.person_id)]
        job = next((job for job in of if _began(job) <= event.created_at <= _end_of(job)), None)
        if job is not None:
            found[event.seq] = job
    return found


def _began(job: ImportJob) -> datetime:
    return job.started_at or _NEVER


def _end_of(job: ImportJob) -> datetime:
    return job.finished_at or _NEVER


@dataclass(frozen=True)
class Progress:
    """How far a job is: of a hundred, its rows a second, and how long it still takes, where that is known."""

    percent: int
    rate: int | None = None
    left: timedelta | None = None

    @property
    def left_words(self) -> str:
        """The remaining time as people say it."""
        if self.left is None:
            return ""
        seconds = int(self.left.total_seconds())
        return f"{max(seconds, 1)} saniye" if seconds < 60 else f"{(seconds + 59) // 60} dakika"


def progress_of(job: ImportJob, *, now: datetime) -> Progress:
    """Return how far the reading or the recording of a job is."""
    if job.state == ImportState.CHECKING:
        return Progress(job.read_percent)
    if job.state != ImportState.APPLYING or job.started_at is None or not job.staged:
        return Progress(100 if job.finished_at else 0)
    percent = job.position * 100 // job.staged
    taken = (now - job.started_at).total_seconds()
    if not job.position or taken <= 0:
        return Progress(percent)
    rate = job.position / taken
    return Progress(percent, round(rate), timedelta(seconds=(job.staged - job.position) / rate))


@dataclass(frozen=True)
class Due:
    """So many consents can be recorded until the end of a day, which is `left` days away (0: today)."""

    day: date
    left: int
    count: int


@dataclass(frozen=True)
class Outlook:
    """What would come of a file, as it was compared when it was read."""

    new: int
    changed: int
    same: int
    bad: int
    before: int
    after: int
    ignored: list[str]
    days: dict[date, int]

    @property
    def writes(self) -> int:
        """How many consents would be recorded."""
        return self.new + self.changed

    def due(self, calendar: Calendar, *, today: date) -> list[Due]:
        """Return by when the consents of the file must be recorded, the first day first."""
        found: Counter[date] = Counter()
        for day, count in self.days.items():
            last = last_day(deadline(day_bounds(day)[0], calendar))
            found[max(last, today - timedelta(days=1))] += count  # too late is too late
        return [Due(day, (day - today).days, count) for day, count in sorted(found.items())]

    def is_beyond(self, package: Package) -> bool:
        """Whether the addresses may become more than the package holds."""
        return self.after > self.before and not fits(package, addresses=self.after)


def outlook_of(job: ImportJob) -> Outlook | None:
    """Return the comparison of a job that was read, else None."""
    found: dict[str, Any] = job.outlook
    if not found:
        return None
    bad = job.problem_count + sum(found["codes"].values())
    before, after = found["addresses"]
    days = {date.fromisoformat(day): count for day, count in found.get("days", {}).items()}
    return Outlook(found["new"], found["changed"], found["same"], bad, before, after, found["ignored"], days)


def mends_of(job: ImportJob) -> list[tuple[str, int]]:
    """Return what was mended, in words, with how often."""
    return [(mend.value, job.mends[mend.name]) for mend in Mend if mend.name in job.mends]


@dataclass(frozen=True)
class CodeCount:
    """How often a fault was found."""

    code: str
    count: int
    message: str
    hint: str


def faults_of(job: ImportJob) -> list[CodeCount]:
    """Return the faults of a job, most frequent first; before it is recorded, with those that the comparison found."""
    counts = Counter(job.faults)
    if job.started_at is None:
        for codes, count in job.outlook.get("codes", {}).items():
            counts.update(dict.fromkeys(codes.split(","), count))
    return [CodeCount(code, count, *_words(code)) for code, count in counts.most_common()]


def fault_words(code: str) -> str:
    """Return what a fault's code means, in a Turkish sentence."""
    return _words(code)[0]


def fault_hint(code: str) -> str:
    """Return what to do about a fault, in a Turkish sentence."""
    return _words(code)[1]


def _words(code: str) -> tuple[str, str]:
    if code == OTHER_BRAND:
        return _BRAND_MESSAGE, _BRAND_HINT
    rule = RULES.get(code)
    return (rule.message, rule.hint) if rule else (_ROW_MESSAGE, ROW_HINT)


@dataclass(frozen=True)
class SampleRow:
    """One of the first rows of a file."""

    number: int
    cells: list[str]
    codes: str

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """The cells with the names of their fields."""
        return [(LABELS[field], cell) for field, cell in zip(FIELDS, self.cells, strict=True)]


def head_of_job(job: ImportJob) -> Head | None:
    """Return the first line and rows of a file whose head was foreign."""
    if job.head_encrypted is None:
        return None
    cells, rows = json.loads(decrypt(job.head_encrypted))
    return Head(cells, rows)


def sample_of(job: ImportJob) -> list[SampleRow]:
    """Return the first rows of a file as they are written there, with the codes of what is wrong."""
    if job.sample_encrypted is None:
        return []
    rows = json.loads(decrypt(job.sample_encrypted))
    return [SampleRow(number, cells, ", ".join(code for code, _, _ in _faults(codes))) for number, cells, codes in rows]


# --- Bad rows ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class BadRow:
    """A row that was not recorded: its cells in the order of FIELDS, and what is wrong, (code, field, sentence).

    `brand` is the code of its brand: the file's, or the other one that it names.
    """

    line: int
    cells: list[str]
    brand: str
    faults: list[tuple[str, str, str]]

    def value_of(self, field: str) -> str:
        """Return what stands in a field."""
        if field == BRAND:
            return self.brand
        return self.cells[FIELDS.index(field)] if field in FIELDS else ""


def bad_rows_of(job: ImportJob) -> Iterator[BadRow]:
    """Yield the bad rows in the order of the file, read in portions."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT line, cells, codes, channel, source, recipient, status, consent_at, recipient_type,"
                " retailer_code FROM consent_import_problem WHERE provider_id = %s AND job_id = %s AND line > %s"
                " ORDER BY line LIMIT %s",
                [job.provider_id, job.pk, after, _PORTION],
            )
            rows = cursor.fetchall()
        for line, cells, codes, *typed in rows:
            brand = codes.partition(":")[2] if codes.startswith(f"{OTHER_BRAND}:") else str(job.brand.code)
            yield BadRow(line, _cells(*typed) if cells is None else json.loads(cells), brand, _faults(codes))
        if len(rows) < _PORTION:
            return
        after = rows[-1][0]


def _faults(codes: str) -> list[tuple[str, str, str]]:
    if codes.startswith(f"{ROW_BROKEN}:"):
        return [(ROW_BROKEN, "", codes.partition(":")[2])]
    if codes.startswith(f"{OTHER_BRAND}:"):
        return [(OTHER_BRAND, BRAND, _BRAND_MESSAGE)]
    faults = []
    for each in filter(None, codes.split(",")):
        code, _, field = each.partition(":")
        faults.append((code, field or _FIELD_OF[code], RULES[code].message))
    return faults


def _cells(
    channel: int,
    source: int | None,
    recipient: str,
    status: int,
    consent_at: datetime | None,
    recipient_type: int,
    retailer_code: int | None,
) -> list[str]:
    """Return a row that was read, in İYS's words and in the order of FIELDS."""
    return [
        Channel(channel).name,
        "" if source is None else Source(source).name,
        recipient,
        ConsentStatus(status).name,
        written(consent_at),
        RecipientType(recipient_type).name,
        "" if retailer_code is None else str(retailer_code),
    ]


def label_of(field: str) -> str:
    """Return a field as people know it, with İYS's name."""
    if field == BRAND:
        return BRAND
    return f"{LABELS[field]} ({field})" if field else "Satır"
