"""Make the documents of reports, on a worker, and send them to who wants them by e-mail."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from accounts.notifying import address_of_member
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link, queue
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from reports.attachments import REPORT
from reports.enums import DOCUMENT_TRANSITIONS, MAILING, DocumentState, Rhythm
from reports.models import ClosedDay, ReportDocument, ReportSubscription
from reports.pictures.scope import Scope, last_scopes
from reports.pictures.summary import Answer, answers_of, said
from reports.selectors.documents import providers_to_write, subscribers, version_of
from reports.services.documents import locked
from reports.services.roll_up import roll_up
from reports.services.subscriptions import token_of

logger = structlog.get_logger(__name__)

HOUR = 7
"""The hour of the morning, in Istanbul, from which the reports of what ended at midnight are sent."""
_SENT_LATE = timedelta(days=3)
FAILED = "Rapor belgesi şu anda oluşturulamıyor. Grafikler sayfasındaki bulgular ve tablolar bundan etkilenmez."


# --- The document -----------------------------------------------------------------------------------------------------
def make(*, document_id: int, clock: Callable[[], datetime]) -> ReportDocument:
    """Make a report's document of the figures there are now; made of these before, nothing happens.

    One that cannot be printed says so (FAILED) and keeps what was made before; whoever wants it asks again. No row is
    locked while it is printed: two workers at once make the same.
    """
    document = ReportDocument.objects.defer("content").select_related("provider", "brand").get(pk=document_id)
    now, scope = clock(), document.scope
    roll_up(provider_id=document.provider_id, now=now)
    version = version_of(document.provider_id, scope.period, today=istanbul_day(now))
    if document.state == DocumentState.READY and document.version == version:
        return document
    answers = answers_of(document.provider_id, scope, now=now)
    content = _printed(document, answers, now=now)
    findings = [said(question, report, today=istanbul_day(now)) for question, report in answers]
    return _keep(document_id, version, content, findings, now=now)


def _printed(document: ReportDocument, answers: list[Answer], *, now: datetime) -> bytes | None:
    """Return the PDF, or None when it cannot be made, which is logged."""
    from contracts.rendering import RenderingError  # noqa: PLC0415  (WeasyPrint takes a second to load)
    from reports.pictures.printed import print_report  # noqa: PLC0415  (as above)

    try:
        return print_report(document.provider, document.scope, answers, now=now)
    except RenderingError:
        logger.exception("report_document_failed", document_id=document.pk)
        return None


@transaction.atomic
def _keep(
    document_id: int, version: str, content: bytes | None, findings: list[str], *, now: datetime
) -> ReportDocument:
    document = ReportDocument.objects.select_for_update(of=("self",), no_key=True).get(pk=document_id)
    if document.state != DocumentState.WAITING:  # somebody else was quicker
        move(document, DocumentState.WAITING, table=DOCUMENT_TRANSITIONS, actor=None, reason="", message="")
    changes: dict[str, Any] = {"findings": findings}
    if content is None:
        changes |= {"message": FAILED}
        move(document, DocumentState.FAILED, table=DOCUMENT_TRANSITIONS, actor=None, reason="", **changes)
    else:
        changes |= {"content": content, "version": version, "made_at": now, "message": ""}
        move(document, DocumentState.READY, table=DOCUMENT_TRANSITIONS, actor=None, reason="", **changes)
    return document


# --- The e-mails ------------------------------------------------------------------------------------------------------
def plan_mailing(*, now: datetime) -> int:
    """Promise the e-mails of the week and the month that ended last, once for each provider; return for how many.

    From seven in the morning on, for three days: after a longer standstill only the newest is sent, and late. While
    the last day is not closed its figures are not complete, and the next run looks again.
    """
    return sum(
        _plan(provider_id, scope, now=now)
        for scope in _ended(now)
        for provider_id in list(providers_to_write(scope.rhythm, scope.period))
    )


def _ended(now: datetime) -> list[Scope]:
    scopes = [last_scopes(rhythm, 2, today=istanbul_day(now))[1] for rhythm in Rhythm]
    return [
        scope
        for scope in scopes
        if _begins(scope.period.last) <= now < _begins(scope.period.last) + _SENT_LATE
        and ClosedDay.objects.filter(day=scope.period.last).exists()
    ]


def _begins(last: date) -> datetime:
    return datetime(last.year, last.month, last.day, HOUR, tzinfo=ISTANBUL) + timedelta(days=1)


@transaction.atomic
def _plan(provider_id: int, scope: Scope, *, now: datetime) -> bool:
    document = locked(provider_id=provider_id, scope=scope)
    if document.mailing_at is not None:
        return False
    document.mailing_at = now
    document.save(update_fields=["mailing_at"])
    record(action=MAILING, subject=document, actor=None, rhythm=scope.rhythm, name=scope.name)
    promise("reports.mailing", document_id=document.pk)
    return True


def write_mailing(*, document_id: int, clock: Callable[[], datetime]) -> int:
    """Make the document and queue an e-mail with it to everybody who is to get it; return to how many.

    Each person gets one of a period, however often this is done. Who may not read reports any more gets none. A
    document that cannot be printed holds up no e-mail: its findings stand in the text.
    """
    document = make(document_id=document_id, clock=clock)
    with transaction.atomic():
        found = list(subscribers(document.provider_id, document.rhythm, document.scope.period))
        for subscription in found:
            _write(document, subscription)
    return len(found)


def _write(document: ReportDocument, subscription: ReportSubscription) -> None:
    member, scope = subscription.membership, document.scope
    to = address_of_member(member)
    leave = public_link("reports:leave", token=token_of(member.pk, document.rhythm))
    attached = document.state == DocumentState.READY
    queue(
        kind=MailKind.REPORT,
        to=to,
        provider_id=document.provider_id,
        context={
            "title": member.provider.title,
            "name": member.person.get_full_name(),
            "report": scope.title,
            "days": scope.period.words,
            "findings": [{"words": finding} for finding in document.findings],
            "attached": attached,
            "is_weekly": document.rhythm == Rhythm.WEEKLY,
            "link": f"{public_link('reports:document', period=scope.name)}?iys={member.provider.iys_code}",
            "leave": leave,
        },
        attachment=(REPORT, document.pk) if attached else None,
        key=f"report:{member.pk}:{document.rhythm}:{scope.name}",
        is_personal=to != member.provider.email,
        leave_url=leave,
    )
