"""From a citizen's movement to the receiver: once, in order, signed, tried again, stopped, started again, replayed."""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, RecipientType, Source
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.models import PartnerGrant, PartnerMembership
from partners.services import authorise_partner, revoke
from push import selectors
from push.enums import ConnectionState, Result
from push.models import PushAttempt, PushConnection, PushDelivery
from push.rules import OVERDUE, REST, STOP_AFTER, Wanted, pause_after
from push.services import connections, sending
from tests import factories
from tests.push.conftest import Citizen
from tests.push.receiver import PASSWORD, USER, Receiver


def work(connection: PushConnection, at: datetime) -> None:
    """Do what beat and a worker do at an instant."""
    sending.plan(now=at)
    sending.send(connection_id=connection.pk, clock=lambda: at)
    connection.refresh_from_db()


def numbers(receiver: Receiver) -> list[list[str]]:
    """Return the last digits of the recipients of each request."""
    return [[str(row["recipient"])[-1] for row in rows] for rows in receiver.lists]


def test_only_citizens_movements_of_the_channel_and_brand_are_sent_and_once(
    provider: Provider, brand: Brand, connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    citizen(1)
    citizen(2, channel=Channel.ARAMA)
    citizen(3, brand=factories.BrandFactory.create(provider=provider))
    sent = citizen(4, recipient_type=RecipientType.TACIR, source=Source.IYS_KISAMESAJ)
    work(connection, now)
    assert numbers(receiver) == [["1", "4"]]
    assert receiver.lists[0][1] == {
        "iysCode": provider.iys_code,
        "brandCode": brand.code,
        "consentDate": "2026-11-23 11:00:00",
        "creationDate": "2026-11-23 12:00:00",
        "source": "IYS_KISAMESAJ",
        "recipient": "+905992000004",
        "recipientType": "TACIR",
        "status": "ONAY",
        "type": "MESAJ",
        "transactionId": sent.transaction_id,
    }
    assert (connection.due_at, connection.cursor) == (None, sent.seq)
    work(connection, now)
    assert len(receiver.got) == 1
    assert sending.plan(now=now) == 0


def test_a_sending_whose_message_was_lost_is_planned_anew(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    citizen()
    assert [sending.plan(now=now), sending.plan(now=now + OVERDUE)] == [1, 0]
    OutboxMessage.objects.filter(topic="push.send").delete()
    late = now + OVERDUE + timedelta(seconds=1)
    assert [sending.plan(now=late), sending.plan(now=late)] == [1, 0]
    assert OutboxMessage.objects.filter(topic="push.send").count() == 1
    work(connection, late)
    assert (numbers(receiver), connection.due_at) == ([["1"]], None)


def test_every_delivery_is_signed(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    citizen()
    work(connection, now)
    headers, body = receiver.got[0]
    seconds, signature = (part.partition("=")[2] for part in headers["X-IYS-Signature"].split(","))
    assert int(seconds) == int(now.timestamp())
    key = connections.key_of(connection).encode()
    assert hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest() == signature
    delivery = PushDelivery.objects.get()
    assert (headers["X-IYS-Delivery"], headers["X-IYS-Attempt"]) == (str(delivery.pk), "1")


def test_a_failure_waits_and_what_came_meanwhile_comes_after_it(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    receiver.answers += [503, 503]
    citizen(1)
    work(connection, now)
    assert (connection.failures, connection.due_at) == (1, now + pause_after(1))
    citizen(2)
    work(connection, now + pause_after(1) - timedelta(seconds=1))
    assert len(receiver.got) == 1
    second = now + pause_after(1)
    work(connection, second)
    assert (connection.failures, connection.due_at) == (2, second + pause_after(2))
    work(connection, second + pause_after(2))
    assert numbers(receiver) == [["1"], ["1"], ["1"], ["2"]]
    assert (connection.failures, connection.failing_since, connection.due_at) == (0, None, None)
    first, later = PushDelivery.objects.order_by("pk")
    assert (first.attempts, later.attempts) == (3, 1)
    results = list(PushAttempt.objects.order_by("pk").values_list("result", "status"))
    assert results == [(Result.STATUS, 503), (Result.STATUS, 503), (Result.OK, 200), (Result.OK, 200)]
    due = OutboxMessage.objects.filter(topic="push.send").order_by("pk").values_list("due_at", flat=True)
    assert {now + pause_after(1), second + pause_after(2)} <= set(due)


def test_an_address_that_fails_for_three_days_is_stopped_and_goes_on_where_it_stood(
    provider: Provider, connection: PushConnection, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    receiver.answers += [500, "noise"]
    citizen(1)
    work(connection, now)
    work(connection, now + STOP_AFTER)
    assert (connection.state, connection.due_at) == (ConnectionState.STOPPED, None)
    mail = Mail.objects.get()
    assert mail.to == provider.email
    assert f"/markalar/{connection.brand.code}/bildirimler/{connection.pk}/" in mail.text
    citizen(2)
    later = now + STOP_AFTER + timedelta(days=9)
    work(connection, later)
    assert len(receiver.got) == 2
    connections.restart(connection=connection, actor=alice, now=later)
    work(connection, later)
    assert numbers(receiver) == [["1"], ["1"], ["1"], ["2"]]
    assert (connection.state, connection.failures) == (ConnectionState.ACTIVE, 0)


def test_many_movements_go_in_portions(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PORTION", 2)
    for number in (1, 2, 3, 4, 5):
        citizen(number)
    work(connection, now)
    assert numbers(receiver) == [["1", "2"], ["3", "4"], ["5"]]
    others = [citizen(number, channel=Channel.ARAMA).seq for number in (1, 2, 3)]
    work(connection, now)
    # The first portion held nothing for the channel: the next run looks at the rest.
    work(connection, now)
    assert (len(receiver.got), connection.cursor) == (3, others[-1])


def test_replaying_sends_the_same_bytes_again(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    citizen(1)
    work(connection, now)
    delivery = PushDelivery.objects.get()
    again = connections.replay(delivery=delivery, actor=alice, now=now)
    assert connections.replay(delivery=delivery, actor=alice, now=now).pk == again.pk
    work(connection, now)
    assert receiver.got[0][1] == receiver.got[1][1]
    assert [headers["X-IYS-Delivery"] for headers, _ in receiver.got] == [str(delivery.pk), str(again.pk)]
    citizen(2, now=now + timedelta(hours=1))
    work(connection, now + timedelta(hours=1))
    since = now + timedelta(minutes=1)
    assert connections.replay_since(connection=connection, since=since, actor=alice, now=now) == 1
    work(connection, now + timedelta(hours=1))
    assert numbers(receiver) == [["1"], ["1"], ["2"], ["2"]]
    assert connections.replay_since(connection=connection, since=now + timedelta(days=1), actor=alice, now=now) == 0


def test_news_go_before_what_is_sent_once_more(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    citizen(1)
    work(connection, now)
    citizen(2)
    since = now - timedelta(minutes=1)
    assert connections.replay_since(connection=connection, since=since, actor=alice, now=now) == 1
    assert connections.replay_since(connection=connection, since=since, actor=alice, now=now) is None
    work(connection, now)
    assert numbers(receiver) == [["1"], ["2"], ["1"]]


def test_a_removed_connection_is_silent(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    receiver.answers.append(500)
    citizen(1)
    work(connection, now)
    connections.remove(connection=connection, actor=alice, now=now)
    work(connection, now + timedelta(days=1))
    connections.restart(connection=connection, actor=alice, now=now)
    assert connections.replay(delivery=PushDelivery.objects.get(), actor=alice, now=now).dropped_at == now
    assert len(receiver.got) == 1


def test_the_log_is_forgotten_after_a_month(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    citizen(1)
    work(connection, now)
    receiver.answers.append(500)
    citizen(2)
    work(connection, now)
    assert sending.forget(now=now + timedelta(days=31)) == 1
    assert [delivery.attempts for delivery in PushDelivery.objects.all()] == [1]
    assert PushDelivery.objects.get().is_open


def grant(brand: Brand, person: Person, now: datetime, right: Right = Right.READ) -> PartnerGrant:
    return authorise_partner(
        brand=brand,
        partner=factories.PartnerFactory.create(),
        agreement=True,
        rights={PartnerChannel.MESAJ: right},
        ends_on=None,
        person=person,
        now=now,
    )


def test_what_a_partner_registered_ends_with_its_right(
    brand: Brand, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    given = grant(brand, alice, now)
    (connection,) = connections.register(
        brand=brand,
        wanted=[Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)],
        actor=None,
        now=now,
        partner=given.partner,
    )
    receiver.got.clear()
    citizen(1)
    work(connection, now)
    assert numbers(receiver) == [["1"]]
    revoke(grant=given, person=alice, now=now)
    citizen(2)
    work(connection, now + timedelta(minutes=1))
    assert (connection.state, len(receiver.got)) == (ConnectionState.REMOVED, 1)


def test_people_of_a_partner_are_told_that_its_address_was_stopped(
    provider: Provider, brand: Brand, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    partner = grant(brand, alice, now).partner
    for email in ("destek@ortak.example", ""):
        PartnerMembership.objects.create(partner=partner, person=factories.PersonFactory.create(email=email))
    gone = factories.PersonFactory.create(email="eski@ortak.example")
    PartnerMembership.objects.create(partner=partner, person=gone, ended_at=now, started_at=now)
    wanted = Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)
    (connection,) = connections.register(brand=brand, wanted=[wanted], actor=None, now=now, partner=partner)
    receiver.answers += [500, 500]
    citizen(1)
    work(connection, now)
    work(connection, now + STOP_AFTER)
    own, theirs = Mail.objects.order_by("pk")
    assert (own.to, own.provider_id) == (provider.email, provider.pk)
    assert f"{partner.title} tarafından kaydedilen adrese" in " ".join(own.text.split())
    assert (theirs.to, theirs.provider_id, theirs.is_personal) == ("destek@ortak.example", None, True)
    assert reverse("party_push:connection", args=[connection.pk]) in theirs.text
    assert f"Sayın {partner.title} yetkilisi" in theirs.text


def test_without_a_package_for_the_api_nothing_is_sent_until_there_is_one(
    provider: Provider, connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime
) -> None:
    over = now + timedelta(days=400)
    citizen(1)
    work(connection, over)
    assert (receiver.got, connection.due_at, connection.failures) == ([], over + REST, 0)
    PushConnection.objects.update(failures=1, failing_since=now)
    work(connection, over + REST)
    assert (connection.failures, connection.failing_since) == (0, None)  # it did not fail on days without a sending
    factories.subscription(provider, now=over + timedelta(minutes=1))
    work(connection, over + 2 * REST)
    assert numbers(receiver) == [["1"]]


def test_a_connection_with_much_to_send_lets_others_have_their_turn(
    connection: PushConnection, receiver: Receiver, citizen: Citizen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PORTION", 1)
    for number in (1, 2, 3):
        citizen(number)
    sending.plan(now=now)
    OutboxMessage.objects.all().delete()
    ticks = count()
    sending.send(connection_id=connection.pk, clock=lambda: now + timedelta(seconds=3 * next(ticks)))
    assert numbers(receiver) == [["1"]]
    assert [message.payload for message in OutboxMessage.objects.all()] == [{"connection_id": connection.pk}]
    work(connection, now)
    assert numbers(receiver) == [["1"], ["2"], ["3"]]
