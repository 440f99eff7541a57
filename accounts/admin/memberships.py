"""Administrators' screens: who may act for whom, and who was invited to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from accounts.enums import ProviderState, Role
from accounts.models import Invitation, Membership, Person, Provider
from accounts.rules import LAST_OWNER, AccountRefused
from accounts.selectors import owners_of
from accounts.services.people import add_member, change_role, remove_member
from iys_portal.admin_acts import Act, ActingAdmin, ActRefused, ReasonForm
from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ModelAdmin, ReadOnlyAdmin, acting_person


class MembershipForm(ConstrainedForm):
    """A person's authority for a provider; it is ended, not deleted."""

    def clean_person(self) -> Person:
        person: Person = self.cleaned_data["person"]
        if not person.tckn_hash:
            raise forms.ValidationError("Yalnızca e-Devlet ile giriş yapan kişiler yetkilendirilebilir.")
        return person

    def clean_provider(self) -> Provider:
        provider: Provider = self.cleaned_data["provider"]
        if provider.state != ProviderState.ACTIVE:
            raise forms.ValidationError("Bu hizmet sağlayıcı kapalı.")
        return provider


class RoleForm(ReasonForm):
    """Another role, and why."""

    role = forms.ChoiceField(label="Yeni görev", choices=Role.choices)
    field_order = ("role", "reason")

    def answer(self) -> tuple[Role, str]:
        return Role(self.cleaned_data["role"]), self.cleaned_data["reason"]


def _member_facts(membership: Membership) -> list[tuple[str, str]]:
    return [
        ("Hizmet sağlayıcı", f"{membership.provider.title} (İYS No {membership.provider.iys_code})"),
        ("Kişi", f"{membership.person} ({membership.person.masked_tckn})"),
        ("Görev", str(membership.get_role_display())),
    ]


def _refusal_of_ended(membership: Membership) -> str:
    return "Bu yetki sona ermiş." if membership.ended_at is not None else ""


def _refusal_of_ending(membership: Membership) -> str:
    is_last = membership.role == Role.OWNER and not owners_of(membership.provider_id).exclude(pk=membership.pk).exists()
    return _refusal_of_ended(membership) or (LAST_OWNER if is_last else "")


def _change_role(membership: Membership, actor: Any, answer: tuple[Role, str]) -> str:
    role, reason = answer
    _changed(change_role, membership, actor, role=role, reason=reason)
    return f"{membership.person} artık {role.label}; kişiye bildirildi."


def _end_authority(membership: Membership, actor: Any, reason: str) -> str:
    _changed(remove_member, membership, actor, reason=reason, now=timezone.now())
    return f"{membership.person} için yetki sona erdi; kişiye bildirildi."


def _changed(change: Any, membership: Membership, actor: Any, **words: Any) -> None:
    try:
        change(provider=membership.provider, membership_id=membership.pk, person=actor, as_administrator=True, **words)
    except AccountRefused as refusal:
        raise ActRefused(str(refusal)) from None


CHANGE_ROLE = Act(
    name="gorev",
    label="Görevi değiştir",
    question="Kişiye başka bir görev verilsin mi?",
    refusal=_refusal_of_ended,
    facts=_member_facts,
    consequence=lambda _membership: (
        "Yeni görev hemen geçerli olur ve kişiye bildirilir. Yeni görevin veremeyeceği, bekleyen davetleri geri"
        " çekilir. Son Hesap Sahibinin görevi değiştirilemez."
    ),
    perform=_change_role,
    hint="Gerekçe denetim kaydına yazılır.",
    form=RoleForm,
)

END_AUTHORITY = Act(
    name="bitir",
    label="Yetkiyi sona erdir",
    question="Kişinin yetkisi sona ersin mi?",
    refusal=_refusal_of_ending,
    facts=_member_facts,
    consequence=lambda _membership: (
        "Kişi bu hizmet sağlayıcı için hemen hiçbir işlem yapamaz. Bekleyen daveti ve gönderdiği davetler geri"
        " çekilir; kişiye bildirilir."
    ),
    perform=_end_authority,
    hint="Gerekçe denetim kaydına yazılır.",
    is_grave=True,
)


@admin.register(Membership)
class MembershipAdmin(ActingAdmin, AuditedAdmin):
    """Who acts for whom: added here without an invitation; roles and ends are acts with a reason."""

    form = MembershipForm
    acts = (CHANGE_ROLE, END_AUTHORITY)
    act_permission = "accounts.change_membership"
    list_display = ("person", "provider", "role", "started_at", "ended_at")
    list_filter = ("role", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("person", "provider")
    search_fields = ("=provider__iys_code",)
    folded_search = ("person__given_name", "person__family_name", "provider__title")
    fields = ("provider", "person", "role", "email", "started_at", "ended_at")
    readonly_fields = ("started_at", "ended_at")
    raw_id_fields = ("provider", "person")
    fixed_fields = ("provider", "person", "role")
    ordering = ("-pk",)
    constraint_errors = {
        "membership_one_live": ("person", "Bu kişinin bu hizmet sağlayıcı için yetkisi zaten var."),
    }

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if obj is not None else [name for name in fields if name not in self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        """A new authority is the service's, which locks, audits and tells; of an old one only the address is saved."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made = add_member(
            provider=obj.provider,
            person=obj.person,
            role=Role(obj.role),
            email=obj.email,
            actor=acting_person(request),
            reason="Yönetici ekledi.",
        )
        obj.pk, obj.started_at = made.pk, made.started_at
        obj._state.adding = False

    def log_addition(self, request: HttpRequest, obj: Membership, message: Any) -> Any:
        """The service has audited it."""
        return ModelAdmin.log_addition(self, request, obj, message)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except AccountRefused as refusal:  # the company was closed while the form was filled in
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.path)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Whom providers asked to act for them; people of the provider send and withdraw them."""

    list_display = ("__str__", "role", "state", "invited_by", "created_at", "expires_at")
    list_filter = ("state", "role")
    list_select_related = ("provider", "invited_by")
    search_fields = ("=provider__iys_code",)
    folded_search = ("given_name", "family_name", "provider__title")
    fields = ("provider", "given_name", "family_name", "tckn", "email", "role", "state", "invited_by", "created_at")
    readonly_fields = ("tckn",)

    @admin.display(description="T.C. Kimlik No")
    def tckn(self, invitation: Invitation) -> str:
        return invitation.masked_tckn
