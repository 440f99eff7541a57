"""Change who acts for a provider: invite, accept, change a role, take it away.

Every verb locks the provider first, so what two people do at once happens one after the other, and each of them is
judged by the role they have then.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.enums import INVITATION_TRANSITIONS, InvitationState, ProviderState, Role
from accounts.models import Invitation, Membership, Person, Provider
from accounts.notifying import address_of_member
from accounts.rules import (
    INVITATION_LIFETIME,
    INVITATIONS_A_DAY,
    INVITATIONS_A_DAY_TO_ONE,
    ONLY_OWNERS,
    AccountRefused,
    assignable_by,
    refusal_of_change,
    who_may,
)
from accounts.selectors import is_wrong_person_noted, owners_of
from iys_portal.audit.services import move, record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link, queue
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.crypto import encrypt, lookup_hash

ALREADY_MEMBER = "Bu T.C. Kimlik No zaten bu hizmet sağlayıcının yetkilisi. Görevini listeden değiştirebilirsiniz."
NOT_YOURS = "Bu davet başka bir kişiye gönderilmiş."
USED = "Bu davet daha önce kabul edilmiş."
WITHDRAWN = "Bu davet geri çekilmiş ya da yerine yenisi gönderilmiş. Son aldığınız iletideki bağlantıyı kullanın."
EXPIRED = "Bu davetin süresi dolmuş. Sizi davet eden kişiden yeni bir davet isteyin."
TOO_MANY = "Son 24 saatte çok sayıda davet gönderildi. Yarın yeniden deneyin."
TOO_MANY_TO_ONE = "Son 24 saatte bu e-posta adresine çok sayıda davet gönderildi. Yarın yeniden deneyin."
CLOSED = "Bu hizmet sağlayıcı artık İYS'de etkin değil."


@dataclass(frozen=True)
class Invited:
    """Whom an invitation is meant for and where it is sent."""

    tckn: str
    given_name: str
    family_name: str
    email: str
    role: Role


@transaction.atomic
def invite(*, provider: Provider, invited: Invited, person: Person, now: datetime) -> Invitation:
    """Invite somebody to act for the provider; the same invitation that still waits is returned, not sent again.

    One that waits for the same TCKN with other words is withdrawn in favour of the new one. Raises AccountRefused.
    """
    _locked(provider)
    _check_may_give(provider, invited.role, person)
    tckn_hash = lookup_hash(invited.tckn)
    if Membership.objects.filter(provider=provider, person__tckn_hash=tckn_hash, ended_at=None).exists():
        raise AccountRefused(ALREADY_MEMBER)
    waiting = _waiting(provider, tckn_hash)
    if waiting is not None:
        if waiting.expires_at > now and _says_the_same(waiting, invited):
            return waiting
        _withdraw(waiting, person, reason="Yerine yenisi gönderildi.")
    values = {
        "tckn_hash": tckn_hash,
        "tckn_encrypted": encrypt(invited.tckn.encode()),
        "given_name": invited.given_name,
        "family_name": invited.family_name,
        "email": invited.email,
        "role": invited.role,
    }
    return _send(provider, values, person, now=now)


@transaction.atomic
def invite_again(*, provider: Provider, invitation_id: int, person: Person, now: datetime) -> Invitation:
    """Send an invitation that was not accepted once more, with a new link; the old link ends.

    Pressed twice it is sent once: what replaced it in the meantime is returned. Raises AccountRefused.
    """
    _locked(provider)
    old = Invitation.objects.get(provider=provider, pk=invitation_id)
    _check_may_give(provider, Role(old.role), person)
    if Membership.objects.filter(provider=provider, person__tckn_hash=old.tckn_hash, ended_at=None).exists():
        raise AccountRefused(ALREADY_MEMBER)
    waiting = _waiting(provider, old.tckn_hash)
    if waiting is not None:
        if waiting.pk != old.pk:
            return waiting
        _withdraw(waiting, person, reason="Yerine yenisi gönderildi.")
    copied = ("tckn_hash", "tckn_encrypted", "given_name", "family_name", "email", "role")
    return _send(provider, {name: getattr(old, name) for name in copied}, person, now=now)


@transaction.atomic
def withdraw_invitation(*, provider: Provider, invitation_id: int, person: Person) -> bool:
    """Take an invitation back and tell the invited person; return whether it still waited. Raises AccountRefused."""
    _locked(provider)
    invitation = Invitation.objects.select_for_update(no_key=True).get(provider=provider, pk=invitation_id)
    _check_may_give(provider, Role(invitation.role), person)
    if invitation.state != InvitationState.PENDING:
        return False
    _withdraw(invitation, person, reason="Davet geri çekildi.")
    _tell(provider, invitation.email, invitation.get_full_name(), what="withdrawn", role=invitation.role)
    return True


@transaction.atomic
def accept_invitation(*, invitation: Invitation, person: Person, now: datetime) -> Membership:
    """Make the invited person act for the provider. Raises AccountRefused, which says why not."""
    provider = _locked(invitation.provider)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    refusal = refusal_of_acceptance(invitation, person=person, now=now)
    if provider.state != ProviderState.ACTIVE:
        refusal = CLOSED
    if refusal:
        raise AccountRefused(refusal)
    if Membership.objects.filter(provider=provider, person=person, ended_at=None).exists():
        raise AccountRefused("Bu hizmet sağlayıcının zaten yetkilisisiniz; görevinizi Hesap Sahibi değiştirebilir.")
    membership = Membership.objects.create(
        provider=provider, person=person, role=invitation.role, email=invitation.email, started_at=now
    )
    move(
        invitation,
        InvitationState.ACCEPTED,
        table=INVITATION_TRANSITIONS,
        actor=person,
        reason="Davet edilen kişi kabul etti.",
        membership=membership,
    )
    record(
        action="member_added",
        subject=membership,
        actor=person,
        before=None,
        after=membership.role,
        invitation=invitation.pk,
    )
    _tell(provider, membership.email, person.get_full_name(), what="given", role=membership.role)
    return membership


def refusal_of_acceptance(invitation: Invitation, *, person: Person, now: datetime) -> str:
    """Return why this person cannot accept the invitation, or an empty text."""
    if person.tckn_hash != invitation.tckn_hash:
        return NOT_YOURS
    if invitation.state == InvitationState.ACCEPTED:
        return USED
    if invitation.state == InvitationState.WITHDRAWN:
        return WITHDRAWN
    return EXPIRED if invitation.expires_at <= now else ""


@transaction.atomic
def note_wrong_person(*, invitation: Invitation, person: Person) -> None:
    """Audit that somebody came with the link of another person's invitation: once for each who does."""
    Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if not is_wrong_person_noted(invitation, person):
        record(action="invitation_wrong_person", subject=invitation, actor=person)


