"""Marka Yönetimi: the brands of a provider, and who may do what with one of them (screen 3)."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view
from brands.models import Brand
from brands.selectors import brand_with_code, brands_of, retailer_counts, retailers_of
from consents.selectors import BrandCounts, counts_by_brand
from iys_portal.shared.clock import istanbul_day
from packages.rules import allows_partners
from packages.selectors import live_subscription
from partners.rules import sleeps
from partners.selectors import grant_counts, intermediary_grant_rows, partner_grant_rows

PAGE_SIZES = {"25": 25, "50": 50, "100": 100}
QUERY_LENGTH = 100


@dataclass(frozen=True)
class BrandRow:
    """One line of Marka Yönetimi. Partners and intermediaries count by grants that are live today."""

    brand: Brand
    total: int
    approval: int
    rejection: int
    partner_count: int
    intermediary_count: int
    retailer_count: int


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The provider's brands: search by ?ara=, page by ?sayfa= and ?adet=."""
    provider, now = request.provider, timezone.now()
    query = request.GET.get("ara", "").strip()[:QUERY_LENGTH]
    size = PAGE_SIZES.get(request.GET.get("adet", ""), 25)
    page = Paginator(brands_of(provider.pk, query), size).get_page(request.GET.get("sayfa"))
    context = {
        "rows": _rows(provider.pk, page),
        "page": page,
        "query": query,
        "partner_allowed": allows_partners(live_subscription(provider.pk, now=now)),
    }
    return render(request, "brands/list.html", context)


def _rows(provider_id: int, page: Page[Brand]) -> list[BrandRow]:
    brands = list(page)
    ids = [brand.pk for brand in brands]
    counts = counts_by_brand(provider_id, ids)
    grants = grant_counts(provider_id, ids, today=istanbul_day(timezone.now()))
    retailers = retailer_counts(provider_id, ids)
    return [
        BrandRow(
            brand=brand,
            total=count.total,
            approval=count.approval,
            rejection=count.rejection,
            partner_count=grants[brand.pk][0],
            intermediary_count=grants[brand.pk][1],
            retailer_count=retailers.get(brand.pk, 0),
        )
        for brand in brands
        for count in [counts.get(brand.pk, BrandCounts())]
    ]


@require_safe
@provider_view
def detail(request: ProviderRequest, code: int) -> HttpResponse:
    """One brand: its counters, the partners and intermediaries with their rights, the retailers."""
    provider, now = request.provider, timezone.now()
    brand = brand_with_code(provider.pk, code).first()
    if brand is None:
        raise Http404
    today = istanbul_day(now)
    asleep = sleeps(live_subscription(provider.pk, now=now))
    context = {
        "brand": brand,
        "counts": counts_by_brand(provider.pk, [brand.pk]).get(brand.pk, BrandCounts()),
        "partner_grants": partner_grant_rows(brand, asleep=asleep, today=today),
        "intermediary_grants": intermediary_grant_rows(brand, today=today),
        "retailers": retailers_of(brand),
    }
    return render(request, "brands/detail.html", context)
