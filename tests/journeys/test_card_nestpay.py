"""Paying by card where the bank's own NestPay page is the gateway: the browser posts a form there, and comes back."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_card import GOOD, confirm, go_back, type_card

CODES = {"script": 880051, "no script": 880052}


def test_paid_in_instalments(
    request: pytest.FixtureRequest, page: Page, portal: Portal, nestpay: Portal, screenshots: Path
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"Bankalı {kind.title()} Ticaret A.Ş."
    with company(portal, code=CODES[kind], title=title, email="kart@bankali.example") as database:
        log_in(page, portal, "10000000214")
        page.get_by_role("button", name=re.compile(title)).click()
        page.goto(nestpay.url + "/paket/ileti-150/")
        page.get_by_role("button", name="Devam").click()
        page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
        page.locator("form.contract-form button[type=submit]").click()
        page.get_by_label("Kredi Kartı").check()
        page.get_by_role("button", name="Devam").click()
        page.get_by_role("link", name="Taksit Seçenekleri").click()
        page.get_by_label("Kartınızın ilk 6–8 hanesi").fill(GOOD[:6])
        page.get_by_role("button", name="Taksitleri göster").click()
        expect(page.locator(".card-family")).to_have_text("Paraf")
        page.get_by_label(re.compile("3 taksit")).check()
        page.screenshot(path=screenshots / "instalments.png", full_page=True)
        page.get_by_role("button", name="Öde", exact=True).click()
        confirm(page, screenshots)

        # Without script the page in between is there to be pressed.
        if kind == "no script":
            expect(page.get_by_role("heading", name="Bankanın sayfasına geçiliyor")).to_be_visible()
            page.screenshot(path=screenshots / "go.png", full_page=True)
            page.get_by_role("button", name="Bankanın sayfasına git").click()
        type_card(page, GOOD)
        go_back(page, nestpay)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
        expect(page.get_by_test_id("active-package").first).to_have_text(re.compile("İLETİ - 150"))
        page.screenshot(path=screenshots / "paid.png", full_page=True)
        page.goto(page.url + "makbuz/")
        expect(page.get_by_role("main")).to_contain_text("3 taksit")
        assert "iyzico" not in page.content().lower()
        if kind == "script":
            assert Axe().run(page).response["violations"] == []
        rows = database.execute(
            "SELECT a.gateway, a.state, a.instalments, a.bin, a.last4 FROM payments_cardattempt a"
            " JOIN accounts_provider p ON p.id = a.provider_id WHERE p.iys_code = %s",
            [CODES[kind]],
        ).fetchall()
        assert rows == [("nestpay", "succeeded", 3, GOOD[:6], GOOD[-4:])]
    assert portal.broken_rules() == {}
