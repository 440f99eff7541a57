"""A subscription's whole life in a browser: free, upgraded for money, renewed, begun anew, run out, and back again.

The clock is moved by moving the provider's own dates: the product reads the terms from the rows, and beat and
worker do the rest.
"""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import PATIENCE, Portal, log_in
from tests.journeys.test_main_job import pay, wait_for_contract

TITLE = "Ömür Boyu Ticaret A.Ş."
EMAIL = "bilgi@omurboyu.example"
BRAND = 880001


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def database(portal: Portal) -> Iterator[psycopg.Connection]:
    """A company of its own."""
    with company(portal, code=BRAND, title=TITLE, email=EMAIL) as connection:
        yield connection


def let_days_pass(database: psycopg.Connection, days: int) -> None:
    """Move the company's terms `days` days into the past."""
    database.execute(
        "UPDATE packages_subscription SET starts_at = starts_at - %(past)s, ends_at = ends_at - %(past)s,"
        " ended_at = ended_at - %(past)s"
        " WHERE provider_id = (SELECT id FROM accounts_provider WHERE iys_code = %(code)s)",
        {"past": timedelta(days=days), "code": BRAND},
    )


def terms(database: psycopg.Connection) -> list[tuple[str, str, datetime, datetime]]:
    return database.execute(
        "SELECT k.slug, s.state, s.starts_at, s.ends_at FROM packages_subscription s"
        " JOIN packages_package k ON k.id = s.package_id JOIN accounts_provider p ON p.id = s.provider_id"
        " WHERE p.iys_code = %s ORDER BY s.id",
        [BRAND],
    ).fetchall()


def approve(page: Page, portal: Portal, slug: str) -> None:
    """Choose a package and approve its contract."""
    page.goto(f"{portal.url}/paket/{slug}/")
    page.get_by_role("button", name="Devam").click()
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.locator("form.contract-form button[type=submit]").click()


def buy(page: Page, portal: Portal, slug: str, amount: str, tmp_path: Path) -> str:
    """Choose, approve, pay by transfer; return the order's address once its contract is there."""
    approve(page, portal, slug)
    page.get_by_label("Banka Transferi (Havale/EFT)").check()
    page.get_by_role("button", name="Devam").click()
    page.get_by_role("link", name="Tamamla", exact=True).click()
    page.get_by_role("button", name="Onayla", exact=True).click()
    code = page.get_by_test_id("order-code").inner_text().strip()
    address = page.url
    assert pay(portal, tmp_path, code, Decimal(amount))["matched"] == 1
    wait_for_contract(page, address)
    return address


def mails_of(portal: Portal, subject: str) -> list[str]:
    """Return the attachments' names of each mail to the company whose subject holds the words."""
    found = []
    for file in (portal.data / "mail").glob("*.log"):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if mail["To"] == EMAIL and subject in str(mail["Subject"]):
            found.append(",".join(part.get_filename() or "" for part in mail.iter_attachments()))
    return found


def wait_until(condition: object, *, seconds: int = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(1)


def test_free_upgraded_renewed_run_out_and_back(  # noqa: PLR0915  (one life, told in one go)
    page: Page, portal: Portal, database: psycopg.Connection, tmp_path: Path, screenshots: Path
) -> None:
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile(TITLE)).click()
    badge = page.get_by_test_id("active-package").first

    # Free: complete with the approval, the contract comes by e-mail.
    approve(page, portal, "ileti-75")
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
    wait_for_contract(page, page.url)
    expect(badge).to_have_text(re.compile("İLETİ - 75"))
    wait_until(lambda: any("SZL-" in name for name in mails_of(portal, "İLETİ-75 paketiniz tanımlandı")))
    page.goto(f"{portal.url}/markalar/{BRAND}/is-ortagi/ekle/")
    page.get_by_test_id("partner-option").filter(has_text="ARGE 24").first.click()
    page.locator("[name=mesaj_write]").check()
    page.get_by_role("button", name="Yetkilendir").click()
    expect(page.get_by_test_id("notice").first).to_contain_text("yetkilendirildi")

    # Upgrade: the page says what is lost; the new term starts at once.
    page.goto(portal.url + "/paket/ileti-150/")
    expect(page.get_by_role("main")).to_contain_text("hemen sona erer")
    page.screenshot(path=screenshots / "upgrade.png", full_page=True)
    buy(page, portal, "ileti-150", "5097.60", tmp_path)
    assert [(slug, state) for slug, state, _, _ in terms(database)] == [("ileti-75", "closed"), ("ileti-150", "active")]

    # Too early to renew; 340 days later it is not, and the new term begins where the old one ends.
    page.goto(portal.url + "/paket/ileti-150/")
    expect(page.get_by_role("main")).to_contain_text("tarihinden itibaren yenileyebilirsiniz")
    let_days_pass(database, 340)
    page.goto(portal.url + "/paket/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"bitmesine \d+ gün kaldı"))
    page.screenshot(path=screenshots / "ending.png", full_page=True)
    page.get_by_role("link", name="Paketi yenile").first.click()
    page.screenshot(path=screenshots / "renewal.png", full_page=True)
    buy(page, portal, "ileti-150", "5097.60", tmp_path)
    page.screenshot(path=screenshots / "renewed.png", full_page=True)
    (_, _, _, ends_at), (_, state, starts_at, _) = terms(database)[1:]
    assert (state, starts_at) == ("active", ends_at)
    page.goto(portal.url + "/paket/gecmis/")
    expect(page.get_by_role("main")).to_contain_text("Sırada")
    page.screenshot(path=screenshots / "history.png", full_page=True)

    # The old term ends, the new one runs: the partner never slept.
    let_days_pass(database, 30)
    wait_until(lambda: [state for _, state, _, _ in terms(database)] == ["closed", "expired", "active"])
    page.goto(portal.url + "/paket/")
    expect(badge).to_have_text(re.compile("İLETİ - 150"))
    assert mails_of(portal, "süresi doldu") == []

    # A year later nothing was renewed: Temel Hizmetler, the partner's rights sleep, an e-mail says so.
    let_days_pass(database, 366)
    wait_until(lambda: terms(database)[-1][1] == "expired")
    page.goto(portal.url + "/paket/")
    expect(badge).to_have_text("Temel Hizmetler")
    expect(page.get_by_role("main")).to_contain_text("günü doldu")
    page.screenshot(path=screenshots / "expired.png", full_page=True)
    page.goto(f"{portal.url}/markalar/{BRAND}/")
    page.screenshot(path=screenshots / "asleep.png", full_page=True)
    expect(page.get_by_role("main")).to_contain_text("saklan")

    # Back with a free package: the rights wake by themselves.
    approve(page, portal, "ileti-25")
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
    page.goto(f"{portal.url}/markalar/{BRAND}/")
    expect(page.get_by_role("main")).not_to_contain_text("saklan")
    expect(page.get_by_role("main")).to_contain_text("ARGE 24")
    assert portal.broken_rules() == {}
