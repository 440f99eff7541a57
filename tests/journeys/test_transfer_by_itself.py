"""A transfer that nobody carries in: sent at the bank's page, fetched by the portal, and the package is there."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import IBAN, Portal, log_in, log_in_as_staff
from tests.journeys.test_every_page import RULES
from tests.journeys.test_main_job import wait_for_contract

CODES = {"whole": 880_051, "parts": 880_053}


def order_by_transfer(page: Page, portal: Portal, title: str) -> tuple[str, str]:
    """Log in, choose a package and Havale/EFT; return the order's address and code."""
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile(title)).click()
    page.goto(portal.url + "/paket/ileti-150/")
    page.get_by_role("button", name="Devam").click()
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.locator("form.contract-form button[type=submit]").click()
    page.get_by_label("Banka Transferi (Havale/EFT)").check()
    page.get_by_role("button", name="Devam").click()
    page.get_by_role("link", name="Tamamla", exact=True).click()
    page.get_by_role("button", name="Onayla", exact=True).click()
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "transfer_pending")
    return page.url, page.get_by_test_id("order-code").inner_text().strip()


def send_money(page: Page, portal: Portal, *, amount: str, text: str, sender: str) -> None:
    """Send a transfer at the bank's page, as its customer does."""
    page.goto(portal.bank + "/havale/")
    page.get_by_label("Alıcı IBAN").fill(IBAN)
    page.get_by_label("Tutar (₺)").fill(amount)
    page.get_by_label("Açıklama").fill(text)
    page.get_by_label("Gönderen", exact=True).fill(sender)
    page.get_by_role("button", name="Gönder").click()
    expect(page.get_by_role("table")).to_contain_text(text)


def wait_for(page: Page, address: str, words: str) -> None:
    """Reload a page until its main part says so: the bank is asked every twenty seconds."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        page.goto(address)
        if words in page.get_by_role("main").inner_text():
            return
        page.wait_for_timeout(1000)
    pytest.fail(f"{address} never said {words!r}")


def holds(portal: Portal) -> bool:
    return portal.broken_rules() == {}


def test_a_transfer_completes_its_order(
    page: Page, portal: Portal, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"Havaleli {kind.title()} A.Ş."
    with company(portal, code=CODES["whole"] + (kind == "script"), title=title, email="havale@havaleli.example"):
        address, code = order_by_transfer(page, portal, title)
        send_money(page, portal, amount="5.097,60", text=f"{code} {title.upper()}", sender=title)
        if kind == "script":
            assert Axe().run(page, options=RULES).response["violations"] == []
        wait_for(page, address, "paketiniz tanımlandı")
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
        wait_for_contract(page, address)
        page.get_by_role("link", name="Makbuzu aç").click()
        year = datetime.now(tz=UTC).year
        expect(page.get_by_test_id("receipt-number")).to_have_text(f"MKB-{year}-{code.replace('-', '')}")
        expect(page.get_by_test_id("receipt-gross")).to_have_text("5.097,60 ₺")
        page.screenshot(path=screenshots / "receipt.png", full_page=True)
        if kind == "script":
            assert Axe().run(page, options=RULES).response["violations"] == []
    assert holds(portal)


def test_a_short_transfer_says_what_is_missing_until_it_is_there(
    page: Page, portal: Portal, chromium: Browser, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"Eksik Gönderen {kind.title()} A.Ş."
    with company(portal, code=CODES["parts"] + (kind == "script"), title=title, email="havale@eksik.example"):
        address, code = order_by_transfer(page, portal, title)
        send_money(page, portal, amount="4.000,00", text=f"{code} {title.upper()}", sender=title)
        wait_for(page, address, "4.000,00 ₺ geldi, 1.097,60 ₺ eksik.")
        page.screenshot(path=screenshots / "short.png", full_page=True)
        if kind == "script":
            assert Axe().run(page, options=RULES).response["violations"] == []

        # An accountant counts the part with one key, or one button; the rest then completes the order by itself.
        staff = chromium.new_context(locale="tr-TR", java_script_enabled=kind == "script")
        desk = staff.new_page()
        log_in_as_staff(desk, portal, "muhasebe")
        desk.goto(f"{portal.url}/muhasebe/kuyruk/?ara={code}")
        desk.get_by_role("table").get_by_role("link").first.click()
        expect(desk.get_by_role("main")).to_contain_text(code)
        desk.screenshot(path=screenshots / "line.png", full_page=True)
        if kind == "script":
            desk.keyboard.press("x")
        else:
            desk.get_by_role("button", name="Eksik ödeme olarak yaz").click()
        wait_for(page, address, "siparişinize sayıldı")
        staff.close()
        send_money(page, portal, amount="1.097,60", text=f"{code} {title.upper()} KALAN", sender=title)
        wait_for(page, address, "paketiniz tanımlandı")
        wait_for_contract(page, address)
        page.get_by_role("link", name="Makbuzu aç").click()
        expect(page.get_by_role("main")).to_contain_text("2. ödeme")
    assert holds(portal)
