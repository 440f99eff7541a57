"""Administrators' screens: staff and the groups they are in; people as e-Devlet names them."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Person
from accounts.selectors import memberships_of
from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ReadOnlyAdmin, acting_person
from iys_portal.admin_tckn import FoundByTckn
from iys_portal.audit.services import record

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """What the groups of staff may do; the table in iys_portal.roles decides it."""

    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name", "permissions")


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
class PersonAdmin(FoundByTckn, AuditedAdmin, PasswordUserAdmin):
    """Staff are made and changed here; of a person known by e-Devlet only the access can be taken away."""

    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    form = ConstrainedForm
    unaudited = ("password", "tckn_hash", "user_permissions")
    list_display = ("__str__", "username", "kind", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("username", "email")
    folded_search = ("given_name", "family_name")
    tckn_columns = ("tckn_hash",)
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
