"""Endpoints that say what is recorded: one consent, a thousand recipients, a history, what changed."""

import msgspec
from msgspec import UNSET, UnsetType

from brands.selectors import retailer_with_code
from consents.access_selectors import Kind, access_count
from consents.api.common import BRAND, TAG, readable_channels, right_on
from consents.api.reading import Key, key_in, recipients_in
from consents.api_selectors import Change, approved_among, changes_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent, ConsentEvent
from consents.rules.requests import read_after
from consents.rules.transaction import written
from consents.selectors import address_rows, history_of, id_of, last_event
from iys_portal.api.calls import Call
from iys_portal.api.errors import Refused, problem, refused
from iys_portal.api.handling import Answer
from iys_portal.api.registry import Hourly, Needs, Parameter, endpoint
from iys_portal.shared.crypto import decrypt
from partners.enums import Right

_KEY_CODES = ("H097", "H111", "H114", "H116", "H117", "H120", "H121", "H122", "H160", "H166", "H170", "P002")
_KEY_EXAMPLE = {"recipient": "ornekeposta@ornekeposta.com", "recipientType": "BIREYSEL", "type": "EPOSTA"}
_MOST_HISTORY = 10_000
_MOST_CHANGES = 1000


class KeyBody(msgspec.Struct, rename="camel"):
    """Which consent is asked for."""

    recipient: str
    recipient_type: str
    type: str


class Recorded(msgspec.Struct, rename="camel", omit_defaults=True):
    """A consent as it is recorded. A merchant's first record may lack date and source."""

    recipient: str
    recipient_type: str
    status: str
    type: str
    creation_date: str
    transaction_id: str
    consent_date: str | UnsetType = UNSET
    source: str | UnsetType = UNSET


class Details(Recorded, rename="camel", omit_defaults=True, kw_only=True):
    """A consent as it is recorded, and the dealers: who collected it, and how many see it."""

    retailer_code: int | UnsetType = UNSET
    retailer_title: str | UnsetType = UNSET
    retailer_access_count: int


@endpoint(
    "POST",
    f"{BRAND}/consents/status",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Tekil izin durumu sorgulama",
    body=KeyBody,
    answer=Details,
    codes=(*_KEY_CODES, "P001"),
    hourly=Hourly.STATUS,
    example=_KEY_EXAMPLE,
)
def get_consent_status(call: Call) -> Details:
    """Bir iznin kayıtlı durumunu verir. Kayıt yoksa 404 ile P001 döner."""
    key = _key(call)
    current = _current(call, key)
    event = last_event(current)
    if current is None or event is None:
        raise refused("P001")
    row = _recorded(call, event)
    kind = Kind(call.brand, key.channel, key.recipient_type)
    details = Details(
        **{name: getattr(row, name) for name in row.__struct_fields__},
        retailer_access_count=access_count(kind, key.recipient),
    )
    if event.retailer_code is not None:
        details.retailer_code = event.retailer_code
        dealer = retailer_with_code(call.brand, event.retailer_code).first()
        details.retailer_title = UNSET if dealer is None else dealer.title
    return details


class RecipientsBody(msgspec.Struct):
    """Up to a thousand recipients of one channel."""

    recipients: list[str]


class Approved(msgspec.Struct, rename="camel"):
    """Those of the recipients who have approved, in the order asked."""

    request_id: str
    list: list[str]


@endpoint(
    "POST",
    f"{BRAND}/consents/{{recipientType}}/status/{{type}}",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Çoklu izin durumu sorgulama",
    body=RecipientsBody,
    answer=Approved,
    codes=("H116", "H117", "H127", "H164", "H168", "H193", "H403", "H464", "H478", "P002"),
    example={"recipients": ["+905992000000", "+905992000001"]},
)
def get_multiple_consent_status(call: Call) -> Approved:
    """En çok 1000 alıcıdan ONAY durumunda olanları verir; ret verenler ve kaydı olmayanlar listede yer almaz."""
    channel, kind = _of_path(call)
    call.demand(right_on(channel), Right.READ)
    recipients = recipients_in(call.body(), channel)
    call.note_recipients(recipients)
    found = approved_among(call.brand, recipients, channel=channel.value, recipient_type=kind.value)
    return Approved(str(call.request_id), found)


def _of_path(call: Call) -> tuple[Channel, RecipientType]:
    type_, kind = call.places["type"], call.places["recipientType"]
    problems = []
    if kind not in RecipientType.__members__:
        problems.append(problem("H116", location=["recipientType"], value=kind))
    if type_ not in Channel.__members__:
        problems.append(problem("H117", location=["type"], value=type_))
    if problems:
        raise Refused(problems)
    return Channel[type_], RecipientType[kind]


class Pagination(msgspec.Struct, rename="camel"):
    """How many movements there are, how many of them stand here, from which on."""

    total_count: int
    page_size: int
    offset: int


class History(msgspec.Struct):
    """The movements of a consent, newest date first."""

    list: list[Recorded]
    pagination: Pagination


