"""An API account is made, called with, given other addresses, another secret and one brand, and ended, by keyboard."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, log_in
from tests.journeys.keyboard import confirm, follow, tick, write
from tests.journeys.programs import call, forget, secret_shown, token_of

IYS_CODE, OTHER_BRAND = 675400, 675403
BRANDS = f"/sps/{IYS_CODE}/brands"
ELSEWHERE = "203.0.113.0/24"


def reload_until_there(page: Page, test_id: str) -> None:
    """Look again for some seconds: calls are written down a moment after they were answered."""
    for _ in range(20):
        if page.get_by_test_id(test_id).count():
            return
        page.wait_for_timeout(250)
        page.reload()


def test_made_called_changed_seen_and_ended(page: Page, portal: Portal, screenshots: Path) -> None:
    name = f"Mağaza {uuid4().hex[:6]}"
    log_in(page, portal, "10000000214")
    follow(page.get_by_role("button", name="Deneme Ticaret"))
    page.goto(f"{portal.url}/isyerim/")
    follow(page.get_by_role("link", name="API hesapları"))
    follow(page.get_by_role("link", name="Yeni API hesabı").first)
    write(page.get_by_label("Hesap adı"), name)
    write(page.get_by_label("İzin verilen IP adresleri"), f"{ELSEWHERE}\nmağaza")
    follow(page.get_by_role("button", name="Hesabı oluştur"))
    expect(page.get_by_test_id("error-summary")).to_contain_text("“mağaza” bir IP adresi ya da CIDR bloğu değil.")
    write(page.get_by_label("İzin verilen IP adresleri"), ELSEWHERE)
    follow(page.get_by_role("button", name="Hesabı oluştur"))
    page.screenshot(path=screenshots / "secret.png", full_page=True)
    first = secret_shown(page)
    assert token_of(portal, first).status_code == 400

    follow(page.get_by_role("link", name="IP adreslerini değiştir"))
    write(page.get_by_label("İzin verilen IP adresleri"), f"{ELSEWHERE}\n127.0.0.1")
    follow(page.get_by_role("button", name="Adresleri kaydet"))
    expect(page.get_by_role("main")).to_contain_text(f"{ELSEWHERE}, 127.0.0.1")
    forget()
    token = token_of(portal, first).json()["access_token"]
    assert call(portal, token, BRANDS).status_code == 200

    follow(page.get_by_role("link", name="Şifreyi yenile"))
    follow(page.get_by_role("button", name="Şifreyi yenile"))
    second = secret_shown(page)
    forget()
    assert call(portal, token, BRANDS).status_code == 401
    assert token_of(portal, first).status_code == 400
    token = token_of(portal, second).json()["access_token"]
    answer = call(portal, token, BRANDS)
    assert IYS_CODE in [brand["brandCode"] for brand in answer.json()]

    follow(page.get_by_role("link", name="Markaları değiştir"))
    tick(page.get_by_role("checkbox", name=re.compile(str(OTHER_BRAND))))
    page.screenshot(path=screenshots / "brands.png", full_page=True)
    follow(page.get_by_role("button", name="Markaları kaydet"))
    expect(page.get_by_test_id("own-brands")).to_contain_text(str(OTHER_BRAND))
    forget()
    assert [brand["brandCode"] for brand in call(portal, token, BRANDS).json()] == [OTHER_BRAND]

    follow(page.get_by_role("link", name="İstek günlüğü"))
    write(page.get_by_label("İstek no ile ara"), answer.headers["X-Request-Id"])
    follow(page.get_by_role("button", name="Ara", exact=True))
    reload_until_there(page, "api-request")
    expect(page.get_by_test_id("api-request")).to_have_count(1)
    expect(page.get_by_test_id("api-request")).to_contain_text(BRANDS)

    follow(page.get_by_role("link", name=name).first)
    confirm(page.get_by_role("link", name="Hesabı iptal et"), "Hesabı iptal et")
    expect(page.get_by_text(f"“{name}” iptal edildi")).to_be_visible()
    forget()
    assert call(portal, token, BRANDS).status_code == 401
    assert token_of(portal, second).status_code == 400
