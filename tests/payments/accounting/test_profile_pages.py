"""Declaring a bank's table: the sample, the draft, the preview, what is kept and what is not."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Person
from iys_portal.audit.models import AuditEvent
from payments.models import BankAccount, Statement, StatementProfile, StatementSample
from payments.selectors.statements import profiles
from payments.services import profiles as services
from payments.statements import ProfileError
from tests import factories

PAGES = "/muhasebe/sutun-tanimlari/"
NEW = f"{PAGES}yeni/"
TABLE = (
    "Hesap hareketleri\n"
    "Tarih;Valör;Açıklama;Gönderen;Karşı IBAN;VKN;Tutar;Bakiye\n"
    "13.11.2026;14.11.2026;KM7-T3R-AWC;ÖRNEK A.Ş.;TR140006400000142011234567;1234567890;5.097,60;6.097,60\n"
    "16.11.2026;16.11.2026;Kira;MAL SAHİBİ;;;-97,60;6.000,00\n"
).encode()
FILLED = {
    "ad": "Deneme Bankası",
    "kisa_ad": "deneme",
    "ayirici": ";",
    "kodlama": "auto",
    "tarih": "Tarih",
    "valor": "Valör",
    "gun_bicimi1": "dd.mm.yyyy",
    "isaret": "signed",
    "tutar": "Tutar",
    "ondalik": ",",
    "binlik": ".",
    "para_birimi": "TRY",
    "aciklama1": "Açıklama",
    "gonderen": "Gönderen",
    "gonderen_iban": "Karşı IBAN",
    "gonderen_vkn": "VKN",
    "bakiye": "Bakiye",
}


def sample(browser: Client, content: bytes = TABLE) -> Any:
    return browser.post(NEW, {"islem": "yukle", "ornek": SimpleUploadedFile("ornek.csv", content)}, follow=True)


def save(browser: Client, address: str = NEW, **changes: str) -> Any:
    return browser.post(address, {**FILLED, "islem": "kaydet", **changes})


def test_a_sample_fills_the_form_and_shows_its_rows(browser: Client, accountant: Person) -> None:
    page = sample(browser)
    form = page.context["profile_form"]
    wanted = {key: value for key, value in FILLED.items() if key not in {"ad", "kisa_ad"}}
    assert {key: form[key].value() for key in wanted} == wanted
    assert page.context["unsure"] == ()
    assert [row[0] for row in page.context["rows"]] == ["Hesap hareketleri", "Tarih", "13.11.2026", "16.11.2026"]
    kept = StatementSample.objects.get()
    assert (kept.person, kept.filename, services.content_of_sample(kept)) == (accountant, "ornek.csv", TABLE)
    assert "MAL SAHİBİ".encode() not in bytes(kept.content_encrypted)


def test_what_is_ambiguous_about_money_and_days_is_left_open(browser: Client) -> None:
    page = sample(browser, b"Tarih;Tutar;Aciklama\n01/02/2026;1.234;A\n03/04/2026;5.678;B\n")
    form = page.context["profile_form"]
    assert [form[name].value() for name in ("gun_bicimi1", "ondalik", "isaret")] == [None, "", ""]
    assert page.context["unsure"] == (
        "Tarih biçimini seçin. Dosya dd/mm/yyyy ya da mm/dd/yyyy olarak okunabilir.",
        "Ondalık ve binlik ayırıcıyı seçin; dosyadaki tutarlardan anlaşılmıyor.",
        "Tutarların hiçbiri eksi değil; çıkan paranın nasıl gösterildiğini doğrulayın.",
    )


def test_the_preview_shows_the_movements_as_they_would_be_read(browser: Client) -> None:
    sample(browser)
    page = browser.post(NEW, {**FILLED, "islem": "onizle"})
    reading = page.context["reading"]
    first, second = reading.lines
    assert (first.booked_on.day, first.value_on.day, str(first.amount)) == (13, 14, "5097.60")
    assert (first.payer_name, first.payer_iban) == ("ÖRNEK A.Ş.", "TR140006400000142011234567")
    assert (first.payer_tax_number, str(first.running_balance)) == ("1234567890", "6097.60")
    assert str(second.amount) == "-97.60"
    assert (reading.line_count, reading.problem_count, reading.balance_ok) == (2, 0, True)
    assert StatementProfile.objects.count() == 0


def test_the_preview_names_the_rows_that_cannot_be_read_and_the_balance_that_is_off(browser: Client) -> None:
    sample(browser, TABLE.replace(b"6.000,00", b"6.000,01").replace(b"16.11.2026;16", b"31.02.2026;16"))
    reading = browser.post(NEW, {**FILLED, "islem": "onizle"}).context["reading"]
    assert [problem.line for problem in reading.problems] == [4]
    assert reading.balance_ok is False


def test_saving_keeps_the_definition_and_drops_the_sample(browser: Client, accountant: Person) -> None:
    sample(browser)
    answer = save(browser)
    assert (answer.status_code, answer["Location"]) == (302, PAGES)
    profile = StatementProfile.objects.get()
    assert (profile.slug, profile.name, profile.kind, profile.is_active) == ("deneme", "Deneme Bankası", "csv", True)
    assert profile.created_by == accountant
    assert profiles()["csv:deneme"].title == "Deneme Bankası"
    assert StatementSample.objects.count() == 0
    event = AuditEvent.objects.get(action="declare")
    assert (event.actor_id, event.detail["after"]) == (accountant.pk, profile.definition)
    assert "deneme" in browser.get(PAGES).content.decode()


def test_a_saved_definition_is_offered_with_new_statements_and_reads_them(
    browser: Client, account: BankAccount
) -> None:
    sample(browser)
    save(browser)
    assert '<option value="csv:deneme">Deneme Bankası</option>' in browser.get("/muhasebe/").content.decode()
    upload = {"account": account.pk, "bicim": "csv:deneme", "file": SimpleUploadedFile("e.csv", TABLE)}
    browser.post("/muhasebe/", upload)
    assert Statement.objects.get().profile == StatementProfile.objects.get().definition


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"ad": ""}, "ad", "Tanıma bir ad verin."),
        ({"kisa_ad": "Büyük Harf"}, "kisa_ad", "Küçük harf, rakam ve tireden oluşmalı; örnek: ziraat."),
        ({"kisa_ad": "yeni"}, "kisa_ad", "Bu kısa ad kullanılamaz; başka bir ad yazın."),
        ({"tarih": ""}, "tarih", "Tarih sütunu seçilmeli."),
        ({"gun_bicimi1": ""}, "gun_bicimi1", "Tarih biçimi seçilmeli; örnek: dd.mm.yyyy."),
        ({"aciklama1": ""}, "aciklama1", "En az bir açıklama sütunu seçilmeli."),
        ({"isaret": ""}, "isaret", "Giren ve çıkan paranın nasıl ayrıldığını seçin."),
        ({"ondalik": ""}, "ondalik", "Ondalık ayırıcı “,” ya da “.” olarak seçilmeli."),
        ({"binlik": ","}, "binlik", "Binlik ayırıcı ondalık ayırıcıyla aynı olamaz."),
        ({"baslik_satiri": "x"}, "baslik_satiri", "Satır numarasını rakamla yazın."),
        ({"tarih": "#ZZZ"}, "tarih", "Sütun harfi #A ile #IV arasında olmalı."),
        (
            {"isaret": "direction", "yon": "Yön"},
            "gelen_sozcukleri",
            "Yön sütununda geçen sözcükler verilmeli; örnek: A ve B.",
        ),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    browser: Client, changes: dict[str, str], field: str, message: str
) -> None:
    sample(browser)
    page = save(browser, **changes)
    form = page.context["profile_form"]
    assert (page.status_code, form.errors) == (200, {field: [message]})
    assert form["gonderen"].value() == "Gönderen"
    assert page.content.decode().count('data-testid="error-summary"') == 1
    assert (StatementProfile.objects.count(), StatementSample.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Seçtiğiniz dosya boş."),
        (b" \n ", "Seçtiğiniz dosya boş. Ekstreyi bankadan yeniden indirin."),
        (b"x" * (services.SAMPLE_MAX_BYTES + 1), "Örnek dosya en çok 4 MB olabilir. Daha kısa bir dönem seçin."),
    ],
)
def test_samples_that_are_refused(browser: Client, content: bytes, message: str) -> None:
    page = sample(browser, content)
    assert page.context["upload"].errors == {"ornek": [message]}
    assert StatementSample.objects.count() == 0


@pytest.mark.parametrize("content", [b"PK\x03\x04 no workbook", b"\x00\xff\xfe binary", b":20:MT940\n:25:X\n"])
def test_a_file_that_is_no_table_says_so_and_leaves_the_form_to_the_person(browser: Client, content: bytes) -> None:
    page = sample(browser, content)
    assert page.status_code == 200
    assert page.context["refusal"] != ""
    assert page.context["profile_form"]["tarih"].value() is None


def test_a_sample_is_gone_after_an_hour_and_what_was_typed_stays(browser: Client, now: datetime) -> None:
    sample(browser)
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        browser.force_login(Person.objects.get())  # a session does not idle for an hour
        page = browser.post(NEW, {**FILLED, "islem": "onizle"})
        assert (page.context["sample"], page.context["reading"]) == (None, None)
        assert page.context["sample_lost"] is True
        assert page.context["profile_form"]["tutar"].value() == "Tutar"
    assert services.drop_samples(now=now + timedelta(minutes=59)) == 0
    assert services.drop_samples(now=now + timedelta(hours=1)) == 1
    assert StatementSample.objects.count() == 0


def test_a_new_sample_takes_the_place_of_the_old_one_and_may_come_with_the_form(browser: Client) -> None:
    sample(browser)
    other = SimpleUploadedFile("baska.csv", TABLE.replace(b"5.097,60", b"1.097,60").replace(b"6.097,60", b"2.097,60"))
    page = browser.post(NEW, {**FILLED, "islem": "onizle", "ornek": other})
    assert [str(line.amount) for line in page.context["reading"].lines] == ["1097.60", "-97.60"]
    assert [kept.filename for kept in StatementSample.objects.all()] == ["baska.csv"]


def test_nobody_sees_the_sample_of_another(browser: Client, client_of: Any) -> None:
    sample(browser)
    other = client_of(factories.accountant("muhasebe2"))
    assert other.get(NEW).context["sample"] is None


def test_giving_up_deletes_the_sample(browser: Client) -> None:
    sample(browser)
    assert browser.post(NEW, {"islem": "birak"})["Location"] == PAGES
    assert StatementSample.objects.count() == 0


def stored(browser: Client) -> tuple[str, str]:
    """Return a stored definition's address, and what its page saw."""
    save(browser)
    address = f"{PAGES}deneme/"
    found = re.search(r'name="gorulen" value="([^"]+)"', browser.get(address).content.decode())
    assert found is not None
    return address, found[1]


