"""Read applications: by the secret link, by reference and a second proof, by provider."""

import hmac

from django.db.models import Max, Q, QuerySet

from accounts.models import Person
from applications.enums import OPEN, ApplicationKind, ApplicationState
from applications.models import REFERENCE_LENGTH, Application, Check, Document, RequestedBrand
from brands.models import Brand
from iys_portal.shared.crypto import decrypt, lookup_hash
from iys_portal.shared.turkish import search_key, squeeze

TCKN_DIGITS = 4


def applications_of(person: Person) -> QuerySet[Application]:
    """Return what was sent in a person's name, or by the person, newest first; a draft is nobody's yet."""
    theirs = Q(requested_by=person)
    if person.tckn_hash:
        theirs |= Q(tckn_hash=person.tckn_hash)
    sent = Application.objects.filter(theirs).exclude(state=ApplicationState.DRAFT)
    return sent.select_related("provider").order_by("-pk")


def with_id(pk: int | None, kind: ApplicationKind) -> Application | None:
    """Return an application of a kind, with its provider; None where there is none, or no number."""
    found = Application.objects.select_related("provider").filter(kind=kind)
    return None if pk is None else found.filter(pk=pk).first()


def by_token(token: str) -> Application | None:
    """Return the application of a secret link."""
    return Application.objects.filter(token_hash=lookup_hash(token)).first()


def by_reference(reference: str, proof: str) -> Application | None:
    """Return a sent application by its reference and the last digits of the TCKN, or the e-mail address.

    Whatever is wrong, the answer is None: nothing tells a wrong reference from a wrong proof.
    """
    code = squeeze(reference)
    if len(code) != REFERENCE_LENGTH:
        return None
    found = Application.objects.select_related("provider").filter(reference=code).first()
    return found if found is not None and _proves(found, proof) else None


def _proves(application: Application, proof: str) -> bool:
    given = proof.strip()
    if application.tckn_encrypted and given.isascii() and given.isdigit() and len(given) >= TCKN_DIGITS:
        tckn = decrypt(application.tckn_encrypted).decode()
        return hmac.compare_digest(tckn[-len(given) :], given)
    known = {address.casefold() for address in (application.person_email, application.contact) if address}
    return given.casefold() in known


def checks_of(application: Application) -> list[Check]:
    """Return what is checked of an application, in the order in which it was asked for."""
    checks = application.checks.select_related("brand", "reviewer")
    return list(checks.annotate(newest_pk=Max("documents__pk")).order_by("pk"))


def newest_documents(application: Application) -> dict[int, Document]:
    """Return the document that counts of each check that has one, without its bytes."""
    documents = Document.objects.filter(check_of__application=application).defer("content_encrypted")
    return {document.check_of_id: document for document in documents.order_by("pk")}


def all_documents(application: Application) -> dict[int, list[Document]]:
    """Return all documents of each check, newest first, without their bytes."""
    found: dict[int, list[Document]] = {}
    documents = Document.objects.filter(check_of__application=application).defer("content_encrypted")
    for document in documents.order_by("-pk"):
        found.setdefault(document.check_of_id, []).append(document)
    return found


def document_of(application_id: int, document_id: int) -> Document | None:
    """Return a document of an application, with its bytes."""
    documents = Document.objects.select_related("check_of__application")
    return documents.filter(pk=document_id, check_of__application_id=application_id).first()


def content_of(document: Document) -> bytes:
    """Return the file as it was uploaded."""
    return decrypt(document.content_encrypted)


def waiting_brands(provider_id: int) -> QuerySet[RequestedBrand]:
    """Return the brands and the names that a provider asked for and that are not decided, newest first."""
    return (
        RequestedBrand.objects.filter(
            application__provider_id=provider_id, application__kind=ApplicationKind.BRAND, application__state__in=OPEN
        )
        .select_related("application", "renames")
        .order_by("-pk")
    )


def open_brand_requests(provider_id: int, name: str, *, renames: Brand | None = None) -> QuerySet[RequestedBrand]:
    """Return what waits under this name, in whatever spelling, or as another name of the brand `renames`."""
    same = Q(search_key=search_key(name))
    return waiting_brands(provider_id).filter(same | Q(renames=renames) if renames else same)


def brand_request(provider_id: int, pk: int) -> Application | None:
    """Return a provider's own request for a brand."""
    return (
        Application.objects.select_related("provider")
        .filter(provider_id=provider_id, kind=ApplicationKind.BRAND, pk=pk)
        .exclude(state=ApplicationState.DRAFT)
        .first()
    )
