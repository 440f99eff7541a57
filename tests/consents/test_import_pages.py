"""Toplu yükleme as people use it: send, look, record, leave and come back, correct what was wrong and send it again."""

import csv
import io
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ImportState
from consents.import_selectors import outlook_of, progress_of
from consents.models import Consent, ImportJob
from consents.rules.calendar import Calendar
from consents.services import imports
from consents.tokens import token_of
from iys_portal.audit.models import AuditEvent
from packages.models import Package
from tests import factories
from tests.consents.conftest import Recording
from tests.consents.scene import MAILS, PHONES, run
from tests.consents.test_imports import HEAD, NINE, row

PAGE = "/izinler/yukle/"


@pytest.fixture
def browser(
    alice: Person, client_of: Callable[[Person], Client], time_machine: TimeMachineFixture, now: datetime
) -> Client:
    time_machine.move_to(now, tick=False)
    return client_of(alice)


def send(browser: Client, brand: Brand, *rows: str, head: str = HEAD) -> HttpResponse:
    file = SimpleUploadedFile("izinler.csv", "\n".join([head, *rows]).encode())
    return browser.post(PAGE, {"marka": str(brand.code), "dosya": file})


def work(provider: Provider, now: datetime) -> None:
    imports.work(provider_id=provider.pk, clock=lambda: now)


