"""Administrators' screen of sealed documents: looked at, and tried again where they wait."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contracts.models import SignedDocument
from contracts.services import retry_documents
from iys_portal.admin_base import ReadOnlyAdmin, acting_person


class ProblemFilter(admin.SimpleListFilter):
    """Documents that wait for something, and those that are finished."""

    title = "iş durumu"
    parameter_name = "is"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("sorunlu", "Sorunu olanlar"), ("bekleyen", "Tamamlanmayanlar"), ("arsiv", "Arşivlenenler")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[SignedDocument]) -> QuerySet[SignedDocument]:
        match self.value():
            case "sorunlu":
                return queryset.filter(archived_at=None).exclude(problem="")
            case "bekleyen":
                return queryset.filter(archived_at=None)
            case "arsiv":
                return queryset.exclude(archived_at=None)
        return queryset


@admin.register(SignedDocument)
class SignedDocumentAdmin(ReadOnlyAdmin):
    """Contracts and what keeps them from being finished; whoever may change them can have that tried again."""

    actions = ("try_again",)
    list_display = ("number", "provider", "state", "problem", "issued_at", "archived_at", "download")
    list_filter = ("state", ProblemFilter)
    list_select_related = ("provider",)
    search_fields = ("number", "=verification_code", "=provider__iys_code")
    folded_search = ("provider__title",)
    ordering = ("-pk",)
    fields = (
        "provider",
        "number",
        "verification_code",
        "state",
        "problem",
        "issued_at",
        "archived_at",
        "sha256",
        "size",
        "created_at",
        "download",
    )
    readonly_fields = ("size", "download")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignedDocument]:
        documents: QuerySet[SignedDocument] = super().get_queryset(request).defer("content")
        return documents.annotate(bytes=Length("content"))

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contracts.change_signeddocument")

    @admin.action(description="Yeniden dene (tamamlanmamış belgeleri)", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SignedDocument]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count = retry_documents(document_ids=chosen, actor=acting_person(request), now=timezone.now())
        if count:
            self.message_user(request, f"{count} belge yeniden denenecek.", messages.SUCCESS)
        else:
            self.message_user(request, "Seçilenlerin hepsi tamamlanmış; denenecek bir şey yok.", messages.WARNING)

    @admin.display(description="boyut")
    def size(self, document: SignedDocument) -> str:
        size: int | None = getattr(document, "bytes", None)
        return "–" if size is None else f"{size / 1024:.0f} KB"

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
