"""Files of consents: received, then read and compared, applied when the person says so, cancelled, forgotten.

A provider's files are worked on one after another (docs/adr/0037-bulk-import.md); each step may be killed anywhere
and is taken up again by the outbox.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any, BinaryIO

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.models import Person
from brands.enums import BrandState
from brands.models import Brand
from consents.enums import IMPORT_OPEN, IMPORT_OVER, IMPORT_TRANSITIONS, ImportState
from consents.imports.columns import ColumnsUnknown
from consents.imports.tables import head_of, is_workbook, table_of
from consents.models import ImportJob, ImportPiece
from consents.services.import_columns import SHOWN_ROWS, about, is_known
from consents.services.import_files import keep_content, weigh
from consents.services.import_jobs import CHUNK, StagedRowsLost, forget_rows, forget_staged, locked_job
from iys_portal.audit.locks import exclusive
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import MEBIBYTE

logger = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
"""How long a file, its bad rows and its first rows are kept."""

WAITS = timedelta(days=7)
"""How long a file that was read waits for its person: its consents grow too old in three business days."""

MOST_FAILURES = 3
_AT_WORK = (ImportState.RECEIVED, ImportState.CHECKING, ImportState.APPLYING)
_LOCK_SPACE = 0x1390
# A larger workbook takes longer to open than a page may: its faults are told a moment later.
_LOOKED_INTO = 4 * MEBIBYTE
_OUR_FAULT = "Bizden kaynaklanan bir hata yüzünden durdu; kaydedilen satırlar duruyor. “Devam et” ile sürdürün."
_ROWS_LOST = "Okunan satırlar sunucudaki bir arıza yüzünden silindi. Aynı dosyayı yeniden yükleyin; kaydedilmiş olan"
_ROWS_LOST += " satırlar ikinci kez kaydedilmez."


def receive(*, brand: Brand, filename: str, content: BinaryIO, person: Person, now: datetime) -> tuple[ImportJob, bool]:
    """Keep a file (encrypted) and promise its reading; return (job, whether it is new).

    The bytes of a file that is still open for the same brand are that file, however often they are sent. Raises
    FileRefused for what is no table of consents.
    """
    digest, size = weigh(content)
    kept = _looked_into(content, brand) if not is_workbook(content) or size <= _LOOKED_INTO else {}
    content.seek(0)
    known = _open_like(brand, digest)
    with transaction.atomic():
        if (job := known.first()) is not None:
            return job, False
        try:
            with transaction.atomic():
                job = ImportJob.objects.create(
                    provider_id=brand.provider_id,
                    brand=brand,
                    person=person,
                    filename=PurePath(filename).name[:255],
                    sha256=digest,
                    size=size,
                    received_at=now,
                    **kept,
                )
        except IntegrityError:  # sent twice in the same moment
            return known.get(), False
        keep_content(job, content)
        record(action="import_received", subject=job, actor=person, sha256=digest, size=size, brand=brand.code)
        promise("consents.import", provider_id=brand.provider_id)
    return job, True


def _looked_into(content: BinaryIO, brand: Brand) -> dict[str, Any]:
    """Return what a job keeps of a foreign head; it waits for its columns unless those of one like it are known."""
    only_head = FileRefused("Dosyada başlıktan başka satır yok. İzinleri başlığın altına yazın.")
    try:
        if next(table_of(content).lines(), None) is None:
            raise only_head
    except ColumnsUnknown as unknown:
        head = head_of(content, rows=SHOWN_ROWS)
        if not head.rows:
            raise only_head from None
        kept = about(brand.provider_id, head)
        if is_known(kept["mapping"]):
            return kept
        return {**kept, "state": ImportState.MAPPING, "message": unknown.message[:500]}
    return {}


def _open_like(brand: Brand, sha256: str) -> QuerySet[ImportJob]:
    return ImportJob.objects.filter(provider_id=brand.provider_id, brand=brand, sha256=sha256, state__in=IMPORT_OPEN)


@transaction.atomic
def apply(*, job: ImportJob, person: Person, now: datetime) -> bool:
    """Have the rows of a job that is ready recorded; return whether that begins now. Asked twice, it begins once.

    A passive brand takes no consents, as over the API.
    """
    locked = locked_job(job)
    if locked.state != ImportState.READY or locked.brand.state != BrandState.ACTIVE:
        return False
    move(locked, ImportState.APPLYING, table=IMPORT_TRANSITIONS, actor=person, reason="", started_at=now)
    promise("consents.import", provider_id=locked.provider_id)
    return True


@transaction.atomic
def cancel(*, job: ImportJob, person: Person | None, now: datetime, reason: str = "") -> bool:
    """Give a job up; what was recorded stays recorded. Return whether there was anything left to give up."""
    locked = locked_job(job)
    if ImportState.CANCELLED not in IMPORT_TRANSITIONS[ImportState(locked.state)]:
        return False
    move(
        locked,
        ImportState.CANCELLED,
        table=IMPORT_TRANSITIONS,
        actor=person,
        reason=reason,
        message=reason,
        finished_at=now,
    )
    forget_staged(locked)
    return True


@transaction.atomic
def resume(*, job: ImportJob, person: Person, now: datetime) -> bool:  # noqa: ARG001  (services take it)
    """Let a job that was stopped by a fault of ours go on where it stood; return whether it does.

    It does not when the same file was sent again since.
    """
    locked = locked_job(job)
    if locked.state != ImportState.FAILED or _open_like(locked.brand, locked.sha256).exists():
        return False
    to = ImportState.APPLYING if locked.started_at else ImportState.CHECKING
    move(locked, to, table=IMPORT_TRANSITIONS, actor=person, reason="", failures=0, message="")
    promise("consents.import", provider_id=locked.provider_id)
    return True


# --- The work ---------------------------------------------------------------------------------------------------------
def work(*, provider_id: int, clock: Callable[[], datetime], size: int = CHUNK) -> None:
    """Do all that is to be done with the provider's files, oldest first; safe to repeat, and by two at once.

    Who finds somebody else at it leaves: the other one looks again after it has let go. `clock` is asked for every
    chunk: packages end and days change while a file is recorded.
    """
    while _next(provider_id) is not None:
        with exclusive(_LOCK_SPACE, provider_id) as owned:
            if not owned:
                return
            while (job := _next(provider_id)) is not None:
                _advance(job, clock, size)


def _next(provider_id: int) -> ImportJob | None:
    return ImportJob.objects.filter(provider_id=provider_id, state__in=_AT_WORK).order_by("pk").first()


def _advance(job: ImportJob, clock: Callable[[], datetime], size: int) -> None:
    # Polars is large: only the workers who do the work pay for it.
    from consents.services.import_check import check  # noqa: PLC0415  (as above)
    from consents.services.import_chunks import apply_chunk  # noqa: PLC0415  (as above)

    try:
        if job.state == ImportState.APPLYING:
            while apply_chunk(job, now=clock(), size=size):
                pass
            forget_staged(job)
        else:
            check(job, clock=clock)
    except StagedRowsLost:
        logger.exception("import_rows_lost", job_id=job.pk)
        _fail(job, now=clock(), message=_ROWS_LOST, at_once=True)
    except Exception:
        logger.exception("import_failed", job_id=job.pk)
        if not _fail(job, now=clock(), message=_OUR_FAULT):
            raise


@transaction.atomic
def _fail(job: ImportJob, *, now: datetime, message: str, at_once: bool = False) -> bool:  # noqa: ARG001  (services take `now`)
    """Count a failure; return whether the job was stopped because of it, so that nobody tries it again by itself."""
    locked = locked_job(job)
    locked.failures += 1
    if locked.state not in _AT_WORK or not (at_once or locked.failures >= MOST_FAILURES):
        locked.save(update_fields=["failures"])
        return False
    move(locked, ImportState.FAILED, table=IMPORT_TRANSITIONS, actor=None, reason=message, message=message)
    return True


def forget(*, now: datetime) -> int:
    """Give up files nobody decided on, and drop what old ones left behind; return how many jobs that were."""
    late = Q(state=ImportState.READY, checked_at__lt=now - WAITS)
    late |= Q(state=ImportState.MAPPING, received_at__lt=now - WAITS)
    waiting = list(ImportJob.objects.filter(late))
    for job in waiting:
        cancel(job=job, person=None, now=now, reason="Bir hafta içinde onaylanmadı.")
    over = (*IMPORT_OVER, ImportState.FAILED)
    old = list(
        ImportJob.objects.filter(
            state__in=over, received_at__lt=now - KEPT, pk__in=ImportPiece.objects.values("job_id")
        )
    )
    for job in old:
        if job.state == ImportState.FAILED:  # nothing is left to go on with
            cancel(job=job, person=None, now=now, reason="Bir ay içinde sürdürülmedi; içeriği silindi.")
        _forget(job)
    return len(waiting) + len(old)


@transaction.atomic
def _forget(job: ImportJob) -> None:
    locked = locked_job(job)
    forget_rows(locked)
    locked.pieces.all().delete()
    locked.sample_encrypted = locked.head_encrypted = None
    locked.save(update_fields=["sample_encrypted", "head_encrypted"])
