"""Authorise a partner for two brands at once, take one back; the partner's own people see both, at once."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Portal, log_in


def test_many_brands_and_a_revocation_that_the_partner_sees(page: Page, portal: Portal, chromium: Browser) -> None:
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    page.goto(portal.url + "/markalar/675403/is-ortagi/ekle/?ara=asits")  # two letters swapped
    expect(page.get_by_text("en çok benzeyenler gösteriliyor")).to_be_visible()
    page.get_by_test_id("partner-option").filter(has_text="ASİST BİLGİ").click()
    page.locator("[name=mesaj_write]").check()
    page.get_by_text("Diğer markalarıma da uygula").click()
    page.get_by_label(re.compile("Deneme Markası 2")).check()
    page.get_by_role("button", name="Yetkilendir").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Deneme Markası 1 ve 1 markanız için yetkilendirildi.")

    theirs = chromium.new_context(locale="tr-TR").new_page()
    log_in(theirs, portal, "10000000450")
    theirs.wait_for_url("**/is-ortagi/")
    first, second = (theirs.get_by_test_id(f"brand-row-{code}") for code in (675403, 608230))
    expect(first).to_contain_text("Çalışıyor")
    expect(second).to_contain_text("Mesaj: okuma ve yazma")

    page.goto(portal.url + "/markalar/675403/")
    page.get_by_role("link", name=re.compile("Yetkiyi kaldır: ASİST BİLGİ")).click()
    expect(page.get_by_text("Mesaj İzinleri: izin ekleyemez, değiştiremez ve sorgulayamaz.")).to_be_visible()
    page.get_by_role("button", name="Yetkiyi kaldır").click()
    expect(page.get_by_test_id("notice")).to_contain_text("yetkileri kaldırıldı")

    theirs.reload()
    expect(first).to_have_count(0)
    expect(second).to_be_visible()
    theirs.goto(portal.url + "/is-ortagi/calisiyor-mu/?marka=675403")
    expect(theirs.get_by_test_id("verdict")).to_contain_text("yetkiyi kaldırmış")
    theirs.context.close()
