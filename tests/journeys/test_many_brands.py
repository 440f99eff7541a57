"""Rights of a partner: for two brands at once, kept as a template, taken back, suspended; its people see it at once.

By keyboard alone, the administrator's part as well.
"""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from iys_portal.shared.tables import csv_bytes
from tests.journeys.conftest import Portal, log_in, log_in_as_staff
from tests.journeys.keyboard import attach, choose, confirm, follow, press, tick, write
from tests.journeys.programs import call, forget, secret_shown, token_of

PARTNER = "ASİST BİLGİ TEKNOLOJİLERİ VE ELEKTRONİK HABERLEŞME LİMİTED ŞİRKETİ"
INTEGRATOR = "/integrator/5005/sps"


def test_from_the_grant_to_what_the_partner_sees(page: Page, portal: Portal, somebody: Callable[[], Page]) -> None:
    template = f"Kampanya {time.time_ns() % 10**8}"
    log_in(page, portal, "10000000214")
    follow(page.get_by_role("button", name="Deneme Ticaret"))
    page.goto(portal.url + "/markalar/675403/is-ortagi/ekle/")
    authorises_two_brands(page, template)
    expect(page.get_by_test_id("notice")).to_contain_text("Deneme Markası 1 ve 1 markanız için yetkilendirildi.")
    expect(page.get_by_test_id("notice")).to_contain_text(f"“{template}” şablonu kaydedildi.")

    theirs = somebody()
    log_in(theirs, portal, "10000000450")
    theirs.wait_for_url("**/is-ortagi/")
    first, second = (theirs.get_by_test_id(f"brand-row-{code}") for code in (675403, 608230))
    expect(first).to_contain_text("Çalışıyor")
    expect(second).to_contain_text("Mesaj: okuma ve yazma")

    page.goto(portal.url + "/markalar/675403/")
    press(page.get_by_role("link", name=f"Yetkiyi kaldır: {PARTNER}"))
    expect(page.get_by_text("Mesaj İzinleri: izin ekleyemez, değiştiremez ve sorgulayamaz.")).to_be_visible()
    follow(page.locator("[data-confirm]").get_by_role("button", name="Yetkiyi kaldır"))
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri kaldırıldı")

    theirs.reload()
    expect(first).to_have_count(0)
    expect(second).to_be_visible()
    theirs.goto(portal.url + "/is-ortagi/calisiyor-mu/")
    write(theirs.get_by_label("Marka kodu"), "675403")
    follow(theirs.get_by_role("button", name="Denetle"))
    expect(theirs.get_by_test_id("verdict")).to_contain_text("yetkiyi kaldırmış")

    looks_at_the_history(page)
    uses_and_drops_the_template(page, portal, template)
    is_suspended_and_restored(theirs, somebody(), page, portal)


def authorises_two_brands(page: Page, template: str) -> None:
    """Find the partner although two letters are swapped; of its channels, write on one; for another brand as well."""
    write(page.get_by_label("İş ortağı ara"), "asits")
    follow(page.get_by_role("button", name="Ara", exact=True))
    expect(page.get_by_text("en çok benzeyenler gösteriliyor")).to_be_visible()
    follow(page.get_by_test_id("partner-option").filter(has_text=PARTNER))
    tick(page.locator("[name=mesaj_write]"))
    press(page.get_by_text("Diğer markalarıma da uygula"))
    tick(page.get_by_label(re.compile("Deneme Markası 2")))
    write(page.get_by_label("Şablon olarak kaydet"), template)
    follow(page.get_by_role("button", name="Yetkilendir"))


def looks_at_the_history(page: Page) -> None:
    """Of one brand: what was given and taken back, with before and after."""
    follow(page.get_by_role("link", name="Yetki geçmişi"))
    choose(page.get_by_label("İşlem"), "Yetki kaldırıldı")
    follow(page.get_by_role("button", name="Ara", exact=True))
    newest = page.get_by_test_id("history-row").first.get_by_role("cell")
    told = [text.strip() for text in newest.all_inner_texts()]
    assert told == ["Yetki kaldırıldı", PARTNER, "Deneme Markası 1", "Mesaj: okuma ve yazma", "–", "Ömer Çağlayansoy"]


