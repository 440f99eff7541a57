"""Make the daily files: which are asked for, their bytes, the agreement (docs/adr/0044-daily-files.md)."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import Actor, move, record
from iys_portal.shared.crypto import encrypt
from partners.models import Partner
from reports.enums import AGREED, ASKED, DOWNLOADED, FILE_TRANSITIONS, FileState
from reports.models import Comparison, DailyFile, DailyFilePiece
from reports.selectors.files import TOPIC, lines_to_write, movements_of_brands, report_day

logger = structlog.get_logger(__name__)

PIECE = 1 << 20
"""Bytes of a file that are packed and encrypted together, and that are in memory at a time."""


def queue_files(*, provider_id: int, day: date, now: datetime, actor: Actor | None = None) -> list[DailyFile]:
    """Ask for the files that a provider's day lacks: of brands with movements that no file holds, or whose file failed.

    To be called in a transaction that holds the lock of the provider's roll-up, after which all that the files shall
    hold is in it. Asked for again it returns nothing.
    """
    kept = report_day(provider_id, day)
    if kept is None:
        return []
    files = DailyFile.objects.filter(provider_id=provider_id, day=day).order_by("revision").defer("stamp")
    newest = {file.brand_id: file for file in files}
    asked, again = [], []
    for brand_id, number in movements_of_brands(provider_id, day).items():
        file = newest.get(brand_id)
        if file is not None and number <= file.rows:
            if file.state == FileState.ERROR:
                again.append(file.pk)
            continue
        asked.append(
            DailyFile(
                provider_id=provider_id,
                brand_id=brand_id,
                day=day,
                revision=file.revision + 1 if file else 1,
                rows=number,
                last_seq=kept.last_seq,
                asked_at=now,
            )
        )
    DailyFile.objects.bulk_create(asked)
    for file in asked:
        record(action=ASKED, subject=file, actor=actor, day=str(day), revision=file.revision)
    asked += [file for file in map(_locked, again) if _is_queued_again(file, actor)]
    if asked:
        promise(TOPIC, provider_id=provider_id, day=day.isoformat())
    return asked


def _is_queued_again(file: DailyFile, actor: Actor | None) -> bool:
    """Queue a file that could not be made, whose tries may all be over; return whether it was still one."""
    if file.state != FileState.ERROR:
        return False
    move(file, FileState.QUEUED, table=FILE_TRANSITIONS, actor=actor, reason="Yeniden istendi.", message="")
    return True


def make_files(*, provider_id: int, day: date, clock: Callable[[], datetime]) -> None:
    """Make the files of a provider's day that wait, one after the other; those that are made stay as they are.

    A worker that is killed leaves its file to whoever does this again. What goes wrong with one file is raised after
    the others were made.
    """
    waiting = DailyFile.objects.filter(provider_id=provider_id, day=day).exclude(state=FileState.COMPLETED)
    failure: Exception | None = None
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        try:
            _make(pk, clock)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the outbox that tries again)
            failure = error
            _set_aside(pk, error)
            if isinstance(error, SoftTimeLimitExceeded):
                break
    if failure is not None:
        raise failure


def _make(pk: int, clock: Callable[[], datetime]) -> None:
    with transaction.atomic():
        file = _locked(pk)
        if file.state == FileState.COMPLETED:
            return
        if file.state != FileState.INPROGRESS:
            move(file, FileState.INPROGRESS, table=FILE_TRANSITIONS, actor=None, reason="", message="")
    with transaction.atomic():
        file = _locked(pk)
        if file.state == FileState.COMPLETED:
            return
        made = _write(file)
        move(
            file,
            FileState.COMPLETED,
            table=FILE_TRANSITIONS,
            actor=None,
            reason="",
            made_at=clock(),
            rows=made.rows,
            size=made.size,
            sha384=made.digest.hexdigest(),
        )


def _locked(pk: int) -> DailyFile:
    return DailyFile.objects.select_for_update(of=("self",), no_key=True).select_related("brand__provider").get(pk=pk)


class _Made:
    """What is known of the bytes while they pass."""

    def __init__(self) -> None:
        self.digest = hashlib.sha384()
        self.size = 0
        self.rows = -1  # the head is none

    def watch(self, lines: Iterable[str]) -> Iterator[bytes]:
        """Yield the lines as bytes, and take note of them."""
        for line in lines:
            written = f"{line}\n".encode()
            self.digest.update(written)
            self.size += len(written)
            self.rows += 1
            yield written


def _write(file: DailyFile) -> _Made:
    made = _Made()
    lines = made.watch(lines_to_write(file, file.brand, iys_code=file.brand.provider.iys_code))
    for position, piece in enumerate(_pieces(lines)):
        content = encrypt(zlib.compress(piece, 1))
        DailyFilePiece.objects.create(file=file, position=position, content_encrypted=content)
    return made


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _set_aside(pk: int, error: Exception) -> None:
    logger.error("daily_file_failed", file_id=pk, error=type(error).__name__)
    with transaction.atomic():
        file = _locked(pk)
        if file.state == FileState.INPROGRESS:
            move(
                file,
                FileState.ERROR,
                table=FILE_TRANSITIONS,
                actor=None,
                reason=type(error).__name__,
                message="Dosya hazırlanırken bir hata oluştu.",
            )


# --- Mutabakat --------------------------------------------------------------------------------------------------------
@transaction.atomic
def agree(*, file: DailyFile, actor: Actor | None, now: datetime, sha384: str, partner: Partner | None = None) -> bool:
    """Note that somebody has the same file; return whether they have: whether `sha384` (hex) is the file's hash.

    `partner` is for whom the person speaks, where it is not the provider. A program (`actor` no person) stands in the
    audit trail only. Said again it stays as it was said first.
    """
    locked = _locked(file.pk)
    if locked.state != FileState.COMPLETED or sha384.strip().lower() != locked.sha384:
        return False
    if locked.agreed_at is None:
        locked.agreed_at, locked.agreed_by = now, actor if isinstance(actor, Person) else None
        locked.agreed_partner = partner
        locked.save(update_fields=["agreed_at", "agreed_by", "agreed_partner"])
        record(action=AGREED, subject=locked, actor=actor, reason=words_for(partner), sha384=locked.sha384)
    return True


def note_download(*, subject: DailyFile | Comparison, person: Person, partner: Partner | None = None) -> None:
    """Note who took along a daily file, or the rows in which theirs differs: both name recipients."""
    file = subject if isinstance(subject, DailyFile) else subject.file
    reason = words_for(partner)
    record(action=DOWNLOADED, subject=subject, actor=person, reason=reason, day=str(file.day), revision=file.revision)


def words_for(partner: Partner | None) -> str:
    """Return what the audit trail says of a person who acts for a partner, or nothing for the provider's own."""
    return f"{partner.title} adına." if partner else ""
