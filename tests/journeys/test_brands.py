"""An AHS is authorised, changed and taken back by keyboard alone; a brand is asked for, reviewed and gets its code."""

import re
import time

import psycopg
from playwright.sync_api import Browser, Page, expect

from tests.applications.samples import png
from tests.journeys.conftest import PATIENCE, Portal, log_in
from tests.journeys.test_more_journeys import press

AHS = "MUTLUCELL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ"


def test_an_ahs_by_keyboard(page: Page, portal: Portal) -> None:
    log_in(page, portal)
    page.goto(f"{portal.url}/markalar/661836/")
    press(page, "Enter", "a[href='/markalar/661836/ahs/ekle/']")
    page.wait_for_url("**/ahs/ekle/")
    press(page, "Space", "#ara, input[name=ara]")
    page.keyboard.press("Control+A")
    page.keyboard.type("mutlucell")
    page.keyboard.press("Enter")
    page.wait_for_url("**?ara=mutlucell*")
    press(page, "Enter", "[data-testid=partner-option]")
    page.wait_for_url("**?kurulus=*")
    press(page, "Space", "#id_mesaj_read")
    press(page, "Enter", "[data-testid=grant-form] button[type=submit]")
    expect(page.get_by_test_id("notice")).to_contain_text(f"{AHS} Deneme Marka 2 için yetkilendirildi.")

    row = page.locator(".grants li").filter(has_text=AHS)
    page.goto(f"{portal.url}/markalar/661836/")
    expect(row).to_contain_text("Mesaj: okuma")
    press(page, "Enter", f"a[aria-label='Yetkileri değiştir: {AHS}']")
    page.wait_for_url(re.compile(r"/ahs/\d+/$"))
    press(page, "Space", "#id_eposta_read")
    press(page, "Enter", "[data-testid=grant-form] button[type=submit]")
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri güncellendi")

    page.goto(f"{portal.url}/markalar/661836/")
    expect(row).to_contain_text("E-posta: okuma")
    press(page, "Enter", f"a[aria-label='Yetkiyi kaldır: {AHS}']")
    expect(page.locator("[data-confirm]")).to_contain_text("gönderim öncesi kontrol yapamaz")
    press(page, "Enter", "[data-confirm] button[type=submit]")
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri kaldırıldı")
    expect(row).to_have_count(0)


def test_a_brand_from_the_request_to_its_code(page: Page, portal: Portal, chromium: Browser) -> None:
    name = f"Işık Çiçek {time.time_ns() % 10**8}"
    log_in(page, portal)
    page.goto(f"{portal.url}/markalar/ekle/")
    page.get_by_label("Marka adı").fill(name)
    page.locator("input[type=file]").set_input_files({"name": "tescil.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="Marka talebini gönder").click()
    expect(page.get_by_test_id("notice")).to_contain_text(f"“{name}” için talebiniz alındı")
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("Onay bekliyor")

    approve(chromium, portal, name)

    page.goto(f"{portal.url}/markalar/?ara={name.rpartition(' ')[2]}")
    row = page.locator("[data-testid^=brand-row-]")
    expect(row).to_have_attribute("data-testid", re.compile(r"^brand-row-\d{7}$"))
    row.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Adını değiştir").click()
    page.get_by_label("Yeni marka adı").fill(f"{name} Yeni")
    page.get_by_role("button", name="Adı gönder").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("marka tescil belgesini ekleyin")
    page.get_by_label("Yeni marka adı").fill(name.upper())
    page.get_by_role("button", name="Adı gönder").click()
    expect(page.get_by_test_id("notice")).to_contain_text(f"Markanın adı {name.upper()} olarak kaydedildi.")


def approve(chromium: Browser, portal: Portal, name: str) -> None:
    """Do the reviewer's part in another browser."""
    with psycopg.connect(portal.environment["DATABASE_URL"]) as connection:
        found = connection.execute("SELECT application_id FROM applications_requestedbrand WHERE name = %s", [name])
        ((number,),) = found.fetchall()
    context = chromium.new_context(locale="tr-TR")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{portal.url}/yonetim/applications/application/{number}/change/")
    page.locator("[name=username]").fill("yonetici")
    page.locator("[name=password]").fill("demo-demo")
    page.locator("[type=submit]").click()
    page.get_by_role("button", name="İncelemeye al").click()
    page.get_by_role("button", name=re.compile("^Doğrula")).click()
    page.get_by_role("link", name="Onayla", exact=True).click()
    page.get_by_role("button", name="Onayla").click()
    expect(page.locator(".messagelist")).to_contain_text("onaylandı")
    context.close()
