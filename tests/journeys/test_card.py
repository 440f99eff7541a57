"""Paying by card in a browser: instalments, a refusal, the bank's 3-D page, and the package that follows."""

import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_main_job import wait_for_contract

GOOD, POOR = "5528790000000008", "4111111111111129"
CODES = {"script": 880002, "no script": 880003}


def type_card(page: Page, number: str) -> None:
    """Fill in the bank's own page, and its 3-D page if the card gets there; come back to the portal."""
    expect(page.get_by_text("Bu bir benzetimdir; gerçek banka değildir.").first).to_be_visible()
    page.get_by_label("Kart sahibinin adı").fill("DEFNE IŞIKGİL")
    page.get_by_label("Kart numarası").fill(number)
    page.get_by_label("Son kullanma tarihi").fill("12/30")
    page.get_by_label("Güvenlik kodu").fill("123")
    page.get_by_role("button", name="Öde", exact=True).click()
    code = page.get_by_test_id("deneme-kodu").inner_text()
    page.locator("[name=code]").fill(code)
    page.get_by_role("button", name="Onayla", exact=True).click()


def press_back(page: Page) -> None:
    """Press the bank's button once it is there, unless its script is faster: then it goes while it is being pressed."""
    back = page.get_by_role("button", name="Üye işyerine dön")
    bank = urlsplit(page.url).netloc
    end = time.monotonic() + 30
    while not back.count() and urlsplit(page.url).netloc == bank and time.monotonic() < end:
        page.wait_for_timeout(50)
    if back.count():
        with suppress(PlaywrightTimeoutError):
            back.click(timeout=5_000)


def go_back(page: Page, portal: Portal) -> None:
    """Press the bank's button where no script does it."""
    if page.url.startswith(portal.url):
        return
    press_back(page)
    page.wait_for_url(portal.url + "/siparis/**")


def confirm(page: Page, screenshots: Path) -> None:
    expect(page.get_by_text("Ödemeyi onaylıyor musunuz?").first).to_be_visible()
    page.screenshot(path=screenshots / "confirm.png", full_page=True)
    page.get_by_role("button", name="Ödemeyi Tamamla").click()


def test_refused_then_paid_in_instalments(
    request: pytest.FixtureRequest, page: Page, portal: Portal, screenshots: Path
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"Kartlı {kind.title()} Ticaret A.Ş."
    with company(portal, code=CODES[kind], title=title, email="kart@kartli.example") as database:
        log_in(page, portal, "10000000214")
        page.get_by_role("button", name=re.compile(title)).click()
        page.goto(portal.url + "/paket/ileti-150/")
        page.get_by_role("button", name="Devam").click()
        page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
        page.locator("form.contract-form button[type=submit]").click()
        page.get_by_label("Kredi Kartı").check()
        page.get_by_role("button", name="Devam").click()

        # A card without money: the reason in plain words, and another try.
        page.get_by_role("button", name="Öde", exact=True).click()
        confirm(page, screenshots)
        type_card(page, POOR)
        go_back(page, portal)
        expect(page.get_by_role("main")).to_contain_text("Kartınızın limiti ya da bakiyesi yetersiz.")
        page.screenshot(path=screenshots / "declined.png", full_page=True)

        # The card's own instalments by its first digits.
        page.get_by_label("Kredi Kartı").check()
        page.get_by_role("button", name="Devam").click()
        page.get_by_role("link", name="Taksit Seçenekleri").click()
        expect(page.get_by_role("heading", name="Tüm kartlar için taksitler")).to_be_visible()
        page.get_by_label("Kartınızın ilk 6–8 hanesi").fill(GOOD[:6])
        page.get_by_role("button", name="Taksitleri göster").click()
        page.get_by_label(re.compile("3 taksit")).check()
        page.screenshot(path=screenshots / "instalments.png", full_page=True)
        if kind == "script":
            assert Axe().run(page).response["violations"] == []
        page.get_by_role("button", name="Öde", exact=True).click()
        confirm(page, screenshots)
        page.screenshot(path=screenshots / "bank.png", full_page=True)
        type_card(page, GOOD)
        go_back(page, portal)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
        expect(page.get_by_test_id("active-package").first).to_have_text(re.compile("İLETİ - 150"))
        wait_for_contract(page, page.url)
        page.screenshot(path=screenshots / "paid.png", full_page=True)
        rows = database.execute(
            "SELECT a.state, a.instalments, a.bin, a.last4 FROM payments_cardattempt a JOIN accounts_provider p"
            " ON p.id = a.provider_id WHERE p.iys_code = %s ORDER BY a.id",
            [CODES[kind]],
        ).fetchall()
        assert rows == [("declined", 1, "", ""), ("succeeded", 3, GOOD[:6], GOOD[-4:])]
    assert_no_card_number(portal)
    assert portal.broken_rules() == {}


def assert_no_card_number(portal: Portal) -> None:
    """The numbers that were typed stand in no file of the data folder: no log, no e-mail, no database of the bank."""
    for file in portal.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert GOOD.encode() not in content, file.name
            assert POOR.encode() not in content, file.name
