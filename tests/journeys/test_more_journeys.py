"""Other ways through the product: a free package by keyboard, an accountant's upload, people without a provider,
a worker that dies."""

import os
import re
import signal
import time
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Portal, log_in, log_in_as_staff
from tests.journeys.keyboard import follow, tick
from tests.payments.mt940 import Transfer, mt940

IBAN = "TR140006400000142011234567"


def test_a_free_package_by_keyboard_alone(page: Page, portal: Portal) -> None:
    """No mouse, in the browser with script and in the one without: choose, read, tick, done."""
    log_in(page, portal)
    page.goto(portal.url + "/paket/sec/")
    follow(page.locator("a[href='/paket/ileti-75/'], a[href='/paket/ileti-25/']").first)
    follow(page.locator("form.buy button"))
    tick(page.locator("input[name=approve]"))
    follow(page.locator("main form button[type=submit]"))
    expect(page.get_by_test_id("order-state")).to_have_attribute("data-state", "completed")
    expect(page.get_by_test_id("active-package").first).to_have_text(re.compile("İLETİ - (25|75)"))
    assert page.get_by_test_id("order-state").inner_text().strip() == "Tamamlandı"


def test_an_accountant_uploads_a_statement(page: Page, portal: Portal, tmp_path: Path, screenshots: Path) -> None:
    """Lines that are not sure wait with their reason; nothing of them moves money."""
    made = portal.manage("make_orders", "--count", "3", "--seed", str(time.time_ns() % 10**6))["orders"]
    paid, short, near = made  # type: ignore[misc]
    amount = {order["code"]: Decimal(order["amount"]) for order in made}  # type: ignore[attr-defined]
    wrong = near["code"][:-1] + ("A" if near["code"][-1] != "A" else "C")
    file = tmp_path / "ekstre.sta"
    file.write_bytes(
        mt940(
            IBAN,
            Transfer(f"{paid['code']} {paid['provider']}", amount[paid["code"]]),
            Transfer(short["code"], amount[short["code"]] - Decimal("0.01")),
            Transfer(wrong, amount[near["code"]]),
            encoding="cp1254",
            reference=paid["code"].replace("-", ""),
        )
    )
    log_in_as_staff(page, portal, "muhasebe")
    accounts = page.get_by_label("Hesap", exact=True)
    accounts.select_option(accounts.locator("option", has_text="İş Bankası").get_attribute("value"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Ekstreyi yükle").click()
    page.wait_for_url("**/ekstreler/*/")
    deadline = time.monotonic() + 240
    while "Eşleştirildi" not in page.get_by_role("main").inner_text() and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        page.reload()
    page.screenshot(path=screenshots / "statement.png", full_page=True)
    main = page.get_by_role("main")
    expect(main).to_contain_text(paid["code"])
    verdicts = portal.manage("export_matches", "--statement", page.url.rstrip("/").rpartition("/")[2])["matches"]
    assert [(row["verdict"], row["order"]) for row in verdicts] == [  # type: ignore[attr-defined]
        ("matched", paid["code"]),
        ("suggested", None),
        ("suggested", None),
    ]
    assert [row["candidates"] for row in verdicts][1:] == [[short["code"]], [near["code"]]]  # type: ignore[attr-defined]
    page.goto(portal.url + "/muhasebe/")
    page.screenshot(path=screenshots / "dashboard.png", full_page=True)
    expect(page.get_by_role("main")).to_contain_text(short["code"])


def test_somebody_without_a_provider_reads_what_to_do(page: Page, portal: Portal) -> None:
    log_in(page, portal, "10000000382")
    expect(page.get_by_role("main")).to_contain_text("Yetkili olduğunuz bir hizmet sağlayıcı bulunamadı.")
    expect(page.get_by_role("main")).to_contain_text("bilgi@iys.org.tr")


def test_two_providers_are_chosen_between_and_logging_out_ends_both_sessions(page: Page, portal: Portal) -> None:
    log_in(page, portal, "10000000214")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hizmet sağlayıcı seçiniz")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    expect(page.get_by_test_id("iys-no")).to_have_text("675400")
    expect(page.get_by_test_id("brand-row-675409")).to_contain_text("49")
    page.goto(portal.url + "/saglayici/")
    page.get_by_role("button", name=re.compile("Hizmet Sağlayıcı A.Ş.")).click()
    expect(page.get_by_test_id("iys-no")).to_have_text("12345678")
    page.goto(portal.url + "/cikis/")
    page.get_by_role("main").get_by_role("button", name="Çıkış").click()
    page.wait_for_url(portal.url + "/")
    page.get_by_role("link", name="e-Devlet ile giriş").click()
    expect(page.get_by_label("T.C. Kimlik No")).to_be_visible()  # the simulator asks again


def test_a_page_left_open_survives_as_a_bookmark(page: Page, portal: Portal, chromium: Browser) -> None:
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    page.goto(portal.url + "/paket/")
    page.get_by_role("link", name=re.compile("Siparişi aç")).first.click()
    bookmark = page.url
    other = chromium.new_context(locale="tr-TR").new_page()
    other.goto(bookmark)
    expect(other.get_by_label("T.C. Kimlik No")).to_be_visible()
    other.context.close()


def test_a_worker_that_was_killed_is_no_loss(portal: Portal, tmp_path: Path) -> None:
    """Kill one of the worker's processes; the work that is promised afterwards is done all the same."""
    (order,) = portal.manage("make_orders", "--count", "1", "--seed", str(time.time_ns() % 10**6))["orders"]  # type: ignore[misc]
    children = _children_of_the_worker(portal.data)
    assert children != []
    os.kill(children[0], signal.SIGKILL)
    file = tmp_path / "ekstre.sta"
    transfer = Transfer(order["code"], Decimal(order["amount"]))
    file.write_bytes(mt940(IBAN, transfer, reference=order["code"].replace("-", "")))
    assert portal.manage("import_statement", str(file), "--account", IBAN)["matched"] == 1
    assert portal.broken_rules() == {}


def _children_of_the_worker(data: Path) -> list[int]:
    """Return the pool processes of this portal's Celery worker."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or f"IYS_DATA={data}".encode() not in (entry / "environ").read_bytes():
                continue
            command = (entry / "cmdline").read_bytes()
            parent = Path("/proc", (entry / "stat").read_text().rpartition(")")[2].split()[1], "cmdline").read_bytes()
        except OSError:
            continue
        if b"celery" in command and b"worker" in command and b"worker" in parent:
            found.append(int(entry.name))
    return found
