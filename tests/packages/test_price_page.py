"""The price page of a day: never a sentence that is not true, the cheapest package that fits, the own mark."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, Provider
from packages.models import Package, Tariff
from packages.price_page import free_sentence, price_page
from packages.scale import scale_of
from tests import factories

GUIDE = "İLETİ-5 her zaman, İLETİ-25 ve İLETİ-75 paketleri ise geçici süreyle ücretsiz olarak sunulmuştur."
DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def words(browser: Client) -> str:
    """Return the page's text without tags, spaces joined."""
    return " ".join(re.sub(r"<[^>]+>", " ", browser.get("/paket/sec/").content.decode()).split())


def test_the_guides_words(browser: Client) -> None:
    text = words(browser)
    for sentence in (
        (
            "Tüm paketlere İzin Ekleme / Değiştirme, İzin Sorgulama, Günlük Raporlama, Marka ve Bayi Yönetimi"
            " hizmetleri dahildir."
        ),
        "Temel Hizmetler Paketi haricinde tüm paketlerde Entegrasyon Modülü sunulmaktadır.",
        (
            "Adres sayısı, hizmet sağlayıcının İYS'ye onaylı olarak kaydedeceği toplam telefon numarası sayısı ve"
            " toplam eposta adresi sayısından büyük olanıdır."
        ),
        (
            "Örneğin, onaylı 200 bin eposta adresi ve 150 bin telefon numarası kaydeden bir hizmet sağlayıcının"
            " adres sayısı 200 bin olarak kabul edilir ve iş ortağı yetkilendirmek istiyorsa İLETİ-250"
            " paketini satın almalıdır."
        ),
        GUIDE,
        (
            "Bu paketleri satın alan hizmet sağlayıcılar, paket değişimi yapılmadığı sürece 1 yıl süreyle bu paketleri"
            " kullanabilirler."
        ),
    ):
        assert sentence in text


@pytest.mark.parametrize(
    ("always", "for_now", "sentence"),
    [
        (["İLETİ-5"], ["İLETİ-25", "İLETİ-75"], GUIDE),
        (
            ["İLETİ-5"],
            ["İLETİ-75"],
            "İLETİ-5 her zaman, İLETİ-75 paketi ise geçici süreyle ücretsiz olarak sunulmuştur.",
        ),
        (["İLETİ-5"], [], "İLETİ-5 her zaman ücretsiz olarak sunulmuştur."),
        ([], ["İLETİ-25", "İLETİ-75"], "İLETİ-25 ve İLETİ-75 paketleri geçici süreyle ücretsiz olarak sunulmuştur."),
        (
            ["A", "B"],
            ["C", "D", "E"],
            "A ve B her zaman, C, D ve E paketleri ise geçici süreyle ücretsiz olarak sunulmuştur.",
        ),
        ([], [], ""),
    ],
)
def test_the_sentence_on_free_packages(always: list[str], for_now: list[str], sentence: str) -> None:
    assert free_sentence(always, for_now) == sentence


def test_the_page_does_not_lie_once_a_campaign_is_over(alice: Person, client_of: Callable[[Person], Client]) -> None:
    """At 00:00 in Istanbul the campaign of the day before is gone from every sentence."""
    Tariff.objects.filter(package__slug="ileti-75").update(campaign_to=date(2026, 11, 23))
    with time_machine.travel(factories.instant("2026-11-23T20:59:59"), tick=False):
        last = words(client_of(alice))
    with time_machine.travel(factories.instant("2026-11-23T21:00:00"), tick=False):
        after = words(client_of(alice))
    assert GUIDE in last
    assert "geçici süreyle ücretsiz Son gün: 23.11.2026" in last
    assert "Ücretsiz paketler (İLETİ-5, İLETİ-25 ve İLETİ-75)" in last
    assert "İLETİ-5 her zaman, İLETİ-25 paketi ise geçici süreyle ücretsiz olarak sunulmuştur." in after
    assert "Son gün" not in after
    assert "Ücretsiz paketler (İLETİ-5 ve İLETİ-25)" in after
    assert "Liste fiyatı 2.336,40 ₺" in last
    assert "Liste fiyatı 2.336,40 ₺" not in after


def test_nothing_free_is_said_where_nothing_is_free(browser: Client) -> None:
    Tariff.objects.exclude(campaign_gross=None).update(campaign_to=date(2026, 1, 1))
    Tariff.objects.filter(package__slug="ileti-5").update(net=100, kdv=18, gross=118)
    text = words(browser)
    assert "sunulmuştur" not in text
    assert "Ücretsiz" not in text
    assert "Sözleşmeyi onayladıktan sonra ödeme adımına geçilir." in text


