"""Files of dealers: judged when they come, added when the person says so, forgotten after a week."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Person
from brands.enums import UPLOAD_TRANSITIONS, UploadState
from brands.models import Brand, Retailer, RetailerUpload
from brands.rules import LABELS, Details
from brands.selectors import numbers_taken
from brands.services.retailers import columns, free_codes, lock_provider, open_brand, snapshot, taken_faults
from brands.upload_files import Judged, Line, judge
from iys_portal.audit.bulk import insert_rows, next_numbers
from iys_portal.audit.services import Happening, move, record, record_many
from iys_portal.shared.crypto import decrypt, encrypt, lookup_hash

KEPT = timedelta(days=7)
"""How long what stood in a file is kept."""


@transaction.atomic
def receive(*, brand: Brand, filename: str, lines: Iterable[Line], person: Person, now: datetime) -> RetailerUpload:
    """Keep the rows of a file, encrypted, with what is wrong in them, and return it; no dealer is added yet."""
    judged = _judged(brand.provider_id, lines)
    upload = RetailerUpload.objects.create(
        provider_id=brand.provider_id,
        brand=brand,
        person=person,
        filename=filename[:255],
        rows_encrypted=_locked_up(row.line for row in judged),
        faults=_faults(judged),
        row_count=len(judged),
        good_count=sum(row.details is not None for row in judged),
        created_at=now,
    )
    record(action="dealer_file", subject=upload, actor=person, rows=upload.row_count, good=upload.good_count)
    return upload


@transaction.atomic
def apply(*, upload: RetailerUpload, person: Person, now: datetime) -> RetailerUpload:
    """Add the dealers of the good rows and return the upload; asked twice, the second call adds nothing.

    The rows are judged again: what was right yesterday may be taken today. Only the rows to correct are kept. Raises
    BrandRefused for a passive brand, RetailerRefused when there are not codes enough.
    """
    lock_provider(upload.provider_id)
    locked = _lock(upload)
    if locked.state != UploadState.WAITING:
        return locked
    open_brand(locked.brand)
    judged = _judged(locked.provider_id, lines_of(locked))
    good = [row.details for row in judged if row.details is not None]
    _insert(locked, good, person=person, now=now)
    bad = [row.line for row in judged if row.details is None]
    move(
        locked,
        UploadState.APPLIED,
        table=UPLOAD_TRANSITIONS,
        actor=person,
        reason="",
        rows_encrypted=_locked_up(bad) if bad else None,
        faults=_faults(judged),
        good_count=len(good),
        finished_at=now,
    )
    return locked


@transaction.atomic
def withdraw(*, upload: RetailerUpload, person: Person | None, now: datetime) -> RetailerUpload:
    """Forget a file whose dealers were not added, and return it as it is now; an applied one stays applied."""
    locked = _lock(upload)
    if locked.state == UploadState.WAITING:
        move(
            locked,
            UploadState.WITHDRAWN,
            table=UPLOAD_TRANSITIONS,
            actor=person,
            reason="" if person else "Bir hafta içinde onaylanmadı",
            rows_encrypted=None,
            finished_at=now,
        )
    return locked


def forget(*, now: datetime) -> int:
    """Withdraw files that waited for a week, empty those that were applied, and return how many there were."""
    old = RetailerUpload.objects.filter(created_at__lt=now - KEPT, rows_encrypted__isnull=False)
    waiting = list(old.filter(state=UploadState.WAITING))
    for upload in waiting:
        withdraw(upload=upload, person=None, now=now)
    return len(waiting) + old.filter(state=UploadState.APPLIED).update(rows_encrypted=None)


def lines_of(upload: RetailerUpload) -> list[Line]:
    """Return the rows that are kept of a file, none of one that was forgotten."""
    if upload.rows_encrypted is None:
        return []
    return [Line(**values) for values in json.loads(decrypt(upload.rows_encrypted))]


def _lock(upload: RetailerUpload) -> RetailerUpload:
    uploads = RetailerUpload.objects.select_for_update(of=("self",), no_key=True)
    return uploads.get(provider_id=upload.provider_id, pk=upload.pk)


def _locked_up(lines: Iterable[Line]) -> bytes:
    return encrypt(json.dumps([asdict(line) for line in lines], ensure_ascii=False).encode())


def _judged(provider_id: int, lines: Iterable[Line]) -> list[Judged]:
    """Judge the rows, and whether their numbers are another dealer's."""
    by_tckn, by_mersis = numbers_taken(provider_id)
    judged = []
    for row in judge(lines):
        tckn, mersis = row.line.texts.get("tckn", ""), row.line.texts.get("mersis", "")
        faults = taken_faults(by_tckn.get(lookup_hash(tckn)), by_mersis.get(mersis) if mersis else None)
        judged.append(Judged(row.line, None, [*row.faults, *faults]) if faults else row)
    return judged


def _faults(judged: Iterable[Judged]) -> list[tuple[int, str, str, str]]:
    """Return (row, column, code, sentence) of every broken rule."""
    return [
        (row.line.number, LABELS.get(fault.field, ""), fault.code, fault.sentence)
        for row in judged
        for fault in row.faults
    ]


def _insert(upload: RetailerUpload, good: list[Details], *, person: Person, now: datetime) -> None:
    codes = free_codes(len(good))
    numbers = next_numbers(Retailer, len(good))
    retailers = [
        Retailer(
            pk=number,
            provider_id=upload.provider_id,
            brand_id=upload.brand_id,
            code=code,
            state=details.status,
            created_at=now,
            **columns(details),
        )
        for number, code, details in zip(numbers, codes, good, strict=True)
    ]
    names = [field.attname for field in Retailer._meta.concrete_fields]
    insert_rows(Retailer, names, ([getattr(retailer, name) for name in names] for retailer in retailers))
    record_many(
        (
            Happening(retailer, "dealer_added", f"Dosya {upload.pk}", {"before": None, "after": snapshot(retailer)})
            for retailer in retailers
        ),
        actor=person,
    )
