"""Administrators' screen of the daily files: which wait, for what, since when. Their content is not shown."""

from django.contrib import admin

from iys_portal.admin_base import ReadOnlyAdmin
from reports.models import DailyFile


@admin.register(DailyFile)
class DailyFileAdmin(ReadOnlyAdmin):
    """Daily files of all providers, newest first."""

    sandbox_path = "provider__sandbox_of"
    list_display = ("day", "brand", "provider", "revision", "state", "rows", "made_at", "stamped_at", "stamp_trouble")
    list_filter = ("state", ("stamped_at", admin.EmptyFieldListFilter), "stamp_is_test")
    list_select_related = ("provider", "brand")
    search_fields = ("=provider__iys_code", "=brand__code")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        *("provider", "brand", "day", "revision", "state", "message", "rows", "size", "sha384"),
        *("asked_at", "made_at", "stamped_at", "stamp_is_test", "stamp_trouble", "agreed_at", "agreed_by"),
    )