def test_a_definition_changes_and_what_it_was_is_kept_in_the_trail(browser: Client) -> None:
    address, seen = stored(browser)
    before = StatementProfile.objects.get().definition
    assert save(browser, address, gorulen=seen, valor="", kisa_ad="baska").status_code == 302
    profile = StatementProfile.objects.get()
    assert (profile.slug, profile.definition["columns"]["value_date"]) == ("deneme", "")
    event = AuditEvent.objects.get(action="change")
    assert event.detail["before"]["definition"] == before
    assert event.detail["after"]["definition"] == profile.definition


def test_saving_without_a_change_leaves_no_trace(browser: Client) -> None:
    address, seen = stored(browser)
    save(browser, address, gorulen=seen)
    assert AuditEvent.objects.filter(action="change").count() == 0


def test_of_two_people_who_change_a_definition_the_second_is_told(browser: Client) -> None:
    address, seen = stored(browser)
    save(browser, address, gorulen=seen, valor="")
    page = save(browser, address, gorulen=seen, gonderen="")
    told = "Bu tanım az önce başka biri tarafından değiştirildi. Sayfayı yenileyip yeniden deneyin."
    assert page.context["profile_form"].errors == {"__all__": [told]}
    assert StatementProfile.objects.get().definition["columns"]["payer_name"] == "Gönderen"


