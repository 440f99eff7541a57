"""The transactional outbox: promise work inside a transaction, have it done at least once after the commit.

An app registers a handler for a topic in its tasks module::

    @handler("contract.issue", queue="documents")
    def issue_contract(*, document_id: int) -> None: ...

`promise("contract.issue", document_id=7)` inserts a row in the caller's transaction and, after the commit, rings
Celery. The row is the queue, Celery is only the doorbell: a beat sweeper rings again for rows left behind, so a
lost broker or a killed worker loses nothing. Handlers must be idempotent.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg import Cursor

from iys_portal.audit.bulk import insert_rows, next_numbers
from iys_portal.audit.locks import exclusive
from iys_portal.audit.models import OutboxMessage

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12
_LOCK_SPACE = 0x0B0C


@dataclass(frozen=True)
class Handler:
    """The function that does a topic's work, and the Celery queue in which it runs."""

    function: Callable[..., None]
    queue: str


_HANDLERS: dict[str, Handler] = {}


def handler(topic: str, *, queue: str = "default") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function as the handler of `topic`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        if topic in _HANDLERS:
            raise ValueError(f"two handlers for {topic}")
        _HANDLERS[topic] = Handler(function, queue)
        return function

    return register


def promise(topic: str, **payload: Any) -> OutboxMessage:
    """Promise the work of `topic` in the caller's transaction; ring the worker once that commits.

    `payload` holds ids and plain values only, never personal data.
    """
    message = OutboxMessage.objects.create(topic=topic, payload=payload)
    transaction.on_commit(lambda: ring(message))
    return message


_PROMISE = """
    INSERT INTO audit_outboxmessage (topic, payload, due_at, attempts, last_error)
    VALUES (%(topic)s, %(payload)s, now(), 0, '') RETURNING id
"""


def promise_beside(sql: str, values: Mapping[str, Any], topic: str, **payload: Any) -> tuple[Any, ...]:
    """Promise as `promise` does, by the INSERT of one row that the promise is about; return what it says of the row.

    `sql` ends with RETURNING. It and the promise are one statement, and so, outside a transaction, one of their own, in
    one journey to the database. The values travel beside it: long texts are not read as SQL.
    """
    both = f"WITH made AS ({sql}), promised AS ({_PROMISE}) SELECT * FROM promised, made"  # noqa: S608  (callers' constants)
    with connection.cursor() as given, connection.wrap_database_errors, Cursor(given.connection) as cursor:
        cursor.execute(both, {**values, "topic": topic, "payload": json.dumps(payload)})
        ((number, *made),) = cursor.fetchall()
    message = OutboxMessage(pk=number, topic=topic, payload=payload)
    transaction.on_commit(lambda: ring(message))
    return tuple(made)


def promise_many(topic: str, payloads: Sequence[Mapping[str, Any]], *, due_at: datetime) -> list[int]:
    """Promise much work of one topic in the caller's transaction; return the numbers of the messages, in order.

    No bell is rung: whoever promises does the work itself and says so with `fulfil`. Should it die before, the
    sweeper rings for what is left once `due_at` has come.
    """
    if topic not in _HANDLERS:
        raise ValueError(f"no handler for {topic}")
    if not payloads:
        return []
    numbers = next_numbers(OutboxMessage, len(payloads))
    names = ("pk", "topic", "payload", "due_at", "attempts", "last_error")
    rows = ((number, topic, payload, due_at, 0, "") for number, payload in zip(numbers, payloads, strict=True))
    insert_rows(OutboxMessage, names, rows)
    return numbers


def fulfil(message_id: int, *, now: datetime) -> None:
    """Note, in the transaction that did it, that the promised work is done."""
    OutboxMessage.objects.filter(pk=message_id, done_at=None, failed_at=None).update(done_at=now)


def ring(message: OutboxMessage) -> None:
    """Tell a worker that `message` is due. A broker that is away is no error: the sweeper rings again."""
    from iys_portal.audit.tasks import run_outbox_message  # noqa: PLC0415  (tasks import this module)

    try:
        run_outbox_message.apply_async(
            kwargs={"message_id": message.pk}, queue=_HANDLERS[message.topic].queue, retry=False
        )
    except run_outbox_message.OperationalError:
        logger.warning("broker_unreachable", topic=message.topic, message_id=message.pk)


def sweep(*, now: datetime, limit: int = 500) -> int:
    """Ring again for messages whose time has come, oldest first; return how many.

    A message is left alone for a minute after that, so that a backlog is not rung for over and over.
    """
    open_messages = OutboxMessage.objects.filter(done_at=None, failed_at=None, due_at__lte=now)
    messages = list(open_messages.order_by("due_at")[:limit])
    OutboxMessage.objects.filter(pk__in=[m.pk for m in messages]).update(due_at=now + timedelta(minutes=1))
    for message in messages:
        ring(message)
    return len(messages)


def run(message_id: int) -> bool:
    """Do the work of one message; return True when it is done (now or before).

    Holds a session advisory lock meanwhile, which the server drops at once when the worker dies, so a message
    runs in one place at a time and a killed worker delays nothing. A failing handler is tried again with
    growing pauses (30 s doubled, at most an hour) and given up visibly after MAX_ATTEMPTS.
    """
    with exclusive(_LOCK_SPACE, message_id) as owned:
        if not owned:
            return False
        message = OutboxMessage.objects.get(pk=message_id)
        if message.done_at or message.failed_at:
            return message.done_at is not None
        try:
            _HANDLERS[message.topic].function(**message.payload)
        except Exception as error:  # noqa: BLE001  (whatever a handler raises, the message is tried again)
            _put_back(message, error)
            return False
        OutboxMessage.objects.filter(pk=message_id).update(done_at=timezone.now(), attempts=F("attempts") + 1)
    return True


def _put_back(message: OutboxMessage, error: Exception) -> None:
    now = timezone.now()
    message.attempts += 1
    message.last_error = f"{type(error).__name__}: {error}"[:2000]
    if message.attempts >= MAX_ATTEMPTS:
        message.failed_at = now
    message.due_at = now + min(timedelta(seconds=30 * 2 ** (message.attempts - 1)), timedelta(hours=1))
    message.save(update_fields=["attempts", "last_error", "failed_at", "due_at"])
    logger.error("outbox_failed", topic=message.topic, message_id=message.pk, attempts=message.attempts)
