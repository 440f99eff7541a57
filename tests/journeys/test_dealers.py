"""A dealer (bayi) is added; a file with faults is sent and corrected; a dealer sleeps and is deleted. No mouse."""

import csv
import io
import re
import time

from playwright.sync_api import Page, expect

from brands.rules import LABELS
from iys_portal.shared.tables import csv_bytes
from tests import factories
from tests.journeys.conftest import Portal, log_in
from tests.journeys.keyboard import attach, choose, confirm, download, follow, write


def test_one_dealer_and_a_file_of_them(page: Page, portal: Portal) -> None:
    seed = time.time_ns() % 10**8
    log_in(page, portal)
    page.goto(f"{portal.url}/markalar/661836/")
    follow(page.get_by_role("link", name="+ BAYİ EKLE"))
    adds_one(page, seed)
    page.goto(f"{portal.url}/markalar/661836/bayi/")
    follow(page.get_by_role("link", name="Dosyayla ekle"))
    sends_a_file(page, seed)
    page.goto(f"{portal.url}/markalar/661836/bayi/?ara=Dosya Bayi {seed}")
    expect(page.get_by_role("link", name=f"Dosya Bayi {seed}")).to_have_count(2)
    follow(page.get_by_role("link", name=f"Dosya Bayi {seed} 1"))
    for act, told in (("Pasif yap", "pasif yapıldı."), ("Bayiyi sil", "silindi.")):
        confirm(page.get_by_role("link", name=act), act)
        expect(page.get_by_test_id("notice")).to_contain_text(told)


def adds_one(page: Page, seed: int) -> None:
    for name, text in [
        ("title", f"Klavye Bayi {seed}"),
        ("name", "Gökçe Ağaoğlu"),
        ("tckn", factories.make_tckn(seed)),
        ("tin", factories.make_vkn(seed)),
    ]:
        write(page.locator(f"#id_{name}"), text)
    choose(page.locator("#id_city"), "Adana")
    if page.evaluate("typeof htmx === 'undefined'"):
        follow(page.get_by_role("button", name="İlçeleri göster"))
        expect(page.locator("#id_town")).to_be_focused()
        expect(page.locator("#id_title")).to_have_value(f"Klavye Bayi {seed}")
    expect(page.locator("#id_town option").filter(has_text="Aladağ")).to_have_count(1)
    choose(page.locator("#id_town"), "Aladağ")
    follow(page.get_by_role("button", name="Bayiyi ekle"))
    page.wait_for_url(re.compile(r"/661836/bayi/\d{8}/$"))
    code = page.url.rstrip("/").rpartition("/")[2]
    expect(page.get_by_test_id("notice")).to_have_text(re.compile(rf"Klavye Bayi {seed} eklendi\. Bayi kodu: {code}"))
    expect(page.get_by_role("main")).to_contain_text("Adana / Aladağ")


def row(seed: int, number: int, **changes: str) -> tuple[str, ...]:
    """Return the cells of a dealer that nobody else is."""
    cells = {
        "title": f"Dosya Bayi {seed} {number}",
        "name": "Ayşe Örnek",
        "tckn": factories.make_tckn(seed + number),
        "tin": factories.make_vkn(seed + number),
        "city": "İstanbul",
        "town": "Şişli",
    }
    return tuple((dict.fromkeys(LABELS, "") | cells | changes).values())


def sends_a_file(page: Page, seed: int) -> None:
    """A program that is named like a file is refused; of a file the good row is added, the other one corrected."""
    check = page.get_by_role("button", name="Dosyayı denetle")
    attach(page.locator("input[type=file]"), "bayiler.xlsx", b"MZ" + bytes(1000))
    follow(check)
    expect(page.get_by_test_id("error-summary")).to_be_focused()
    rows = [tuple(LABELS.values()), row(seed, 1), row(seed, 2, city="Gotham")]
    attach(page.locator("input[type=file]"), "bayiler.csv", csv_bytes(rows))
    follow(check)
    faults = page.get_by_role("table").filter(has_text="1 hata").get_by_role("row").nth(1).get_by_role("cell")
    assert [text.strip() for text in faults.all_inner_texts()][:3] == ["3", LABELS["city"], "H217"]
    bad = download(page.get_by_role("link", name="CSV", exact=True)).decode("utf-8-sig")
    follow(page.get_by_role("button", name="1 bayiyi ekle"))
    expect(page.get_by_test_id("notice")).to_contain_text("1 bayi eklendi.")

    head, faulty = csv.reader(io.StringIO(bad), delimiter=";")
    faulty[head.index(LABELS["city"])] = "İstanbul"
    follow(page.get_by_role("link", name="yeniden yükleyin"))
    attach(page.locator("input[type=file]"), "bayiler-2.csv", csv_bytes([head, faulty]))
    follow(check)
    expect(page.get_by_role("main")).to_contain_text("Dosyada hata yok.")
    follow(page.get_by_role("button", name="1 bayiyi ekle"))
    expect(page.get_by_test_id("notice")).to_contain_text("1 bayi eklendi.")
