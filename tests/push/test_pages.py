"""The pages of push connections: adding with the reason why not, the log, sending again, starting, removing."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from partners.models import IntermediaryMembership, PartnerMembership
from push.enums import ConnectionState
from push.models import PushAttempt, PushConnection, PushDelivery
from push.services import connections
from tests import factories
from tests.push.receiver import PASSWORD, USER, Receiver


@pytest.fixture
def client(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def url(name: str, brand: Brand, *arguments: object) -> str:
    return reverse(f"push:{name}", args=[brand.code, *arguments])


def notices(answer: HttpResponse) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def sent(connection: PushConnection, at: datetime, **values: object) -> PushDelivery:
    """Return a delivery that was taken."""
    known = {"first_seq": 1, "last_seq": 1, "count": 1, "created_at": at, "delivered_at": at, "attempts": 1}
    delivery = PushDelivery.objects.create(
        provider_id=connection.provider_id, connection=connection, **(known | values)
    )
    PushAttempt.objects.create(delivery=delivery, at=at, result="ok", status=200, took_ms=12)
    return delivery


def test_an_address_is_added(client: Client, brand: Brand, receiver: Receiver) -> None:
    form = {"adres": receiver.url, "kanal": "EPOSTA", "kullanici": USER, "parola": PASSWORD}
    answer = client.post(url("add", brand), form, follow=True)
    made = PushConnection.objects.get()
    assert answer.redirect_chain == [(url("connection", brand, made.pk), 302)]
    assert (made.channel, made.username) == (3, USER)
    listed = client.get(url("connections", brand)).content.decode()
    assert (receiver.url in listed, "Çalışıyor" in listed, PASSWORD in listed) == (True, True, False)


def test_the_form_says_why_not_and_keeps_what_was_typed(client: Client, brand: Brand, receiver: Receiver) -> None:
    receiver.asks = False
    form = {"adres": receiver.url, "kanal": "EPOSTA", "kullanici": USER, "parola": PASSWORD}
    answer = client.post(url("add", brand), form)
    assert "temel kimlik doğrulaması" in answer.context["form"].errors["adres"][0]
    html = answer.content.decode()
    assert (receiver.url in html, PASSWORD in html) == (True, False)
    answer = client.post(url("add", brand), {"adres": "http://ornek.com", "kanal": "SMS"})
    errors = answer.context["form"].errors
    assert {name: errors[name][0].rpartition("(")[2] for name in ("adres", "kullanici", "parola")} == {
        "adres": "H531)",
        "kullanici": "H093)",
        "parola": "H093)",
    }
    assert errors["kanal"] == ["Kanallardan birini seçin."]
    assert not PushConnection.objects.exists()


def test_the_log_and_sending_again(client: Client, brand: Brand, connection: PushConnection) -> None:
    delivery = sent(connection, timezone.now())
    page = client.get(url("connection", brand, connection.pk)).content.decode()
    assert ("Teslim edildi" in page, "Alındı 200 (12 ms)" in page) == (True, True)
    answer = client.post(url("replay", brand, connection.pk), {"gonderim": delivery.pk}, follow=True)
    assert notices(answer) == ["Bildirim yeniden gönderilmek üzere sıraya alındı."]
    assert PushDelivery.objects.filter(is_replay=True).count() == 1
    for nonsense in ("x", "9" * 5000):
        assert client.post(url("replay", brand, connection.pk), {"gonderim": nonsense}).status_code == 404
    for day, words in (("", "Günü yazın."), ("dün", "GG.AA.YYYY"), ("01.01.2020", "Son 30 günden")):
        answer = client.post(url("replay", brand, connection.pk), {"gun": day})
        assert words in answer.context["form"].errors["gun"][0]
    today = f"{timezone.localdate():%d.%m.%Y}"
    answer = client.post(url("replay", brand, connection.pk), {"gun": today}, follow=True)
    assert notices(answer) == ["Yeniden gönderilmeyi bekleyen hareketler var; onlar gönderilince yeniden isteyin."]
    PushDelivery.objects.update(delivered_at=timezone.now())
    answer = client.post(url("replay", brand, connection.pk), {"gun": today}, follow=True)
    assert notices(answer) == ["O günden beri bu bağlantıya düşen bir hareket yok."]


def test_the_key_is_shown_on_demand_and_that_is_audited(
    client: Client, brand: Brand, connection: PushConnection, alice: Person
) -> None:
    key = connections.key_of(connection)
    assert key not in client.get(url("key", brand, connection.pk)).content.decode()
    assert key in client.post(url("key", brand, connection.pk)).content.decode()
    event = AuditEvent.objects.get(action="push_key_shown")
    assert (event.actor_id, event.object_id, key in str(event.detail)) == (alice.pk, str(connection.pk), False)


def test_a_stopped_connection_is_started_and_one_is_removed(
    client: Client, brand: Brand, connection: PushConnection, now: datetime
) -> None:
    PushConnection.objects.update(state="stopped", failures=9, failing_since=now - timedelta(days=4), state_at=now)
    assert "gönderim durduruldu" in client.get(url("connection", brand, connection.pk)).content.decode()
    client.post(url("restart", brand, connection.pk))
    connection.refresh_from_db()
    assert (connection.state, connection.failures) == (ConnectionState.ACTIVE, 0)
    assert "kaldırıyor musunuz" in client.get(url("remove", brand, connection.pk)).content.decode()
    client.post(url("remove", brand, connection.pk))
    answer = client.post(url("remove", brand, connection.pk), follow=True)
    assert notices(answer)[-1] == "Bu bağlantı daha önce kaldırılmış."
    assert client.get(url("connection", brand, connection.pk)).status_code == 404


def test_a_partners_people_look_after_what_its_programs_registered(
    brand: Brand, connection: PushConnection, receiver: Receiver, client: Client, client_of: Callable[[Person], Client]
) -> None:
    partner, rival = factories.PartnerFactory.create(), factories.PartnerFactory.create()
    PushConnection.objects.filter(pk=connection.pk).update(partner=partner)
    browsers = []
    for company in (partner, rival):
        person = factories.PersonFactory.create()
        PartnerMembership.objects.create(partner=company, person=person)
        browsers.append(client_of(person))
    own, strange = browsers
    home = reverse("party_push:connections")
    page = f"{home}{connection.pk}/"
    listed = own.get(home).content.decode()
    assert (receiver.url in listed, brand.name in listed) == (True, True)
    assert "Adreslerinizi yazılımınız API ile kaydeder" in strange.get(home).content.decode()
    assert f"{partner.title} kaydetti" in client.get(url("connections", brand)).content.decode()
    delivery = sent(connection, timezone.now())
    assert "Alındı 200 (12 ms)" in own.get(page).content.decode()
    key = connections.key_of(PushConnection.objects.get())
    assert key in own.post(f"{page}anahtar/").content.decode()
    assert own.post(f"{page}yeniden/", {"gonderim": delivery.pk})["Location"] == page
    assert PushDelivery.objects.filter(is_replay=True).count() == 1
    for part in ("", "anahtar/", "baslat/", "kaldir/", "yeniden/"):
        assert strange.get(f"{page}{part}").status_code == 404
    assert own.post(f"{page}kaldir/")["Location"] == home
    assert own.get(page).status_code == 404


def test_an_ahs_has_no_such_pages(db: None, client_of: Callable[[Person], Client]) -> None:
    person = factories.PersonFactory.create()
    IntermediaryMembership.objects.create(intermediary=factories.IntermediaryFactory.create(), person=person)
    browser = client_of(person)
    assert browser.get(reverse("party_push:connections")).status_code == 404
    assert "Anlık bildirimler" not in browser.get(reverse("party:brands")).content.decode()


def test_a_rival_and_another_brand_see_nothing(
    brand: Brand, connection: PushConnection, bob: Person, client: Client, client_of: Callable[[Person], Client]
) -> None:
    other = factories.BrandFactory.create(provider=brand.provider)
    for name in ("connection", "key", "restart", "remove", "replay"):
        assert client_of(bob).get(url(name, brand, connection.pk)).status_code == 404
        assert client.get(url(name, other, connection.pk)).status_code == 404
    delivery = sent(connection, timezone.now())
    answer = client_of(bob).post(url("replay", brand, connection.pk), {"gonderim": delivery.pk})
    assert (answer.status_code, PushDelivery.objects.count()) == (404, 1)


def test_a_log_costs_the_same_for_three_as_for_one(client: Client, brand: Brand, connection: PushConnection) -> None:
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            sent(connection, timezone.now())
        client.get(url("connection", brand, connection.pk))
        with CaptureQueriesContext(database) as captured:
            client.get(url("connection", brand, connection.pk))
        counts.append(len(captured))
    assert counts[0] == counts[1]
