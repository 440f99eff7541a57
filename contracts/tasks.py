"""Issue the documents that were queued, archive those that were issued, take up those that were given up on."""

from celery import shared_task
from django.utils import timezone

from contracts import services
from iys_portal.audit.outbox import handler


@handler("contract.issue", queue="documents")
def issue_contract(*, document_id: int) -> None:
    """Render, seal and time-stamp one contract."""
    from contracts.issuing import issue_document  # noqa: PLC0415  (heavy: see there)

    issue_document(document_id=document_id, now=timezone.now())


@handler("contract.archive", queue="documents")
def archive_contract(*, document_id: int) -> None:
    """Make one sealed contract B-LTA."""
    from contracts.issuing import archive_document  # noqa: PLC0415  (heavy: see there)

    archive_document(document_id=document_id, now=timezone.now())


@shared_task
def retry_documents(**_kwargs: object) -> None:
    """Promise again what the outbox gave up on: a key that comes back needs nobody's help."""
    services.retry_waiting(now=timezone.now())


@shared_task
def check_seal(**_kwargs: object) -> None:
    """Tell the other processes how the seal's key is; only workers that issue can open it."""
    from contracts.condition import report  # noqa: PLC0415  (heavy: it loads pyHanko)

    report()
