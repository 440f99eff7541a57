"""Read people and their authority."""

from datetime import datetime

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Concat

from accounts.enums import Capability, InvitationState, ProviderState, Role
from accounts.models import ApiAccount, CompanyChange, Invitation, Membership, Person, Provider, WebSession
from accounts.rules import ROLES_WITH
from accounts.searching import folded, holds_words
from iys_portal.audit.selectors import history_of
from iys_portal.shared.crypto import lookup_hash
from iys_portal.shared.tin import tin_lookup


def memberships_of(person: Person) -> QuerySet[Membership]:
    """Return the live memberships of a person in active providers, by title in Turkish order."""
    return (
        Membership.objects.filter(person=person, ended_at=None, provider__state=ProviderState.ACTIVE)
        .select_related("provider")
        .order_by("provider__title", "provider_id")
    )


def all_memberships_of(person: Person) -> QuerySet[Membership]:
    """Return every membership a person has or had, the newest first."""
    return Membership.objects.filter(person=person).select_related("provider").order_by("-started_at", "-pk")


def people_of(provider_id: int) -> QuerySet[Membership]:
    """Return the live memberships of a provider, longest-serving first."""
    return Membership.objects.filter(provider_id=provider_id, ended_at=None).select_related("person").order_by("pk")


def people_with(provider_id: int, capability: Capability) -> QuerySet[Membership]:
    """Return the live memberships of a provider whose role has the capability, longest-serving first."""
    return people_of(provider_id).filter(role__in=ROLES_WITH[capability], person__is_active=True)


def owners_of(provider_id: int) -> QuerySet[Membership]:
    """Return the live memberships of the owners who can log in."""
    return people_of(provider_id).filter(role=Role.OWNER, person__is_active=True)


def people_matching(provider_id: int, query: str) -> QuerySet[Membership]:
    """Return the live memberships of a provider whose person's name holds every word of `query`."""
    people = people_of(provider_id)
    if not query:
        return people
    name = folded(Concat("person__given_name", Value(" "), "person__family_name"))
    return people.alias(folded_name=name).filter(holds_words("folded_name", query))


def member_with(provider_id: int, pk: int) -> Membership | None:
    """Return a membership of the provider, one that ended too; None when it is another's."""
    return Membership.objects.filter(provider_id=provider_id, pk=pk).select_related("person", "provider").first()


def invitation_with(provider_id: int, pk: int) -> Invitation | None:
    """Return an invitation of the provider; None when it is another's."""
    return Invitation.objects.filter(provider_id=provider_id, pk=pk).select_related("provider", "invited_by").first()


def change_with(provider_id: int, pk: int) -> CompanyChange | None:
    """Return a request of the provider; None when it is another's."""
    return company_changes_of(provider_id).filter(pk=pk).first()


def open_invitations_of(provider_id: int) -> QuerySet[Invitation]:
    """Return the invitations that nobody has accepted or withdrawn, those that ran out included; newest first."""
    return (
        Invitation.objects.filter(provider_id=provider_id, state=InvitationState.PENDING)
        .select_related("invited_by")
        .order_by("-pk")
    )


def invitation_by_code(code: str) -> Invitation | None:
    """Return the invitation whose e-mail holds this code, in whatever state."""
    if not code:
        return None
    return Invitation.objects.select_related("provider", "invited_by").filter(code_hash=lookup_hash(code)).first()


def is_wrong_person_noted(invitation: Invitation, person: Person) -> bool:
    """Return whether it is audited that this person came with another one's invitation."""
    return history_of(invitation).filter(action="invitation_wrong_person", actor_id=person.pk).exists()


def company_changes_of(provider_id: int) -> QuerySet[CompanyChange]:
    """Return the requests to change the company's data, newest first."""
    return CompanyChange.objects.filter(provider_id=provider_id).select_related("requested_by").order_by("-pk")


def sessions_of(person: Person, *, now: datetime) -> QuerySet[WebSession]:
    """Return the web sessions of a person that go on, the last used first."""
    return WebSession.objects.filter(person_id=person.pk, expire_date__gt=now).order_by("-seen_at", "session_key")


def session_mark(session_key: str) -> str:
    """Return the name by which a page speaks of a web session: its key opens it and is shown to nobody."""
    return lookup_hash(f"session:{session_key}")[:16]


def is_registered(tin: str) -> bool:
    """Return whether a provider with this tax number (VKN, or a sole trader's TCKN) is in the register."""
    return _with_tin(tin).exists()


def open_provider(iys_code: int, tin: str) -> Provider | None:
    """Return the provider that takes part in the register with both of these numbers, or None."""
    return _with_tin(tin).filter(iys_code=iys_code, state=ProviderState.ACTIVE).first()


def _with_tin(tin: str) -> QuerySet[Provider]:
    # Sole traders have no number in that column: an empty one finds none of them.
    return Provider.objects.filter(**tin_lookup(tin)) if tin else Provider.objects.none()


def provider_with_code(iys_code: int) -> QuerySet[Provider]:
    """Return the provider with this İYS No (at most one)."""
    return Provider.objects.filter(iys_code=iys_code)


def api_accounts_of(column: str, company: Model) -> QuerySet[ApiAccount]:
    """Return a company's own API accounts: those that work first, the newest first.

    `column`: which of provider, partner and intermediary the company is.
    """
    accounts = ApiAccount.objects.filter(**{column: company})
    return accounts.select_related("created_by").order_by("state", "-pk")


def api_account_with(column: str, company: Model, pk: int) -> ApiAccount | None:
    """Return an API account of the company; None when it is another's."""
    return api_accounts_of(column, company).filter(pk=pk).select_related("created_by", "sandbox").first()
