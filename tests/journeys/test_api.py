"""An owner makes an API account, a program calls with it; it is for one brand only, its calls are seen, it ends."""

import re
import time
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Portal, log_in

IYS_CODE, OTHER_BRAND = 675400, 675403


def token_of(portal: Portal, username: str, password: str) -> httpx.Response:
    fields = {"username": username, "password": password, "grant_type": "password"}
    return httpx.post(f"{portal.url}/oauth2/token", json=fields, timeout=30)


def brands(portal: Portal, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{portal.url}/sps/{IYS_CODE}/brands", headers=headers, timeout=30)


def test_made_called_seen_and_ended(page: Page, portal: Portal, screenshots: Path) -> None:
    name = f"Mağaza {uuid4().hex[:6]}"
    log_in(page, portal, "10000000214")
    page.get_by_role("button", name=re.compile("Deneme Ticaret")).click()
    page.goto(f"{portal.url}/isyerim/")
    page.get_by_role("link", name="API hesapları").click()
    page.get_by_role("link", name="Yeni API hesabı").first.click()
    page.get_by_label("Hesap adı").fill(name)
    page.get_by_role("button", name="Hesabı oluştur").click()
    username, password = (page.get_by_test_id(f"api-{part}").inner_text() for part in ("username", "secret"))
    page.screenshot(path=screenshots / "secret.png", full_page=True)

    token = token_of(portal, username, password).json()["access_token"]
    answer = brands(portal, token)
    assert answer.status_code == 200
    assert IYS_CODE in [brand["brandCode"] for brand in answer.json()]

    page.get_by_role("link", name="Kaydettim").click()
    page.get_by_role("link", name="Markaları değiştir").click()
    page.get_by_role("checkbox", name=re.compile(str(OTHER_BRAND))).check()
    page.screenshot(path=screenshots / "brands.png", full_page=True)
    page.get_by_role("button", name="Markaları kaydet").click()
    expect(page.get_by_test_id("own-brands")).to_contain_text(str(OTHER_BRAND))
    time.sleep(1)  # so long may a process remember what the account could do
    assert [brand["brandCode"] for brand in brands(portal, token).json()] == [OTHER_BRAND]

    page.get_by_role("link", name="İstek günlüğü").click()
    page.get_by_label("İstek no ile ara").fill(answer.headers["X-Request-Id"])
    page.get_by_role("button", name="Ara", exact=True).click()
    expect(page.get_by_test_id("api-request")).to_have_count(1)
    expect(page.get_by_test_id("api-request")).to_contain_text(f"/sps/{IYS_CODE}/brands")

    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name="Hesabı iptal et").click()
    page.get_by_role("button", name="Hesabı iptal et").click()
    expect(page.get_by_text(f"“{name}” iptal edildi")).to_be_visible()
    time.sleep(1)
    assert brands(portal, token).status_code == 401
    assert token_of(portal, username, password).status_code == 400
