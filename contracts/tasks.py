"""Issue the documents that were queued."""

from django.utils import timezone

from contracts.services import issue_document
from iys_portal.audit.outbox import handler


@handler("contract.issue", queue="documents")
def issue_contract(*, document_id: int) -> None:
    """Render, seal and time-stamp one contract."""
    issue_document(document_id=document_id, now=timezone.now())
