"""Read contract texts and documents."""

from datetime import date

from django.db.models import QuerySet

from contracts.data import TextVersion
from contracts.enums import TextKind
from contracts.models import Approval, ContractText, SignedDocument


def text_in_force(kind: TextKind, *, day: date) -> ContractText:
    """Return the newest text of a kind in force on a day; raises ContractText.DoesNotExist when there is none."""
    return ContractText.objects.filter(kind=kind, effective_from__lte=day).latest("effective_from")


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
