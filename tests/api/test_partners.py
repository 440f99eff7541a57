"""Partners: the lists of brands that authorised them, and which brands of a provider they reach."""

from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.api import registry
from iys_portal.api.calls import Call
from iys_portal.api.registry import Endpoint, Needs
from packages.services import pause
from partners.enums import Channel, Right
from partners.services.directory import suspend
from partners.services.grants import revoke
from tests import factories
from tests.api.conftest import Api, codes
from tests.partners.scene import authorise

Make = Callable[..., Api]


@pytest.fixture
def noon(now: datetime) -> object:
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def probe(own_registry: None) -> Callable[[str], str]:
    """Put an endpoint of the brand in place that needs a right; return its path."""

    def put(needs: Needs, view: Callable[[Call], object] = lambda _call: {}) -> None:
        path = f"/sps/{{iysCode}}/brands/{{brandCode}}/{needs.name}"
        registry._add(path, Endpoint(view, "POST", (path,), needs, "", ""))

    return put


def test_the_list_in_iyss_shape(api: Make, alice: Person, provider: Provider, now: datetime, noon: object) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    brand = factories.BrandFactory.create(provider=provider, is_master=True)
    rights = {"mesaj": Right.WRITE, "arama": Right.READ}
    authorise(brand, partner, agreement=True, person=alice, now=now, **rights)
    client = api(partner, now=now)
    entry = {
        "brandCode": str(brand.code),
        "name": brand.name,
        "master": True,
        "title": provider.title,
        "iysCode": str(provider.iys_code),
        "agreementControl": True,
        "viaControl": False,
        "MESAJ": "write",
        "ARAMA": "read",
    }
    page = {"offset": 0, "pageSize": 1, "totalCount": 1}
    assert client.get(f"/integrator/{partner.code}/sps").json() == {"pagination": page, "list": [entry]}
    numbers = {"brandCode": brand.code, "iysCode": provider.iys_code}
    of_one = client.get(f"/integrator/{partner.code}/sps/{provider.iys_code}").json()
    assert of_one == {"pagination": page, "list": [{**entry, **numbers}]}


def test_one_query_more_for_no_row_more(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: object
) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    client = api(partner, now=now)
    counts = []
    for number in (1, 2):
        for _ in range(number):
            authorise(factories.BrandFactory.create(provider=provider), partner, person=alice, now=now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/integrator/{partner.code}/sps")
            client.get(f"/sps/{provider.iys_code}/brands")
        counts.append(len(queries))
    # The first call notes the use of the account.
    assert counts[1] <= counts[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?offset=-1&limit=x", ["H182", "H183"]),
        ("?limit=101", ["H186"]),
        ("?limit=0", ["H187"]),
        ("?offset=99999999999", ["H182"]),
        ("?offset=１", ["H182"]),
    ],
)
def test_pages_that_are_none(api: Make, query: str, expected: list[str]) -> None:
    partner = factories.PartnerFactory.create()
    assert codes(api(partner).get(f"/integrator/{partner.code}/sps{query}")) == (422, expected)


def test_pages(api: Make, alice: Person, provider: Provider, now: datetime, noon: object) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    brands = [factories.BrandFactory.create(provider=provider) for _ in range(3)]
    for brand in brands:
        authorise(brand, partner, person=alice, now=now)
    body = api(partner, now=now).get(f"/integrator/{partner.code}/sps?offset=1&limit=1&x=y").json()
    assert body["pagination"] == {"offset": 1, "pageSize": 1, "totalCount": 3}
    assert [row["brandCode"] for row in body["list"]] == [str(brands[1].code)]
    Brand.objects.filter(pk=brands[0].pk).update(state=BrandState.PASSIVE)
    client = api(partner, now=now)
    for rest in ("", f"/{provider.iys_code}"):
        body = client.get(f"/integrator/{partner.code}/sps{rest}").json()
        assert [int(row["brandCode"]) for row in body["list"]] == [brand.code for brand in brands[1:]]
    told = jwt.decode(client.token, options={"verify_signature": False})["brands"]
    assert {row["brandCode"] for row in told} == {str(brand.code) for brand in brands[1:]}


