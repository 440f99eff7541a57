"""Administrators' screens: contract texts, approvals and sealed documents; all of them only to be read."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contracts.models import Approval, ContractText, SignedDocument
from iys_portal.admin_base import ReadOnlyAdmin


@admin.register(ContractText)
class ContractTextAdmin(ReadOnlyAdmin):
    """A new version of a text comes with a release of the portal, reviewed like its code."""

    list_display = ("title", "version", "effective_from", "sha256")
    fields = ("kind", "version", "title", "effective_from", "sha256", "source")


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ("order_code", "provider", "person", "text", "approved_at")
    list_select_related = ("provider", "person", "text")
    search_fields = ("=order_code", "=provider__iys_code")
    folded_search = ("provider__title",)
    ordering = ("-pk",)
    fields = (
        "provider",
        "person",
        "order_code",
        "text",
        "text_sha256",
        "shown_sha256",
        "checkbox_label",
        "approved_at",
        "ip",
        "user_agent",
        "terms",
        "hash",
    )


@admin.register(SignedDocument)
class SignedDocumentAdmin(ReadOnlyAdmin):
    list_display = ("number", "provider", "state", "issued_at", "download")
    list_filter = ("state",)
    list_select_related = ("provider",)
    search_fields = ("number", "=provider__iys_code")
    folded_search = ("provider__title",)
    ordering = ("-pk",)
    fields = ("provider", "number", "state", "sha256", "issued_at", "created_at", "download")
    readonly_fields = ("download",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignedDocument]:
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[Any]:
        address = path("<int:pk>/belge.pdf", self.admin_site.admin_view(self.pdf), name="contracts_signeddocument_pdf")
        return [address, *super().get_urls()]

    @admin.display(description="belge")
    def download(self, document: SignedDocument) -> SafeString | str:
        if document.issued_at is None:
            return "–"
        address = reverse("admin:contracts_signeddocument_pdf", args=[document.pk])
        return format_html('<a href="{}">PDF indir</a>', address)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The sealed contract, for staff who may see documents; 404 until it is issued."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = self.get_object(request, str(pk))
        if document is None or document.content is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{document.number}.pdf"'}
        return HttpResponse(bytes(document.content), content_type="application/pdf", headers=headers)
