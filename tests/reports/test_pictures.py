"""The pictures: what is drawn = the table = the file = what SQL counts; ranges, brands, emptiness, other companies."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.enums import BrandState
from brands.models import Brand
from consents.enums import Channel, ConsentStatus
from consents.models import ImportJob
from iys_portal.shared.chart import WIDE, Cell, MatrixRow
from packages.models import AddressUsageDay
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.services import authorise_intermediary, authorise_partner
from reports.pictures import holdings, printed
from reports.pictures.catalogue import QUESTIONS
from reports.pictures.report import Report, compared, with_tail
from reports.pictures.summary import said
from reports.services.roll_up import roll_up
from tests import factories
from tests.consents.scene import run
from tests.reports.pages import SVG, drawn, facts, file_of, finding, number_of, page_of, table
from tests.reports.scene import events

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
RET = ConsentStatus.RET
DATED = [question.slug for question in QUESTIONS if question.days]


@pytest.fixture(autouse=True)
def _monday(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(client_of: Callable[[Person], Client], alice: Person) -> Client:
    return client_of(alice)


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider, name="Çınar")


def scatter(provider: Provider, brands: list[Brand], now: datetime) -> None:
    """Write movements over three months and all channels, half of them in the roll-up."""
    for ago in range(95, -1, -5):
        for at, brand in enumerate(brands):
            channel = list(Channel)[(ago // 5 + at) % 3]
            events(provider.pk, now - timedelta(days=ago), brand=brand.pk, channel=channel, number=3 + ago % 7)
            events(provider.pk, now - timedelta(days=ago), brand=brand.pk, channel=channel, status=RET, source=9)
        if ago == 45:
            roll_up(provider_id=provider.pk, now=now)


def count(condition: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM consent_event WHERE {condition}", values)
        return int(cursor.fetchone()[0])


# --- Drawn = table = file = SQL ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("days", [7, 30, 90, 366])
def test_the_flow_is_what_sql_counts(
    days: int, browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    scatter(provider, [brand], now)
    query = {"ilk": TODAY - timedelta(days=days - 1), "son": TODAY}
    answer = page_of(browser, "onay-ret", **query)
    rows = table(answer)
    since = now.replace(hour=0) - timedelta(days=days - 1, hours=3)
    for status, series, column in ((1, "Onay", -2), (2, "Ret", -1)):
        expected = count("provider_id = %s AND status = %s AND created_at >= %s", provider.pk, status, since)
        assert expected > 0
        assert sum(number_of(words) for name, words in drawn(answer) if name.endswith(f"· {series}")) == expected
        assert sum(number_of(row[column]) for row in rows[1:]) == expected
    plain = [[row[0], *(cell.replace(".", "") for cell in row[1:])] for row in rows[1:]]
    assert file_of(browser, "onay-ret", **query) == [rows[0], *plain]


def test_brands_by_channel(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    other = factories.BrandFactory.create(provider=provider, name="Söğüt")
    scatter(provider, [brand, other], now)
    events(provider.pk, now, brand=other.pk, status=RET, number=60)
    answer = page_of(browser, "marka-kanal", ilk=TODAY - timedelta(days=400), son=TODAY)
    approvals = count("provider_id = %s AND status = 1", provider.pk)
    assert sum(number_of(words) for _, words in drawn(answer)) == approvals
    rows = table(answer)[1:]
    assert sum(number_of(row[at]) for row in rows for at in (2, 4, 6)) == approvals
    assert sum(number_of(row[at]) for row in rows for at in (3, 5, 7)) == count("status = 2")
    assert finding(answer).startswith("Ret payı en yüksek marka Söğüt: %")


def test_a_long_tail_of_brands_is_one_row(browser: Client, provider: Provider, now: datetime) -> None:
    for number in range(25):
        brand = factories.BrandFactory.create(provider=provider)
        events(provider.pk, now, brand=brand.pk, number=number + 1)
    rows = table(page_of(browser, "marka-kanal"))[1:]
    assert len(rows) == 21
    assert (rows[-1][0], number_of(rows[-1][4])) == ("Diğer 5 marka", 1 + 2 + 3 + 4 + 5)


def test_the_weakest_brand_is_named_however_few_approvals_it_has(
    browser: Client, provider: Provider, now: datetime
) -> None:
    brands = [factories.BrandFactory.create(provider=provider) for _ in range(25)]
    for number, brand in enumerate(brands[1:]):
        events(provider.pk, now, brand=brand.pk, number=30 + number)
    events(provider.pk, now, brand=brands[0].pk, status=RET, number=40)
    events(provider.pk, now - timedelta(days=90), brand=brands[0].pk, status=RET, number=20)
    answer = page_of(browser, "marka-kanal")
    assert finding(answer).startswith(f"Ret payı en yüksek marka {brands[0].name}: %100 (40 Ret). En çok onayı ")
    rows = table(answer)[1:]
    assert (len(rows), rows[19][1], rows[20][0]) == (21, str(brands[0].code), "Diğer 5 marka")
    assert ("Ret", "40", "önceki dönem 20, %100 arttı") in facts(answer)


def test_brands_with_refusals_only(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    events(provider.pk, now, brand=brand.pk, status=RET, number=7)
    assert finding(page_of(browser, "marka-kanal")) == "0 Onay, 7 Ret kaydedildi."


def test_sources(browser: Client, provider: Provider, now: datetime) -> None:
    for source in range(1, 14):
        events(provider.pk, now, source=source, number=source)
    events(provider.pk, now - timedelta(days=91), source=13, number=4)
    answer = page_of(browser, "kaynaklar")
    total = sum(range(1, 14))
    assert sum(number_of(words) for _, words in drawn(answer)) == total == count("created_at >= %s", now)
    rows = table(answer)[1:]
    assert [rows[0], rows[-1]] == [["Sosyal medya", "13", "%14,3", "4"], ["Diğer 3 kaynak", "6", "%6,6", "0"]]
    assert finding(answer) == "Onaylar en çok “Sosyal medya” kaynağından geldi: 13 (%14,3)."


def test_of_equals_none_is_named(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    other = factories.BrandFactory.create(provider=provider)
    for source, each in ((1, brand), (2, other)):
        events(provider.pk, now, source=source, brand=each.pk, number=12)
    expected = "Onaylar en çok 2 kaynaktan, eşit sayıda geldi: her birinden 12 (%50)."
    assert finding(page_of(browser, "kaynaklar")) == expected
    assert finding(page_of(browser, "marka-kanal")) == "24 Onay, 0 Ret kaydedildi."


def test_refusals_in_time(browser: Client, provider: Provider, now: datetime) -> None:
    events(provider.pk, now, status=RET, number=7)
    events(provider.pk, now, status=RET, given=now - timedelta(days=20), number=3)
    answer = page_of(browser, "ret-suresi")
    assert finding(answer) == "10 ret kaydının %70'i süresinde işlendi; 3 ret gecikti."
    assert ("Geciken", "3", "önceki dönem hiç yoktu") in facts(answer)
    assert sum(number_of(words) for _, words in drawn(answer)) == 10
    assert [row[1:] for row in table(answer)[1:] if row[1] != "0"] == [["7", "Süresinde"], ["3", "Gecikmiş"]]


def test_addresses(browser: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    run("INSERT INTO packages_addressusage (provider_id, phones, emails) VALUES (%s, 3000, 40)", provider.pk)
    for ago in range(1, 61):
        day = TODAY - timedelta(days=ago)
        AddressUsageDay.objects.create(provider=provider, day=day, phones=3_000 - 20 * ago, emails=40)
    answer = page_of(browser, "adres-sayisi", ilk=TODAY - timedelta(days=30), son=TODAY)
    assert finding(answer) == (
        "Adres sayınız bugün 3.000: İLETİ-5 sınırının %60'ı. Bu hızla 03.03.2027'de İLETİ-5 sınırına ulaşırsınız."
    )
    rows = table(answer)
    assert (len(rows), rows[1], rows[-1]) == (
        32,
        ["24.10.2026", "2.400", "40", "2.400"],
        ["23.11.2026", "3.000", "40", "3.000"],
    )
    assert '<path class="chart-forecast"' in answer.content.decode()
    past = page_of(browser, "adres-sayisi", ilk=TODAY - timedelta(days=30), son=TODAY - timedelta(days=10))
    assert '<path class="chart-forecast"' not in past.content.decode()


def test_uploads(browser: Client, provider: Provider, brand: Brand, alice: Person, now: datetime) -> None:
    job = {
        "provider": provider,
        "brand": brand,
        "person": alice,
        "filename": "a.csv",
        "size": 1,
        "state": "done",
        "started_at": now,
        "finished_at": now,
    }
    counts = {"new_count": 60, "changed_count": 10, "same_count": 10, "rejected_count": 4}
    ImportJob.objects.create(**job, **counts, sha256="1", received_at=now, row_count=100, problem_count=6, staged=84,
                             position=84, faults={"H174": 4, "H462": 6})  # fmt: skip
    ImportJob.objects.create(**job, sha256="2", received_at=now - timedelta(days=100), row_count=50, staged=0)
    answer = page_of(browser, "yuklemeler")
    assert finding(answer) == "1 dosyada 100 satır okundu; 10 satır (%10) kaydedilemedi."
    assert [row[1] for row in table(answer)[1:]] == ["100", "60", "10", "10", "10", "10", "6", "4"]
    assert [number_of(words) for _, words in drawn(answer)] == [100, 60, 10, 10, 10, 10, 6, 4]


def test_an_upload_that_was_given_up_midway(
    browser: Client, provider: Provider, brand: Brand, alice: Person, now: datetime
) -> None:
    job = {"provider": provider, "brand": brand, "person": alice, "filename": "a.csv", "size": 1, "received_at": now,
           "state": "cancelled", "finished_at": now, "row_count": 100, "started_at": now}  # fmt: skip
    counts = {"new_count": 30, "same_count": 8, "rejected_count": 2, "position": 40, "staged": 90, "problem_count": 10}
    ImportJob.objects.create(**job, **counts, sha256="1")
    ImportJob.objects.create(**job, sha256="2", staged=100)  # given up before anything was recorded
    answer = page_of(browser, "yuklemeler")
    assert finding(answer) == (
        "1 dosyada 100 satır okundu; 12 satır (%12) kaydedilemedi, 50 satır, yüklemesi yarıda bırakıldığı için"
        " kaydedilmedi."
    )
    assert [row[:2] for row in table(answer)[1:]] == [
        ["Okunan satır", "100"],
        ["Yeni kaydedildi", "30"],
        ["Değişti", "0"],
        ["Zaten böyleydi", "8"],
        ["Dosyada yinelenmişti", "0"],
        ["Yarıda bırakıldı", "50"],
        ["Kaydedilemedi", "12"],
    ]


def test_rights(browser: Client, provider: Provider, brand: Brand, alice: Person, now: datetime) -> None:
    factories.subscription(provider, now=now)
    rights = {PartnerChannel.MESAJ: Right.WRITE, PartnerChannel.ARAMA: Right.READ, PartnerChannel.EPOSTA: Right.NONE}
    partner, carrier = factories.PartnerFactory.create(), factories.IntermediaryFactory.create()
    authorise_partner(brand=brand, partner=partner, agreement=True, rights=rights, ends_on=None, person=alice, now=now)
    authorise_intermediary(
        brand=brand, intermediary=carrier, channels=frozenset({PartnerChannel.EPOSTA}), ends_on=None, person=alice,
        now=now,
    )  # fmt: skip
    answer = page_of(browser, "yetkiler")
    assert finding(answer) == (
        "1 markanızda 2 kuruluşun yetkisi var: 1 kuruluş izin yazabilir, 1 kuruluş yalnızca okur."
    )
    assert [row[3:] for row in table(answer)[1:]] == [
        ["AHS", "–", "–", "Okuma", "–", "Süresiz"],
        ["İş ortağı", "Yazma", "Okuma", "–", "Evet", "Süresiz"],
    ]
    assert [words for _, words in drawn(answer)] == ["–", "–", "Okuma", "–", "Yazma", "Okuma", "–", "Evet"]


def test_the_workbook_holds_numbers(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    events(provider.pk, now, brand=brand.pk, number=1_234)
    answer = browser.get(reverse("reports:picture_xlsx", args=["marka-kanal"]))
    assert answer["Content-Disposition"] == 'attachment; filename="marka-kanal-2026-08-26-2026-11-23.xlsx"'
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    assert rows[1] == ("Çınar", str(brand.code), 0, 0, 1_234, 0, 0, 0, "%0")


# --- What is asked for ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"ilk": "2016-11-23"}, "En çok üç yıllık (1.096 gün) bir aralık seçin"),
        ({"ilk": "2026-11-24"}, "İlk gün son günden sonra olamaz."),
        ({"son": "2026-11-24"}, "Son gün bugünden sonra olamaz."),
        ({"ilk": "2015-04-30", "son": "2015-05-02"}, "İlk gün 01.05.2015 gününden önce olamaz."),
        ({"ilk": "31.02.2026"}, "İlk gün okunamadı; gün.ay.yıl olarak yazın."),
        ({"son": ""}, "Son gün boş bırakılamaz."),
        ({"marka": "12"}, "Bu kodla bir markanız yok; listeden seçin."),
        ({"marka": "<b>"}, "Bu kodla bir markanız yok; listeden seçin."),
        ({"marka": "99999999999"}, "Bu kodla bir markanız yok; listeden seçin."),
    ],
)
def test_what_cannot_be_asked(query: dict[str, str], message: str, browser: Client) -> None:
    answer = page_of(browser, "onay-ret", **query)
    text = answer.content.decode()
    assert (answer.status_code, answer.context["report"]) == (200, None)
    assert message in text
    assert "<title>Hata: " in text
    assert 'value="' + next(iter(query.values())) + '"' in text or "marka" in query or query == {"son": ""}
    assert browser.get(reverse("reports:picture_csv", args=["onay-ret"]), query).status_code == 404


def test_another_companys_brand_does_not_exist(browser: Client, provider: Provider, now: datetime) -> None:
    foreign = factories.BrandFactory.create()
    events(foreign.provider_id, now, brand=foreign.pk, number=5)
    assert "Bu kodla bir markanız yok" in page_of(browser, "onay-ret", marka=foreign.code).content.decode()
    assert [table(page_of(browser, slug)) for slug in ("onay-ret", "marka-kanal", "kaynaklar")] == [[], [], []]


def test_a_brand_narrows_the_figures(browser: Client, provider: Provider, brand: Brand, now: datetime) -> None:
    other = factories.BrandFactory.create(provider=provider, state="passive")
    events(provider.pk, now, brand=brand.pk, number=2)
    events(provider.pk, now, brand=other.pk, number=5)
    for narrowed, number in ((brand, 2), (other, 5)):
        for slug in ("onay-ret", "kaynaklar"):
            answer = page_of(browser, slug, marka=narrowed.code)
            assert sum(number_of(words) for _, words in drawn(answer)) == number
            assert f"{narrowed.name} ({narrowed.code})" in answer.content.decode()


def test_a_brand_that_was_closed_keeps_the_days_before(
    browser: Client, provider: Provider, brand: Brand, now: datetime
) -> None:
    events(provider.pk, now - timedelta(days=10), brand=brand.pk, number=5)
    Brand.objects.filter(pk=brand.pk).update(state=BrandState.PASSIVE)
    factories.BrandFactory.create(provider=provider)
    roll_up(provider_id=provider.pk, now=now)
    answer = page_of(browser, "marka-kanal")
    assert [row[:2] for row in table(answer)[1:]] == [[brand.name, str(brand.code)]]
    assert sum(number_of(words) for _, words in drawn(answer)) == 5


@pytest.mark.parametrize("slug", [question.slug for question in QUESTIONS])
def test_a_new_company_reads_why_nothing_is_drawn(slug: str, browser: Client) -> None:
    answer = page_of(browser, slug)
    assert answer.status_code == 200
    assert finding(answer)
    assert SVG.findall(answer.content.decode()) == []
    assert browser.get(reverse("reports:picture_xlsx", args=[slug])).status_code == 200


def test_unknown_questions_do_not_exist(browser: Client) -> None:
    assert page_of(browser, "yok").status_code == 404
    assert browser.get(reverse("reports:picture_csv", args=["yok"])).status_code == 404


@pytest.mark.parametrize("slug", DATED)
def test_a_page_takes_as_many_queries_whatever_there_is(
    slug: str, browser: Client, provider: Provider, now: datetime
) -> None:
    numbers = []
    for brands in (1, 2):
        scatter(provider, factories.BrandFactory.create_batch(brands, provider=provider), now)
        with CaptureQueriesContext(connection) as queries:
            page_of(browser, slug)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# --- Days -------------------------------------------------------------------------------------------------------------
def test_days_are_istanbuls(browser: Client, provider: Provider) -> None:
    midnight = datetime(2026, 11, 21, 21, tzinfo=UTC)
    events(provider.pk, midnight - timedelta(seconds=1), number=2)
    events(provider.pk, midnight, number=3)
    rows = {row[0]: row[-2] for row in table(page_of(browser, "onay-ret", ilk="2026-11-20", son="2026-11-23"))}
    assert (rows["21.11.2026"], rows["22.11.2026"], rows["23.11.2026"]) == ("2", "3", "0")


# --- Words ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (5, 5, "önceki dönem de 5"),
        (5, 0, "önceki dönem hiç yoktu"),
        (9, 8, "önceki dönem 8, %12,5 arttı"),
        (0, 1_234, "önceki dönem 1.234, %100 azaldı"),
    ],
)
def test_figures_beside_those_before(now: int, before: int, words: str) -> None:
    assert compared(now, before) == words


def test_a_rest_of_one_is_no_rest() -> None:
    assert with_tail([1, 2, 3], 2) == ([1, 2, 3], [])
    assert with_tail([1, 2, 3, 4], 2) == ([1, 2], [3, 4])


def test_a_printed_picture_has_the_light_colours() -> None:
    rules = printed.picture_rules()
    assert ".chart-first{fill: #0b5c6b;}" in rules
    assert "var(" not in rules
    assert "display" not in rules


# --- On paper ---------------------------------------------------------------------------------------------------------
def test_no_picture_of_rights_is_higher_than_a_sheet() -> None:
    rows = [MatrixRow("İş ortağı", [Cell("Okuma", 2)] * 4, f"Marka {number}") for number in range(40)]
    panels = holdings._right_panels(rows, "Bulgu.")
    assert [panel.heading.rpartition(", ")[2] for panel in panels] == ["1–15", "16–30", "31–40"]
    heights = [panel.picture.draw(WIDE).height * 162 / WIDE for panel in panels]  # mm, as report.css prints them
    assert max(heights) < 225
    assert [panel.heading for panel in holdings._right_panels(rows[:15], "Bulgu.")] == [""]


@pytest.mark.parametrize(
    ("rows", "in_full", "printed_rows", "left_out"),
    [(40, False, 40, 0), (41, False, 0, 41), (41, True, 41, 0), (501, True, 500, 1)],
)
def test_tables_on_paper(rows: int, in_full: bool, printed_rows: int, left_out: int) -> None:
    report = Report("Bulgu.", head=["Gün"], rows=[[number] for number in range(rows)], in_full=in_full)
    section = printed._section(QUESTIONS[0], report, today=TODAY)
    assert (len(section.rows), section.left_out) == (printed_rows, left_out)


def test_what_is_of_today_says_so_in_a_report_of_a_period() -> None:
    report = Report("2 kuruluşun yetkisi var.", head=["Gün"], rows=[[1]])
    words = {question.slug: said(question, report, today=TODAY) for question in QUESTIONS}
    dated = "23.11.2026 itibarıyla: 2 kuruluşun yetkisi var."
    assert {slug for slug, finding in words.items() if finding == dated} == {"izin-yasi", "yetkiler"}
    assert words["onay-ret"] == report.finding


def test_an_address_count_beside_days_that_are_over_says_its_day(browser: Client) -> None:
    answer = page_of(browser, "adres-sayisi", ilk=TODAY - timedelta(days=30), son=TODAY - timedelta(days=10))
    assert finding(answer).startswith("Adres sayınız 23.11.2026 tarihinde 0")
