"""People, providers and their authority: what administrators make, what they cannot, what is audited."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent
from tests import factories

PEOPLE = "/yonetim/accounts/person/"
PROVIDERS = "/yonetim/accounts/provider/"


def provider_form(**changes: Any) -> dict[str, Any]:
    return {
        "iys_code": "12345678",
        "title": "Çağrı İletişim A.Ş.",
        "tax_number": factories.make_vkn(1),
        "mersis": "",
        "address": "Atatürk Cad. No: 1",
        "phone": "+903120000000",
        "email": "bilgi@ornek.com.tr",
        "state": "active",
        **changes,
    }


def errors(answer: Any) -> dict[str, list[str]]:
    """Return what the form of a refused submission says."""
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors.get_json_data()
    return {field: [entry["message"] for entry in entries] for field, entries in found.items()}  # type: ignore[index]


def test_a_new_provider_is_audited_with_its_values(browser: Client, administrator: Person) -> None:
    assert browser.post(f"{PROVIDERS}add/", provider_form()).status_code == 302
    provider = Provider.objects.get()
    event = AuditEvent.objects.get(object_type="accounts.provider")
    assert (event.action, event.object_id, event.actor_id) == (
        "admin:add",
        str(provider.pk),
        administrator.pk,
    )
    assert event.actor_name == "Ömer Çelik"
    assert event.detail["after"]["title"] == "Çağrı İletişim A.Ş."


def test_a_change_is_audited_with_before_and_after_and_nothing_else(browser: Client, provider: Provider) -> None:
    form = provider_form(
        iys_code=provider.iys_code, title=provider.title, tax_number=provider.tax_number, email=provider.email
    )
    address = f"{PROVIDERS}{provider.pk}/change/"
    assert browser.post(address, {**form, "address": "Yeni Cad. No: 2"}).status_code == 302
    event = AuditEvent.objects.get(action="admin:change")
    assert event.detail == {
        "before": {"address": "Atatürk Cad. No: 1 Çankaya, Ankara"},
        "after": {"address": "Yeni Cad. No: 2"},
    }


def test_the_number_of_a_provider_never_changes(browser: Client, provider: Provider) -> None:
    number, address = provider.iys_code, f"{PROVIDERS}{provider.pk}/change/"
    assert 'name="iys_code"' not in browser.get(address).content.decode()
    assert browser.post(address, provider_form(tax_number=provider.tax_number)).status_code == 302
    provider.refresh_from_db()
    assert (provider.iys_code, provider.title) == (number, "Çağrı İletişim A.Ş.")


def test_saving_without_a_change_leaves_no_event(browser: Client, provider: Provider) -> None:
    form = provider_form(
        iys_code=provider.iys_code,
        title=provider.title,
        tax_number=provider.tax_number,
        email=provider.email,
        address=provider.address,
    )
    assert browser.post(f"{PROVIDERS}{provider.pk}/change/", form).status_code == 302
    assert AuditEvent.objects.count() == 0


def test_a_wrong_tax_number_is_refused(browser: Client) -> None:
    number = factories.make_vkn(1)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    answer = browser.post(f"{PROVIDERS}add/", provider_form(tax_number=wrong))
    assert errors(answer) == {"tax_number": ["Vergi Kimlik Numarası geçersiz."]}
    assert Provider.objects.count() == 0


def staff_form(**changes: Any) -> dict[str, Any]:
    return {
        "username": "ayse",
        "given_name": "Ayşe",
        "family_name": "Öz",
        "email": "",
        "password1": "uzun-bir-parola",
        "password2": "uzun-bir-parola",
        **changes,
    }


def test_staff_are_made_with_a_password_and_a_group(browser: Client) -> None:
    group = Group.objects.get(name="Muhasebe")
    assert browser.post(f"{PEOPLE}add/", staff_form(groups=[group.pk])).status_code == 302
    person = Person.objects.get(username="ayse")
    assert (person.is_staff, person.is_superuser, person.tckn_hash) == (True, False, None)
    assert person.has_perm("payments.work_on_statements")
    assert Client().login(username="ayse", password="uzun-bir-parola")
    event = AuditEvent.objects.get(action="admin:add")
    assert event.detail["after"]["groups"] == ["Muhasebe"]
    assert [name for name in event.detail["after"] if "password" in name or "tckn" in name] == []


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("kısa", "Bu parola çok kısa. En az 9 karakter içermek zorunda."),
        ("123456789", "Bu parola tamamıyla sayısaldır."),
    ],
)
def test_weak_passwords_are_refused(browser: Client, password: str, message: str) -> None:
    answer = browser.post(f"{PEOPLE}add/", staff_form(password1=password, password2=password))
    assert message in errors(answer)["password2"]
    assert not Person.objects.filter(username="ayse").exists()


def change_form(person: Person, **changes: Any) -> dict[str, Any]:
    return {
        "username": person.username,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "is_active": "on",
        "is_staff": "on",
        **changes,
    }


def test_a_new_group_is_audited(browser: Client) -> None:
    person = factories.staff("mehmet")
    group = Group.objects.get(name="Muhasebe")
    assert browser.post(f"{PEOPLE}{person.pk}/change/", change_form(person, groups=[group.pk])).status_code == 302
    assert AuditEvent.objects.get().detail == {"before": {"groups": []}, "after": {"groups": ["Muhasebe"]}}


def test_a_new_password_is_audited_without_a_value(browser: Client) -> None:
    person = factories.staff("mehmet")
    passwords = {"password1": "yeni-bir-parola", "password2": "yeni-bir-parola", "set-password": "1"}
    assert browser.post(f"{PEOPLE}{person.pk}/password/", passwords).status_code == 302
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.detail) == ("admin:password", str(person.pk), {})
    assert Client().login(username="mehmet", password="yeni-bir-parola")


def test_a_person_known_by_e_devlet_never_gets_a_password_or_a_group(browser: Client, alice: Person) -> None:
    passwords = {"password1": "yeni-bir-parola", "password2": "yeni-bir-parola", "set-password": "1"}
    assert browser.get(f"{PEOPLE}{alice.pk}/password/").status_code == 403
    assert browser.post(f"{PEOPLE}{alice.pk}/password/", passwords).status_code == 403
    forged = {"is_staff": "on", "is_superuser": "on", "given_name": "Başkası", "email": "", "is_active": "on"}
    assert browser.post(f"{PEOPLE}{alice.pk}/change/", forged).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.given_name) == (False, False, "Şule")
    assert not alice.has_usable_password()


def test_access_taken_away_counts_at_once(
    browser: Client, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    hers = client_of(alice)
    assert hers.get("/markalar/").status_code == 200
    assert browser.post(f"{PEOPLE}{alice.pk}/change/", {"email": ""}).status_code == 302
    assert hers.get("/markalar/").status_code == 302


def test_staff_log_in_with_their_password_and_it_is_audited(administrator: Person) -> None:
    browser = Client()
    wrong = {"username": "yonetici", "password": "deneme-dename"}
    answer = browser.post("/yonetim/login/", wrong)
    assert answer.status_code == 200
    assert AuditEvent.objects.count() == 0
    answer = browser.post("/yonetim/login/?next=/muhasebe/", {**wrong, "password": "deneme-deneme"})
    assert (answer.status_code, answer["Location"]) == (302, "/muhasebe/")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.detail) == ("login", administrator.pk, {})
    assert browser.get("/muhasebe/").status_code == 200


def test_a_person_known_by_e_devlet_has_no_password_to_log_in_with(alice: Person, db: None) -> None:
    for password in ("", "!", "deneme-deneme"):
        answer = Client().post("/yonetim/login/", {"username": alice.username, "password": password})
        assert answer.status_code == 200
    assert AuditEvent.objects.count() == 0


def test_ones_own_new_password_is_audited(browser: Client, administrator: Person) -> None:
    form = {"old_password": "deneme-deneme", "new_password1": "yeni-bir-parola", "new_password2": "yeni-bir-parola"}
    assert browser.post("/yonetim/password_change/", {**form, "old_password": "yanlış"}).status_code == 200
    assert AuditEvent.objects.count() == 0
    assert browser.post("/yonetim/password_change/", form).status_code == 302
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_id, event.detail) == ("admin:password", administrator.pk, {})
    assert browser.get("/yonetim/").status_code == 200
