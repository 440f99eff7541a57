"""The counters of brands as screens and the API show them: where counting takes long, they may be a minute old."""

from consents.selectors import BrandCounts, counts_by_brand
from iys_portal.counting import counted


def lately_counted(provider_id: int, brand_ids: list[int]) -> dict[int, BrandCounts]:
    """Return the counters of each of the brands that has consents, as they were counted within the last minute."""
    return counted(("brands", provider_id, brand_ids), lambda: counts_by_brand(provider_id, brand_ids))