def text_of(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_from_the_file_to_the_consents(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    answer = send(browser, brand, row(PHONES[0]), row("0599 200 00 02"), row(MAILS[0], "RET"), row("x"))
    job = ImportJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}{job.pk}/")
    waiting = browser.get(answer["Location"])
    assert "Dosya sırada" in text_of(waiting)
    assert 'hx-trigger="click, every 2s"' in waiting.content.decode()
    work(provider, now)
    ready = text_of(browser.get(answer["Location"]))
    assert "2 yeni, 0 değişecek, 0 zaten böyle, 2 hatalı" in ready
    assert "Telefon +90… biçimine çevrildi: 1 satır" in ready
    assert "0599 200 00 02" in ready
    assert ("H121" in ready, "H175" in ready, Consent.objects.count()) == (True, True, 0)
    for _ in range(2):  # a second click has no second effect
        browser.post(answer["Location"], {"uygula": "1"})
    running = text_of(browser.get(answer["Location"]))
    assert "İzinler kaydediliyor: 0 / 3 (%0)" in running
    work(provider, now)
    done = text_of(browser.get(answer["Location"]))
    assert ("Tamamlandı" in done, Consent.objects.filter(provider_id=provider.pk).count()) == (True, 2)


def test_bad_rows_are_corrected_and_sent_again(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    send(browser, brand, row("+90 532"), row(MAILS[0], "RET"), '"MESAJ', row(PHONES[0]))
    work(provider, now)
    job = ImportJob.objects.get()
    browser.post(f"{PAGE}{job.pk}/", {"uygula": "1"})
    work(provider, now)
    answer = browser.get(f"{PAGE}{job.pk}/hatalar.csv")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, *rows = csv.reader(io.StringIO(content), delimiter=";")
    assert head[-6:] == ["Satır", "Sütun", "Değer", "Kod", "Hata", "Ne yapmalı"]
    assert [(r[8], r[9], r[10], r[11]) for r in rows] == [
        ("2", "Alıcı (recipient)", "'+90 532", "H121"),
        ("3", "Durum (status)", "RET", "H175"),
        ("4", "Satır", "", "SATIR"),
    ]
    assert {r[7] for r in rows} == {str(brand.code)}
    assert rows[0][2] == "'+90 532"  # no spreadsheet takes it for a formula
    assert rows[1][:7] == ["EPOSTA", "HS_WEB", MAILS[0], "RET", "2026-11-23 11:00:00", "BIREYSEL", ""]
    corrected = content.replace("'+90 532", "'+905992000002").replace(";RET;", ";ONAY;", 1)
    again = browser.post(
        PAGE, {"marka": str(brand.code), "dosya": SimpleUploadedFile("b.csv", corrected.encode())}, follow=True
    )
    work(provider, now)
    job = ImportJob.objects.latest("pk")
    assert (again.status_code, job.staged, job.problem_count) == (200, 2, 1)
    assert job.outlook["ignored"] == head[-6:]


def lines_of(browser: Client, job: ImportJob) -> list[tuple[str, str]]:
    """The numbers and codes of the rows in the file of bad rows."""
    content = b"".join(browser.get(f"{PAGE}{job.pk}/hatalar.csv").streaming_content)  # type: ignore[attr-defined]
    _, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    return [(cells[-6], cells[-3]) for cells in rows]


def test_rows_that_would_be_refused_are_given_back_before_anything_is_recorded(
    browser: Client, provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    recording(recipient=PHONES[1], ago=60)
    send(browser, brand, row(MAILS[0], "RET"), row(PHONES[1], ago=90))
    work(provider, now)
    job = ImportJob.objects.get()
    page = browser.get(f"{PAGE}{job.pk}/").content.decode()
    assert ("Hatalı satırları indir (CSV)" in page, 'name="uygula"' in page, job.bad_count) == (True, False, 2)
    assert lines_of(browser, job) == [("2", "H175"), ("3", "H178")]
    assert AuditEvent.objects.get(action="bad_rows_exported").detail == {"rows": 2}
    browser.post(f"{PAGE}{job.pk}/", {"vazgec": "1"})
    assert lines_of(browser, job) == [("2", "H175"), ("3", "H178")]


def test_the_recording_judges_anew_what_the_comparison_refused(
    browser: Client, provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    send(browser, brand, row("x"), row(MAILS[0], "RET", ago=5), row(MAILS[1], "RET"), row(PHONES[0]))
    work(provider, now)
    job = ImportJob.objects.get()
    assert lines_of(browser, job) == [("2", "H121"), ("3", "H175"), ("4", "H175")]
    recording(recipient=MAILS[0], channel=Channel.EPOSTA)  # now there is something to refuse
    browser.post(f"{PAGE}{job.pk}/", {"uygula": "1"})
    work(provider, now)
    job.refresh_from_db()
    assert (lines_of(browser, job), job.bad_count) == ([("2", "H121"), ("4", "H175")], 2)


def test_the_sites_own_list_gives_no_consent_to_another_brand(
    browser: Client, provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    """The file of both brands, sent back for one: what is the other's is given back and recorded for neither."""
    other = factories.BrandFactory.create(provider=provider)
    recording(recipient=PHONES[0])
    recording(recipient=PHONES[1], brand=other)
    address = "/izinler/liste/izinler.csv"
    for _ in range(2):
        content = b"".join(browser.get(address).streaming_content)  # type: ignore[attr-defined]
        browser.post(PAGE, {"marka": str(brand.code), "dosya": SimpleUploadedFile("izinler.csv", content)})
        work(provider, now)
        job = ImportJob.objects.latest("pk")
        assert (job.state, job.faults, job.outlook["new"]) == (ImportState.READY, {"MARKA": 1}, 0)
        assert lines_of(browser, job)[0][1] == "MARKA"
        address = f"{PAGE}{job.pk}/hatalar.csv"  # then the bad rows, as they come back
    assert job.outlook["same"] == 0
    assert "Satır başka bir markanın izni." in text_of(browser.get(f"{PAGE}{job.pk}/"))


def test_what_is_no_table_is_told_beside_the_field(browser: Client, brand: Brand) -> None:
    answer = send(browser, brand, head="a;b")
    assert "Dosyada başlıktan başka satır yok." in text_of(answer)
    assert 'data-testid="error-summary"' in answer.content.decode()
    nothing = text_of(browser.post(PAGE, {}))
    assert ("Bir dosya seçin." in nothing, "hangi marka için alındığını seçin" in nothing) == (True, True)
    assert ImportJob.objects.count() == 0


def test_the_template_and_the_list_of_files(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    assert "Henüz dosya yüklemediniz" in text_of(browser.get(PAGE))
    template = browser.get(f"{PAGE}sablon.csv")
    assert template.content.decode("utf-8-sig").strip() == HEAD
    send(browser, brand, row())
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get(PAGE)
    for number in (1, 2):
        send(browser, brand, row(ago=number))
    with CaptureQueriesContext(connection) as three:
        page = browser.get(PAGE)
    assert len(one) == len(three)
    assert page.content.decode().count("izinler.csv") == 3


def test_the_same_file_sent_twice_is_one_job(browser: Client, brand: Brand) -> None:
    first, second = send(browser, brand, row()), send(browser, brand, row())
    assert first["Location"] == second["Location"]
    assert "ikinci kez alınmadı" in text_of(browser.get(second["Location"]))


def test_a_file_that_outgrows_the_package_says_so_before(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=4)
    send(browser, brand, *NINE)
    work(provider, now)
    page = text_of(browser.get(f"{PAGE}{ImportJob.objects.get().pk}/"))
    assert "Adres sayınız 0; bu dosyayla en çok 9 olabilir. Paketiniz 4 adres tutar" in page


def test_a_brand_that_became_passive_takes_no_file(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    send(browser, brand, row())
    work(provider, now)
    job = ImportJob.objects.get()
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    page = browser.post(f"{PAGE}{job.pk}/", {"uygula": "1"}, follow=True)
    job.refresh_from_db()
    assert (job.state, 'name="uygula"' in page.content.decode()) == (ImportState.READY, False)
    assert "pasif markaya izin kaydedilmez" in text_of(page)
    assert send(browser, brand, row(PHONES[1])).status_code == 200
    assert ImportJob.objects.count() == 1


def test_cancel_and_resume(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    send(browser, brand, row())
    job = ImportJob.objects.get()
    ImportJob.objects.filter(pk=job.pk).update(state="failed", message="Bizden kaynaklanan bir hata yüzünden durdu.")
    assert "Devam et" in text_of(browser.get(f"{PAGE}{job.pk}/"))
    browser.post(f"{PAGE}{job.pk}/", {"devam": "1"})
    work(provider, now)
    page = text_of(browser.post(f"{PAGE}{job.pk}/", {"vazgec": "1"}, follow=True))
    job.refresh_from_db()
    assert (job.state, "Dosyadan vazgeçildi" in page, "Vazgeçildi" in page) == ("cancelled", True, True)


def test_by_when_the_consents_must_be_recorded_is_counted_down(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    """23.11.2026 is a Monday: what was given on Wednesday can be recorded today, on Thursday tomorrow."""
    rows = [row(f"+90599200{days:04d}", ago=days * 1440) for days in (5, 4, 3, 2, 0)]
    send(browser, brand, *rows, row(MAILS[0], kind="TACIR", ago=4 * 1440), row(MAILS[1], "RET", ago=5 * 1440))
    work(provider, now)
    page = f"{PAGE}{ImportJob.objects.get().pk}/"

    def said(answer: HttpResponse) -> list[str]:
        (found,) = re.findall(r'import-due">(.*?)</ul>', answer.content.decode(), re.DOTALL)
        return re.findall(r"<li>(.*?)</li>", found)

    assert said(browser.get(page)) == [
        "1 izin bugün kaydedilmezse kaydedilemez olur.",
        "2 izin yarın kaydedilmezse kaydedilemez olur.",
        "2 izin için son gün 25.11.2026.",
        "1 izin için son gün 26.11.2026.",
    ]
    outlook = outlook_of(ImportJob.objects.get())
    assert outlook is not None
    assert [(due.left, due.count) for due in outlook.due(Calendar(), today=date(2026, 11, 25))] == [
        (-1, 3),
        (0, 2),
        (1, 1),
    ]


def test_the_history_of_a_recipient_names_the_file(
    browser: Client, provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    recording(ago=300, now=now - timedelta(minutes=250))
    for name, ago in (("eski", 200), ("yeni", 60)):
        file = SimpleUploadedFile(f"{name}.csv", f"{HEAD}\n{row(ago=ago)}".encode())
        browser.post(PAGE, {"marka": str(brand.code), "dosya": file})
        job = ImportJob.objects.latest("pk")
        at = now - timedelta(minutes=ago // 2)
        imports.work(provider_id=provider.pk, clock=lambda at=at: at)
        imports.apply(job=job, person=job.person, now=at)
        imports.work(provider_id=provider.pk, clock=lambda at=at: at)
    page = browser.get(f"/izinler/alici/{token_of(provider.pk, PHONES[0])}/").content.decode()
    links = re.findall(r'<a href="([^"]+)">((?:eski|yeni)\.csv)</a>', page)
    assert links == [(f"{PAGE}{job.pk - 1}/", "eski.csv"), (f"{PAGE}{job.pk}/", "yeni.csv")]


def test_who_waits_too_long_for_a_file_at_work_is_told(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    """The comparison of a long file holds its job for longer than anybody may wait; here a lock before the row's."""
    send(browser, brand, row())
    job = ImportJob.objects.get()
    started, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE consents_importblock")
            started.set()
            done.wait(30)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        try:
            assert started.wait(10)
            run("SET LOCAL lock_timeout = '50ms'")
            page = text_of(browser.post(f"{PAGE}{job.pk}/", {"vazgec": "1"}, follow=True))
        finally:
            done.set()
            holding.result(10)
    run("SET LOCAL lock_timeout = '10s'")
    job.refresh_from_db()
    assert (job.state, "Dosya şu anda işleniyor" in page) == (ImportState.RECEIVED, True)


def test_another_provider_finds_nothing(
    browser: Client, provider: Provider, brand: Brand, bob: Person, client_of: Callable[[Person], Client]
) -> None:
    send(browser, brand, row())
    job = ImportJob.objects.get()
    rival = client_of(bob)
    for path in (f"{PAGE}{job.pk}/", f"{PAGE}{job.pk}/hatalar.csv"):
        assert rival.get(path).status_code == 404
    assert rival.post(f"{PAGE}{job.pk}/", {"vazgec": "1"}).status_code == 404
    assert send(rival, brand, row()).status_code == 200  # not a brand of his
    assert ImportJob.objects.count() == 1


def test_progress_is_told_in_percent_rate_and_time(now: datetime) -> None:
    job = ImportJob(state=ImportState.APPLYING, started_at=now - timedelta(seconds=20), staged=1000, position=250)
    progress = progress_of(job, now=now)
    assert (progress.percent, progress.rate, progress.left_words) == (25, 12, "1 dakika")
    job.position = 900
    assert progress_of(job, now=now).left_words == "2 saniye"
    job.position = 0
    assert progress_of(job, now=now).left_words == ""
