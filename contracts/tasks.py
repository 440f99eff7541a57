"""Issue the documents that were queued."""

from django.utils import timezone

from iys_portal.audit.outbox import handler


@handler("contract.issue", queue="documents")
def issue_contract(*, document_id: int) -> None:
    """Render, seal and time-stamp one contract."""
    from contracts.issuing import issue_document  # noqa: PLC0415  (heavy: see there)

    issue_document(document_id=document_id, now=timezone.now())
