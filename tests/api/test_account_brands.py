"""Accounts that act for some of their provider's brands only: token, list, refusal, screens, audit, constraint."""

from collections.abc import Callable
from datetime import datetime

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiAccount, Person, Provider
from accounts.services.api_accounts import change_brands, create_account, revoke_account
from brands.models import Brand
from consents.services.sandboxes import create_sandbox_account
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.api.conftest import Api, codes
from tests.architecture.test_constraints import refused
from tests.partners.scene import text_of

Make = Callable[..., Api]
URL = "/isyerim/api/"


@pytest.fixture
def brands(provider: Provider) -> list[Brand]:
    """Two brands of a provider whose package has the API."""
    factories.subscription(provider)
    return factories.BrandFactory.create_batch(2, provider=provider)


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def named(client: Api) -> set[str]:
    """Return the codes of the brands that the client's token names."""
    claims = jwt.decode(client.token, options={"verify_signature": False})
    return {brand["brandCode"] for brand in claims["brands"]}


def open_brands(client: Api, provider: Provider, brands: list[Brand]) -> list[bool]:
    """Return for which brands the client may ask; each other one is refused as if it did not exist."""
    answers = [client.get(f"/sps/{provider.iys_code}/brands/{brand.code}/consents/changes") for brand in brands]
    refusals = [answer for answer in answers if answer.status_code != 204]
    assert all(codes(answer) == (403, ["H353"]) for answer in refusals)
    assert all(answer.json()["errors"][0]["message"].startswith("brandCode") for answer in refusals)
    return [answer.status_code == 204 for answer in answers]


def test_token_list_and_calls_know_the_accounts_brands(
    api: Make, provider: Provider, brands: list[Brand], alice: Person
) -> None:
    client = api(provider, brand_codes=[brands[0].code])
    assert named(client) == {str(brands[0].code)}
    listed = client.get(f"/sps/{provider.iys_code}/brands").json()
    assert [row["brandCode"] for row in listed] == [brands[0].code]
    assert open_brands(client, provider, brands) == [True, False]
    change_brands(account=client.account, brand_codes=[brands[1].code], actor=alice)
    assert open_brands(client, provider, brands) == [False, True]  # by the same token
    assert named(client.log_in()) == {str(brands[1].code)}
    change_brands(account=client.account, brand_codes=[], actor=alice)
    assert open_brands(client, provider, brands) == [True, True]
    change_brands(account=client.account, brand_codes=[], actor=alice)
    events = AuditEvent.objects.filter(action="api_brands", actor_id=alice.pk).order_by("pk")
    assert [(event.detail["before"], event.detail["after"]) for event in events] == [
        ([brands[0].code], [brands[1].code]),
        ([brands[1].code], []),
    ]


def test_a_sandbox_is_called_by_the_real_numbers_of_its_accounts_brands(
    provider: Provider, brands: list[Brand]
) -> None:
    issued = create_sandbox_account(
        provider=provider, name="Deneme", networks=[], actor=None, now=timezone.now(), brand_codes=[brands[1].code]
    )
    client = Api(issued).log_in()
    assert named(client) == {str(brands[1].code)}
    assert [row["brandCode"] for row in client.get(f"/sps/{provider.iys_code}/brands").json()] == [brands[1].code]
    path = f"/sps/{provider.iys_code}/brands/{{}}/consents/changes?source=HS"
    assert [client.get(path.format(brand.code)).status_code for brand in brands] == [403, 204]


def test_the_screens(browser: Client, provider: Provider, brands: list[Brand], now: datetime) -> None:
    first, second = sorted(brands, key=lambda brand: brand.code)
    page = browser.post(f"{URL}yeni/", {"name": "Mağaza", "brands": [first.code]}, follow=True)
    account = ApiAccount.objects.get()
    assert account.brand_codes == [first.code]
    assert AuditEvent.objects.get(action="api_account_created").detail["brand_codes"] == [first.code]
    own = f"{URL}{account.pk}/"
    shown = text_of(browser.get(own), "own-brands")
    assert (str(first.code) in shown, str(second.code) in shown) == (True, False)
    form = browser.get(f"{own}markalar/").content.decode()
    assert (f'value="{first.code}"' in form, f'value="{second.code}"' in form) == (True, True)
    page = browser.post(f"{own}markalar/", {"brands": [second.code, first.code]}, follow=True)
    assert "seçtiğiniz 2 marka" in page.content.decode()
    account.refresh_from_db()
    assert account.brand_codes == [first.code, second.code]
    foreign = factories.BrandFactory.create()
    page = browser.post(f"{own}markalar/", {"brands": [foreign.code]})
    assert "markalardan biri bulunamadı" in page.content.decode()
    browser.post(f"{own}markalar/")
    account.refresh_from_db()
    assert account.brand_codes == []
    assert text_of(browser.get(own), "own-brands") == "Bütün markalar"
    revoke_account(account=account, now=now, actor=None)
    assert browser.post(f"{own}markalar/", {"brands": [first.code]}).headers["Location"] == own


def test_only_a_providers_account_has_brands(brands: list[Brand], now: datetime) -> None:
    account = create_account(partner=factories.PartnerFactory.create(), name="Deneme", now=now, actor=None).account
    sql = "UPDATE accounts_apiaccount SET brand_codes = %s WHERE id = %s"
    refused("api_account_brands_of_provider", sql, [brands[0].code], account.pk)
