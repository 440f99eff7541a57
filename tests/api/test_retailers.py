"""Dealers over the API: added with İYS's refusals, listed, looked at, deleted only where no consent is linked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from iys_portal.audit.models import AuditEvent
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.services import authorise_partner
from tests import factories
from tests.api.conftest import Api, codes
from tests.api.given import record

Make = Callable[..., Api]


@pytest.fixture
def brand(provider: Provider) -> Brand:
    factories.subscription(provider)
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def path(brand: Brand) -> str:
    return f"/sps/{brand.provider.iys_code}/brands/{brand.code}/retailers"


def dealer(seed: int = 1, **changes: object) -> dict[str, Any]:
    """Return a dealer as programs send one; a change to None leaves the field out."""
    body: dict[str, Any] = {
        "title": "XYZ Ticaret",
        "name": "Gökçe Ağaoğlu",
        "tckn": factories.make_tckn(seed),
        "tin": "8450525470",
        "city": {"code": "34", "name": "İstanbul"},
        "town": {"code": 438, "name": "Kadıköy"},
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def test_a_dealer_is_added_listed_and_deleted(api: Make, brand: Brand, path: str) -> None:
    client = api(brand.provider)
    answer = client.post(path, dealer(alias="Şişli Mağazası", mobile="+905992000000"))
    assert answer.status_code == 201
    code = answer.json()["retailerCode"]
    assert 10_000_000 <= code <= 99_999_999
    town = Retailer.objects.get(code=code).town
    assert town is not None
    row = {
        "title": "XYZ Ticaret",
        "retailerCode": code,
        "status": "active",
        "retailerAccessCount": 0,
        "city": {"code": 34, "name": "İstanbul"},
        "town": {"code": 438, "name": town.short},
        "alias": "Şişli Mağazası",
        "name": "Gökçe Ağaoğlu",
        "tckn": factories.make_tckn(1),
        "mobile": "+905992000000",
        "tin": "8450525470",
    }
    assert client.get(f"{path}/{code}").json() == row
    pagination = {"offset": 0, "pageSize": 100, "totalCount": 1, "currentPage": 1}
    assert client.get(path).json() == {"pagination": pagination, "list": [row]}
    short = client.get(f"{path}?short=true&limit=5").json()
    assert short["pagination"]["pageSize"] == 5
    assert set(short["list"][0]) == {"title", "city", "retailerAccessCount", "retailerCode", "status"}
    event = AuditEvent.objects.get(action="dealer_added")
    assert (event.actor_id, event.actor_name) == (None, f"API: Deneme ({client.account.username})")
    gone = client.send("DELETE", f"{path}/{code}")
    assert (gone.status_code, gone.content.decode()) == (200, "Başarı")
    assert gone.headers["Content-Type"].startswith("text/plain")
    assert codes(client.send("DELETE", f"{path}/{code}")) == (404, ["H058"])
    assert codes(client.get(f"{path}/{code}")) == codes(client.get(f"{path}/abc")) == (404, ["H058"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": None}, ["H214"]),
        ({"title": "Ltd. Şti."}, ["H229"]),
        ({"title": "x" * 256}, ["H017"]),
        ({"name": None}, ["H215"]),
        ({"tckn": None, "tin": None}, ["H216", "H288"]),
        ({"tckn": "123"}, ["H226"]),
        ({"tckn": "12345678901"}, ["H225"]),
        ({"tin": "123"}, ["H244"]),
        ({"tin": "1234567891"}, ["H243"]),
        ({"mersis": 56518556720}, ["H228"]),
        ({"mersis": "0123456789112345"}, ["H227"]),
        ({"city": None}, ["H217"]),
        ({"city": {"name": "İstanbul"}}, ["H218"]),
        ({"city": {"code": 34}}, ["H219"]),
        ({"town": None}, ["H220"]),
        ({"town": {"code": 1, "name": "x"}}, ["H221"]),
        ({"town": {"code": 438}}, ["H222"]),
        ({"mobile": "905992000000"}, ["H224"]),
        ({"status": "closed"}, ["H201"]),
    ],
)
def test_refusals(api: Make, brand: Brand, path: str, changes: dict[str, object], expected: list[str]) -> None:
    assert codes(api(brand.provider).post(path, dealer(**changes))) == (400, expected)
    assert not Retailer.objects.exists()


def test_bodies_that_are_none(api: Make, brand: Brand, path: str) -> None:
    client = api(brand.provider)
    assert codes(client.post(path, b"{")) == (400, ["H014"])
    assert codes(client.post(path, [])) == (400, ["H016"])
    assert codes(client.post(path, {"title": {"a": [None]}, "city": 5, "town": "x"}))[0] == 400


def test_numbers_are_unique_within_the_provider(api: Make, brand: Brand, path: str) -> None:
    client = api(brand.provider)
    mersis = f"0{factories.make_vkn(7)}00001"
    assert client.post(path, dealer(1, mersis=mersis)).status_code == 201
    assert codes(client.post(path, dealer(1))) == (400, ["H231"])
    assert codes(client.post(path, dealer(2, mersis=mersis))) == (400, ["H230"])
    Retailer.objects.update(state="passive")
    answer = client.post(path, dealer(1, mersis=mersis))
    assert codes(answer) == (400, ["H253", "H253"])
    assert [each["location"] for each in answer.json()["errors"]] == [["tckn"], ["mersis"]]
    elsewhere = factories.BrandFactory.create()
    factories.subscription(elsewhere.provider)
    theirs = f"/sps/{elsewhere.provider.iys_code}/brands/{elsewhere.code}/retailers"
    assert api(elsewhere.provider).post(theirs, dealer(1, mersis=mersis)).status_code == 201


def test_a_dealer_who_sees_a_consent_stays(api: Make, brand: Brand, path: str) -> None:
    retailer = factories.RetailerFactory.create(brand=brand)
    record(brand, retailer_code=retailer.code)
    client = api(brand.provider)
    assert codes(client.send("DELETE", f"{path}/{retailer.code}")) == (400, ["P003"])
    assert client.get(f"{path}/{retailer.code}").json()["retailerAccessCount"] == 1


def test_pages(api: Make, brand: Brand, path: str) -> None:
    made = [factories.RetailerFactory.create(brand=brand, title=f"Bayi {number}").code for number in range(5)]
    client = api(brand.provider)
    answer = client.get(f"{path}?offset=2&limit=2&nothing=1").json()
    assert answer["pagination"] == {"offset": 2, "pageSize": 2, "totalCount": 5, "currentPage": 2}
    assert [row["retailerCode"] for row in answer["list"]] == made[2:4]
    assert codes(client.get(f"{path}?limit=0&offset=-1")) == (422, ["H182", "H187"])
    assert codes(client.get(f"{path}?limit=101")) == (422, ["H186"])
    assert codes(client.get(f"{path}?all=1")) == (422, ["H184"])
    assert codes(client.get(f"{path}?short=x")) == (422, ["H185"])


def test_who_may(api: Make, brand: Brand, path: str, alice: Person) -> None:
    mine = factories.RetailerFactory.create(brand=brand)
    partner = factories.PartnerFactory.create()
    client = api(partner)
    assert codes(client.get(path)) == (403, ["H353"])
    authorise_partner(
        brand=brand,
        partner=partner,
        agreement=False,
        rights={PartnerChannel.MESAJ: Right.READ},
        ends_on=None,
        person=alice,
        now=client.account.created_at,
    )
    granted = api(partner)
    assert granted.get(f"{path}/{mine.code}").status_code == 200
    other = factories.BrandFactory.create(provider=brand.provider)
    assert codes(granted.get(path.replace(str(brand.code), str(other.code)))) == (403, ["H353"])
    # A dealer of another brand, and of another provider, does not exist here.
    for foreign in (factories.RetailerFactory.create(brand=other), factories.RetailerFactory.create()):
        assert codes(granted.get(f"{path}/{foreign.code}")) == (404, ["H058"])
        assert codes(granted.send("DELETE", f"{path}/{foreign.code}")) == (404, ["H058"])
    rival = factories.ProviderFactory.create()
    factories.subscription(rival)
    assert codes(api(rival).get(path)) == (403, ["H353"])


def test_a_list_costs_the_same_for_three_as_for_one(api: Make, brand: Brand, path: str) -> None:
    client = api(brand.provider)
    factories.RetailerFactory.create(brand=brand)
    client.get(path)
    counts = []
    for more in (0, 2):
        for _ in range(more):
            factories.RetailerFactory.create(brand=brand)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
