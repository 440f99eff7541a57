"""A payer who leaves the bank's page, and one whose session ends while they are there."""

import re
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in, log_in_as_staff
from tests.journeys.test_card import GOOD, go_back, press_back, type_card
from tests.journeys.test_main_job import wait_for_contract

CODES = {"left": 880_041, "expired": 880_043}


def to_the_bank(page: Page, portal: Portal, title: str) -> str:
    """Log in, choose a package and go to the bank's page; return the order's address."""
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile(title)).click()
    page.goto(portal.url + "/paket/ileti-150/")
    page.get_by_role("button", name="Devam").click()
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.locator("form.contract-form button[type=submit]").click()
    address = page.url.removesuffix("odeme/")
    pay_by_card(page)
    return address


def pay_by_card(page: Page) -> None:
    """Choose the card on the payment step, confirm, and arrive at the bank."""
    page.get_by_label("Kredi Kartı").check()
    page.get_by_role("button", name="Devam").click()
    page.get_by_role("button", name="Öde", exact=True).click()
    page.get_by_role("button", name="Ödemeyi Tamamla").click()
    expect(page.get_by_text("Bu bir benzetimdir; gerçek banka değildir.").first).to_be_visible()


def attempts_of(database: psycopg.Connection, code: int) -> list[tuple[str, int]]:
    """Return the state of each attempt of the company, and how often its capture settles an order."""
    return database.execute(
        "SELECT a.state, (SELECT count(*) FROM payments_allocation l WHERE l.attempt_id = a.id)"
        " FROM payments_cardattempt a JOIN accounts_provider p ON p.id = a.provider_id"
        " WHERE p.iys_code = %s ORDER BY a.id",
        [code],
    ).fetchall()


def let_time_pass(database: psycopg.Connection, code: int) -> None:
    """Move the company's open attempts past the half hour that a bank's page is waited for."""
    database.execute(
        "UPDATE payments_cardattempt SET created_at = created_at - %(past)s, queried_at = queried_at - %(past)s"
        " WHERE provider_id = (SELECT id FROM accounts_provider WHERE iys_code = %(code)s)",
        {"past": timedelta(minutes=31), "code": code},
    )


def test_left_at_the_bank_and_paid_again(
    page: Page, portal: Portal, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["context"]
    code = CODES["left"] + (kind == "script")
    title = f"Yarım Kalan {kind.title()} A.Ş."
    with company(portal, code=code, title=title, email="kart@yarimkalan.example") as database:
        address = to_the_bank(page, portal, title)
        page.get_by_label("Kart sahibinin adı").fill("DEFNE IŞIKGİL")

        # Away, and back: what is going on, the way back to the bank, and no second way to pay.
        page.goto(address)
        expect(page.get_by_role("main")).to_contain_text("Kart ödemeniz bankanın sayfasında bekliyor.")
        page.screenshot(path=screenshots / "left.png", full_page=True)
        if kind == "script":
            assert Axe().run(page).response["violations"] == []
        page.goto(address + "odeme/kart/")
        expect(page).to_have_url(address)
        page.get_by_role("link", name="Bankanın ödeme sayfasına dön").click()
        expect(page.get_by_label("Kart numarası")).to_be_visible()

        # Half an hour later beat asks the bank, which took nothing: the order is payable again.
        let_time_pass(database, code)
        deadline = time.monotonic() + 240
        while attempts_of(database, code) != [("abandoned", 0)]:
            assert time.monotonic() < deadline, attempts_of(database, code)
            time.sleep(1)
        page.goto(address)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "contract_accepted")
        expect(page.get_by_role("main")).to_contain_text("Kart ödemesi yarım kaldı; kartınızdan para çekilmedi")
        page.screenshot(path=screenshots / "payable-again.png", full_page=True)
        page.get_by_role("link", name="Ödeme adımına geç").click()
        expect(page.get_by_role("main")).to_contain_text("Ödeme yarım kaldı; kartınızdan para çekilmedi.")
        pay_by_card(page)
        type_card(page, GOOD)
        go_back(page, portal)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
        wait_for_contract(page, page.url)
        assert attempts_of(database, code) == [("abandoned", 0), ("succeeded", 1)]

        # The accountant reads the whole story.
        page.context.clear_cookies()
        log_in_as_staff(page, portal, "muhasebe")
        page.goto(portal.url + "/muhasebe/siparisler/" + address.rstrip("/").rpartition("/")[2].lower() + "/")
        expect(page.get_by_role("main")).to_contain_text("1. kart denemesi: Yarım kaldı")
        expect(page.get_by_role("main")).to_contain_text("2. kart denemesi: Başarılı")
        page.screenshot(path=screenshots / "accountant.png", full_page=True)
        if kind == "script":
            assert Axe().run(page).response["violations"] == []
    assert portal.broken_rules() == {}


def test_session_ended_while_at_the_bank(
    page: Page, portal: Portal, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["context"]
    code = CODES["expired"] + (kind == "script")
    title = f"Süresi Biten {kind.title()} A.Ş."
    with company(portal, code=code, title=title, email="kart@suresibiten.example") as database:
        address = to_the_bank(page, portal, title)
        page.context.clear_cookies()
        type_card(page, GOOD)
        press_back(page)

        # The return needs no session: the money is booked, and whoever comes is led to the login first.
        expect(page.get_by_text("Bu bir benzetimdir; gerçek e-Devlet değildir.")).to_be_visible()
        page.screenshot(path=screenshots / "landed.png", full_page=True)
        assert attempts_of(database, code) == [("succeeded", 1)]
        page.get_by_label("T.C. Kimlik No").fill("10000000214")
        page.get_by_label("e-Devlet Şifresi", exact=False).last.fill("demo")
        page.get_by_role("button", name="Sisteme Giriş Yap").click()
        page.get_by_role("button", name=re.compile(title)).click()
        page.goto(address)
        expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
        expect(page.get_by_test_id("active-package").first).to_have_text(re.compile("İLETİ - 150"))
        wait_for_contract(page, page.url)
        page.screenshot(path=screenshots / "completed.png", full_page=True)
    assert portal.broken_rules() == {}
