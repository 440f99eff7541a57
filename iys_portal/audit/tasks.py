"""The doorbell, the sweeper that rings again, and the sealing of the audit trail."""

from celery import shared_task
from django.utils import timezone

from iys_portal.audit import outbox, services


@shared_task
def run_outbox_message(*, message_id: int, **_kwargs: object) -> None:
    """Do the work of one outbox message."""
    outbox.run(message_id)


@shared_task
def sweep_outbox(**_kwargs: object) -> None:
    """Ring for every message that is due and not done: the doorbell may have been lost."""
    outbox.sweep(now=timezone.now())


@shared_task
def seal_audit(**_kwargs: object) -> None:
    """Append new audit events to the hash chain."""
    while services.seal_events():
        pass
