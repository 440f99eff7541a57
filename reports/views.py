"""Raporlar: the daily files of all brands, one day of a brand with its agreement, and comparisons."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.models import Brand
from brands.selectors import brand_with_code, brands_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.tables import csv_rows
from reports.comparison_rows import explained, export_rows
from reports.enums import ComparisonState, FileState
from reports.forms import FileForm, FilterForm, GoToForm, HashForm
from reports.models import Comparison, DailyFile
from reports.selectors import files as selectors
from reports.selectors.figures import Figures, corrected_days, movements
from reports.services import comparisons, daily_files
from reports.services.roll_up import ask_for_files

PAGE_SIZE = 25
_CSV = "text/csv; charset=utf-8"
_OTHER_HASH = "Bu özet İYS'deki dosyanınki değil. Kendi dosyanızı yükleyin; farklı satırları gösterelim."
_Forms = dict[str, HashForm | FileForm]
_SAME = "Dosyanız İYS'deki dosyayla aynı; mutabakatınız kaydedildi."


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The daily files of all brands, newest first; ?gun= with a brand leads to one day."""
    provider_id, now = request.provider.pk, timezone.now()
    brands = list(brands_of(provider_id))
    go_to = GoToForm(request.GET if "gun" in request.GET else None, brands=brands, latest=_latest_day(now))
    if go_to.is_valid():
        return redirect("reports:day", code=go_to.cleaned_data["marka"], day=f"{go_to.cleaned_data['gun']:%Y-%m-%d}")
    form = FilterForm(request.GET, brands=brands)
    found = selectors.daily_files(
        provider_id,
        brand_id=form.brand.pk if form.brand else None,
        state=form.state,
        first=form.first,
        last=form.last,
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("sayfa"))
    days = [file.day for file in page]
    corrected = {day.day for day in corrected_days(provider_id, min(days), max(days))} if days else set()
    context = {"form": form, "go_to": go_to, "page": page, "corrected": corrected, "brands": brands}
    return render(request, "reports/overview.html", context)


def _latest_day(now: datetime) -> date:
    """Return the newest day whose file can be asked for: yesterday, and in a demo today, so that there is something."""
    today = istanbul_day(now)
    return today if settings.DEMO_MODE else today - timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def day(request: ProviderRequest, code: int, day: str) -> HttpResponse:
    """One brand's day: figures, file, hash, stamp. POST makes the file, names a hash, or sends a file to compare."""
    brand, which = _brand_or_404(request, code), _day_or_404(day)
    file = selectors.daily_file(request.provider.pk, brand.pk, which)
    forms: _Forms = {"hash_form": HashForm(), "file_form": FileForm()}
    if request.method == "POST":
        answer = _act(request, brand, which, file, forms)
        if answer is not None:
            return answer
    # The one with what is wrong heads the page.
    wrong = next((form for form in forms.values() if form.errors), None)
    context = {**_context(request, brand, which, file), **forms, "form": wrong}
    return render(request, "reports/day.html", context)


def _act(
    request: ProviderRequest,
    brand: Brand,
    which: date,
    file: DailyFile | None,
    forms: _Forms,
) -> HttpResponse | None:
    """Do what the form asks for; None when the page is to be shown again with what is wrong."""
    now, here = timezone.now(), redirect("reports:day", code=brand.code, day=which.isoformat())
    if "olustur" in request.POST:
        _make(request, brand, which, now)
        return here
    if file is None or file.state != FileState.COMPLETED:
        return here
    if "ozet" in request.POST:
        forms["hash_form"] = form = HashForm(request.POST)
        if not form.is_valid():
            return None
        if daily_files.agree(file=file, actor=request.user, now=now, sha384=form.cleaned_data["ozet"]):
            messages.success(request, _SAME)
            return here
        form.add_error("ozet", _OTHER_HASH)
        return None
    return _compare(request, file, forms, now)


def _make(request: ProviderRequest, brand: Brand, which: date, now: datetime) -> None:
    if which > _latest_day(now):
        messages.error(request, "Bu günün dosyası gün bittikten sonra hazırlanır.")
        return
    asked = ask_for_files(provider_id=brand.provider_id, day=which, now=now, actor=request.user)
    messages.info(request, "Dosya hazırlanıyor." if asked else "Bu gün için hazırlanacak yeni hareket yok.")


def _compare(request: ProviderRequest, file: DailyFile, forms: _Forms, now: datetime) -> HttpResponse | None:
    forms["file_form"] = form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return None
    sent = form.cleaned_data["dosya"]
    try:
        sha384 = comparisons.weigh(sent.file)
    except FileRefused as refusal:
        form.add_error("dosya", refusal.message)
        return None
    if daily_files.agree(file=file, actor=request.user, now=now, sha384=sha384):
        messages.success(request, _SAME)
        return redirect("reports:day", code=file.brand.code, day=file.day.isoformat())
    asked = comparisons.ask(
        file=file, person=request.user, filename=sent.name, content=sent.file, sha384=sha384, now=now
    )
    return redirect("reports:comparison", code=file.brand.code, day=file.day.isoformat(), pk=asked.pk)


