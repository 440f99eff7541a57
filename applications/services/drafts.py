"""What an applicant types and uploads. Every step locks the application and is refused once that is sent."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import Person, Provider
from applications.enums import (
    CHECK_TRANSITIONS,
    ApplicationKind,
    ApplicationState,
    CheckKind,
    CheckState,
)
from applications.files import ReceivedFile
from applications.models import REFERENCE_LENGTH, Application, Check, Document, RequestedBrand
from applications.rules import (
    BRAND_IS_TITLE,
    BRAND_TWICE,
    FORM_USED,
    MAX_BRANDS,
    NO_LONGER_OPEN,
    TOO_MANY_BRANDS,
    ApplicationRefused,
    FormUsed,
    gaps,
    is_complete_again,
    printed_sha256,
    takes_documents,
)
from applications.selectors import checks_of, newest_documents, open_brand_requests
from applications.services.base import APPLICANT, link_to, locked, move_to, write
from brands.models import Brand
from brands.rules import NAME_TAKEN
from brands.selectors import has_brand_named
from iys_portal.audit.services import Actor, move, record
from iys_portal.mail.enums import MailKind
from iys_portal.shared.codes import random_glyphs
from iys_portal.shared.crypto import encrypt, lookup_hash
from iys_portal.shared.tin import tin_columns
from iys_portal.shared.turkish import search_key

DRAFT_DAYS = 30
_FORM = {ApplicationKind.COMPANY: CheckKind.UNDERTAKING, ApplicationKind.PERSON: CheckKind.AUTHORITY}


@transaction.atomic
def begin(*, kind: ApplicationKind, provider: Provider | None = None, now: datetime) -> tuple[Application, str]:
    """Begin a draft; return it with the secret of its link, which is kept nowhere."""
    token = _new_token()
    application = Application.objects.create(
        kind=kind, provider=provider, token_hash=lookup_hash(token), created_at=now, changed_at=now
    )
    if kind == ApplicationKind.COMPANY:
        Check.objects.create(application=application, kind=CheckKind.TAX_NUMBER)
    Check.objects.create(application=application, kind=_FORM[kind])
    return application, token


@transaction.atomic
def put_values(
    *,
    application_id: int,
    values: Mapping[str, str | date],
    tckn: str = "",
    tin: str = "",
    token: str = "",
    now: datetime,
) -> str:
    """Keep what was typed on one step; an empty `tckn` or `tin` (tax number) keeps the one that was typed before.

    With `token`, the secret of the link, the link is e-mailed once the person's address is known, and the secret is
    returned. Where it went to another address before, it is a new one: the old link opens nothing any more.
    """
    application = _draft(application_id)
    told = application.person_email
    for name, value in values.items():
        setattr(application, name, value)
    if tckn:
        application.tckn_hash, application.tckn_encrypted = lookup_hash(tckn), encrypt(tckn.encode())
    if tin:
        for column, kept in tin_columns(tin).items():
            setattr(application, column, kept)
    application.changed_at = now
    is_told_anew = bool(token) and application.person_email != told
    if is_told_anew and told:
        token = _new_token()
        application.token_hash = lookup_hash(token)
    application.save()
    if is_told_anew:
        write(MailKind.APPLICATION_BEGUN, application, link=link_to(token), days=str(DRAFT_DAYS))
    return token


@transaction.atomic
def add_brand(*, application_id: int, name: str, file: ReceivedFile, now: datetime) -> RequestedBrand:
    """Add a brand with its certificate to a draft; raises ApplicationRefused for one that is there already."""
    application = _draft(application_id)
    if search_key(name) == search_key(application.title):
        raise ApplicationRefused(BRAND_IS_TITLE)
    if application.brands.filter(search_key=search_key(name)).exists():
        raise ApplicationRefused(BRAND_TWICE)
    if application.brands.count() >= MAX_BRANDS:
        raise ApplicationRefused(TOO_MANY_BRANDS)
    return _brand(application, name, file, now=now)


@transaction.atomic
def remove_brand(*, application_id: int, brand_id: int, now: datetime) -> None:
    """Take a brand, its check and its certificate out of a draft; gone already, nothing happens."""
    application = _draft(application_id)
    application.brands.filter(pk=brand_id).delete()
    _touch(application, now=now)


@transaction.atomic
def put_document(
    *, application_id: int, check_id: int, file: ReceivedFile, actor: Actor = APPLICANT, now: datetime
) -> Document:
    """Add a document to a draft, or to a sent application in place of one that was refused.

    What was uploaded before and seen by nobody goes: only what was sent is kept.
    """
    application = locked(application_id)
    check = Check.objects.get(application=application, pk=check_id)
    earlier = check.documents.defer("content_encrypted")
    if not takes_documents(application, check, earlier.last()):
        raise ApplicationRefused(NO_LONGER_OPEN)
    is_draft = application.state == ApplicationState.DRAFT
    (check.documents.all() if is_draft else check.documents.filter(uploaded_at__gt=application.changed_at)).delete()
    if check.state == CheckState.REFUSED:
        changes: dict[str, object] = {"cause": "", "note": "", "reviewer": None, "reviewed_at": None}
        why = "Yeni belge yüklendi."
        move(check, CheckState.WAITING, table=CHECK_TRANSITIONS, actor=actor, reason=why, **changes)
    if is_draft:
        _touch(application, now=now)
    return _document(check, file, application, actor=actor, now=now)


@transaction.atomic
def submit(*, application_id: int, actor: Actor = APPLICANT, now: datetime) -> Application:
    """Send a draft, or the new documents of one that missed some; sent twice, the second call changes nothing.

    Raises ApplicationRefused, with the first sentence, while something is missing.
    """
    application = locked(application_id)
    checks = checks_of(application)
    if application.state == ApplicationState.MISSING:
        if not is_complete_again(checks):
            raise ApplicationRefused("Önce istenen bütün belgeleri yükleyin.")
        move_to(application, ApplicationState.IN_CHECK, actor=actor, reason="Eksik belgeler yüklendi.")
        return application
    if application.state != ApplicationState.DRAFT:
        return application
    for _, sentence in gaps(application, checks, newest_documents(application)):
        raise ApplicationRefused(sentence)
    _send(application, actor=actor, now=now)
    return application


@transaction.atomic
def request_brand(
    *,
    provider: Provider,
    person: Person,
    name: str,
    file: ReceivedFile,
    nonce: str,
    renames: Brand | None = None,
    now: datetime,
) -> Application:
    """Ask for a further brand, or for another name of the brand `renames`, and return the request.

    The same form again gives the same request. Locks the provider. Raises FormUsed where the form was sent with
    another name or file before, ApplicationRefused for a name that another brand has or that is asked for already.
    """
    Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    known = Application.objects.filter(provider=provider, nonce=nonce).first()
    if known is not None:
        if not _asks_for(known, name, file, renames):
            raise FormUsed(FORM_USED.format(name=known.brands.get().name))
        return known
    if has_brand_named(provider.pk, name, besides=renames):
        raise ApplicationRefused(NAME_TAKEN)
    if open_brand_requests(provider.pk, name, renames=renames).exists():
        raise ApplicationRefused("Bu marka için onay bekleyen bir talebiniz var.")
    application = Application.objects.create(
        kind=ApplicationKind.BRAND, provider=provider, requested_by=person, nonce=nonce, created_at=now, changed_at=now
    )
    _brand(application, name, file, renames=renames, now=now)
    _send(application, actor=person, now=now)
    return application


def _asks_for(application: Application, name: str, file: ReceivedFile, renames: Brand | None) -> bool:
    """Return whether a sent form said just this, with this file."""
    same = application.brands.filter(search_key=search_key(name), renames=renames)
    return same.filter(checks__documents__sha256=file.sha256).exists()


@transaction.atomic
def discard(*, application_id: int) -> bool:
    """Delete a draft with all that was typed and uploaded; return whether it was one still."""
    application = Application.objects.select_for_update().filter(pk=application_id).first()
    if application is None or application.state != ApplicationState.DRAFT:
        return False
    application.delete()
    return True


def drop_old_drafts(*, now: datetime) -> int:
    """Delete the drafts that nobody touched for a month, with all that was typed and uploaded; return how many."""
    old = Application.objects.filter(state=ApplicationState.DRAFT, changed_at__lt=now - timedelta(days=DRAFT_DAYS))
    _, deleted = old.delete()
    return deleted.get("applications.Application", 0)


def _new_token() -> str:
    return secrets.token_urlsafe(24)


def _draft(application_id: int) -> Application:
    application = locked(application_id)
    if application.state != ApplicationState.DRAFT:
        raise ApplicationRefused(NO_LONGER_OPEN)
    return application


def _touch(application: Application, *, now: datetime) -> None:
    application.changed_at = now
    application.save(update_fields=["changed_at"])


def _brand(
    application: Application, name: str, file: ReceivedFile, *, renames: Brand | None = None, now: datetime
) -> RequestedBrand:
    brand = RequestedBrand.objects.create(
        application=application, name=name, search_key=search_key(name), renames=renames
    )
    check = Check.objects.create(application=application, kind=CheckKind.CERTIFICATE, brand=brand)
    _document(check, file, application, actor=APPLICANT, now=now)
    _touch(application, now=now)
    return brand


def _document(check: Check, file: ReceivedFile, application: Application, *, actor: Actor, now: datetime) -> Document:
    document = Document.objects.create(
        check_of=check,
        filename=file.filename,
        mimetype=file.mimetype,
        size=len(file.content),
        pages=file.pages,
        sha256=file.sha256,
        printed_sha256=printed_sha256(application),
        content_encrypted=encrypt(file.content),
        uploaded_at=now,
    )
    if application.state != ApplicationState.DRAFT:
        record(action="document_received", subject=application, actor=actor, sha256=file.sha256, kind=check.kind)
    return document


def _send(application: Application, *, actor: Actor, now: datetime) -> None:
    reference = random_glyphs(REFERENCE_LENGTH)
    move_to(
        application,
        ApplicationState.NEW,
        actor=actor,
        reason="Başvuru gönderildi.",
        reference=reference,
        submitted_at=now,
        changed_at=now,
    )
    write(MailKind.APPLICATION_RECEIVED, application)
