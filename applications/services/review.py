"""What reviewers do: take an application, judge its parts one by one, ask for documents, reject."""

import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import Person
from applications.enums import (
    CHECK_TRANSITIONS,
    ApplicationKind,
    ApplicationState,
    CheckReason,
    CheckState,
    RejectReason,
)
from applications.models import Application, Check, Document
from applications.rules import (
    ApplicationRefused,
    refusal_of_decision,
    refusal_of_rejection,
    refusal_of_request,
)
from applications.selectors import checks_of, content_of
from applications.services.base import link_to, locked, move_to, write
from iys_portal.audit.services import move, record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link
from iys_portal.shared.crypto import lookup_hash


@transaction.atomic
def take(*, application_id: int, reviewer: Person) -> Application:
    """Begin the review; pressed twice by one person, the second changes nothing.

    Raises ApplicationRefused, naming the other, when somebody else was quicker.
    """
    application = locked(application_id)
    if application.state == ApplicationState.NEW:
        move_to(application, ApplicationState.IN_CHECK, actor=reviewer, reason="İncelemeye alındı.", reviewer=reviewer)
        return application
    if application.reviewer_id == reviewer.pk and application.state == ApplicationState.IN_CHECK:
        return application
    if application.state == ApplicationState.IN_CHECK and application.reviewer:
        raise ApplicationRefused(f"Bu başvuruyu az önce {application.reviewer.get_full_name()} incelemeye aldı.")
    raise ApplicationRefused(refusal_of_decision(application))


@transaction.atomic
def judge(
    *,
    application_id: int,
    check_id: int,
    seen: str,
    verdict: CheckState,
    reason: CheckReason | str = "",
    note: str = "",
    reviewer: Person,
    now: datetime,
) -> Check:
    """Confirm or refuse one part. Locks the application; `seen` is the check's stamp as the reviewer saw it.

    Raises ApplicationRefused, naming the other, when it was judged meanwhile.
    """
    application = locked(application_id)
    if refusal := refusal_of_decision(application):
        raise ApplicationRefused(refusal)
    check = Check.objects.select_related("reviewer", "brand").get(application=application, pk=check_id)
    if check.state == verdict and (check.cause, check.note) == (reason, note):
        return check
    if seen != check.stamp:
        who = check.reviewer.get_full_name() if check.reviewer else "başvuru sahibi"
        raise ApplicationRefused(
            f"{check}: bu arada {who} tarafından değiştirildi ({check.get_state_display()}). Güncel durumu aşağıda."
        )
    changes: dict[str, object] = {"cause": reason, "note": note, "reviewer": reviewer, "reviewed_at": now}
    words = _words(CheckReason(reason).label if reason else "", note)
    move(check, verdict, table=CHECK_TRANSITIONS, actor=reviewer, reason=words, **changes)
    return check


@transaction.atomic
def ask_for_documents(*, application_id: int, note: str, reviewer: Person, now: datetime) -> Application:
    """Ask the applicant for what was refused, by an e-mail with a new secret link; the old link ends."""
    application = locked(application_id)
    checks = checks_of(application)
    if refusal := refusal_of_request(application, checks):
        raise ApplicationRefused(refusal)
    changes: dict[str, object] = {"reviewer": reviewer, "note": note, "changed_at": now}
    link = public_link("brands:request", pk=application.pk)
    if application.kind != ApplicationKind.BRAND:
        token = secrets.token_urlsafe(24)
        changes["token_hash"] = lookup_hash(token)
        link = link_to(token)
    move_to(application, ApplicationState.MISSING, actor=reviewer, reason=note, **changes)
    missing = [{"what": str(each), "why": each.reason_words} for each in checks if each.state == CheckState.REFUSED]
    write(MailKind.APPLICATION_MISSING, application, link=link, missing=missing, note=note)
    return application


@transaction.atomic
def reject(*, application_id: int, reason: RejectReason, note: str, reviewer: Person, now: datetime) -> Application:
    """Reject an application for good and tell the applicant why."""
    application = locked(application_id)
    if refusal := refusal_of_rejection(application):
        raise ApplicationRefused(refusal)
    words = _words(str(reason.label), note)
    changes: dict[str, object] = {"reviewer": reviewer, "decided_at": now, "note": words, "token_hash": None}
    move_to(application, ApplicationState.REJECTED, actor=reviewer, reason=words, **changes)
    write(MailKind.APPLICATION_REJECTED, application, link=public_link("applications:status"), reason=words)
    return application


def _words(reason: str, note: str) -> str:
    return ": ".join(filter(None, [reason, note]))


@transaction.atomic
def read_tin(*, application: Application, reader: Person) -> str:
    """Return a sole trader's whole TCKN, to be compared with the tax register, and audit who saw it."""
    record(action="tin_shown", subject=application, actor=reader)
    return application.tin


@transaction.atomic
def read_document(*, document: Document, reader: Person) -> bytes:
    """Return what an applicant uploaded, and audit who had it: it holds a person's name, TCKN and signature."""
    check = document.check_of
    subject = check.application
    record(action="document_read", subject=subject, actor=reader, document=document.pk, kind=check.kind)
    return content_of(document)
