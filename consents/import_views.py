"""Toplu yükleme: a file is sent, looked at, recorded while one does something else, and its bad rows come back."""

from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.enums import BrandState
from brands.selectors import brands_of
from consents import import_selectors as selectors
from consents.column_forms import ColumnsForm
from consents.enums import ImportState
from consents.forms import ImportForm
from consents.import_files import result_rows, template_rows
from consents.imports.columns import FIELDS, LABELS, REQUIRED, Chosen
from consents.imports.guessing import guess
from consents.models import ImportJob
from consents.selectors import calendar, policy
from consents.services import imports
from consents.services.exports import note_bad_rows
from consents.services.import_columns import change_columns, choose_columns
from consents.views import LOCK_TIMEOUT
from iys_portal.paging import page_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.tables import csv_bytes, csv_rows
from packages.selectors import active_package

PAGE_SIZE = 20
_CSV = "text/csv; charset=utf-8"
_HINTS = {
    "type": ("ARAMA, MESAJ ya da EPOSTA", "MESAJ"),
    "source": ("İznin alındığı kaynak", "HS_WEB"),
    "recipient": ("Telefon numarası ya da e-posta adresi", "+905992000000"),
    "status": ("ONAY ya da RET", "ONAY"),
    "consentDate": ("Yıl-ay-gün saat:dakika:saniye, Türkiye saati", "2026-11-23 14:05:00"),
    "recipientType": ("BIREYSEL ya da TACIR; boşsa BIREYSEL", "BIREYSEL"),
    "retailerCode": ("İzni bir bayi aldıysa onun sekiz haneli kodu", "10000001"),
}
COLUMNS = tuple((field, LABELS[field], *_HINTS[field], field not in REQUIRED) for field in FIELDS)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def upload(request: ProviderRequest) -> HttpResponse:
    """Choose brand and file; the files sent before."""
    brands = list(brands_of(request.provider.pk).filter(state=BrandState.ACTIVE))
    posted = request.method == "POST"
    form = ImportForm(request.POST if posted else None, request.FILES if posted else None, brands=brands)
    if posted and form.is_valid():
        file = form.cleaned_data["dosya"]
        try:
            job, is_new = imports.receive(
                brand=form.brand, filename=file.name, content=file, person=request.user, now=timezone.now()
            )
        except FileRefused as refusal:
            form.add_error("dosya", refusal.message)
        else:
            if not is_new:
                messages.info(request, "Bu dosyayı bu marka için daha önce yüklediniz; ikinci kez alınmadı.")
            return redirect(_page_of(job))
    page = page_of(request, selectors.jobs_of(request.provider.pk), size=PAGE_SIZE)
    context = {"form": form, "brands": brands, "page": page, "columns": COLUMNS}
    return render(request, "consents/imports.html", context)


