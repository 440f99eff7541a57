"""Hemen Başvur in a browser without script: what is kept, what is refused, what is sent once."""

import re
import secrets
from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Person, WebSession
from applications.enums import ApplicationKind, ApplicationState, CheckKind
from applications.models import Application, Document
from applications.rules import BRAND_IS_TITLE, ApplicationRefused
from applications.services import drafts, review
from applications.services.approval import approve
from applications.views.pointer import COOKIE
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.enums import MailKind
from iys_portal.mail.models import Mail
from iys_portal.shared.mersis import mersis_fault
from iys_portal.shared.tin import tin_columns
from tests import factories
from tests.applications import samples

COMPANY = {
    "unvan": "Işık  Çiçekçilik Ltd. Şti.",
    "vkn": " 412 000 0019 ",
    "mersis": "",
    "adres": "Atatürk Cad. No: 7 Çankaya, Ankara",
    "kep": "ISIK@hs01.kep.tr",
    "telefon": "0 (312) 218 30 00",
    "eposta": "bilgi@isikcicek.com.tr",
}
PERSON = {
    "ad": "İnci",
    "soyad": "Işık",
    "tckn": samples.TCKN,
    "dogum_tarihi": "27.03.1985",
    "cep": "0532 000 00 00",
    "kurumsal_eposta": "inci@isikcicek.com.tr",
}
FULL = {**COMPANY, "vkn": factories.make_vkn(412_000_001)}


def file(content: bytes | None = None, name: str = "belge.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, samples.png() if content is None else content, content_type="application/pdf")


@pytest.fixture
def browser(db: None) -> Client:
    """A stranger's browser with a draft, of an address of its own: the clock stands still, and with it the limits."""
    client = Client(REMOTE_ADDR=f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1")
    client.post("/basvuru/")
    return client


def link_in(text: str) -> str:
    """Return the secret link in a page or an e-mail, as a path."""
    found = re.search(rf"{re.escape(settings.PUBLIC_URL)}(/basvuru/devam/\?kod=[\w-]+)", text)
    assert found is not None
    return found[1]


def errors(answer: object, form: str = "form") -> dict[str, list[str]]:
    return answer.context[form].errors.get_json_data() and {  # type: ignore[attr-defined]
        name: list(found)
        for name, found in answer.context[form].errors.items()  # type: ignore[attr-defined]
    }


def test_the_whole_way_sends_one_application(browser: Client) -> None:
    vkn = factories.make_vkn(412_000_001)
    assert browser.post("/basvuru/sirket/", {**COMPANY, "vkn": f" {vkn[:3]} {vkn[3:]} "})["Location"] == (
        "/basvuru/yetkili/"
    )
    assert browser.post("/basvuru/yetkili/", PERSON)["Location"] == "/basvuru/markalar/"
    added = browser.post("/basvuru/markalar/", {"marka": "Çiçek Işığı", "belge": file()})
    assert added["Location"] == "/basvuru/markalar/"
    pdf = browser.get("/basvuru/taahhutname/pdf/")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    # What the portal printed itself passes when it comes back, as with an electronic signature.
    signed = file(pdf.content, "taahhutname.pdf")
    assert browser.post("/basvuru/taahhutname/", {"belge": signed})["Location"] == "/basvuru/kontrol/"
    check = browser.get("/basvuru/kontrol/").content.decode()
    assert samples.TCKN not in check
    assert f"{samples.TCKN[:3]}******{samples.TCKN[-2:]}" in check
    for _ in range(2):
        assert browser.post("/basvuru/kontrol/")["Location"] == "/basvuru/alindi/"
    application = Application.objects.get()
    assert (application.state, application.title, application.phone, application.kep) == (
        ApplicationState.NEW,
        "Işık Çiçekçilik Ltd. Şti.",
        "+903122183000",
        "isik@hs01.kep.tr",
    )
    assert application.reference_display in browser.get("/basvuru/alindi/").content.decode()
    mail = Mail.objects.latest("pk")
    assert (mail.to, mail.provider_id, application.reference_display in mail.subject) == (
        "inci@isikcicek.com.tr",
        None,
        True,
    )
    events = AuditEvent.objects.filter(object_type="applications.application")
    assert list(events.values_list("action", "actor_name")) == [("state:new", "Başvuru sahibi")]
    # Sent is sent: the steps lead to the confirmation.
    assert browser.get("/basvuru/sirket/")["Location"] == "/basvuru/alindi/"


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ({"vkn": "1234567891"}, "vkn", "geçersiz"),
        ({"vkn": f"{samples.TCKN[:-1]}{(int(samples.TCKN[-1]) + 1) % 10}"}, "vkn", "T.C. Kimlik Numarası geçersiz"),
        ({"vkn": samples.TCKN, "mersis": f"{factories.make_tckn(5)}00015"}, "mersis", "başka bir T.C. kimlik"),
        ({"vkn": ""}, "mersis", "MERSİS numarasını ya da"),
        ({"vkn": "", "mersis": "123"}, "mersis", "16 rakam"),
        ({"kep": "bilgi@isikcicek.com.tr"}, "kep", ".kep.tr"),
        ({"telefon": "12"}, "telefon", "alan kodu"),
        ({"eposta": "yok"}, "eposta", "biçiminde"),
    ],
)
def test_company_faults_are_told_with_the_values_kept(
    browser: Client, change: dict[str, str], field: str, part: str
) -> None:
    answer = browser.post("/basvuru/sirket/", {**COMPANY, "vkn": factories.make_vkn(412_000_001), **change})
    html = answer.content.decode()
    assert list(errors(answer)) == [field]
    assert part in errors(answer)[field][0]
    assert ('data-testid="error-summary"' in html, "Hata: " in html, "Atatürk Cad. No: 7" in html) == (True, True, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tckn": "10000000147"}, "tckn"),
        ({"dogum_tarihi": "27.03.2015"}, "dogum_tarihi"),
        ({"dogum_tarihi": "1985"}, "dogum_tarihi"),
        ({"cep": "0312 218 30 00"}, "cep"),
        ({"kurumsal_eposta": "inci@gmail.com"}, "kurumsal_eposta"),
    ],
)
def test_person_faults(browser: Client, change: dict[str, str], field: str) -> None:
    assert list(errors(browser.post("/basvuru/yetkili/", {**PERSON, **change}))) == [field]


