"""People of an iş ortağı or AHS and the API accounts of their own company."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from accounts.models import ApiAccount, Person
from accounts.services.api_accounts import NAME_TAKEN, create_account
from iys_portal.audit.models import AuditEvent
from partners.models import Intermediary, IntermediaryMembership, Partner, PartnerMembership
from tests import factories
from tests.partners.scene import errors, text_of

URL = "/is-ortagi/api/"


@pytest.fixture
def person(db: None) -> Person:
    return factories.PersonFactory.create()


@pytest.fixture(params=["partner", "intermediary"])
def company(request: pytest.FixtureRequest, person: Person) -> Partner | Intermediary:
    """A company for which the person acts."""
    if request.param == "partner":
        partner = factories.PartnerFactory.create()
        PartnerMembership.objects.create(partner=partner, person=person)
        return partner
    intermediary = factories.IntermediaryFactory.create()
    IntermediaryMembership.objects.create(intermediary=intermediary, person=person)
    return intermediary


@pytest.fixture
def browser(person: Person, company: Partner, client_of: Callable[[Person], Client]) -> Client:
    return client_of(person)


def test_an_account_is_made_used_and_ended(browser: Client, company: Partner | Intermediary, person: Person) -> None:
    assert "Henüz API hesabınız yok" in browser.get(URL).content.decode()
    page = browser.post(f"{URL}yeni/", {"name": "Mağaza", "is_sandbox": "on"}, follow=True)
    account = ApiAccount.objects.get()
    assert (account.partner or account.intermediary, account.sandbox_id) == (company, None)
    username, secret = text_of(page, "api-username"), text_of(page, "api-secret")
    fields = {"username": username, "password": secret, "grant_type": "password"}
    token = Client().post("/oauth2/token", fields, "application/json")
    assert token.status_code == (200 if account.partner else 400)  # an AHS calls with its secret
    for part in ("", "sifre/", "sifre/yenile/", "adresler/", "iptal/", "istekler/"):
        page = browser.get(f"{URL}{account.pk}/{part}")
        assert (part, page.status_code) == (part, 200)
        assert "/isyerim/api/" not in page.content.decode()
    browser.post(f"{URL}{account.pk}/adresler/", {"networks": "192.0.2.1"})
    browser.post(f"{URL}{account.pk}/iptal/")
    account.refresh_from_db()
    assert (account.networks, account.state) == (["192.0.2.1/32"], "revoked")
    actions = AuditEvent.objects.filter(object_type="accounts.apiaccount", actor_id=person.pk).order_by("pk")
    expected = ["api_account_created", "api_networks", "state:revoked"]
    assert list(actions.values_list("action", flat=True)) == expected


def test_others_accounts_do_not_exist(browser: Client, company: Partner, now: datetime) -> None:
    rival = create_account(partner=factories.PartnerFactory.create(), name="Mağaza", now=now, actor=None).account
    provider = factories.ProviderFactory.create()
    theirs = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    for other in (rival, theirs):
        assert browser.get(f"{URL}{other.pk}/").status_code == 404
        assert browser.post(f"{URL}{other.pk}/iptal/").status_code == 404
    assert browser.get(f"{URL}{theirs.pk}/sifirla/").status_code == 404


def test_a_second_account_of_the_name_is_refused(browser: Client, company: Partner) -> None:
    browser.post(f"{URL}yeni/", {"name": "Mağaza"})
    assert errors(browser.post(f"{URL}yeni/", {"name": "Mağaza"})) == [NAME_TAKEN]
    assert ApiAccount.objects.count() == 1


def test_a_form_that_was_drawn_for_another_company_does_nothing(browser: Client, company: Partner) -> None:
    page = browser.post(f"{URL}yeni/", {"name": "Mağaza", "saglayici": "partner-0"}, follow=True)
    assert "başka bir kuruluşa geçtiniz" in page.content.decode()
    assert not ApiAccount.objects.exists()
    assert f'value="{company._meta.model_name}-{company.pk}"' in browser.get(f"{URL}yeni/").content.decode()
