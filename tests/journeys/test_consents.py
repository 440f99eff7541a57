"""A company's consents: one by one, and 50,000 in a file with errors that are corrected and sent again."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_every_page import RULES

CODE, TITLE = 880_061, "İzinli"
ROWS, BAD = 50_000, 500
HEADER = ["type", "source", "recipient", "status", "consentDate", "recipientType"]


def an_hour_ago() -> datetime:
    return (datetime.now(tz=UTC) - timedelta(hours=1)).astimezone(ZoneInfo("Europe/Istanbul"))


def file_of_many(folder: Path) -> Path:
    """Write 50,000 rows: every hundredth has no recipient that one could reach."""
    written = f"{an_hour_ago():%Y-%m-%d %H:%M:%S}"
    path = folder / "izinler.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(HEADER)
        for number in range(ROWS):
            recipient = f"+90532{number:04d}" if number % (ROWS // BAD) == 0 else f"+90532{1_000_000 + number}"
            rows.writerow(["MESAJ", "HS_WEB", recipient, "ONAY", written, "BIREYSEL"])
    return path


def correct(bad: Path) -> int:
    """Give each bad row a number that exists, in the file as it was downloaded; return how many rows there were."""
    text = bad.read_text(encoding="utf-8-sig")
    delimiter = csv.Sniffer().sniff(text.splitlines()[0], ";,\t").delimiter
    head, *rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    place = head.index("recipient")
    for number, row in enumerate(rows):
        row[place] = f"+90533{2_000_000 + number}"
    with bad.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([head, *rows])
    return len(rows)


def send(page: Page, portal: Portal, file: Path) -> None:
    """Send a file and wait until it has been compared with what is recorded."""
    page.goto(portal.url + "/izinler/yukle/")
    page.get_by_label("İzin dosyası").set_input_files(file)
    page.get_by_role("button", name="Dosyayı denetle").click()
    wait_for(page, page.get_by_test_id("import-outlook"))


def wait_for(page: Page, part: Locator) -> None:
    """Look again until this part of the page is there."""
    for _ in range(90):
        if part.count():
            return
        page.wait_for_timeout(1000)
        page.reload()
    pytest.fail(f"{page.url} never showed {part}")


def test_one_consent_and_fifty_thousand(
    page: Page, portal: Portal, screenshots: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["context"]
    title = f"{TITLE} {kind.title()} A.Ş."
    with company(portal, code=CODE + (kind == "script"), title=title, email="izin@izinli.example"):
        log_in(page, portal, "10000000214")
        page.get_by_role("button", name=re.compile(title)).click()
        add_one(page, portal)
        send(page, portal, file_of_many(tmp_path))
        outlook = page.get_by_test_id("import-outlook")
        expect(outlook).to_have_text("49.500 yeni, 0 değişecek, 0 zaten böyle, 500 hatalı")
        page.screenshot(path=screenshots / "outlook.png", full_page=True)
        if kind == "script":
            assert Axe().run(page, options=RULES).response["violations"] == []
        page.get_by_role("button", name="49.500 izni kaydet").click()
        page.goto(portal.url + "/izinler/yukle/")  # leave, and come back
        page.get_by_role("link", name="izinler.csv").click()
        wait_for(page, page.get_by_text("Tamamlandı", exact=True))
        page.screenshot(path=screenshots / "done.png", full_page=True)
        with page.expect_download() as download:
            page.get_by_role("link", name="Hatalı satırları indir (CSV)").click()
        bad = tmp_path / "hatali.csv"
        download.value.save_as(bad)
        assert correct(bad) == BAD
        send(page, portal, bad)
        expect(outlook).to_have_text("500 yeni, 0 değişecek, 0 zaten böyle, 0 hatalı")
        page.get_by_role("button", name="500 izni kaydet").click()
        wait_for(page, page.get_by_text("Tamamlandı", exact=True))
        page.goto(portal.url + "/izinler/liste/")
        expect(page.get_by_test_id("consent-total")).to_have_text("En az 10.000 izin")
        export(page, tmp_path)
    assert portal.broken_rules() == {}


def add_one(page: Page, portal: Portal) -> None:
    """Add a consent as people write numbers, read what follows, and find it again in another way of writing."""
    moment = an_hour_ago()
    page.goto(portal.url + "/izinler/ekle/")
    page.get_by_label("Telefon numarası ya da e-posta adresi").fill("0532 999 88 77")
    page.get_by_label("Kanal").select_option(label="Arama")
    page.get_by_label("Onay", exact=True).check()
    page.get_by_label("Kaynak").select_option(label="Web sitesi")
    page.get_by_label("İzin tarihi").fill(f"{moment:%Y-%m-%d}")
    page.get_by_label("İzin saati").fill(f"{moment:%H:%M:%S}")
    page.get_by_role("button", name="Devam").click()
    expect(page.get_by_test_id("consequence")).to_contain_text("Bu adres ONAY olacak")
    page.get_by_role("button", name="Kaydet").click()
    page.goto(portal.url + "/izinler/")
    page.get_by_label("Telefon numarası ya da e-posta adresi").fill("+90 (532) 999-8877")
    page.get_by_role("button", name="Alıcıyı bul").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("+905329998877")
    assert "905329998877" not in page.url


def export(page: Page, folder: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Bu listeyi indir (CSV)").click()
    file = folder / "liste.csv"
    download.value.save_as(file)
    assert len(file.read_text(encoding="utf-8-sig").splitlines()) == ROWS + 2
