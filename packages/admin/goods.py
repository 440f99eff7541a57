"""The packages themselves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from iys_portal.admin_base import AuditedAdmin
from packages.admin.gaps import warn_of_gaps
from packages.models import Package


@admin.register(Package)
class PackageAdmin(AuditedAdmin):
    list_display = ("name", "addresses", "has_integration", "by_offer", "on_sale", "position")
    list_filter = ("on_sale",)
    search_fields = ("slug",)
    folded_search = ("name",)
    fields = (
        "slug",
        "name",
        "heading",
        "addresses",
        "min_addresses",
        "max_addresses",
        "has_integration",
        "by_offer",
        "position",
        "on_sale",
    )
    fixed_fields = ("slug",)
    constraint_errors = {"package_bounds_ordered": ("max_addresses", "En az adresten küçük olamaz.")}

    def save_model(self, request: HttpRequest, obj: Package, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        super().save_model(request, obj, form, change)
        warn_of_gaps(request, obj)
