"""A card payment that goes back: asked for by one accountant, approved by another, confirmed by the bank."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in, log_in_as_staff
from tests.journeys.test_card import GOOD, confirm, go_back, type_card

CODES = {"script": 880012, "no script": 880013}


def pay_by_card(page: Page, portal: Portal, title: str, screenshots: Path) -> str:
    """Buy İLETİ-150 by card; return the order code."""
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile(title)).click()
    page.goto(portal.url + "/paket/ileti-150/")
    page.get_by_role("button", name="Devam").click()
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.locator("form.contract-form button[type=submit]").click()
    page.get_by_label("Kredi Kartı").check()
    page.get_by_role("button", name="Devam").click()
    page.get_by_role("button", name="Öde", exact=True).click()
    confirm(page, screenshots)
    type_card(page, GOOD)
    go_back(page, portal)
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
    return page.get_by_test_id("order-code").inner_text()


def picture(page: Page, kind: str, file: Path) -> None:
    """Keep a picture of a page, and see that it is accessible and fits a small screen."""
    page.screenshot(path=file, full_page=True)
    if kind != "script":
        return
    assert Axe().run(page).response["violations"] == []
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=file.with_stem(f"{file.stem}-dark"), full_page=True)
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 360, "height": 740})
    page.screenshot(path=file.with_stem(f"{file.stem}-360"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size(size)


def test_a_card_payment_goes_back(
    request: pytest.FixtureRequest, page: Page, chromium: Browser, portal: Portal, screenshots: Path
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"İadeli {kind.title()} Ticaret A.Ş."
    with company(portal, code=CODES[kind], title=title, email="iade@iadeli.example"):
        code = pay_by_card(page, portal, title, screenshots)
        order_page = page.url
        contexts = [chromium.new_context(locale="tr-TR", java_script_enabled=kind == "script") for _ in range(2)]
        first, second = (each.new_page() for each in contexts)

        # The first accountant: from the order's page, with the amount that is already there.
        log_in_as_staff(first, portal, "muhasebe")
        first.goto(f"{portal.url}/muhasebe/siparisler/{code}/")
        first.get_by_role("link", name="İade et").click()
        expect(first.get_by_label("İade tutarı")).to_have_value("5.097,60")
        first.get_by_role("button", name="Devam").click()
        expect(first.get_by_test_id("error-summary")).to_contain_text("İadenin gerekçesini yazın.")
        first.get_by_label("Gerekçe").fill("Müşteri 14 gün içinde caydı")
        first.get_by_label("Paket sona ersin").check()
        picture(first, kind, screenshots / "form.png")
        first.get_by_role("button", name="Devam").click()
        expect(first.get_by_role("main")).to_contain_text("Bu iadeyi ikinci bir kişi onaylar.")
        expect(first.get_by_role("main")).to_contain_text("paketi iade onaylandığında sona erer")
        picture(first, kind, screenshots / "check.png")
        first.get_by_role("button", name="İkinci kişinin onayına gönder").click()
        expect(first.get_by_test_id("refund-state")).to_have_attribute("data-state", "requested")
        expect(first.get_by_role("main")).to_contain_text("onayı ikinci bir kişi vermelidir")
        expect(first.get_by_role("button", name="İadeyi onayla")).to_have_count(0)
        refund_page = first.url

        # The second finds it on the list and approves; the bank confirms.
        log_in_as_staff(second, portal, "muhasebe2")
        second.goto(portal.url + "/muhasebe/kart-iadeleri/")
        picture(second, kind, screenshots / "list.png")
        second.get_by_role("row").filter(has_text=title).get_by_role("link", name=code).click()
        expect(second.get_by_role("main")).to_contain_text("İLETİ-150 paketi o anda sona erer")
        picture(second, kind, screenshots / "decision.png")
        second.get_by_role("button", name="İadeyi onayla").click()
        for _ in range(60):
            if second.get_by_test_id("refund-state").get_attribute("data-state") == "confirmed":
                break
            second.wait_for_timeout(500)
            second.goto(refund_page)
        expect(second.get_by_test_id("refund-state")).to_have_text("İade edildi")
        picture(second, kind, screenshots / "confirmed.png")
        first.goto(refund_page)
        expect(first.get_by_test_id("refund-state")).to_have_text("İade edildi")

        # The customer sees it, and is without the package.
        page.goto(order_page)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "refunded")
        expect(page.get_by_test_id("card-refunds")).to_contain_text(f"{GOOD[-4:]} ile biten kart")
        expect(page.get_by_test_id("card-refunds")).to_contain_text("5.097,60 ₺")
        expect(page.get_by_test_id("active-package").first).not_to_have_text(re.compile("İLETİ"))
        picture(page, kind, screenshots / "customer.png")
        for each in contexts:
            each.close()
    assert portal.broken_rules() == {}
