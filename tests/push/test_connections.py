"""Registering, renewing and removing connections; how many there may be."""

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.db import connection as database
from django.test import Client

from accounts.models import Person
from accounts.services.api_accounts import create_account
from brands.models import Brand
from consents.enums import Channel
from iys_portal.audit.models import AuditEvent
from push import payload, transport
from push.addresses import Target
from push.enums import ConnectionState
from push.models import PushConnection
from push.rules import TIMED_OUT, PushRefused, RegistrationBusy, Wanted, examine
from push.selectors import connections_of
from push.services import connections
from push.signature import HEADER, sign
from tests import factories
from tests.api.conftest import Api
from tests.push.conftest import Citizen
from tests.push.receiver import PASSWORD, USER, Receiver


def codes(refusal: pytest.ExceptionInfo[PushRefused]) -> list[tuple[str, str]]:
    return [(fault.rule.code, fault.why or fault.rule.message) for fault in refusal.value.faults]


def test_the_address_is_tried_with_and_without_credentials(
    brand: Brand, receiver: Receiver, citizen: Citizen, alice: Person, now: datetime
) -> None:
    before = citizen().seq
    wanted = [Wanted(receiver.url, channel, USER, PASSWORD) for channel in (Channel.MESAJ, Channel.ARAMA)]
    made = connections.register(brand=brand, wanted=wanted, actor=alice, now=now)
    assert sorted("Authorization" in headers for headers, _ in receiver.got) == [False, False, True, True]
    assert receiver.lists == [payload.TEST["list"]] * 2
    assert [(each.channel, each.slot, each.cursor, each.state) for each in made] == [
        (Channel.MESAJ, 1, before, ConnectionState.ACTIVE),
        (Channel.ARAMA, 1, before, ConnectionState.ACTIVE),
    ]
    assert connections.key_of(made[0]) != connections.key_of(made[1])
    assert PASSWORD.encode() not in bytes(made[0].password_encrypted)
    assert PASSWORD not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("asks", "answer", "code", "words"),
    [
        (False, 200, "H530", "temel kimlik doğrulaması"),
        (True, 500, "H530", "kabul etmedi"),
        (True, "noise", "H530", "bağlanılamadı"),
        (True, "silent", "H191", "zaman aşımına"),
    ],
)
def test_addresses_that_are_not_good_enough(
    brand: Brand,
    receiver: Receiver,
    alice: Person,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    asks: bool,
    answer: int | str,
    code: str,
    words: str,
) -> None:
    monkeypatch.setattr(connections, "ANSWER_WITHIN", 0.5 if answer == "silent" else 5.0)
    receiver.asks = asks
    receiver.answers.append(answer)
    with pytest.raises(PushRefused) as refusal:
        connections.register(
            brand=brand, wanted=[Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)], actor=alice, now=now
        )
    ((found, why),) = codes(refusal)
    assert found == code
    assert words in why
    assert not PushConnection.objects.exists()


def test_an_address_registered_again_is_tried_with_the_key_that_it_has(
    brand: Brand, receiver: Receiver, connection: PushConnection, alice: Person, now: datetime
) -> None:
    key = connections.key_of(connection)
    wanted = Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)
    (again,) = connections.register(brand=brand, wanted=[wanted], actor=alice, now=now)
    (sent,) = [(headers[HEADER], body) for headers, body in receiver.got if "Authorization" in headers]
    assert (sent[0], again.pk) == (sign(sent[1], key=key, at=now), connection.pk)
    assert connections.key_of(again) == key


