"""The subscription query of a provider, as itself and as a partner, and that of a partner's licence."""

from collections.abc import Callable
from datetime import datetime, timedelta

import time_machine

from accounts.models import Person, Provider
from packages.services import close_for_provider, pause
from partners.services.directory import suspend
from tests import factories
from tests.api.conftest import Api, codes
from tests.partners.scene import authorise

Make = Callable[..., Api]


def test_what_the_provider_reads(api: Make, provider: Provider, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        term = factories.subscription(provider, "ileti-25", now=now)
        body = api(provider, now=now).get(f"/sps/{provider.iys_code}/subscription").json()
    assert body == {
        "subscriptionId": str(term.pk),
        "subscripitionId": str(term.pk),
        "subsciprtionId": str(term.pk),
        "startDate": "2026-11-23 12:00:00",
        "expirationDate": "2027-11-22 23:59:59",
        "subscriptionPackageName": "İLETİ-25 (Seviye 1)",
        "status": "ACTIVE",
        "consentLimit": 25000,
        "consentLimitExceed": False,
        "usedConsentLimit": 0,
    }


def test_the_largest_package_has_no_limit(api: Make, provider: Provider) -> None:
    factories.subscription(provider, "ileti-arti")
    body = api(provider).get(f"/sps/{provider.iys_code}/subscription").json()
    assert (body["consentLimit"], body["consentLimitExceed"]) == (250001, True)


def test_a_partner_does_not_read_the_limits(api: Make, provider: Provider, alice: Person, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        factories.subscription(provider, now=now)
        partner = factories.PartnerFactory.create()
        client = api(partner, now=now)
        path = f"/sps/{provider.iys_code}/subscription"
        assert codes(client.get(path)) == (403, ["H353"])
        authorise(factories.BrandFactory.create(provider=provider), partner, person=alice, now=now)
        body = client.get(path).json()
    assert {key for key in body if "onsentLimit" in key} == set()
    assert body["status"] == "ACTIVE"


def test_it_works_while_the_subscription_rests(api: Make, provider: Provider, alice: Person, now: datetime) -> None:
    with time_machine.travel(now, tick=False) as clock:
        term = factories.subscription(provider, now=now)
        client = api(provider, now=now)
        path = f"/sps/{provider.iys_code}/subscription"
        pause(subscription=term, actor=alice, reason="Deneme", now=now)
        assert client.get(path).json()["status"] == "PAUSED"
        clock.move_to(now + timedelta(days=364, hours=23))
        assert client.log_in().get(path).json()["status"] == "EXPIRED"


def test_who_left_has_none(api: Make, provider: Provider, alice: Person, now: datetime) -> None:
    client = api(provider)
    path = f"/sps/{provider.iys_code}/subscription"
    assert codes(client.get(path)) == (403, ["H586"])
    close_for_provider(provider=provider, actor=alice, reason="Ayrıldı", now=now)
    assert codes(client.get(path)) == (404, ["H437"])


def test_the_licence_of_a_partner(api: Make, alice: Person, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        partner = factories.PartnerFactory.create()
        client = api(partner, now=now)
        body = client.get(f"/integrator/{partner.code}/subscription").json()
        suspend(party=partner, actor=alice, reason="Deneme", now=now)
        suspended = client.get(f"/integrator/{partner.code}/subscription").json()
    assert body == {
        "iysCode": str(partner.code),
        "subscriptionId": str(client.account.pk),
        "subscripitionId": str(client.account.pk),
        "startDate": "2026-11-23 12:00:00",
        "expirationDate": "2027-11-23 12:00:00",
        "subscriptionPackageName": "IO - API Kullanım Lisansı",
        "status": "ACTIVE",
    }
    assert suspended == {**body, "status": "PAUSED"}


def test_another_partners_licence_and_a_providers(api: Make, provider: Provider) -> None:
    partner, other = factories.PartnerFactory.create(), factories.PartnerFactory.create()
    assert codes(api(partner).get(f"/integrator/{other.code}/subscription")) == (404, ["H437"])
    assert codes(api(provider).get(f"/integrator/{partner.code}/subscription")) == (400, ["H522"])
    assert codes(api(partner).get("/integrator/x/subscription")) == (422, ["H190"])
