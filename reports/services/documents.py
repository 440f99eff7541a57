"""Ask for the document of a report; ask again when its figures changed."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction

from iys_portal.audit.outbox import promise
from iys_portal.audit.services import Actor, move, record
from iys_portal.shared.clock import istanbul_day
from reports.enums import CHOSEN, DOCUMENT_ASKED, DOCUMENT_TRANSITIONS, DocumentState, Rhythm
from reports.models import ReportDocument
from reports.pictures.scope import Scope
from reports.selectors.documents import key_of, version_of

PAUSE = timedelta(minutes=10)
"""The document of a period that has not ended is not made more often than this: its figures change all the time."""
MOST_CHOSEN = 50
"""So many documents of chosen days a provider keeps; the oldest make room."""
_LONGEST = timedelta(days=31)
_FAILED_PAUSE = timedelta(minutes=1)
_GIVEN_UP = timedelta(hours=1)
"""A document that waited so long is asked for anew: whoever was to make it has given up."""


@transaction.atomic
def ask(*, provider_id: int, scope: Scope, now: datetime, actor: Actor | None) -> ReportDocument:
    """Ask for the document about this, and return it; asked already, nothing happens.

    It is not made anew while it is what the figures say, nor within `PAUSE` in a period that has not ended. Locks it.
    """
    document = locked(provider_id=provider_id, scope=scope)
    if may_be_made(document, now=now):
        _promise(document, now=now, actor=actor)
        if document.rhythm == CHOSEN:
            _make_room(provider_id)
    return document


def locked(*, provider_id: int, scope: Scope) -> ReportDocument:
    """Return the row of the document about this, made where there was none, under its lock."""
    key = {"provider_id": provider_id, **key_of(scope)}
    ReportDocument.objects.bulk_create([ReportDocument(**key)], ignore_conflicts=True)
    return ReportDocument.objects.select_for_update(of=("self",), no_key=True).defer("content").get(**key)


def _make_room(provider_id: int) -> None:
    """Drop the oldest documents of chosen days beyond so many, but none that somebody waits for."""
    chosen = ReportDocument.objects.filter(provider_id=provider_id, rhythm=CHOSEN)
    kept = chosen.order_by("-asked_at", "-pk").values("pk")[:MOST_CHOSEN]
    chosen.exclude(pk__in=kept).exclude(state=DocumentState.WAITING).delete()


def is_stale(document: ReportDocument, *, now: datetime) -> bool:
    """Return whether a document was made, and of other figures than there are now."""
    period, today = document.scope.period, istanbul_day(now)
    return bool(document.version) and document.version != version_of(document.provider_id, period, today=today)


def may_be_made(document: ReportDocument, *, now: datetime) -> bool:
    """Return whether asking for the document would have it made (again)."""
    asked = document.asked_at
    if document.state == DocumentState.WAITING:
        return asked is None or asked <= now - _GIVEN_UP
    if document.state == DocumentState.FAILED:
        return asked is None or asked <= now - _FAILED_PAUSE
    return is_stale(document, now=now) and _may_change(document, now)


def _may_change(document: ReportDocument, now: datetime) -> bool:
    """That of an ended period may be made anew at once, that of one that runs after a pause."""
    return _has_ended(document, now) or document.made_at is None or document.made_at <= now - PAUSE


def _has_ended(document: ReportDocument, now: datetime) -> bool:
    return document.last < istanbul_day(now)


def _promise(document: ReportDocument, *, now: datetime, actor: Actor | None) -> None:
    if document.state != DocumentState.WAITING:
        changes = {"message": "", "asked_at": now}
        move(document, DocumentState.WAITING, table=DOCUMENT_TRANSITIONS, actor=actor, reason="", **changes)
    else:
        document.asked_at = now
        document.save(update_fields=["asked_at"])
        record(action=DOCUMENT_ASKED, subject=document, actor=actor, rhythm=document.rhythm, name=document.scope.name)
    promise("reports.document", document_id=document.pk)


@transaction.atomic
def renew(*, provider_id: int, days: Collection[date], now: datetime) -> int:
    """Ask anew for the documents of ended weeks and months whose figures changed with these days; return how many.

    A day stands in the report of its own week and month, and beside those that come after.
    """
    if not days:
        return 0
    near = (min(days) - _LONGEST, max(days) + 2 * _LONGEST)
    made = ReportDocument.objects.filter(
        provider_id=provider_id, rhythm__in=Rhythm.values, state=DocumentState.READY, first__range=near
    )
    found = [
        document
        for document in made.select_for_update(of=("self",), no_key=True).defer("content").order_by("pk")
        if _has_ended(document, now) and is_stale(document, now=now)
    ]
    for document in found:
        _promise(document, now=now, actor=None)
    return len(found)
