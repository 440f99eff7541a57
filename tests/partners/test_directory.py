"""The directories: searched past slips of the finger, filled from files, companies suspended and restored."""

import io
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import Workbook

from accounts.models import Person
from iys_portal.audit.models import AuditEvent
from partners.directory_file import ListRefused, read_directory
from partners.models import Intermediary, Partner
from partners.selectors.directory import partners_matching
from partners.services.directory import ListedRow, Outcome, import_directory, restore, suspend
from tests import factories

TITLES = [
    "TURKCELL İLETİŞİM HİZMETLERİ ANONİM ŞİRKETİ",
    "VODAFONE TELEKOMÜNİKASYON ANONİM ŞİRKETİ",
    "ASİSTEL İLETİŞİM SANAYİ VE TİCARET LİMİTED ŞİRKETİ",
    "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ",
    "BİLGİ ASİST DANIŞMANLIK A.Ş.",
    "MOBİLİŞİM İLETİŞİM A.Ş.",
]


@pytest.fixture
def entries(db: None) -> None:
    for code, title in enumerate(TITLES, start=5001):
        factories.PartnerFactory.create(code=code, title=title)


def found(query: str) -> tuple[list[str], bool]:
    matches = partners_matching(query)
    return [entry.title.split()[0] for entry in matches.entries], matches.similar


@pytest.mark.parametrize(
    ("query", "titles", "similar"),
    [
        ("asist", ["ASİST", "ASİSTEL", "BİLGİ"], False),
        ("asist bilgi", ["ASİST", "BİLGİ"], False),
        ("5002", ["VODAFONE"], False),
        ("turksel", ["TURKCELL"], True),
        ("vodofone", ["VODAFONE"], True),
        ("mobilisım iletısim", ["MOBİLİŞİM"], False),
        ("mobilsim", ["MOBİLİŞİM"], True),
        ("turcell iletisim", ["TURKCELL"], True),
        ("zzz", [], False),
        ("qwxqwxqw", [], True),
    ],
)
def test_the_best_come_first_and_slips_are_forgiven(
    entries: None, query: str, titles: list[str], similar: bool
) -> None:
    assert found(query) == (titles, similar)


def test_thousands_of_titles_are_searched_by_the_index(db: None) -> None:
    factories.PartnerFactory.create(title="ASİST A.Ş.")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "partner_search" in partners_matching("asist").entries.order_by().explain()


def workbook(rows: list[tuple[object, object]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]  # a new book has a sheet
    book.save(out)
    return out.getvalue()


CSV = 'Unvan;Kod\r\n"ÇINAR; A.Ş.";5001\r\n\r\nIŞIK A.Ş.;5002\r\n'


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("cp1254"),
        CSV.replace(";5", "\t5").replace("n;K", "n\tK").encode(),
        workbook([("Kod", "Ünvanı"), (5001, "ÇINAR; A.Ş."), (None, None), (5002, "IŞIK A.Ş.")]),
    ],
)
def test_lists_are_read_as_spreadsheets_write_them(content: bytes) -> None:
    rows = [(row.code, row.title) for row in read_directory(content)]
    assert rows == [("5001", "ÇINAR; A.Ş."), ("5002", "IŞIK A.Ş.")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b" \r\n", "Dosya boş"),
        (b"5001;ABC", "başlıkları bulunamadı"),
        (b"PK\x03\x04 broken", "Dosya okunamadı"),
        (b"\xd0\xcf\x11\xe0 old", "Dosya okunamadı"),
        (b"Kod;Unvan\n" + b"x" * 4_300_000, "Dosya çok büyük"),
        (b"Kod;Unvan\n" + b"1;A\n" * 20_001, "20.000 satırdan fazlası"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ListRefused, match=reason):
        read_directory(content)


ROWS = [
    ("5001", "Çınar  A.Ş."),
    ("5002", "Yeni Unvan A.Ş."),
    ("5003", "Işık A.Ş."),
    ("5004", "IŞIK a.ş."),
    ("5003", "Başka A.Ş."),
    ("x1", "Harfli A.Ş."),
    ("", "Kodsuz A.Ş."),
    ("5005", " "),
    ("5006", "ÇINAR A.Ş."),
    ("99999999999", "Uzun A.Ş."),
]
RESULTS = [
    (Outcome.SAME, ""),
    (Outcome.RENAMED, "Önceki unvan: Eski Unvan A.Ş."),
    (Outcome.ADDED, ""),
    (Outcome.REFUSED, "Bu unvan 5003 kodlu kuruluşa ait."),
    (Outcome.REFUSED, "Bu kod listede daha önce geçti."),
    (Outcome.REFUSED, "Kod bir sayı değil."),
    (Outcome.REFUSED, "Kod boş."),
    (Outcome.REFUSED, "Unvan boş."),
    (Outcome.REFUSED, "Bu unvan 5001 kodlu kuruluşa ait."),
    (Outcome.REFUSED, "Kod bir sayı değil."),
]


