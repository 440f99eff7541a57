"""Every page as people see it: on a desktop, on a phone, in the dark; no axe violation, no sideways scroll."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.contracts.sealed import plain_pdf
from tests.journeys.conftest import IBAN, PATIENCE, Portal, log_in, log_in_as_staff
from tests.journeys.days import days_compared
from tests.payments.mt940 import Transfer, mt940

DESKTOP, PHONE, NARROW, PAPER = (1280, 800), (360, 740), (320, 600), (672, 1000)
PICTURED = bool(os.environ.get("PICTURES"))
"""Whether somebody wants to look at the pages afterwards, in test-results/."""


@dataclass(frozen=True)
class Look:
    """One way of looking at a page: the window, the person's settings, and what axe asks."""

    size: tuple[int, int]
    media: dict[str, Any]
    asked: str  # what can differ in this look: "all", "colours" or "nothing"
    pictured: bool = True


LIGHT = {"color_scheme": "light", "forced_colors": "none", "media": "screen"}
DARK = {"color_scheme": "dark", "forced_colors": "none", "media": "screen"}
LOOKS = {
    "desktop": Look(DESKTOP, LIGHT, "all"),
    "contrast": Look(DESKTOP, LIGHT | {"forced_colors": "active"}, "colours", pictured=False),
    "dark": Look(DESKTOP, DARK, "colours"),
    "phone-dark": Look(PHONE, DARK, "colours", pictured=False),
    "phone": Look(PHONE, LIGHT, "all"),
    "narrow": Look(NARROW, LIGHT, "nothing", pictured=False),
}
ON_PAPER = {"paper": Look(PAPER, LIGHT | {"media": "print"}, "colours")}
"""How reports look when they are printed: within the margins of A4, on white."""
ANYBODY = [
    "/",
    "/basvuru/",
    "/basvuru/durum/",
    "/basvuru/yetkilendirme/",
    "/haber/",
    "/yok/",
    "/dogrula/",
    "/dogrula/3467-9ACD-EFHJ-KMNP/",
    "/dogrula/?kod=O0",
    "/oturum-bitti/",
    "/api/",
    "/api/servis/create_token/",
    "/api/hatalar/",
    "/api/hatalar/H353/",
]
PROVIDER = [
    "/markalar/",
    "/markalar/?ara=yok",
    "/markalar/ekle/",
    "/markalar/675409/",
    "/markalar/675403/is-ortagi/ekle/",
    "/markalar/675403/is-ortagi/ekle/?ara=asist",
    "/markalar/675403/is-ortagi/ekle/?ara=turksel",
    "/markalar/675403/ahs/ekle/",
    "/markalar/675403/bayi/",
    "/markalar/675403/bayi/ekle/",
    "/markalar/675403/bayi/yukle/",
    "/markalar/675403/bildirimler/",
    "/markalar/675403/bildirimler/ekle/",
    "/markalar/yetki-gecmisi/",
    "/markalar/sablonlar/",
    "/izinler/",
    "/izinler/ara/",
    "/izinler/liste/",
    "/izinler/yukle/",
    "/izinler/liste/?durum=RET&kanal=ARAMA",
    "/izinler/ekle/",
    "/isyerim/",
    "/isyerim/degisiklik/",
    "/isyerim/api/",
    "/isyerim/api/yeni/",
    "/isyerim/bildirimler/",
    "/isyerim/oturumlar/",
    "/isyerim/kisisel-verilerim/",
    "/isyerim/yetkililer/",
    "/isyerim/yetkililer/davet/",
    "/paket/",
    "/paket/gecmis/",
    "/paket/sec/",
    "/paket/ileti-250/",
    "/raporlar/",
    "/raporlar/?durum=error",
    "/raporlar/gunluk/675403/2026-01-02/",
    "/raporlar/grafikler/",
    "/raporlar/grafikler/onay-ret/",
    "/raporlar/grafikler/onay-ret/?ilk=2016-01-01",
    "/raporlar/grafikler/adres-sayisi/",
    "/raporlar/grafikler/marka-kanal/",
    "/raporlar/grafikler/kaynaklar/",
    "/raporlar/grafikler/yuklemeler/",
    "/raporlar/grafikler/ret-suresi/",
    "/raporlar/grafikler/izin-yasi/",
    "/raporlar/grafikler/yetkiler/",
    "/raporlar/grafikler/e-postayla/",
    "/raporlar/grafikler/rapor/",
    "/raporlar/grafikler/rapor/?ilk=2026-02-01&son=2026-01-01",
    "/saglayici/",
    "/dogrula/",
    "/cikis/",
]
ACCOUNTANT = [
    "/muhasebe/",
    "/muhasebe/kuyruk/",
    "/muhasebe/kuyruk/?durum=hepsi",
    "/muhasebe/ekstreler/",
    "/muhasebe/ekstreler/1/",
    "/muhasebe/hareketler/1/",
    "/muhasebe/havale-iadeleri/",
    "/muhasebe/incelemedekiler/",
    "/muhasebe/kart-mutabakati/",
    "/muhasebe/grafikler/yaslandirma/",
    "/muhasebe/grafikler/eslesme/",
    "/muhasebe/kart-denemeleri/",
    "/muhasebe/kart-iadeleri/",
    "/muhasebe/sutun-tanimlari/",
    "/muhasebe/sutun-tanimlari/yeni/",
]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ADMINISTRATOR = [
    "/yonetim/",
    "/yonetim/accounts/provider/",
    "/yonetim/accounts/provider/add/",
    "/yonetim/applications/application/",
    "/yonetim/applications/newssubscriber/",
    "/yonetim/packages/tariff/",
    "/yonetim/packages/tariff/add/",
    "/yonetim/packages/tariff/5/change/",
    "/yonetim/packages/tariff/onizleme/",
    "/yonetim/packages/tariff/onizleme/?gun=2019-12-31&adres=80000",
    "/yonetim/payments/order/",
    "/yonetim/payments/bankaccount/1/change/",
    "/yonetim/contracts/signeddocument/",
    "/yonetim/grafikler/yenilemeler/",
    "/yonetim/grafikler/satin-alma/",
    "/yonetim/audit/auditevent/",
]
RULES = {"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
ASKED = {"all": RULES, "colours": RULES | COLOURS}
AXE = Axe().axe_script
LOOK_AT = """async (asked) => {
    await Promise.all(document.getAnimations().map((each) => each.finished));  // colours that fade
    const width = document.documentElement.clientWidth, faults = [];
    if (document.documentElement.scrollWidth > width) {
        const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width);
        const named = wide.map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}`);
        faults.push(`wider than the window: ${named.slice(-5).join(", ")}`);
    }
    const found = asked ? await axe.run(asked) : {violations: []};
    return [...faults, ...found.violations.map((each) => `${each.id} at ${each.nodes[0].target}`)];
}"""
"""What reaches beyond the right edge of a page that scrolls sideways, and what axe finds."""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile that moves nothing, so that a look is whole at once."""
    context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def faults_of(page: Page, address: str, screenshots: Path) -> list[str]:
    """Return what is wrong with the page that is shown, in any look."""
    faults = []
    if page.locator("h1").count() != 1:
        faults.append(f"{address}: {page.locator('h1').count()} h1")
    if not page.title().endswith(" – İleti Yönetim Sistemi"):
        faults.append(f"{address}: title {page.title()!r}")
    page.evaluate(AXE)
    for name, look in (LOOKS | (ON_PAPER if "/grafikler/" in address else {})).items():
        show(page, look)
        faults += [f"{address} ({name}): {fault}" for fault in page.evaluate(LOOK_AT, ASKED.get(look.asked))]
        if PICTURED and look.pictured:
            page.screenshot(path=screenshots / f"{file_name(address)}-{name}.png", full_page=True)
    show(page, LOOKS["desktop"])
    return faults


def show(page: Page, look: Look) -> None:
    width, height = look.size
    if page.viewport_size != {"width": width, "height": height}:
        page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(**look.media)


def file_name(address: str) -> str:
    return re.sub(r"\W+", "-", address).strip("-") or "giris"


def walk(page: Page, portal: Portal, addresses: list[str], screenshots: Path) -> list[str]:
    faults = []
    for address in addresses:
        page.goto(portal.url + address)
        faults += faults_of(page, address, screenshots)
    return faults


@pytest.fixture(scope="module")
def paid(portal: Portal) -> dict[str, str]:
    """Addresses of what a payment leaves behind: one by transfer, one that is short, and one by card."""
    first, short = portal.manage("make_orders", "--count", "2", "--seed", "91")["orders"]  # type: ignore[misc]
    today = datetime.now(tz=UTC).date()
    transfers = [
        Transfer(first["code"], Decimal(first["amount"]), day=today),
        Transfer(f"{short['code']} EKSIK", Decimal(short["amount"]) - 100, day=today),
    ]
    file = portal.data / "sayfalar.sta"
    file.write_bytes(mt940(IBAN, *transfers, reference="SAYFALAR"))
    portal.manage("import_statement", str(file), "--account", IBAN)
    with psycopg.connect(portal.environment["DATABASE_URL"], autocommit=True) as database:
        # The person of two companies sees the company that paid, too.
        database.execute(
            "INSERT INTO accounts_membership (provider_id, person_id, role) SELECT o.provider_id, m.person_id, m.role"
            " FROM payments_order o, accounts_membership m JOIN accounts_provider p ON p.id = m.provider_id"
            " WHERE o.code = %s AND p.iys_code = 675400",
            [first["code"].replace("-", "")],
        )
        # A card was charged beside the transfer: most of it still waits to be given back.
        database.execute(
            "WITH attempt AS (INSERT INTO payments_cardattempt (provider_id, order_id, person_id, gateway,"
            " conversation_id, form_nonce, amount, paid_amount, instalments, state, surplus, payment_id,"
            " transaction_id, bin, last4, card_family, decline_group, token, reference, settled_at)"
            " SELECT o.provider_id, o.id, m.person_id, 'iyzico', %s, %s, o.gross, o.gross, 1, 'succeeded', true,"
            " 'page-of-a-refund', '1', '552879', '0008', 'Paraf', '', '', '', now() FROM payments_order o"
            " JOIN accounts_membership m ON m.provider_id = o.provider_id WHERE o.code = %s LIMIT 1 RETURNING *)"
            " INSERT INTO payments_refund (provider_id, order_id, attempt_id, key, amount, reason, consequence, state,"
            " needs_second, reference, problem) SELECT provider_id, order_id, id, %s, 100, 'İki kez çekildi', 'keep',"
            " 'requested', false, '', '' FROM attempt",
            ["e" * 32, "e" * 64, first["code"].replace("-", ""), "f" * 32],
        )
        row = database.execute(
            "SELECT l.id, p.title, a.id, r.id FROM payments_statementline l, payments_order o"
            " JOIN accounts_provider p ON p.id = o.provider_id JOIN payments_cardattempt a ON a.order_id = o.id"
            " JOIN payments_refund r ON r.attempt_id = a.id"
            " WHERE l.text LIKE %s AND o.code = %s",
            [f"%{short['code']}%", first["code"].replace("-", "")],
        ).fetchone()
    assert row is not None
    return {"code": first["code"], "line": str(row[0]), "title": row[1], "attempt": str(row[2]), "refund": str(row[3])}


@pytest.fixture(scope="module")
def compared(portal: Portal) -> dict[str, list[str]]:
    """Addresses of a day with comparisons, as the provider and as a partner see it."""
    return days_compared(portal)


def test_before_logging_in(page: Page, portal: Portal, screenshots: Path) -> None:
    assert walk(page, portal, ANYBODY, screenshots) == []


def test_answers_to_a_file(page: Page, portal: Portal, screenshots: Path) -> None:
    faults = []
    for name, content in (("nothing", None), ("no-pdf", b"Merhaba"), ("no-seal", plain_pdf())):
        page.goto(f"{portal.url}/dogrula/")
        if content is not None:
            chosen = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": content}
            page.get_by_label("PDF dosyası", exact=True).set_input_files(chosen)
        page.get_by_role("button", name="Dosyayı doğrula").click()
        page.get_by_test_id("verdict" if content else "error-summary").wait_for()
        faults += faults_of(page, name, screenshots)
    assert faults == []


def test_pages_of_a_provider(page: Page, portal: Portal, compared: dict[str, list[str]], screenshots: Path) -> None:
    log_in(page, portal, "10000000214")
    faults = faults_of(page, "chooser", screenshots)
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    faults += walk(page, portal, PROVIDER + compared["provider"], screenshots)
    page.goto(portal.url + "/raporlar/grafikler/rapor/?marka=660651")
    page.get_by_role("button", name="Raporu hazırla").click()
    page.locator("[data-testid=document][data-state=ready]").wait_for()
    assert faults + faults_of(page, "/raporlar/grafikler/rapor/ ready", screenshots) == []


def test_pages_of_a_purchase(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    page.goto(portal.url + "/paket/ileti-250/")
    page.get_by_role("button", name="Devam").click()
    contract = page.url.removeprefix(portal.url)
    faults = walk(page, portal, [contract], screenshots)
    page.get_by_role("button", name="Devam").click()
    page.get_by_test_id("error-summary").wait_for()
    faults += faults_of(page, "contract not ticked", screenshots)
    page.get_by_label("Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.").check()
    page.get_by_role("button", name="Devam").click()
    order = contract.removesuffix("sozlesme/")
    faults += walk(page, portal, [f"{order}odeme/", f"{order}odeme/havale/", f"{order}odeme/havale/onay/"], screenshots)
    page.get_by_role("button", name="Onayla", exact=True).click()
    faults += walk(page, portal, [order, f"{order}odeme/degistir/", f"{order}iptal/", "/paket/"], screenshots)
    page.goto(f"{portal.url}{order}iptal/")
    page.get_by_role("button", name=re.compile("vazgeç|iptal", re.IGNORECASE)).last.click()
    faults += walk(page, portal, [order, "/isyerim/kisisel-verilerim/"], screenshots)
    assert faults == []


def test_pages_of_a_partner(page: Page, portal: Portal, compared: dict[str, list[str]], screenshots: Path) -> None:
    log_in(page, portal, "10000000450")
    addresses = ["/is-ortagi/", "/is-ortagi/?ara=yok", "/is-ortagi/calisiyor-mu/?marka=675409"]
    addresses += ["/is-ortagi/bildirimler/", "/is-ortagi/api/", "/is-ortagi/api/yeni/"]
    faults = walk(page, portal, compared["partner"] + addresses, screenshots)
    page.get_by_label("Hesap adı").fill("Sayfalar")
    page.get_by_role("button", name="Hesabı oluştur").click()
    page.get_by_test_id("api-secret").wait_for()
    faults += faults_of(page, "partner api secret", screenshots)
    account = page.url.removeprefix(portal.url).removesuffix("sifre/")
    steps = [f"{account}{step}" for step in ("", "sifre/yenile/", "adresler/", "iptal/", "istekler/")]
    assert faults + walk(page, portal, steps, screenshots) == []


def test_nobody(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in(page, portal, "10000000382")
    assert faults_of(page, "nobody", screenshots) == []


@pytest.mark.usefixtures("paid")
def test_pages_of_an_accountant(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in_as_staff(page, portal, "muhasebe")
    assert walk(page, portal, ACCOUNTANT, screenshots) == []


def test_pages_of_a_payment(page: Page, portal: Portal, paid: dict[str, str], screenshots: Path) -> None:
    log_in_as_staff(page, portal, "muhasebe")
    addresses = [
        f"/muhasebe/siparisler/{paid['code']}/",
        f"/muhasebe/hareketler/{paid['line']}/",
        f"/muhasebe/kart-denemeleri/{paid['attempt']}/iade/",
        f"/muhasebe/kart-iadeleri/{paid['refund']}/",
    ]
    faults = walk(page, portal, addresses, screenshots)
    page.context.clear_cookies()
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile(re.escape(paid["title"]))).first.click()
    own = f"/siparis/{paid['code']}/"
    assert faults + walk(page, portal, [own, f"{own}makbuz/"], screenshots) == []


def test_the_bank_s_page_of_transfers(page: Page, portal: Portal, screenshots: Path) -> None:
    page.goto(portal.bank + "/havale/")
    faults = [fault for fault in faults_of(page, "/havale/", screenshots) if ": title " not in fault]
    page.get_by_role("button", name="Gönder").click()
    faults += [fault for fault in faults_of(page, "/havale/ wrong", screenshots) if ": title " not in fault]
    assert faults == []


def test_pages_of_an_administrator(page: Page, portal: Portal, screenshots: Path) -> None:
    log_in_as_staff(page, portal, "yonetici")
    assert walk(page, portal, ADMINISTRATOR, screenshots) == []
