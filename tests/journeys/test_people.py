"""An owner invites somebody, who logs in by e-Devlet, accepts, and may read what a Görüntüleyici may and no more."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import PATIENCE, Portal, log_in

TITLE = "Davetli Ticaret A.Ş."
CODE = 880034
INVITED = "davetli@ornek.example"


@pytest.fixture
def database(portal: Portal) -> Iterator[psycopg.Connection]:
    """A company of its own; its memberships end with the journey, so that the invited person is nobody again."""
    with company(portal, code=CODE, title=TITLE, email="bilgi@davetli.example") as connection:
        yield connection


def new_page(chromium: Browser) -> Page:
    context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul")
    context.set_default_timeout(PATIENCE)
    return context.new_page()


def link_in_mail(portal: Portal) -> str:
    """Wait for the worker to send the invitation; return its link."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        for file in (portal.data / "mail").glob("*.log"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if mail["To"] == INVITED:
                body = mail.get_body(("plain",))
                found = re.search(r"http\S+/davet/\?kod=[\w-]+", body.get_content() if body else "")
                if found:
                    return found[0]
        time.sleep(0.5)
    pytest.fail("the invitation was not sent")


def enter_edevlet(page: Page, tckn: str) -> None:
    page.get_by_label("T.C. Kimlik No").fill(tckn)
    page.get_by_label("e-Devlet Şifresi", exact=False).last.fill("demo")
    page.get_by_role("button", name="Sisteme Giriş Yap").click()


def test_invited_accepted_and_reading_only(
    chromium: Browser, portal: Portal, database: psycopg.Connection, screenshots: Path
) -> None:
    owner = new_page(chromium)
    log_in(owner, portal, "10000000214")
    owner.get_by_role("button", name=re.compile(TITLE)).click()
    owner.goto(f"{portal.url}/isyerim/")
    owner.screenshot(path=screenshots / "company.png", full_page=True)
    owner.get_by_role("link", name="Yetkili kişiler").click()
    owner.get_by_role("link", name="Kişi davet et").click()
    owner.get_by_role("button", name="Daveti gönder").click()
    expect(owner.get_by_test_id("error-summary")).to_contain_text("T.C. Kimlik No yazın.")
    owner.get_by_label("T.C. Kimlik No").fill("10000000382")
    owner.get_by_label("Ad", exact=True).fill("Şule")
    owner.get_by_label("Soyad", exact=True).fill("Güneşdoğdu")
    owner.get_by_label("E-posta", exact=True).fill(INVITED)
    owner.get_by_role("radio", name=re.compile("^Görüntüleyici")).check()
    owner.screenshot(path=screenshots / "invite.png", full_page=True)
    owner.get_by_role("button", name="Daveti gönder").click()
    expect(owner.get_by_role("heading", name="Bekleyen davetler")).to_be_visible()
    owner.screenshot(path=screenshots / "people.png", full_page=True)

    link = link_in_mail(portal)
    owner.goto(link)
    expect(owner.get_by_text("Bu davet başka bir kişiye gönderilmiş.")).to_be_visible()

    viewer = new_page(chromium)
    viewer.goto(link)
    enter_edevlet(viewer, "10000000382")
    expect(viewer.get_by_role("heading", level=1)).to_have_text("Daveti kabul ediyor musunuz?")
    viewer.screenshot(path=screenshots / "invitation.png", full_page=True)
    viewer.get_by_role("button", name="Daveti kabul et").click()
    expect(viewer.get_by_role("heading", level=1)).to_have_text("Marka Yönetimi")
    expect(viewer.get_by_test_id("iys-no")).to_have_text(str(CODE))
    expect(viewer.get_by_role("link", name=re.compile("EKLE"))).to_have_count(0)
    viewer.screenshot(path=screenshots / "viewer-brands.png", full_page=True)
    viewer.goto(f"{portal.url}/paket/sec/")
    expect(viewer.get_by_role("link", name=re.compile("^Seç"))).to_have_count(0)
    answer = viewer.goto(f"{portal.url}/paket/ileti-150/")
    assert answer is not None
    assert answer.status == 403
    expect(viewer.get_by_role("main")).to_contain_text(
        "Bu işlem için Hesap Sahibi, Hesap Yöneticisi veya Muhasebe yetkisi gerekir."
    )
    viewer.screenshot(path=screenshots / "forbidden.png", full_page=True)

    warned_and_extended(viewer, portal, screenshots)
    owner.context.close()
    viewer.context.close()


def warned_and_extended(page: Page, portal: Portal, screenshots: Path) -> None:
    """Let 18 minutes pass on the page's own clock: it warns, and a click extends the session."""
    page.clock.install()
    page.goto(f"{portal.url}/isyerim/oturumlar/")
    warning = page.get_by_role("region", name="Oturum uyarısı")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("18:10")
    expect(warning).to_contain_text("Oturumunuz 2 dakika içinde kapanacak.")
    page.screenshot(path=screenshots / "warning.png", full_page=True)
    page.get_by_role("button", name="Oturumu uzat").click()
    expect(warning).to_be_hidden()
    page.clock.fast_forward("21:00")
    expect(warning).to_contain_text("Oturumunuz sona erdi.")
    expect(page.get_by_role("link", name="Yeniden giriş yap")).to_be_visible()