@pytest.mark.parametrize("dry", [True, False])
def test_each_row_of_a_list_is_told_its_result(alice: Person, dry: bool) -> None:
    factories.PartnerFactory.create(code=5001, title="Çınar A.Ş.")
    factories.PartnerFactory.create(code=5002, title="Eski Unvan A.Ş.")
    rows = [ListedRow(number, *row) for number, row in enumerate(ROWS, start=2)]
    results = import_directory(model=Partner, rows=rows, actor=alice, dry=dry)
    assert [(result.outcome, result.note) for result in results] == RESULTS
    stored = list(Partner.objects.order_by("code").values_list("code", "title", "search_key"))
    trail = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    if dry:
        assert ([title for _, title, _ in stored], trail) == (["Çınar A.Ş.", "Eski Unvan A.Ş."], [])
        return
    assert stored == [
        (5001, "Çınar A.Ş.", "CINAR A.S."),
        (5002, "Yeni Unvan A.Ş.", "YENI UNVAN A.S."),
        (5003, "Işık A.Ş.", "ISIK A.S."),
    ]
    assert trail == ["directory:rename", "directory:add"]


def test_titles_may_move_on_within_a_list(alice: Person) -> None:
    factories.PartnerFactory.create(code=5001, title="A A.Ş.")
    factories.PartnerFactory.create(code=5002, title="B A.Ş.")
    rows = [ListedRow(2, "5002", "C A.Ş."), ListedRow(3, "5001", "B A.Ş.")]
    import_directory(model=Partner, rows=rows, actor=alice)
    assert list(Partner.objects.order_by("code").values_list("title", flat=True)) == ["B A.Ş.", "C A.Ş."]


def test_suspending_is_audited_and_done_once(alice: Person, intermediary: Intermediary, now: datetime) -> None:
    for _ in range(2):
        suspend(party=intermediary, actor=alice, reason="Şikâyet", now=now)
    intermediary.refresh_from_db()
    assert (intermediary.state, intermediary.suspended_at, intermediary.suspension_reason) == (
        "suspended",
        now,
        "Şikâyet",
    )
    for _ in range(2):
        restore(party=intermediary, actor=alice, reason="Giderildi")
    intermediary.refresh_from_db()
    assert (intermediary.state, intermediary.suspended_at, intermediary.suspension_reason) == ("active", None, "")
    trail = AuditEvent.objects.order_by("pk").values_list("action", "reason")
    assert list(trail) == [("state:suspended", "Şikâyet"), ("state:active", "Giderildi")]


@pytest.fixture
def administrators(db: None) -> Client:
    client = Client()
    client.force_login(factories.administrator())
    return client


def test_administrators_try_a_list_and_take_it_in(administrators: Client) -> None:
    page = "/yonetim/partners/intermediary/aktar/"
    assert administrators.get(page).status_code == 200

    def send(**button: str) -> list[str]:
        file = SimpleUploadedFile("liste.csv", b"Kod;Unvan\n9001;Bir A.S.\nx;Iki A.S.\n")
        answer = administrators.post(page, {"file": file, **button})
        return [str(result.outcome.label) for result in answer.context["results"]]

    assert (send(dene="Dene"), Intermediary.objects.count()) == (["Eklendi", "Alınmadı"], 0)
    assert (send(), Intermediary.objects.count()) == (["Eklendi", "Alınmadı"], 1)
    assert send() == ["Zaten var", "Alınmadı"]
    wrong = administrators.post(page, {"file": SimpleUploadedFile("x.csv", b"a;b\n1;2\n")})
    assert "başlıkları bulunamadı" in wrong.content.decode()
    assert "Bir dosya seçin." in administrators.post(page).content.decode()


def test_administrators_suspend_with_a_reason(administrators: Client, partner: Partner, now: datetime) -> None:
    page = f"/yonetim/partners/partner/{partner.pk}/askiya-al/"
    assert "bütün markalardaki yetkileri hemen durur" in administrators.get(page).content.decode()
    assert "Gerekçe yazın." in administrators.post(page, {"reason": " "}).content.decode()
    assert Partner.objects.get().is_suspended is False
    assert administrators.post(page, {"reason": "Şikâyet"}).status_code == 302
    assert Partner.objects.get().suspension_reason == "Şikâyet"
    lifting = page.replace("askiya-al", "askiyi-kaldir")
    assert administrators.post(lifting, {"reason": "Giderildi"}).status_code == 302
    assert Partner.objects.get().is_suspended is False


def test_only_people_of_e_devlet_work_for_a_company(administrators: Client, partner: Partner, alice: Person) -> None:
    page = "/yonetim/partners/partnermembership/add/"
    form = {"partner": partner.pk, "ended_at_0": "", "ended_at_1": ""}
    staff = factories.staff("mehmet")
    assert "Yalnızca e-Devlet ile" in administrators.post(page, {**form, "person": staff.pk}).content.decode()
    assert administrators.post(page, {**form, "person": alice.pk}).status_code == 302
    again = administrators.post(page, {**form, "person": alice.pk}).content.decode()
    assert "Bu kişi bu iş ortağı için zaten yetkili." in again
    assert partner.partnermembership_set.get().person == alice
