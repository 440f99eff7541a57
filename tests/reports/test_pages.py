"""Raporlar as people see it: list and filters, a day with its file, the agreement, other companies' days."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.enums import Role
from accounts.models import Person, Provider
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.audit.models import AuditEvent, OutboxMessage
from reports.models import Comparison, DailyFile
from reports.services.daily_files import agree
from reports.services.roll_up import close_days, roll_up
from tests import factories
from tests.reports.conftest import DAY, work
from tests.reports.scene import events
from tests.reports.test_files import found, whole

pytestmark = pytest.mark.django_db
LIST = reverse("reports:overview")


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def client(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def address(brand: Brand, name: str = "day", day: object = DAY, **more: object) -> str:
    return reverse(f"reports:{name}", kwargs={"code": brand.code, "day": str(day), **more})


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_before_there_is_anything(client: Client, provider: Provider) -> None:
    assert "Henüz markanız yok" in text(client, LIST)
    factories.BrandFactory.create(provider=provider)
    assert "Henüz günlük dosya yok" in text(client, LIST)


def test_the_list(client: Client, made: Brand) -> None:
    page = text(client, LIST)
    assert ["22.11.2026" in page, made.name in page, found(made).sha384[:12] in page, "Hazır" in page] == [True] * 4


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 2),
        ("marka={code}", 1),
        ("durum=completed", 2),
        ("durum=error", 0),
        ("ilk=2026-11-22", 1),
        ("son=2026-11-21", 1),
        ("ilk=2015-01-01&son=2026-11-30", 2),
        ("ilk=dün&marka=999&durum=xyz", 2),
    ],
)
def test_filters_stand_in_the_address(client: Client, made: Brand, now: datetime, query: str, shown: int) -> None:
    other = factories.BrandFactory.create(provider=made.provider, state=BrandState.PASSIVE)
    before = DAY - timedelta(days=1)
    DailyFile.objects.create(provider=made.provider, brand=other, day=before, last_seq=1, asked_at=now, rows=1)
    DailyFile.objects.update(state="completed", made_at=now, sha384="a" * 96)
    page = text(client, f"{LIST}?{query.format(code=made.code)}")
    assert page.count('<th scope="row">') == shown
    assert ("Eşleşen günlük dosya yok" in page) == (shown == 0)


def test_as_many_queries_for_three_rows_as_for_one(client: Client, made: Brand, now: datetime) -> None:
    counted = []
    for days in (0, 1, 2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(client, LIST)
        counted.append(len(queries))
        day = DAY - timedelta(days=days + 1)
        DailyFile.objects.create(provider=made.provider, brand=made, day=day, last_seq=1, asked_at=now, rows=1)
    assert counted == [counted[0]] * 3


def test_one_day_and_its_file(client: Client, made: Brand) -> None:
    page, file = text(client, address(made)), found(made)
    assert [file.sha384 in page, "test zaman damgası" in page, "Mutabıkım" in page] == [True] * 3
    answer = client.get(address(made, "file"))
    assert b"".join(answer.streaming_content) == whole(file)  # type: ignore[attr-defined]  # streamed
    assert answer["Content-Disposition"] == f'attachment; filename="{made.code}-2026-11-22.csv"'
    assert (answer["Content-Length"], answer["Cache-Control"]) == (str(file.size), "no-store")
    stamp = client.get(address(made, "stamp"))
    assert (stamp.content, stamp["Content-Type"]) == (bytes(file.stamp or b""), "application/timestamp-reply")


def test_the_archive_serves_a_day_beyond_iyss_seven(
    made: Brand, alice: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    for days, words in ((6, "İYS bu dosyayı 7 gün sunar"), (7, "dosya arşivimizdedir"), (900, "dosya arşivimizdedir")):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            browser = client_of(alice)
            assert words in text(browser, address(made))
            answer = browser.get(address(made, "file"))
            assert b"".join(answer.streaming_content) == whole(found(made))  # type: ignore[attr-defined]  # streamed


def test_days_without_a_file(client: Client, brand: Brand, now: datetime, settings: Settings) -> None:
    settings.DEMO_MODE = False
    assert "Bu gün hareket yok" in text(client, address(brand))
    events(brand.provider_id, now, brand=brand.pk)
    assert "Bu günün dosyası gün bittikten sonra" in text(client, address(brand, day="2026-11-23"))
    wrong = ("2026-11-24", "2026-02-30", "dun", "20261122x")
    assert [client.get(address(brand, day=day)).status_code for day in wrong] == [404] * 4
    assert [client.get(address(brand, name)).status_code for name in ("file", "stamp")] == [404] * 2


def test_a_file_is_made_at_once_when_asked_for(client: Client, moved: Brand, keys: object) -> None:
    assert "Şimdi oluştur" in text(client, address(moved))
    for _ in range(2):
        assert client.post(address(moved), {"olustur": "1"}).status_code == 302
    assert "Sırada" in text(client, address(moved))
    work()
    assert "Hazır" in text(client, address(moved))
    assert DailyFile.objects.count() == 1


def test_a_file_that_failed_is_asked_for_anew(client: Client, moved: Brand, keys: object, settings: Settings) -> None:
    client.post(address(moved), {"olustur": "1"})
    assert "every 2s" in text(client, address(moved))
    key, settings.FIELD_KEY = settings.FIELD_KEY, b"short"
    work()
    settings.FIELD_KEY = key
    # The tries of the first promise are over.
    OutboxMessage.objects.filter(topic="reports.daily_files").update(failed_at=timezone.now())
    page = text(client, address(moved))
    assert ["every 2s" in page, "Şimdi oluştur" in page, "yeniden denenecek" in page] == [False, True, False]
    for _ in range(2):
        client.post(address(moved), {"olustur": "1"})
    assert OutboxMessage.objects.filter(topic="reports.daily_files").count() == 2
    assert "every 2s" in text(client, address(moved))
    work()
    assert "Hazır" in text(client, address(moved))
    assert DailyFile.objects.count() == 1


def test_a_day_that_is_not_over_is_not_made_by_a_form_of_ones_own(
    client: Client, brand: Brand, now: datetime, settings: Settings
) -> None:
    settings.DEMO_MODE = False
    events(brand.provider_id, now, brand=brand.pk)
    client.post(address(brand, day="2026-11-23"), {"olustur": "1"})
    assert not DailyFile.objects.exists()
    assert "gün bittikten sonra hazırlanır" in text(client, address(brand, day="2026-11-23"))


def test_in_a_demo_today_can_be_asked_for_too(
    client: Client, brand: Brand, now: datetime, keys: object, settings: Settings
) -> None:
    settings.DEMO_MODE = True
    events(brand.provider_id, now, brand=brand.pk)
    today = address(brand, day="2026-11-23")
    assert "Gün bitmedi" in text(client, today)
    client.post(today, {"olustur": "1"})
    work()
    events(brand.provider_id, now, brand=brand.pk)
    close_days(now=now + timedelta(days=1))
    work()
    page = text(client, today)
    assert ["2. sürüm" in page, "?surum=1" in page] == [True, True]
    first = client.get(address(brand, "file", day="2026-11-23") + "?surum=1")
    assert len(b"".join(first.streaming_content).splitlines()) == 2  # type: ignore[attr-defined]  # streamed


def test_a_corrected_day_says_so(client: Client, made: Brand, now: datetime) -> None:
    events(made.provider_id, now.astimezone(UTC).replace(hour=20) - timedelta(days=1), brand=made.pk)
    roll_up(provider_id=made.provider_id, now=now)
    assert "Sonradan düzeltildi" in text(client, LIST)
    page = text(client, address(made))
    assert "Bu gün kapandıktan sonra düzeltildi: 23.11.2026 12.00" in page.replace("12:00", "12.00")


def test_a_newer_revision_that_waits_or_failed_hides_no_file(
    client: Client, made: Brand, alice: Person, now: datetime, settings: Settings
) -> None:
    first = found(made)
    agree(file=first, actor=alice, now=now, sha384=first.sha384)
    events(made.provider_id, now.astimezone(UTC).replace(hour=20) - timedelta(days=1), brand=made.pk)
    roll_up(provider_id=made.provider_id, now=now)
    waiting = text(client, address(made))
    assert "2. sürüm hazırlanıyor; o zamana kadar yukarıdaki 1. sürüm geçerlidir." in waiting
    assert ["Şimdi oluştur" in waiting, "every 2s" in waiting, first.sha384 in waiting] == [False, True, True]
    assert address(made, "file") in text(client, LIST)
    key, settings.FIELD_KEY = settings.FIELD_KEY, b"short"
    work()
    failed = text(client, address(made))
    assert ["2. sürüm hazırlanamadı" in failed, "Şimdi oluştur" in failed] == [True, True]
    assert [words in text(client, LIST) for words in ("Yeniden denenecek", "Önceki sürüm")] == [True, True]
    settings.FIELD_KEY = key
    work()
    # The evidence of the first stays in reach.
    page = text(client, address(made))
    revisions = page.partition("Bu günün dosyaları")[2]
    assert ['data-testid="coming"' in page, alice.get_full_name() in revisions] == [False, True]
    stamp = f"{address(made, 'stamp')}?surum=1"
    assert [stamp in revisions, client.get(stamp).content == bytes(first.stamp or b"")] == [True, True]


def test_who_takes_a_file_along_is_noted(client: Client, made: Brand, alice: Person) -> None:
    client.head(address(made, "file"))
    assert not AuditEvent.objects.filter(action="daily_file_downloaded").exists()
    client.get(address(made, "file"))
    client.post(address(made), {"dosya": SimpleUploadedFile("benim.csv", b"creationDate\n")})
    client.get(address(made, "comparison_rows", pk=Comparison.objects.get().pk))
    noted = AuditEvent.objects.filter(action="daily_file_downloaded", provider_id=made.provider_id).order_by("pk")
    assert [(event.object_type, event.actor_id) for event in noted] == [
        ("reports.dailyfile", alice.pk),
        ("reports.comparison", alice.pk),
    ]


def test_the_own_hash_is_named(client: Client, made: Brand) -> None:
    for wrong, words in (("", "Sizdeki dosyanın özetini yazın."), ("abc", "96 haneden"), ("0" * 96, "Bu özet İYS")):
        page = client.post(address(made), {"ozet": wrong}).content.decode()
        assert [words in page, "error-summary" in page, "<title>Hata: " in page] == [True] * 3
    assert client.post(address(made), {"ozet": found(made).sha384}).status_code == 302
    assert 'data-testid="agreed"' in text(client, address(made))


def test_the_own_file_is_compared(client: Client, made: Brand) -> None:
    content = whole(found(made))
    for wrong in ({}, {"dosya": SimpleUploadedFile("a.csv", b"")}, {"dosya": SimpleUploadedFile("a.csv", b" \n")}):
        assert "error-summary" in client.post(address(made), wrong).content.decode()
    theirs = content.replace(b",RET,", b",ONAY,")
    sent = client.post(address(made), {"dosya": SimpleUploadedFile("benim.csv", theirs)})
    page = sent.headers["Location"]
    assert "Dosyanız karşılaştırılıyor" in text(client, page)
    work()
    shown = text(client, page)
    assert ["İçeriği farklı" in shown, "Durum: İYS&#x27;de" in shown or "Durum: İYS'de" in shown] == [True, True]
    rows = b"".join(client.get(page + "farklar.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # streamed
    assert [line.split(";")[0] for line in rows.splitlines()] == ["Fark", "İçeriği farklı"]
    assert "benim.csv" in text(client, address(made))
    client.post(address(made), {"dosya": SimpleUploadedFile("benim.csv", content)})
    assert found(made).agreed_at is not None


def test_other_companies_days_do_not_exist(
    made: Brand, bob: Person, client_of: Callable[[Person], Client], alice: Person, client: Client
) -> None:
    client.post(address(made), {"dosya": SimpleUploadedFile("benim.csv", b"creationDate\n")})
    number = Comparison.objects.get().pk
    rival = client_of(bob)
    urls = [address(made, name) for name in ("day", "file", "stamp")]
    urls += [address(made, name, pk=number) for name in ("comparison", "comparison_rows")]
    assert [rival.get(url).status_code for url in urls] == [404] * 5
    assert rival.post(address(made), {"ozet": found(made).sha384}).status_code == 404
    assert made.name not in text(rival, f"{LIST}?marka={made.code}")
    other = factories.BrandFactory.create(provider=bob.membership_set.get().provider)
    assert rival.get(address(other, "comparison", pk=number)).status_code == 404


def test_who_only_looks_sees_no_recipients(made: Brand, client_of: Callable[[Person], Client]) -> None:
    viewer = client_of(factories.MembershipFactory.create(provider=made.provider, role=Role.VIEWER).person)
    assert address(made, "file") not in text(viewer, LIST)
    assert [viewer.get(address(made, name)).status_code for name in ("day", "file", "stamp")] == [403] * 3


def test_the_form_that_leads_to_a_day(client: Client, made: Brand, settings: Settings) -> None:
    settings.DEMO_MODE = False
    answer = client.get(LIST, {"marka": made.code, "gun": "2026-11-22"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(made))
    assert "En geç 22.11.2026" in text(client, f"{LIST}?marka={made.code}&gun=2027-01-01")
