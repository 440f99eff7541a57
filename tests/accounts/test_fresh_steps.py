"""Secrets of API accounts, and who acts for the company: only after a fresh proof of who decides it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import ApiAccount, Invitation, Membership, Person, Provider
from accounts.services.api_accounts import create_account
from accounts.sessions import FRESH
from tests.accounts.company import TCKN, invite, member, membership_of

INVITED = {
    "tckn": TCKN,
    "given_name": "Şule",
    "family_name": "Güneşdoğdu",
    "email": "sule@ornek.com.tr",
    "role": "viewer",
}


@pytest.fixture
def stale(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    """The browser of an owner whose last proof is a second too old."""
    browser = client_of(alice)
    session = browser.session
    session["proved"] = timezone.now().timestamp() - FRESH.total_seconds() - 1
    session.save()
    return browser


def test_what_was_typed_of_an_invitation_waits_encrypted(stale: Client, alice: Person) -> None:
    address = "/isyerim/yetkililer/davet/"
    asked = stale.post(address, INVITED)
    assert (asked.status_code, asked.templates[0].name) == (403, "accounts/prove_first.html")
    assert not Invitation.objects.exists()
    kept = str(dict(stale.session.items()))
    assert [text for text in (TCKN, "sule@") if text in kept] == []
    stale.force_login(alice)
    page = stale.get(address)
    assert {name: page.context["form"][name].value() for name in INVITED} == INVITED
    assert "Kimliğiniz doğrulandı. Henüz bir şey yapılmadı" in page.content.decode()
    assert stale.post(address, INVITED).status_code == 302
    assert Invitation.objects.get().email == INVITED["email"]


def test_nothing_is_done_to_people_or_secrets_without_it(stale: Client, alice: Person, provider: Provider) -> None:
    somebody = membership_of(member(provider, Role.VIEWER))
    invitation, _ = invite(provider, alice, now=timezone.now())
    account = create_account(provider=provider, name="Mağaza", now=timezone.now(), actor=alice).account
    people, api = "/isyerim/yetkililer/", f"/isyerim/api/{account.pk}"
    before = (invitation.code_hash, account.secret_hash)
    steps: dict[str, dict[str, str]] = {
        f"{people}{somebody.pk}/gorev/": {"role": "accounting"},
        f"{people}{somebody.pk}/cikar/": {},
        f"{people}davet/{invitation.pk}/yeniden/": {},
        "/isyerim/api/yeni/": {"name": "Kasa", "networks": ""},
        f"{api}/sifre/yenile/": {},
    }
    answers = {address: stale.post(address, sent) for address, sent in steps.items()}
    assert {address: answer.status_code for address, answer in answers.items()} == dict.fromkeys(steps, 403)
    assert {answer.templates[0].name for answer in answers.values()} == {"accounts/prove_first.html"}
    for row in (somebody, invitation, account):
        row.refresh_from_db()
    assert (somebody.role, somebody.ended_at) == (Role.VIEWER, None)
    assert (invitation.code_hash, account.secret_hash, ApiAccount.objects.count()) == (*before, 1)
    # What somebody could do is taken back at once.
    assert stale.post(f"{people}davet/{invitation.pk}/geri-cek/").status_code == 302
    assert stale.post(f"{api}/iptal/").status_code == 302
    account.refresh_from_db()
    assert (account.state, Membership.objects.filter(ended_at=None).count()) == ("revoked", 2)


def test_the_check_page_is_back_after_the_login(stale: Client, alice: Person, provider: Provider) -> None:
    somebody = membership_of(member(provider, Role.VIEWER))
    address = f"/isyerim/yetkililer/{somebody.pk}/cikar/"
    stale.post(address)
    stale.force_login(alice)
    assert "Henüz bir şey yapılmadı" in stale.get(address).content.decode()
    assert stale.post(address).status_code == 302
    somebody.refresh_from_db()
    assert somebody.ended_at is not None
    assert "Henüz bir şey yapılmadı" not in stale.get("/isyerim/yetkililer/").content.decode()
