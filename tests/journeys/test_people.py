"""Who may act for a company: invited, accepted, given another role, taken out, by people who use no mouse."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.company import company
from tests.journeys.conftest import Portal, log_in, log_in_as_staff
from tests.journeys.keyboard import choose, confirm, download, follow, mark, press, write
from tests.journeys.mails import link_in_mail

CODES = {"script": 880_034, "no script": 880_036}
OWNER, INVITED = "10000000214", "10000000382"


def title_of(code: int) -> str:
    return f"Davetli {code} A.Ş."


@pytest.fixture
def code(request: pytest.FixtureRequest) -> int:
    """The company's İYS number: each of the two browsers has a company of its own."""
    return CODES[request.node.callspec.params["context"]]


@pytest.fixture
def database(portal: Portal, code: int) -> Iterator[psycopg.Connection]:
    """A company of its own; its memberships end with the journey, so that the invited person is nobody again."""
    with company(portal, code=code, title=title_of(code), email="bilgi@davetli.example") as connection:
        yield connection


def enter_edevlet(page: Page, tckn: str) -> None:
    page.get_by_label("T.C. Kimlik No").fill(tckn)
    page.get_by_label("e-Devlet Şifresi", exact=False).last.fill("demo")
    page.get_by_role("button", name="Sisteme Giriş Yap").click()


@pytest.mark.usefixtures("database")
def test_invited_accepted_changed_and_removed(
    page: Page, somebody: Callable[[], Page], portal: Portal, code: int, screenshots: Path
) -> None:
    log_in(page, portal, OWNER)
    follow(page.get_by_role("button", name=title_of(code)))
    page.goto(f"{portal.url}/isyerim/")
    page.screenshot(path=screenshots / "company.png", full_page=True)
    address = f"davetli{code}@ornek.example"
    invite(page, address, screenshots)

    link = link_in_mail(portal, address, about="davet edildiniz", link=r"/davet/\?kod=[\w-]+")
    page.goto(link)
    expect(page.get_by_text("Bu davet başka bir kişiye gönderilmiş.")).to_be_visible()

    viewer = somebody()
    viewer.goto(link)
    enter_edevlet(viewer, INVITED)
    expect(viewer.get_by_role("heading", level=1)).to_have_text("Daveti kabul ediyor musunuz?")
    viewer.screenshot(path=screenshots / "invitation.png", full_page=True)
    follow(viewer.get_by_role("button", name="Daveti kabul et"))
    reads_and_no_more(viewer, portal, code, screenshots)
    looks_after_own_things(viewer, somebody(), portal)

    people = f"{portal.url}/isyerim/yetkililer/"
    page.goto(people)
    theirs = page.get_by_role("row").filter(has_text="Güneşdoğdu")
    follow(theirs.get_by_role("link", name="Görevi değiştir"))
    mark(page.get_by_role("radio", name=re.compile("^Hesap Yöneticisi")))
    follow(page.get_by_role("button", name="Görevi değiştir"))
    expect(theirs).to_contain_text("Hesap Yöneticisi")
    viewer.goto(f"{portal.url}/markalar/")
    expect(viewer.get_by_role("link", name="Marka ekle")).to_be_visible()

    press(page.get_by_role("link", name="Yetkiyi kaldır: Ömer Çağlayansoy"))
    expect(page.locator("[data-confirm]")).to_contain_text("en az bir Hesap Sahibi olmalıdır")
    expect(page.locator("[data-confirm]").get_by_role("button")).to_have_count(0)
    page.goto(people)
    confirm(theirs.get_by_role("link", name="Yetkiyi kaldır"), "Yetkiyi kaldır")
    expect(theirs).to_have_count(0)
    viewer.goto(f"{portal.url}/markalar/")
    expect(viewer.get_by_role("main")).to_contain_text("Yetkili olduğunuz bir hizmet sağlayıcı bulunamadı.")

    asks_for_a_change(page, somebody(), portal, title_of(code))
    if code == CODES["script"]:
        warned_and_extended(page, portal, screenshots)


def invite(page: Page, address: str, screenshots: Path) -> None:
    follow(page.get_by_role("link", name="Yetkili kişiler"))
    follow(page.get_by_role("link", name="Kişi davet et"))
    follow(page.get_by_role("button", name="Daveti gönder"))
    expect(page.get_by_test_id("error-summary")).to_be_focused()
    expect(page.get_by_test_id("error-summary")).to_contain_text("T.C. Kimlik No yazın.")
    write(page.get_by_label("T.C. Kimlik No"), INVITED)
    write(page.get_by_label("Ad", exact=True), "Şule")
    write(page.get_by_label("Soyad", exact=True), "Güneşdoğdu")
    write(page.get_by_label("E-posta", exact=True), address)
    mark(page.get_by_role("radio", name=re.compile("^Görüntüleyici")))
    page.screenshot(path=screenshots / "invite.png", full_page=True)
    follow(page.get_by_role("button", name="Daveti gönder"))
    expect(page.get_by_role("heading", name="Bekleyen davetler")).to_be_visible()
    page.screenshot(path=screenshots / "people.png", full_page=True)


