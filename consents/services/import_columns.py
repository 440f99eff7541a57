"""Files whose head is not the template's: which column is which is asked once, and remembered for the provider."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Person
from consents.enums import IMPORT_TRANSITIONS, ImportState
from consents.imports.columns import Chosen
from consents.imports.tables import Head
from consents.models import ImportJob
from consents.services.import_jobs import forget_rows, locked_job
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move
from iys_portal.shared.crypto import encrypt, lookup_hash
from iys_portal.shared.sheets.table import heading

SHOWN_ROWS = 8
"""Rows that are kept beside the head, for the person who chooses."""


def is_known(mapping: Mapping[str, Any]) -> bool:
    """Return whether a remembered choice is followed unasked: what stood in every row of one file may not of the next.

    Last month's file was of approvals, this one of refusals, and its head says neither.
    """
    return bool(mapping) and not Chosen.of(mapping).constants


def about(provider_id: int, head: Head) -> dict[str, Any]:
    """Return the columns of a job that hold a foreign head, with what the provider chose for the last one like it."""
    # Hashed with a key: a file without a head has its first row there.
    key = lookup_hash(json.dumps([heading(cell) for cell in head.cells], ensure_ascii=False))
    alike = ImportJob.objects.filter(provider_id=provider_id, head_hash=key).exclude(mapping={}).order_by("-pk")
    return {
        "head_encrypted": encrypt(json.dumps(head, ensure_ascii=False).encode()),
        "head_hash": key,
        "mapping": alike.values_list("mapping", flat=True).first() or {},
    }


@transaction.atomic
def choose_columns(*, job: ImportJob, chosen: Chosen, person: Person, now: datetime) -> bool:  # noqa: ARG001  (services take `now`)
    """Have a file read by these columns; return whether it waited for them. Sent twice, it is read once."""
    locked = locked_job(job)
    if locked.state != ImportState.MAPPING:
        return False
    told = ", ".join([*chosen.places, *(f"{name}={value}" for name, value in chosen.constants.items())])
    move(
        locked,
        ImportState.RECEIVED,
        table=IMPORT_TRANSITIONS,
        actor=person,
        reason=f"Sütunlar seçildi: {told}",
        mapping=chosen.to_json(),
        message="",
    )
    promise("consents.import", provider_id=locked.provider_id)
    return True


@transaction.atomic
def change_columns(*, job: ImportJob, person: Person, now: datetime) -> bool:  # noqa: ARG001  (services take `now`)
    """Let the person choose anew, before anything is recorded; return whether that is possible."""
    locked = locked_job(job)
    if locked.state != ImportState.READY or locked.head_encrypted is None:
        return False
    nothing = {"row_count": 0, "problem_count": 0, "staged": 0, "mends": {}, "faults": {}, "outlook": {}}
    move(locked, ImportState.MAPPING, table=IMPORT_TRANSITIONS, actor=person, reason="", **nothing)
    forget_rows(locked)
    return True


@transaction.atomic
def ask_for_columns(*, job: ImportJob, head: Head, why: str) -> None:
    """A head that the worker was the first to see: read its file by remembered columns, or wait for the person."""
    locked = locked_job(job)
    if locked.state != ImportState.CHECKING:
        return
    kept = about(job.provider_id, head)
    move(locked, ImportState.MAPPING, table=IMPORT_TRANSITIONS, actor=None, reason=why, message=why[:500], **kept)
    if is_known(kept["mapping"]):
        move(locked, ImportState.RECEIVED, table=IMPORT_TRANSITIONS, actor=None, reason="", message="")
