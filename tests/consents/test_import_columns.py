"""Files with other headings: which column is which is guessed, asked, explained, looked at, and remembered."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ImportState
from consents.imports.columns import Chosen
from consents.imports.guessing import guess
from consents.imports.tables import head_of
from consents.models import Consent, ImportJob, ImportPiece
from consents.selectors import policy
from consents.services import import_columns, imports
from iys_portal.shared.tables import xlsx_bytes
from tests.consents.scene import MAILS, PHONES
from tests.consents.test_import_pages import PAGE, send, text_of, work
from tests.consents.test_imports import HEAD as IMPORT_HEAD
from tests.consents.test_imports import row

HEAD = "Müşteri;Numara;Ne zaman;Cevap"
ROWS = (f"Ali;{PHONES[0]};23.11.2026 11:00;evet", f"Ayşe;{PHONES[1]};23.11.2026 11:30;evet")
RIGHT = {"type": "=MESAJ", "source": "=HS_WEB", "recipient": "s1", "status": "=ONAY", "consentDate": "s2"}


def book(rows: list[list[str]]) -> bytes:
    return xlsx_bytes(rows, sheet="izinler")


@pytest.fixture
def browser(
    alice: Person, client_of: Callable[[Person], Client], time_machine: TimeMachineFixture, now: datetime
) -> Client:
    time_machine.move_to(now, tick=False)
    return client_of(alice)


def page_of(job: ImportJob) -> str:
    return f"{PAGE}{job.pk}/sutunlar/"


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    form: Any = answer.context["form"]  # type: ignore[attr-defined]
    return {field: list(said) for field, said in form.errors.items()}


def test_a_foreign_file_waits_for_its_columns_and_is_read_by_them(
    browser: Client,
    provider: Provider,
    brand: Brand,
    now: datetime,
) -> None:
    answer = send(browser, brand, *ROWS, head=HEAD)
    job = ImportJob.objects.get()
    assert (answer["Location"], job.state) == (page_of(job), ImportState.MAPPING)
    work(provider, now)
    page = browser.get(page_of(job))
    assert "şu sütunlar bulunamadı: İzin tipi (type)" in text_of(page)
    initial = {field.name: field.value() for field in page.context["form"]}
    assert (initial["recipient"], initial["consentDate"], initial["status"]) == ("s1", "s2", None)
    looked = browser.post(page_of(job), {**RIGHT, "onizle": "1"})
    assert [[cell for _, cell in cells] + [faults] for cells, faults in looked.context["preview"]] == [
        ["MESAJ", "HS_WEB", PHONES[0], "ONAY", "23.11.2026 11:00", "", "", ""],
        ["MESAJ", "HS_WEB", PHONES[1], "ONAY", "23.11.2026 11:30", "", "", ""],
    ]
    for _ in range(2):
        assert browser.post(page_of(job), {**RIGHT, "oku": "1"})["Location"] == f"{PAGE}{job.pk}/"
    work(provider, now)
    ready = text_of(browser.get(f"{PAGE}{job.pk}/"))
    assert ("2 yeni, 0 değişecek" in ready, "Okunmayan sütunlar: Müşteri, Cevap" in ready) == (True, True)
    browser.post(f"{PAGE}{job.pk}/", {"uygula": "1"})
    work(provider, now)
    assert list(Consent.objects.order_by("recipient").values_list("recipient", "channel")) == [
        (PHONES[0], Channel.MESAJ),
        (PHONES[1], Channel.MESAJ),
    ]


def test_the_choice_is_remembered_for_the_provider_and_nobody_else(
    browser: Client,
    provider: Provider,
    brand: Brand,
    bob: Person,
    now: datetime,
    client_of: Callable[[Person], Client],
) -> None:
    send(browser, brand, *ROWS, head=HEAD)
    browser.post(page_of(ImportJob.objects.get()), {**RIGHT, "oku": "1"})
    again = send(browser, brand, ROWS[1], head=HEAD)
    second = ImportJob.objects.latest("pk")
    # What stood in every row of one file may not of the next: it is offered, not followed.
    assert (again["Location"], second.state) == (page_of(second), ImportState.MAPPING)
    assert browser.get(page_of(second)).context["form"]["status"].value() == "=ONAY"
    browser.post(page_of(second), {**RIGHT, "oku": "1"})
    work(provider, now)
    second.refresh_from_db()
    assert (second.state, second.staged) == (ImportState.READY, 1)
    answer = browser.post(f"{PAGE}{second.pk}/", {"sutunlar": "1"})
    second.refresh_from_db()
    assert (answer["Location"], second.state, second.staged) == (page_of(second), ImportState.MAPPING, 0)
    assert browser.get(page_of(second)).context["form"]["source"].value() == "=HS_WEB"
    theirs = client_of(bob)
    assert theirs.get(page_of(second)).status_code == 404
    rival = Brand.objects.create(provider=bob.membership_set.get().provider, code=2_399_999, name="Rakip")
    assert send(theirs, rival, *ROWS, head=HEAD)["Location"] == page_of(ImportJob.objects.latest("pk"))


def test_columns_alone_are_remembered_and_followed(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    head = "Kime;Ne;Nereden;Yanıt;Ne zaman"
    line = f"{PHONES[0]};MESAJ;HS_WEB;ONAY;23.11.2026 11:00"
    send(browser, brand, line, head=head)
    places = {"recipient": "s0", "type": "s1", "source": "s2", "status": "s3", "consentDate": "s4"}
    browser.post(page_of(ImportJob.objects.get()), {**places, "oku": "1"})
    again = send(browser, brand, line.replace("ONAY", "RET"), head=head)
    second = ImportJob.objects.latest("pk")
    assert (again["Location"], second.state) == (f"{PAGE}{second.pk}/", ImportState.RECEIVED)


@pytest.mark.parametrize("excel", [False, True])
def test_a_file_without_a_head_loses_no_row(
    browser: Client, provider: Provider, brand: Brand, now: datetime, excel: bool
) -> None:
    lines = [line.split(";") for line in ROWS]
    content = book(lines) if excel else "\n".join(ROWS).encode()
    name = "izinler.xlsx" if excel else "izinler.csv"
    browser.post(PAGE, {"marka": str(brand.code), "dosya": SimpleUploadedFile(name, content)})
    job = ImportJob.objects.get()
    work(provider, now)
    browser.post(page_of(job), {**RIGHT, "oku": "1"})
    work(provider, now)
    job.refresh_from_db()
    assert (job.state, job.row_count, job.staged, job.problem_count) == (ImportState.READY, 2, 2, 0)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"recipient": ""}, "recipient", "Alıcı için bir sütun seçin."),
        ({"type": ""}, "type", "İzin tipi için bir sütun seçin."),
        ({"recipient": "s0"}, "recipient", "ilk satırda “Ali” yazıyor."),
        ({"consentDate": "s1"}, "consentDate", "Bu sütunu “Alıcı” için de seçtiniz"),
        ({"consentDate": "s3"}, "consentDate", "ilk satırda “evet” yazıyor."),
        ({"status": "s3"}, "status", "Durum yalnızca ONAY ya da RET olabilir."),
        ({"recipient": "s9"}, "recipient", "Dosyada böyle bir sütun yok"),
        ({"source": "=IYS_WEB"}, "source", "Dosyada böyle bir sütun yok"),
    ],
)
def test_a_wrong_choice_is_explained_beside_the_field(
    browser: Client,
    brand: Brand,
    change: dict[str, str],
    field: str,
    said: str,
) -> None:
    send(browser, brand, *ROWS, head=HEAD)
    job = ImportJob.objects.get()
    answer = browser.post(page_of(job), {**RIGHT, **change, "oku": "1"})
    assert list(errors(answer)) == [field]
    assert said in errors(answer)[field][0]
    job.refresh_from_db()
    assert job.state == ImportState.MAPPING


def test_the_file_may_be_given_up_and_is_forgotten_after_a_week(
    browser: Client,
    brand: Brand,
    now: datetime,
) -> None:
    send(browser, brand, *ROWS, head=HEAD)
    job = ImportJob.objects.get()
    browser.post(page_of(job), {"vazgec": "1"})
    job.refresh_from_db()
    assert job.state == ImportState.CANCELLED
    send(browser, brand, *ROWS, head=HEAD)
    assert imports.forget(now=now + imports.WAITS + timedelta(seconds=1)) == 1
    assert imports.forget(now=now + imports.KEPT + timedelta(seconds=1)) == 2
    assert (ImportPiece.objects.count(), list(ImportJob.objects.values_list("head_encrypted", flat=True))) == (
        0,
        [None, None],
    )


def test_a_workbook_that_only_the_worker_opens_asks_too(
    browser: Client,
    provider: Provider,
    brand: Brand,
    alice: Person,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "_LOOKED_INTO", 0)
    rows = [["Numara", "Ne zaman"], [PHONES[0], "23.11.2026 11:00"]]
    job, _ = imports.receive(brand=brand, filename="liste.xlsx", content=io.BytesIO(book(rows)), person=alice, now=now)
    assert job.state == ImportState.RECEIVED
    work(provider, now)
    job.refresh_from_db()
    assert job.state == ImportState.MAPPING
    constants = {"type": "ARAMA", "source": "HS_WEB", "status": "ONAY", "recipientType": "TACIR"}
    chosen = Chosen({"recipient": 0, "consentDate": 1}, constants)
    assert import_columns.choose_columns(job=job, chosen=chosen, person=alice, now=now)
    work(provider, now)
    job.refresh_from_db()
    assert (job.state, job.staged, job.problem_count) == (ImportState.READY, 1, 0)
    again = io.BytesIO(book([*rows, [PHONES[1], "23.11.2026 11:00"]]))
    second, _ = imports.receive(brand=brand, filename="liste2.xlsx", content=again, person=alice, now=now)
    work(provider, now)
    second.refresh_from_db()
    assert (second.state, second.mapping) == (ImportState.MAPPING, chosen.to_json())


def test_a_foreign_head_over_a_row_that_is_none_stops_no_other_file(
    provider: Provider, brand: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the worker sees that the rows under the head cannot be shown: the file is refused, the next one is read."""
    monkeypatch.setattr(imports, "_LOOKED_INTO", 0)
    wide = book([["Numara", "Ne zaman"], [PHONES[0], *[""] * 299, "x"]])
    values = {"brand": brand, "person": alice, "now": now}
    job, _ = imports.receive(filename="genis.xlsx", content=io.BytesIO(wide), **values)
    narrow = io.BytesIO(f"{IMPORT_HEAD}\n{row()}".encode())
    second, _ = imports.receive(filename="izinler.csv", content=narrow, **values)
    work(provider, now)
    job.refresh_from_db()
    second.refresh_from_db()
    assert (job.state, second.state) == (ImportState.REFUSED, ImportState.READY)
    assert job.message == "Dosyada 256'dan çok sütun var; okunmadı."


def test_guesses_go_by_names_then_by_what_stands_there(now: datetime, db: None) -> None:
    lines = ["Not;Adres;Onay tarihi;x;y", f"a;{MAILS[0]};23.11.2026;Onay;Web sitesi", f";{MAILS[1]};;RET;"]
    head = head_of(io.BytesIO("\n".join(lines).encode()), rows=8)
    chosen = guess(head, policy=policy(), now=now)
    assert dict(chosen.places)["recipient"] == 1
    assert (chosen.places["consentDate"], chosen.places["status"]) == (2, 3)
    assert dict(chosen.constants) == {"type": "EPOSTA"}