def test_the_time_of_a_registration_is_bounded_whatever_keeps_it_waiting(
    brand: Brand, receiver: Receiver, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def resolve(target: Target, *, allow_private: bool) -> list[str]:
        """A resolver that knows one name and thinks about the other."""
        if target.path.endswith("&uc"):
            over.wait(60)
        return ["127.0.0.1"]

    monkeypatch.setattr(transport, "resolve", resolve)
    monkeypatch.setattr(connections, "REGISTERED_WITHIN", 3.0)
    wanted = [Wanted(receiver.url + path, Channel.MESAJ, USER, PASSWORD) for path in ("", "&uc")]
    try:
        with pytest.raises(PushRefused) as refusal:
            connections.register(brand=brand, wanted=wanted, actor=alice, now=now)
        assert not over.is_set()
    finally:
        over.set()
    assert [(fault.rule, fault.index) for fault in refusal.value.faults][-1] == (TIMED_OUT, 1)
    assert not PushConnection.objects.exists()


@time_machine.travel("2026-11-23 12:00:00 +0300", tick=False)
def test_a_provider_registers_one_at_a_time(
    brand: Brand, receiver: Receiver, alice: Person, now: datetime, client_of: Callable[[Person], Client]
) -> None:
    wanted = Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)
    other = database.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [connections._LOCK_SPACE, brand.provider_id])
        with pytest.raises(RegistrationBusy):
            connections.register(brand=brand, wanted=[wanted], actor=alice, now=now)
        program = Api(create_account(provider=brand.provider, name="Push", now=now, actor=None)).log_in()
        record = {"url": wanted.url, "type": "MESAJ", "username": USER, "password": PASSWORD}
        path = f"/sps/{brand.provider.iys_code}/brands/{brand.code}/push/registration"
        answer = program.post(path, {"connection": [record]})
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        page = client_of(alice).post(
            f"/markalar/{brand.code}/bildirimler/ekle/",
            {"kanal": "MESAJ", "adres": wanted.url, "kullanici": USER, "parola": PASSWORD},
        )
        assert "birkaç saniye sonra yeniden deneyin" in page.content.decode()
        assert receiver.got == []
        with other.cursor() as cursor:  # the server takes its time with what a closed connection held
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert connections.register(brand=brand, wanted=[wanted], actor=alice, now=now)


def test_two_a_channel_and_the_same_address_once(
    brand: Brand, receiver: Receiver, connection: PushConnection, alice: Person, now: datetime
) -> None:
    def register(path: str, channel: Channel = Channel.MESAJ) -> PushConnection:
        wanted = Wanted(receiver.url + path, channel, USER, PASSWORD)
        return connections.register(brand=brand, wanted=[wanted], actor=alice, now=now)[0]

    assert register("").pk == connection.pk
    second = register("&iki")
    assert second.slot == 2
    with pytest.raises(PushRefused) as refusal:
        register("&uc")
    assert codes(refusal)[0][0] == "H530"
    register("&uc", Channel.EPOSTA)
    connections.remove(connection=connection, actor=alice, now=now)
    assert register("&uc").slot == 1
    assert [(each.channel, each.slot) for each in connections_of(brand)] == [(2, 1), (2, 2), (3, 1)]


def test_removing_asks_for_the_credentials(
    brand: Brand, receiver: Receiver, connection: PushConnection, alice: Person, now: datetime
) -> None:
    right = Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)
    wrong = [
        Wanted(receiver.url, Channel.MESAJ, USER, "baska"),
        Wanted(receiver.url, Channel.MESAJ, "baska", PASSWORD),
        Wanted(receiver.url, Channel.ARAMA, USER, PASSWORD),
        Wanted(receiver.url + "x", Channel.MESAJ, USER, PASSWORD),
    ]
    for wanted in wrong:
        with pytest.raises(PushRefused):
            connections.unregister(brand=brand, wanted=wanted, actor=alice, now=now)
    other = factories.BrandFactory.create(provider=brand.provider)
    with pytest.raises(PushRefused):
        connections.unregister(brand=other, wanted=right, actor=alice, now=now)
    connections.unregister(brand=brand, wanted=right, actor=alice, now=now)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.REMOVED
    connections.remove(connection=connection, actor=alice, now=now)
    assert list(connections_of(brand)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"url": None}, [("H531", "url")]),
        ({"url": "http://ornek.com/"}, [("H531", "url")]),
        ({"url": 7}, [("H531", "url")]),
        ({"type": None}, [("H111", "type")]),
        ({"type": "EPOSTAa"}, [("H117", "type")]),
        ({"type": ["EPOSTA"]}, [("H117", "type")]),
        ({"username": ""}, [("H093", "username")]),
        ({"username": "a:b"}, [("H093", "username")]),
        ({"username": "a\nb", "password": 5}, [("H093", "username"), ("H093", "password")]),
        ({"password": "x" * 256}, [("H093", "password")]),
    ],
)
def test_fields(change: dict[str, object], expected: list[tuple[str, str]]) -> None:
    given = {"url": "https://ornek.com/", "type": "EPOSTA", "username": "Api123", "password": "3Kn"} | change
    wanted, faults = examine({name: value for name, value in given.items() if value is not None})
    assert [(fault.rule.code, fault.field) for fault in faults] == expected
    assert (wanted is None) == bool(expected)


def test_what_is_no_record_lacks_everything() -> None:
    for given in (None, 5, "x", []):
        _, faults = examine(given)
        assert [fault.field for fault in faults] == ["url", "type", "username", "password"]
