"""Versions of contract texts: those that an installation starts with, and those that administrators add."""

import hashlib
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Max

from contracts import markup, proofreading
from contracts.enums import TextKind
from contracts.models import ContractText
from iys_portal.audit.services import Actor, record
from iys_portal.shared.clock import istanbul_day

_FIRST_DAY = date(2020, 1, 1)
_TEXT_LOCK = 0x7E87


class TextRefused(ValueError):
    """The version cannot be added; the message says why, for the person."""


def install() -> None:
    """Insert version 1 of each contract text where it is missing."""
    for kind in TextKind:
        source = markup.packaged_source(kind, 1)
        ContractText.objects.get_or_create(
            kind=kind,
            version=1,
            defaults={
                "title": markup.title(source),
                "source": source,
                "sha256": hashlib.sha256(source.encode()).hexdigest(),
                "effective_from": _FIRST_DAY,
            },
        )


@transaction.atomic
def add_version(
    *, kind: TextKind, source: str, effective_from: date, actor: Actor | None, now: datetime
) -> ContractText:
    """Append the next version of a text, in force from a day to come, and return it; title and hash follow from it.

    Raises TextRefused for a source with faults, for one like the newest version's, and for a day that has begun:
    what people are reading now never changes under them. Serialised by an advisory lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TEXT_LOCK])
    refusal = refusal_of_version(kind=kind, source=source, effective_from=effective_from, today=istanbul_day(now))
    if refusal:
        raise TextRefused(refusal)
    newest = ContractText.objects.filter(kind=kind).aggregate(newest=Max("version"))["newest"] or 0
    text = ContractText.objects.create(
        kind=kind,
        version=newest + 1,
        title=markup.title(source),
        source=source,
        sha256=hashlib.sha256(source.encode()).hexdigest(),
        effective_from=effective_from,
    )
    after = {"kind": kind, "version": text.version, "sha256": text.sha256, "effective_from": str(effective_from)}
    record(action="admin:add", subject=text, actor=actor, after=after)
    return text


def refusal_of_day(effective_from: date, *, today: date) -> str:
    """Return why no version can take effect on a day, in words, or an empty text."""
    if effective_from <= today:
        return "Yürürlük tarihi ileri bir gün olmalıdır; bugün okunan metin gün içinde değişemez."
    return ""


def refusal_of_version(*, kind: TextKind, source: str, effective_from: date, today: date) -> str:
    """Return why a version cannot be added, in words, or an empty text; reads the newest version."""
    faults = proofreading.faults(source)
    if faults:
        return " ".join(str(fault) for fault in faults)
    if refusal := refusal_of_day(effective_from, today=today):
        return refusal
    newest = ContractText.objects.filter(kind=kind).order_by("-version").first()
    if newest is not None and newest.source == source and newest.effective_from == effective_from:
        return f"Bu metin, aynı yürürlük tarihiyle {newest.version}. sürüm olarak kayıtlı."
    return ""