def test_the_tckn_is_asked_once_and_kept_when_left_empty(browser: Client) -> None:
    browser.post("/basvuru/yetkili/", PERSON)
    assert samples.TCKN not in browser.get("/basvuru/yetkili/").content.decode()
    browser.post("/basvuru/yetkili/?kontrol", {**PERSON, "tckn": "", "ad": "İpek"})
    application = Application.objects.get()
    assert (application.tckn, application.given_name) == (samples.TCKN, "İpek")


def test_mersis_holds_its_owners_number() -> None:
    own = factories.make_vkn(412_000_001)
    assert mersis_fault(f"0{own}00001", own) == ""
    assert own in mersis_fault(f"0{own}00001", factories.make_vkn(1))
    assert mersis_fault("0845052547000001", "") == ""
    assert mersis_fault("0845052547100001", "") != ""
    assert mersis_fault(f"{samples.TCKN}00017", "") == ""


@pytest.mark.parametrize(
    ("upload", "part"),
    [(None, "Bir dosya seçin"), (file(b""), "boş"), (file(b"PK\x03\x04", "marka.pdf"), "arşiv")],
)
def test_a_certificate_is_refused_with_its_reason(
    browser: Client, upload: SimpleUploadedFile | None, part: str
) -> None:
    values = {"marka": "Çiçek Işığı"} | ({"belge": upload} if upload else {})
    answer = browser.post("/basvuru/markalar/", values)
    assert part in errors(answer)["belge"][0]
    assert 'value="Çiçek Işığı"' in answer.content.decode()


def test_a_file_that_is_too_large_comes_back_to_the_page(browser: Client) -> None:
    answer = browser.post("/basvuru/markalar/", {"marka": "A", "belge": file(bytes(11 * 1024**2))}, follow=True)
    assert (answer.status_code, "en çok 10 MB" in answer.content.decode()) == (200, True)


