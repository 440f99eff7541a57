"""A day's file is made, downloaded and compared: its hash is another's, and the rows that differ are shown."""

import hashlib
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_consents import wait_for
from tests.journeys.test_pictures import day_with_movements

BRAND = 661836


def test_a_days_file_is_compared(page: Page, portal: Portal, screenshots: Path, tmp_path: Path) -> None:
    log_in(page, portal)
    page.goto(f"{portal.url}/raporlar/grafikler/onay-ret/?marka={BRAND}")
    day = day_with_movements(page)
    page.goto(f"{portal.url}/raporlar/")
    page.locator("#git_marka").select_option(value=str(BRAND))
    page.locator("#git_gun").fill(day)
    page.get_by_role("button", name="Günü aç").click()
    page.wait_for_url(f"**/raporlar/gunluk/{BRAND}/{day}/")
    if page.get_by_role("button", name="Şimdi oluştur").count():
        page.get_by_role("button", name="Şimdi oluştur").click()
    wait_for(page, page.locator("[data-testid=file-state][data-state=completed]"))
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Dosyayı indir (CSV)").click()
    own = tmp_path / "benim.csv"
    downloaded.value.save_as(own)
    content = own.read_bytes()
    assert page.get_by_test_id("sha384").text_content() == hashlib.sha384(content).hexdigest()
    page.screenshot(path=screenshots / "day.png", full_page=True)

    page.locator("#id_ozet").fill("0" * 96)
    page.get_by_role("button", name="Özeti karşılaştır").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("Bu özet İYS'deki dosyanınki değil.")

    head, first, _, *rest = content.decode().splitlines()
    changed = f"{first.rpartition(',')[0]},HS_ATM"
    own.write_text("\n".join([head, changed, *rest, ""]), encoding="utf-8")
    page.locator("#id_dosya").set_input_files(own)
    page.get_by_role("button", name="Dosyamı karşılaştır").click()
    page.wait_for_url("**/fark/*/")
    wait_for(page, page.get_by_test_id("differences"))
    expect(page.get_by_test_id("only-ours")).to_have_text("1")
    expect(page.get_by_test_id("changed")).to_have_text("1")
    page.screenshot(path=screenshots / "differences.png", full_page=True)
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Farklı satırları indir (CSV)").click()
    downloaded.value.save_as(tmp_path / "farklar.csv")
    rows = (tmp_path / "farklar.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("Fark;İYS Kayıt zamanı;")
    assert [row.split(";")[0] for row in rows[1:]] == ["İçeriği farklı", "Dosyanızda yok"]
