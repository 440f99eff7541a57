"""Endpoints about brands, and the register's cities and towns."""

import msgspec

from brands.enums import BrandState
from brands.selectors import brands_of, retailer_counts
from consents.selectors import BrandCounts, counts_by_brand
from iys_portal.api.calls import Call
from iys_portal.api.registry import Needs, endpoint
from partners.selectors.standing import authorised_brands, grants_to


class ConsentStats(msgspec.Struct):
    approval: int
    rejection: int
    total: int


class RetailerStats(msgspec.Struct):
    total: int


class BrandStats(msgspec.Struct):
    consents: ConsentStats
    retailers: RetailerStats


class BrandDetails(msgspec.Struct):
    brandCode: int  # noqa: N815  (İYS's names)
    name: str
    master: bool
    stats: BrandStats


@endpoint(
    "GET",
    "/sps/{iysCode}/brands",
    needs=Needs.RIGHT,
    tag="MARKA YÖNETİMİ",
    summary="Marka listeleme",
    answer=list[BrandDetails],
)
def list_brands(call: Call) -> list[BrandDetails]:
    """Hizmet sağlayıcının etkin markalarını izin ve bayi sayılarıyla verir. İş ortakları yalnızca kendilerine yetki
    veren markaları görür."""
    provider_id = call.provider.pk
    brands = brands_of(provider_id).filter(state=BrandState.ACTIVE).order_by("-is_master", "code")
    if call.partner is not None:
        grants = list(grants_to(call.partner, "", "", now=call.now).filter(provider_id=provider_id))
        rows = authorised_brands(call.partner, grants, now=call.now)
        brands = brands.filter(pk__in=[row.brand.pk for row in rows if row.refusal is None])
    listed = list(brands)
    keys = [brand.pk for brand in listed]
    consents, retailers = counts_by_brand(provider_id, keys), retailer_counts(provider_id, keys)
    return [
        BrandDetails(
            brand.code,
            brand.name,
            brand.is_master,
            BrandStats(_consents(consents.get(brand.pk)), RetailerStats(retailers.get(brand.pk, 0))),
        )
        for brand in listed
    ]


def _consents(counts: BrandCounts | None) -> ConsentStats:
    return ConsentStats(counts.approval, counts.rejection, counts.total) if counts else ConsentStats(0, 0, 0)
