"""İşyerim: the company's data, requests to change it, and what administrators decide."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.contrib.messages.storage.session import SessionStorage
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.company_views import change_withdraw
from accounts.enums import Capability, ChangeState, CompanyField, ProviderState, Role
from accounts.models import CompanyChange, Membership, Person, Provider
from accounts.rules import AccountRefused, who_may
from accounts.selectors import is_registered, open_provider
from accounts.services import company
from iys_portal.shared.tin import tin_columns
from tests import factories
from tests.accounts.company import actions, mails, member, text_of

REQUEST = "/isyerim/degisiklik/"
LONG = f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 9}.tr"
FORM = {"field": "address", "new_value": "Yeni Cad.  No: 2", "reason": "Taşındık"}


@pytest.fixture(autouse=True)
def clock(now: datetime, settings: Settings) -> Iterator[None]:
    settings.DEMO_MODE = False
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def owner(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def administrator(client_of: Callable[[Person], Client]) -> Client:
    return client_of(factories.administrator())


def ask(provider: Provider, person: Person, *, now: datetime, **words: str) -> CompanyChange:
    values = {"field": "address", "new_value": "Yeni Cad. No: 2", "reason": "Taşındık", **words}
    return company.request_change(
        provider=provider,
        field=CompanyField(values["field"]),
        new_value=values["new_value"],
        reason=values["reason"],
        person=person,
        now=now,
    )


def address_of(change: CompanyChange, act: str) -> str:
    return f"/yonetim/accounts/companychange/{change.pk}/{act}/"


def test_a_request_waits_and_changes_nothing(provider: Provider, owner: Client) -> None:
    before = provider.address
    said = text_of(owner.post(REQUEST, FORM, follow=True))
    assert [words in said for words in ("Talebiniz alındı.", "Yeni Cad. No: 2", "İnceleniyor", "Geri çek")] == [
        True
    ] * 4
    change = CompanyChange.objects.get()
    assert (change.old_value, change.new_value, change.state) == (before, "Yeni Cad. No: 2", ChangeState.PENDING)
    provider.refresh_from_db()
    assert provider.address == before


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("phone", "0312 000 00 01", "+903120000001"),
        ("phone", "(312) 000-00-01", "+903120000001"),
        ("phone", "+90 312 000 00 01", "+903120000001"),
        ("phone", "0090 312 000 00 01", "+903120000001"),
        ("email", "yeni@ornek.com.tr", "yeni@ornek.com.tr"),
        ("kep", " Cagri@HS01.kep.tr", "cagri@hs01.kep.tr"),
    ],
)
def test_values_are_kept_as_the_register_writes_them(owner: Client, field: str, typed: str, kept: str) -> None:
    owner.post(REQUEST, {"field": field, "new_value": typed, "reason": "Düzeltme"})
    assert CompanyChange.objects.values_list("new_value", flat=True).get() == kept


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"field": ""}, "Değişecek bilgiyi seçin."),
        ({"reason": " "}, "Gerekçe yazın."),
        ({"field": "tax_number"}, "tax_number"),
        ({"field": "phone", "new_value": "12"}, "Telefonu alan koduyla yazın, örneğin 0312 000 00 00."),
        ({"field": "mersis", "new_value": "12"}, "MERSİS numarası 16 rakamdan oluşur"),
        ({"field": "mersis", "new_value": "0845052547100001"}, "içindeki vergi kimlik numarası doğru değil"),
        ({"field": "mersis", "new_value": "0845052547000001"}, "başka bir vergi kimlik numarasına (8450525470) ait"),
        ({"field": "email", "new_value": "a@b"}, "Geçerli bir e-posta adresi yazın."),
        ({"field": "email", "new_value": "BİLGİ@ORNEK.COM.TR"}, "E-posta adresinde “İ” olamaz"),
        ({"field": "email", "new_value": LONG}, "E-posta adresi en çok 254 karakter olabilir."),
        ({"field": "kep", "new_value": f"{LONG[:-2]}kep.tr"}, "E-posta adresi en çok 254 karakter olabilir."),
        ({"field": "kep", "new_value": "cagri@ornek.com.tr"}, "KEP adresleri .kep.tr ile biter."),
        ({"field": "title", "new_value": "A" * 256}, "Unvan en çok 255 karakter olabilir."),
        ({"new_value": "Atatürk Cad. No: 1 Çankaya, Ankara"}, company.SAME),
    ],
)
def test_a_wrong_request_comes_back(owner: Client, form: dict[str, str], error: str) -> None:
    answer = owner.post(REQUEST, FORM | form)
    assert error in text_of(answer)
    assert CompanyChange.objects.count() == 0


def test_a_mersis_number_is_the_companys_own(provider: Provider, owner: Client) -> None:
    number = provider.tax_number
    owner.post(REQUEST, FORM | {"field": "mersis", "new_value": f"0{number[:3]} {number[3:7]} {number[7:]}0 0001"})
    assert CompanyChange.objects.values_list("new_value", flat=True).get() == f"0{number}00001"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("mersis", "0845052547000001", "başka bir vergi kimlik numarasına"),
        ("email", "bi\u0307lgi@ornek.com.tr", "E-posta adresinde"),
        ("email", f"{'a' * 250}@ornek.com.tr", "karakter"),
    ],
)
def test_an_old_request_that_the_register_cannot_take_is_not_applied(
    provider: Provider, alice: Person, now: datetime, field: str, value: str, error: str
) -> None:
    change = ask(provider, alice, now=now)
    old = getattr(provider, field)
    CompanyChange.objects.filter(pk=change.pk).update(field=field, old_value=old, new_value=value)
    with pytest.raises(AccountRefused, match=error):
        company.apply_change(change_id=change.pk, actor=alice, reason="Belge", now=now)
    provider.refresh_from_db()
    assert getattr(provider, field) == old


def test_one_request_a_field_waits(provider: Provider, owner: Client) -> None:
    owner.post(REQUEST, FORM)
    owner.post(REQUEST, FORM)
    assert CompanyChange.objects.count() == 1
    assert company.WAITING in text_of(owner.post(REQUEST, FORM | {"new_value": "Başka Cad."}))
    change = CompanyChange.objects.get()
    owner.post(f"{REQUEST}{change.pk}/geri-cek/")
    owner.post(f"{REQUEST}{change.pk}/geri-cek/")
    owner.post(REQUEST, FORM | {"new_value": "Başka Cad."})
    assert list(CompanyChange.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "pending"]


def test_an_administrator_applies_it_and_the_company_is_told(
    provider: Provider, alice: Person, administrator: Client, now: datetime
) -> None:
    old = provider.email
    change = ask(provider, alice, now=now, field="email", new_value="yeni@ornek.com.tr")
    assert "yeni@ornek.com.tr" in administrator.get(address_of(change, "uygula")).content.decode()
    for _ in range(2):
        administrator.post(address_of(change, "uygula"), {"reason": "Sicil gazetesi görüldü"})
    provider.refresh_from_db()
    change.refresh_from_db()
    assert (provider.email, change.state, change.decision) == ("yeni@ornek.com.tr", "applied", "Sicil gazetesi görüldü")
    assert actions()[1:] == [
        ("company_changed", {"before": {"email": old}, "after": {"email": "yeni@ornek.com.tr"}}),
        ("state:applied", {"before": "pending", "after": "applied"}),
    ]
    subject = "Şirket bilginiz güncellendi: E-posta"
    assert mails() == [("yeni@ornek.com.tr", subject), (old, subject)]


def test_an_administrator_rejects_it_with_a_reason(
    provider: Provider, alice: Person, owner: Client, administrator: Client, now: datetime
) -> None:
    asker = member(provider, Role.MANAGER, email="isteyen@ornek.com.tr")
    change = ask(provider, asker, now=now)
    administrator.post(address_of(change, "reddet"), {"reason": "Belge eksik"})
    before = provider.address
    provider.refresh_from_db()
    assert provider.address == before
    said = text_of(owner.get("/isyerim/"))
    assert [words in said for words in ("Reddedildi", "Belge eksik")] == [True, True]
    subject = "Bilgi değişikliği talebiniz kabul edilmedi: Adres"
    assert mails() == [(provider.email, subject), ("isteyen@ornek.com.tr", subject)]


def test_what_changed_in_the_meantime_is_not_overwritten(
    provider: Provider, alice: Person, administrator: Client, now: datetime
) -> None:
    change = ask(provider, alice, now=now)
    Provider.objects.update(address="Bu arada Sok. No: 3")
    answer = administrator.post(address_of(change, "uygula"), {"reason": "Belge görüldü"}, follow=True)
    assert company.OUTDATED in answer.content.decode()
    provider.refresh_from_db()
    assert provider.address == "Bu arada Sok. No: 3"


def test_a_role_that_lapsed_meanwhile_asks_for_nothing(provider: Provider, now: datetime) -> None:
    viewer = member(provider, Role.VIEWER)
    with pytest.raises(company.AccountRefused, match="Hesap Sahibi veya Hesap Yöneticisi"):
        ask(provider, viewer, now=now)


def test_a_role_that_lapses_between_page_and_service_is_told(
    provider: Provider, alice: Person, now: datetime, rf: RequestFactory
) -> None:
    change, membership = ask(provider, alice, now=now), alice.membership_set.get()
    request = rf.post("/")
    vars(request).update(user=alice, provider=provider, membership=membership, session={})
    vars(request)["_messages"] = SessionStorage(request)
    Membership.objects.update(role=Role.VIEWER)
    answer = change_withdraw(request, change.pk)
    told = [str(message) for message in vars(request)["_messages"]]
    assert (answer.status_code, told) == (302, [who_may(Capability.PEOPLE)])
    change.refresh_from_db()
    assert change.state == "pending"


def test_isyerim_shows_the_kep_address_and_masks_a_sole_traders_number(provider: Provider, owner: Client) -> None:
    page = owner.get("/isyerim/").content.decode()
    assert (f"<dt>Vergi Kimlik No</dt><dd>{provider.tax_number}</dd>" in page, "Kayıtlı değil" in page) == (True, True)
    tckn = factories.make_tckn(4)
    for name, value in {**tin_columns(tckn), "kep": "cagri@hs01.kep.tr"}.items():
        setattr(provider, name, value)
    provider.save()
    page = owner.get("/isyerim/").content.decode()
    assert f"<dt>T.C. Kimlik No</dt><dd>{tckn[:3]}******{tckn[-2:]}</dd>" in page
    assert ("<dd>cagri@hs01.kep.tr</dd>" in page, tckn in page) == (True, False)


def test_an_administrator_sees_a_sole_traders_number_masked(provider: Provider, administrator: Client) -> None:
    page = f"/yonetim/accounts/provider/{provider.pk}/change/"
    assert 'name="tax_number"' in administrator.get(page).content.decode()
    tckn = factories.make_tckn(4)
    Provider.objects.filter(pk=provider.pk).update(**tin_columns(tckn))
    html = administrator.get(page).content.decode()
    assert ('name="tax_number"' in html, tckn in html, f"{tckn[:3]}******{tckn[-2:]}" in html) == (False, False, True)


def test_a_provider_is_found_by_both_of_its_numbers_only(provider: Provider) -> None:
    other, tckn = factories.ProviderFactory.create(), factories.make_tckn(4)
    Provider.objects.filter(pk=provider.pk).update(**tin_columns(tckn))
    assert open_provider(provider.iys_code, tckn) == provider
    assert open_provider(other.iys_code, other.tax_number) == other
    wrong = [(other.iys_code, tckn), (provider.iys_code, other.tax_number), (provider.iys_code, "")]
    assert [open_provider(*numbers) for numbers in wrong] == [None] * 3
    assert [is_registered(number) for number in (tckn, other.tax_number, "", factories.make_tckn(5))] == [
        True,
        True,
        False,
        False,
    ]
    Provider.objects.filter(pk=other.pk).update(state=ProviderState.CLOSED)
    assert open_provider(other.iys_code, other.tax_number) is None
