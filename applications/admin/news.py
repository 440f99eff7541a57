"""Administrators' screen of Beni Haberdar Et: the list, and the filtered list as CSV."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path

from applications.models import NewsSubscriber
from iys_portal.admin_base import ReadOnlyAdmin
from iys_portal.shared.tables import csv_bytes
from iys_portal.ui import tarih_saat


@admin.register(NewsSubscriber)
class NewsSubscriberAdmin(ReadOnlyAdmin):
    """Not searched by address: what is searched for stands in the browser's address line."""

    list_display = ("email", "asked_at", "confirmed_at", "ended_at")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter), ("ended_at", admin.EmptyFieldListFilter))
    fields = ("email", "asked_at", "confirmed_at", "ended_at")
    ordering = ("-pk",)
    change_list_template = "admin/applications/newssubscriber/change_list.html"

    def get_urls(self) -> list[Any]:
        address = path("liste.csv", self.admin_site.admin_view(self.csv), name="applications_newssubscriber_csv")
        return [address, *super().get_urls()]

    def csv(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, as Turkish Excel reads it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request).get_queryset(request)
        rows = [
            (each.email, tarih_saat(each.asked_at), tarih_saat(each.confirmed_at), tarih_saat(each.ended_at))
            for each in found
        ]
        content = csv_bytes([("E-posta", "İstek", "Doğrulama", "Ayrılma"), *rows])
        headers = {"Content-Disposition": 'attachment; filename="haber-isteyenler.csv"'}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
