"""A dealer (bayi) is added by keyboard alone, in the browser with script and in the one without."""

import re
import time

from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.conftest import Portal, log_in
from tests.journeys.test_more_journeys import press


def test_a_dealer_is_added_by_keyboard(page: Page, portal: Portal) -> None:
    seed = time.time_ns() % 10**8
    log_in(page, portal)
    page.goto(f"{portal.url}/markalar/")
    press(page, "Enter", "a[href='/markalar/661836/bayi/ekle/'], a[href='/markalar/661836/bayi/']")
    page.wait_for_url("**/661836/bayi/**")
    if not page.url.endswith("/ekle/"):
        press(page, "Enter", "a[href='/markalar/661836/bayi/ekle/']")
        page.wait_for_url("**/661836/bayi/ekle/")
    for name, text in [
        ("title", f"Klavye Bayi {seed}"),
        ("name", "Gökçe Ağaoğlu"),
        ("tckn", factories.make_tckn(seed)),
        ("tin", factories.make_vkn(seed)),
    ]:
        press(page, "Space", f"#id_{name}")
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    press(page, "ArrowDown", "#id_city")
    page.locator("#id_city").select_option(label="İstanbul")
    if page.evaluate("typeof htmx !== 'undefined'"):
        expect(page.locator("#id_town option")).to_have_count(40)
    else:
        press(page, "Enter", "button[name=ilceler]")
        expect(page.locator("#id_title")).to_have_value(f"Klavye Bayi {seed}")
    page.locator("#id_town").select_option(label="Şişli")
    press(page, "Enter", "main form.panel .form-actions button[type=submit]")
    page.wait_for_url(re.compile(r"/661836/bayi/\d{8}/$"))
    code = page.url.rstrip("/").rpartition("/")[2]
    expect(page.get_by_test_id("notice")).to_have_text(re.compile(rf"Klavye Bayi {seed} eklendi\. Bayi kodu: {code}"))
    expect(page.get_by_role("main")).to_contain_text("İstanbul / Şişli")
