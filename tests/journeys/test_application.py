"""A company applies, with script and without; a reviewer approves; the authorised person logs in."""

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.applications.samples import png
from tests.contracts.sealed import plain_pdf
from tests.journeys.conftest import PATIENCE, Portal, log_in

TCKN = "10000000214"


def upload(page: Page, content: bytes, name: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def test_from_the_application_to_the_first_login(
    page: Page, chromium: Browser, portal: Portal, screenshots: Path
) -> None:
    seed = time.time_ns() % 10**8
    title = f"Işık Çiçekçilik {seed} Ltd. Şti."
    page.goto(portal.url + "/")
    page.get_by_role("link", name="Hemen Başvur").click()
    page.get_by_role("button", name="Başvuruya başla").click()
    page.get_by_role("button", name="Kaydet ve devam et").click()
    expect(page.get_by_test_id("error-summary")).to_be_focused()
    page.get_by_label("Ticaret unvanı").fill(title)
    page.get_by_label("Vergi kimlik numarası").fill(factories.make_vkn(500_000_000 + seed))
    page.get_by_label("Adres", exact=True).fill("Atatürk Cad. No: 7 Çankaya, Ankara")
    page.get_by_label("KEP adresi").fill("isik@hs01.kep.tr")
    page.get_by_label("Telefon").fill("0312 218 30 00")
    page.get_by_label("Şirketin e-posta adresi").fill("bilgi@isikcicek.com.tr")
    page.get_by_role("button", name="Kaydet ve devam et").click()
    page.get_by_label("Ad", exact=True).fill("Ömer")
    page.get_by_label("Soyad").fill("Çağlayansoy")
    page.get_by_label("T.C. kimlik numarası").fill(TCKN)
    page.get_by_label("Doğum tarihi").fill("27.03.1985")
    page.get_by_label("Cep telefonu").fill("0532 000 00 00")
    page.get_by_label("Kurumsal e-posta adresi").fill("omer@isikcicek.com.tr")
    page.get_by_role("button", name="Kaydet ve devam et").click()
    page.get_by_label("Marka adı").fill("Çiçek Işığı")
    upload(page, b"MZ not a certificate", "tescil.pdf")
    page.get_by_role("button", name="Markayı ekle").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("program")
    upload(page, png(), "tescil.png")
    page.get_by_role("button", name="Markayı ekle").click()
    page.get_by_role("link", name="Devam", exact=True).click()
    upload(page, plain_pdf(), "taahhutname.pdf")
    page.get_by_role("button", name="Yükle ve devam et").click()
    page.screenshot(path=screenshots / "check.png", full_page=True)
    page.get_by_role("button", name="Başvuruyu gönder").click()
    reference = page.get_by_test_id("application-reference").inner_text()
    page.go_back()
    expect(page).to_have_url(re.compile("/basvuru/(alindi|kontrol)/"))

    approve(chromium, portal, reference)

    page.goto(portal.url + "/basvuru/durum/")
    page.get_by_label("Başvuru numarası").fill(reference)
    page.get_by_label("T.C. kimlik numarasının son 4 rakamı").fill(TCKN[-4:])
    page.get_by_role("button", name="Durumu göster").click()
    expect(page.get_by_test_id("application-state")).to_have_attribute("data-state", "approved")
    log_in(page, portal, TCKN)
    page.get_by_role("button", name=title).click()
    expect(page.get_by_test_id("active-package").first).to_have_text("Temel Hizmetler")
    expect(page.locator("[data-testid^=brand-row-]")).to_have_count(2)
    expect(page.get_by_role("main")).to_contain_text("Çiçek Işığı")


def approve(chromium: Browser, portal: Portal, reference: str) -> None:
    """Do the reviewer's part in another browser."""
    context = chromium.new_context(locale="tr-TR")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(portal.url + "/yonetim/applications/application/")
    page.locator("[name=username]").fill("yonetici")
    page.locator("[name=password]").fill("demo-demo")
    page.locator("[type=submit]").click()
    page.get_by_role("link", name=reference).click()
    page.get_by_role("button", name="İncelemeye al").click()
    for _ in range(3):
        page.get_by_role("button", name=re.compile("^Doğrula")).first.click()
    page.get_by_role("link", name="Onayla", exact=True).click()
    page.get_by_role("button", name="Onayla").click()
    expect(page.locator(".messagelist")).to_contain_text("onaylandı")
    context.close()
