"""Brands, packages, prices, the directory, bank accounts: wrong values are refused in words."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import Person, Provider
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from packages.models import Package
from partners.models import Partner
from payments.models import BankAccount
from tests import factories
from tests.admin.test_people import errors

BRANDS = "/yonetim/brands/brand/"
RETAILERS = "/yonetim/brands/retailer/"
PACKAGES = "/yonetim/packages/package/"
PARTNERS = "/yonetim/partners/partner/"
ACCOUNTS = "/yonetim/payments/bankaccount/"


def brand_form(provider: Provider, **changes: Any) -> dict[str, Any]:
    return {
        "provider": provider.pk,
        "code": "2222232",
        "name": "Elma",
        "state": "active",
        **changes,
    }


def test_a_provider_has_one_main_brand(browser: Client, provider: Provider) -> None:
    assert browser.post(f"{BRANDS}add/", brand_form(provider, is_master="on")).status_code == 302
    answer = browser.post(f"{BRANDS}add/", brand_form(provider, code="661836", name="Başka", is_master="on"))
    assert errors(answer) == {"is_master": ["Bu hizmet sağlayıcının ana markası zaten var."]}
    assert Brand.objects.get().code == 2_222_232


def test_a_second_brand_cannot_become_the_main_one(browser: Client, provider: Provider) -> None:
    factories.BrandFactory.create(provider=provider, is_master=True)
    second = factories.BrandFactory.create(provider=provider)
    answer = browser.post(f"{BRANDS}{second.pk}/change/", brand_form(provider, is_master="on"))
    assert errors(answer) == {"is_master": ["Bu hizmet sağlayıcının ana markası zaten var."]}


def test_a_brand_never_moves_to_another_provider(browser: Client, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    other = factories.ProviderFactory.create()
    assert browser.post(f"{BRANDS}{brand.pk}/change/", brand_form(other)).status_code == 302
    brand.refresh_from_db()
    assert (brand.provider, brand.name) == (provider, "Elma")


def test_the_number_of_a_brand_never_changes(browser: Client, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider, code=3_333_333)
    address = f"{BRANDS}{brand.pk}/change/"
    assert 'name="code"' not in browser.get(address).content.decode()
    assert browser.post(address, brand_form(provider, code="4444444")).status_code == 302
    brand.refresh_from_db()
    assert (brand.code, brand.name) == (3_333_333, "Elma")


def test_a_dealer_is_found_and_shown_without_its_tckn(browser: Client) -> None:
    retailer = factories.RetailerFactory.create(title="Şişli Bayi", tckn="10000000146")
    factories.RetailerFactory.create()
    assert list(browser.get(RETAILERS, {"q": "sisli"}).context["cl"].queryset) == [retailer]
    html = browser.get(f"{RETAILERS}{retailer.pk}/change/").content.decode()
    assert ("100******46" in html, "10000000146" in html, "Ankara / Çankaya" in html) == (True, False, True)
    assert browser.post(f"{RETAILERS}{retailer.pk}/change/", {"title": "Başka"}).status_code == 403


def test_a_passive_brand_does_not_become_the_main_one(browser: Client, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider, state="passive")
    answer = browser.post(f"{BRANDS}{brand.pk}/change/", brand_form(provider, code=brand.code, is_master="on"))
    assert errors(answer) == {"is_master": ["Pasif bir marka ana marka olamaz."]}


def package_form(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "ileti-500",
        "name": "İLETİ-500",
        "heading": "İLETİ - 500",
        "addresses": "250.000 - 500.000",
        "min_addresses": "250001",
        "max_addresses": "500000",
        "has_integration": "on",
        "position": "50",
        **changes,
    }


def test_the_bounds_of_a_package_are_in_order(browser: Client) -> None:
    assert browser.post(f"{PACKAGES}add/", package_form()).status_code == 302
    package = Package.objects.get(slug="ileti-500")
    answer = browser.post(f"{PACKAGES}{package.pk}/change/", package_form(max_addresses="5"))
    assert errors(answer) == {"max_addresses": ["En az adresten küçük olamaz."]}


def test_a_partner_is_found_however_it_is_spelled(browser: Client) -> None:
    form = {"code": "4711", "title": "ASİST BİLGİ TEKNOLOJİLERİ A.Ş.", "is_listed": "on"}
    assert browser.post(f"{PARTNERS}add/", form).status_code == 302
    partner = Partner.objects.get()
    assert partner.search_key == "ASIST BILGI TEKNOLOJILERI A.S."
    assert browser.post(f"{PARTNERS}{partner.pk}/change/", {**form, "title": "ŞIK A.Ş."}).status_code == 302
    partner.refresh_from_db()
    assert partner.search_key == "SIK A.S."
    event = AuditEvent.objects.get(action="admin:change")
    assert event.detail == {
        "before": {"title": "ASİST BİLGİ TEKNOLOJİLERİ A.Ş."},
        "after": {"title": "ŞIK A.Ş."},
    }
    answer = browser.get(PARTNERS, {"q": "şık"})
    assert list(answer.context["cl"].queryset) == [partner]


def account_form(**changes: Any) -> dict[str, Any]:
    return {
        "bank_name": "Ziraat Bankası",
        "iban": "TR82 0001 0007 6012 3456 7850 01",
        "account_number": "760-12345678-5001",
        "branch": "Akay / 760",
        "is_active": "on",
        "position": "1",
        **changes,
    }


@pytest.mark.parametrize(
    "typed",
    ["TR82 0001 0007 6012 3456 7850 01", "tr820001000760123456785001", " TR82 00010007 60123456785001 "],
)
def test_an_iban_is_taken_as_it_is_printed(browser: Client, typed: str) -> None:
    assert browser.post(f"{ACCOUNTS}add/", account_form(iban=typed)).status_code == 302
    assert BankAccount.objects.get().iban == "TR820001000760123456785001"


@pytest.mark.parametrize(
    "typed",
    [
        "TR83 0001 0007 6012 3456 7850 01",
        "TR82 0001 0007 6012 3456 7850 0",
        "TR82 0001 0007 6012 3456 7850 012",
        "DE89 3704 0044 0532 0130 00",
        "TR82 0001 0007 6012 3456 785A 01",
    ],
)
def test_a_wrong_iban_is_refused(browser: Client, typed: str) -> None:
    message = "IBAN geçersiz: TR ile başlayan 26 karakter olmalı ve denetim basamakları tutmalıdır."
    assert errors(browser.post(f"{ACCOUNTS}add/", account_form(iban=typed))) == {"iban": [message]}
    assert BankAccount.objects.count() == 0


def test_the_same_iban_twice_is_refused(browser: Client) -> None:
    browser.post(f"{ACCOUNTS}add/", account_form())
    answer = browser.post(f"{ACCOUNTS}add/", account_form())
    assert errors(answer) == {"iban": ["Bu IBAN alanına sahip Banka hesabı zaten mevcut."]}


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("T.C. ZİRAAT BANKASI A.Ş.", True),
        ("ziraat bankası", True),
        ("Türkiye İş Bankası", False),
        ("Halkbank", False),
    ],
)
def test_the_banks_name_agrees_with_its_code(browser: Client, name: str, accepted: bool) -> None:
    answer = browser.post(f"{ACCOUNTS}add/", account_form(bank_name=name))
    if accepted:
        assert answer.status_code == 302
    else:
        message = "Bu IBAN'ın bankası Ziraat Bankası; yazılan banka adı onunla aynı değil."
        assert errors(answer) == {"bank_name": [message]}


@pytest.mark.parametrize(
    "iban", ["TR830001000760123456785001", "TR82000100076012345678500", "tr820001000760123456785001"]
)
def test_the_database_refuses_a_wrong_iban(iban: str, db: None) -> None:
    with (
        pytest.raises(IntegrityError, match="bank_account_iban_valid"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO payments_bankaccount"
            " (bank_name, iban, account_number, branch, currency, is_active, position)"
            " VALUES ('Ziraat Bankası', %s, '1', 'Akay', 'TRY', true, 1)",
            [iban],
        )


def test_an_accountant_cannot_change_an_account(accountant: Person, client_of: Callable[[Person], Client]) -> None:
    account = factories.BankAccountFactory.create()
    browser = client_of(accountant)
    assert browser.post(f"{ACCOUNTS}{account.pk}/change/", account_form()).status_code == 403
    assert browser.post(f"{ACCOUNTS}add/", account_form()).status_code == 403
    assert BankAccount.objects.get().iban == account.iban
