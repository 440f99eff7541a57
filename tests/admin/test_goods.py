"""Brands, packages, prices, the directory, bank accounts: wrong values are refused in words."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from iys_portal.audit.models import AuditEvent
from packages.models import Package, Tariff
from partners.models import Partner
from payments.models import BankAccount
from tests import factories
from tests.admin.test_people import errors
from tests.admin.world import buy, tariff

BRANDS = "/yonetim/brands/brand/"
RETAILERS = "/yonetim/brands/retailer/"
PACKAGES = "/yonetim/packages/package/"
TARIFFS = "/yonetim/packages/tariff/"
PARTNERS = "/yonetim/partners/partner/"
ACCOUNTS = "/yonetim/payments/bankaccount/"


def brand_form(provider: Provider, **changes: Any) -> dict[str, Any]:
    return {
        "provider": provider.pk,
        "code": "2222232",
        "name": "Deneme Marka 1",
        "state": "active",
        **changes,
    }


def test_a_provider_has_one_main_brand(browser: Client, provider: Provider) -> None:
    assert browser.post(f"{BRANDS}add/", brand_form(provider, is_master="on")).status_code == 302
    answer = browser.post(f"{BRANDS}add/", brand_form(provider, code="661836", is_master="on"))
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
    assert (brand.provider, brand.name) == (provider, "Deneme Marka 1")


def test_a_dealer_belongs_to_its_brands_provider(browser: Client, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    form = {"brand": brand.pk, "code": "12345678", "title": "Örnek Bayi", "tax_number": factories.make_vkn(7)}
    assert browser.post(f"{RETAILERS}add/", form).status_code == 302
    assert Retailer.objects.get().provider == provider
    answer = browser.post(f"{RETAILERS}add/", {**form, "code": "1234567"})
    assert errors(answer) == {"code": ["Bayi kodu 8 basamaklı olmalıdır."]}


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


@pytest.fixture
def package(db: None) -> Package:
    """A package without a price."""
    return Package.objects.create(slug="ek", name="EK", heading="EK", position=99)


def tariff_form(package: Package, **changes: Any) -> dict[str, Any]:
    return {
        "package": package.pk,
        "valid_from": "01.01.2027",
        "valid_to": "",
        "net": "4.320,00",
        "kdv_rate": "18",
        "campaign_gross": "",
        **changes,
    }


@pytest.mark.parametrize(
    ("net", "rate", "kdv", "gross"),
    [
        ("4320,00", "18", "777.60", "5097.60"),
        ("4920,00", "18", "885.60", "5805.60"),
        ("612,33", "20", "122.47", "734.80"),
        ("0,05", "10", "0.01", "0.06"),
        ("0,00", "20", "0.00", "0.00"),
        ("4.320,00", "18,00", "777.60", "5097.60"),
        ("4320.00", "18.00", "777.60", "5097.60"),
    ],
)
def test_kdv_and_price_follow_from_net_and_rate(
    browser: Client, package: Package, net: str, rate: str, kdv: str, gross: str
) -> None:
    assert browser.post(f"{TARIFFS}add/", tariff_form(package, net=net, kdv_rate=rate)).status_code == 302
    row = Tariff.objects.get(package=package)
    assert (row.kdv, row.gross, row.net + row.kdv) == (Decimal(kdv), Decimal(gross), row.gross)


def test_a_forged_price_is_computed_anew(browser: Client, package: Package) -> None:
    forged = tariff_form(package, kdv="0,00", gross="1,00")
    assert browser.post(f"{TARIFFS}add/", forged).status_code == 302
    assert Tariff.objects.get(package=package).gross == Decimal("5097.60")


@pytest.mark.parametrize("net", ["4.320", "4,320,00", "dört bin", "4320,005"])
def test_an_amount_that_could_mean_two_things_is_refused(browser: Client, package: Package, net: str) -> None:
    assert list(errors(browser.post(f"{TARIFFS}add/", tariff_form(package, net=net)))) == ["net"]
    assert not Tariff.objects.filter(package=package).exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"valid_from": "31.12.2026"},
            {"valid_from": ["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]},
        ),
        ({"valid_to": "31.12.2026"}, {"valid_to": ["Son gün, ilk günden önce olamaz."]}),
        ({"net": "-1,00"}, {"net": ["Net ve KDV eksi olamaz; KDV oranı 100'den küçük olmalıdır."]}),
        (
            {"campaign_gross": "5097,61"},
            {"campaign_gross": ["Eksi veya KDV dahil liste fiyatından yüksek olamaz."]},
        ),
    ],
)
def test_wrong_prices_are_refused_in_words(
    browser: Client, package: Package, changes: dict[str, str], expected: dict[str, list[str]]
) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    assert errors(browser.post(f"{TARIFFS}add/", tariff_form(package, **changes))) == expected
    assert Tariff.objects.filter(package=package).count() == 1


def test_the_day_after_the_last_one_is_free(browser: Client, package: Package) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    assert browser.post(f"{TARIFFS}add/", tariff_form(package)).status_code == 302
    assert Tariff.objects.filter(package=package).count() == 2


def test_the_database_refuses_overlapping_prices(package: Package) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    with (
        pytest.raises(IntegrityError, match="tariff_no_overlap"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO packages_tariff (package_id, valid_from, net, kdv_rate, kdv, gross)"
            " VALUES (%s, '2026-12-31', 100, 20, 20, 120)",
            [package.pk],
        )


def test_of_a_sold_price_only_the_last_day_can_be_set(browser: Client, alice: Person, now: datetime) -> None:
    provider = alice.membership_set.get().provider
    sold = buy(provider, alice, now=now).tariff
    tariff(sold.package, valid_from=date(2028, 1, 1)) if sold.valid_to else None
    changed = tariff_form(sold.package, net="1,00", valid_to="31.12.2026")
    assert browser.post(f"{TARIFFS}{sold.pk}/change/", changed).status_code == 302
    net = sold.net
    sold.refresh_from_db()
    assert (sold.net, sold.valid_to) == (net, date(2026, 12, 31))
    tariff(sold.package, valid_from=date(2027, 1, 1))
    answer = browser.post(f"{TARIFFS}{sold.pk}/change/", {"valid_to": "01.01.2027"})
    assert list(errors(answer).values()) == [["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]]


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
