"""A picture as people use it: open the question, change the days, take the file along, compare it with the table."""

import csv
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_consents import wait_for
from tests.journeys.test_every_page import RULES


def test_a_picture_and_its_file(
    page: Page, portal: Portal, screenshots: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log_in(page, portal)
    page.goto(portal.url + "/raporlar/")
    page.get_by_role("link", name="Grafikler").click()
    page.get_by_role("link", name="Onay mı kazanıyoruz, Ret mi?").click()
    page.get_by_role("link", name="Son 7 gün").click()
    expect(page.get_by_test_id("report-finding")).to_contain_text("Onay")
    expect(page.get_by_role("img", name="Arama")).to_be_visible()

    last = day_with_movements(page)
    page.get_by_label("İlk gün").fill(last)
    page.get_by_label("Son gün").fill(last)
    page.get_by_role("button", name="Göster").click()
    expect(page).to_have_url(f"{portal.url}/raporlar/grafikler/onay-ret/?ilk={last}&son={last}&marka=")
    rows = [row.locator("th, td").all_inner_texts() for row in page.get_by_test_id("report-table").locator("tr").all()]
    assert len(rows) == 2
    assert int(rows[1][-2].replace(".", "")) > 0
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV indir").click()
    file = tmp_path / "onay-ret.csv"
    download.value.save_as(file)
    written = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert written == [rows[0], [rows[1][0], *(cell.replace(".", "") for cell in rows[1][1:])]]
    page.screenshot(path=screenshots / "picture.png", full_page=True)

    page.get_by_label("İlk gün").fill("2016-01-01")
    page.get_by_role("button", name="Göster").click()
    expect(page.get_by_test_id("error-summary")).to_contain_text("En çok üç yıllık (1.096 gün) bir aralık seçin")
    expect(page.get_by_label("İlk gün")).to_have_value("2016-01-01")
    if request.node.callspec.params["context"] == "script":
        assert Axe().run(page, options=RULES).response["violations"] == []


def test_a_months_document_and_the_e_mails(page: Page, portal: Portal, screenshots: Path, tmp_path: Path) -> None:
    log_in(page, portal)
    page.goto(portal.url + "/raporlar/grafikler/")
    page.get_by_role("link", name=re.compile("20[0-9]{2} raporu$")).nth(1).click()  # the first that is over
    if page.get_by_role("button", name="Raporu hazırla").count():
        page.get_by_role("button", name="Raporu hazırla").click()
    wait_for(page, page.locator("[data-testid=document][data-state=ready]"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Belgeyi indir (PDF)").click()
    download.value.save_as(tmp_path / "rapor.pdf")
    assert (tmp_path / "rapor.pdf").read_bytes().startswith(b"%PDF-")

    page.goto(portal.url + "/raporlar/grafikler/")
    page.get_by_role("link", name="Raporları e-postayla al").click()
    for chosen in (True, False):
        page.get_by_label("Haftalık rapor").set_checked(chosen)
        page.get_by_label("Aylık rapor").set_checked(chosen)
        page.get_by_role("button", name="Tercihleri kaydet").click()
        expect(page.get_by_test_id("notice")).to_contain_text("Rapor tercihleriniz kaydedildi.")
        page.reload()
        assert page.get_by_label("Aylık rapor").is_checked() == chosen
        page.goto(portal.url + "/raporlar/grafikler/")
        told = page.get_by_text("raporunu e-postayla alıyorsunuz")
        expect(told).to_have_count(int(chosen))
        page.screenshot(path=screenshots / f"e-mails-{chosen}.png", full_page=True)
        page.goto(portal.url + "/raporlar/grafikler/e-postayla/")


def day_with_movements(page: Page) -> str:
    """Return the newest day of the open table that has approvals, as addresses write it: it may be yesterday by now."""
    rows = [row.locator("th, td").all_inner_texts() for row in page.get_by_test_id("report-table").locator("tr").all()]
    days = [row[0] for row in rows[1:] if row[-2] != "0"]
    return "-".join(reversed(days[-1].split(".")))
