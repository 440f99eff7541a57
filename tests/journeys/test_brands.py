"""An AHS is authorised, changed and taken back; a brand is asked for, reviewed, renamed and put to sleep. No mouse."""

import re
import time
from collections.abc import Callable

import psycopg
from playwright.sync_api import Page, expect

from iys_portal.shared.codes import grouped
from tests.applications.samples import png
from tests.journeys import reviewing
from tests.journeys.conftest import Portal, log_in
from tests.journeys.keyboard import attach, confirm, follow, press, tick, write

AHS = "MUTLUCELL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ"


def test_an_ahs(page: Page, portal: Portal) -> None:
    authorise = page.get_by_test_id("grant-form").get_by_role("button", name="Yetkilendir")
    log_in(page, portal)
    page.goto(f"{portal.url}/markalar/661836/")
    follow(page.get_by_role("link", name="+ AHS EKLE"))
    write(page.get_by_label("Aracı Hizmet Sağlayıcı ara"), "mutlucell")
    follow(page.get_by_role("button", name="Ara", exact=True))
    follow(page.get_by_test_id("partner-option"))
    tick(page.locator("#id_mesaj_read"))
    follow(authorise)
    expect(page.get_by_test_id("notice")).to_contain_text(f"{AHS} Deneme Marka 2 için yetkilendirildi.")

    row = page.locator(".grants li").filter(has_text=AHS)
    page.goto(f"{portal.url}/markalar/661836/")
    expect(row).to_contain_text("Mesaj: okuma")
    follow(row.get_by_role("link", name="Yetkileri değiştir"))
    tick(page.locator("#id_eposta_read"))
    follow(authorise)
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri güncellendi")

    page.goto(f"{portal.url}/markalar/661836/")
    expect(row).to_contain_text("E-posta: okuma")
    press(row.get_by_role("link", name="Yetkiyi kaldır"))
    expect(page.locator("[data-confirm]")).to_contain_text("gönderim öncesi kontrol yapamaz")
    follow(page.locator("[data-confirm]").get_by_role("button", name="Yetkiyi kaldır"))
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri kaldırıldı")
    expect(row).to_have_count(0)


def test_a_brand_from_the_request_to_its_sleep(page: Page, portal: Portal, somebody: Callable[[], Page]) -> None:
    name = f"Işık Çiçek {time.time_ns() % 10**8}"
    log_in(page, portal)
    follow(page.get_by_role("link", name="Marka ekle"))
    write(page.get_by_label("Marka adı"), name)
    attach(page.locator("input[type=file]"), "tescil.png", png())
    follow(page.get_by_role("button", name="Marka talebini gönder"))
    expect(page.get_by_test_id("notice")).to_contain_text(f"“{name}” için talebiniz alındı")
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("Onay bekliyor")

    reviewer = somebody()
    reviewing.take(reviewer, portal, reference_of(portal, name))
    reviewing.approve(reviewer)

    page.goto(f"{portal.url}/markalar/?ara={name.rpartition(' ')[2]}")
    row = page.locator("[data-testid^=brand-row-]")
    expect(row).to_have_attribute("data-testid", re.compile(r"^brand-row-\d{7}$"))
    follow(row.get_by_role("link", name=name, exact=True))
    follow(page.get_by_role("link", name="Adını değiştir"))
    write(page.get_by_label("Yeni marka adı"), f"{name} Yeni")
    follow(page.get_by_role("button", name="Adı gönder"))
    expect(page.get_by_test_id("error-summary")).to_contain_text("marka tescil belgesini ekleyin")
    write(page.get_by_label("Yeni marka adı"), name.upper())
    follow(page.get_by_role("button", name="Adı gönder"))
    expect(page.get_by_test_id("notice")).to_contain_text(f"Markanın adı {name.upper()} olarak kaydedildi.")

    for act, offered in (("Markayı pasif yap", "Markayı aktif yap"), ("Markayı aktif yap", "Markayı pasif yap")):
        confirm(page.get_by_role("link", name=act), act)
        expect(page.get_by_role("link", name=offered)).to_be_visible()


def reference_of(portal: Portal, name: str) -> str:
    """Return the reference of the application for a brand as the queue shows it."""
    with psycopg.connect(portal.environment["DATABASE_URL"]) as connection:
        found = connection.execute(
            "SELECT a.reference FROM applications_application a"
            " JOIN applications_requestedbrand b ON b.application_id = a.id WHERE b.name = %s",
            [name],
        )
        ((reference,),) = found.fetchall()
    return grouped(reference)
