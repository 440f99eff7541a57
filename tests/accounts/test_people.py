"""Yetkili kişiler: invitations, their acceptance by exactly one TCKN, roles and their end."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.enums import InvitationState, Role
from accounts.models import Invitation, Membership, Person, Provider
from accounts.rules import LAST_OWNER, ONLY_OWNERS
from accounts.services import people
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from iys_portal.shared.crypto import decrypt, lookup_hash
from tests import factories
from tests.accounts.company import (
    TCKN,
    actions,
    code_of_newest_mail,
    invite,
    invited,
    mails,
    member,
    membership_of,
    text_of,
)

LIST = "/isyerim/yetkililer/"
INVITE = f"{LIST}davet/"
FORM = {
    "tckn": "100 0000 0382",
    "given_name": "Şule",
    "family_name": "Güneşdoğdu",
    "email": "sule@ornek.com.tr",
    "role": "viewer",
}


@pytest.fixture(autouse=True)
def clock(now: datetime, settings: Settings) -> Iterator[None]:
    settings.DEMO_MODE = False
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def owner(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def sule(db: None) -> Person:
    """Whom the tests invite; e-Devlet knows her."""
    return factories.PersonFactory.create(tckn=TCKN)


def test_an_invitation_is_kept_without_what_would_open_it(provider: Provider, owner: Client, now: datetime) -> None:
    answer = owner.post(INVITE, FORM, follow=True)
    assert "Şule Güneşdoğdu davet edildi. Davet 7 gün geçerlidir." in text_of(answer)
    invitation = Invitation.objects.get()
    assert (invitation.provider, invitation.role, invitation.expires_at) == (
        provider,
        "viewer",
        now + timedelta(days=7),
    )
    assert invitation.tckn_hash == lookup_hash(TCKN)
    assert decrypt(invitation.tckn_encrypted).decode() == TCKN
    code = code_of_newest_mail()
    assert invitation.code_hash == lookup_hash(code)
    assert mails() == [("sule@ornek.com.tr", f"{provider.title} adına işlem yapmaya davet edildiniz")]
    assert actions() == [("invite", {"before": None, "after": "viewer"})]
    assert [TCKN in str(event.detail) for event in AuditEvent.objects.all()] == [False]
    assert "100******82" in text_of(answer)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"tckn": "10000000381"}, "T.C. Kimlik No geçersiz; yazımını denetleyin."),
        ({"tckn": "1000"}, "T.C. Kimlik No 11 rakamdan oluşur."),
        ({"tckn": ""}, "T.C. Kimlik No yazın."),
        ({"email": "sule@"}, "Geçerli bir e-posta adresi yazın."),
        ({"email": "ŞULE@ornek.com.tr"}, "E-posta adresinde “Ş” olamaz; adresi Türkçe harf kullanmadan yazın."),
        ({"role": ""}, "Bir görev seçin."),
        ({"role": "king"}, "Bu görevi veremezsiniz."),
    ],
)
def test_a_wrong_form_comes_back_with_its_values(owner: Client, change: dict[str, str], error: str) -> None:
    answer = owner.post(INVITE, FORM | change)
    assert "Hata: " in answer.content.decode()
    assert text_of(answer).count(error) == 2
    assert 'value="Güneşdoğdu"' in answer.content.decode()
    assert Invitation.objects.count() == 0


def test_sent_twice_it_is_one_invitation(owner: Client) -> None:
    owner.post(INVITE, FORM)
    owner.post(INVITE, FORM)
    assert [Invitation.objects.count(), Mail.objects.count()] == [1, 1]


def test_other_words_replace_the_invitation_that_waits(owner: Client) -> None:
    owner.post(INVITE, FORM)
    owner.post(INVITE, FORM | {"role": "manager"})
    assert list(Invitation.objects.order_by("pk").values_list("role", "state")) == [
        ("viewer", "withdrawn"),
        ("manager", "pending"),
    ]


def test_nobodys_mailbox_is_filled_with_invitations(owner: Client, now: datetime) -> None:
    roles = ["viewer", "manager"] * 5 + ["viewer"]
    answers = [owner.post(INVITE, FORM | {"role": role, "email": "Sule@ornek.com.tr"}) for role in roles]
    assert [answer.status_code for answer in answers] == [302] * 10 + [200]
    assert people.TOO_MANY_TO_ONE in text_of(answers[-1])
    assert Invitation.objects.get(state="pending").role == roles[9]  # what was refused withdrew nothing
    owner.post(f"/isyerim/yetkililer/davet/{Invitation.objects.latest('pk').pk}/yeniden/")
    assert Mail.objects.count() == 10
    with time_machine.travel(now + timedelta(days=1), tick=False):
        people.invite(
            provider=(sent := Invitation.objects.latest("pk")).provider,
            invited=invited(role=Role.VIEWER),
            person=sent.invited_by,
            now=now + timedelta(days=1),
        )


def test_a_company_invites_so_many_a_day(owner: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "INVITATIONS_A_DAY", 1)
    owner.post(INVITE, FORM)
    assert people.TOO_MANY in text_of(owner.post(INVITE, FORM | {"role": "manager"}))


def test_a_search_with_a_nul_finds_by_the_rest(owner: Client) -> None:
    assert owner.get("/isyerim/yetkililer/", {"ara": "\0"}).context["page"].paginator.count == 1
    assert owner.get("/isyerim/yetkililer/", {"ara": "yok\0kimse"}).context["page"].paginator.count == 0


def test_a_number_that_is_no_company_chooses_none(owner: Client) -> None:
    assert owner.post("/saglayici/", {"provider": "9" * 5000}).status_code == 200


def test_who_acts_already_is_not_invited(provider: Provider, owner: Client, sule: Person) -> None:
    factories.MembershipFactory.create(provider=provider, person=sule)
    assert people.ALREADY_MEMBER in text_of(owner.post(INVITE, FORM))
    assert Invitation.objects.count() == 0


def test_a_manager_makes_no_owner(provider: Provider, client_of: Callable[[Person], Client], now: datetime) -> None:
    manager = member(provider, Role.MANAGER)
    answer = client_of(manager).post(INVITE, FORM | {"role": "owner"})
    assert "Bu görevi veremezsiniz." in text_of(answer)
    with pytest.raises(people.AccountRefused, match=ONLY_OWNERS):
        people.invite(provider=provider, invited=invited(role=Role.OWNER), person=manager, now=now)
    assert Invitation.objects.count() == 0


def test_the_invited_person_accepts_once(
    provider: Provider, alice: Person, sule: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    invitation, code = invite(provider, alice, now=now, role=Role.CONSENTS)
    browser, address = client_of(sule), f"/davet/?kod={code}"
    page = text_of(browser.get(address))
    assert [words in page for words in (provider.title, "İzin yetkilisi", "Daveti kabul et")] == [True] * 3
    assert Membership.objects.filter(person=sule).count() == 0
    answer = browser.post(address)
    assert (answer.status_code, answer["Location"]) == (302, "/markalar/")
    membership = membership_of(sule)
    assert (membership.provider, membership.role, membership.email) == (provider, "consents", "sule@ornek.com.tr")
    assert browser.get("/markalar/").context["frame"].role == "İzin yetkilisi"
    invitation.refresh_from_db()
    assert (invitation.state, invitation.membership) == (InvitationState.ACCEPTED, membership)
    assert [action for action, _ in actions()] == ["invite", "state:accepted", "member_added"]
    assert mails()[1:] == [("sule@ornek.com.tr", f"{provider.title} yetkilisi oldunuz")]
    again = browser.post(address)
    assert (again.status_code, people.USED in text_of(again)) == (410, True)
    assert Membership.objects.filter(person=sule).count() == 1


def test_another_tckn_is_refused_and_audited_once(
    provider: Provider, alice: Person, bob: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    invitation, code = invite(provider, alice, now=now)
    browser, address = client_of(bob), f"/davet/?kod={code}"
    answers = [browser.get(address), browser.post(address)]
    assert [answer.status_code for answer in answers] == [403, 403]
    said = text_of(answers[0])
    assert people.NOT_YOURS in said
    assert [word for word in (provider.title, "Şule", "Güneşdoğdu", "sule@") if word in said] == []
    noted = AuditEvent.objects.filter(action="invitation_wrong_person")
    assert list(noted.values_list("actor_id", "object_id", "provider_id")) == [
        (bob.pk, str(invitation.pk), provider.pk)
    ]
    assert Membership.objects.filter(person=bob, provider=provider).count() == 0
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.PENDING


def test_an_invitation_ends_after_seven_days(
    provider: Provider, alice: Person, sule: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    _, code = invite(provider, alice, now=now - timedelta(days=7))
    answer = client_of(sule).post(f"/davet/?kod={code}")
    assert (answer.status_code, people.EXPIRED in text_of(answer)) == (410, True)
    assert Membership.objects.filter(person=sule).count() == 0


def test_invited_again_only_the_new_link_works(
    provider: Provider, alice: Person, owner: Client, sule: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    old, old_code = invite(provider, alice, now=now - timedelta(days=8))
    address = f"{INVITE}{old.pk}/yeniden/"
    assert owner.get(address).status_code == 200
    owner.post(address)
    owner.post(address)
    assert list(Invitation.objects.order_by("pk").values_list("state", flat=True)) == ["withdrawn", "pending"]
    browser, new_code = client_of(sule), code_of_newest_mail()
    assert new_code != old_code
    assert people.WITHDRAWN in text_of(browser.get(f"/davet/?kod={old_code}"))
    assert browser.post(f"/davet/?kod={new_code}").status_code == 302


def test_a_withdrawn_invitation_opens_no_more(
    provider: Provider, alice: Person, owner: Client, sule: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    invitation, code = invite(provider, alice, now=now)
    address = f"{INVITE}{invitation.pk}/geri-cek/"
    assert "Daveti geri çek" in text_of(owner.get(address))
    owner.post(address)
    owner.post(address)
    assert mails()[1:] == [("sule@ornek.com.tr", f"{provider.title} davetiniz geri çekildi")]
    answer = client_of(sule).post(f"/davet/?kod={code}")
    assert (answer.status_code, people.WITHDRAWN in text_of(answer)) == (410, True)


def test_a_code_that_was_never_given_opens_nothing(sule: Person, client_of: Callable[[Person], Client]) -> None:
    browser = client_of(sule)
    for address in ("/davet/", "/davet/?kod=", "/davet/?kod=abc"):
        assert "Bu bağlantı bir davete ait değil." in text_of(browser.get(address))


def test_a_new_role_counts_at_the_next_request(
    provider: Provider, owner: Client, client_of: Callable[[Person], Client]
) -> None:
    viewer = member(provider, Role.VIEWER, email="izleyen@ornek.com.tr")
    browser = client_of(viewer)
    assert browser.get("/paket/ileti-150/").status_code == 403
    pk = membership_of(viewer).pk
    answer = owner.post(f"{LIST}{pk}/gorev/", {"role": "accounting"}, follow=True)
    assert "Şule Işık artık Muhasebe." in text_of(answer)
    assert browser.get("/paket/ileti-150/").status_code == 200
    assert actions() == [("member_role", {"before": "viewer", "after": "accounting"})]
    assert mails() == [("izleyen@ornek.com.tr", f"{provider.title} için göreviniz değişti")]
    owner.post(f"{LIST}{pk}/gorev/", {"role": "accounting"})
    assert len(mails()) == 1


def test_who_is_removed_loses_the_company_at_the_next_request(
    provider: Provider, owner: Client, client_of: Callable[[Person], Client]
) -> None:
    manager = member(provider, Role.MANAGER, email="yonetici@ornek.com.tr")
    browser, pk = client_of(manager), membership_of(manager).pk
    assert browser.get("/paket/").status_code == 200
    address = f"{LIST}{pk}/cikar/"
    assert "Yetkiyi kaldır" in text_of(owner.get(address))
    assert owner.get(LIST).status_code == 200
    owner.post(address)
    owner.post(address)
    answer = browser.get("/paket/")
    assert (answer.status_code, answer["Location"]) == (302, "/saglayici/?next=%2Fpaket%2F")
    assert actions() == [("member_removed", {"before": "manager", "after": None})]
    assert mails() == [("yonetici@ornek.com.tr", f"{provider.title} yetkiniz sona erdi")]


def test_with_a_person_go_the_invitations_that_lead_back_in(
    provider: Provider, alice: Person, owner: Client, now: datetime
) -> None:
    manager = member(provider, Role.MANAGER, person__tckn=TCKN)
    friend, _ = invite(provider, manager, now=now, tckn=factories.make_tckn(901), email="dost@ornek.com.tr")
    other, _ = invite(provider, alice, now=now, tckn=factories.make_tckn(902))
    values = Invitation.objects.values("provider_id", "tckn_encrypted", "email", "role", "invited_by_id").get(
        pk=other.pk
    )
    own = Invitation.objects.create(
        **values | {"tckn_hash": lookup_hash(TCKN), "code_hash": "0" * 64},
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    owner.post(f"{LIST}{membership_of(manager).pk}/cikar/")
    states = dict(Invitation.objects.values_list("pk", "state"))
    assert states == {friend.pk: "withdrawn", own.pk: "withdrawn", other.pk: "pending"}
    assert ("dost@ornek.com.tr", f"{provider.title} davetiniz geri çekildi") in mails()


def test_a_lower_role_takes_back_what_it_may_not_give(
    provider: Provider, alice: Person, owner: Client, now: datetime
) -> None:
    partner = member(provider, Role.OWNER)
    sent = [
        invite(provider, partner, now=now, tckn=factories.make_tckn(number), role=role)[0].pk
        for number, role in ((901, Role.OWNER), (902, Role.VIEWER))
    ]
    pk = membership_of(partner).pk
    for role, left in ((Role.MANAGER, {sent[1]}), (Role.VIEWER, set())):
        owner.post(f"{LIST}{pk}/gorev/", {"role": role})
        assert set(Invitation.objects.filter(state="pending").values_list("pk", flat=True)) == left


def test_the_last_owner_stays(provider: Provider, alice: Person, owner: Client) -> None:
    member(provider, Role.MANAGER)
    member(provider, Role.OWNER, person__is_active=False)
    pk = membership_of(alice).pk
    assert LAST_OWNER in text_of(owner.get(f"{LIST}{pk}/cikar/"))
    assert LAST_OWNER in text_of(owner.post(f"{LIST}{pk}/cikar/", follow=True))
    assert LAST_OWNER in text_of(owner.post(f"{LIST}{pk}/gorev/", {"role": "viewer"}))
    assert (membership_of(alice).role, membership_of(alice).ended_at, actions()) == ("owner", None, [])


def test_an_owner_may_go_once_there_is_another(provider: Provider, alice: Person, owner: Client) -> None:
    member(provider, Role.OWNER)
    answer = owner.post(f"{LIST}{membership_of(alice).pk}/cikar/")
    assert (answer["Location"], membership_of(alice).ended_at is None) == ("/", False)


def test_a_manager_cannot_touch_owners(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    member(provider, Role.OWNER)
    browser = client_of(member(provider, Role.MANAGER))
    pk = membership_of(alice).pk
    assert ONLY_OWNERS in text_of(browser.post(f"{LIST}{pk}/cikar/", follow=True))
    assert ONLY_OWNERS in text_of(browser.post(f"{LIST}{pk}/gorev/", {"role": "viewer"}))
    assert f"{LIST}{pk}/cikar/" not in browser.get(LIST).content.decode()
    assert (membership_of(alice).role, membership_of(alice).ended_at) == ("owner", None)


def test_a_viewer_reads_the_list_and_whom_to_ask(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    invite(provider, alice, now=now)
    browser = client_of(member(provider, Role.VIEWER))
    said = text_of(browser.get(LIST))
    assert "Bu işlem için Hesap Sahibi veya Hesap Yöneticisi yetkisi gerekir." in said
    assert [word for word in ("Kişi davet et", "Bekleyen davetler", "Güneşdoğdu") if f"{word} " in said] == []
    forbidden = browser.post(INVITE, FORM)
    assert forbidden.status_code == 403
    told = text_of(forbidden)
    assert "Bu işlem için Hesap Sahibi veya Hesap Yöneticisi yetkisi gerekir." in told
    assert "göreviniz: Görüntüleyici" in told
    assert "Şule Işık (Hesap Sahibi)" in told


def test_the_list_is_searched_in_any_spelling(provider: Provider, owner: Client) -> None:
    member(provider, Role.VIEWER, person__given_name="İLKER", person__family_name="Çağlayan")
    assert text_of(owner.get(f"{LIST}?ara=ilker caglayan")).count("İLKER Çağlayan") >= 1
    assert "Eşleşen kişi yok" in text_of(owner.get(f"{LIST}?ara=yok"))


def test_the_list_costs_the_same_for_three(provider: Provider, alice: Person, owner: Client, now: datetime) -> None:
    def count(number: int) -> int:
        member(provider, Role.VIEWER)
        invite(provider, alice, now=now, tckn=factories.make_tckn(900 + number))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert owner.get(LIST).status_code == 200
        return len(queries)

    owner.get(LIST)
    first = count(1)
    count(2)
    assert count(3) == first
