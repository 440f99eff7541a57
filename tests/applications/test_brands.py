"""Marka ekle and the further person: the same review, another result."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from applications.enums import ApplicationKind, ApplicationState
from applications.models import Application
from applications.rules import ApplicationRefused
from applications.services import review
from applications.services.approval import approve
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.enums import MailKind
from iys_portal.mail.models import Mail
from iys_portal.shared.tin import tin_columns
from tests import factories
from tests.applications import samples
from tests.applications.samples import confirm_all, judge


def approved(application: Application, reviewer: Person, *, now: datetime) -> Application:
    review.take(application_id=application.pk, reviewer=reviewer)
    confirm_all(application, reviewer, now=now)
    return approve(application_id=application.pk, reviewer=reviewer, now=now)


def test_a_brand_waits_in_the_list_and_gets_its_code_by_approval(
    provider: Provider, alice: Person, reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    browser = client_of(alice)
    nonce = browser.get("/markalar/ekle/").context["form"]["nonce"].value()
    for _ in range(2):
        upload = SimpleUploadedFile("tescil.png", samples.png())
        answer = browser.post("/markalar/ekle/", {"marka": "Yeni Marka", "belge": upload, "nonce": nonce})
        assert answer["Location"] == "/markalar/"
    application = Application.objects.get()
    shown = browser.get("/markalar/").content.decode()
    assert ("Yeni Marka" in shown, "Onay bekliyor" in shown) == (True, True)
    approved(application, reviewer, now=now)
    brand = Brand.objects.get()
    assert (brand.name, brand.provider, brand.is_master) == ("Yeni Marka", provider, False)
    shown = browser.get("/markalar/").content.decode()
    assert (f"brand-row-{brand.code}" in shown, "Onay bekliyor" in shown) == (True, False)
    mail = Mail.objects.latest("pk")
    assert (mail.to, mail.provider_id, str(brand.code) in mail.text) == (provider.email, provider.pk, True)


def test_a_name_that_is_there_or_asked_for_is_refused_and_a_rejected_one_is_not(
    provider: Provider, alice: Person, bob: Person, reviewer: Person, now: datetime
) -> None:
    factories.BrandFactory.create(provider=provider, name="ÇİÇEK Işığı")
    with pytest.raises(ApplicationRefused, match="zaten var"):
        samples.brand(provider, alice, now=now, name="çiçek ışığı")
    first = samples.brand(provider, alice, now=now)
    with pytest.raises(ApplicationRefused, match="bekleyen"):
        samples.brand(provider, alice, now=now, name="YENİ MARKA", nonce=1)
    samples.brand(bob.membership_set.get().provider, bob, now=now)
    review.take(application_id=first.pk, reviewer=reviewer)
    reason = review.RejectReason.OTHER
    review.reject(application_id=first.pk, reason=reason, note="Tescil yok", reviewer=reviewer, now=now)
    assert samples.brand(provider, alice, now=now, nonce=2).state == ApplicationState.NEW


def test_a_certificate_that_was_refused_is_uploaded_again_by_its_own_provider_alone(
    provider: Provider,
    alice: Person,
    bob: Person,
    reviewer: Person,
    client_of: Callable[[Person], Client],
    now: datetime,
) -> None:
    application = review.take(application_id=samples.brand(provider, alice, now=now).pk, reviewer=reviewer)
    (check,) = application.checks.all()
    judge(check, reviewer, now=now, refuse=True)
    review.ask_for_documents(application_id=application.pk, note="", reviewer=reviewer, now=now)
    page = f"/markalar/istek/{application.pk}/"
    assert page in Mail.objects.latest("pk").text
    assert client_of(bob).get(page).status_code == 404
    browser = client_of(alice)
    assert page in browser.get("/markalar/").content.decode()
    upload = SimpleUploadedFile("tescil.png", samples.png())
    assert browser.post(page, {"kalem": check.pk, "belge": upload})["Location"] == page
    assert browser.post(page, {"gonder": "1"})["Location"] == "/markalar/"
    assert Application.objects.get().state == ApplicationState.IN_CHECK
    events = AuditEvent.objects.filter(action__in=["document_received", "state:in_check", "state:waiting"])
    assert {event.actor_id for event in events.exclude(actor_id=reviewer.pk)} == {alice.pk}


def test_the_list_costs_the_same_for_one_request_and_for_three(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    browser = client_of(alice)
    samples.brand(provider, alice, now=now)
    browser.get("/markalar/")
    with CaptureQueriesContext(connection) as one:
        browser.get("/markalar/")
    for number in (1, 2):
        samples.brand(provider, alice, now=now, name=f"Marka {number}", nonce=number)
    with CaptureQueriesContext(connection) as three:
        browser.get("/markalar/")
    assert len(three) == len(one)


def test_what_is_written_about_a_brand_speaks_of_the_portal_and_of_no_tckn(
    provider: Provider, alice: Person, reviewer: Person, now: datetime
) -> None:
    application = samples.brand(provider, alice, now=now)
    mail = Mail.objects.get()
    assert ("kimlik" in mail.text, "Marka Yönetimi" in mail.text, f"{settings.PUBLIC_URL}/markalar/" in mail.text) == (
        False,
        True,
        True,
    )
    review.take(application_id=application.pk, reviewer=reviewer)
    reason = review.RejectReason.OTHER
    review.reject(application_id=application.pk, reason=reason, note="Tescil yok", reviewer=reviewer, now=now)
    browser = Client()
    browser.post("/basvuru/durum/", {"basvuru_no": application.reference, "kanit": provider.email})
    shown = browser.get("/basvuru/durum/").content.decode()
    assert ('href="/markalar/ekle/"' in shown, "yeniden isteyebilirsiniz" in shown) == (True, True)


def test_a_name_that_was_taken_meanwhile_is_not_given_twice(
    provider: Provider, alice: Person, reviewer: Person, now: datetime
) -> None:
    application = samples.brand(provider, alice, now=now, name="Çiçek Işığı")
    factories.BrandFactory.create(provider=provider, name="ÇİÇEK IŞIĞI")
    with pytest.raises(ApplicationRefused, match="adında bir markası var"):
        approved(application, reviewer, now=now)
    assert Brand.objects.count() == 1


def send(browser: Client, address: str, *, name: str, nonce: str = "", content: bytes = b"") -> Any:
    upload = SimpleUploadedFile("tescil.png", content or samples.png())
    return browser.post(address, {"marka": name, "belge": upload, "nonce": nonce or "0" * 32})


@pytest.mark.parametrize(("name", "content"), [("Marka B", b""), ("Marka A", samples.png(500))])
def test_a_form_that_was_sent_and_says_something_else_is_not_taken_for_the_first(
    alice: Person, client_of: Callable[[Person], Client], name: str, content: bytes
) -> None:
    browser, address = client_of(alice), "/markalar/ekle/"
    send(browser, address, name="Marka A")
    answer = send(browser, address, name=name, content=content)
    assert "“Marka A” için talebiniz alındı" in answer.context["form"].errors["marka"][0]
    nonce = answer.context["form"]["nonce"].value()
    assert (nonce != "0" * 32, f'value="{nonce}"' in answer.content.decode()) == (True, True)
    send(browser, address, name="Marka C", nonce=nonce, content=content)
    assert set(Application.objects.values_list("brands__name", flat=True)) == {"Marka A", "Marka C"}


def test_another_name_of_a_brand_counts_once_its_certificate_is_confirmed(
    provider: Provider, alice: Person, reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    brand = factories.BrandFactory.create(provider=provider, name="Eski Ad")
    browser, address = client_of(alice), f"/markalar/{brand.code}/ad/"
    assert send(browser, address, name="Yeni Ad")["Location"] == f"/markalar/{brand.code}/"
    brand.refresh_from_db()
    assert brand.name == "Eski Ad"
    assert "(Eski Ad markasının yeni adı)" in browser.get("/markalar/").content.decode()
    application = Application.objects.get()
    page = f"/yonetim/applications/application/{application.pk}/"
    assert f"Yeni Ad ({brand.code} Eski Ad markasının yeni adı)" in (
        client_of(reviewer).get(f"{page}onayla/").content.decode()
    )
    approved(application, reviewer, now=now)
    brand.refresh_from_db()
    assert (brand.name, Brand.objects.count()) == ("Yeni Ad", 1)
    event = AuditEvent.objects.get(action="rename")
    assert (event.actor_id, event.detail) == (reviewer.pk, {"before": "Eski Ad", "after": "Yeni Ad"})
    assert f"Yeni Ad | {brand.code}" in Mail.objects.latest("pk").text.replace(":", " |")


def test_another_name_of_a_brand_is_no_other_brands_and_asked_for_once(
    provider: Provider, alice: Person, reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    brand, other = [factories.BrandFactory.create(provider=provider, name=name) for name in ("Marka A", "Marka B")]
    samples.brand(provider, alice, now=now, name="Marka C")
    browser, address = client_of(alice), f"/markalar/{brand.code}/ad/"
    for name, why in [("MARKA b", "Bu adda bir markanız zaten var."), ("marka c", "onay bekleyen")]:
        assert why in send(browser, address, name=name, nonce="1" * 32).context["form"].errors["marka"][0]
    send(browser, address, name="Marka D", nonce="2" * 32)
    again = send(browser, address, name="Marka E", nonce="3" * 32)
    assert "onay bekleyen" in again.context["form"].errors["marka"][0]
    asked = Application.objects.get(brands__name="Marka D")
    Brand.objects.filter(pk=other.pk).update(name="MARKA D")
    with pytest.raises(ApplicationRefused, match="adında bir markası var"):
        approved(asked, reviewer, now=now)


def test_administrators_give_no_brand_the_name_of_another_or_one_that_is_asked_for(
    provider: Provider, alice: Person, reviewer: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    brand, _ = [factories.BrandFactory.create(provider=provider, name=name) for name in ("Marka A", "Marka B")]
    samples.brand(provider, alice, now=now, name="Marka C")
    browser, page = client_of(reviewer), f"/yonetim/brands/brand/{brand.pk}/change/"
    for name in ("marka b", "MARKA C"):
        assert list(browser.post(page, {"name": name}).context["adminform"].form.errors) == ["name"]
    assert browser.post(page, {"name": " Marka  D"}).status_code == 302
    assert Brand.objects.filter(name="Marka D").get() == brand


# --- Yetkilendirme talep formu -----------------------------------------------------------------------------------


def test_a_further_person_becomes_hesap_yoneticisi(
    provider: Provider, alice: Person, reviewer: Person, now: datetime
) -> None:
    Membership.objects.update(email="sahip@ornek.com.tr")
    approved(samples.authority(provider, now=now), reviewer, now=now)
    added = Membership.objects.exclude(person=alice).get()
    assert (added.provider, added.role, added.person.get_full_name()) == (provider, Role.MANAGER, "İnci Işık")
    told = Mail.objects.filter(kind=MailKind.MEMBER_ADDED).order_by("pk")
    assert [(mail.to, mail.is_personal) for mail in told] == [(provider.email, False), ("sahip@ornek.com.tr", True)]
    assert [f"{provider.title} için yeni yetkili: İnci Işık"] * 2 == [mail.subject for mail in told]
    again = samples.authority(provider, now=now)
    with pytest.raises(ApplicationRefused, match="zaten var"):
        approved(again, reviewer, now=now)


def test_who_goes_back_does_not_type_a_sole_traders_number_again(provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(**tin_columns(samples.TCKN))
    browser, address = Client(), "/basvuru/yetkilendirme/"
    person = {
        "ad": "İnci",
        "soyad": "Işık",
        "tckn": factories.make_tckn(9),
        "dogum_tarihi": "27.03.1985",
        "cep": "0532 000 00 00",
        "kurumsal_eposta": "inci@isikcicek.com.tr",
    }
    sent = {**person, "iys_no": provider.iys_code}
    assert list(browser.post(address, {**sent, "vkn": ""}).context["form"].errors) == ["vkn"]
    browser.post(address, {**sent, "vkn": samples.TCKN})
    page = browser.get(address).content.decode()
    assert (f"{samples.TCKN[:3]}******{samples.TCKN[-2:]}" in page, samples.TCKN in page) == (True, False)
    again = {**sent, "tckn": "", "vkn": ""}
    assert browser.post(address, {**again, "ad": "İpek"})["Location"] == f"{address}form/"
    other = factories.ProviderFactory.create()
    assert list(browser.post(address, {**again, "iys_no": other.iys_code}).context["form"].errors) == ["iys_no"]
    application = Application.objects.get()
    assert (application.provider, application.given_name) == (provider, "İpek")


def test_the_form_asks_for_both_numbers_and_tells_which_provider_only_then(provider: Provider) -> None:
    browser = Client()
    person = {
        "ad": "İnci",
        "soyad": "Işık",
        "tckn": samples.TCKN,
        "dogum_tarihi": "27.03.1985",
        "cep": "0532 000 00 00",
        "kurumsal_eposta": "inci@isikcicek.com.tr",
    }
    wrong = browser.post("/basvuru/yetkilendirme/", {**person, "iys_no": provider.iys_code, "vkn": "1" * 10})
    assert (provider.title in wrong.content.decode(), Application.objects.count()) == (False, 0)
    assert list(wrong.context["form"].errors) == ["iys_no"]
    numbers = {"iys_no": provider.iys_code, "vkn": provider.tax_number}
    right = browser.post("/basvuru/yetkilendirme/", {**person, **numbers})
    assert right["Location"] == "/basvuru/yetkilendirme/form/"
    upload = SimpleUploadedFile("form.png", samples.png())
    assert browser.post("/basvuru/yetkilendirme/form/", {"belge": upload})["Location"] == (
        "/basvuru/yetkilendirme/kontrol/"
    )
    assert provider.title in browser.get("/basvuru/yetkilendirme/kontrol/").content.decode()
    assert browser.post("/basvuru/yetkilendirme/kontrol/")["Location"] == "/basvuru/yetkilendirme/alindi/"
    application = Application.objects.get()
    assert (application.kind, application.state) == (ApplicationKind.PERSON, ApplicationState.NEW)
    empty = browser.get("/basvuru/yetkilendirme/")
    assert (empty.context["application"], empty.context["link"]) == (None, "")
