"""Read contract texts and documents."""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from contracts.chain import first_broken
from contracts.data import ContractData, Evidence, TextVersion
from contracts.enums import TextKind
from contracts.models import Approval, ContractText, SignedDocument
from contracts.proofreading import sample


def text_in_force(kind: TextKind, *, day: date) -> ContractText:
    """Return the text of a kind in force on a day: the highest version whose day has come.

    Raises ContractText.DoesNotExist when there is none.
    """
    return ContractText.objects.filter(kind=kind, effective_from__lte=day).latest("version")


def texts_with_standing(*, day: date) -> QuerySet[ContractText]:
    """Return all texts, each with `is_replaced`: whether a later version rules on `day` or on the text's own first."""
    later = ContractText.objects.filter(kind=OuterRef("kind"), version__gt=OuterRef("version"))
    ruling = later.filter(Q(effective_from__lte=day) | Q(effective_from__lte=OuterRef("effective_from")))
    return ContractText.objects.annotate(is_replaced=Exists(ruling))


def standing(text: ContractText, *, is_replaced: bool, day: date) -> str:
    """Return in words what a text is on a day, given whether a later version replaced it."""
    if text.effective_from > day:
        return "Yürürlüğe girmeyecek" if is_replaced else "Yürürlüğe girecek"
    return "Yürürlükten kalktı" if is_replaced else "Yürürlükte"


def newest_versions(kind: TextKind) -> list[ContractText]:
    """Return the two newest versions of a text (of a new installation: the only one), newest first."""
    return list(ContractText.objects.filter(kind=kind).order_by("-version")[:2])


def trial_contract(*, kind: TextKind, source: str, day: date) -> ContractData:
    """Return an invented company's contract with a source that is not stored, as it would read on a day."""
    tried = TextVersion(kind=kind, version=newest_versions(kind)[0].version + 1, source=source)
    if kind == TextKind.SERVICES:
        return sample(tried, version_of(text_in_force(TextKind.INFORMATION, day=day)))
    return sample(version_of(text_in_force(TextKind.SERVICES, day=day)), tried)


def version_of(text: ContractText) -> TextVersion:
    """Return a stored text as the value that contracts are rendered from."""
    return TextVersion(kind=text.kind, version=text.version, source=text.source)


def documents_of(provider_id: int) -> QuerySet[SignedDocument]:
    """Return a provider's documents without their bytes, newest first."""
    return SignedDocument.objects.filter(provider_id=provider_id).defer("content").order_by("-pk")


def document_of(approval: Approval | None) -> SignedDocument | None:
    """Return the document of an approval without its bytes, or None when none was queued yet."""
    if approval is None:
        return None
    return documents_of(approval.provider_id).filter(approval=approval).first()


def approved_contract(approval: Approval, *, term: tuple[date, date] | None = None) -> ContractData:
    """Return what was approved, from the approval's own record; `term`: the first and the last day, inclusive.

    Raises ValueError when the stored texts are not those that the record names.
    """
    return ContractData.from_terms(
        approval.terms,
        text=version_of(approval.text),
        information=version_of(approval.information) if approval.information else None,
        evidence=Evidence(
            approved_at=approval.approved_at,
            ip=approval.ip or "",
            user_agent=approval.user_agent,
            checkbox_label=approval.checkbox_label,
            text_sha256=approval.text_sha256,
            information_sha256=approval.information_sha256,
            shown_sha256=approval.shown_sha256,
        ),
        term=term,
    )


def broken_link_of(approval: Approval) -> int | None:
    """Return the first approval of the same provider that is not what was written, or None."""
    return first_broken(Approval.objects.filter(provider_id=approval.provider_id))


def document_with_code(code: str) -> SignedDocument | None:
    """Return the document, of whomever, with a verification code (16 glyphs); its bytes and its text included."""
    return SignedDocument.objects.filter(verification_code=code).select_related("approval__text").first()


def documents_numbered(number: str) -> QuerySet[SignedDocument]:
    """Return the documents with a number, bytes and text included: one, as long as order codes are unique."""
    return SignedDocument.objects.filter(number=number).select_related("approval__text").order_by("pk")[:3]