def recommended(addresses: int) -> list[str]:
    page = price_page(addresses=addresses, active=None, day=DAY)
    return [column.package.slug for column in page.columns if column.is_recommended]


@pytest.mark.parametrize(
    ("addresses", "slug"),
    [
        (0, "ileti-5"),
        (5_000, "ileti-5"),
        (5_001, "ileti-25"),
        (25_000, "ileti-25"),
        (25_001, "ileti-75"),
        (75_001, "ileti-150"),
        (150_001, "ileti-250"),
        (250_000, "ileti-250"),
        (250_001, "ileti-arti"),
    ],
)
def test_the_cheapest_package_that_fits_is_recommended(db: None, addresses: int, slug: str) -> None:
    assert recommended(addresses) == [slug]


def test_a_bigger_package_that_costs_less_is_recommended(db: None) -> None:
    Tariff.objects.filter(package__slug="ileti-25").update(campaign_to=date(2026, 1, 1))
    assert recommended(5_001) == ["ileti-75"]


def test_a_package_without_a_price_is_neither_recommended_nor_sold(browser: Client, db: None) -> None:
    Tariff.objects.filter(package__slug="ileti-5").update(valid_to=date(2026, 1, 1))
    assert recommended(0) == ["ileti-25"]
    assert "Fiyat belirlenmedi" in words(browser)
    assert "/paket/ileti-5/" not in browser.get("/paket/sec/").content.decode()


def test_a_withdrawn_package_is_gone(browser: Client) -> None:
    Package.objects.filter(slug="ileti-5").update(on_sale=False)
    assert "İLETİ - 5" not in words(browser)
    assert browser.get("/paket/ileti-5/").status_code == 404


def tiers() -> list[Package]:
    return list(Package.objects.all())


@pytest.mark.parametrize(
    ("addresses", "name", "mark", "anchor"),
    [
        (0, "İLETİ-5", "0.00%", "start"),
        (2_500, "İLETİ-5", "8.33%", "start"),
        (5_000, "İLETİ-5", "16.67%", "start"),
        (5_001, "İLETİ-25", "16.67%", "start"),
        (50_000, "İLETİ-75", "41.67%", "middle"),
        (75_000, "İLETİ-75", "50.00%", "middle"),
        (75_001, "İLETİ-150", "50.00%", "middle"),
        (200_000, "İLETİ-250", "75.00%", "middle"),
        (250_000, "İLETİ-250", "83.33%", "end"),
        (500_000, "İLETİ+", "91.67%", "end"),
        (2**31, "İLETİ+", "100.00%", "end"),
    ],
)
def test_the_own_mark_on_the_scale(db: None, addresses: int, name: str, mark: str, anchor: str) -> None:
    scale = scale_of(tiers(), addresses=addresses)
    assert scale is not None
    assert [part.name for part in scale.parts if part.is_own] == [name]
    assert (scale.mark, scale.mark_anchor) == (mark, anchor)


def test_the_scale_is_that_of_the_packages(db: None) -> None:
    scale = scale_of(tiers(), addresses=32)
    assert scale is not None
    assert [tick.label for tick in scale.ticks] == ["0", "5", "25", "75", "150", "250"]
    assert [part.name for part in scale.parts] == [
        "İLETİ-5",
        "İLETİ-25",
        "İLETİ-75",
        "İLETİ-150",
        "İLETİ-250",
        "İLETİ+",
    ]
    assert scale.sentence == "Adres sayınız 32: İLETİ-5 aralığında, üst sınıra 4.968 adres var."
    assert scale_of(Package.objects.filter(slug="temel-hizmetler"), addresses=32) is None
    closed = scale_of(Package.objects.filter(slug__in=["ileti-5", "ileti-75"]), addresses=80_000)
    assert closed is not None
    assert (closed.sentence, closed.mark) == (
        "Adres sayınız 80.000: en büyük paketin sınırının üzerinde.",
        "100.00%",
    )
    over = scale_of(tiers(), addresses=250_001)
    assert over is not None
    assert over.sentence == "Adres sayınız 250.001: İLETİ+ aralığında."


def test_the_page_draws_the_mark_and_says_it(browser: Client, provider: Provider) -> None:
    html = browser.get("/paket/sec/").content.decode()
    assert '<span id="adres-olcegi">Adres sayınız 0: İLETİ-5 aralığında, üst sınıra 5.000 adres var.</span>' in html
    assert 'aria-labelledby="adres-olcegi"' in html
    assert html.count("scale-own-name") == 1
    assert Decimal(re.findall(r'class="scale-pin" x="([\d.]+)%"', html)[0]) == 0
