"""The AHS API: Basic credentials, the brands that granted something, and rejected recipients by channel."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import ApiRequest, Person, Provider
from accounts.services.api_accounts import revoke_account
from brands.enums import BrandState
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType
from iys_portal.shared.tin import tin_columns
from partners.enums import Channel as PartnerChannel
from partners.models import Intermediary, IntermediaryGrant
from partners.services import authorise_intermediary, revoke
from tests import factories
from tests.api.conftest import Api, codes
from tests.api.given import OTHER, PHONE, record

Make = Callable[..., Api]


@pytest.fixture
def intermediary(db: None) -> Intermediary:
    return factories.IntermediaryFactory.create()


@pytest.fixture
def brand(provider: Any) -> Brand:
    """A brand of a provider without a package: an AHS needs none."""
    return factories.BrandFactory.create(provider=provider)


def grant(
    brand: Brand, intermediary: Intermediary, person: Person, channels: Iterable[PartnerChannel]
) -> IntermediaryGrant:
    return authorise_intermediary(
        brand=brand,
        intermediary=intermediary,
        channels=frozenset(channels),
        ends_on=None,
        person=person,
        now=timezone.now(),
    )


def basic(client: Api, secret: str | None = None) -> dict[str, str]:
    pair = f"{client.account.username}:{client.issued.secret if secret is None else secret}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def get(client: Api, path: str) -> HttpResponse:
    return client.client.get(path, headers=basic(client))


def ask(client: Api, path: str, recipients: object) -> HttpResponse:
    body = {"recipients": recipients}
    return client.client.post(path, body, content_type="application/json", headers=basic(client))


def test_a_brand_that_rests_is_neither_listed_nor_asked(
    api: Make, brand: Brand, intermediary: Intermediary, alice: Person
) -> None:
    client, tckn = api(intermediary), "10000000146"
    grant(brand, intermediary, alice, [PartnerChannel.MESAJ])
    Provider.objects.filter(pk=brand.provider_id).update(**tin_columns(tckn))  # a sole trader is asked for by the TCKN
    rejected = f"/brands/{brand.code}/consents/BIREYSEL/rejected/MESAJ"
    assert get(client, f"/brands/{tckn}").json()["list"] == [{"brandCode": brand.code, "name": brand.name}]
    assert ask(client, rejected, [PHONE]).status_code == 200
    Brand.objects.filter(pk=brand.pk).update(state=BrandState.PASSIVE)
    assert codes(get(client, f"/brands/{tckn}")) == (404, ["H018"])
    assert codes(ask(client, rejected, [PHONE])) == (403, ["H353"])


def test_brands_that_granted_something(api: Make, brand: Brand, intermediary: Intermediary, alice: Person) -> None:
    client = api(intermediary)
    path = f"/brands/{brand.provider.tax_number}"
    assert codes(get(client, path)) == (404, ["H018"])
    given = grant(brand, intermediary, alice, [PartnerChannel.MESAJ])
    factories.BrandFactory.create(provider=brand.provider)
    assert get(client, path).json() == {"list": [{"brandCode": brand.code, "name": brand.name}]}
    rival = factories.BrandFactory.create()
    assert codes(get(client, f"/brands/{rival.provider.tax_number}")) == (404, ["H018"])
    assert codes(get(client, "/brands/x1")) == (404, ["H018"])
    assert {call.path for call in ApiRequest.objects.all()} == {"/brands/*****"}  # it may be a person's TCKN
    revoke(grant=given, person=alice, now=timezone.now())
    assert codes(get(client, path)) == (404, ["H018"])


def test_rejected_recipients(api: Make, brand: Brand, intermediary: Intermediary, alice: Person) -> None:
    grant(brand, intermediary, alice, [PartnerChannel.MESAJ])
    client = api(intermediary)
    approved, refused_, unknown = PHONE, OTHER, "+905992000003"
    for kind in RecipientType:
        record(brand, approved, kind=kind)
        record(brand, refused_, kind=kind)
        record(brand, refused_, ConsentStatus.RET, kind=kind, ago=timedelta(minutes=5))
    # Another channel, another brand of the provider: nothing of it counts.
    record(brand, unknown, channel=Channel.ARAMA)
    record(factories.BrandFactory.create(provider=brand.provider), unknown)
    asked = [unknown, approved, refused_, unknown]
    path = f"/brands/{brand.code}/consents/{{}}/rejected/MESAJ"
    assert ask(client, path.format("BIREYSEL"), asked).json() == {"list": [unknown, refused_, unknown]}
    assert ask(client, path.format("TACIR"), asked).json() == {"list": [refused_]}


def test_only_granted_channels(api: Make, brand: Brand, intermediary: Intermediary, alice: Person) -> None:
    given = grant(brand, intermediary, alice, [PartnerChannel.MESAJ])
    client = api(intermediary)
    path = f"/brands/{brand.code}/consents/BIREYSEL/rejected"
    assert ask(client, f"{path}/MESAJ", [PHONE]).status_code == 200
    assert codes(ask(client, f"{path}/ARAMA", [PHONE])) == (403, ["H353"])
    other = factories.BrandFactory.create(provider=brand.provider)
    foreign = path.replace(str(brand.code), str(other.code))
    assert codes(ask(client, f"{foreign}/MESAJ", [PHONE])) == (403, ["H353"])
    assert codes(ask(client, "/brands/1/consents/BIREYSEL/rejected/MESAJ", [PHONE])) == (403, ["H353"])
    revoke(grant=given, person=alice, now=timezone.now())
    assert codes(ask(client, f"{path}/MESAJ", [PHONE])) == (403, ["H353"])


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (None, ["H168"]),
        ("x", ["H478"]),
        ([], ["H164"]),
        (["x"] * 1001, ["H127"]),
        ([PHONE, "05992000001", None], ["H121", "H121"]),
    ],
)
def test_lists(
    api: Make, brand: Brand, intermediary: Intermediary, alice: Person, recipients: object, expected: list[str]
) -> None:
    grant(brand, intermediary, alice, [PartnerChannel.MESAJ])
    answer = ask(api(intermediary), f"/brands/{brand.code}/consents/BIREYSEL/rejected/MESAJ", recipients)
    assert codes(answer) == (422, expected)


def test_what_stands_in_the_path(api: Make, brand: Brand, intermediary: Intermediary) -> None:
    client = api(intermediary)
    assert codes(ask(client, f"/brands/{brand.code}/consents/KISI/rejected/MESAJ", [PHONE])) == (422, ["H116"])
    assert codes(ask(client, f"/brands/{brand.code}/consents/TACIR/rejected/SMS", [PHONE])) == (422, ["H117"])
    assert codes(ask(client, "/brands/abc/consents/TACIR/rejected/MESAJ", [PHONE])) == (422, ["H191"])


def test_credentials(api: Make, brand: Brand, intermediary: Intermediary) -> None:
    client = api(intermediary)
    path = f"/brands/{brand.provider.tax_number}"
    for headers in ({}, {"Authorization": "Basic"}, {"Authorization": "Basic !!"}, basic(client, "wrong")):
        assert codes(client.client.get(path, headers=headers)) == (401, ["H251"])
    provider = api(brand.provider)
    assert codes(client.client.get(path, headers=basic(provider))) == (401, ["H251"])
    revoke_account(account=client.account, now=timezone.now(), actor=None)
    assert codes(get(client, path)) == (401, ["H251"])


def test_an_ahs_has_no_token_and_writes_nothing(api: Make, brand: Brand, intermediary: Intermediary) -> None:
    factories.subscription(brand.provider)
    client = api(intermediary)
    answer = client.ask_token(username=client.account.username, password=client.issued.secret, grant_type="password")
    assert answer.status_code == 400
    path = f"/sps/{brand.provider.iys_code}/brands/{brand.code}/retailers"
    assert codes(client.client.get(path, headers=basic(client))) == (401, ["H351"])
