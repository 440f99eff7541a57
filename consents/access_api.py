"""Endpoints about the access of dealers (bayi) to consents: open, replace, close, list."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from msgspec import UNSET

from brands import retailer_api
from consents.access_selectors import Kind, retailers_with_access
from consents.enums import Channel, RecipientType
from consents.rules.recipient import read_recipient
from consents.services import access
from iys_portal.api.calls import Call
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.api.registry import Needs, Parameter, endpoint
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.telephone import LONGEST
from partners.enums import Channel as PartnerChannel
from partners.enums import Right

_TAG = "BAYİ YÖNETİMİ"
_PATH = "/sps/{iysCode}/brands/{brandCode}/consents/retailers/access"
_LIST = "/sps/{iysCode}/brands/{brandCode}/consent/retailers/access/list"
_MOST = 100
_ONE = ("H111", "H114", "H116", "H117", "H120", "H121", "H166", "H170", "P002")
_MANY = ("H111", "H116", "H117", "H120", "H121", "H127", "H164", "H166", "H168", "H170", "H478", "P002")
_DEALERS = ("H126", "H163", "H169")
_EXAMPLE = {"type": "MESAJ", "recipientType": "BIREYSEL"}
_ONE_EXAMPLE = {**_EXAMPLE, "recipient": "+905992000001"}
_MANY_EXAMPLE = {**_EXAMPLE, "recipients": ["+905992000001", "+905992000002"]}

E = TypeVar("E", Channel, RecipientType)


class OneConsent(msgspec.Struct):
    type: str
    recipientType: str
    recipient: str


class OneConsentAndRetailers(OneConsent):
    retailerAccess: list[int]


class ManyConsents(msgspec.Struct):
    type: str
    recipientType: str
    recipients: list[str]


class ManyConsentsAndRetailers(ManyConsents):
    retailerAccess: list[int]


class Opened(msgspec.Struct):
    transactionId: str
    creationDate: str


class Pagination(msgspec.Struct):
    offset: int
    pageSize: int
    totalCount: int


class RetailersOfConsent(msgspec.Struct):
    pagination: Pagination
    list: list[retailer_api.RetailerRow]


@endpoint(
    "POST",
    _PATH,
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi izin erişimi ekleme",
    body=OneConsentAndRetailers,
    answer=Opened,
    codes=("H090", *_ONE, *_DEALERS, "H180", "H401"),
    example={**_ONE_EXAMPLE, "retailerAccess": [12313344]},
)
def open_access(call: Call) -> Opened:
    """Kayıtlı bir izni, erişimi olan bayilerin yanında başka bayilere de açar."""
    read = _Reading(call.body(dict, invalid="H090"))
    kind, recipients, codes = read.kind(call), [read.recipient()], read.dealers()
    read.end()
    _demand(call, kind.channel, Right.WRITE)
    call.note_recipients(recipients)
    number = str(uuid4())
    try:
        done = access.open_consent(
            kind=kind, recipient=recipients[0], codes=codes, actor=call.actor, now=call.now, reference=number
        )
    except access.RetailersUnknown as unknown:
        raise _strange(codes, unknown) from None
    except access.NoSuchConsent:
        raise refused("H401") from None
    return Opened(number, f"{done.at.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}")


@endpoint(
    "PUT",
    _PATH,
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi izin erişimi değiştirme",
    status=202,
    body=ManyConsentsAndRetailers,
    codes=("H171", *_MANY, *_DEALERS, "H180"),
    example={**_MANY_EXAMPLE, "retailerAccess": [12313344]},
)
def replace_access(call: Call) -> None:
    """İzinleri yalnızca bu bayilere açar; izni alan bayi de, listede yoksa, erişimini yitirir. Kayıtlı olmayan izinler
    atlanır."""
    read = _Reading(call.body(dict, invalid="H171"))
    kind, recipients, codes = read.kind(call), read.recipients(), read.dealers()
    read.end()
    _demand(call, kind.channel, Right.WRITE)
    call.note_recipients(recipients)
    try:
        access.replace(kind=kind, recipients=recipients, codes=codes, actor=call.actor, now=call.now)
    except access.RetailersUnknown as unknown:
        raise _strange(codes, unknown) from None


@endpoint(
    "POST",
    f"{_PATH}/remove",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi izin erişimi kaldırma",
    status=202,
    body=ManyConsentsAndRetailers,
    codes=("H172", *_MANY, *_DEALERS, "H058"),
    example={**_MANY_EXAMPLE, "retailerAccess": [12313344]},
)
def close_access(call: Call) -> None:
    """İzinleri bu bayilere kapatır. Kayıtlı olmayan izinler atlanır."""
    read = _Reading(call.body(dict, invalid="H172"))
    kind, recipients, codes = read.kind(call), read.recipients(), read.dealers()
    read.end()
    _demand(call, kind.channel, Right.WRITE)
    call.note_recipients(recipients)
    try:
        access.close(kind=kind, recipients=recipients, codes=codes, actor=call.actor, now=call.now)
    except access.RetailersUnknown as unknown:
        raise refused("H058", retailerCode=min(unknown.codes)) from None


@endpoint(
    "POST",
    f"{_PATH}/remove/all",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi izin erişimlerinin tümünü kaldırma",
    status=202,
    body=ManyConsents,
    codes=("H172", *_MANY),
    example=_MANY_EXAMPLE,
)
def close_all_access(call: Call) -> None:
    """İzinleri tüm bayilere kapatır. Kayıtlı olmayan izinler atlanır."""
    read = _Reading(call.body(dict, invalid="H172"))
    kind, recipients = read.kind(call), read.recipients()
    read.end()
    _demand(call, kind.channel, Right.WRITE)
    call.note_recipients(recipients)
    access.close(kind=kind, recipients=recipients, codes=None, actor=call.actor, now=call.now)


@endpoint(
    "POST",
    _LIST,
    f"{_PATH}/list",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="Bayi izin erişimi sorgulama",
    body=OneConsent,
    answer=RetailersOfConsent,
    query=(
        Parameter("offset", "integer", "Verinin gösterilmeye başlanacağı sıra (0'dan)."),
        Parameter("limit", "integer", "Bir sayfadaki en çok bayi (1–100, varsayılan 100)."),
    ),
    codes=("H173", *_ONE, "H182", "H183", "H186", "H187"),
    example=_ONE_EXAMPLE,
)
def list_access(call: Call) -> RetailersOfConsent:
    """İznin açık olduğu bayileri listeler; kayıtlı olmayan bir izin için liste boştur."""
    read = _Reading(call.body(dict, invalid="H173"))
    kind, recipient = read.kind(call), read.recipient()
    read.end()
    offset, limit = call.page(default=_MOST)
    _demand(call, kind.channel, Right.READ)
    call.note_recipients([recipient])
    found = retailers_with_access(kind, recipient)
    rows = retailer_api.rows_of(call.brand, list(found[offset : offset + limit]))
    return RetailersOfConsent(Pagination(offset, limit, found.count()), rows)


def _demand(call: Call, channel: Channel, right: Right) -> None:
    call.demand(PartnerChannel[channel.name], right)


def _strange(codes: list[int], unknown: access.RetailersUnknown) -> Refused:
    """Return the refusal that names every dealer who may not be given access, and where it stands in the list."""
    places = ((index, code) for index, code in enumerate(codes) if code in unknown.codes)
    return Refused([problem("H180", location=["retailerAccess", index], value=code) for index, code in places])


@dataclass
class _Reading:
    """A body that is read field by field; all that is wrong comes to light at the end."""

    body: dict[str, Any]
    wrong: list[Problem] = field(default_factory=list)

    def end(self) -> None:
        """Raise Refused if anything was wrong."""
        if self.wrong:
            raise Refused(self.wrong)

    def kind(self, call: Call) -> Kind:
        """Return which consents are meant; where that is wrong, some kind until the end."""
        channel = self._choice(Channel, "type", missing="H111", unknown="H117")
        recipient_type = self._choice(RecipientType, "recipientType", missing="H170", unknown="H116")
        self.channel = channel
        return Kind(call.brand, channel or Channel.MESAJ, recipient_type or RecipientType.BIREYSEL)

    channel: Channel | None = None

    def _choice(self, choices: type[E], name: str, *, missing: str, unknown: str) -> E | None:
        value = self.body.get(name)
        if value is None or value == "":
            self._note(missing, [name])
        elif not isinstance(value, str) or value not in choices.__members__:
            self._note(unknown, [name], value)
        else:
            return choices[value]
        return None

    def recipient(self) -> str:
        """Return the one recipient, as it is stored."""
        if self.body.get("recipient") in (None, ""):  # a set would hash what was sent
            self._note("H114", ["recipient"])
            return ""
        return self._recipient(self.body["recipient"], ["recipient"])

    def recipients(self) -> list[str]:
        """Return up to a hundred recipients, as they are stored, each once."""
        values = self._list("recipients", missing="H168", empty="H164", many="H127", other="H478")
        read = [self._recipient(value, ["recipients", index]) for index, value in enumerate(values)]
        return list(dict.fromkeys(read))

    def _recipient(self, value: Any, place: list[str | int]) -> str:
        text = value if isinstance(value, str) else "\0"
        recipient, code = read_recipient(text, self.channel)
        if code is not None:
            too_long = code == "H121" and len(text) > LONGEST and text.lstrip("+").isdecimal()
            self._note("H166" if too_long else "H121" if code == "H114" else code, place, value)
        return recipient

    def dealers(self) -> list[int]:
        """Return up to a hundred codes of dealers, numbers or their digits, in their order."""
        values = self._list("retailerAccess", missing="H169", empty="H163", many="H126", other="H163")
        return [self._dealer(value, index) for index, value in enumerate(values)]

    def _dealer(self, value: Any, index: int) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:9])
        if isinstance(value, int) and not isinstance(value, bool) and 10_000_000 <= value <= 99_999_999:
            return value
        self._note("H180", ["retailerAccess", index], value)
        return 0

    def _list(self, name: str, *, missing: str, empty: str, many: str, other: str) -> list[Any]:
        values = self.body.get(name)
        if values is None:
            self._note(missing, [name])
        elif not isinstance(values, list):
            self._note(other, [name], values)
        elif not values:
            self._note(empty, [name], values)
        elif len(values) > _MOST:
            self._note(many, [name], values)
        else:
            return values
        return []

    def _note(self, code: str, place: Iterable[str | int], value: Any = UNSET) -> None:
        self.wrong.append(problem(code, location=list(place), value=value))
