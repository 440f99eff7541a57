"""Read brands and retailers: tenant first, another provider's brand does not exist."""

from django.db.models import Count, QuerySet

from brands.models import Brand, Retailer
from iys_portal.shared.turkish import search_key


def brands_of(provider_id: int, query: str = "") -> QuerySet[Brand]:
    """Return the provider's brands in Turkish order; with a query, those that hold all its words.

    A word is looked for in the name and in the code. Names are folded here, not by the database, so that a
    search means the same on every page.
    """
    brands = Brand.objects.filter(provider_id=provider_id).order_by("name", "code")
    words = [search_key(word) for word in query.split()]
    if not words:
        return brands
    named = ((pk, f"{search_key(name)} {code}") for pk, name, code in brands.values_list("pk", "name", "code"))
    return brands.filter(pk__in=[pk for pk, text in named if all(word in text for word in words)])


def brand_with_code(provider_id: int, code: int) -> QuerySet[Brand]:
    """Return the provider's brand with this code (at most one)."""
    return Brand.objects.filter(provider_id=provider_id, code=code)


def retailers_of(brand: Brand) -> QuerySet[Retailer]:
    """Return the retailers (bayi) of a brand in Turkish order."""
    return Retailer.objects.filter(provider_id=brand.provider_id, brand=brand).order_by("title", "code")


def retailer_counts(provider_id: int, brand_ids: list[int]) -> dict[int, int]:
    """Return the number of retailers of each of the brands that has any; one query."""
    retailers = Retailer.objects.filter(provider_id=provider_id, brand_id__in=brand_ids)
    return dict(retailers.values_list("brand_id").annotate(Count("pk")))
