"""Administrators' screens: people, providers, and who may act for whom."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.enums import ApiAccountState, ChangeState, ProviderState, Role
from accounts.models import ApiAccount, CompanyChange, Invitation, Membership, Person, Provider
from accounts.rules import LAST_OWNER, AccountRefused
from accounts.selectors import memberships_of, owners_of
from accounts.services.api_accounts import revoke_account
from accounts.services.company import OUTDATED, apply_change, reject_change
from accounts.services.people import add_member, change_role, remove_member
from iys_portal.admin_acts import Act, ActingAdmin, ActRefused, ReasonForm
from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ModelAdmin, ReadOnlyAdmin, acting_person
from iys_portal.audit.services import record
from packages.selectors import standing_of
from packages.services import close_for_provider, reopen_provider

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """What the groups of staff may do; the table in iys_portal.roles decides it."""

    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name", "permissions")


def _provider_facts(provider: Provider) -> list[tuple[str, str]]:
    standing = standing_of(provider.pk, now=timezone.now())
    held = [each.package.label for each in (standing.running, standing.queued) if each is not None]
    return [
        ("Hizmet sağlayıcı", f"{provider.title} (İYS No {provider.iys_code})"),
        ("Paket", ", ".join(held) or "Temel Hizmetler"),
        ("Durum", str(provider.get_state_display())),
    ]


def _close_provider(provider: Provider, actor: Any, reason: str) -> str:
    close_for_provider(provider=provider, actor=actor, reason=reason, now=timezone.now())
    return f"{provider.title} kapatıldı; abonelikleri sona erdi."


def _reopen_provider(provider: Provider, actor: Any, reason: str) -> str:
    reopen_provider(provider=provider, actor=actor, reason=reason)
    return f"{provider.title} yeniden açıldı."


CLOSE = Act(
    name="kapat",
    label="Kapat",
    question="Hizmet sağlayıcı kapatılsın mı?",
    refusal=lambda provider: "" if provider.state == ProviderState.ACTIVE else "Bu hizmet sağlayıcı zaten kapalı.",
    facts=_provider_facts,
    consequence=lambda provider: (
        f"{provider.title} İYS'den ayrılmış sayılır: süren ve sırada bekleyen abonelikleri hemen kapanır (H521),"
        " ödenmiş siparişlerinin paketi tanımlanmaz. Kapanan abonelik yeniden açılamaz."
    ),
    perform=_close_provider,
    hint="Gerekçe denetim kaydına yazılır ve hizmet sağlayıcının paket geçmişinde görünür.",
    is_grave=True,
)

REOPEN = Act(
    name="ac",
    label="Yeniden aç",
    question="Hizmet sağlayıcı yeniden açılsın mı?",
    refusal=lambda provider: "" if provider.state == ProviderState.CLOSED else "Bu hizmet sağlayıcı kapalı değil.",
    facts=_provider_facts,
    consequence=lambda provider: (
        f"{provider.title} Temel Hizmetler ile yeniden çalışır. Kapanmış abonelikler geri gelmez; bekleyen ödenmiş"
        " siparişler yeniden denenir."
    ),
    perform=_reopen_provider,
    hint="Gerekçe denetim kaydına yazılır.",
)


@admin.register(Provider)
class ProviderAdmin(ActingAdmin, AuditedAdmin):
    """Companies; one that leaves İYS is closed on a page of its own, together with its subscriptions."""

    acts = (CLOSE, REOPEN)
    act_permission = "accounts.change_provider"
    fixed_fields = ("iys_code",)  # transaction ids of consents are derived from it
    readonly_fields = ("state", "shown_tin")
    list_display = ("title", "iys_code", "shown_tin", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("=iys_code", "=tax_number")
    folded_search = ("title",)
    fields = ("iys_code", "title", "tax_number", "shown_tin", "mersis", "address", "phone", "email", "kep", "state")
    unaudited = ("tax_tckn_hash",)
    constraint_errors = {
        "provider_tax_number_once": ("tax_number", "Bu vergi kimlik numarasıyla kayıtlı bir hizmet sağlayıcı var."),
        "provider_one_tax_number": ("tax_number", "Vergi kimlik numarasını yazın."),
    }

    @admin.display(description="vergi kimlik no / TCKN", ordering="tax_number")
    def shown_tin(self, provider: Provider) -> str:
        return provider.shown_tin

    def get_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """A sole trader's number is shown masked and never changes; a company's is typed."""
        hidden = "tax_number" if obj is not None and obj.tax_tckn_hash else "shown_tin"
        return [name for name in super().get_fields(request, obj) if name != hidden]


if TYPE_CHECKING:
    PasswordUserAdmin = UserAdmin[Person]
    PasswordUserForm = BaseUserCreationForm[Person]
else:
    PasswordUserAdmin = UserAdmin
    PasswordUserForm = BaseUserCreationForm


class StaffCreationForm(PasswordUserForm):
    """A new member of staff with a password; people of providers come by e-Devlet, never from here."""

    class Meta:
        model = Person
        fields = ("username", "given_name", "family_name", "email", "groups")
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def save(self, commit: bool = True) -> Person:  # noqa: FBT001, FBT002
        self.instance.is_staff = True
        return super().save(commit)


@admin.register(Person)
class PersonAdmin(AuditedAdmin, PasswordUserAdmin):
    """Staff are made and changed here; of a person known by e-Devlet only the access can be taken away."""

    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    form = ConstrainedForm
    unaudited = ("password", "tckn_hash", "user_permissions")
    list_display = ("__str__", "username", "kind", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("username", "email")
    folded_search = ("given_name", "family_name")
    ordering = ("family_name", "given_name", "pk")
    filter_horizontal = ()
    staff_fieldsets = (
        (None, {"fields": ("username", "given_name", "family_name", "email", "password_link")}),
        ("Yetki", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Zamanlar", {"fields": ("last_login", "created_at")}),
    )
    citizen_fieldsets = (
        (None, {"fields": ("given_name", "family_name", "tckn", "email")}),
        ("Yetki", {"fields": ("is_active", "providers")}),
        ("Zamanlar", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "given_name", "family_name", "email")}),
        ("Parola", {"fields": ("password1", "password2")}),
        ("Yetki", {"fields": ("groups",)}),
    )
    readonly_fields = ("password_link", "tckn", "providers", "last_login", "created_at")

    @admin.display(description="tür", ordering="is_staff")
    def kind(self, person: Person) -> str:
        return "Personel" if person.is_staff else "e-Devlet"

    @admin.display(description="T.C. Kimlik No")
    def tckn(self, person: Person) -> str:
        return person.masked_tckn

    @admin.display(description="hizmet sağlayıcılar")
    def providers(self, person: Person) -> str:
        return ", ".join(membership.provider.title for membership in memberships_of(person)) or "Yok"

    @admin.display(description="parola")
    def password_link(self, person: Person) -> SafeString:
        return format_html(
            '<a href="{}">Parolayı değiştir</a>', reverse("admin:auth_user_password_change", args=[person.pk])
        )

    def get_fieldsets(self, _request: HttpRequest, obj: Person | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return self.citizen_fieldsets if obj.tckn_hash else self.staff_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> Any:
        """The name of a person known by e-Devlet is e-Devlet's."""
        names = ("given_name", "family_name") if obj and obj.tckn_hash else ()
        return (*super().get_readonly_fields(request, obj), *names)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  (Django's signature)
        person = self.get_object(request, id)
        if person is not None and person.tckn_hash:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A new password is audited as such: without any value."""
        if not hasattr(obj, "values_before_change"):
            record(action="admin:password", subject=obj, actor=acting_person(request))
            obj.values_before_change = self._stored_values(obj)
        return super().log_change(request, obj, message)


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


def _change_facts(change: CompanyChange) -> list[tuple[str, str]]:
    return [
        ("Hizmet sağlayıcı", f"{change.provider.title} (İYS No {change.provider.iys_code})"),
        (f"Kayıtlı {change.get_field_display()}", change.old_value or "Yok"),
        ("İstenen değer", change.new_value),
        ("İsteyen", f"{change.requested_by}, gerekçe: {change.reason}"),
    ]


def _apply_change(change: CompanyChange, actor: Any, reason: str) -> str:
    _decided(apply_change, change, actor, reason)
    return f"{change.get_field_display()} güncellendi; şirkete bildirildi."


def _reject_change(change: CompanyChange, actor: Any, reason: str) -> str:
    _decided(reject_change, change, actor, reason)
    return "Talep reddedildi; şirkete bildirildi."


def _decided(decide: Any, change: CompanyChange, actor: Any, reason: str) -> None:
    try:
        decide(change_id=change.pk, actor=actor, reason=reason, now=timezone.now())
    except AccountRefused as refusal:
        raise ActRefused(str(refusal)) from None


def _refusal_of_applying(change: CompanyChange) -> str:
    if change.state != ChangeState.PENDING:
        return "Bu talep daha önce sonuçlanmış."
    return OUTDATED if getattr(change.provider, change.field) != change.old_value else ""


APPLY_CHANGE = Act(
    name="uygula",
    label="Uygula",
    question="Bilgi değiştirilsin mi?",
    refusal=_refusal_of_applying,
    facts=_change_facts,
    consequence=lambda change: (
        f"{change.get_field_display()} hemen değişir ve bundan sonraki sözleşme ve belgelerde yeni değeriyle yer alır."
        " Önceki belgeler değişmez. Şirkete e-posta ile bildirilir."
    ),
    perform=_apply_change,
    hint="Hangi belgeyle doğruladığınızı yazın; şirkete de gönderilir.",
)

REJECT_CHANGE = Act(
    name="reddet",
    label="Reddet",
    question="Talep reddedilsin mi?",
    refusal=lambda change: "" if change.state == ChangeState.PENDING else "Bu talep daha önce sonuçlanmış.",
    facts=_change_facts,
    consequence=lambda _change: "Kayıtlı bilgi aynı kalır. Gerekçe şirkete e-posta ile bildirilir.",
    perform=_reject_change,
    hint="Şirkete gönderilir.",
)


@admin.register(CompanyChange)
class CompanyChangeAdmin(ActingAdmin, ReadOnlyAdmin):
    """Requests of providers to change their registered data: applied or rejected on a page of its own."""

    acts = (APPLY_CHANGE, REJECT_CHANGE)
    act_permission = "accounts.change_provider"
    list_display = ("provider", "field", "state", "requested_by", "created_at", "decided_at")
    list_filter = ("state", "field")
    list_select_related = ("provider", "requested_by")
    search_fields = ("=provider__iys_code",)
    folded_search = ("provider__title",)
    fields = (
        *("provider", "field", "old_value", "new_value", "reason", "state", "requested_by", "created_at"),
        *("decided_by", "decided_at", "decision"),
    )


def _api_account_facts(account: ApiAccount) -> list[tuple[str, str]]:
    company = account.provider or account.partner or account.intermediary
    return [("Kuruluş", str(company)), ("Hesap", account.name), ("Kullanıcı adı", account.username)]


def _revoke_api_account(account: ApiAccount, actor: Any, reason: str) -> str:
    revoke_account(account=account, now=timezone.now(), actor=actor, reason=reason)
    return f"{account.name} iptal edildi."


REVOKE = Act(
    name="iptal",
    label="İptal et",
    question="API hesabı iptal edilsin mi?",
    refusal=lambda account: "" if account.state == ApiAccountState.ACTIVE else "Bu hesap zaten iptal edilmiş.",
    facts=_api_account_facts,
    consequence=lambda account: (
        f"“{account.name}” ve bütün jetonları bir saniye içinde geçersiz olur; hesap yeniden açılamaz."
    ),
    perform=_revoke_api_account,
    hint="Gerekçe denetim kaydına yazılır.",
    is_grave=True,
)


@admin.register(ApiAccount)
class ApiAccountAdmin(ActingAdmin, ReadOnlyAdmin):
    """API accounts of every company; one that is misused is revoked on a page of its own."""

    acts = (REVOKE,)
    act_permission = "accounts.change_apiaccount"
    list_display = ("name", "provider", "partner", "intermediary", "state", "last_used_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("provider", "partner", "intermediary")
    search_fields = ("=username", "=provider__iys_code")
    fields = (
        *("name", "username", "provider", "partner", "intermediary", "state", "created_by", "created_at"),
        *("secret_at", "expires_at", "revoked_at", "last_used_at", "networks"),
        *("per_second", "tokens_per_hour", "status_per_hour", "history_per_hour"),
    )