def test_an_upload_needs_the_token_of_the_form(db: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/basvuru/markalar/", {"marka": "A", "belge": file()})
    assert (answer.status_code, Application.objects.count()) == (403, 0)


def test_a_brand_twice_in_another_spelling_and_the_title_itself_are_refused(browser: Client) -> None:
    pk = Application.objects.get().pk
    samples.drafts.put_values(application_id=pk, values=samples.COMPANY, now=datetime.fromisoformat("2026-11-23T09Z"))
    for name, refused in (("Çiçek IŞIĞI", False), ("çiçek ışığı", True), ("IŞIK çiçekçilik ltd. şti.", True)):
        answer = browser.post("/basvuru/markalar/", {"marka": name, "belge": file()})
        assert (answer.status_code == 200) is refused, name
    (brand,) = Application.objects.get().brands.all()
    browser.post("/basvuru/markalar/", {"kaldir": brand.pk})
    assert Application.objects.get().brands.count() == 0


def test_the_link_opens_the_draft_in_another_browser_and_nothing_else_does(browser: Client) -> None:
    browser.post("/basvuru/yetkili/", PERSON)
    page = browser.get("/basvuru/sirket/").content.decode()
    link = link_in(page)
    other = Client()
    assert other.get("/basvuru/sirket/")["Location"] == "/basvuru/"
    assert [other.get(f"/basvuru/devam/{end}").status_code for end in ("", "?kod=", "?kod=yanlis")] == [404] * 3
    assert other.get(link)["Location"] == "/basvuru/kontrol/"
    assert "İnci" in other.get("/basvuru/yetkili/").content.decode()
    secret = link.partition("?kod=")[2]
    kept = [str(Application.objects.values().get()), other.cookies[COOKIE].value]
    kept += [str(row.get_decoded()) for row in WebSession.objects.all()]
    assert [secret in each for each in kept] == [False] * len(kept)


def test_the_draft_outlives_the_session_and_a_login(browser: Client, alice: Person, now: datetime) -> None:
    pk = Application.objects.get().pk
    cookie = browser.cookies[COOKIE]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        30 * 24 * 60 * 60,
        True,
        "Lax",
        "/",
    )
    with time_machine.travel(now + timedelta(days=20), tick=False):
        WebSession.objects.all().delete()
        browser.force_login(alice)
        assert browser.post("/basvuru/sirket/", FULL)["Location"] == "/basvuru/yetkili/"
    with time_machine.travel(now + timedelta(days=49), tick=False):
        assert "Işık Çiçekçilik" in browser.get("/basvuru/sirket/").content.decode()
        browser.cookies[COOKIE] = f"x{browser.cookies[COOKIE].value[1:]}"
        assert browser.get("/basvuru/sirket/")["Location"] == "/basvuru/"
        browser.cookies[COOKIE] = cookie.value  # that of the first day
        assert browser.get("/basvuru/sirket/")["Location"] == "/basvuru/"
    assert Application.objects.get().pk == pk


def test_the_link_is_mailed_once_the_address_is_known_and_a_corrected_one_gets_a_new_link(browser: Client) -> None:
    browser.post("/basvuru/sirket/", FULL)
    for _ in range(2):
        browser.post("/basvuru/yetkili/", PERSON)
    mail = Mail.objects.get()
    first = link_in(mail.text)
    assert (mail.kind, mail.to, first) == (
        MailKind.APPLICATION_BEGUN,
        PERSON["kurumsal_eposta"],
        link_in(browser.get("/basvuru/yetkili/").content.decode()),
    )
    browser.post("/basvuru/yetkili/", {**PERSON, "kurumsal_eposta": "inci@isik.com.tr"})
    second = Mail.objects.latest("pk")
    assert second.to == "inci@isik.com.tr"
    assert [Client().get(link).status_code for link in (first, link_in(second.text))] == [404, 302]
    assert link_in(browser.get("/basvuru/yetkili/").content.decode()) == link_in(second.text)


def test_one_address_may_not_have_letters_written_for_ever(browser: Client) -> None:
    statuses = [
        browser.post("/basvuru/yetkili/", {**PERSON, "kurumsal_eposta": f"kisi{number}@ornek.com.tr"}).status_code
        for number in range(20)
    ]
    assert (set(statuses[:19]), statuses[19], Mail.objects.count()) == ({302}, 429, 19)  # one began the draft


