"""Endpoints about dealers (bayi): add, list, look at, delete."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from brands.models import Brand, Retailer
from brands.rules import BrandRefused, Fault, RetailerRefused, examine
from brands.selectors import retailer_with_code, retailers_of
from brands.services import retailers as services
from consents.access_selectors import consents_seen_by
from consents.selectors import has_consents
from iys_portal.api.calls import Call
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.api.handling import Answer
from iys_portal.api.registry import Needs, Parameter, endpoint
from iys_portal.counting import counted

_TAG = "BAYİ YÖNETİMİ"
_MOST_ROWS = 100
_FAULTS = (
    *("H016", "H017", "H067", "H201", "H214", "H215", "H216", "H217", "H218", "H219", "H220", "H221", "H222"),
    *("H224", "H225", "H226", "H227", "H228", "H229", "H230", "H231", "H243", "H244", "H253", "H288"),
)
_PLACES = {"H218": "code", "H219": "name", "H221": "code", "H222": "name"}


class Place(msgspec.Struct):
    """İl ya da ilçe."""

    code: int
    name: str


class NewRetailer(msgspec.Struct, omit_defaults=True):
    title: str
    name: str
    tckn: str
    tin: str
    city: Place
    town: Place
    mersis: str | UnsetType = UNSET
    alias: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


class Created(msgspec.Struct):
    retailerCode: int


class RetailerRow(msgspec.Struct, omit_defaults=True):
    """Bir bayi; kısa listede yalnızca unvan, il, durum, kod ve izin sayısı."""

    title: str
    retailerCode: int
    status: str
    retailerAccessCount: int
    city: Place | UnsetType = UNSET
    town: Place | UnsetType = UNSET
    mersis: str | UnsetType = UNSET
    alias: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    tckn: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    tin: str | UnsetType = UNSET


class Pagination(msgspec.Struct):
    offset: int
    pageSize: int
    totalCount: int
    currentPage: int


class RetailerList(msgspec.Struct):
    pagination: Pagination
    list: list[RetailerRow]


@endpoint(
    "POST",
    "/sps/{iysCode}/brands/{brandCode}/retailers",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi ekleme",
    status=201,
    body=NewRetailer,
    answer=Created,
    codes=_FAULTS,
    example={
        "title": "XYZ Ticaret",
        "alias": "Şişli Mağazası",
        "name": "Adım Soyadım",
        "tckn": "10000000146",
        "tin": "8450525470",
        "mobile": "+905992000000",
        "city": {"code": 34, "name": "İstanbul"},
        "town": {"code": 438, "name": "Kadıköy"},
        "status": "active",
    },
)
def add_retailer(call: Call) -> Created:
    """Markaya bir bayi ekler ve ona verilen 8 haneli kodu döner. Aynı hizmet sağlayıcıda bir T.C. kimlik numarası ve
    bir MERSİS numarası yalnızca bir bayide kayıtlı olabilir."""
    given = call.body(dict[str, Any], invalid="H016")
    details, faults = examine(given)
    if details is None:
        raise _refused(faults)
    try:
        made = services.add(brand=call.brand, details=details, person=call.actor, now=call.now)
    except RetailerRefused as refusal:
        raise _refused(refusal.faults) from None
    except BrandRefused:
        raise refused("H353", field="brandCode") from None
    return Created(made.code)


def _refused(faults: tuple[Fault, ...] | list[Fault]) -> Refused:
    """Return the refusal of a dealer, in İYS's sentences."""
    return Refused([Problem(fault.code, fault.message, _location(fault)) for fault in faults], status=400)


def _location(fault: Fault) -> list[str | int] | UnsetType:
    if not fault.field:
        return UNSET
    inner = _PLACES.get(fault.code)
    return [fault.field, inner] if inner else [fault.field]


@endpoint(
    "GET",
    "/sps/{iysCode}/brands/{brandCode}/retailers",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi listeleme",
    answer=RetailerList,
    query=(
        Parameter("offset", "integer", "Verinin gösterilmeye başlanacağı sıra (0'dan)."),
        Parameter("limit", "integer", "Bir sayfadaki en çok bayi (1–100, varsayılan 100)."),
        Parameter("all", "boolean", "Bayilerin tüm özellikleri (varsayılan)."),
        Parameter("short", "boolean", "Yalnızca unvan, il, durum, kod ve izin sayısı."),
    ),
    codes=("H182", "H183", "H184", "H185", "H186", "H187"),
)
def list_retailers(call: Call) -> RetailerList:
    """Markanın bayilerini sayfa sayfa verir."""
    every, short = _flag(call, "all", "H184"), _flag(call, "short", "H185")
    offset, limit = call.page(default=_MOST_ROWS)
    found = retailers_of(call.brand)
    rows = list(found[offset : offset + limit])
    pagination = Pagination(offset, limit, found.count(), offset // limit + 1)
    return RetailerList(pagination, rows_of(call.brand, rows, short=short and not every))


def _flag(call: Call, name: str, code: str) -> bool:
    written = call.query(name)
    if written not in {None, "true", "false"}:
        raise Refused([problem(code, location=[name], value=written)])
    return written == "true"


@endpoint(
    "GET",
    "/sps/{iysCode}/brands/{brandCode}/retailers/{retailerCode}",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Tekil bayi sorgulama",
    answer=RetailerRow,
    codes=("H058",),
)
def get_retailer(call: Call) -> RetailerRow:
    """Kodu verilen bayinin bilgilerini verir."""
    return rows_of(call.brand, [_retailer(call)])[0]


@endpoint(
    "DELETE",
    "/sps/{iysCode}/brands/{brandCode}/retailers/{retailerCode}",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi silme",
    answer=str,
    answer_type="text/plain",
    codes=("H058", "P003"),
)
def delete_retailer(call: Call) -> Answer:
    """Kendisiyle ilişkili hiçbir izin olmayan bayiyi siler."""
    retailer = _retailer(call)
    try:
        services.remove(retailer=retailer, person=call.actor, linked=_is_linked)
    except BrandRefused:
        raise refused("P003") from None
    return Answer("Başarı".encode(), status=200, content_type="text/plain; charset=utf-8")


def _is_linked(retailer: Retailer) -> bool:
    return has_consents(retailer.provider_id, retailer.code)


def _retailer(call: Call) -> Retailer:
    written = call.places["retailerCode"]
    number = int(written) if written.isascii() and written.isdigit() and len(written) == 8 else 0
    retailer = retailer_with_code(call.brand, number).first()
    if retailer is None:
        raise refused("H058", retailerCode=written)
    return retailer


def rows_of(brand: Brand, retailers: list[Retailer], *, short: bool = False) -> list[RetailerRow]:
    """Return dealers as İYS lists them, with how many consents each sees; what is not known is left out."""
    codes = [retailer.code for retailer in retailers]
    seen = counted(("dealers", brand.provider_id, codes), lambda: consents_seen_by(brand.provider_id, codes))
    return [_row(retailer, seen.get(retailer.code, 0), short=short) for retailer in retailers]


def _row(retailer: Retailer, seen: int, *, short: bool) -> RetailerRow:
    town = retailer.town
    row = RetailerRow(retailer.title, retailer.code, retailer.state, seen)
    if town is not None:
        row.city = Place(town.city.code, town.city.name)
    if short:
        return row
    if town is not None:
        row.town = Place(town.code, town.short)
    for name in ("mersis", "alias", "name", "tckn", "mobile", "tin"):
        if value := getattr(retailer, name):
            setattr(row, name, value)
    return row
