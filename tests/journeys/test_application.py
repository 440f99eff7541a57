"""A company applies, sends a document again, is approved and logs in; a second person asks to act for it. No mouse."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests import factories
from tests.applications.samples import png
from tests.contracts.sealed import plain_pdf
from tests.journeys import reviewing
from tests.journeys.conftest import Portal, log_in
from tests.journeys.keyboard import attach, follow, write
from tests.journeys.mails import link_in_mail

TCKN = "10000000214"
OPEN_AGAIN = r"/basvuru/devam/\?kod=[\w-]+"


def fill(page: Page, **values: str) -> None:
    """Type into the fields of these names, in the order of the form."""
    for name, text in values.items():
        write(page.locator(f"#id_{name}"), text)


def send_document(page: Page, content: bytes, name: str, button: str) -> None:
    attach(page.locator("input[type=file]"), name, content)
    follow(page.get_by_role("button", name=button))


def fill_in(page: Page, *, title: str, tax_number: str, email: str) -> None:
    """Answer every step as somebody does who forgets a step and takes a wrong file."""
    follow(page.get_by_role("button", name="Başvuruya başla"))
    follow(page.get_by_role("button", name="Kaydet ve devam et"))
    expect(page.get_by_test_id("error-summary")).to_be_focused()
    fill(page, unvan=title, vkn=tax_number, adres="Atatürk Cad. No: 7 Çankaya, Ankara", kep="isik@hs01.kep.tr")
    fill(page, telefon="0312 218 30 00", eposta="bilgi@isikcicek.com.tr")
    follow(page.get_by_role("button", name="Kaydet ve devam et"))
    fill(page, ad="Ömer", soyad="Çağlayansoy", tckn=TCKN, dogum_tarihi="27.03.1985", cep="0532 000 00 00")
    fill(page, kurumsal_eposta=email)
    follow(page.get_by_role("button", name="Kaydet ve devam et"))
    fill(page, marka="Çiçek Işığı")
    send_document(page, b"MZ not a certificate", "tescil.pdf", "Markayı ekle")
    expect(page.get_by_test_id("error-summary")).to_contain_text("program")
    send_document(page, png(), "tescil.png", "Markayı ekle")
    follow(page.get_by_role("link", name="Devam", exact=True))
    send_document(page, plain_pdf(), "taahhutname.pdf", "Yükle ve devam et")


def state_of(page: Page, portal: Portal, reference: str) -> str | None:
    """Ask for the application's state as somebody who has its reference only."""
    page.goto(f"{portal.url}/basvuru/durum/")
    fill(page, basvuru_no=reference, kanit=TCKN[-4:])
    follow(page.get_by_role("button", name="Durumu göster"))
    return page.get_by_test_id("application-state").get_attribute("data-state")


def test_from_the_application_to_the_first_login_and_a_second_person(
    page: Page, somebody: Callable[[], Page], portal: Portal, screenshots: Path
) -> None:
    seed = time.time_ns() % 10**8
    title, email = f"Işık Çiçekçilik {seed} Ltd. Şti.", f"omer{seed}@isikcicek.com.tr"
    tax_number = factories.make_vkn(500_000_000 + seed)
    page.goto(portal.url + "/")
    follow(page.get_by_role("link", name="Hemen Başvur"))
    fill_in(page, title=title, tax_number=tax_number, email=email)
    page.screenshot(path=screenshots / "check.png", full_page=True)
    follow(page.get_by_role("button", name="Başvuruyu gönder"))
    reference = page.get_by_test_id("application-reference").inner_text()
    page.go_back()
    expect(page).to_have_url(re.compile("/basvuru/(alindi|kontrol)/"))

    reviewer = somebody()
    reviewing.take(reviewer, portal, reference)
    reviewing.ask_again(reviewer, "Taahhütname", "İmza eksik")
    page.goto(link_in_mail(portal, email, about="eksik belge", link=OPEN_AGAIN))
    expect(page.get_by_role("main")).to_contain_text("İmza eksik")
    expect(page.locator("input[type=file]")).to_have_count(1)
    send_document(page, plain_pdf(), "imzali.pdf", "Yükle:")
    follow(page.get_by_role("button", name="Belgeleri gönder"))
    expect(page.get_by_test_id("notice")).to_contain_text("Belgeleriniz gönderildi")
    assert state_of(page, portal, reference) == "in_check"

    reviewer.reload()
    reviewing.approve(reviewer)
    assert state_of(page, portal, reference) == "approved"
    log_in(page, portal, TCKN)
    follow(page.get_by_role("button", name=title))
    expect(page.get_by_test_id("active-package").first).to_have_text("Temel Hizmetler")
    expect(page.locator("[data-testid^=brand-row-]")).to_have_count(2)
    expect(page.get_by_role("main")).to_contain_text("Çiçek Işığı")

    number = page.get_by_test_id("iys-no").inner_text()
    reference = ask_for_a_second_person(somebody(), portal, seed=seed, number=number, tax_number=tax_number)
    colleague = somebody()
    reviewing.take(colleague, portal, reference)
    reviewing.approve(colleague)
    page.goto(f"{portal.url}/isyerim/yetkililer/")
    expect(page.get_by_role("row").filter(has_text="Gökçe Ağaoğlu")).to_contain_text("Hesap Yöneticisi")


def ask_for_a_second_person(page: Page, portal: Portal, *, seed: int, number: str, tax_number: str) -> str:
    """Fill in the Yetkilendirme talep formu, signed out; return its reference."""
    page.goto(portal.url + "/")
    follow(page.get_by_role("link", name="Yetkilendirme talep formunu çevrim içi doldurun"))
    fill(page, iys_no=number, vkn=factories.make_vkn(1))
    fill(page, ad="Gökçe", soyad="Ağaoğlu", tckn=factories.make_tckn(100_000_000 + seed))
    fill(page, dogum_tarihi="03.05.1990", cep="0533 000 00 00", kurumsal_eposta=f"gokce{seed}@isikcicek.com.tr")
    follow(page.get_by_role("button", name="Kaydet ve devam et"))
    expect(page.get_by_test_id("error-summary")).to_contain_text("kayıtlı bir hizmet sağlayıcı bulunamadı")
    fill(page, vkn=tax_number)
    follow(page.get_by_role("button", name="Kaydet ve devam et"))
    send_document(page, plain_pdf(), "form.pdf", "Yükle ve devam et")
    follow(page.get_by_role("button", name="Başvuruyu gönder"))
    return page.get_by_test_id("application-reference").inner_text()
