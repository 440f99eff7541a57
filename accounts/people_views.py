"""Yetkili kişiler: who acts for the provider, invitations and their acceptance."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view, signed_in
from accounts.company_forms import InvitationForm, RoleForm
from accounts.enums import Capability, InvitationState, Role
from accounts.fresh import prove_first, typed
from accounts.middleware import PROVIDER_KEY
from accounts.models import Invitation, Membership, Person
from accounts.rules import ROLE_HINTS, AccountRefused, assignable_by, refusal_of_change
from accounts.selectors import (
    invitation_by_code,
    invitation_with,
    member_with,
    open_invitations_of,
    owners_of,
    people_matching,
)
from accounts.services import people
from iys_portal.paging import page_of, query_of
from partners.middleware import PARTY_KEY

PAGE_SIZE = 25
ENDED = "Bu kişinin yetkisi daha önce sona ermiş."
_LIST = "accounts:people"
_INVITING, _CHANGING, _REMOVING = (
    "Kişi davet etmek",
    "Bir kişinin görevini değiştirmek",
    "Bir kişinin yetkisini kaldırmak",
)


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The people who act for the provider (?ara=, ?sayfa=), and the invitations that wait."""
    query = query_of(request)
    page = page_of(request, people_matching(request.provider.pk, query), size=PAGE_SIZE)
    roles = assignable_by(request.membership.role)
    now = timezone.now()
    context = {
        "page": page,
        "rows": [(member, member.role in roles) for member in page],
        "query": query,
        "mine": request.membership,
        "invitations": [
            (invitation, invitation.role in roles, invitation.expires_at <= now)
            for invitation in (open_invitations_of(request.provider.pk) if roles else ())
        ],
        "role_hints": [(role.label, ROLE_HINTS[role]) for role in Role],
    }
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def invite(request: ProviderRequest) -> HttpResponse:
    """Invite somebody by TCKN, name, e-mail and role, after a fresh proof of who invites."""
    roles, now = assignable_by(request.membership.role), timezone.now()
    form = InvitationForm(request.POST if request.method == "POST" else typed(request, now=now), roles=roles)
    if request.method == "POST" and form.is_valid():
        if (first := prove_first(request, step=_INVITING, now=now)) is not None:
            return first
        try:
            invitation = people.invite(provider=request.provider, invited=form.invited(), person=request.user, now=now)
        except AccountRefused as refusal:
            form.add_error("tckn", str(refusal))
        else:
            messages.success(request, f"{invitation.get_full_name()} davet edildi. Davet 7 gün geçerlidir.")
            return redirect(_LIST)
    return render(request, "accounts/invite.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def invite_again(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before an invitation is sent again with a new link, and POST, which does it."""
    invitation, now = _invitation(request, pk), timezone.now()
    if invitation.state == InvitationState.ACCEPTED:
        messages.info(request, people.USED)
        return redirect(_LIST)
    if request.method != "POST":
        typed(request, now=now)
        return render(request, "accounts/invitation_again.html", {"invitation": invitation})
    if (first := prove_first(request, step=_INVITING, now=now)) is not None:
        return first
    try:
        people.invite_again(provider=request.provider, invitation_id=invitation.pk, person=request.user, now=now)
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"{invitation.get_full_name()} için yeni davet gönderildi; eski bağlantı geçersizdir."
        )
    return redirect(_LIST)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def withdraw(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before an invitation is taken back, and POST, which does it."""
    invitation = _invitation(request, pk)
    if request.method != "POST" and invitation.state == InvitationState.PENDING:
        return render(request, "accounts/invitation_withdraw.html", {"invitation": invitation})
    try:
        done = request.method == "POST" and people.withdraw_invitation(
            provider=request.provider, invitation_id=invitation.pk, person=request.user
        )
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, "Davet geri çekildi." if done else "Bu davet artık beklemiyor.")
    return redirect(_LIST)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def role(request: ProviderRequest, pk: int) -> HttpResponse:
    """Give somebody another role, after a fresh proof of who gives it."""
    member, now = _member(request, pk), timezone.now()
    if member.ended_at is not None:
        messages.info(request, ENDED)
        return redirect(_LIST)
    roles = assignable_by(request.membership.role)
    sent = request.POST if request.method == "POST" else typed(request, now=now)
    form = RoleForm(sent, roles=roles, initial={"role": member.role})
    if request.method == "POST" and form.is_valid():
        if (first := prove_first(request, step=_CHANGING, now=now)) is not None:
            return first
        try:
            changed = people.change_role(
                provider=request.provider, membership_id=pk, role=Role(form.cleaned_data["role"]), person=request.user
            )
        except AccountRefused as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, f"{member.person} artık {changed.get_role_display()}.")
            return redirect(_LIST)
    context = {"form": form, "member": member, "refusal": _refusal(request, member, after=Role.VIEWER)}
    return render(request, "accounts/member_role.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PEOPLE)
def remove(request: ProviderRequest, pk: int) -> HttpResponse:
    """The check page before somebody's authority ends, and POST, which ends it after a fresh proof."""
    member, now = _member(request, pk), timezone.now()
    if request.method != "POST" and member.ended_at is None:
        typed(request, now=now)
        context = {"member": member, "refusal": _refusal(request, member, after=None), "mine": request.membership}
        return render(request, "accounts/member_remove.html", context)
    if member.ended_at is not None:
        messages.info(request, ENDED)
        return redirect(_LIST)
    if (first := prove_first(request, step=_REMOVING, now=now)) is not None:
        return first
    try:
        people.remove_member(provider=request.provider, membership_id=pk, person=request.user, now=now)
    except AccountRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{member.person} artık {request.provider.title} adına işlem yapamaz.")
    return redirect("entry" if member.person_id == request.user.pk else _LIST)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def invitation(request: HttpRequest) -> HttpResponse:
    """The page behind an invitation's link (?kod=): it opens for the invited TCKN alone; POST accepts."""
    person: Any = request.user
    found = invitation_by_code(request.GET.get("kod", ""))
    if found is None:
        return render(request, "accounts/invitation_closed.html", {"reason": "Bu bağlantı bir davete ait değil."})
    refusal = people.refusal_of_acceptance(found, person=person, now=timezone.now())
    if refusal:
        return _closed(request, found, person, refusal)
    if request.method != "POST":
        context = {"invitation": found, "hint": ROLE_HINTS[Role(found.role)]}
        return render(request, "accounts/invitation.html", context)
    try:
        membership = people.accept_invitation(invitation=found, person=person, now=timezone.now())
    except AccountRefused as refused:
        return _closed(request, found, person, str(refused))
    request.session[PROVIDER_KEY] = membership.provider_id
    request.session.pop(PARTY_KEY, None)
    messages.success(request, f"Artık {found.provider.title} adına işlem yapabilirsiniz: {found.get_role_display()}.")
    return redirect("brands:list")


def _closed(request: HttpRequest, found: Invitation, person: Person, reason: str) -> HttpResponse:
    """Say why the invitation does not open; nothing of it is shown to somebody else than the invited person."""
    wrong_person = reason == people.NOT_YOURS
    if wrong_person:
        people.note_wrong_person(invitation=found, person=person)
    context = {"reason": reason, "wrong_person": wrong_person}
    return render(request, "accounts/invitation_closed.html", context, status=403 if wrong_person else 410)


def _member(request: ProviderRequest, pk: int) -> Membership:
    member = member_with(request.provider.pk, pk)
    if member is None:
        raise Http404
    return member


def _invitation(request: ProviderRequest, pk: int) -> Invitation:
    found = invitation_with(request.provider.pk, pk)
    if found is None:
        raise Http404
    return found


def _refusal(request: ProviderRequest, member: Membership, *, after: Role | None) -> str:
    return refusal_of_change(
        actor_role=request.membership.role,
        before=member.role,
        after=after,
        other_owners=owners_of(request.provider.pk).exclude(pk=member.pk).count(),
    )
