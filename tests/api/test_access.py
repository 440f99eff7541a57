"""Dealers' access to consents over the API: opened, replaced, closed, listed, and every refusal."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.services import authorise_partner
from tests import factories
from tests.api.conftest import Api, codes
from tests.api.given import OTHER, PHONE, record

Make = Callable[..., Api]
KIND = {"type": "MESAJ", "recipientType": "BIREYSEL"}
ONE = {**KIND, "recipient": PHONE}
MANY = {**KIND, "recipients": [PHONE, OTHER]}


@pytest.fixture
def brand(provider: Provider) -> Brand:
    factories.subscription(provider)
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def dealers(brand: Brand) -> list[int]:
    return [factories.RetailerFactory.create(brand=brand, title=title).code for title in ("Ada", "Bade", "Can")]


def path(brand: Brand, rest: str = "") -> str:
    return f"/sps/{brand.provider.iys_code}/brands/{brand.code}/consents/retailers/access{rest}"


def seen(client: Api, brand: Brand, recipient: str = PHONE) -> list[int]:
    """Return the codes of the dealers who see the consent, by the path with the odd name."""
    address = path(brand, "/list").replace("/consents/", "/consent/")
    answer = client.post(address, {**ONE, "recipient": recipient})
    assert answer.json() == client.post(path(brand, "/list"), {**ONE, "recipient": recipient}).json()
    return [row["retailerCode"] for row in answer.json()["list"]]


def test_access_from_the_first_to_the_last(api: Make, brand: Brand, dealers: list[int]) -> None:
    first, second, third = dealers
    record(brand, PHONE, retailer_code=third)
    record(brand, OTHER)
    client = api(brand.provider)
    answer = client.post(path(brand), {**ONE, "retailerAccess": [first, str(second)]})
    assert answer.status_code == 200
    assert UUID(answer.json()["transactionId"])
    assert len(answer.json()["creationDate"]) == len("2026-11-23 12:00:00")
    assert seen(client, brand) == dealers
    answer = client.send("PUT", path(brand), {**MANY, "retailerAccess": [first, second]})
    assert (answer.status_code, answer.content) == (202, b"")
    assert (seen(client, brand), seen(client, brand, OTHER)) == ([first, second], [first, second])
    answer = client.post(path(brand, "/remove"), {**MANY, "recipients": [PHONE, PHONE], "retailerAccess": [first]})
    assert (answer.status_code, answer.content) == (202, b"")
    assert (seen(client, brand), seen(client, brand, OTHER)) == ([second], [first, second])
    answer = client.post(path(brand, "/remove/all"), MANY)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (seen(client, brand), seen(client, brand, OTHER)) == ([], [])


def test_the_list_is_in_pages(api: Make, brand: Brand, dealers: list[int]) -> None:
    record(brand, retailer_access=dealers)
    answer = api(brand.provider).post(path(brand, "/list?limit=2&offset=1"), ONE).json()
    assert answer["pagination"] == {"offset": 1, "pageSize": 2, "totalCount": 3}
    assert [row["retailerCode"] for row in answer["list"]] == dealers[1:]
    assert answer["list"][0]["retailerAccessCount"] == 1
    assert codes(api(brand.provider).post(path(brand, "/list?limit=0&offset=-1"), ONE)) == (422, ["H182", "H187"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": None}, ["H111"]),
        ({"type": "EPOSTAA"}, ["H117"]),
        ({"type": ["MESAJ"]}, ["H117"]),
        ({"recipientType": None}, ["H170"]),
        ({"recipientType": "TACIRR"}, ["H116"]),
        ({"retailerAccess": None}, ["H169"]),
        ({"retailerAccess": []}, ["H163"]),
        ({"retailerAccess": list(range(101))}, ["H126"]),
    ],
)
def test_fields(api: Make, brand: Brand, dealers: list[int], change: dict[str, object], expected: list[str]) -> None:
    client = api(brand.provider)
    for method, address, body in (
        ("POST", path(brand), ONE),
        ("PUT", path(brand), MANY),
        ("POST", path(brand, "/remove"), MANY),
    ):
        asked = {**body, "retailerAccess": dealers, **change}
        asked = {name: value for name, value in asked.items() if value is not None}
        assert codes(client.send(method, address, asked)) == (422, expected)


@pytest.mark.parametrize(
    ("recipients", "expected", "location"),
    [
        (None, "H168", ["recipients"]),
        ([], "H164", ["recipients"]),
        ("x", "H478", ["recipients"]),
        ([PHONE] * 101, "H127", ["recipients"]),
        ([PHONE, "905992000001"], "H121", ["recipients", 1]),
        ([5], "H121", ["recipients", 0]),
        (["+90599200000123456"], "H166", ["recipients", 0]),
    ],
)
def test_recipients(
    api: Make, brand: Brand, dealers: list[int], recipients: object, expected: str, location: list[Any]
) -> None:
    client = api(brand.provider)
    body = {**KIND, "recipients": recipients, "retailerAccess": dealers}
    if recipients is None:
        del body["recipients"]
    for method, address in (("PUT", ""), ("POST", "/remove"), ("POST", "/remove/all")):
        answer = client.send(method, path(brand, address), body)
        assert codes(answer) == (422, [expected])
        assert answer.json()["errors"][0]["location"] == location


def test_one_recipient(api: Make, brand: Brand, dealers: list[int]) -> None:
    client = api(brand.provider)
    for recipient, expected in (
        (None, "H114"),
        ("", "H114"),
        ([], "H121"),
        ({}, "H121"),
        ("905992000001", "H121"),
        (7, "H121"),
    ):
        for address, more in (("", {"retailerAccess": dealers}), ("/list", {})):
            assert codes(client.post(path(brand, address), {**KIND, "recipient": recipient, **more})) == (
                422,
                [expected],
            )
    mail = {"type": "EPOSTA", "recipientType": "TACIR", "recipient": "ornekadiniz.com"}
    assert codes(client.post(path(brand, "/list"), mail)) == (422, ["H120"])


def test_several_faults_come_at_once(api: Make, brand: Brand) -> None:
    answer = api(brand.provider).post(path(brand), {"type": "SMS"})
    assert codes(answer) == (422, ["H117", "H170", "H114", "H169"])


def test_bodies_that_are_none(api: Make, brand: Brand) -> None:
    client = api(brand.provider)
    for method, address, code in (
        ("POST", "", "H090"),
        ("PUT", "", "H171"),
        ("POST", "/remove", "H172"),
        ("POST", "/remove/all", "H172"),
        ("POST", "/list", "H173"),
    ):
        assert codes(client.send(method, path(brand, address), [])) == (400, [code])
        assert codes(client.send(method, path(brand, address), b"{")) == (400, ["H014"])


def test_strange_dealers_and_unrecorded_consents(api: Make, brand: Brand, dealers: list[int]) -> None:
    client = api(brand.provider)
    assert codes(client.post(path(brand), {**ONE, "retailerAccess": dealers})) == (400, ["H401"])
    record(brand)
    foreign = factories.RetailerFactory.create().code
    asleep = factories.RetailerFactory.create(brand=brand, state="suspended").code
    for method, body in (("POST", ONE), ("PUT", MANY)):
        answer = client.send(method, path(brand), {**body, "retailerAccess": [dealers[0], foreign, asleep]})
        assert codes(answer) == (403, ["H180", "H180"])
        assert [each["location"] for each in answer.json()["errors"]] == [["retailerAccess", 1], ["retailerAccess", 2]]
        assert answer.json()["errors"][0]["value"] == foreign
    for nobody in (5, "x", None, True):
        assert codes(client.post(path(brand), {**ONE, "retailerAccess": [nobody]})) == (403, ["H180"])
    answer = client.post(path(brand, "/remove"), {**MANY, "retailerAccess": [foreign]})
    assert codes(answer) == (404, ["H058"])
    assert str(foreign) in answer.json()["errors"][0]["message"]
    assert client.post(path(brand, "/remove"), {**MANY, "retailerAccess": [asleep]}).status_code == 202
    assert seen(client, brand) == []


def test_a_partner_reads_and_writes_by_its_rights(api: Make, brand: Brand, dealers: list[int], alice: Person) -> None:
    record(brand)
    partner = factories.PartnerFactory.create()
    rights = {PartnerChannel.MESAJ: Right.READ, PartnerChannel.ARAMA: Right.WRITE}
    authorise_partner(
        brand=brand, partner=partner, agreement=False, rights=rights, ends_on=None, person=alice, now=timezone.now()
    )
    client = api(partner)
    assert seen(client, brand) == []
    assert codes(client.post(path(brand), {**ONE, "retailerAccess": dealers})) == (403, ["P002"])
    for method, address in (("PUT", ""), ("POST", "/remove"), ("POST", "/remove/all")):
        assert codes(client.send(method, path(brand, address), {**MANY, "retailerAccess": dealers})) == (403, ["P002"])
    call = {**ONE, "type": "ARAMA", "retailerAccess": dealers}
    assert codes(client.post(path(brand), call)) == (400, ["H401"])
    mail = {"type": "EPOSTA", "recipientType": "BIREYSEL", "recipient": "a@ornek.com"}
    assert codes(client.post(path(brand, "/list"), mail)) == (403, ["P002"])
    assert not Retailer.objects.filter(brand=brand).exclude(code__in=dealers).exists()
