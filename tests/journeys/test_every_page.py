"""Every page as people see it: on a desktop, on a phone, in the dark; no axe violation, no sideways scroll."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.conftest import Portal, log_in, log_in_as_staff

MODES = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    "contrast": {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"},
    "narrow": {"viewport": {"width": 320, "height": 600}},
}
ANYBODY = ["/", "/basvuru/", "/yok/"]
PROVIDER = [
    "/markalar/",
    "/markalar/?ara=yok",
    "/markalar/675409/",
    "/markalar/675403/is-ortagi/ekle/",
    "/markalar/675403/is-ortagi/ekle/?ara=asist",
    "/markalar/675403/ahs/ekle/",
    "/izinler/",
    "/isyerim/",
    "/paket/",
    "/paket/sec/",
    "/paket/ileti-250/",
    "/raporlar/",
    "/saglayici/",
    "/cikis/",
]
ACCOUNTANT = ["/muhasebe/", "/muhasebe/ekstreler/", "/muhasebe/ekstreler/1/", "/muhasebe/hareketler/1/"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ADMINISTRATOR = [
    "/yonetim/",
    "/yonetim/accounts/provider/",
    "/yonetim/accounts/provider/add/",
    "/yonetim/packages/tariff/",
    "/yonetim/packages/tariff/add/",
    "/yonetim/payments/order/",
    "/yonetim/payments/bankaccount/1/change/",
    "/yonetim/contracts/signeddocument/",
    "/yonetim/audit/auditevent/",
]
RULES = {"runOnly": {"type": "tag", "values": STANDARDS}}


@pytest.fixture(params=MODES)
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile in each of the modes."""
    context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul", **MODES[request.param])
    context.set_default_timeout(15_000)
    yield context
    context.close()


def faults_of(page: Page, address: str) -> list[str]:
    """Return what is wrong with the page that is shown."""
    violations = Axe().run(page, options=RULES).response["violations"]
    faults = [f"{address}: {v['id']} at {v['nodes'][0]['target']}" for v in violations]
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        faults.append(f"{address}: {overflow} px wider than the window")
    if page.locator("h1").count() != 1:
        faults.append(f"{address}: {page.locator('h1').count()} h1")
    if not page.title().endswith(" – İleti Yönetim Sistemi"):
        faults.append(f"{address}: title {page.title()!r}")
    return faults


def walk(page: Page, portal: Portal, addresses: list[str], screenshots: Path) -> list[str]:
    faults = []
    for address in addresses:
        page.goto(portal.url + address)
        name = re.sub(r"\W+", "-", address).strip("-") or "giris"
        page.screenshot(path=screenshots / f"{name}.png", full_page=True)
        faults += faults_of(page, address)
    return faults


def test_before_logging_in(page: Page, portal: Portal, screenshots: Path) -> None:
    assert walk(page, portal, ANYBODY, screenshots) == []


def test_pages_of_a_provider(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in(page, portal, "10000000214")
    page.screenshot(path=screenshots / "choose.png", full_page=True)
    faults = faults_of(page, "chooser")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    assert faults + walk(page, portal, PROVIDER, screenshots) == []


def test_pages_of_a_purchase(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    page.goto(portal.url + "/paket/ileti-250/")
    page.get_by_role("button", name="Devam").click()
    contract = page.url.removeprefix(portal.url)
    faults = walk(page, portal, [contract], screenshots)
    page.get_by_role("button", name="Devam").click()
    faults += faults_of(page, "contract not ticked")
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.get_by_role("button", name="Devam").click()
    order = contract.removesuffix("sozlesme/")
    faults += walk(page, portal, [f"{order}odeme/", f"{order}odeme/havale/", f"{order}odeme/havale/onay/"], screenshots)
    page.get_by_role("button", name="Onayla", exact=True).click()
    faults += walk(page, portal, [order, f"{order}iptal/", "/paket/"], screenshots)
    page.goto(f"{portal.url}{order}iptal/")
    page.get_by_role("button", name=re.compile("vazgeç|iptal", re.IGNORECASE)).last.click()
    faults += walk(page, portal, [order], screenshots)
    assert faults == []


def test_nobody(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in(page, portal, "10000000382")
    page.screenshot(path=screenshots / "nobody.png", full_page=True)
    assert faults_of(page, "nobody") == []


def test_pages_of_an_accountant(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in_as_staff(page, portal, "muhasebe")
    assert walk(page, portal, ACCOUNTANT, screenshots) == []


def test_pages_of_an_administrator(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in_as_staff(page, portal, "yonetici")
    assert walk(page, portal, ADMINISTRATOR, screenshots) == []