@endpoint(
    "POST",
    f"{BRAND}/consents/history",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="İzin geçmişi listeleme",
    body=KeyBody,
    answer=History,
    query=(
        Parameter("limit", "integer", "Listelenecek hareket sayısı, en çok 100. Varsayılan: 100"),
        Parameter("offset", "integer", "Listenin başladığı sıra. Varsayılan: 0"),
    ),
    codes=(*_KEY_CODES, "H182", "H183", "H186", "H187"),
    hourly=Hourly.HISTORY,
    example=_KEY_EXAMPLE,
)
def list_consent_history(call: Call) -> History:
    """Bir iznin bütün hareketlerini izin tarihine göre yeniden eskiye doğru verir."""
    offset, limit = call.page(default=100)
    current = _current(call, _key(call))
    events = [] if current is None else history_of(call.provider.pk, [current], limit=_MOST_HISTORY)
    events.sort(key=lambda event: (event.consent_at is not None, event.consent_at, event.seq), reverse=True)
    rows = [_recorded(call, event) for event in events[offset : offset + limit]]
    return History(rows, Pagination(len(events), len(rows), offset))


def _key(call: Call) -> Key:
    key = key_in(call.body())
    call.note_recipients([key.recipient])
    call.demand(right_on(key.channel), Right.READ)
    return key


def _current(call: Call, key: Key) -> Consent | None:
    return address_rows(call.provider.pk, key.recipient).consent(call.brand.pk, key.channel, key.recipient_type)


def _recorded(call: Call, event: ConsentEvent) -> Recorded:
    return Recorded(
        recipient=event.recipient,
        recipient_type=RecipientType(event.recipient_type).name,
        status=ConsentStatus(event.status).name,
        type=Channel(event.channel).name,
        creation_date=written(event.created_at),
        transaction_id=id_of(event, call.provider, call.brand.code),
        consent_date=written(event.consent_at) or UNSET,
        source=UNSET if event.source is None else Source(event.source).name,
    )


# --- Changes ----------------------------------------------------------------------------------------------------------
class Changed(Recorded, rename="camel", omit_defaults=True):
    """A movement as it was recorded. A citizen who added the brand by themselves (IYS_WEB_YENI) may be named."""

    citizen_name: str | UnsetType = UNSET


class Changes(msgspec.Struct):
    """Movements in the order of their recording; `after` names the last of them, for the next question."""

    after: str
    list: list[Changed]


@endpoint(
    "GET",
    f"{BRAND}/consents/changes",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="İzin hareketi sorgulama",
    answer=Changes,
    query=(
        Parameter("after", "string", "Önceki yanıtın after değeri: liste ondan sonraki hareketle başlar."),
        Parameter("limit", "integer", "Listelenecek hareket sayısı, en çok 1000. Varsayılan: 1000"),
        Parameter("source", "string", "HS: sizin ilettikleriniz, IYS: alıcıların kendi hareketleri. Varsayılan: IYS"),
    ),
    codes=("H093", "H506", "H507", "P002"),
    also=(204,),
)
def pull_consent(call: Call) -> Changes | Answer:
    """Son 7 günün izin hareketlerini kayıt sırasıyla verir; son bir saatin hareketleri listelenmez. Hareket yoksa yanıt
    204'tür. İş ortakları yalnızca okuyabildikleri kanalların hareketlerini görür. citizenName, markaya kendisi izin
    ekleyen alıcının (IYS_WEB_YENI) adıdır."""
    citizens, limit = _source(call), _limit(call)
    after = None
    if (text := call.query("after")) is not None and (after := read_after(text)) is None:
        raise refused("H093", location=["after"], value=text)
    channels = readable_channels(call)
    if not channels:
        raise refused("P002")
    found = changes_of(
        call.brand,
        iys_code=call.provider.iys_code,
        after=after,
        channels=channels,
        citizens=citizens,
        limit=limit,
        now=call.now,
    )
    if found is None:
        raise refused("H093", location=["after"], value=text)
    if not found:
        return Answer(status=204)
    return Changes(f"{found[-1].second}_{found[-1].transaction_id}", [_changed(change) for change in found])


def _source(call: Call) -> bool:
    source = call.query("source")
    if source not in (None, "HS", "IYS"):
        raise refused("H506", location=["source"], value=source)
    return source != "HS"


def _limit(call: Call) -> int:
    limit = call.query("limit")
    if limit is None:
        return _MOST_CHANGES
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) <= _MOST_CHANGES):
        raise refused("H507", location=["limit"], value=limit)
    return int(limit[:9])


_SOURCES = {source.value: source.name for source in Source}


def _changed(change: Change) -> Changed:
    return Changed(
        *(change.recipient, change.recipient_type, change.status, change.channel, change.created_at),
        change.transaction_id,
        UNSET if change.consent_at is None else change.consent_at,
        UNSET if change.source is None else _SOURCES[change.source],
        UNSET if change.citizen_encrypted is None else decrypt(change.citizen_encrypted).decode(),
    )
