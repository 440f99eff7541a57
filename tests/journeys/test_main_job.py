"""The main job as its users do it: log in, choose, approve, pay by transfer, get it active and sealed, authorise."""

import re
import subprocess
import time
from dataclasses import dataclass
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg import sql

from tests.journeys.conftest import Portal, log_in
from tests.payments.mt940 import Transfer, mt940

IBAN = "TR820001000760123456785001"


@dataclass(frozen=True)
class Purchase:
    """A paid package, its price as the pages show it, the amount transferred, and whom it lets authorise."""

    heading: str
    price: str
    amount: Decimal
    partner: str


# The two browsers share one portal: each buys a package of its own.
PACKAGES = {
    "script": Purchase("İLETİ - 150", "5.097,60 ₺", Decimal("5097.60"), "BİEN TEKNOLOJİ"),
    "no script": Purchase("İLETİ - 250", "5.805,60 ₺", Decimal("5805.60"), "ARGE 24"),
}


def buy_by_transfer(page: Page, portal: Portal, screenshots: Path, package: Purchase) -> str:
    """Choose a paid package, approve, choose Havale/EFT; return the order code."""
    page.goto(portal.url + "/paket/")
    page.get_by_role("link", name="Paket Değiştir").click()
    page.screenshot(path=screenshots / "packages.png", full_page=True)
    page.get_by_role("link", name=f"Seç: {package.heading}").click()
    page.screenshot(path=screenshots / "package.png", full_page=True)
    page.get_by_role("button", name="Devam").click()
    expect(page.get_by_test_id("amount-due")).to_have_text(package.price)
    page.get_by_role("button", name="Devam").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Devam etmek için sözleşmeyi onaylayın.")
    expect(page).to_have_title(re.compile("^Hata: "))
    page.screenshot(path=screenshots / "contract.png", full_page=True)
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.get_by_role("button", name="Devam").click()
    page.screenshot(path=screenshots / "method.png", full_page=True)
    page.get_by_label("Banka Transferi (Havale/EFT)").check()
    page.get_by_role("button", name="Devam").click()
    expect(page.get_by_text("TR82 0001 0007 6012 3456 7850 01").first).to_be_visible()
    page.screenshot(path=screenshots / "transfer.png", full_page=True)
    page.get_by_role("link", name="Tamamla", exact=True).click()
    expect(page.get_by_text("Siparişi onaylıyor musunuz?").first).to_be_visible()
    page.screenshot(path=screenshots / "confirm.png", full_page=True)
    page.get_by_role("button", name="Onayla", exact=True).click()
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "transfer_pending")
    page.screenshot(path=screenshots / "order.png", full_page=True)
    return page.get_by_test_id("order-code").inner_text().strip()


def wait_for_contract(page: Page, address: str) -> None:
    """Reload the order's page until the worker has issued the contract."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        page.goto(address)
        if page.get_by_test_id("contract-pdf").count():
            return
        page.wait_for_timeout(500)
    pytest.fail("the contract was not issued")


def pay(portal: Portal, tmp_path: Path, code: str, amount: Decimal) -> dict[str, object]:
    file = tmp_path / "ekstre.sta"
    transfer = Transfer(f"GELEN EFT {code} HİZMET SAĞLAYICI A.Ş.", amount=amount)
    file.write_bytes(mt940(IBAN, transfer, encoding="cp1254", reference=code.replace("-", "")))
    return portal.manage("import_statement", str(file), "--account", IBAN)


def test_from_log_in_to_an_authorised_partner(
    request: pytest.FixtureRequest, page: Page, portal: Portal, screenshots: Path, tmp_path: Path
) -> None:
    package = PACKAGES[request.node.callspec.params["context"]]
    log_in(page, portal)
    expect(page.get_by_role("heading", level=1)).to_have_text("Marka Yönetimi")
    expect(page.get_by_test_id("iys-no")).to_have_text("12345678")
    expect(page.get_by_test_id("brand-row-2222232")).to_contain_text("Deneme Marka 1")
    page.screenshot(path=screenshots / "brands.png", full_page=True)

    code = buy_by_transfer(page, portal, screenshots, package)
    assert re.fullmatch(r"[34679ACDEFHJKMNPRTUVWXY]{3}(-[34679ACDEFHJKMNPRTUVWXY]{3}){2}", code)
    address = page.url
    page.goto(portal.url + "/paket/")
    expect(page.get_by_role("main")).to_contain_text(code)
    page.screenshot(path=screenshots / "overview-pending.png", full_page=True)

    assert pay(portal, tmp_path, code, package.amount)["matched"] == 1
    wait_for_contract(page, address)
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
    expect(page.get_by_test_id("active-package").first).to_have_text(re.compile(package.heading))
    page.screenshot(path=screenshots / "order-completed.png", full_page=True)
    with page.expect_download() as download:
        page.get_by_test_id("contract-pdf").click()
    contract = screenshots / "contract.pdf"
    download.value.save_as(contract)
    checked = subprocess.run(["pdfsig", "-nocert", contract], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in checked.stdout
    assert subjects_of_emails_with(portal, code) == [
        f"Siparişiniz alındı: {code}",
        f"Ödemeniz alındı: {code}",
        f"{package.heading.replace(' ', '')} paketiniz tanımlandı",
    ]

    authorise_partner(page, portal, screenshots, package.partner)
    assert_nobodys_number_is_in_clear(portal)
    assert portal.broken_rules() == {}


def subjects_of_emails_with(portal: Portal, code: str) -> list[str]:
    """Return the subjects of the e-mails about an order, once there are three of them, in the order of their rows."""
    deadline = time.monotonic() + 240
    while True:
        files = [file.read_bytes() for file in (portal.data / "mail").glob("*.log")]
        found = [message_from_bytes(file, policy=policy.default) for file in files if code.encode() in file]
        if len(found) >= 3 or time.monotonic() > deadline:
            return [
                mail["Subject"] for mail in sorted(found, key=lambda mail: int(mail["Message-ID"][1:].split(".")[0]))
            ]
        time.sleep(0.5)


def authorise_partner(page: Page, portal: Portal, screenshots: Path, partner: str) -> None:
    page.goto(portal.url + "/markalar/")
    page.get_by_test_id("brand-row-2222232").get_by_role("link", name=re.compile("İŞ ORTAĞI")).first.click()
    if page.get_by_test_id("partner-option").count() == 0:  # the brand has partners already: its page adds one
        page.goto(portal.url + "/markalar/2222232/is-ortagi/ekle/")
    page.screenshot(path=screenshots / "partners.png", full_page=True)
    page.get_by_test_id("partner-option").filter(has_text=partner).first.click()
    form = page.get_by_test_id("grant-form")
    expect(form).to_be_visible()
    form.get_by_label("Mutabakat Yönetimi").check()
    page.locator("[name=mesaj_write]").check()
    page.screenshot(path=screenshots / "grant.png", full_page=True)
    page.get_by_role("button", name="Yetkilendir").click()
    expect(page.get_by_test_id("notice").first).to_contain_text("Deneme Marka 1 için yetkilendirildi")
    page.screenshot(path=screenshots / "brands-authorised.png", full_page=True)


def assert_nobodys_number_is_in_clear(portal: Portal) -> None:
    """The TCKN that was typed stands in no table of the portal and in no line of its logs."""
    tckn = "10000000146"
    for log in (portal.data / "log").glob("*.log"):
        assert tckn not in log.read_text(), log.name
    with psycopg.connect(portal.environment["DATABASE_URL"]) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            command = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(table))
            with connection.cursor().copy(command) as rows:
                assert tckn.encode() not in b"".join(bytes(row) for row in rows), table