def test_another_link_asks_before_it_takes_the_place_of_the_draft(browser: Client, now: datetime) -> None:
    own = Application.objects.get()
    other, token = drafts.begin(kind=ApplicationKind.COMPANY, now=now)
    drafts.put_values(application_id=other.pk, values={"title": "Gül Bahçesi A.Ş."}, now=now)
    link = f"/basvuru/devam/?kod={token}"
    page = browser.get(link)
    assert (page.status_code, page.context["other"], "Gül Bahçesi" in page.content.decode()) == (200, own, True)
    kept = link_in(page.content.decode())
    assert browser.get("/basvuru/kontrol/").context["application"] == own
    assert browser.post(link)["Location"] == "/basvuru/kontrol/"
    assert browser.get("/basvuru/kontrol/").context["application"] == other
    assert browser.get(link)["Location"] == "/basvuru/kontrol/"
    assert browser.post(kept)["Location"] == "/basvuru/kontrol/"
    assert browser.get("/basvuru/kontrol/").context["application"] == own


def test_a_status_and_the_link_of_a_sent_one_leave_the_draft_alone(
    browser: Client, reviewer: Person, now: datetime
) -> None:
    own = Application.objects.get()
    sent = samples.sent(now=now)
    browser.post("/basvuru/durum/", {"basvuru_no": sent.reference, "kanit": samples.TCKN[-4:]})
    assert sent.reference_display in browser.get("/basvuru/durum/").content.decode()
    assert browser.get("/basvuru/kontrol/").context["application"] == own
    review.take(application_id=sent.pk, reviewer=reviewer)
    samples.judge(sent.checks.get(kind=CheckKind.UNDERTAKING), reviewer, now=now, refuse=True)
    review.ask_for_documents(application_id=sent.pk, note="", reviewer=reviewer, now=now)
    assert browser.get(link_in(Mail.objects.latest("pk").text))["Location"] == "/basvuru/eksik/company/"
    assert browser.get("/basvuru/eksik/company/").context["application"] == sent
    assert browser.get("/basvuru/kontrol/").context["application"] == own


def test_uploaded_again_a_document_takes_the_place_of_the_earlier_one(browser: Client) -> None:
    refused = browser.post("/basvuru/taahhutname/", {"belge": file()})
    assert (refused["Location"], Document.objects.count()) == ("/basvuru/taahhutname/", 0)
    browser.post("/basvuru/sirket/", FULL)
    browser.post("/basvuru/yetkili/", PERSON)
    for name in ("bir.png", "iki.png", "uc.png"):
        browser.post("/basvuru/taahhutname/", {"belge": file(name=name)})
    assert [document.filename for document in Document.objects.all()] == ["uc.png"]