def reads_and_no_more(viewer: Page, portal: Portal, code: int, screenshots: Path) -> None:
    expect(viewer.get_by_role("heading", level=1)).to_have_text("Marka Yönetimi")
    expect(viewer.get_by_test_id("iys-no")).to_have_text(str(code))
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


def looks_after_own_things(page: Page, elsewhere: Page, portal: Portal) -> None:
    """What to be written about, what is held about oneself, and a session left open on another computer."""
    page.goto(f"{portal.url}/isyerim/")
    follow(page.get_by_role("link", name="Bildirim tercihlerim"))
    write(page.get_by_label("Bildirim e-postanız"), "sule@ornek.example")
    follow(page.get_by_role("button", name="Tercihleri kaydet"))
    expect(page.get_by_test_id("notice")).to_be_visible()
    page.goto(f"{portal.url}/isyerim/kisisel-verilerim/")
    assert "Güneşdoğdu" in str(json.loads(download(page.get_by_role("link", name="Verilerimi indir"))))

    log_in(elsewhere, portal, INVITED)
    page.goto(f"{portal.url}/isyerim/oturumlar/")
    follow(page.get_by_role("button", name="Diğer bütün oturumları kapat"))
    expect(page.get_by_text("Başka açık oturumunuz yok.")).to_be_visible()
    elsewhere.goto(f"{portal.url}/markalar/")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Oturumunuz sona erdi")


def asks_for_a_change(page: Page, administrator: Page, portal: Portal, title: str) -> None:
    """Another telephone number, typed wrongly at first; an administrator applies it."""
    page.goto(f"{portal.url}/isyerim/")
    follow(page.get_by_role("link", name="Bilgileri değiştirme talebi"))
    choose(page.get_by_label("Değişecek bilgi"), "Telefon")
    write(page.get_by_label("Yeni değer"), "123")
    write(page.get_by_label("Gerekçe"), "Yeni santral")
    follow(page.get_by_role("button", name="Talebi gönder"))
    expect(page.get_by_test_id("error-summary")).to_contain_text("Telefonu alan koduyla yazın")
    write(page.get_by_label("Yeni değer"), "0312 218 30 00")
    follow(page.get_by_role("button", name="Talebi gönder"))
    request = page.get_by_role("row").filter(has_text="+903122183000")
    expect(request).to_contain_text("İnceleniyor")

    log_in_as_staff(administrator, portal, "yonetici", "/yonetim/accounts/companychange/")
    follow(administrator.locator("#result_list").get_by_role("link", name=title))
    follow(administrator.get_by_role("link", name="Uygula"))
    follow(administrator.get_by_role("button", name="Uygula"))
    expect(administrator.locator(".errornote")).to_be_visible()
    write(administrator.get_by_label("Gerekçe"), "Ticaret sicili gazetesi")
    follow(administrator.get_by_role("button", name="Uygula"))
    expect(administrator.locator(".messagelist")).to_contain_text("Telefon güncellendi")
    page.reload()
    expect(request).to_contain_text("Uygulandı")
    expect(page.locator("dl").first).to_contain_text("+903122183000")


def warned_and_extended(page: Page, portal: Portal, screenshots: Path) -> None:
    """Let the session come to its end on the page's own clock: it warns, and the keyboard extends the session."""
    page.clock.install()
    page.goto(f"{portal.url}/isyerim/oturumlar/")
    warning = page.locator("#oturum-uyarisi")
    expect(warning).to_be_hidden()
    seconds = int(warning.get_attribute("data-seconds") or 0)  # a minute may have gone by since it was noted
    page.clock.fast_forward((seconds - 110) * 1000)
    expect(warning).to_contain_text("Oturumunuz 2 dakika içinde kapanacak.")
    page.screenshot(path=screenshots / "warning.png", full_page=True)
    press(page.get_by_role("button", name="Oturumu uzat"))
    expect(warning).to_be_hidden()
    page.clock.fast_forward("21:00")
    expect(warning).to_contain_text("Oturumunuz sona erdi.")
    expect(page.get_by_role("link", name="Yeniden giriş yap")).to_be_visible()
