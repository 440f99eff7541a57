"""Drafts that nobody goes on with are forgotten."""

from celery import shared_task
from django.utils import timezone

from applications.services import drafts


@shared_task
def drop_old_drafts(**_kwargs: object) -> None:
    """Delete what was typed and never sent, a month later."""
    drafts.drop_old_drafts(now=timezone.now())
