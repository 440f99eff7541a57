"""Paket Yönetimi and the price page."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, Provider
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from packages import services
from packages.models import Package, Subscription
from packages.selectors import active_package
from tests import factories


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def test_the_guides_prices(browser: Client) -> None:
    columns = browser.get("/paket/sec/").context["page"].columns
    assert [(c.heading, c.addresses, c.price_text, c.list_price and str(c.list_price)) for c in columns] == [
        ("Temel Hizmetler", "SINIRSIZ", "", None),
        ("İLETİ - 5", "0 - 5.000", "Ücretsiz", None),
        ("İLETİ - 25", "5.000 - 25.000", "Ücretsiz", "722.16"),
        ("İLETİ - 75", "25.000 - 75.000", "Ücretsiz", "2336.40"),
        ("İLETİ - 150", "75.000 - 150.000", "5.097,60 ₺", None),
        ("İLETİ - 250", "150.000 - 250.000", "5.805,60 ₺", None),
        ("İLETİ+", "250.000 üzeri", "Teklif isteyin", None),
    ]


def test_the_package_that_counts_now_is_marked(browser: Client, provider: Provider, now: datetime) -> None:
    assert [c.heading for c in browser.get("/paket/sec/").context["page"].columns if c.is_active] == ["Temel Hizmetler"]
    factories.subscription(provider, "ileti-75", now=now)
    assert [c.heading for c in browser.get("/paket/sec/").context["page"].columns if c.is_active] == ["İLETİ - 75"]


def _consents(provider: Provider, count: int, now: datetime) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    Consent.objects.bulk_create(
        Consent(
            provider_id=provider.pk,
            recipient=f"+90599{number:07d}",
            brand_id=brand.pk,
            channel=Channel.MESAJ,
            recipient_type=RecipientType.BIREYSEL,
            status=ConsentStatus.ONAY,
            source=Source.HS_WEB,
            consent_at=now,
        )
        for number in range(count)
    )


def test_packages_too_small_are_refused_and_the_next_one_is_recommended(
    browser: Client, provider: Provider, now: datetime
) -> None:
    _consents(provider, 5_001, now)
    columns = {column.package.slug: column for column in browser.get("/paket/sec/").context["page"].columns}
    assert columns["ileti-5"].too_small == "Adres sayınız (5.001) bu paketin sınırını aşıyor."
    assert [slug for slug, column in columns.items() if column.is_recommended] == ["ileti-25"]
    page = browser.get("/paket/ileti-5/")
    answer = browser.post("/paket/ileti-5/", {"nonce": page.context["form"]["nonce"].value()}, follow=True)
    assert "Adres sayınız (5.001) bu paketin sınırını aşıyor." in answer.content.decode()


@pytest.mark.parametrize("slug", ["temel-hizmetler", "ileti-arti", "yok"])
def test_packages_without_a_page(browser: Client, slug: str) -> None:
    assert browser.get(f"/paket/{slug}/").status_code == 404


def test_the_term_and_what_ends_are_said_before_the_button(browser: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-75", now=now)
    text = browser.get("/paket/ileti-150/").content.decode()
    assert "23.11.2026" in text
    assert "22.11.2027" in text
    assert "İLETİ - 75 paketiniz hemen sona erer" in text


def test_a_subscription_ends_with_its_last_day(provider: Provider, now: datetime) -> None:
    subscription = factories.subscription(provider, "ileti-75", now=now)
    last_moment = factories.instant("2027-11-22T20:59:59")
    assert services.expire_due(now=last_moment) == 0
    assert active_package(provider.pk, now=last_moment).slug == "ileti-75"
    after = last_moment + timedelta(seconds=1)
    assert active_package(provider.pk, now=after) == Package.objects.get(slug="temel-hizmetler")
    assert services.expire_due(now=after) == 1
    subscription.refresh_from_db()
    assert (subscription.state, subscription.ended_at) == ("expired", after)


def test_two_live_subscriptions_cannot_stand_side_by_side(provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-25", now=now)
    factories.subscription(provider, "ileti-75", now=now + timedelta(days=1))
    assert Subscription.objects.filter(provider=provider, state="active").count() == 1
