"""Administrators give and end authority by the services: told, audited, invitations ended, the last owner kept."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.enums import InvitationState, ProviderState, Role
from accounts.models import Invitation, Membership, Person, Provider
from accounts.rules import LAST_OWNER
from accounts.services.people import Invited, invite
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from partners.models import IntermediaryMembership, PartnerMembership
from partners.selectors.standing import parties_of
from tests import factories

MEMBERSHIPS = "/yonetim/accounts/membership/"


@pytest.fixture
def owner(alice: Person, provider: Provider) -> Membership:
    return Membership.objects.get(person=alice, provider=provider)


def form(provider: Provider, person: Person, role: Role = Role.MANAGER) -> dict[str, Any]:
    return {"provider": provider.pk, "person": person.pk, "role": role, "email": "yeni@ornek.com.tr"}


def errors(answer: Any) -> dict[str, list[str]]:
    return {field: list(said) for field, said in answer.context["adminform"].form.errors.items()}


def act(browser: Client, membership: Membership, name: str, **answer: str) -> Any:
    return browser.post(f"{MEMBERSHIPS}{membership.pk}/{name}/", {"reason": "Dilekçe", **answer}, follow=True)


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", "reason"))


def invited(provider: Provider, by: Person, tckn: str, *, now: datetime) -> Invitation:
    who = Invited(tckn, "Gökçe", "Ağaoğlu", "gokce@ornek.com.tr", Role.VIEWER)
    return invite(provider=provider, invited=who, person=by, now=now)


def test_authority_is_given_told_and_audited_once(
    browser: Client, administrator: Person, alice: Person, owner: Membership, provider: Provider, now: datetime
) -> None:
    tckn = factories.make_tckn(77)
    person = factories.PersonFactory.create(tckn=tckn)
    waiting = invited(provider, alice, tckn, now=now)
    mails, audited = Mail.objects.count(), AuditEvent.objects.count()
    assert browser.post(f"{MEMBERSHIPS}add/", form(provider, person)).status_code == 302
    made = Membership.objects.get(person=person)
    assert (made.role, made.email, made.ended_at) == (Role.MANAGER, "yeni@ornek.com.tr", None)
    waiting.refresh_from_db()
    assert waiting.state == InvitationState.WITHDRAWN
    assert events()[audited:] == [
        ("member_added", "Yönetici ekledi."),
        ("state:withdrawn", "Kişi yönetici tarafından yetkilendirildi."),
    ]
    assert {event.actor_id for event in AuditEvent.objects.order_by("pk")[audited:]} == {administrator.pk}
    assert Mail.objects.count() == mails + 1


def test_authority_is_given_once_to_people_of_e_devlet_and_for_open_companies_only(
    browser: Client, alice: Person, provider: Provider, administrator: Person, owner: Membership
) -> None:
    answer = browser.post(f"{MEMBERSHIPS}add/", form(provider, alice))
    assert errors(answer) == {"person": ["Bu kişinin bu hizmet sağlayıcı için yetkisi zaten var."]}
    answer = browser.post(f"{MEMBERSHIPS}add/", form(provider, administrator))
    assert errors(answer) == {"person": ["Yalnızca e-Devlet ile giriş yapan kişiler yetkilendirilebilir."]}
    closed = factories.ProviderFactory.create(state=ProviderState.CLOSED)
    answer = browser.post(f"{MEMBERSHIPS}add/", form(closed, alice))
    assert errors(answer) == {"provider": ["Bu hizmet sağlayıcı kapalı."]}
    assert Membership.objects.count() == 1


def test_the_row_itself_changes_neither_role_nor_end(browser: Client, owner: Membership) -> None:
    forged = {"role": Role.VIEWER, "email": "", "ended_at_0": "31.12.2026", "ended_at_1": "12:00:00"}
    assert browser.post(f"{MEMBERSHIPS}{owner.pk}/change/", forged).status_code == 302
    owner.refresh_from_db()
    assert (owner.role, owner.ended_at) == (Role.OWNER, None)


def test_an_end_takes_the_invitations_with_it(
    browser: Client, administrator: Person, owner: Membership, provider: Provider, now: datetime
) -> None:
    manager = factories.MembershipFactory.create(provider=provider, role=Role.MANAGER)
    theirs = invited(provider, manager.person, factories.make_tckn(78), now=now)
    answer = act(browser, manager, "bitir")
    assert said(answer) == [f"{manager.person} için yetki sona erdi; kişiye bildirildi."]
    manager.refresh_from_db()
    theirs.refresh_from_db()
    assert manager.ended_at is not None
    assert theirs.state == InvitationState.WITHDRAWN
    removed = AuditEvent.objects.get(action="member_removed")
    assert (removed.actor_id, removed.reason) == (administrator.pk, "Dilekçe")
    assert "Bu yetki sona ermiş." in browser.get(f"{MEMBERSHIPS}{manager.pk}/bitir/").content.decode()


def test_the_last_owner_stays_until_there_is_another(browser: Client, owner: Membership, provider: Provider) -> None:
    assert LAST_OWNER in browser.get(f"{MEMBERSHIPS}{owner.pk}/bitir/").content.decode()
    assert said(act(browser, owner, "bitir")) == [LAST_OWNER]
    assert said(act(browser, owner, "gorev", role=Role.VIEWER)) == [LAST_OWNER]
    owner.refresh_from_db()
    assert (owner.role, owner.ended_at) == (Role.OWNER, None)
    second = factories.PersonFactory.create()
    assert browser.post(f"{MEMBERSHIPS}add/", form(provider, second, Role.OWNER)).status_code == 302
    act(browser, owner, "bitir")
    owner.refresh_from_db()
    assert owner.ended_at is not None


def test_a_lower_role_ends_the_invitations_that_it_may_not_give(
    browser: Client, owner: Membership, provider: Provider, now: datetime
) -> None:
    factories.MembershipFactory.create(provider=provider)
    theirs = invited(provider, owner.person, factories.make_tckn(79), now=now)
    answer = act(browser, owner, "gorev", role=Role.VIEWER)
    assert said(answer) == [f"{owner.person} artık Görüntüleyici; kişiye bildirildi."]
    owner.refresh_from_db()
    theirs.refresh_from_db()
    assert (owner.role, theirs.state) == (Role.VIEWER, InvitationState.WITHDRAWN)
    assert ("member_role", "Dilekçe") in events()


@pytest.mark.parametrize(
    ("model", "company", "factory"),
    [
        (PartnerMembership, "partner", factories.PartnerFactory),
        (IntermediaryMembership, "intermediary", factories.IntermediaryFactory),
    ],
)
def test_authority_for_a_partner_ends_at_once_and_with_a_reason(
    browser: Client, administrator: Person, alice: Person, now: datetime, model: Any, company: str, factory: Any
) -> None:
    party, pages = factory.create(), f"/yonetim/partners/{model._meta.model_name}/"
    assert browser.post(f"{pages}add/", {company: party.pk, "person": alice.pk}).status_code == 302
    made = model.objects.get()
    page = f"{pages}{made.pk}/"
    browser.post(f"{page}change/", {"ended_at_0": "31.12.2030", "ended_at_1": "12:00:00"})
    made.refresh_from_db()
    assert made.ended_at is None
    assert f"{party.title} (kod {party.code})" in browser.get(f"{page}bitir/").content.decode()
    for _ in range(2):
        answer = browser.post(f"{page}bitir/", {"reason": "Dilekçe"}, follow=True)
    assert said(answer) == [f"{alice} için yetki sona erdi."]
    made.refresh_from_db()
    assert (made.ended_at is not None, parties_of(alice)) == (True, [])
    events = AuditEvent.objects.filter(action="member_removed", object_id=str(made.pk))
    assert list(events.values_list("actor_id", "reason")) == [(administrator.pk, "Dilekçe")]
    assert browser.post(f"{pages}add/", {company: party.pk, "person": alice.pk}).status_code == 302