@transaction.atomic
def add_member(*, provider: Provider, person: Person, role: Role, email: str, actor: Person, reason: str) -> Membership:
    """Let somebody act for the provider without an invitation, as administrators may, and tell them.

    An invitation that waits for them ends. Raises AccountRefused, and IntegrityError where they act for it already.
    """
    provider = _locked(provider)
    if provider.state != ProviderState.ACTIVE:
        raise AccountRefused(CLOSED)
    membership = Membership.objects.create(provider=provider, person=person, role=role, email=email)
    record(action="member_added", subject=membership, actor=actor, reason=reason, before=None, after=role)
    for invitation in _pending(provider).filter(tckn_hash=person.tckn_hash):
        _withdraw(invitation, actor, reason="Kişi yönetici tarafından yetkilendirildi.")
    _tell_member(membership, what="given")
    return membership


@transaction.atomic
def change_role(
    *,
    provider: Provider,
    membership_id: int,
    role: Role,
    person: Person,
    reason: str = "",
    as_administrator: bool = False,
) -> Membership:
    """Give somebody another role and tell them; nothing happens where they have it. Raises AccountRefused.

    Their invitations that wait end where the new role may not give what they promise. An administrator may what an
    owner may.
    """
    membership = _member(provider, membership_id, person, role=role, as_administrator=as_administrator)
    before = membership.role
    if before != role and membership.ended_at is None:
        membership.role = role
        membership.save(update_fields=["role"])
        record(action="member_role", subject=membership, actor=person, reason=reason, before=before, after=role)
        _tell_member(membership, what="changed")
        given = _pending(membership.provider).filter(invited_by=membership.person).exclude(role__in=assignable_by(role))
        _end(given, membership.provider, person, reason="Davet edenin yeni görevi bu görevi veremez.")
    return membership


@transaction.atomic
def remove_member(
    *,
    provider: Provider,
    membership_id: int,
    person: Person,
    now: datetime,
    reason: str = "",
    as_administrator: bool = False,
) -> Membership:
    """End somebody's authority and tell them; nothing happens where it has ended. Raises AccountRefused.

    The invitations that wait for them, and those that they sent, end with it: none leads back in. It counts from their
    next request on, in whatever browser: the right is read from the row each time. An administrator may what an owner
    may.
    """
    membership = _member(provider, membership_id, person, role=None, as_administrator=as_administrator)
    if membership.ended_at is None:
        membership.ended_at = max(now, membership.started_at)
        membership.save(update_fields=["ended_at"])
        record(
            action="member_removed",
            subject=membership,
            actor=person,
            reason=reason,
            before=membership.role,
            after=None,
        )
        _tell_member(membership, what="removed")
        theirs = Q(tckn_hash=membership.person.tckn_hash) | Q(invited_by=membership.person)
        _end(_pending(provider).filter(theirs), provider, person, reason="Kişinin yetkisi kaldırıldı.")
    return membership


