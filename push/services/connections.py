"""Make, restart and remove push connections."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from brands.models import Brand
from iys_portal.audit.locks import exclusive
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import Actor, move, record
from iys_portal.shared.crypto import decrypt, encrypt
from partners.models import Partner
from push import payload
from push.enums import CONNECTION_TRANSITIONS, LIVE, ConnectionState, Result
from push.models import PushConnection, PushDelivery
from push.rules import (
    ALREADY_TWO,
    ANSWER_WITHIN,
    BAD_CERTIFICATE,
    MOST_A_CHANNEL,
    NOT_ACCEPTED,
    NOT_REGISTERED,
    NOT_REMOVED,
    OPEN_TO_ALL,
    PRIVATE,
    REGISTERED_WITHIN,
    TAKEN,
    TIMED_OUT,
    UNREACHABLE,
    Fault,
    PushRefused,
    RegistrationBusy,
    Wanted,
)
from push.selectors import connections_of, movements_since, newest_movement
from push.signature import HEADER, new_key, sign
from push.transport import Letter, Outcome, post

_LOCK_SPACE = 0x9055
_WHY = {
    Result.FORBIDDEN: PRIVATE,
    Result.CERTIFICATE: BAD_CERTIFICATE,
    Result.UNREACHABLE: UNREACHABLE,
    Result.NONSENSE: UNREACHABLE,
}


def register(
    *, brand: Brand, wanted: Sequence[Wanted], actor: Actor | None, now: datetime, partner: Partner | None = None
) -> list[PushConnection]:
    """Try the addresses, then make a connection of each, and return them; all of them or none.

    An address that is registered for the channel already gets the new credentials, keeps its key and goes on where it
    stood. Each address is asked without and with credentials, outside a transaction, before anything is written: ten
    seconds at most (`REGISTERED_WITHIN`). Raises PushRefused for one that does not answer in time, that lets everybody
    in, that is not public, or that would be the third of its channel; RegistrationBusy, at once, while another
    registration of the provider is tried, so that its calls hold one web thread and no more.
    """
    with exclusive(_LOCK_SPACE, brand.provider_id) as owned:
        if not owned:
            raise RegistrationBusy
        keys = {(one.url, one.channel): _key_for(brand, partner, one) for one in wanted}
        places = [_Place(brand, partner, one, index, keys[one.url, one.channel]) for index, one in enumerate(wanted)]
        if faults := _tried(places, now):
            raise PushRefused(*faults)
        with transaction.atomic():
            Brand.objects.select_for_update(of=("self",), no_key=True).get(pk=brand.pk)
            return [_registered(place, actor=actor, now=now) for place in places]


def _key_for(brand: Brand, partner: Partner | None, one: Wanted) -> str:
    """Return the key with which what is sent to the address is signed: that of its connection, where it has one."""
    known = connections_of(brand, partner).filter(url=one.url, channel=one.channel).first()
    return new_key() if known is None or known.partner != partner else key_of(known)


def _tried(places: Sequence["_Place"], now: datetime) -> list[Fault]:
    """Return why addresses are not good enough to be registered. They are asked side by side."""
    pool = ThreadPoolExecutor(len(places), thread_name_prefix="push-registration")
    deadline = time.monotonic() + REGISTERED_WITHIN
    try:
        answers = [pool.submit(_fault_of, place, now, deadline) for place in places]
        wait(answers, timeout=REGISTERED_WITHIN)
        found = [
            answer.result() if answer.done() else Fault(TIMED_OUT, place.index)
            for place, answer in zip(places, answers, strict=True)
        ]
    finally:
        # Whom the resolver keeps waiting is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)
    return [fault for fault in found if fault is not None]


def _fault_of(place: "_Place", now: datetime, deadline: float) -> Fault | None:
    one, body = place.wanted, payload.encoded(payload.TEST)

    def ask(letter: Letter) -> Outcome:
        return post(letter, seconds=min(ANSWER_WITHIN, deadline - time.monotonic()))

    open_to_all = ask(Letter(one.url, body))
    if open_to_all.status not in {401, 403}:
        return _fault(open_to_all, place.index, OPEN_TO_ALL)
    headers = {HEADER: sign(body, key=place.key, at=now)}
    accepted = ask(Letter(one.url, body, one.username, one.password, headers))
    return None if accepted.result == Result.OK else _fault(accepted, place.index, NOT_ACCEPTED)


def _fault(outcome: Outcome, index: int, otherwise: str) -> Fault:
    if outcome.result == Result.TIMEOUT:
        return Fault(TIMED_OUT, index)
    return Fault(NOT_REGISTERED, index, why=_WHY.get(outcome.result, otherwise))


@dataclass(frozen=True)
class _Place:
    """A connection that is to be made: whose it is, and which of those that were sent."""

    brand: Brand
    partner: Partner | None
    wanted: Wanted
    index: int
    key: str


def _registered(place: _Place, *, actor: Actor | None, now: datetime) -> PushConnection:
    brand, one = place.brand, place.wanted
    known = PushConnection.objects.select_for_update(of=("self",), no_key=True).filter(
        provider_id=brand.provider_id, brand=brand, channel=one.channel, state__in=LIVE
    )
    same = next((connection for connection in known if connection.url == one.url), None)
    if same is not None and same.partner == place.partner:
        return _renewed(same, one, actor, now)
    free = next((slot for slot in (1, MOST_A_CHANNEL) if slot not in {each.slot for each in known}), None)
    if same is not None or free is None:
        raise PushRefused(Fault(NOT_REGISTERED, place.index, why=TAKEN if same else ALREADY_TWO))
    connection = PushConnection.objects.create(
        provider_id=brand.provider_id,
        brand=brand,
        partner=place.partner,
        channel=one.channel,
        slot=free,
        url=one.url,
        username=one.username,
        password_encrypted=encrypt(one.password.encode()),
        secret_encrypted=encrypt(place.key.encode()),
        state_at=now,
        cursor=newest_movement(brand.provider_id),
    )
    record(action="push_registered", subject=connection, actor=actor, channel=one.channel.name, url=one.url)
    return connection


def _renewed(connection: PushConnection, one: Wanted, actor: Actor | None, now: datetime) -> PushConnection:
    connection.username, connection.password_encrypted = one.username, encrypt(one.password.encode())
    connection.save(update_fields=["username", "password_encrypted"])
    record(action="push_credentials", subject=connection, actor=actor, channel=one.channel.name, url=one.url)
    _start(connection, actor=actor, now=now)
    return connection


def unregister(
    *, brand: Brand, wanted: Wanted, actor: Actor | None, now: datetime, partner: Partner | None = None
) -> None:
    """Remove the connection with this address, channel and these credentials; raise PushRefused when there is none.

    A partner removes its own only, the provider any.
    """
    found = (
        connections_of(brand, partner).filter(url=wanted.url, channel=wanted.channel, username=wanted.username).first()
    )
    if found is None or decrypt(found.password_encrypted).decode() != wanted.password:
        raise PushRefused(Fault(NOT_REMOVED, 0))
    remove(connection=found, actor=actor, now=now)


@transaction.atomic
def remove(*, connection: PushConnection, actor: Actor | None, now: datetime, reason: str = "") -> None:
    """Remove a connection; what still waited for it is dropped. Asked twice, the second call changes nothing."""
    locked = lock(connection.pk)
    if locked.state == ConnectionState.REMOVED:
        return
    locked.deliveries.filter(delivered_at=None, dropped_at=None).update(dropped_at=now)
    move(
        locked,
        ConnectionState.REMOVED,
        table=CONNECTION_TRANSITIONS,
        actor=actor,
        reason=reason,
        state_at=now,
        due_at=None,
    )


@transaction.atomic
def restart(*, connection: PushConnection, actor: Actor | None, now: datetime) -> PushConnection:
    """Try a connection at once that was stopped or waits for its next try; it goes on where it stood. Return it."""
    locked = lock(connection.pk)
    if locked.state != ConnectionState.REMOVED:
        record(action="push_restarted", subject=locked, actor=actor)
        _start(locked, actor=actor, now=now)
    return locked


def _start(connection: PushConnection, *, actor: Actor | None, now: datetime) -> None:
    fresh = {"failures": 0, "failing_since": None, "due_at": now}
    if connection.state == ConnectionState.STOPPED:
        move(
            connection,
            ConnectionState.ACTIVE,
            table=CONNECTION_TRANSITIONS,
            actor=actor,
            reason="",
            state_at=now,
            **fresh,
        )
    else:
        for name, value in fresh.items():
            setattr(connection, name, value)
        connection.save(update_fields=list(fresh))
    promise("push.send", connection_id=connection.pk)


@transaction.atomic
def replay(*, delivery: PushDelivery, actor: Actor | None, now: datetime) -> PushDelivery:
    """Send what a delivery named once more, and return the new one; one that still waits is not doubled."""
    connection = lock(delivery.connection_id)
    same = {"is_replay": True, "first_seq": delivery.first_seq, "last_seq": delivery.last_seq, "delivered_at": None}
    waiting = connection.deliveries.filter(**same, dropped_at=None).first()
    if delivery.is_open or waiting is not None or connection.state == ConnectionState.REMOVED:
        return waiting or delivery
    again = _again(connection, delivery.first_seq, delivery.last_seq, delivery.count, now)
    record(action="push_replayed", subject=connection, actor=actor, delivery=delivery.pk, count=delivery.count)
    _wake(connection, now)
    return again


@transaction.atomic
def replay_since(*, connection: PushConnection, since: datetime, actor: Actor | None, now: datetime) -> int | None:
    """Send all movements that were recorded since an instant once more; return how many. Thirty days back at most.

    None while movements of the connection wait to be sent once more: nothing is added to them.
    """
    locked = lock(connection.pk)
    if locked.state == ConnectionState.REMOVED:
        return 0
    if locked.deliveries.filter(is_replay=True, delivered_at=None, dropped_at=None).exists():
        return None
    since = max(since, now - timedelta(days=30))
    total = 0
    for first, last, count in movements_since(locked, since):
        _again(locked, first, last, count, now)
        total += count
    if total:
        record(action="push_replayed", subject=locked, actor=actor, since=since, count=total)
        _wake(locked, now)
    return total


def _again(connection: PushConnection, first: int, last: int, count: int, now: datetime) -> PushDelivery:
    return PushDelivery.objects.create(
        provider_id=connection.provider_id,
        connection=connection,
        is_replay=True,
        first_seq=first,
        last_seq=last,
        count=count,
        created_at=now,
    )


def _wake(connection: PushConnection, now: datetime) -> None:
    """Plan a sending, unless the connection is stopped or one is planned: what waits goes with it."""
    if connection.state == ConnectionState.ACTIVE and connection.due_at is None:
        connection.due_at = now
        connection.save(update_fields=["due_at"])
        promise("push.send", connection_id=connection.pk)


def key_of(connection: PushConnection) -> str:
    """Return the key with which the connection's deliveries are signed."""
    return decrypt(connection.secret_encrypted).decode()


@transaction.atomic
def show_key(*, connection: PushConnection, actor: Actor | None) -> str:
    """Return the key for a person to read, which is audited."""
    record(action="push_key_shown", subject=connection, actor=actor)
    return key_of(connection)


def lock(pk: int) -> PushConnection:
    """Return a connection, locked until the caller's transaction ends."""
    return PushConnection.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