def test_only_the_partner_itself(api: Make, provider: Provider) -> None:
    partner, other = factories.PartnerFactory.create(), factories.PartnerFactory.create()
    assert codes(api(provider).get(f"/integrator/{partner.code}/sps")) == (400, ["H363"])
    assert codes(api(other).get(f"/integrator/{partner.code}/sps")) == (403, ["H353"])
    assert codes(api(partner).get(f"/integrator/{partner.code}/sps/{provider.iys_code}")) == (403, ["H353"])


def test_a_partner_reaches_the_brands_that_authorised_it(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: object, probe: Callable[..., None]
) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    brand, other = (factories.BrandFactory.create(provider=provider) for _ in range(2))
    client = api(partner, now=now)
    probe(Needs.RIGHT)
    path = f"/sps/{provider.iys_code}/brands"
    assert codes(client.get(path)) == (403, ["H353"])
    grant = authorise(brand, partner, person=alice, now=now)
    assert [row["brandCode"] for row in client.get(path).json()] == [brand.code]
    assert client.post(f"{path}/{brand.code}/RIGHT", {}).status_code == 200
    assert codes(client.post(f"{path}/{other.code}/RIGHT", {})) == (403, ["H353"])
    revoke(grant=grant, person=alice, now=now)
    assert codes(client.post(f"{path}/{brand.code}/RIGHT", {})) == (403, ["H353"])


def test_channels_agreement_and_the_provider_alone(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: object, probe: Callable[..., None]
) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    brand = factories.BrandFactory.create(provider=provider)
    authorise(brand, partner, person=alice, now=now, mesaj=Right.READ, arama=Right.WRITE)
    client, own = api(partner, now=now), api(provider, now=now)
    path = f"/sps/{provider.iys_code}/brands/{brand.code}"

    def ask(call: Call) -> list[list[bool]]:
        return [[call.lacks(channel, right) is None for right in (Right.READ, Right.WRITE)] for channel in Channel]

    probe(Needs.RIGHT, ask)
    probe(Needs.AGREEMENT, lambda call: call.demand(Channel.EPOSTA, Right.READ))
    probe(Needs.PROVIDER)
    assert client.post(f"{path}/RIGHT", {}).json() == [[True, False], [True, True], [False, False]]
    assert own.post(f"{path}/RIGHT", {}).json() == [[True, True]] * 3
    assert codes(client.post(f"{path}/AGREEMENT", {})) == (403, ["P008"])
    assert own.post(f"{path}/AGREEMENT", {}).status_code == 200
    assert codes(client.post(f"{path}/PROVIDER", {})) == (400, ["H363"])
    assert own.post(f"{path}/PROVIDER", {}).status_code == 200


def test_a_package_that_rests_stops_the_partner_in_iyss_words(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: object
) -> None:
    term = factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    authorise(factories.BrandFactory.create(provider=provider), partner, person=alice, now=now)
    client = api(partner, now=now)
    pause(subscription=term, actor=alice, reason="Deneme", now=now)
    answer = client.get(f"/sps/{provider.iys_code}/brands")
    assert codes(answer) == (403, ["H520"])
    assert "Entegratör" in answer.json()["errors"][0]["message"]


def test_a_suspended_partner_reaches_nobody(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: object
) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    authorise(factories.BrandFactory.create(provider=provider), partner, person=alice, now=now)
    client = api(partner, now=now)
    suspend(party=partner, actor=alice, reason="Deneme", now=now)
    assert codes(client.get(f"/sps/{provider.iys_code}/brands")) == (403, ["H353"])
    assert codes(client.get(f"/integrator/{partner.code}/sps")) == (403, ["H353"])


def test_a_grant_ends_with_its_last_day(
    api: Make, alice: Person, provider: Provider, now: datetime, noon: time_machine.Traveller
) -> None:
    factories.subscription(provider, now=now)
    partner = factories.PartnerFactory.create()
    brand = factories.BrandFactory.create(provider=provider)
    authorise(brand, partner, person=alice, now=now, ends_on=now.date())
    client = api(partner, now=now)
    path = f"/sps/{provider.iys_code}/brands"
    noon.move_to(now.replace(hour=20, minute=59))
    assert client.log_in().get(path).status_code == 200
    noon.move_to(now.replace(hour=20, minute=59) + timedelta(minutes=1))
    assert codes(client.get(path)) == (403, ["H353"])
