"""Marka Yönetimi: the brands of a provider, and who may do what with one of them (screen 3)."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from applications.selectors import waiting_brands
from brands.enums import BrandState
from brands.models import Brand
from brands.rules import MASTER_STAYS, BrandRefused
from brands.selectors import brands_of, retailer_counts, retailers_of
from brands.services import brands as services
from brands.views.common import brand_or_404
from consents.counters import lately_counted
from consents.selectors import BrandCounts
from iys_portal.paging import page_of, query_of
from iys_portal.shared.clock import istanbul_day
from partners.selectors import (
    channels_without_reader,
    grant_counts,
    intermediary_grant_rows,
    intermediary_grants_of,
    partner_grant_rows,
    partner_grants_of,
    partner_sleep,
)

RETAILERS_SHOWN = 10


@dataclass(frozen=True)
class BrandRow:
    """One line of Marka Yönetimi. Partners and intermediaries count by grants that are live today.

    `unread`: the channels that no AHS may read, so that sending by them fails.
    """

    brand: Brand
    total: int
    approval: int
    rejection: int
    partner_count: int
    intermediary_count: int
    retailer_count: int
    unread: list[str]


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The provider's brands: search by ?ara=, page by ?sayfa= and ?adet=."""
    provider, now = request.provider, timezone.now()
    query = query_of(request)
    page = page_of(request, brands_of(provider.pk, query))
    rows, sleep = _rows(provider.pk, page), partner_sleep(provider.pk, now=now)
    context = {
        "rows": rows,
        "page": page,
        "query": query,
        "requests": waiting_brands(provider.pk),
        "partner_allowed": sleep is None,
        "sleep": sleep if any(row.partner_count for row in rows) else None,
    }
    return render(request, "brands/list.html", context)


def _rows(provider_id: int, page: Page[Brand]) -> list[BrandRow]:
    brands = list(page)
    ids = [brand.pk for brand in brands]
    counts = lately_counted(provider_id, ids)
    grants = grant_counts(provider_id, ids, today=istanbul_day(timezone.now()))
    retailers = retailer_counts(provider_id, ids)
    unread = channels_without_reader(provider_id, ids, today=istanbul_day(timezone.now()))
    return [
        BrandRow(
            brand=brand,
            total=count.total,
            approval=count.approval,
            rejection=count.rejection,
            partner_count=grants[brand.pk][0],
            intermediary_count=grants[brand.pk][1],
            retailer_count=retailers.get(brand.pk, 0),
            unread=unread[brand.pk],
        )
        for brand in brands
        for count in [counts.get(brand.pk, BrandCounts())]
    ]


@require_safe
@provider_view
def detail(request: ProviderRequest, code: int) -> HttpResponse:
    """One brand: its counters, the partners and intermediaries with their rights, the retailers."""
    provider, now = request.provider, timezone.now()
    brand = brand_or_404(request, code)
    today = istanbul_day(now)
    sleep = partner_sleep(provider.pk, now=now)
    context = {
        "brand": brand,
        "counts": lately_counted(provider.pk, [brand.pk]).get(brand.pk, BrandCounts()),
        "partner_grants": partner_grant_rows(brand, asleep=sleep is not None, today=today),
        "sleep": sleep,
        "intermediary_grants": intermediary_grant_rows(brand, today=today),
        "unread": channels_without_reader(provider.pk, [brand.pk], today=today)[brand.pk],
        "retailers": retailers_of(brand)[:RETAILERS_SHOWN],
        "retailer_count": retailer_counts(provider.pk, [brand.pk]).get(brand.pk, 0),
    }
    return render(request, "brands/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def change_state(request: ProviderRequest, code: int, to: BrandState) -> HttpResponse:
    """The check page before a brand becomes passive or active, and POST, which makes it so."""
    brand = brand_or_404(request, code)
    if request.method == "POST":
        try:
            services.set_state(brand=brand, to=to, person=request.user)
        except BrandRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{brand.name} {'aktif' if to == BrandState.ACTIVE else 'pasif'} yapıldı.")
        return redirect("brands:detail", code=brand.code)
    if brand.is_master and to == BrandState.PASSIVE:
        messages.error(request, MASTER_STAYS)
        return redirect("brands:detail", code=brand.code)
    context = {
        "brand": brand,
        "passive": to == BrandState.PASSIVE,
        "partners": [grant.partner for grant in partner_grants_of(brand)],
        "intermediaries": [grant.intermediary for grant in intermediary_grants_of(brand)],
        "retailer_count": retailer_counts(brand.provider_id, [brand.pk]).get(brand.pk, 0),
    }
    return render(request, "brands/state.html", context)
