"""Raporlar: the daily files of all brands, and one day of a brand with its agreement and comparisons."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.selectors import brand_with_code, brands_of
from iys_portal.paging import page_of
from reports import day_pages
from reports.day_pages import PAGE_SIZE, Side, latest_day
from reports.forms import FilterForm, GoToForm
from reports.selectors import files as selectors
from reports.selectors.figures import corrected_days


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The daily files of all brands, newest first; ?gun= with a brand leads to one day."""
    provider_id, now = request.provider.pk, timezone.now()
    brands = list(brands_of(provider_id))
    go_to = GoToForm(request.GET if "gun" in request.GET else None, brands=brands, latest=latest_day(now))
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
    page = page_of(request, found, size=PAGE_SIZE)
    days = [file.day for file in page]
    corrected = {day.day for day in corrected_days(provider_id, min(days), max(days))} if days else set()
    context = {"form": form, "go_to": go_to, "page": page, "corrected": corrected, "brands": brands}
    return render(request, "reports/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.CONSENTS)
def day(request: ProviderRequest, code: int, day: str) -> HttpResponse:
    """One brand's day: figures, file, hash, stamp. POST makes the file, names a hash, or sends a file to compare."""
    return day_pages.day(request, _own(request, code), day)


@require_safe
@provider_view(Capability.CONSENTS)
def file(request: ProviderRequest, code: int, day: str) -> StreamingHttpResponse:
    """The bytes of a daily file, the newest or, with ?surum=, another revision."""
    return day_pages.file(request, _own(request, code), day)


@require_safe
@provider_view(Capability.CONSENTS)
def stamp(request: ProviderRequest, code: int, day: str) -> HttpResponse:
    """The RFC 3161 time stamp of a daily file."""
    return day_pages.stamp(request, _own(request, code), day)


@require_safe
@provider_view(Capability.CONSENTS)
def comparison(request: ProviderRequest, code: int, day: str, pk: int) -> HttpResponse:
    """What differs between somebody's file and ours, a page at a time."""
    return day_pages.comparison(request, _own(request, code), day, pk)


@require_safe
@provider_view(Capability.CONSENTS)
def comparison_rows(request: ProviderRequest, code: int, day: str, pk: int) -> StreamingHttpResponse:
    """The rows that differ, as a file (CSV)."""
    return day_pages.comparison_rows(request, _own(request, code), day, pk)


def _own(request: ProviderRequest, code: int) -> Side:
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return Side(brand, "reports")