def uses_and_drops_the_template(page: Page, portal: Portal, template: str) -> None:
    page.goto(portal.url + "/markalar/660651/is-ortagi/ekle/?ara=asist")
    follow(page.get_by_test_id("partner-option").filter(has_text=PARTNER))
    expect(page.locator("[name=mesaj_write]")).not_to_be_checked()
    choose(page.get_by_label("Şablondan doldur"), template)
    follow(page.get_by_role("button", name="Şablonu uygula"))
    expect(page.locator("[name=mesaj_write]")).to_be_checked()
    follow(page.get_by_role("link", name="Şablonlarım"))
    follow(page.get_by_role("link", name=f"Adını değiştir: {template}"))
    write(page.get_by_label("Şablonun adı"), f"{template} Yeni")
    follow(page.get_by_role("button", name="Kaydet"))
    confirm(page.get_by_role("link", name=f"Sil: {template} Yeni"), "Şablonu sil")
    expect(page.get_by_test_id("notice")).to_contain_text(f"“{template} Yeni” şablonu silindi.")


def is_suspended_and_restored(theirs: Page, administrator: Page, page: Page, portal: Portal) -> None:
    """From the next request on, on the web and by the API, the partner may do nothing; then everything again."""
    theirs.goto(portal.url + "/is-ortagi/api/yeni/")
    write(theirs.get_by_label("Hesap adı"), f"Gönderim {time.time_ns() % 10**8}")
    follow(theirs.get_by_role("button", name="Hesabı oluştur"))
    token = token_of(portal, secret_shown(theirs)).json()["access_token"]
    assert "608230" in [brand["brandCode"] for brand in call(portal, token, INTEGRATOR).json()["list"]]

    log_in_as_staff(administrator, portal, "yonetici", "/yonetim/partners/partner/")
    takes_in_a_list(administrator, page, portal)
    write(administrator.locator("#searchbar"), "5005")
    follow(administrator.locator("#changelist-search [type=submit]"))
    follow(administrator.get_by_role("link", name=PARTNER))
    act(administrator, "Askıya al", "Şikâyet üzerine inceleniyor")
    theirs.goto(portal.url + "/is-ortagi/")
    expect(theirs.get_by_test_id("suspended")).to_contain_text("Şikâyet üzerine inceleniyor")
    expect(theirs.get_by_test_id("brand-row-608230")).not_to_contain_text("Çalışıyor")
    forget()
    refused = call(portal, token, INTEGRATOR)
    assert (refused.status_code, [error["code"] for error in refused.json()["errors"]]) == (403, ["H353"])
    page.goto(portal.url + "/markalar/675403/is-ortagi/ekle/?ara=asist")
    follow(page.get_by_test_id("partner-option").filter(has_text=PARTNER))
    expect(page.get_by_test_id("error-summary")).to_contain_text("Şikâyet üzerine inceleniyor")

    act(administrator, "Askıyı kaldır", "Şikâyet giderildi")
    theirs.reload()
    expect(theirs.get_by_test_id("suspended")).to_have_count(0)
    forget()
    assert call(portal, token, INTEGRATOR).status_code == 200


def act(administrator: Page, name: str, reason: str) -> None:
    """Do something to the company whose page is open, for a reason; without one nothing is done."""
    follow(administrator.get_by_role("link", name=name))
    follow(administrator.get_by_role("button", name=name))
    expect(administrator.get_by_text("Gerekçe yazın.")).to_be_visible()
    write(administrator.get_by_label("Gerekçe"), reason)
    follow(administrator.get_by_role("button", name=name))


def takes_in_a_list(administrator: Page, page: Page, portal: Portal) -> None:
    """A file of companies: tried, then taken in; brands find the new one, however its letters are typed."""
    seed = time.time_ns() % 10**8
    title = f"Işıltı {seed} Dağıtım A.Ş."
    rows = [("Kod", "Unvan"), (str(10**8 + seed), title), ("x", "Kodu harf A.Ş."), ("5005", PARTNER)]
    results = administrator.locator("#sonuc tbody tr")
    follow(administrator.get_by_role("link", name="Dosyadan aktar"))
    for button, told in (("Dene", "hiçbir şey yazılmadı"), ("İçe aktar", "Sonuç")):
        attach(administrator.get_by_label("Liste dosyası"), "liste.csv", csv_bytes(rows))
        follow(administrator.get_by_role("button", name=button))
        expect(administrator.locator("#sonuc h2")).to_contain_text(told)
        expect(results.nth(0)).to_contain_text("Eklendi")
        expect(results.nth(1)).to_contain_text("Alınmadı: Kod bir sayı değil.")
        expect(results.nth(2)).to_contain_text("Zaten var")
    follow(administrator.get_by_role("link", name="Vazgeç"))
    page.goto(f"{portal.url}/markalar/675403/is-ortagi/ekle/?ara=isilti {seed}")
    expect(page.get_by_test_id("partner-option")).to_have_text(re.compile(title))
