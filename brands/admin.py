"""Administrators' screens: brands and their dealers (bayi)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from brands.models import Brand, Retailer
from iys_portal.admin_base import AuditedAdmin


@admin.register(Brand)
class BrandAdmin(AuditedAdmin):
    list_display = ("name", "code", "provider", "is_master", "state")
    list_filter = ("state", "is_master")
    list_select_related = ("provider",)
    search_fields = ("=code", "=provider__iys_code")
    folded_search = ("name", "provider__title")
    fields = ("provider", "code", "name", "is_master", "state")
    raw_id_fields = ("provider",)
    fixed_fields = ("provider",)
    constraint_errors = {"brand_one_master": ("is_master", "Bu hizmet sağlayıcının ana markası zaten var.")}


@admin.register(Retailer)
class RetailerAdmin(AuditedAdmin):
    list_display = ("title", "code", "brand", "provider", "tax_number")
    list_select_related = ("brand", "provider")
    search_fields = ("=code", "=brand__code", "=tax_number")
    folded_search = ("title", "provider__title")
    fields = ("brand", "code", "title", "tax_number")
    raw_id_fields = ("brand",)
    fixed_fields = ("brand",)
    constraint_errors = {"retailer_code_digits": ("code", "Bayi kodu 8 basamaklı olmalıdır.")}

    def save_model(self, request: HttpRequest, obj: Retailer, form: Any, change: bool) -> None:  # noqa: FBT001
        """A dealer belongs to its brand's provider."""
        obj.provider = obj.brand.provider
        super().save_model(request, obj, form, change)
