"""Send what is due: one delivery after another over a connection, in the order of the movements.

Rows are the queue: a connection knows how far it came and when it is due. An address that fails waits longer and
longer, its movements with it, and is stopped after three days with an e-mail. Nothing is held locked while an address
is spoken to. A delivery may come twice (a worker that dies after the answer), never not at all.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.notifying import queue_for
from iys_portal.audit.locks import exclusive
from iys_portal.audit.outbox import promise, promise_many
from iys_portal.audit.services import move
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link, queue
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.crypto import decrypt
from partners.selectors.standing import addresses_of
from push import payload
from push.enums import CONNECTION_TRANSITIONS, ConnectionState, Result
from push.models import PushAttempt, PushConnection, PushDelivery
from push.rules import ANSWER_WITHIN, KEPT, OVERDUE, REST, STOP_AFTER, pause_after
from push.selectors import Standing, connections_to_plan, movements_of, news_of, standing_of
from push.services.connections import key_of, lock, remove
from push.signature import HEADER, sign
from push.transport import Letter, Outcome, post

_LOCK_SPACE = 0x9054
_SLOT = timedelta(seconds=10)
"""So long one message may keep a worker, which other connections and lists of consents wait for, too."""

Clock = Callable[[], datetime]


def plan(*, now: datetime) -> int:
    """Plan a sending for every connection with news, and anew where one did not take place; return how many."""
    planned = 0
    for pk in list(connections_to_plan(now=now).values_list("pk", flat=True)):
        with transaction.atomic():
            connection = lock(pk)
            is_lost = connection.due_at is not None and connection.due_at < now - OVERDUE
            if connection.state == ConnectionState.ACTIVE and (connection.due_at is None or is_lost):
                connection.due_at = now
                connection.save(update_fields=["due_at"])
                promise("push.send", connection_id=pk)
                planned += 1
    return planned


def send(*, connection_id: int, clock: Clock) -> None:
    """Send what waits for a connection until nothing does, an attempt fails, or others have their turn."""
    with exclusive(_LOCK_SPACE, connection_id) as owned:
        if not owned:
            return
        turn_ends = clock() + _SLOT
        while clock() < turn_ends:
            delivery = _next(connection_id, clock())
            if delivery is None:
                return
            outcome = _posted(delivery, clock())
            if not _noted(delivery, outcome, clock()):
                return
    with transaction.atomic():
        promise("push.send", connection_id=connection_id)


@transaction.atomic
def _next(connection_id: int, now: datetime) -> PushDelivery | None:
    """Return the oldest delivery that waits, made of the news where none does; None where there is nothing to send.

    What is sent once more comes after all news.
    """
    connection = lock(connection_id)
    if connection.state != ConnectionState.ACTIVE or (connection.due_at is not None and connection.due_at > now):
        return None
    standing = standing_of(connection, now=now)
    if standing == Standing.LOST:
        remove(connection=connection, actor=None, now=now, reason="İş ortağının bu kanalı okuma yetkisi kalmadı.")
        return None
    if standing == Standing.RESTING:
        # The days on which nothing is sent are none on which the address failed.
        connection.failures, connection.failing_since = 0, None
        connection.save(update_fields=["failures", "failing_since"])
        _due(connection, now + REST)
        return None
    waiting = connection.deliveries.filter(delivered_at=None, dropped_at=None).order_by("is_replay", "pk")
    delivery = waiting.select_related("connection__brand", "connection__provider").first()
    if delivery is not None and not delivery.is_replay:
        return delivery
    events, looked_at = news_of(connection)
    connection.cursor = max(connection.cursor, looked_at)
    if not events and delivery is None:
        connection.due_at = None
    connection.save(update_fields=["cursor", "due_at"])
    if not events:
        return delivery
    return PushDelivery.objects.create(
        provider_id=connection.provider_id,
        connection=connection,
        first_seq=events[0].seq,
        last_seq=events[-1].seq,
        count=len(events),
        created_at=now,
    )


def _posted(delivery: PushDelivery, now: datetime) -> Outcome:
    connection = delivery.connection
    body = payload.body_of(movements_of(delivery), provider=connection.provider, brand=connection.brand)
    headers = {
        HEADER: sign(body, key=key_of(connection), at=now),
        "X-IYS-Delivery": str(delivery.pk),
        "X-IYS-Attempt": str(delivery.attempts + 1),
    }
    password = decrypt(connection.password_encrypted).decode()
    return post(Letter(connection.url, body, connection.username, password, headers), seconds=ANSWER_WITHIN)


@transaction.atomic
def _noted(delivery: PushDelivery, outcome: Outcome, now: datetime) -> bool:
    """Write down what came of an attempt, and plan the next one; return whether to go on at once."""
    connection = lock(delivery.connection_id)
    PushAttempt.objects.create(
        delivery=delivery, at=now, result=outcome.result, status=outcome.status, took_ms=outcome.took_ms
    )
    delivery.attempts += 1
    if outcome.result == Result.OK:
        delivery.delivered_at = now
        delivery.dropped_at = None
        connection.delivered_at, connection.failures, connection.failing_since = now, 0, None
        delivery.save(update_fields=["attempts", "delivered_at", "dropped_at"])
        connection.save(update_fields=["delivered_at", "failures", "failing_since"])
        return connection.state == ConnectionState.ACTIVE
    delivery.save(update_fields=["attempts"])
    if connection.state == ConnectionState.ACTIVE:
        _postponed(connection, now)
    return False


def _postponed(connection: PushConnection, now: datetime) -> None:
    """Plan the next try, or stop a connection that failed for three days and tell those who look after it."""
    connection.failures += 1
    connection.failing_since = connection.failing_since or now
    if now - connection.failing_since < STOP_AFTER:
        connection.save(update_fields=["failures", "failing_since"])
        _due(connection, now + pause_after(connection.failures))
        return
    since = connection.failing_since
    move(
        connection,
        ConnectionState.STOPPED,
        table=CONNECTION_TRANSITIONS,
        actor=None,
        reason="Üç gün boyunca hiçbir gönderim alınmadı.",
        state_at=now,
        due_at=None,
        failures=connection.failures,
        failing_since=since,
    )
    _tell(connection, since=since, now=now)


def _tell(connection: PushConnection, *, since: datetime, now: datetime) -> None:
    """Write to the provider's people that the connection was stopped, and to those of the partner whose it is."""
    partner = connection.partner
    key = f"push-stopped:{connection.pk}:{now:%Y%m%d%H%M%S}"
    context = {
        "brand": connection.brand.name,
        "channel": connection.get_channel_display(),
        "partner": partner.title if partner else "",
        "since": f"{since.astimezone(ISTANBUL):%d.%m.%Y %H:%M}",
    }
    own_page = public_link("push:connection", code=connection.brand.code, pk=connection.pk)
    for_provider = {**context, "title": connection.provider.title, "link": own_page}
    queue_for(connection.provider, kind=MailKind.PUSH_STOPPED, context=for_provider, key=key)
    if partner is None:
        return
    for_partner = {**context, "title": partner.title, "link": public_link("party_push:connection", pk=connection.pk)}
    for person_id, address in addresses_of(partner).items():
        queue(
            kind=MailKind.PUSH_STOPPED,
            to=address,
            provider_id=None,
            context=for_partner,
            key=f"{key}:{person_id}",
            is_personal=True,
        )


def _due(connection: PushConnection, at: datetime) -> None:
    """Plan the next sending for an instant."""
    connection.due_at = at
    connection.save(update_fields=["due_at"])
    promise_many("push.send", [{"connection_id": connection.pk}], due_at=at)


def forget(*, now: datetime) -> int:
    """Delete deliveries and attempts that are over for a month; return how many deliveries."""
    over = PushDelivery.objects.filter(created_at__lt=now - KEPT).exclude(delivered_at=None, dropped_at=None)
    PushAttempt.objects.filter(delivery__in=over).delete()
    return over.delete()[1].get("push.PushDelivery", 0)
