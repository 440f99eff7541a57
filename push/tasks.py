"""Push in the background: look for news every few seconds, send what is due, forget old logs."""

from celery import shared_task
from django.utils import timezone

from iys_portal.audit.outbox import handler
from push.services import sending


@handler("push.send", queue="push")
def send_over_connection(*, connection_id: int) -> None:
    """Send what waits for a connection."""
    sending.send(connection_id=connection_id, clock=timezone.now)


@shared_task
def plan_push(**_kwargs: object) -> None:
    """Plan a sending for every connection with news."""
    sending.plan(now=timezone.now())


@shared_task
def forget_push_log(**_kwargs: object) -> None:
    """Delete the log of deliveries that are over for a month."""
    sending.forget(now=timezone.now())
