"""What an application must hold, and what may be done with it; nothing here writes."""

import hashlib
import json
from collections.abc import Iterable

from applications.enums import ApplicationKind, ApplicationState, CheckKind, CheckState
from applications.models import Application, Check, Document
from iys_portal.shared.turkish import search_key

MAX_BRANDS = 20
NO_LONGER_OPEN = "Bu başvuru gönderildi; artık değiştirilemez. Durumunu başvuru numaranızla izleyebilirsiniz."
BRAND_TWICE = "Bu markayı zaten eklediniz."
BRAND_IS_TITLE = "Ana markanız unvanınızla kendiliğinden açılır; burada yalnızca başka markalarınızı ekleyin."
TOO_MANY_BRANDS = f"Bir başvuruda en çok {MAX_BRANDS} marka bildirilebilir; kalanları onaydan sonra ekleyebilirsiniz."


FORM_USED = (
    "Bu form daha önce gönderildi ve “{name}” için talebiniz alındı. Başka bir talep için adı denetleyin, belgeyi"
    " yeniden seçin ve gönderin."
)


class ApplicationRefused(Exception):
    """It may not be done; `str()` says why, in Turkish."""


class FormUsed(ApplicationRefused):
    """The form was sent before and said something else: what it says now needs a new one."""


def printed_sha256(application: Application) -> str:
    """Return the digest of all that the printed form says of this application."""
    names = ["title", "tax_number", "mersis", "address", "kep", "phone", "email"]
    names += ["given_name", "family_name", "tckn_hash", "mobile", "person_email"]
    said = {name: getattr(application, name) for name in names}
    if application.tax_tckn_hash:
        said["tax_tckn_hash"] = application.tax_tckn_hash
    said |= {"birth_date": str(application.birth_date), "provider": application.provider_id}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def form_number(application: Application) -> str:
    """Return the number that is printed on the form, by which a signed form is told from one with other data."""
    return f"BF-{printed_sha256(application)[:10].upper()}"


def has_company(application: Application) -> bool:
    return bool(application.title and (application.tax_number or application.tax_tckn_hash))


def has_person(application: Application) -> bool:
    return bool(application.given_name and application.tckn_hash and application.person_email)


def gaps(application: Application, checks: Iterable[Check], newest: dict[int, Document]) -> list[tuple[str, str]]:
    """Return what is missing before it can be sent: (step, sentence)."""
    found = []
    if application.kind == ApplicationKind.COMPANY and not has_company(application):
        found.append(("company", "Şirket bilgilerini yazın."))
    if application.kind != ApplicationKind.BRAND and not has_person(application):
        found.append(("person", "Yetkili kişinin bilgilerini yazın."))
    for check in checks:
        document = newest.get(check.pk)
        if check.kind in {CheckKind.UNDERTAKING, CheckKind.AUTHORITY}:
            if document is None:
                found.append(("paper", f"{check}: imzalayıp yükleyin."))
            elif document.printed_sha256 != printed_sha256(application):
                found.append(("paper", f"{check}: yükledikten sonra bilgileriniz değişti; yeniden indirip imzalayın."))
        elif check.kind == CheckKind.CERTIFICATE and document is None:
            found.append(("brands", f"{check}: belgeyi yükleyin."))
        elif check.brand and application.title and check.brand.search_key == search_key(application.title):
            found.append(("brands", f"{check.brand.name}: {BRAND_IS_TITLE}"))
    return found


def is_unsent(application: Application, document: Document | None) -> bool:
    """Return whether a document was uploaded since documents were asked for, and not sent yet."""
    is_asked = application.state == ApplicationState.MISSING
    return is_asked and document is not None and document.uploaded_at > application.changed_at


def takes_documents(application: Application, check: Check, newest: Document | None) -> bool:
    """Return whether a document may be uploaded now: to a draft, and of a sent one what was refused.

    What was uploaded for a refused one may be replaced until it is sent.
    """
    if check.kind == CheckKind.TAX_NUMBER:
        return False
    is_refused = application.state == ApplicationState.MISSING and check.state == CheckState.REFUSED
    return application.state == ApplicationState.DRAFT or is_refused or is_unsent(application, newest)


def is_complete_again(checks: Iterable[Check]) -> bool:
    """Return whether everything that was refused has a new document."""
    return all(check.state != CheckState.REFUSED for check in checks)


def refusal_of_decision(application: Application) -> str:
    """Return why nothing can be decided about it now (naming who was quicker), or an empty text."""
    who = application.reviewer.get_full_name() if application.reviewer else ""
    words = {
        ApplicationState.DRAFT: "Bu başvuru henüz gönderilmedi.",
        ApplicationState.NEW: "Önce başvuruyu incelemeye alın.",
        ApplicationState.MISSING: f"Bu başvuru için {who} eksik belge istedi; yeni belgeler bekleniyor.",
        ApplicationState.APPROVED: f"Bu başvuru {who} tarafından onaylandı.",
        ApplicationState.REJECTED: f"Bu başvuru {who} tarafından reddedildi.",
    }
    return words.get(ApplicationState(application.state), "")


def refusal_of_approval(application: Application, checks: Iterable[Check]) -> str:
    """Return why it cannot be approved now, or an empty text."""
    waiting = sum(check.state != CheckState.CONFIRMED for check in checks)
    if refusal := refusal_of_decision(application):
        return refusal
    return (
        f"Onaylamak için her belge ve vergi numarası tek tek doğrulanmalıdır; {waiting} tanesi doğrulanmadı."
        if waiting
        else ""
    )


def refusal_of_request(application: Application, checks: Iterable[Check]) -> str:
    """Return why no documents can be asked for now, or an empty text."""
    if refusal := refusal_of_decision(application):
        return refusal
    refused = {check.kind for check in checks if check.state == CheckState.REFUSED}
    if CheckKind.TAX_NUMBER in refused:
        return "Vergi kimlik numarası kabul edilmedi; yeni belgeyle düzelmez. Başvuruyu reddedin."
    return "" if refused else "Önce eksik ya da yanlış belgeyi nedeniyle birlikte “kabul edilmedi” olarak işaretleyin."


def refusal_of_rejection(application: Application) -> str:
    """Return why it cannot be rejected now, or an empty text: what misses documents may be given up."""
    return "" if application.state == ApplicationState.MISSING else refusal_of_decision(application)