def _locked(provider: Provider) -> Provider:
    return Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)


def _role_of(provider: Provider, person: Person) -> str | None:
    return (
        Membership.objects.filter(provider=provider, person=person, ended_at=None)
        .values_list("role", flat=True)
        .first()
    )


def _check_may_give(provider: Provider, role: Role, person: Person) -> None:
    allowed = assignable_by(_role_of(provider, person))
    if not allowed:
        raise AccountRefused(who_may("people"))
    if role not in allowed:
        raise AccountRefused(ONLY_OWNERS)


def _member(
    provider: Provider, membership_id: int, person: Person, *, role: Role | None, as_administrator: bool
) -> Membership:
    """Return the membership, its provider locked; raise AccountRefused where `person` may not give it `role`."""
    _locked(provider)
    membership = (
        Membership.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person", "provider")
        .get(provider=provider, pk=membership_id)
    )
    if membership.ended_at is not None or membership.role == role:
        return membership
    refusal = refusal_of_change(
        actor_role=Role.OWNER if as_administrator else _role_of(provider, person),
        before=membership.role,
        after=role,
        other_owners=owners_of(provider.pk).exclude(pk=membership.pk).count(),
    )
    if refusal:
        raise AccountRefused(refusal)
    return membership


def _pending(provider: Provider) -> QuerySet[Invitation]:
    invitations = Invitation.objects.select_for_update(no_key=True).order_by("pk")
    return invitations.filter(provider=provider, state=InvitationState.PENDING)


def _waiting(provider: Provider, tckn_hash: str) -> Invitation | None:
    return _pending(provider).filter(tckn_hash=tckn_hash).first()


def _end(invitations: QuerySet[Invitation], provider: Provider, person: Person, *, reason: str) -> None:
    """Withdraw the invitations and tell whom they were sent to."""
    for invitation in invitations:
        _withdraw(invitation, person, reason=reason)
        _tell(provider, invitation.email, invitation.get_full_name(), what="withdrawn", role=invitation.role)


def _says_the_same(invitation: Invitation, invited: Invited) -> bool:
    return all(
        getattr(invitation, name) == getattr(invited, name) for name in ("given_name", "family_name", "email", "role")
    )


def _withdraw(invitation: Invitation, person: Person, *, reason: str) -> None:
    move(invitation, InvitationState.WITHDRAWN, table=INVITATION_TRANSITIONS, actor=person, reason=reason)


def _check_often(provider: Provider, email: str, *, now: datetime) -> None:
    """Raise AccountRefused where a day's invitations are spent: the portal is no way to fill somebody's mailbox."""
    lately = Invitation.objects.filter(provider=provider, created_at__gt=now - timedelta(days=1))
    if lately.count() >= INVITATIONS_A_DAY:
        raise AccountRefused(TOO_MANY)
    if lately.filter(email__iexact=email).count() >= INVITATIONS_A_DAY_TO_ONE:
        raise AccountRefused(TOO_MANY_TO_ONE)


def _send(provider: Provider, values: Mapping[str, Any], person: Person, *, now: datetime) -> Invitation:
    _check_often(provider, values["email"], now=now)
    code = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        provider=provider,
        code_hash=lookup_hash(code),
        invited_by=person,
        created_at=now,
        expires_at=now + INVITATION_LIFETIME,
        **values,
    )
    record(action="invite", subject=invitation, actor=person, before=None, after=invitation.role)
    queue(
        kind=MailKind.INVITATION,
        to=invitation.email,
        provider_id=provider.pk,
        is_personal=True,
        context={
            "title": provider.title,
            "name": invitation.get_full_name(),
            "inviter": person.get_full_name(),
            "role": Role(invitation.role).label,
            "last_day": f"{istanbul_day(invitation.expires_at):%d.%m.%Y}",
            # Behind the question mark: what stands there is in no log line.
            "link": f"{public_link('accounts:invitation')}?kod={code}",
        },
    )
    return invitation


def _tell_member(membership: Membership, *, what: str) -> None:
    _tell(
        membership.provider,
        address_of_member(membership),
        membership.person.get_full_name(),
        what=what,
        role=membership.role,
    )


def _tell(provider: Provider, address: str, name: str, *, what: str, role: str) -> None:
    queue(
        kind=MailKind.AUTHORITY_CHANGED,
        to=address,
        provider_id=provider.pk,
        is_personal=address != provider.email,
        context={
            "title": provider.title,
            "name": name,
            "role": Role(role).label,
            "given": what == "given",
            "changed": what == "changed",
            "withdrawn": what == "withdrawn",
            "link": public_link("accounts:choose"),
        },
    )
