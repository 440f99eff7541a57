"""One brand's day: figures, file, hash, stamp, agreement, comparisons; as its provider and as its partner see it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from accounts.access import PartyRequest, ProviderRequest
from brands.models import Brand
from iys_portal.paging import page_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.tables import csv_rows
from partners.models import Partner
from reports.comparison_rows import explained, export_rows
from reports.enums import ComparisonState, FileState
from reports.forms import FileForm, HashForm
from reports.models import Comparison, DailyFile
from reports.selectors import files as selectors
from reports.selectors.figures import Figures, movements
from reports.services import comparisons, daily_files
from reports.services.roll_up import ask_for_files

PAGE_SIZE = 25
_CSV = "text/csv; charset=utf-8"
_OTHER_HASH = "Bu özet İYS'deki dosyanınki değil. Kendi dosyanızı yükleyin; farklı satırları gösterelim."
_SAME = "Dosyanız İYS'deki dosyayla aynı; mutabakatınız kaydedildi."
_Forms = dict[str, HashForm | FileForm]
Request = ProviderRequest | PartyRequest


@dataclass(frozen=True)
class Side:
    """From whose side a brand is looked at: its provider's, or that of a partner with Mutabakat Yönetimi for it.

    `routes` is the namespace of the side's addresses. Each side sees the comparisons with its own files.
    """

    brand: Brand
    routes: str
    partner: Partner | None = None

    def address(self, name: str, day: date, **more: Any) -> str:
        """Return the address of a page of this brand's day."""
        return reverse(f"{self.routes}:{name}", kwargs={"code": self.brand.code, "day": f"{day:%Y-%m-%d}", **more})

    @property
    def list_address(self) -> str:
        """The address of the list of days from which these pages are reached."""
        kwargs = {"code": self.brand.code} if self.partner else {}
        return reverse(f"{self.routes}:overview", kwargs=kwargs)

    def who_agreed(self, file: DailyFile) -> str:
        """Return who agreed on a file, as this side may know it: a partner learns no names of others."""
        if file.agreed_by is None:
            return "entegrasyon (API)"
        if self.partner is None:
            title = f" ({file.agreed_partner.title})" if file.agreed_partner else ""
            return f"{file.agreed_by.get_full_name()}{title}"
        if file.agreed_partner == self.partner:
            return file.agreed_by.get_full_name()
        return "başka bir iş ortağı" if file.agreed_partner else "hizmet sağlayıcı"


def latest_day(now: datetime) -> date:
    """Return the newest day whose file can be asked for: yesterday, and in a demo today, so that there is something."""
    today = istanbul_day(now)
    return today if settings.DEMO_MODE else today - timedelta(days=1)


# --- The day ----------------------------------------------------------------------------------------------------------
def day(request: Request, side: Side, written: str) -> HttpResponse:
    """One brand's day. POST names a hash or sends a file to compare; of the provider it may make the file, too."""
    which = _day_or_404(written)
    file = selectors.daily_file(side.brand.provider_id, side.brand.pk, which)
    forms: _Forms = {"hash_form": HashForm(), "file_form": FileForm()}
    if request.method == "POST":
        answer = _act(request, side, which, file, forms)
        if answer is not None:
            return answer
    # The one with what is wrong heads the page.
    wrong = next((form for form in forms.values() if form.errors), None)
    context = {**_context(side, which, file), **forms, "form": wrong}
    return render(request, "reports/day.html", context)


def _act(request: Request, side: Side, which: date, file: DailyFile | None, forms: _Forms) -> HttpResponse | None:
    """Do what the form asks for; None when the page is to be shown again with what is wrong."""
    now, here = timezone.now(), redirect(side.address("day", which))
    if "olustur" in request.POST and side.partner is None:
        _make(request, side.brand, which, now)
        return here
    if file is None or file.state != FileState.COMPLETED:
        return here
    if "ozet" in request.POST:
        forms["hash_form"] = form = HashForm(request.POST)
        if not form.is_valid():
            return None
        if _agrees(request, side, file, form.cleaned_data["ozet"], now):
            return here
        form.add_error("ozet", _OTHER_HASH)
        return None
    return _compare(request, side, file, forms, now)


def _agrees(request: Request, side: Side, file: DailyFile, sha384: str, now: datetime) -> bool:
    """Note that the side has the same file, if it has; return whether."""
    is_same = daily_files.agree(file=file, actor=request.user, partner=side.partner, now=now, sha384=sha384)
    if is_same:
        messages.success(request, _SAME)
    return is_same


def _make(request: Request, brand: Brand, which: date, now: datetime) -> None:
    if which > latest_day(now):
        messages.error(request, "Bu günün dosyası gün bittikten sonra hazırlanır.")
        return
    asked = ask_for_files(provider_id=brand.provider_id, day=which, now=now, actor=request.user)
    messages.info(request, "Dosya hazırlanıyor." if asked else "Bu gün için hazırlanacak yeni hareket yok.")


