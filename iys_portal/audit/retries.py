"""Take up again the work on which the outbox gave up, or do at once what waits for its next try."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction

from iys_portal.audit.models import OutboxMessage
from iys_portal.audit.outbox import ring
from iys_portal.audit.services import Actor, record


@transaction.atomic
def retry(*, message_ids: Collection[int], actor: Actor | None, now: datetime) -> int:
    """Make the messages that were given up due at once, with all attempts anew; return how many.

    Locks the messages, audits each, and rings the workers after the commit. Other messages are left alone.
    """
    given_up = OutboxMessage.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=message_ids)
    messages = list(given_up.exclude(failed_at=None).order_by("pk"))
    for message in messages:
        record(action="retry", subject=message, actor=actor, attempts=message.attempts)
        message.failed_at, message.due_at, message.attempts = None, now, 0
        message.save(update_fields=["failed_at", "due_at", "attempts"])
        transaction.on_commit(partial(ring, message))
    return len(messages)


def hurry(message: OutboxMessage, *, now: datetime) -> None:
    """Make an open message due at once, with all attempts anew; rings the workers after the commit."""
    open_message = OutboxMessage.objects.filter(pk=message.pk, done_at=None, failed_at=None)
    if open_message.update(due_at=now, attempts=0):
        transaction.on_commit(partial(ring, message))
