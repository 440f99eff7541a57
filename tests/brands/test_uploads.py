"""Files of dealers: what is read, what is refused, what comes of the rows, and what is given back."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.enums import Role
from accounts.models import Person, Provider
from brands.models import Brand, Retailer, RetailerUpload
from brands.rules import LABELS
from brands.services import uploads
from brands.upload_files import judge, read, template
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.tables import csv_bytes, xlsx_bytes
from tests import factories

HEAD = tuple(LABELS.values())


def row(seed: int, **changes: str) -> tuple[str, ...]:
    """Return the cells of a dealer that nobody else is."""
    cells = {
        "title": f"Bayi {seed}",
        "alias": "",
        "name": "Ayşe Örnek",
        "tckn": factories.make_tckn(seed),
        "tin": factories.make_vkn(seed),
        "mersis": "",
        "city": "İstanbul",
        "town": "Şişli",
        "mobile": "0532 500 11 11",
        "status": "Aktif",
    }
    return tuple({**cells, **changes}.values())


def workbook(*rows: Sequence[Any]) -> bytes:
    """Return what Excel writes."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (HEAD, *rows):
        sheet.append(list(cells))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults(content: bytes) -> list[tuple[int, str, str]]:
    """Return (row, code, field) of what is wrong in a file."""
    judged = judge(read(io.BytesIO(content)))
    return [(found.line.number, fault.code, fault.field) for found in judged for fault in found.faults]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(csv_bytes([HEAD, row(1), row(2)]), id="semicolons"),
        pytest.param(csv_bytes([HEAD, row(1), row(2)]).replace(b";", b","), id="commas"),
        pytest.param(csv_bytes([HEAD, row(1), row(2)]).decode("utf-8-sig").encode("cp1254"), id="cp1254"),
        pytest.param(csv_bytes([HEAD, row(1), row(2)]).decode("utf-8-sig").encode("utf-16"), id="utf-16"),
        pytest.param(xlsx_bytes([HEAD, row(1), row(2)], sheet="Bayiler"), id="xlsx"),
        pytest.param(workbook(row(1), row(2)), id="openpyxl"),
        pytest.param(csv_bytes([(), HEAD[::-1], row(1)[::-1], (), row(2)[::-1]]), id="other order, empty rows"),
    ],
)
def test_a_dealer_is_read_however_the_file_is_written(content: bytes) -> None:
    found = [judged.details for judged in judge(read(io.BytesIO(content)))]
    assert [
        details and (details.title, details.tckn, details.town.short, details.mobile, details.status)
        for details in found
    ] == [
        ("Bayi 1", factories.make_tckn(1), "Şişli", "+905325001111", "active"),
        ("Bayi 2", factories.make_tckn(2), "Şişli", "+905325001111", "active"),
    ]


def test_each_row_is_told_what_is_wrong_by_the_same_rules_as_the_form() -> None:
    rows = [
        row(1, title="A.Ş.", name=""),
        row(2, city="Gotham"),
        row(3, town="Çankaya"),
        row(4, city="", town=""),
        row(5, status="Kapalı"),
        row(6, mersis="0462000001600019"),
        row(7, mersis="0462000001600019"),
        row(8, tckn=factories.make_tckn(9)),
        row(9),
    ]
    assert faults(csv_bytes([HEAD, *rows])) == [
        *((2, "H229", "title"), (2, "H215", "name")),
        (3, "H217", "city"),
        (4, "H220", "town"),
        *((5, "H217", "city"), (5, "H220", "town")),
        (6, "H201", "status"),
        *((7, "H230", "mersis"), (8, "H230", "mersis")),
        *((9, "H231", "tckn"), (10, "H231", "tckn")),
    ]


def test_what_excel_does_to_numbers_is_told() -> None:
    cells: list[Any] = list(row(1, mersis="x"))
    cells[3], cells[4], cells[5] = int(cells[3]), 123456789, 5651855672000001
    assert faults(workbook(cells)) == [(2, "H244", "tin"), (2, "H227", "mersis")]
    formula: list[Any] = list(row(2))
    formula[0] = '=HYPERLINK("http://x.example","Bayi")'
    assert faults(workbook(formula)) == [(2, "H016", "title")]


