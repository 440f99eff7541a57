"""An accountant clears a queue of mixed exceptions by keyboard alone, and another without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from iys_portal.shared import codes
from tests.journeys.conftest import Portal, log_in_as_staff
from tests.journeys.test_every_page import RULES
from tests.payments.mt940 import Transfer, mt940

MARK = "YIRMILIK"
IBAN = "TR820001000760123456785001"
MOST_KEYS = 3
Order = dict[str, str]


@pytest.fixture(scope="module")
def orders(portal: Portal) -> list[Order]:
    """Orders of companies of their own that await a transfer."""
    made: list[Order] = portal.manage("make_orders", "--count", "24", "--seed", "77")["orders"]  # type: ignore[assignment]
    return made


def near(order: Order) -> str:
    """Return the order's code with its last glyph wrong."""
    code = order["code"]
    return code[:-1] + next(glyph for glyph in codes.ALPHABET if glyph != code[-1])


def statement(portal: Portal, folder: Path, name: str, transfers: list[tuple[str, Decimal]]) -> dict[str, object]:
    file = folder / f"{name}.sta"
    today = datetime.now(tz=UTC).date()
    lines = [Transfer(text, amount, day=today) for text, amount in transfers]
    file.write_bytes(mt940(IBAN, *lines, reference=name))
    return portal.manage("import_statement", str(file), "--account", IBAN)


def exceptions(orders: list[Order]) -> list[tuple[str, Decimal, list[str]]]:
    """Return twenty transfers that need a person: text, amount, and the keys that settle each."""

    def due(number: int) -> Decimal:
        return Decimal(orders[number]["amount"])

    short = [(f"{orders[n]['code']} EKSIK", due(n) - 100, ["x"]) for n in range(4)]
    over = [(f"{orders[n]['code']} FAZLA", due(n) + 50, ["e"]) for n in range(4, 7)]
    wrong = [(f"KOD {near(orders[n])}", due(n), ["e"]) for n in range(7, 10)]
    payer = [(f"VKN {orders[n]['tax_number']} YILLIK", due(n), ["e"]) for n in range(10, 13)]
    two = [(f"{orders[13]['code']} {orders[14]['code']} TOPLU", due(13) + due(14) + 10, ["e"])]
    paid = [(f"{orders[n]['code']} IKINCI ODEME", due(n), ["i", "Enter"]) for n in (15, 16)]
    other = [(f"KASIM KIRASI {n}", Decimal(900 + n), ["y", "Enter"]) for n in range(2)]
    nothing = [(f"ACIKLAMASIZ {n}", Decimal(700 + n), ["i", "Enter"]) for n in range(2)]
    wanted = [*short, *over, *wrong, *payer, *two, *paid, *other, *nothing]
    return [(f"{text} {MARK}", amount, keys) for text, amount, keys in wanted]


@pytest.fixture
def open_page(chromium: Browser) -> Callable[..., Page]:
    """Open a page of a fresh browser profile."""

    def make(**options: object) -> Page:
        context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul", **options)  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        return context.new_page()

    return make


def test_twenty_exceptions_by_keyboard(
    portal: Portal, orders: list[Order], open_page: Callable[..., Page], screenshots: Path, tmp_path: Path
) -> None:
    paid = [(orders[n]["code"], Decimal(orders[n]["amount"])) for n in (15, 16)]
    assert statement(portal, tmp_path, "ONCEKI", paid)["matched"] == 2
    wanted = exceptions(orders)
    statement(portal, tmp_path, "SORUNLU", [(text, amount) for text, amount, _ in wanted])
    keys_of = {text: keys for text, _, keys in wanted}
    page = open_page(viewport={"width": 1280, "height": 900})
    log_in_as_staff(page, portal, "muhasebe")
    page.goto(f"{portal.url}/muhasebe/kuyruk/?ara={MARK}")  # others work on the same portal
    expect(page.get_by_test_id("queue-total")).to_have_text("20 hareket")
    page.screenshot(path=screenshots / "queue.png", full_page=True)
    page.keyboard.press("j")
    for number in range(len(wanted)):
        page.wait_for_url("**/muhasebe/hareketler/**")
        text = page.locator(".bank-text").inner_text().strip()
        keys = keys_of.pop(text)
        assert len(keys) <= MOST_KEYS
        if number in {0, 13}:
            page.screenshot(path=screenshots / f"line-{number}.png", full_page=True)
            assert [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]] == []
        for key in keys[:-1]:
            page.keyboard.press(key)
        with page.expect_navigation():
            page.keyboard.press(keys[-1])
        assert page.get_by_test_id("error-summary").count() == 0, text
    assert keys_of == {}
    page.wait_for_url("**/muhasebe/kuyruk/**")
    expect(page.get_by_test_id("queue-total")).to_have_text("0 hareket")
    undo_the_last_by_keyboard(page)
    assert portal.broken_rules() == {}


def undo_the_last_by_keyboard(page: Page) -> None:
    """g opens what was decided last, Enter takes it back; i and Enter decide it again."""
    with page.expect_navigation():
        page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_test_id("line-state")).to_have_attribute("data-state", "unmatched")
    page.keyboard.press("n")
    page.keyboard.type("jeyi")
    expect(page.get_by_label("Not", exact=True)).to_have_value("jeyi"), "keys do nothing while somebody types"
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url("**/muhasebe/kuyruk/**")


def test_a_few_by_mouse_without_javascript(
    portal: Portal, orders: list[Order], open_page: Callable[..., Page], screenshots: Path, tmp_path: Path
) -> None:
    short, split = orders[20], orders[21]
    total = Decimal(split["amount"])
    statement(
        portal,
        tmp_path,
        "BETIKSIZ",
        [
            (f"{short['code']} BETIKSIZ", Decimal(short["amount"]) - 1),
            ("BETIKSIZ TOPLU", total + 25),
            ("BETIKSIZ KIRA", Decimal("850.00")),
        ],
    )
    page = open_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    log_in_as_staff(page, portal, "muhasebe2")
    page.goto(f"{portal.url}/muhasebe/kuyruk/?ara=BETIKSIZ")
    page.get_by_role("link", name="Baştan başla").click()
    page.get_by_role("button", name="Eşleştir").first.click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Gelen tutar eksik.")
    page.get_by_role("button", name="Eksik ödeme olarak yaz").click()
    expect(page.get_by_test_id("notice").first).to_contain_text("eşleştirildi")
    page.locator("#bol > summary").click()
    page.get_by_label("1. sipariş kodu").fill(split["code"])
    page.get_by_label("1. tutar").fill(split["amount"].replace(".", ","))
    page.screenshot(path=screenshots / "split.png", full_page=True)
    page.get_by_role("button", name="Böl ve eşleştir").click()
    page.locator("#yoksay > summary").click()
    page.get_by_role("button", name="Kapsam dışı bırak").click()
    page.wait_for_url("**/muhasebe/kuyruk/**")
    expect(page.get_by_test_id("queue-total")).to_have_text("0 hareket")
    assert portal.broken_rules() == {}