def test_a_definition_is_taken_out_of_use_and_back_but_never_deleted(browser: Client) -> None:
    address, seen = stored(browser)
    browser.post(address, {"islem": "durum", "kullan": "0", "gorulen": seen})
    assert StatementProfile.objects.get().is_active is False
    assert "csv:deneme" not in profiles()
    assert "listede görünmez" in browser.get(address).content.decode()
    browser.post(
        address, {"islem": "durum", "kullan": "1", "gorulen": services.seen_of(StatementProfile.objects.get())}
    )
    assert StatementProfile.objects.get().is_active is True
    assert list(
        AuditEvent.objects.filter(action__endswith="activate").values_list("action", flat=True).order_by("pk")
    ) == [
        "deactivate",
        "activate",
    ]


def test_a_short_name_is_taken_once(browser: Client) -> None:
    save(browser)
    page = save(browser)
    told = "Bu kısa adla bir tanım var; başka bir ad yazın."
    assert page.context["profile_form"].errors == {"kisa_ad": [told]}


def test_an_incomplete_layout_is_no_definition(accountant: Person, now: datetime) -> None:
    layout = replace(profiles()["csv:ziraat"], date_formats=())
    with pytest.raises(ProfileError):
        services.declare(name="X", layout=layout, person=accountant, now=now)
