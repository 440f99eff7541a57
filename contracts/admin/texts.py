"""Administrators' screen of contract texts: add a version after reading it as customers will, compare versions."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from contracts import markup, proofreading, texts
from contracts.data import ContractData
from contracts.differences import differences, stretches
from contracts.enums import TextKind
from contracts.models import ContractText
from contracts.selectors import newest_versions, standing, texts_with_standing, trial_contract
from iys_portal.admin_base import ModelForm, PortalAdmin, acting_person
from iys_portal.shared.clock import istanbul_day

_PREVIEW, _PDF = "_onizle", "_pdf"


def _today() -> date:
    return istanbul_day(timezone.now())


class ContractTextForm(ModelForm):
    """A further version: what kind, from which day, and the source; all else follows from them."""

    class Meta:
        model = ContractText
        fields = ("kind", "effective_from", "source")
        help_texts = {
            "effective_from": "Gün.ay.yıl, en erken yarın. O gün başladıktan sonra verilen onaylar bu metinle olur.",
            "source": "Metin biçimi bu sayfanın sonunda anlatılır.",
        }
        widgets = {
            "effective_from": forms.DateInput(attrs={"class": "vDateField", "size": 12}),
            "source": forms.Textarea(attrs={"rows": 30, "class": "vLargeTextField text-source"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = self.fields.get("source")
        if isinstance(source, forms.CharField):
            source.strip = False  # the lines keep the numbers that the person sees

    def clean_effective_from(self) -> date:
        day: date = self.cleaned_data["effective_from"]
        if refusal := texts.refusal_of_day(day, today=_today()):
            raise forms.ValidationError(refusal)
        return day

    def clean_source(self) -> str:
        typed: str = self.cleaned_data["source"].replace("\r\n", "\n")
        lines = typed.split("\n")
        faults = [f"{fault} «{lines[fault.line - 1].strip()[:60]}»" for fault in proofreading.faults(typed)]
        if faults:
            raise forms.ValidationError(faults)
        return proofreading.tidy(typed)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"kind", "effective_from", "source"} <= cleaned.keys():
            refusal = texts.refusal_of_version(
                kind=TextKind(cleaned["kind"]),
                source=cleaned["source"],
                effective_from=cleaned["effective_from"],
                today=_today(),
            )
            if refusal:
                self.add_error("effective_from", refusal)
        return cleaned


class ComparisonForm(forms.Form):
    """Two versions of one kind of text."""

    old = forms.ModelChoiceField(ContractText._default_manager.all(), label="Eski sürüm", empty_label=None)
    new = forms.ModelChoiceField(ContractText._default_manager.all(), label="Yeni sürüm", empty_label=None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"old", "new"} <= cleaned.keys() and cleaned["old"].kind != cleaned["new"].kind:
            raise forms.ValidationError("Aynı türden iki sürüm seçin.")
        return cleaned


@admin.register(ContractText)
class ContractTextAdmin(PortalAdmin):
    """Versions are added, never changed: what was once approved stays as it was read."""

    form = ContractTextForm
    list_display = ("title", "version", "effective_from", "standing", "short_hash")
    list_filter = ("kind",)
    fields = ("kind", "version", "title", "effective_from", "standing", "sha256", "source")
    readonly_fields = ("standing",)
    change_list_template = "admin/contracts/contracttext/change_list.html"
    change_form_template = "admin/contracts/contracttext/change_form.html"

    class Media:
        css = {"all": ["css/admin_contracts.css"]}

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractText]:
        ordering = self.get_ordering(request) or self.model._meta.ordering
        return texts_with_standing(day=_today()).order_by(*ordering)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ("kind", "effective_from", "source")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_urls(self) -> list[Any]:
        compare = path("karsilastir/", self.admin_site.admin_view(self.compare), name="contracts_contracttext_compare")
        return [compare, *super().get_urls()]

    @admin.display(description="durum")
    def standing(self, text: Any) -> str:
        return standing(text, is_replaced=text.is_replaced, day=_today())

    @admin.display(description="özet (SHA-256)", ordering="sha256")
    def short_hash(self, text: ContractText) -> str:
        return f"{text.sha256[:12]}…"

    # --- Adding ---------------------------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Add a version, or only show it: the page (`_onizle`) or the PDF draft (`_pdf`) as customers would see it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        extra = {"placeholders": proofreading.PLACEHOLDERS, **(extra_context or {})}
        if request.method == "POST" and {_PREVIEW, _PDF} & request.POST.keys():
            return self._try_out(request, extra)
        try:
            return super().add_view(request, form_url, extra)
        except texts.TextRefused as refusal:  # it was added, or its day came, while the form was read
            messages.error(request, str(refusal))
            return self._try_out(request, extra)

    def _try_out(self, request: HttpRequest, extra: dict[str, Any]) -> HttpResponse:
        form = self.get_form(request)(request.POST)
        if form.is_valid():
            data = trial_contract(
                kind=TextKind(form.cleaned_data["kind"]),
                source=form.cleaned_data["source"],
                day=form.cleaned_data["effective_from"],
            )
            if _PDF in request.POST:
                return _draft(data)
            extra = {**extra, "preview": _preview(data, form.cleaned_data["kind"], form.cleaned_data["source"])}
        fieldsets: list[Any] = list(self.get_fieldsets(request))
        admin_form = AdminForm(form, fieldsets, {}, (), model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": "Sözleşme metni ekle",
            "adminform": admin_form,
            "errors": AdminErrorList(form, []),
            "media": self.media + admin_form.media,
            "inline_admin_formsets": [],
            "is_popup": False,
            "to_field": None,
            "object_id": None,
            "original": None,
            "preserved_filters": self.get_preserved_filters(request),
            **extra,
        }
        return self.render_change_form(request, context, add=True)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  (Django's signature)
        added = texts.add_version(
            kind=TextKind(obj.kind),
            source=obj.source,
            effective_from=obj.effective_from,
            actor=acting_person(request),
            now=timezone.now(),
        )
        obj.pk = added.pk
        obj.refresh_from_db()

    # --- Comparing ------------------------------------------------------------------------------------------
    def compare(self, request: HttpRequest) -> HttpResponse:
        """Two versions of a text side by side in one column: what went, what came, and around it what stayed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ComparisonForm(request.GET if "old" in request.GET else _newest_two())
        found = form.is_valid() and differences(form.cleaned_data["old"].source, form.cleaned_data["new"].source)
        context = {
            **self.admin_site.each_context(request),
            "title": "Sürümleri karşılaştır",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "stretches": stretches(found or []),
            "changes": sum(line.kind != "same" for line in found or []),
            "list_url": reverse("admin:contracts_contracttext_changelist"),
        }
        return TemplateResponse(request, "admin/contracts/contracttext/compare.html", context)


def _newest_two() -> dict[str, int]:
    """Return the newest version of the contract and the one before it: what most people came to compare."""
    versions = newest_versions(TextKind.SERVICES)
    return {"old": versions[1 if len(versions) > 1 else 0].pk, "new": versions[0].pk}


def _preview(data: ContractData, kind: str, source: str) -> dict[str, Any]:
    note = markup.INFORMATION_NOTE if kind == TextKind.INFORMATION else markup.SAMPLE_NOTE
    return {"title": markup.title(source), "html": markup.contract_html(source, data, note=note, level=3)}


def _draft(data: ContractData) -> HttpResponse:
    from contracts.rendering import render_draft  # noqa: PLC0415  (WeasyPrint takes a second to load)

    pdf = render_draft(data, created_at=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="metin-taslagi.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
