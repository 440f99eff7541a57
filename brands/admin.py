"""Administrators' screens: brands and their dealers (bayi)."""

from typing import Any

from django.contrib import admin

from accounts.models import Provider
from applications.selectors import open_brand_requests
from brands.models import Brand, Retailer, RetailerUpload
from brands.rules import NAME_MISSING
from brands.selectors import has_brand_named
from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ReadOnlyAdmin


class BrandForm(ConstrainedForm):
    """A brand; its name is no other brand's of the provider and not asked for, in whatever spelling."""

    def clean(self) -> Any:
        cleaned = super().clean() or self.cleaned_data
        provider = cleaned.get("provider") or (self.instance.provider if self.instance.pk else None)
        name = " ".join(cleaned.get("name", "").split())
        if provider is None or "name" not in cleaned or "name" not in self.changed_data:
            return cleaned
        Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
        if not name:
            self.add_error("name", NAME_MISSING)
        elif has_brand_named(provider.pk, name, besides=self.instance if self.instance.pk else None):
            self.add_error("name", "Bu hizmet sağlayıcının bu adda bir markası var.")
        elif open_brand_requests(provider.pk, name).exists():
            self.add_error("name", "Bu hizmet sağlayıcının bu ad için bekleyen bir marka talebi var.")
        return {**cleaned, "name": name}


@admin.register(Brand)
class BrandAdmin(AuditedAdmin):
    form = BrandForm
    sandbox_path = "provider__sandbox_of"
    list_display = ("name", "code", "provider", "is_master", "state")
    list_filter = ("state", "is_master")
    list_select_related = ("provider",)
    search_fields = ("=code", "=provider__iys_code")
    folded_search = ("name", "provider__title")
    fields = ("provider", "code", "name", "is_master", "state")
    raw_id_fields = ("provider",)
    fixed_fields = ("provider", "code")  # transaction ids of consents are derived from the code
    readonly_fields = ("state",)
    constraint_errors = {
        "brand_one_master": ("is_master", "Bu hizmet sağlayıcının ana markası zaten var."),
        "brand_master_active": ("is_master", "Pasif bir marka ana marka olamaz."),
    }


@admin.register(Retailer)
class RetailerAdmin(ReadOnlyAdmin):
    """Dealers are their provider's: looked at here, with TCKN masked, and changed on the provider's own pages."""

    sandbox_path = "provider__sandbox_of"
    list_display = ("title", "alias", "code", "brand", "provider", "place", "state")
    list_filter = ("state",)
    list_select_related = ("brand", "provider")
    search_fields = ("=code", "=brand__code", "=tax_number", "=mersis")
    folded_search = ("title", "alias", "provider__title")
    fields = (
        *("brand", "code", "title", "alias", "name", "masked_tckn", "shown_tin", "mersis", "place", "mobile"),
        *("state", "created_at"),
    )
    readonly_fields = ("masked_tckn", "shown_tin", "place")

    @admin.display(description="T.C. kimlik no")
    def masked_tckn(self, retailer: Retailer) -> str:
        return retailer.masked_tckn or "–"

    @admin.display(description="vergi kimlik no")
    def shown_tin(self, retailer: Retailer) -> str:
        return retailer.shown_tin

    @admin.display(description="il / ilçe", ordering="town_code")
    def place(self, retailer: Retailer) -> str:
        return f"{retailer.town.city.name} / {retailer.town.short}" if retailer.town else "–"


@admin.register(RetailerUpload)
class RetailerUploadAdmin(ReadOnlyAdmin):
    """Which files of dealers came, and what became of them; what stood in them is not shown."""

    list_display = ("filename", "brand", "provider", "person", "row_count", "good_count", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("brand", "provider", "person")
    search_fields = ("=brand__code",)
    folded_search = ("filename", "provider__title")
    fields = ("brand", "filename", "person", "row_count", "good_count", "state", "created_at", "finished_at")