def bomb() -> bytes:
    """Return a workbook whose sheet is a thousand times as large as its archive."""
    out = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(workbook(row(1))))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                data = data.replace(b"<sheetData>", b"<sheetData>" + b" " * 30_000_000)
            archive.writestr(info.filename, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"MZ\x90\x00\x03" + b"\0" * 60, "Dosya Excel (.xlsx) ya da CSV değil.", id="executable"),
        pytest.param(b"\x7fELF\x02\x01\x01\0" + b"\0" * 60, "Dosya Excel (.xlsx) ya da CSV değil.", id="elf"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Eski Excel (.xls) ya da parolalı dosya okunmaz;", id="locked"),
        pytest.param(b"PK\x03\x04 no archive", "Excel dosyası bozuk ya da yarım;", id="broken"),
        pytest.param(bomb(), "Excel dosyası açılınca çok büyüyor;", id="bomb"),
        pytest.param(b"\n \n", "Dosya boş.", id="blank"),
        pytest.param(b"%PDF-1.7 no table", "Dosyanın ilk satırında şu sütun başlıkları yok: Bayi Unvanı,", id="pdf"),
        pytest.param(
            csv_bytes([HEAD[:-4], row(1)]), "Dosyanın ilk satırında şu sütun başlıkları yok: İl, İlçe.", id="columns"
        ),
        pytest.param(csv_bytes([(*HEAD, "Parola"), row(1)]), "Dosyada tanınmayan sütunlar var: Parola.", id="unknown"),
        pytest.param(csv_bytes([(*HEAD, "İl"), row(1)]), "Dosyada aynı başlığı taşıyan iki sütun var;", id="twice"),
        pytest.param(csv_bytes([HEAD, ()]), "Dosyada başlık satırının altında bayi yok.", id="no dealers"),
        pytest.param(template("xlsx"), "Dosyada başlık satırının altında bayi yok.", id="template"),
        pytest.param(
            csv_bytes([HEAD, *[row(1)] * 10_001]), "Dosyada 10.000'den çok bayi var; birkaç dosyaya", id="too many"
        ),
    ],
)
def test_what_is_no_file_of_dealers(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(io.BytesIO(content))
    assert refused.value.message.startswith(sentence)


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider)


