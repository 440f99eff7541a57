"""Endpoints of aracı hizmet sağlayıcılar (AHS), by HTTP Basic: which recipients of a brand may not be written to.

An AHS only reads, and only the channels that the brand granted it.
"""

from dataclasses import replace
from typing import Any

import msgspec

from brands.models import Brand
from consents.access_selectors import Kind
from consents.enums import Channel, RecipientType
from consents.rejected import rejected_among
from consents.rules.recipient import read_recipient
from iys_portal.api.calls import Call
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.api.reach import code_in
from iys_portal.api.registry import Needs, endpoint
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from partners.selectors.standing import brand_for_party, brands_open_to, standing_of

_TAG = "AHS"
_MOST = 1000


class BrandRow(msgspec.Struct):
    brandCode: int
    name: str


class BrandList(msgspec.Struct):
    list: list[BrandRow]


class Recipients(msgspec.Struct):
    recipients: list[str]


class Rejected(msgspec.Struct):
    list: list[str]


@endpoint(
    "GET",
    "/brands/{tin}",
    needs=Needs.INTERMEDIARY,
    tag=_TAG,
    summary="Yetki veren markalar",
    answer=BrandList,
    codes=("H018",),
)
def brands_of_provider(call: Call) -> BrandList:
    """Vergi numarası (VKN ya da şahıs işletmesinde TCKN) verilen hizmet sağlayıcının size yetki veren markalarını
    listeler. Yetki veren marka yoksa 404 döner."""
    brands = brands_open_to(call.intermediary, call.places["tin"], now=call.now)
    if not brands:
        raise refused("H018", brandCode=call.places["tin"])
    return BrandList([BrandRow(brand.code, brand.name) for brand in brands])


@endpoint(
    "POST",
    "/brands/{brandCode}/consents/{recipientType}/rejected/{type}",
    needs=Needs.INTERMEDIARY,
    tag=_TAG,
    summary="Ret alıcı sorgulama",
    body=Recipients,
    answer=Rejected,
    codes=("H116", "H117", "H120", "H121", "H127", "H164", "H168", "H191", "H353", "H403", "H478"),
    example={"recipients": ["+905992000001", "+905992000002"]},
)
def rejected_recipients(call: Call) -> Rejected:
    """Sorulan alıcılardan (en fazla 1000) ileti gönderilemeyecek olanları sorulduğu sırayla döner. Kaydı olmayan
    bireysel alıcılar ret sayılır, kaydı olmayan tacirler sayılmaz."""
    code = code_in(call.places, "brandCode", "H191")
    channel, kind = _channel(call), _recipient_type(call)
    recipients = _recipients(call.body(dict[str, Any], invalid="H403"), channel)
    call.note_recipients(recipients)
    brand = _brand(call, code, channel)
    call.provider_reached = brand.provider
    return Rejected(rejected_among(Kind(brand, channel, kind), recipients))


def _channel(call: Call) -> Channel:
    name = call.places["type"]
    if name not in Channel.__members__:
        raise refused("H117", location=["type"], value=name)
    return Channel[name]


def _recipient_type(call: Call) -> RecipientType:
    name = call.places["recipientType"]
    if name not in RecipientType.__members__:
        raise refused("H116", location=["recipientType"], value=name)
    return RecipientType[name]


def _recipients(body: dict[str, Any], channel: Channel) -> list[str]:
    given = body.get("recipients")
    if given is None:
        raise refused("H168", location=["recipients"])
    if not isinstance(given, list):
        raise refused("H478", location=["recipients"], value=given)
    if not given:
        raise refused("H164", location=["recipients"], value=given)
    if len(given) > _MOST:
        raise Refused([Problem("H127", _TOO_MANY, ["recipients"])])
    read = [read_recipient(text, channel) if isinstance(text, str) else ("", "H120") for text in given]
    wrong = [
        problem("H120" if channel == Channel.EPOSTA else "H121", location=["recipients", index], value=given[index])
        for index, (_, code) in enumerate(read)
        if code
    ]
    if wrong:
        raise Refused(wrong)
    return [recipient for recipient, _ in read]


_TOO_MANY = f"Alıcı listesi (recipients) uzunluğu en fazla {_MOST} olmalıdır."


def _brand(call: Call, code: int, channel: Channel) -> Brand:
    """Return the brand if the AHS may read the channel; a brand that granted nothing does not exist."""
    brand = brand_for_party(call.intermediary, code)
    if brand is None:
        raise refused("H353", field="brandCode")
    standing = replace(standing_of(party=call.intermediary, brand=brand, now=call.now), sleep=None)
    if standing.why_refused(PartnerChannel[channel.name], Right.READ) is not None:
        raise refused("H353", field="brandCode")
    return brand
