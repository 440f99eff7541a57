"""Administrators' screens of daily files and reports: which wait, for what, since when. Their content is not shown."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from iys_portal.admin_base import ReadOnlyAdmin
from reports.models import DailyFile, ReportDocument


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
        *("asked_at", "made_at", "stamped_at", "stamp_is_test", "stamp_trouble"),
        *("agreed_at", "agreed_by", "agreed_partner"),
    )


@admin.register(ReportDocument)
class ReportDocumentAdmin(ReadOnlyAdmin):
    """Documents of reports of all providers, newest first."""

    list_display = ("first", "last", "rhythm", "provider", "brand", "state", "asked_at", "made_at", "mailing_at")
    list_filter = ("state", "rhythm")
    list_select_related = ("provider", "brand")
    search_fields = ("=provider__iys_code",)
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        *("provider", "rhythm", "first", "last", "brand", "state", "message"),
        *("asked_at", "made_at", "mailing_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportDocument]:
        """Leave the documents themselves where they are."""
        return super().get_queryset(request).defer("content")