def send(client: Client, brand: Brand, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile("bayiler.xlsx", content)
    return client.post(reverse("brands:retailer_upload", args=[brand.code]), {"file": file}, follow=True)


def page_of(upload: RetailerUpload) -> str:
    return reverse("brands:retailer_upload_result", args=[upload.brand.code, upload.pk])


def test_a_file_is_looked_at_before_its_good_rows_become_dealers(client: Client, brand: Brand) -> None:
    taken = factories.RetailerFactory.create(brand=brand, tckn=factories.make_tckn(3), state="passive")
    answer = send(client, brand, workbook(row(1), row(2, title="A.Ş."), row(3), row(4, status="askıda")))
    upload = RetailerUpload.objects.get()
    assert answer.redirect_chain == [(page_of(upload), 302)]
    assert (upload.state, upload.row_count, upload.good_count) == ("waiting", 4, 2)
    assert [(number, column, code) for number, column, code, _ in upload.faults] == [
        (3, "Bayi Unvanı", "H229"),
        (4, "T.C. Kimlik No", "H253"),
    ]
    assert [line.texts["title"] for line in answer.context["good"]] == ["Bayi 1", "Bayi 4"]
    assert list(Retailer.objects.all()) == [taken]
    assert factories.make_tckn(1).encode() not in bytes(upload.rows_encrypted or b"")
    for _ in range(2):
        client.post(page_of(upload))
    upload.refresh_from_db()
    assert (upload.state, upload.good_count) == ("applied", 2)
    added = Retailer.objects.exclude(pk=taken.pk).order_by("title")
    assert [(dealer.title, dealer.tckn, dealer.state, dealer.mobile) for dealer in added] == [
        ("Bayi 1", factories.make_tckn(1), "active", "+905325001111"),
        ("Bayi 4", factories.make_tckn(4), "suspended", "+905325001111"),
    ]
    assert len({dealer.code for dealer in added}) == 2
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["dealer_file", "dealer_added", "dealer_added", "state:applied"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_rows_to_correct_come_back_corrected(client: Client, brand: Brand, kind: str) -> None:
    send(client, brand, csv_bytes([HEAD, row(1), row(2, title="=1+1", mersis="1")]))
    first = RetailerUpload.objects.get()
    client.post(page_of(first))
    answer = client.get(reverse("brands:retailer_upload_rows", args=[brand.code, first.pk, kind]))
    (line,) = read(io.BytesIO(answer.content))
    assert (line.texts["title"], line.texts["tckn"], line.texts["mersis"]) == ("=1+1", factories.make_tckn(2), "1")
    text = (
        answer.content
        if kind == "csv"
        else zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml")
    )
    assert (b"H229, H228" in text, b"<f>" in text) == (True, False)
    line.texts.update(title="Bayi 2", mersis="")
    second = send(client, brand, csv_bytes([HEAD, [line.texts[name] for name in LABELS]])).context["upload"]
    client.post(page_of(second))
    assert sorted(Retailer.objects.values_list("title", flat=True)) == ["Bayi 1", "Bayi 2"]


def test_what_was_taken_since_is_not_added(client: Client, brand: Brand) -> None:
    upload = send(client, brand, csv_bytes([HEAD, row(1), row(2)])).context["upload"]
    factories.RetailerFactory.create(brand=brand, tckn=factories.make_tckn(2))
    client.post(page_of(upload))
    upload.refresh_from_db()
    assert (upload.good_count, [fault[2] for fault in upload.faults]) == (1, ["H231"])


def test_a_file_can_be_withdrawn(client: Client, brand: Brand) -> None:
    upload = send(client, brand, csv_bytes([HEAD, row(1)])).context["upload"]
    client.post(page_of(upload), {"vazgec": "1"})
    client.post(page_of(upload))
    upload.refresh_from_db()
    assert (upload.state, upload.rows_encrypted, Retailer.objects.count()) == ("withdrawn", None, 0)


def test_a_file_whose_dealers_were_added_is_not_withdrawn(client: Client, brand: Brand) -> None:
    """The back button shows the page of before, with its “Vazgeç”."""
    upload = send(client, brand, csv_bytes([HEAD, row(1)])).context["upload"]
    client.post(page_of(upload), follow=True)
    answer = client.post(page_of(upload), {"vazgec": "1"}, follow=True)
    assert answer.redirect_chain == [(page_of(upload), 302)]
    assert "Dosyadan vazgeçilemedi: 1 bayi daha önce eklendi." in answer.content.decode()
    upload.refresh_from_db()
    assert (upload.state, Retailer.objects.count()) == ("applied", 1)


def test_a_file_is_found_again_on_the_page_of_the_dealers(
    client: Client, client_of: Callable[[Person], Client], brand: Brand, provider: Provider
) -> None:
    first = send(client, brand, csv_bytes([HEAD, row(1), row(2, title="A.Ş.")])).context["upload"]
    address, viewer = reverse("brands:retailers", args=[brand.code]), factories.PersonFactory.create()
    factories.MembershipFactory.create(provider=provider, person=viewer, role=Role.VIEWER)
    page = client.get(address).content.decode()
    assert (page_of(first) in page, "1 / 2" in page, "Onay bekliyor" in page) == (True, True, True)
    assert page_of(first) not in client_of(viewer).get(address).content.decode()
    other = factories.BrandFactory.create(provider=provider)
    assert page_of(first) not in client.get(reverse("brands:retailers", args=[other.code])).content.decode()
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _ in range(2):
        send(client, brand, csv_bytes([HEAD, row(1)]))
    with CaptureQueriesContext(connection) as three:
        client.get(address)
    assert len(three) == len(one)


def test_files_are_forgotten_after_a_week(brand: Brand, alice: Person, now: datetime) -> None:
    lines = read(io.BytesIO(csv_bytes([HEAD, row(1, title="A.Ş.")])))
    waiting, applied, young = (
        uploads.receive(brand=brand, filename="a.csv", lines=lines, person=alice, now=at)
        for at in (now - timedelta(days=8), now - timedelta(days=8), now - timedelta(days=6))
    )
    uploads.apply(upload=applied, person=alice, now=now)
    assert (uploads.forget(now=now), uploads.forget(now=now)) == (2, 0)
    states = RetailerUpload.objects.order_by("pk").values_list("pk", "state", "rows_encrypted")
    assert [(pk, state, kept is not None) for pk, state, kept in states] == [
        (waiting.pk, "withdrawn", False),
        (applied.pk, "applied", False),
        (young.pk, "waiting", True),
    ]


def test_a_refused_file_is_told_on_the_form(client: Client, brand: Brand, settings: Settings) -> None:
    answer = send(client, brand, b"MZ\x90\x00\x03")
    assert answer.context["form"].errors["file"][0].startswith("Dosya Excel (.xlsx) ya da CSV değil.")
    settings.RETAILER_FILE_MAX_BYTES = 1024
    answer = send(client, brand, b"x" * 1025)
    assert answer.context["form"].errors["file"][0].startswith("Dosya çok büyük (en çok")
    assert RetailerUpload.objects.count() == 0


TWIN, TAKEN, PASSIVE = (factories.make_tckn(seed) for seed in (20_001, 20_002, 20_003))
BROKEN: list[tuple[dict[str, str], str]] = [
    ({"title": ""}, "H214"),
    ({"title": "A.Ş."}, "H229"),
    ({"title": "İ" * 256}, "H017"),
    ({"alias": "A&B"}, "H229"),
    ({"name": ""}, "H215"),
    ({"tckn": ""}, "H216"),
    ({"tckn": "1000000014"}, "H226"),
    ({"tckn": "10000000147"}, "H225"),
    ({"tckn": TAKEN}, "H231"),
    ({"tckn": PASSIVE}, "H253"),
    ({"tckn": TWIN}, "H231"),
    ({"tckn": TWIN}, "H231"),
    ({"tin": ""}, "H288"),
    ({"tin": "462000001"}, "H244"),
    ({"tin": "4620000017"}, "H243"),
    ({"mersis": "0462"}, "H228"),
    ({"mersis": "0462000001700019"}, "H227"),
    ({"mersis": "0462000001600019"}, "H230"),
    ({"mersis": "0462000001600019"}, "H230"),
    ({"city": ""}, "H217"),
    ({"city": "Gotham"}, "H217"),
    ({"town": ""}, "H220"),
    ({"town": "Çankaya"}, "H220"),
    ({"mobile": "+1"}, "H224"),
    ({"status": "Kapalı"}, "H201"),
]
"""Every kind of fault that a row can have: its cells, and the code that is told."""


def test_ten_thousand_rows_are_told_every_kind_of_fault(client: Client, brand: Brand) -> None:
    factories.RetailerFactory.create(brand=brand, tckn=TAKEN)
    factories.RetailerFactory.create(brand=brand, tckn=PASSIVE, state="passive")
    rows = [row(seed) for seed in range(1, 10_001)]
    expected = []
    for place, (cells, code) in enumerate(BROKEN):
        index = 7 + place * 399
        rows[index] = row(index + 1, **cells)
        expected.append((index + 2, code))  # the headings stand in row 1
    upload = send(client, brand, csv_bytes([HEAD, *rows])).context["upload"]
    assert [(number, code) for number, _, code, _ in upload.faults] == expected
    assert (upload.row_count, upload.good_count) == (10_000, 10_000 - len(BROKEN))
    answer = client.get(reverse("brands:retailer_upload_rows", args=[brand.code, upload.pk, "csv"]))
    assert len(read(io.BytesIO(answer.content))) == len(BROKEN)


def test_a_thousand_dealers_are_a_matter_of_a_few_statements(
    brand: Brand, alice: Person, now: datetime, django_assert_max_num_queries: Any
) -> None:
    lines = read(io.BytesIO(csv_bytes([HEAD, *(row(seed) for seed in range(1, 1_001))])))
    with django_assert_max_num_queries(12):
        upload = uploads.receive(brand=brand, filename="a.csv", lines=lines, person=alice, now=now)
    with django_assert_max_num_queries(20):
        uploads.apply(upload=upload, person=alice, now=now)
    assert Retailer.objects.count() == 1_000
