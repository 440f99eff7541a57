"""What happens later with files and batches of consents."""

from celery import shared_task
from django.utils import timezone

from consents.services import batches, imports, recording
from iys_portal.audit.outbox import handler


@handler("consents.import", queue="import")
def work_on_imports(*, provider_id: int) -> None:
    """Read, compare and record the files of a provider that wait for it."""
    imports.work(provider_id=provider_id, clock=timezone.now)


@handler("consents.batch")
def work_on_batches(*, provider_id: int) -> None:
    """Record the batches of a provider that wait for it."""
    batches.work(provider_id=provider_id, clock=timezone.now)


@shared_task
def forget_imports(**_kwargs: object) -> None:
    """Drop what old files of consents have left behind."""
    imports.forget(now=timezone.now())


@shared_task
def forget_batches(**_kwargs: object) -> None:
    """Drop batches whose results can be asked for no more."""
    batches.forget(now=timezone.now())


@shared_task
def forget_citizens(**_kwargs: object) -> None:
    """Drop the names of citizens that the change feed tells no more."""
    recording.forget_citizens(now=timezone.now())
