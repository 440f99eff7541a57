"""Endpoints that take lists of consents and say what came of them."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from consents.api.common import BRAND, FIELD_CODES, TAG, policy, right_on, strange_dealers, worded
from consents.api.reading import ConsentBody, batch_in
from consents.batch_selectors import BatchResults, ItemResult, results_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.rules.requests import read_request_id, sub_request_ids
from consents.rules.transaction import written
from consents.services.batches import Item, accept
from iys_portal.api.calls import Call
from iys_portal.api.errors import Refused, refused
from iys_portal.api.registry import Needs, endpoint
from partners.enums import Right

_CODES = (*FIELD_CODES, "H085", "H091", "H092", "H180", "H194", "P002")
_EXAMPLE = [
    {
        "type": "EPOSTA",
        "source": "HS_WEB",
        "recipient": "ornek@adiniz6.com",
        "status": "ONAY",
        "consentDate": "2026-11-23 09:40:00",
        "recipientType": "BIREYSEL",
    },
    {
        "type": "MESAJ",
        "source": "HS_MESAJ",
        "recipient": "+905992000000",
        "status": "ONAY",
        "consentDate": "2026-11-23 09:55:00",
        "recipientType": "BIREYSEL",
    },
]


class SubRequest(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """One consent of the list as it was understood, with the number under which its result stands."""

    type: str
    recipient: str
    status: str
    recipient_type: str
    sub_request_id: str
    creation_date: str
    source: str | UnsetType = UNSET
    consent_date: str | UnsetType = UNSET


class Accepted(msgspec.Struct, rename="camel"):
    """The list was taken in; its consents are recorded afterwards."""

    request_id: str
    sub_requests: list[SubRequest]


@endpoint(
    "POST",
    f"{BRAND}/consents/request",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Asenkron çoklu izin ekleme",
    status=202,
    body=list[ConsentBody],
    answer=Accepted,
    codes=_CODES,
    example=_EXAMPLE,
)
def add_batch_consent(call: Call) -> Accepted:
    """En çok 1000 izni birlikte işleme alır; sonuçları requestId ile sorgulanır. Alanlardan birinde hata varsa ya da
    bir izin listede iki kez geçiyorsa listenin tamamı reddedilir; kayıtlı izne uymayanlar sonuçta tek tek görünür."""
    return _accepted(call, repeats=False)


@endpoint(
    "POST",
    f"/v2{BRAND}/consents/request",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Asenkron çoklu izin ekleme (v2)",
    status=202,
    body=list[ConsentBody],
    answer=Accepted,
    codes=_CODES,
    example=_EXAMPLE,
)
def add_batch_consent_v2(call: Call) -> Accepted:
    """Çoklu izin eklemeden farkı: kayıtlı bir izin hiç değiştirilmeden yeniden gönderilirse başarılı sayılır; sonucu
    ilk kaydın transactionId değerini ve biliniyorsa onu kaydeden isteğin numaralarını taşır."""
    return _accepted(call, repeats=True)


def _accepted(call: Call, *, repeats: bool) -> Accepted:
    items = batch_in(call.request.body, policy=policy(), now=call.now, read_json=call.body)
    call.note_recipients([item.recipient for item in items])
    _demand_rights(call, items)
    if strange := strange_dealers(
        call,
        [
            (index, item.retailer_code, item.retailer_access)
            for index, item in enumerate(items)
            if item.retailer_code is not None or item.retailer_access
        ],
    ):
        raise Refused(strange)
    batch = accept(
        brand=call.brand,
        items=items,
        repeats=repeats,
        account_id=call.caller.pk,
        request_id=call.request_id,
        now=call.now,
    )
    creation_date = written(batch.received_at)
    return Accepted(
        str(batch.request_id),
        [
            SubRequest(
                _TYPES[item.channel],
                item.recipient,
                _STATUSES[item.status],
                _KINDS[item.recipient_type],
                number,
                creation_date,
                UNSET if item.source is None else _SOURCES[item.source],
                UNSET if item.consent_at is None else item.consent_at[:19],
            )
            for item, number in zip(items, sub_request_ids(batch.request_id, range(len(items))), strict=True)
        ],
    )


_TYPES, _STATUSES, _KINDS, _SOURCES = (
    {member.value: member.name for member in kind} for kind in (Channel, ConsentStatus, RecipientType, Source)
)


def _demand_rights(call: Call, items: list[Item]) -> None:
    """Refuse the whole list (403 P002) unless the caller may write on the channels of all of it."""
    lacking = {
        channel
        for channel in {item.channel for item in items}
        if call.lacks(right_on(Channel(channel)), Right.WRITE) is not None
    }
    problems = [
        call.lacks(right_on(Channel(item.channel)), Right.WRITE, index=index)
        for index, item in enumerate(items)
        if item.channel in lacking
    ]
    if problems:
        raise Refused([each for each in problems if each is not None])


# --- Results ----------------------------------------------------------------------------------------------------------
class ItemError(msgspec.Struct):
    """Why a consent was not recorded."""

    code: str
    message: str


class ResultItem(msgspec.Struct, rename="camel", omit_defaults=True):
    """What came of one consent. Its number stands under both spellings that İYS uses."""

    index: int
    status: str
    sub_request_id: str
    subrequest_id: str = msgspec.field(name="subrequestId")
    request_id: str | UnsetType = UNSET
    transaction_id: str | UnsetType = UNSET
    creation_date: str | UnsetType = UNSET
    error: ItemError | UnsetType = UNSET


class OriginalRequest(msgspec.Struct, rename="camel"):
    """The request that had recorded the same consent before."""

    request_id: str
    sub_request_id: str


class ResultItemV2(ResultItem, rename="camel", omit_defaults=True):
    """What came of one consent, and whether it had been recorded before."""

    is_add_consent_v2_service: bool | UnsetType = msgspec.field(name="isAddConsentV2Service", default=UNSET)
    original_request_information: OriginalRequest | UnsetType = UNSET


@endpoint(
    "GET",
    f"{BRAND}/consents/request/{{requestId}}",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Çoklu izin ekleme isteği sorgulama",
    answer=list[ResultItem],
    codes=("H198", "H199", "H400"),
)
def search_request_details(call: Call) -> list[ResultItem]:
    """Bir çoklu ekleme isteğinin izinlerini sonuçlarıyla verir: success kaydedildi, failure kaydedilemedi, enqueue
    sırada. Sonuçlar 60 gün saklanır; bilinmeyen ve daha eski istekler için liste boştur."""
    found = _results(call)
    return [] if found is None else [_item(ResultItem, found, *each) for each in _with_parts(found)]


@endpoint(
    "GET",
    f"/v2{BRAND}/consents/request/{{requestId}}",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Çoklu izin ekleme isteği sorgulama (v2)",
    answer=list[ResultItemV2],
    codes=("H198", "H199", "H400"),
)
def search_request_details_v2(call: Call) -> list[ResultItemV2]:
    """İstek sorgulamadan farkı: isteğin v2 ile eklenip eklenmediğini ve daha önce kaydedilmiş bir iznin hangi istekle
    kaydedildiğini de söyler."""
    found = _results(call)
    if found is None:
        return []
    items = []
    for result, part in _with_parts(found):
        item = _item(ResultItemV2, found, result, part)
        item.is_add_consent_v2_service = found.repeats
        if result.original is not None:
            item.original_request_information = OriginalRequest(str(result.original[0]), result.original[1])
        items.append(item)
    return items


def _results(call: Call) -> BatchResults | None:
    written_id = call.places["requestId"]
    request_id, wrong = read_request_id(written_id)
    if wrong is not None:
        raise refused(wrong, location=["requestId"], value=written_id)
    if request_id is None:
        return None
    return results_of(call.provider, call.brand, request_id, now=call.now)


def _with_parts(found: BatchResults) -> Iterator[tuple[ItemResult, str]]:
    parts = sub_request_ids(found.request_id, [result.position for result in found.items])
    return zip(found.items, parts, strict=True)


def _item(kind: type[Any], found: BatchResults, result: ItemResult, part: str) -> Any:
    if result.code:
        why = worded(result.code)
        return kind(result.position, "failure", part, part, error=ItemError(why.code, why.message))
    if result.transaction_id is None:
        return kind(result.position, "enqueue", part, part)
    return kind(
        *(result.position, "success", part, part, str(found.request_id), result.transaction_id),
        creation_date=result.created_at,
    )
