"""İzin Yönetimi: how many consents each brand has, and how near the package's limit is."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ProviderRequest, provider_view
from brands.selectors import brands_of
from consents.selectors import BrandCounts, address_count, counts_by_brand
from packages.selectors import active_package


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """The brands with their counters and the provider's address count."""
    provider = request.provider
    brands = list(brands_of(provider.pk))
    counts = counts_by_brand(provider.pk, [brand.pk for brand in brands])
    package = active_package(provider.pk, now=timezone.now())
    context = {
        "rows": [(brand, counts.get(brand.pk, BrandCounts())) for brand in brands],
        "usage": {"count": address_count(provider.pk), "limit": package.max_addresses},
    }
    return render(request, "consents/overview.html", context)
