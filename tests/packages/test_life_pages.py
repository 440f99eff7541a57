"""What a customer reads in the course of a subscription's life, on pages, with the clock moved."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from brands.models import Brand
from packages import services
from packages.models import Package, Subscription
from payments.contract_terms import contract_for
from payments.models import Order
from payments.services import orders
from tests import factories
from tests.partners import scene
from tests.payments.conftest import VISITOR

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
RENEW = '<a class="btn btn-small" href="/paket/ileti-150/">Paketi yenile</a>'


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def running(provider: Provider, now: datetime) -> Subscription:
    return factories.subscription(provider, now=now)


@pytest.fixture
def at(browser: Client, alice: Person) -> Callable[[datetime], AbstractContextManager[None]]:
    """Move the clock; sessions end meanwhile, so Alice logs in again."""

    class Moved(AbstractContextManager[None]):
        def __init__(self, instant: datetime) -> None:
            self.travel = time_machine.travel(instant, tick=False)

        def __enter__(self) -> None:
            self.travel.start()
            browser.force_login(alice)

        def __exit__(self, *_args: object) -> None:
            self.travel.stop()

    return Moved


def text_of(browser: Client, address: str) -> str:
    """Return the words of a page, without its markup."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    main = answer.content.decode().partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def buy(browser: Client, slug: str) -> Order:
    """Choose a package and approve its contract through the pages; return the order."""
    page = browser.get(f"/paket/{slug}/")
    contract = browser.post(f"/paket/{slug}/", {"nonce": page.context["form"]["nonce"].value()}, follow=True)
    assert contract.context is not None
    shown = contract.context["form"]["shown"].value()
    browser.post(contract.redirect_chain[-1][0], {"shown": shown, "approve": "on"})
    return Order.objects.latest("pk")


def test_the_days_left_are_told_from_the_thirtieth_on(
    browser: Client, running: Subscription, at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    end = running.ends_at
    told = {
        end - 31 * DAY - SECOND: "",
        end - 31 * DAY: "İLETİ-150 paketinizin bitmesine 30 gün kaldı.",
        end - 2 * DAY: "İLETİ-150 paketinizin bitmesine 1 gün kaldı.",
        end - SECOND: "İLETİ-150 paketinizin bugün son günü.",
    }
    for instant, words in told.items():
        with at(instant):
            html = browser.get("/paket/").content.decode()
            assert (words in html, RENEW in html) == (True, bool(words)), instant


def test_the_whole_life_through_the_pages(
    browser: Client,
    provider: Provider,
    alice: Person,
    at: Callable[[datetime], AbstractContextManager[None]],
    now: datetime,
) -> None:
    """Bought, running to the last second, over, asleep, bought again, awake: what each page says."""
    running = factories.subscription(provider, "ileti-75", now=now)
    brand: Brand = factories.BrandFactory.create(provider=provider)
    scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now)
    asleep = "Paketinizin süresi 22.11.2027 günü doldu."

    def shown() -> tuple[str, bool, bool, bool]:
        """Return (active package, whether the brand, the list and Paket Yönetimi say that the term is over)."""
        overview = browser.get("/paket/")
        return (
            overview.context["active"].package.name,
            asleep in text_of(browser, f"/markalar/{brand.code}/"),
            asleep in text_of(browser, "/markalar/"),
            "paketinizin süresi 22.11.2027 günü doldu." in text_of(browser, "/paket/"),
        )

    assert shown() == ("İLETİ-75", False, False, False)
    with at(running.ends_at - SECOND):
        assert shown() == ("İLETİ-75", False, False, False)
    with at(running.ends_at):
        assert shown() == ("Temel Hizmetler", True, True, True)
        services.expire_due(now=running.ends_at)
        assert shown() == ("Temel Hizmetler", True, True, True)
        assert scene.url("partner_add", brand) not in browser.get("/markalar/").content.decode()
        order = buy(browser, "ileti-75")
        assert order.state == "completed"
        assert shown() == ("İLETİ-75", False, False, False)
        history = text_of(browser, "/paket/gecmis/")
        assert "23.11.2027 – 22.11.2028" in history
        assert "23.11.2026 – 22.11.2027" in history


def test_a_renewal_through_the_pages(
    browser: Client,
    provider: Provider,
    at: Callable[[datetime], AbstractContextManager[None]],
    now: datetime,
) -> None:
    old = factories.subscription(provider, "ileti-75", now=now)
    with at(old.ends_at - 10 * DAY):
        page = text_of(browser, "/paket/ileti-75/")
        assert "Yenilenen süre 23.11.2027 – 22.11.2028" in page
        assert "Süren paket İLETİ - 75 (22.11.2027 tarihine kadar)" in page
        assert "hemen sona erer" not in page
        order = buy(browser, "ileti-75")
        said = text_of(browser, f"/siparis/{order.code_display}/")
        assert "İLETİ-75 paketiniz yenilendi." in said
        assert "Yeni süre, süren paketiniz bittiğinde, 23.11.2027 tarihinde başlar" in said
        overview = text_of(browser, "/paket/")
        assert "İLETİ-75 paketinizi yenilediniz. Yeni süre: 23.11.2027 – 22.11.2028." in overview
        assert "gün kaldı" not in overview
        rows = browser.get("/paket/gecmis/").context["rows"]
        assert [(row.is_queued, row.state, row.order) for row in rows] == [
            (True, "active", order),
            (False, "active", None),
        ]
        other = text_of(browser, "/paket/ileti-150/")
        assert "Sırada bekleyen ücretsiz İLETİ - 75 yenilemesi de sona erer." in other
        assert "paketinizi zaten yenilediniz" in text_of(browser, "/paket/ileti-75/")
    with at(old.ends_at):
        assert browser.get("/paket/").context["active"].subscription == order.subscription


