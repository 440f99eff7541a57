"""İzin Yönetimi as people use it: find a recipient, read the list, record a movement, take the file along."""

import csv
import io
import itertools
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from brands.models import Brand
from consents import selectors
from consents.enums import Channel, ConsentStatus, RecipientType, Way
from consents.models import Consent, ConsentEvent
from consents.tokens import place_in, place_token, recipient_of, token_of
from iys_portal.audit.models import AuditEvent
from packages.models import Package
from tests import factories
from tests.consents.conftest import Recording
from tests.consents.scene import COLUMNS, MAILS, PHONES, run

PHONE, MAIL = PHONES[0], MAILS[0]
ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET


@pytest.fixture
def browser(
    alice: Person, client_of: Callable[[Person], Client], time_machine: TimeMachineFixture, now: datetime
) -> Client:
    time_machine.move_to(now, tick=False)
    return client_of(alice)


def text_of(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


def wanted(brand: Brand, **changes: str) -> dict[str, str]:
    good = {
        "alici": "0599 200 00 01",
        "marka": str(brand.code),
        "kanal": "MESAJ",
        "durum": "ONAY",
        "alici_tipi": "BIREYSEL",
        "kaynak": "HS_WEB",
        "tarih": "2026-11-23",
        "saat": "10:30",
        "bayi": "",
    }
    return good | changes


@pytest.mark.parametrize("typed", ["0599 200 00 01", "+90 599 200 00 01", "5992000001", "(0599) 200-00-01"])
def test_a_phone_is_found_however_it_is_written(browser: Client, recording: Recording, typed: str) -> None:
    recording()
    answer = browser.post("/izinler/ara/", {"alici": typed}, follow=True)
    assert answer.redirect_chain[0][1] == 302
    assert "599200" not in answer.redirect_chain[0][0]
    assert "1 izin" in text_of(answer.content)


def test_an_address_in_capitals_is_found(browser: Client, recording: Recording) -> None:
    recording(recipient=MAIL, channel=Channel.EPOSTA)
    answer = browser.post("/izinler/ara/", {"alici": "ALİCİ1@ORNEK.EXAMPLE "}, follow=True)
    assert MAIL in answer.content.decode()
    assert MAIL not in answer.redirect_chain[0][0]


def test_who_has_no_record_is_told(browser: Client) -> None:
    answer = browser.post("/izinler/ara/", {"alici": PHONES[1]}, follow=True)
    assert "Bu alıcı için izin kaydı yok" in answer.content.decode()


def test_what_is_no_recipient_is_told(browser: Client) -> None:
    for typed in ("", "Ayşe", "0532 123"):
        answer = browser.post("/izinler/ara/", {"alici": typed})
        assert (answer.status_code, 'data-testid="error-summary"' in answer.content.decode()) == (200, True)


def test_tokens_are_good_for_one_provider_and_purpose() -> None:
    token = token_of(1, PHONE)
    assert (recipient_of(1, token), recipient_of(2, token), place_in(1, token)) == (PHONE, None, None)
    place = (PHONE, 5, 2, 1)
    assert (place_in(1, place_token(1, place)), place_in(2, place_token(1, place))) == (place, None)
    for forged in ("", "x", "ğ", token[:-4], token[:-3] + "AAA"):
        assert recipient_of(1, forged) is None


def test_a_rivals_token_does_not_exist(browser: Client, bob: Person, client_of: Callable[[Person], Client]) -> None:
    rival = Membership.objects.get(person=bob).provider_id
    url = f"/izinler/alici/{token_of(rival, PHONE)}/"
    assert (client_of(bob).get(url).status_code, browser.get(url).status_code) == (200, 404)


def test_the_page_of_a_recipient_tells_state_and_history(
    browser: Client, provider: Provider, alice: Person, recording: Recording
) -> None:
    recording(ago=60)
    recording(RET, ago=30)
    text = text_of(browser.get(f"/izinler/alici/{token_of(provider.pk, PHONE)}/").content)
    assert "Mesaj: RET. Kaynak: Web sitesi, izin tarihi 23.11.2026 11:30, kayıt için son gün 26.11.2026" in text
    assert f"23.11.2026 12:00 · {alice.get_full_name()}, İzin Yönetimi ekranı" in text
    assert text.index("Mesaj: ONAY") < text.index("Mesaj: RET")
    assert "en eski izin 18.11.2026 00:00" in text


def test_older_movements_are_a_page_away(
    browser: Client, provider: Provider, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consents.views.HISTORY", 2)
    recording(ago=50, channel=Channel.ARAMA)
    for ago in (90, 80, 70, 60):
        recording(ago=ago)
    url, pages = f"/izinler/alici/{token_of(provider.pk, PHONE)}/", []
    for _ in range(3):
        page = browser.get(url).content.decode()
        pages.append(re.findall(r"izin tarihi 23.11.2026 (\d\d:\d\d)", page))
        older = re.search(r'href="([^"]+\?once=\d+)#gecmis"', page)
        url = older[1] if older else ""
    assert pages == [["10:50", "11:00"], ["10:30", "10:40"], ["11:10"]]
    assert (url, "Son hareketlere dön" in page) == ("", True)
    first = text_of(browser.get(f"/izinler/alici/{token_of(provider.pk, PHONE)}/?once=x").content)
    assert "Son 2 hareket gösteriliyor. Daha eskileri göster" in first


def test_the_list_is_filtered_and_paged(
    browser: Client, provider: Provider, brand: Brand, recording: Recording
) -> None:
    run(
        f"INSERT INTO consent {COLUMNS} SELECT %s, '+90599200' || lpad(n::text, 4, '0'), %s, 2, 1, 1, now(), 8"
        " FROM generate_series(1, 51) AS n",
        provider.pk,
        brand.pk,
    )
    recording(recipient=MAIL, channel=Channel.EPOSTA)
    first = browser.get(f"/izinler/liste/?marka={brand.code}&kanal=MESAJ&durum=ONAY")
    page = first.content.decode()
    assert ("+905992000050" in page, "+905992000051" in page, "51 izin" in text_of(first.content)) == (
        True,
        False,
        True,
    )
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert "5992" not in following[1]
    second = browser.get("/izinler/liste/" + following[1].replace("&amp;", "&")).content.decode()
    assert ("+905992000050" in second, "+905992000051" in second, 'rel="next"' in second) == (False, True, False)
    assert "Başa dön" in second
    assert "Eşleşen izin yok" in browser.get("/izinler/liste/?durum=RET").content.decode()
    unread = browser.get("/izinler/liste/?kanal=x&marka=9&sonra=y").content
    assert "52 izin" in text_of(unread)


def test_a_long_search_is_gone_on_with(
    browser: Client, brand: Brand, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        recording(recipient=f"+90599200010{number}", channel=Channel.ARAMA if number == 3 else Channel.MESAJ)
    monkeypatch.setattr(selectors, "SCANNED", 2)
    page, found = browser.get("/izinler/liste/?kanal=ARAMA").content.decode(), []
    while following := re.search(r'rel="next" href="([^"]+)">([^<]+)<', page):
        found.append((following[2], "Buraya kadar eşleşen izin yok" in page, "+905992000103" in page))
        page = browser.get("/izinler/liste/" + following[1].replace("&amp;", "&")).content.decode()
    assert found == [("Aramayı sürdür", True, False), ("Aramayı sürdür", False, True)]
    assert ("Başka eşleşen izin yok" in page, "Başa dön" in page) == (True, True)
    assert "En az 2 izin" in text_of(browser.get("/izinler/liste/?kanal=MESAJ").content)


def test_an_empty_list_says_what_to_do(browser: Client) -> None:
    page = browser.get("/izinler/liste/").content.decode()
    assert ("Henüz izniniz yok" in page, "İlk izni ekle" in page) == (True, True)
    overview = browser.get("/izinler/").content.decode()
    assert ("Henüz markanız yok" in overview, 'href="/markalar/ekle/">Marka ekle' in overview) == (True, True)


def test_who_may_only_look_is_offered_nothing_to_add(browser: Client, provider: Provider, alice: Person) -> None:
    Membership.objects.filter(person=alice).update(role=Role.VIEWER)
    recipient = f"/izinler/alici/{token_of(provider.pk, PHONE)}/"
    pages = {path: browser.get(path).content.decode() for path in ("/izinler/", "/izinler/liste/", recipient)}
    assert [title in pages[path] for path, title in EMPTY.items()] == [True, True]
    assert "Bu alıcı için izin kaydı yok" in pages[recipient]
    for page in pages.values():
        assert ("/izinler/ekle/" in page, "/markalar/ekle/" in page) == (False, False)


EMPTY = {"/izinler/": "Henüz markanız yok", "/izinler/liste/": "Henüz izniniz yok"}


def test_the_file_holds_what_is_filtered(browser: Client, brand: Brand, recording: Recording, bob: Person) -> None:
    recording()
    recording(recipient=MAIL, channel=Channel.EPOSTA, kind=RecipientType.TACIR, source=None, ago=None)
    answer = browser.get("/izinler/liste/izinler.csv?kanal=EPOSTA")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")), delimiter=";"))
    assert rows[1:] == [[MAIL, str(brand.code), brand.name, "EPOSTA", "TACIR", "ONAY", "", ""]]
    everything = b"".join(browser.get("/izinler/liste/izinler.csv")).decode("utf-8-sig").splitlines()
    assert everything[1].startswith(f"{PHONE};{brand.code};")
    assert everything[1].endswith(";MESAJ;BIREYSEL;ONAY;HS_WEB;2026-11-23 11:00:00")
    assert len(everything) == 3


def test_a_movement_is_shown_before_it_is_recorded(
    browser: Client, provider: Provider, brand: Brand, alice: Person
) -> None:
    answer = browser.post("/izinler/ekle/", wanted(brand))
    text = text_of(answer.content)
    assert "Bu adres ONAY olacak" in text
    assert "Adres sayınız şimdi 0; kayıttan sonra 1 olacak." in text
    assert not Consent.objects.filter(provider_id=provider.pk).exists()
    done = browser.post("/izinler/ekle/", wanted(brand, onay="1"), follow=True)
    assert "İzin kaydedildi: Onay." in done.content.decode()
    event = ConsentEvent.objects.get(provider_id=provider.pk)
    assert (event.recipient, event.person_id, event.way) == (PHONE, alice.pk, Way.SCREEN)
    again = browser.post("/izinler/ekle/", wanted(brand, onay="1"), follow=True)
    assert "ikinci kez kaydedilmedi" in again.content.decode()
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 1


def test_who_waits_too_long_is_told_why(browser: Client, provider: Provider, brand: Brand) -> None:
    """A bulk job holds the provider's lock for longer than anybody may wait."""
    started, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(address_lock(%s, 0))", [provider.pk])
            started.set()
            done.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        try:
            assert started.wait(10)
            run("SET LOCAL lock_timeout = '50ms'")
            page = browser.post("/izinler/ekle/", wanted(brand, onay="1"))
        finally:
            done.set()
            holding.result(10)
    text = page.content.decode()
    assert (page.status_code, "Şu anda toplu yükleme sürüyor; izin kaydedilmedi." in text) == (200, True)
    assert ('data-testid="error-summary"' in text, 'value="0599 200 00 01"' in text) == (True, True)
    run("SET LOCAL lock_timeout = '10s'")
    done_then = browser.post("/izinler/ekle/", wanted(brand, onay="1"), follow=True)
    assert "İzin kaydedildi: Onay." in done_then.content.decode()


def test_the_dealer_is_shown_before_it_is_recorded(browser: Client, brand: Brand) -> None:
    dealer = factories.RetailerFactory.create(brand=brand, title="Şişli Bayi")
    page = browser.post("/izinler/ekle/", wanted(brand, bayi=str(dealer.code))).content
    assert f"Bayi Şişli Bayi {dealer.code}" in text_of(page)
    assert "Bayi" not in text_of(browser.post("/izinler/ekle/", wanted(brand)).content).split("Kaynak ve tarih")[1]


def test_a_refusal_says_what_follows(browser: Client, brand: Brand, recording: Recording) -> None:
    recording(ago=120)
    text = text_of(browser.post("/izinler/ekle/", wanted(brand, durum="RET")).content)
    assert "Bu adres RET olacak" in text
    assert "gönderemezsiniz" in text
    assert "Adres sayınız şimdi 1; kayıttan sonra 0 olacak." in text


def test_correcting_keeps_the_values(browser: Client, brand: Brand) -> None:
    page = browser.post("/izinler/ekle/", wanted(brand, duzelt="1")).content.decode()
    assert 'value="0599 200 00 01"' in page
    assert 'data-testid="consent-form"' in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"alici": "0599"}, "H121"),
        ({"alici": ""}, "H114"),
        ({"kanal": ""}, "H111"),
        ({"kanal": "EPOSTA"}, "H120"),
        ({"durum": ""}, "H110"),
        ({"kaynak": ""}, "H113"),
        ({"kaynak": "HS_KARAR"}, "H408"),
        ({"tarih": "", "saat": ""}, "H112"),
        ({"tarih": "2026-11-17"}, "H467"),
        ({"tarih": "2026-11-24"}, "H162"),
        ({"durum": "RET"}, "H175"),
        ({"bayi": "99999999"}, "H180"),
        ({"saat": ""}, "İznin alındığı saati yazın"),
        ({"saat": "", "alici_tipi": "TACIR"}, "İznin alındığı günü ve saati birlikte yazın."),
        ({"tarih": "31.02.2026"}, "Tarihi gün.ay.yıl olarak yazın"),
        ({"alici": "x", "kaynak": "", "tarih": "2026-11-24"}, "H162"),
        ({"marka": ""}, "İznin hangi marka için alındığını seçin."),
        ({"kaynak": "IYS_WEB"}, "IYS_WEB"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(browser: Client, brand: Brand, changes: dict[str, str], said: str) -> None:
    for step in ({}, {"onay": "1"}):
        page = browser.post("/izinler/ekle/", wanted(brand, **changes, **step)).content.decode()
        assert said in page
        assert 'data-testid="error-summary"' in page
    assert not ConsentEvent.objects.filter(provider_id=brand.provider_id).exists()


def test_another_providers_brand_is_no_choice(browser: Client, brand: Brand) -> None:
    rival = factories.BrandFactory.create()
    page = browser.post("/izinler/ekle/", wanted(brand, marka=str(rival.code), onay="1")).content.decode()
    assert 'data-testid="error-summary"' in page
    assert not ConsentEvent.objects.filter(brand_id=rival.pk).exists()


def test_a_passive_brand_takes_no_consents(
    browser: Client, provider: Provider, brand: Brand, recording: Recording
) -> None:
    """Neither an approval nor a refusal, as over the API."""
    recording()
    factories.BrandFactory.create(provider=provider, name="Aktif")
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    assert "Değiştir:" not in browser.get(f"/izinler/alici/{token_of(provider.pk, PHONE)}/").content.decode()
    for status in ("ONAY", "RET"):
        page = browser.post("/izinler/ekle/", wanted(brand, durum=status, onay="1")).content.decode()
        assert ('data-testid="error-summary"' in page, f'<option value="{brand.code}"' in page) == (True, False)
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 1


def test_a_full_package_is_told_before(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    Package.objects.filter(slug="ileti-5").update(max_addresses=0)
    factories.subscription(provider, "ileti-5", now=now)
    page = browser.post("/izinler/ekle/", wanted(brand)).content.decode()
    assert "H525" in page
    assert "Paket Yönetimi" in page


def test_the_form_is_filled_in_from_the_recipients_page(
    browser: Client, provider: Provider, brand: Brand, recording: Recording
) -> None:
    recording()
    page = browser.get(f"/izinler/alici/{token_of(provider.pk, PHONE)}/").content.decode()
    link = re.search(r'href="(/izinler/ekle/\?alici=[^"]+marka=[^"]+)"', page)
    assert link is not None
    form = browser.get(link[1].replace("&amp;", "&")).content.decode()
    assert f'value="{PHONE}"' in form
    assert re.search(r'value="RET"[^>]*checked', form)
    assert re.search(r'value="MESAJ" selected', form)


def test_what_took_long_to_count_is_not_counted_for_each_page(
    browser: Client, brand: Brand, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", itertools.count(1000.0).__next__)
    recording()
    monkeypatch.setattr(settings, "COUNTED_SECONDS", 60)
    for page in ("/izinler/", "/markalar/", f"/markalar/{brand.code}/"):
        with CaptureQueriesContext(connection) as first:
            browser.get(page)
        with CaptureQueriesContext(connection) as second:
            assert browser.get(page).status_code == 200
        counting = [sum('FROM "consent"' in query["sql"] for query in asked) for asked in (first, second)]
        assert (page, counting[1]) == (page, 0)
        assert counting[0] <= 1


def test_who_takes_the_list_along_stands_in_the_audit_trail(
    browser: Client, provider: Provider, brand: Brand, alice: Person, recording: Recording
) -> None:
    recording()
    browser.get(f"/izinler/liste/izinler.csv?marka={brand.code}&durum=ONAY")
    event = AuditEvent.objects.get(action="consents_exported")
    assert (event.actor_id, event.provider_id, event.object_id) == (alice.pk, provider.pk, str(provider.pk))
    assert event.detail == {"brand": brand.code, "channel": None, "status": "ONAY"}


def queries(browser: Client, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert browser.get(url).status_code == 200
    return len(caught)


def test_lists_take_the_same_number_of_queries(browser: Client, provider: Provider, recording: Recording) -> None:
    pages = ["/izinler/", "/izinler/liste/", f"/izinler/alici/{token_of(provider.pk, PHONE)}/"]
    recording(ago=100)
    one = [queries(browser, page) for page in pages]
    for number in (1, 2):
        other = factories.BrandFactory.create(provider=provider)
        recording(brand=other, ago=90)
        recording(recipient=PHONES[1], ago=90 - number)
        recording(RET, ago=90 - number) if number == 1 else recording(ago=80)
    assert [queries(browser, page) for page in pages] == one