def _context(request: ProviderRequest, brand: Brand, which: date, file: DailyFile | None) -> dict[str, object]:
    provider_id, now = request.provider.pk, timezone.now()
    figures = movements(provider_id, which, which, brand_id=brand.pk).get((), Figures())
    revisions = list(selectors.revisions_of(file).defer("stamp")) if file is not None else []
    newest = revisions[0] if revisions else None
    has_failed = newest is not None and newest.state == FileState.ERROR
    kept = selectors.report_day(provider_id, which)
    return {
        "brand": brand,
        "day": which,
        "file": file,
        "is_made": file is not None and file.state == FileState.COMPLETED,
        "coming": newest if newest != file else None,
        "is_served": file is not None and selectors.is_served(file, now=now),
        "figures": figures,
        "late": kept if kept is not None and kept.corrected_at else None,
        "may_make": which <= _latest_day(now) and (has_failed or figures.total > (newest.rows if newest else 0)),
        "has_failed": has_failed,
        "is_open": which > istanbul_day(now) - timedelta(days=1),
        "revisions": revisions if len(revisions) > 1 else [],
        "comparisons": list(selectors.comparisons_of(file)[:10]) if file is not None else [],
    }


@require_safe
@provider_view(Capability.CONSENTS)
def file(request: ProviderRequest, code: int, day: str) -> StreamingHttpResponse:
    """The bytes of a daily file, the newest or, with ?surum=, another revision."""
    found = _file_or_404(request, code, day)
    if request.method == "GET":
        daily_files.note_download(subject=found, person=request.user)
    answer = StreamingHttpResponse(selectors.content_of(found), content_type=_CSV)
    answer["Content-Disposition"] = f'attachment; filename="{found.filename}.csv"'
    answer["Content-Length"] = str(found.size)
    patch_cache_control(answer, no_store=True)
    return answer


@require_safe
@provider_view(Capability.CONSENTS)
def stamp(request: ProviderRequest, code: int, day: str) -> HttpResponse:
    """The RFC 3161 time stamp of a daily file."""
    found = _file_or_404(request, code, day)
    if found.stamp is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}.tsr"'}
    return HttpResponse(bytes(found.stamp), content_type="application/timestamp-reply", headers=headers)


@require_safe
@provider_view(Capability.CONSENTS)
def comparison(request: ProviderRequest, code: int, day: str, pk: int) -> HttpResponse:
    """What differs between somebody's file and ours, a page at a time."""
    found = _comparison_or_404(request, code, day, pk)
    page = Paginator(selectors.differences_of(found), PAGE_SIZE).get_page(request.GET.get("sayfa"))
    context = {
        "comparison": found,
        "file": found.file,
        "page": page,
        "rows": [explained(row) for row in page],
        "is_waiting": found.state == ComparisonState.WAITING,
        "kept": comparisons.KEPT,
    }
    return render(request, "reports/comparison.html", context)


@require_safe
@provider_view(Capability.CONSENTS)
def comparison_rows(request: ProviderRequest, code: int, day: str, pk: int) -> StreamingHttpResponse:
    """The rows that differ, as a file (CSV)."""
    found = _comparison_or_404(request, code, day, pk)
    if request.method == "GET":
        daily_files.note_download(subject=found, person=request.user)
    rows = export_rows(selectors.differences_of(found).iterator(chunk_size=2_000))
    answer = StreamingHttpResponse(csv_rows(rows), content_type=_CSV)
    answer["Content-Disposition"] = f'attachment; filename="{found.file.filename}-farklar.csv"'
    patch_cache_control(answer, no_store=True)
    return answer


def _brand_or_404(request: ProviderRequest, code: int) -> Brand:
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return brand


def _day_or_404(written: str) -> date:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        raise Http404 from None
    if found > istanbul_day(timezone.now()):
        raise Http404
    return found


def _file_or_404(request: ProviderRequest, code: int, day: str) -> DailyFile:
    brand, which = _brand_or_404(request, code), _day_or_404(day)
    newest = selectors.daily_file(request.provider.pk, brand.pk, which)
    wanted = request.GET.get("surum", "")
    if newest is not None and wanted.isdecimal() and len(wanted) < 5:
        newest = selectors.revisions_of(newest).filter(revision=int(wanted)).select_related("brand").first()
    if newest is None or newest.state != FileState.COMPLETED:
        raise Http404
    return newest


def _comparison_or_404(request: ProviderRequest, code: int, day: str, pk: int) -> Comparison:
    brand, which = _brand_or_404(request, code), _day_or_404(day)
    newest = selectors.daily_file(request.provider.pk, brand.pk, which)
    found = None if newest is None else selectors.comparison_with_id(newest, pk)
    if found is None:
        raise Http404
    return found
