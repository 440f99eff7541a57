"""Marka Yönetimi: the brands of a provider with their counters (screen 3)."""

import re
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from packages.models import Subscription
from tests import factories
from tests.partners import scene

LIST = "/markalar/"


def add_consents(brand: Brand, *, approved: int = 0, rejected: int = 0, waiting: int = 0) -> None:
    """Write consents of ever new numbers for a brand."""
    states = [ConsentStatus.ONAY] * approved + [ConsentStatus.RET] * rejected + [ConsentStatus.BEKLIYOR] * waiting
    for number, status in enumerate(states):
        Consent.objects.create(
            provider_id=brand.provider_id,
            recipient=f"+9053{brand.code % 10**4:04d}{number:04d}",
            brand_id=brand.pk,
            channel=Channel.MESAJ,
            recipient_type=RecipientType.BIREYSEL,
            status=status,
            source=Source.HS_WEB,
            consent_at=datetime(2026, 11, 1, tzinfo=UTC),
        )


def add_retailers(brand: Brand, count: int) -> None:
    """Give a brand retailers."""
    for number in range(count):
        factories.RetailerFactory.create(brand=brand, title=f"Bayi {number}")


def names(response: HttpResponse) -> list[str]:
    return [row.brand.name for row in response.context["rows"]]


def links(response: HttpResponse, brand: Brand) -> list[tuple[str, str]]:
    """Return (text, address) of the links in a brand's row."""
    html = response.content.decode()
    row = re.search(rf'data-testid="brand-row-{brand.code}".*?</tr>', html, re.DOTALL)
    assert row is not None
    return [(text, href) for href, text in re.findall(r'<a[^>]*href="([^"]*)"[^>]*>([^<]*)</a>', row[0])]


