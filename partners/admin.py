"""Administrators' screens: the directories of partners and intermediaries, and what brands granted them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from iys_portal.admin_base import AuditedAdmin, ReadOnlyAdmin
from iys_portal.shared.turkish import search_key
from partners.models import DirectoryEntry, Intermediary, IntermediaryGrant, Partner, PartnerGrant


@admin.register(Partner, Intermediary)
class DirectoryAdmin(AuditedAdmin):
    list_display = ("title", "code", "is_listed", "created_at")
    list_filter = ("is_listed",)
    search_fields = ("=code", "search_key")
    fields = ("code", "title", "is_listed")
    unaudited = ("search_key",)

    def save_model(self, request: HttpRequest, obj: DirectoryEntry, form: Any, change: bool) -> None:  # noqa: FBT001
        obj.search_key = search_key(obj.title)
        super().save_model(request, obj, form, change)


class GrantAdmin(ReadOnlyAdmin):
    """Grants are given and revoked by the brands' own people."""

    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("=brand__code", "=provider__iys_code")
    ordering = ("-pk",)


@admin.register(PartnerGrant)
class PartnerGrantAdmin(GrantAdmin):
    list_display = ("brand", "partner", "provider", "granted_at", "ends_on", "revoked_at")
    list_select_related = ("brand", "partner", "provider")
    folded_search = ("brand__name", "partner__title", "provider__title")
    fields = (
        "provider",
        "brand",
        "partner",
        "agreement",
        "mesaj",
        "arama",
        "eposta",
        "granted_by",
        "granted_at",
        "ends_on",
        "revoked_at",
    )


@admin.register(IntermediaryGrant)
class IntermediaryGrantAdmin(GrantAdmin):
    list_display = ("brand", "intermediary", "provider", "granted_at", "ends_on", "revoked_at")
    list_select_related = ("brand", "intermediary", "provider")
    folded_search = ("brand__name", "intermediary__title", "provider__title")
    fields = (
        "provider",
        "brand",
        "intermediary",
        "mesaj_read",
        "arama_read",
        "eposta_read",
        "granted_by",
        "granted_at",
        "ends_on",
        "revoked_at",
    )