def test_one_address_may_not_upload_for_ever(browser: Client) -> None:
    statuses = [browser.post("/basvuru/markalar/", {"marka": "A"}).status_code for _ in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({200}, 429)


def test_a_brand_that_became_the_title_is_told_before_it_is_sent(browser: Client) -> None:
    browser.post("/basvuru/markalar/", {"marka": "IŞIK çiçekçilik ltd. şti.", "belge": file()})
    browser.post("/basvuru/sirket/", FULL)
    missing = browser.get("/basvuru/kontrol/").context["missing"]
    assert [each["text"] for each in missing if each["url"] == "/basvuru/markalar/"] == [
        f"IŞIK çiçekçilik ltd. şti.: {BRAND_IS_TITLE}"
    ]


def test_a_name_that_grows_when_it_is_folded_is_told(browser: Client) -> None:
    answer = browser.post("/basvuru/markalar/", {"marka": "ﷺ" * 40, "belge": file()})
    assert "çok uzun" in errors(answer)["marka"][0]


def test_what_is_missing_is_listed_and_nothing_is_sent(browser: Client) -> None:
    page = browser.get("/basvuru/kontrol/")
    assert [each["url"] for each in page.context["missing"]] == [
        "/basvuru/sirket/",
        "/basvuru/yetkili/",
        "/basvuru/taahhutname/",
    ]
    assert browser.post("/basvuru/kontrol/")["Location"] == "/basvuru/kontrol/"
    assert Application.objects.get().state == ApplicationState.DRAFT


def test_an_undertaking_with_older_data_must_be_signed_anew(now: datetime, db: None) -> None:
    application = samples.draft(now=now)
    samples.drafts.put_values(application_id=application.pk, values={"address": "Taşındık"}, now=now)
    with pytest.raises(samples.drafts.ApplicationRefused, match="değişti"):
        samples.drafts.submit(application_id=application.pk, now=now)


@pytest.mark.parametrize(
    "typed",
    [{"vkn": samples.TCKN}, {"vkn": "", "mersis": f"{samples.TCKN}00017"}],
    ids=["by TCKN", "by MERSİS"],
)
def test_a_sole_trader_is_registered_by_the_own_number(
    browser: Client, reviewer: Person, typed: dict[str, str], now: datetime
) -> None:
    browser.post("/basvuru/sirket/", {**COMPANY, **typed})
    browser.post("/basvuru/yetkili/", PERSON)
    page = browser.get("/basvuru/sirket/").content.decode()
    masked = f"{samples.TCKN[:3]}******{samples.TCKN[-2:]}"
    assert (masked in page, f'value="{samples.TCKN}"' in page) == (True, False)
    browser.post("/basvuru/sirket/", {**COMPANY, "vkn": "", "unvan": "İnci Işık Çiçekçilik"})
    browser.post("/basvuru/taahhutname/", {"belge": file(name="imzali.png")})
    check = browser.get("/basvuru/kontrol/").content.decode()
    assert (masked in check, samples.TCKN in check) == (True, False)
    browser.post("/basvuru/kontrol/")
    application = review.take(application_id=Application.objects.get().pk, reviewer=reviewer)
    samples.confirm_all(application, reviewer, now=now)
    provider = approve(application_id=application.pk, reviewer=reviewer, now=now).provider
    assert provider is not None
    assert (provider.title, provider.tin, provider.shown_tin) == ("İnci Işık Çiçekçilik", samples.TCKN, masked)
    assert (provider.tax_number, provider.kep) == ("", "isik@hs01.kep.tr")
    again = samples.taken(reviewer, now=now, **tin_columns(samples.TCKN))
    samples.confirm_all(again, reviewer, now=now)
    with pytest.raises(ApplicationRefused, match="kayıtlı"):
        approve(application_id=again.pk, reviewer=reviewer, now=now)


def test_another_kind_of_number_takes_the_place_of_the_first(browser: Client) -> None:
    browser.post("/basvuru/sirket/", {**COMPANY, "vkn": samples.TCKN})
    browser.post("/basvuru/sirket/", FULL)
    application = Application.objects.get()
    assert (application.tin, application.tax_tckn_hash, application.tin_label) == (FULL["vkn"], None, "VKN")


def test_a_browser_forgets_a_draft_and_the_link_still_opens_it(browser: Client) -> None:
    page = browser.get("/basvuru/unut/").content.decode()
    link = link_in(page)
    assert "/basvuru/unut/" in browser.get("/basvuru/sirket/").content.decode()
    answer = browser.post("/basvuru/unut/", {"unut": "1"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["Bu tarayıcı taslağı unuttu."]
    assert browser.get("/basvuru/sirket/")["Location"] == "/basvuru/"
    assert browser.get("/basvuru/unut/")["Location"] == "/basvuru/"
    assert browser.get(link)["Location"] == "/basvuru/kontrol/"


def test_a_draft_is_deleted_with_its_documents_and_what_was_sent_is_not(browser: Client, now: datetime) -> None:
    browser.post("/basvuru/markalar/", {"marka": "Çiçek", "belge": file()})
    link = link_in(browser.get("/basvuru/unut/").content.decode())
    sent = samples.sent(now=now)
    kept = Document.objects.filter(check_of__application=sent).count()
    assert browser.post("/basvuru/unut/", {"sil": "1"})["Location"] == "/basvuru/"
    assert (list(Application.objects.all()), Document.objects.count()) == ([sent], kept)
    assert browser.get(link).status_code == 404
    assert drafts.discard(application_id=sent.pk) is False