def test_the_same_package_is_refused_with_the_day_from_which_it_is_offered(
    browser: Client, running: Subscription
) -> None:
    page = browser.get("/paket/ileti-150/")
    words = "Aynı paketi 23.10.2027 tarihinden itibaren yenileyebilirsiniz."
    assert words in page.content.decode()
    assert "<button" not in page.content.decode().partition('class="panel buy"')[2].partition("</form>")[0]
    answer = browser.post("/paket/ileti-150/", {"nonce": page.context["form"]["nonce"].value()}, follow=True)
    assert words in answer.content.decode()
    assert Order.objects.count() == 0


def test_a_package_taken_off_sale_is_not_offered_for_renewal(
    browser: Client, running: Subscription, at: Callable[[datetime], AbstractContextManager[None]]
) -> None:
    Package.objects.filter(slug="ileti-150").update(on_sale=False)
    with at(running.ends_at - DAY):
        html = browser.get("/paket/").content.decode()
    assert ("bitmesine 0 gün" in html, RENEW in html, "bugün son günü" in html) == (False, False, True)


def test_a_pause_is_told_with_its_reason(browser: Client, running: Subscription, now: datetime) -> None:
    services.pause(subscription=running, actor=factories.administrator(), reason="Ödeme <itirazı>", now=now)
    overview = text_of(browser, "/paket/")
    assert "İLETİ-150 paketiniz 23.11.2026 tarihinde durduruldu. Gerekçe: Ödeme <itirazı>" in overview
    assert "Durdurulan paket İLETİ - 150 (22.11.2027 tarihine kadar)" in overview
    assert "Ödeme &lt;itirazı&gt;" in browser.get("/paket/").content.decode()
    assert "paketiniz durdurulmuş" in text_of(browser, "/paket/ileti-250/")
    assert "Durduruldu : Ödeme <itirazı>" in text_of(browser, "/paket/gecmis/").replace("Durduruldu:", "Durduruldu :")


@pytest.mark.parametrize("address", ["/paket/", "/paket/sec/", "/paket/ileti-250/"])
def test_an_order_that_awaits_money_is_told_wherever_packages_are(
    browser: Client, alice: Person, provider: Provider, now: datetime, address: str
) -> None:
    codes = [_awaiting(provider, alice, slug, now=now).code_display for slug in ("ileti-150", "ileti-250")]
    page = browser.get(address).content.decode()
    assert "Ödemesi beklenen siparişiniz var." in page
    assert [f'href="/siparis/{code}/"' in page for code in codes] == [True, True]


def _awaiting(provider: Provider, person: Person, slug: str, *, now: datetime) -> Order:
    package = factories.package(slug)
    nonce = orders.form_nonce(provider=provider, package=package)
    order = orders.choose_package(provider=provider, person=person, package=package, nonce=nonce, addresses=0, now=now)
    shown = contract_for(order, person=person, now=now).sha256
    orders.accept_contract(order=order, person=person, shown_sha256=shown, visitor=VISITOR, now=now)
    return orders.choose_transfer(order=order, person=person, now=now)


def test_two_tabs_with_different_packages_make_two_orders_and_a_double_click_one(
    browser: Client, provider: Provider
) -> None:
    left, right = (
        browser.get(f"/paket/{slug}/").context["form"]["nonce"].value() for slug in ("ileti-150", "ileti-250")
    )
    first = browser.post("/paket/ileti-150/", {"nonce": left})
    again = browser.post("/paket/ileti-150/", {"nonce": left})
    assert first["Location"] == again["Location"]
    # The other tab was opened before that order was made: it is told to choose again, and then gets its own.
    stale = browser.post("/paket/ileti-250/", {"nonce": right}, follow=True)
    assert "Sayfa eskimiş" in stale.content.decode()
    fresh = stale.context["form"]["nonce"].value()
    second = browser.post("/paket/ileti-250/", {"nonce": fresh})
    assert second["Location"] != first["Location"]
    # The back button: the page before the first order still leads to the first order.
    assert browser.post("/paket/ileti-150/", {"nonce": left})["Location"] == first["Location"]
    assert [order.package.slug for order in Order.objects.order_by("pk")] == ["ileti-150", "ileti-250"]


def test_a_history_that_is_empty_says_so(browser: Client) -> None:
    assert "Henüz bir paketiniz olmadı" in text_of(browser, "/paket/gecmis/")


def test_the_history_shows_nothing_of_a_rival(browser: Client, bob: Person, now: datetime) -> None:
    factories.subscription(bob.membership_set.get().provider, "ileti-250", now=now)
    assert browser.get("/paket/gecmis/").context["rows"] == []


def test_the_history_costs_the_same_for_one_row_and_for_three(
    browser: Client, provider: Provider, alice: Person, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        buy(browser, "ileti-5")
    browser.get("/paket/gecmis/")
    with CaptureQueriesContext(connection) as one:
        assert len(browser.get("/paket/gecmis/").context["rows"]) == 1
    buy(browser, "ileti-25")
    buy(browser, "ileti-75")
    with CaptureQueriesContext(connection) as three:
        rows = browser.get("/paket/gecmis/").context["rows"]
    assert [row.subscription.package.name for row in rows] == ["İLETİ-75", "İLETİ-25", "İLETİ-5"]
    assert len(three) == len(one)


def test_the_history_has_pages(browser: Client, provider: Provider, now: datetime) -> None:
    for number in range(26):
        factories.subscription(provider, "ileti-5" if number % 2 else "ileti-25", now=now + number * DAY)
    first, second = (browser.get(f"/paket/gecmis/?sayfa={page}") for page in (1, 2))
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 1)
    assert "1–25 / 26" in text_of(browser, "/paket/gecmis/")
