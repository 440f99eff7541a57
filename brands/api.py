"""Endpoints about brands, and the register's cities and towns."""

import msgspec

from brands.enums import BrandState
from brands.places import City, Town, cities, city_with, town_with, towns
from brands.selectors import brands_of, retailer_counts
from consents.counters import lately_counted
from consents.selectors import BrandCounts
from iys_portal.api.calls import Call
from iys_portal.api.handling import Answer
from iys_portal.api.reach import code_in
from iys_portal.api.registry import Needs, endpoint
from partners.selectors.standing import authorised_brands, grants_to

_INFO = "İL VE İLÇELER"


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
    brandCode: int
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
    veren markaları, belirli markalar için açılmış API hesapları yalnızca bu markaları görür. Çok izni olan markalarda
    sayılar en çok bir dakika öncesine ait olabilir."""
    provider_id = call.provider.pk
    brands = brands_of(provider_id).filter(state=BrandState.ACTIVE).order_by("-is_master", "stands_for", "code")
    if call.partner is not None:
        grants = list(grants_to(call.partner, "", "", now=call.now).filter(provider_id=provider_id))
        rows = authorised_brands(call.partner, grants, now=call.now)
        brands = brands.filter(pk__in=[row.brand.pk for row in rows if row.refusal is None])
    listed = [brand for brand in brands if call.caller.acts_for(brand.public_code)]
    keys = [brand.pk for brand in listed]
    consents = lately_counted(provider_id, keys)
    retailers = retailer_counts(provider_id, keys)
    return [
        BrandDetails(
            brand.public_code,
            brand.name,
            brand.is_master,
            BrandStats(_consents(consents.get(brand.pk)), RetailerStats(retailers.get(brand.pk, 0))),
        )
        for brand in listed
    ]


def _consents(counts: BrandCounts | None) -> ConsentStats:
    return ConsentStats(counts.approval, counts.rejection, counts.total) if counts else ConsentStats(0, 0, 0)


class CityDetails(msgspec.Struct):
    code: int
    name: str


class TownDetails(msgspec.Struct):
    code: int
    name: str
    city_code: int


@endpoint(
    "GET",
    "/info/city",
    "/info/cities",
    needs=Needs.TOKEN,
    tag=_INFO,
    summary="İl listesi",
    answer=list[CityDetails],
)
def list_cities(_call: Call) -> list[CityDetails]:
    """81 ilin kodları ve adları; kodlar plaka kodlarıdır."""
    return [_city(city) for city in sorted(cities(), key=lambda city: city.code)]


@endpoint(
    "GET",
    "/info/city/{code}",
    "/info/cities/{code}",
    needs=Needs.TOKEN,
    tag=_INFO,
    summary="İl sorgulama",
    answer=CityDetails,
    codes=("H241",),
    also=(204,),
)
def one_city(call: Call) -> CityDetails | Answer:
    """Koda ait ili verir; böyle bir kod yoksa yanıt boştur (204)."""
    city = city_with(code_in(call.places, "code", "H241"))
    return _city(city) if city else Answer(status=204)


@endpoint(
    "GET",
    "/info/town",
    "/info/towns",
    needs=Needs.TOKEN,
    tag=_INFO,
    summary="İlçe listesi",
    answer=list[TownDetails],
)
def list_towns(_call: Call) -> list[TownDetails]:
    """970 ilçenin kodları, adları ve il kodları."""
    return [_town(town) for town in sorted(towns(), key=lambda town: town.code)]


@endpoint(
    "GET",
    "/info/town/{code}",
    "/info/towns/{code}",
    needs=Needs.TOKEN,
    tag=_INFO,
    summary="İlçe sorgulama",
    answer=TownDetails,
    codes=("H241",),
    also=(204,),
)
def one_town(call: Call) -> TownDetails | Answer:
    """Koda ait ilçeyi verir; böyle bir kod yoksa yanıt boştur (204)."""
    town = town_with(code_in(call.places, "code", "H241"))
    return _town(town) if town else Answer(status=204)


def _city(city: City) -> CityDetails:
    return CityDetails(city.code, city.name)


def _town(town: Town) -> TownDetails:
    return TownDetails(town.code, town.name, town.city.code)