@require_safe
@provider_view(Capability.CONSENTS)
def template(request: ProviderRequest) -> HttpResponse:  # noqa: ARG001  (the decorator asks who it is)
    """The empty file that people fill in."""
    headers = {"Content-Disposition": 'attachment; filename="izin-sablonu.csv"'}
    return HttpResponse(csv_bytes(template_rows()), content_type=_CSV, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def job(request: ProviderRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what would come of it, what came of it; POST applies, cancels or resumes it."""
    found = _job_or_404(request, pk)
    if request.method == "POST":
        _decided(request, found)
        found.refresh_from_db()
        return redirect(_page_of(found))
    return render(request, "consents/import.html", _context(found))


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def columns(request: ProviderRequest, pk: int) -> HttpResponse:
    """Which column is which, of a file with a head of its own: guessed, looked at, chosen; POST has it read so."""
    found = _job_or_404(request, pk)
    head = selectors.head_of_job(found)
    if found.state != ImportState.MAPPING or head is None:
        return redirect("consents:import", pk=pk)
    now, person = timezone.now(), request.user
    if "vazgec" in request.POST:
        _decided(request, found)
        return redirect("consents:import", pk=pk)
    rules = policy()
    chosen = Chosen.of(found.mapping) if found.mapping else guess(head, policy=rules, now=now)
    form = ColumnsForm(request.POST or None, head=head, policy=rules, now=now, chosen=chosen)
    is_right = form.is_bound and form.is_valid()
    if is_right and "oku" in request.POST:
        choose_columns(job=found, chosen=form.chosen, person=person, now=now)
        return redirect("consents:import", pk=pk)
    context = {
        "job": found,
        "form": form,
        "head": head,
        "rows": [list(zip(head.cells, row, strict=True)) for row in head.rows],
        "labels": [LABELS[field] for field in FIELDS],
        "preview": form.preview() if is_right else [],
    }
    return render(request, "consents/import_columns.html", context)


def _page_of(job: ImportJob) -> str:
    name = "import_columns" if job.state == ImportState.MAPPING else "import"
    return reverse(f"consents:{name}", kwargs={"pk": job.pk})


def _context(found: ImportJob) -> dict[str, Any]:
    now = timezone.now()
    is_ready = found.state == ImportState.READY
    outlook = selectors.outlook_of(found)
    package = active_package(found.provider_id, now=now) if is_ready else None
    return {
        "job": found,
        "is_running": found.state in {ImportState.RECEIVED, ImportState.CHECKING, ImportState.APPLYING},
        "progress": selectors.progress_of(found, now=now),
        "outlook": outlook,
        "due": outlook.due(calendar(), today=istanbul_day(now)) if is_ready and outlook is not None else [],
        "package": package,
        "is_beyond": package is not None and outlook is not None and outlook.is_beyond(package),
        "mends": selectors.mends_of(found),
        "faults": selectors.faults_of(found),
        "sample": selectors.sample_of(found) if is_ready else [],
        "fields": [LABELS[field] for field in FIELDS],
    }


def _decided(request: ProviderRequest, found: ImportJob) -> None:
    """Do what was asked for; tell who waits too long for a file that is being compared or recorded."""
    try:
        _decide(request, found)
    except OperationalError as trouble:
        if getattr(trouble.__cause__, "sqlstate", "") != LOCK_TIMEOUT:
            raise
        messages.error(request, "Dosya şu anda işleniyor; isteğiniz yapılamadı. Birazdan yeniden deneyin.")


def _decide(request: ProviderRequest, found: ImportJob) -> None:
    person, now = request.user, timezone.now()
    if "vazgec" in request.POST:
        if imports.cancel(job=found, person=person, now=now):
            messages.info(request, "Dosyadan vazgeçildi. O ana kadar kaydedilen izinler kayıtlı kaldı.")
    elif "devam" in request.POST:
        if not imports.resume(job=found, person=person, now=now):
            messages.info(request, "Bu dosya zaten sürüyor ya da yeniden yüklendi.")
    elif "sutunlar" in request.POST:
        change_columns(job=found, person=person, now=now)
    elif "uygula" in request.POST:
        imports.apply(job=found, person=person, now=now)  # the page says why where it does not begin


@require_safe
@provider_view(Capability.CONSENTS)
def problems(request: ProviderRequest, pk: int) -> StreamingHttpResponse:
    """Every bad row with its column, value, code, sentence and hint: to be corrected and sent again."""
    found = _job_or_404(request, pk)
    note_bad_rows(job=found, person=request.user)
    answer = StreamingHttpResponse(csv_rows(result_rows(found)), content_type=_CSV)
    answer["Content-Disposition"] = f'attachment; filename="hatali-izinler-{found.pk}.csv"'
    patch_cache_control(answer, no_store=True)
    return answer


def _job_or_404(request: ProviderRequest, pk: int) -> ImportJob:
    found = selectors.job_with_id(request.provider.pk, pk)
    if found is None:
        raise Http404
    return found