def test_rows_count_consents_grants_and_retailers(
    client: Client, provider: Provider, alice: Person, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    first = factories.BrandFactory.create(provider=provider, code=2_222_232, name="Deneme Marka 1", is_master=True)
    second = factories.BrandFactory.create(provider=provider, code=661_836, name="Deneme Marka 2")
    third = factories.BrandFactory.create(provider=provider, code=2_222_225, name="Deneme Marka 3")
    add_consents(first, approved=2, rejected=2, waiting=1)
    add_consents(second, approved=25, rejected=1, waiting=12)
    add_retailers(third, 1)
    for partner in factories.PartnerFactory.create_batch(2):
        scene.authorise(first, partner, person=alice, now=now)
    for intermediary in factories.IntermediaryFactory.create_batch(3):
        scene.let_read(second, intermediary, person=alice, now=now)
    response = client.get(LIST)
    assert [astuple(row) for row in response.context["rows"]] == [
        (first, 5, 2, 2, 2, 0, 0, ["Mesaj", "Arama", "E-posta"]),
        (second, 38, 25, 1, 0, 3, 0, ["Arama", "E-posta"]),
        (third, 0, 0, 0, 0, 0, 1, ["Mesaj", "Arama", "E-posta"]),
    ]
    detail = reverse("brands:detail", args=[first.code])
    assert links(response, first) == [
        ("Deneme Marka 1", detail),
        ("2 İŞ ORTAĞI", detail),
        ("+ AHS EKLE", scene.url("intermediary_add", first)),
        ("+ BAYİ EKLE", reverse("brands:retailer_add", args=[first.code])),
    ]
    detail = reverse("brands:detail", args=[second.code])
    assert links(response, second) == [
        ("Deneme Marka 2", detail),
        ("+ İŞ ORTAĞI EKLE", scene.url("partner_add", second)),
        ("3 AHS", detail),
        ("+ BAYİ EKLE", reverse("brands:retailer_add", args=[second.code])),
    ]
    assert links(response, third)[-1] == ("1 BAYİ", reverse("brands:retailers", args=[third.code]))


def test_grants_that_are_over_are_not_counted(client: Client, provider: Provider, alice: Person, now: datetime) -> None:
    factories.subscription(provider, now=now)
    brand = factories.BrandFactory.create(provider=provider)
    lasting, ending, ended, revoked = (
        scene.authorise(brand, partner, person=alice, now=now) for partner in factories.PartnerFactory.create_batch(4)
    )
    for grant, changes in [
        (ending, {"ends_on": date(2026, 11, 23)}),
        (ended, {"granted_at": now - timedelta(days=1), "ends_on": date(2026, 11, 22)}),
        (revoked, {"revoked_at": now}),
    ]:
        type(grant).objects.filter(pk=grant.pk).update(**changes)
    assert lasting.revoked_at is None
    assert [row.partner_count for row in client.get(LIST).context["rows"]] == [2]


def test_without_a_package_the_partner_button_leads_to_the_packages(client: Client, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    response = client.get(LIST)
    assert response.context["partner_allowed"] is False
    assert ("+ İŞ ORTAĞI EKLE", reverse("packages:choose")) in links(response, brand)
    assert ("+ AHS EKLE", scene.url("intermediary_add", brand)) in links(response, brand)
    assert "İş ortağı yetkilendirmek için bir İLETİ paketi gereklidir." in response.content.decode()


def test_with_a_package_the_page_asks_for_none(client: Client, provider: Provider, now: datetime) -> None:
    factories.BrandFactory.create(provider=provider)
    factories.subscription(provider, now=now)
    response = client.get(LIST)
    assert response.context["partner_allowed"] is True
    assert "bir İLETİ paketi gereklidir" not in response.content.decode()


def test_a_paused_package_allows_no_partners(client: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, now=now)
    Subscription.objects.update(state="paused", paused_at=now)
    assert client.get(LIST).context["partner_allowed"] is False


def test_a_passive_brand_shows_no_actions(client: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, now=now)
    brand = factories.BrandFactory.create(provider=provider, name="Eski Marka", state="passive")
    assert links(client.get(LIST), brand) == [("Eski Marka", reverse("brands:detail", args=[brand.code]))]


def test_only_ones_own_brands_are_listed_in_turkish_order(client: Client, provider: Provider) -> None:
    for name in ["Zeytin", "İnci", "Ilıca", "çam", "Ceviz", "Şeker", "Su"]:
        factories.BrandFactory.create(provider=provider, name=name)
    factories.BrandFactory.create(name="Başkasının")
    assert names(client.get(LIST)) == ["Ceviz", "çam", "Ilıca", "İnci", "Su", "Şeker", "Zeytin"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("asist", ["ASİST Mağaza"]),
        ("ASISTMAGAZA", []),
        ("magaza asıst", ["ASİST Mağaza"]),
        ("istanbul", ["Işıklı İSTANBUL"]),
        ("ISIKLI", ["Işıklı İSTANBUL"]),
        (" 700123 ", ["Işıklı İSTANBUL"]),
        ("7001", ["ASİST Mağaza", "Işıklı İSTANBUL"]),
        ("istanbul 7001", ["Işıklı İSTANBUL"]),
        ("%", []),
        ("a\0b", ["Işıklı İSTANBUL"]),
        ("başka", []),
        ("", ["ASİST Mağaza", "Işıklı İSTANBUL"]),
    ],
)
def test_brands_are_found_by_name_and_code(client: Client, provider: Provider, query: str, found: list[str]) -> None:
    factories.BrandFactory.create(provider=provider, code=700_199, name="ASİST Mağaza")
    factories.BrandFactory.create(provider=provider, code=700_123, name="Işıklı İSTANBUL")
    factories.BrandFactory.create(code=700_155, name="Başka ASİST İSTANBUL")
    response = client.get(LIST, {"ara": query})
    assert (names(response), response.context["query"]) == (found, query.replace("\0", " ").strip())


def test_no_brand_and_no_match_are_told_apart(client: Client, provider: Provider) -> None:
    assert "Henüz markanız yok" in client.get(LIST).content.decode()
    factories.BrandFactory.create(provider=provider)
    assert "Eşleşen marka yok" in client.get(LIST, {"ara": "yok"}).content.decode()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, 1, 25),
        ({"sayfa": "2"}, 26, 50),
        ({"sayfa": "5"}, 101, 103),
        ({"sayfa": "99"}, 101, 103),
        ({"sayfa": "yok"}, 1, 25),
        ({"adet": "50", "sayfa": "3"}, 101, 103),
        ({"adet": "100"}, 1, 100),
        ({"adet": "1000000"}, 1, 25),
        ({"adet": ""}, 1, 25),
    ],
)
def test_many_brands_come_in_pages(
    client: Client, provider: Provider, asked: dict[str, str], first: int, last: int
) -> None:
    for number in range(1, 104):
        factories.BrandFactory.create(provider=provider, name=f"Marka {number:03d}")
    response = client.get(LIST, asked)
    assert names(response) == [f"Marka {number:03d}" for number in range(first, last + 1)]
    assert response.context["page"].paginator.count == 103


def test_a_page_keeps_the_search(client: Client, provider: Provider) -> None:
    for number in range(30):
        factories.BrandFactory.create(provider=provider, name=f"Marka {number:03d}")
    html = client.get(LIST, {"ara": "marka"}).content.decode()
    assert 'href="?ara=marka&amp;sayfa=2"' in html


def test_three_rows_cost_as_many_queries_as_one(
    client: Client, provider: Provider, alice: Person, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    counts = []
    for brands in (1, 2):
        for brand in factories.BrandFactory.create_batch(brands, provider=provider):
            add_consents(brand, approved=1)
            add_retailers(brand, 2)
            scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now)
            scene.let_read(brand, factories.IntermediaryFactory.create(), person=alice, now=now)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(LIST, {"ara": "marka"})
        counts.append((len(response.context["rows"]), len(queries)))
    (one, first), (three, second) = counts
    assert (one, three) == (1, 3)
    assert first == second


def test_an_endless_search_is_cut(client: Client, provider: Provider) -> None:
    factories.BrandFactory.create(provider=provider)
    assert client.get(LIST, {"ara": "a" * 5000}).context["query"] == "a" * 100