def _compare(request: Request, side: Side, file: DailyFile, forms: _Forms, now: datetime) -> HttpResponse | None:
    forms["file_form"] = form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return None
    sent = form.cleaned_data["dosya"]
    try:
        sha384 = comparisons.weigh(sent.file)
    except FileRefused as refusal:
        form.add_error("dosya", refusal.message)
        return None
    if _agrees(request, side, file, sha384, now):
        return redirect(side.address("day", file.day))
    asked = comparisons.ask(
        file=file,
        person=request.user,
        partner=side.partner,
        filename=sent.name,
        content=sent.file,
        sha384=sha384,
        now=now,
    )
    return redirect(side.address("comparison", file.day, pk=asked.pk))


def _context(side: Side, which: date, file: DailyFile | None) -> dict[str, object]:
    brand, now = side.brand, timezone.now()
    figures = movements(brand.provider_id, which, which, brand_id=brand.pk).get((), Figures())
    revisions = list(selectors.revisions_of(file).defer("stamp")) if file is not None else []
    newest = revisions[0] if revisions else None
    has_failed = newest is not None and newest.state == FileState.ERROR
    kept = selectors.report_day(brand.provider_id, which)
    lacks = has_failed or figures.total > (newest.rows if newest else 0)
    return {
        "side": side,
        "brand": brand,
        "day": which,
        "file": file,
        "agreed_who": side.who_agreed(file) if file is not None else "",
        "is_made": file is not None and file.state == FileState.COMPLETED,
        "coming": newest if newest != file else None,
        "is_served": file is not None and selectors.is_served(file, now=now),
        "figures": figures,
        "late": kept if kept is not None and kept.corrected_at else None,
        "may_make": side.partner is None and which <= latest_day(now) and lacks,
        "has_failed": has_failed,
        "is_open": which > istanbul_day(now) - timedelta(days=1),
        "revisions": [(each, side.who_agreed(each)) for each in revisions] if len(revisions) > 1 else [],
        "comparisons": list(selectors.comparisons_of(file, partner=side.partner)[:10]) if file is not None else [],
    }


# --- Its files --------------------------------------------------------------------------------------------------------
def file(request: Request, side: Side, written: str) -> StreamingHttpResponse:
    """The bytes of a daily file, the newest or, with ?surum=, another revision."""
    found = _file_or_404(request, side, written)
    if request.method == "GET":
        daily_files.note_download(subject=found, person=request.user, partner=side.partner)
    answer = StreamingHttpResponse(selectors.content_of(found), content_type=_CSV)
    answer["Content-Disposition"] = f'attachment; filename="{found.filename}.csv"'
    answer["Content-Length"] = str(found.size)
    patch_cache_control(answer, no_store=True)
    return answer


def stamp(request: Request, side: Side, written: str) -> HttpResponse:
    """The RFC 3161 time stamp of a daily file."""
    found = _file_or_404(request, side, written)
    if found.stamp is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{found.filename}.tsr"'}
    return HttpResponse(bytes(found.stamp), content_type="application/timestamp-reply", headers=headers)


# --- Comparisons ------------------------------------------------------------------------------------------------------
def comparison(request: Request, side: Side, written: str, pk: int) -> HttpResponse:
    """What differs between somebody's file and ours, a page at a time."""
    found = _comparison_or_404(side, written, pk)
    page = page_of(request, selectors.differences_of(found), size=PAGE_SIZE)
    context = {
        "side": side,
        "comparison": found,
        "file": found.file,
        "page": page,
        "rows": [explained(row) for row in page],
        "is_waiting": found.state == ComparisonState.WAITING,
        "kept": comparisons.KEPT,
    }
    return render(request, "reports/comparison.html", context)


def comparison_rows(request: Request, side: Side, written: str, pk: int) -> StreamingHttpResponse:
    """The rows that differ, as a file (CSV)."""
    found = _comparison_or_404(side, written, pk)
    if request.method == "GET":
        daily_files.note_download(subject=found, person=request.user, partner=side.partner)
    rows = export_rows(selectors.differences_of(found).iterator(chunk_size=2_000))
    answer = StreamingHttpResponse(csv_rows(rows), content_type=_CSV)
    answer["Content-Disposition"] = f'attachment; filename="{found.file.filename}-farklar.csv"'
    patch_cache_control(answer, no_store=True)
    return answer


# --- What the address names -------------------------------------------------------------------------------------------
def _day_or_404(written: str) -> date:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        raise Http404 from None
    if found > istanbul_day(timezone.now()):
        raise Http404
    return found


def _file_or_404(request: Request, side: Side, written: str) -> DailyFile:
    newest = selectors.daily_file(side.brand.provider_id, side.brand.pk, _day_or_404(written))
    wanted = request.GET.get("surum", "")
    if newest is not None and wanted.isdecimal() and len(wanted) < 5:
        newest = selectors.revisions_of(newest).filter(revision=int(wanted)).select_related("brand").first()
    if newest is None or newest.state != FileState.COMPLETED:
        raise Http404
    return newest


def _comparison_or_404(side: Side, written: str, pk: int) -> Comparison:
    newest = selectors.daily_file(side.brand.provider_id, side.brand.pk, _day_or_404(written))
    found = None if newest is None else selectors.comparison_with_id(newest, pk, partner=side.partner)
    if found is None:
        raise Http404
    return found
