"""Endpoints of business partners: the brands that authorised them."""

from typing import Any

import msgspec
from django.db.models import QuerySet
from msgspec import UNSET, UnsetType

from iys_portal.api.calls import Call
from iys_portal.api.errors import refused
from iys_portal.api.reach import code_in
from iys_portal.api.registry import Needs, Parameter, endpoint
from iys_portal.shared.clock import istanbul_day
from partners.enums import Right
from partners.models import PartnerGrant
from partners.selectors.standing import counting, grants_to

_TAG = "MARKA YÖNETİMİ"
_PAGE = (
    Parameter("offset", "integer", "Listenin başlayacağı sıra; 0'dan başlar."),
    Parameter("limit", "integer", "Bir yanıttaki en çok marka sayısı, 1–100."),
)
PAGE_CODES = ("H182", "H183", "H186", "H187")


class Pagination(msgspec.Struct):
    offset: int
    pageSize: int
    totalCount: int


class AuthorisedBrand(msgspec.Struct, omit_defaults=True):
    """A channel is named only where something may be done on it, with `read` or `write`."""

    brandCode: int | str
    name: str
    master: bool
    title: str
    iysCode: int | str
    agreementControl: bool
    viaControl: bool
    MESAJ: str | UnsetType = UNSET
    ARAMA: str | UnsetType = UNSET
    EPOSTA: str | UnsetType = UNSET


class AuthorisedBrands(msgspec.Struct):
    pagination: Pagination
    list: list[AuthorisedBrand]


@endpoint(
    "GET",
    "/integrator/{integratorCode}/sps",
    needs=Needs.INTEGRATOR,
    tag=_TAG,
    summary="İş ortağına yetki veren markalar",
    answer=AuthorisedBrands,
    query=_PAGE,
    codes=PAGE_CODES,
)
def integrator_brands(call: Call) -> AuthorisedBrands:
    """İş ortağına yetki veren tüm markaları, verdikleri yetkilerle listeler."""
    return _listed(call, _grants(call), code=str)


@endpoint(
    "GET",
    "/integrator/{integratorCode}/sps/{iysCode}",
    needs=Needs.INTEGRATOR,
    tag=_TAG,
    summary="Bir hizmet sağlayıcının iş ortağına yetki veren markaları",
    answer=AuthorisedBrands,
    query=_PAGE,
    codes=(*PAGE_CODES, "H353"),
)
def integrator_brands_of_provider(call: Call) -> AuthorisedBrands:
    """Bir hizmet sağlayıcının, iş ortağına yetki veren markalarını verdikleri yetkilerle listeler."""
    grants = _grants(call).filter(provider__iys_code=code_in(call.places, "iysCode", "H190"))
    if not grants.exists():
        raise refused("H353", field="iysCode")
    return _listed(call, grants, code=int)


def _grants(call: Call) -> QuerySet[PartnerGrant]:
    grants = grants_to(call.caller.partner, "", "", now=call.now)  # type: ignore[arg-type]  # the endpoint needs an integrator
    return grants.filter(counting(istanbul_day(call.now))).order_by("provider__iys_code", "brand__code")


def _listed(call: Call, grants: QuerySet[PartnerGrant], *, code: type[int | str]) -> AuthorisedBrands:
    offset, limit = call.page(default=100)
    page = [_brand(grant, code) for grant in grants[offset : offset + limit]]
    return AuthorisedBrands(Pagination(offset, len(page), grants.count()), page)


def _brand(grant: PartnerGrant, code: type[int | str]) -> AuthorisedBrand:
    """Return a brand; İYS writes its codes as texts in the list of all, and as numbers in that of one provider."""
    channels: dict[str, Any] = {"MESAJ": grant.mesaj, "ARAMA": grant.arama, "EPOSTA": grant.eposta}
    return AuthorisedBrand(
        brandCode=code(grant.brand.code),
        name=grant.brand.name,
        master=grant.brand.is_master,
        title=grant.provider.title,
        iysCode=code(grant.provider.iys_code),
        agreementControl=grant.agreement,
        viaControl=False,
        **{channel: str(right) for channel, right in channels.items() if right != Right.NONE},
    )
