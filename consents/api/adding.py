"""Endpoints that record one consent."""

from typing import Any

import msgspec

from consents.api.common import BRAND, FIELD_CODES, TAG, policy, refused_by_register, right_on, strange_dealers
from consents.api.reading import ConsentBody, consent_in
from consents.enums import Way
from consents.rules.transaction import written
from consents.services import ConsentRefused, Origin, record_consent
from iys_portal.api.calls import Call
from iys_portal.api.errors import Refused
from iys_portal.api.registry import Needs, endpoint
from partners.enums import Right

_CODES = (*FIELD_CODES, "H085", "H174", "H175", "H178", "H180", "H462", "H463", "H525", "P002")
_EXAMPLE = {
    "consentDate": "2026-11-23 12:07:07",
    "source": "HS_CAGRI_MERKEZI",
    "recipient": "ornekeposta@ornekeposta.com",
    "recipientType": "BIREYSEL",
    "status": "ONAY",
    "type": "EPOSTA",
}


class Added(msgspec.Struct, rename="camel"):
    """The number of the movement and when it was recorded."""

    transaction_id: str
    creation_date: str


@endpoint(
    "POST",
    f"{BRAND}/consents",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Tekil izin ekleme",
    body=ConsentBody,
    answer=Added,
    codes=_CODES,
    example=_EXAMPLE,
)
def add_consent(call: Call) -> Added:
    """Alıcıdan alınan tek bir izni ekler ya da günceller. Onaylar da retler de kayıtlı izinden daha yeni tarihli
    olmalıdır; kaydı olmayan bir alıcıya ret eklenemez. İzinler alındıktan sonra üç iş günü içinde eklenir."""
    return _added(call, repeats=False)


@endpoint(
    "POST",
    f"/v2{BRAND}/consents",
    needs=Needs.RIGHT,
    tag=TAG,
    summary="Tekil izin ekleme (v2)",
    body=ConsentBody,
    answer=Added,
    codes=_CODES,
    example=_EXAMPLE,
)
def add_consent_v2(call: Call) -> Added:
    """Tekil izin eklemeden farkı: son eklenen izin hiç değiştirilmeden yeniden gönderilirse hata değil, ilk eklemenin
    transactionId değeri döner. Yanıtı alınamayan bir istek güvenle yinelenebilir. Yalnızca retailerAccess
    farklıysa izin, listedeki yeni bayilere de açılır."""
    return _added(call, repeats=True)


def _added(call: Call, *, repeats: bool) -> Added:
    raw: Any = call.body()
    asked = consent_in(raw, policy=policy(), now=call.now)
    movement = asked.movement
    call.note_recipients([movement.recipient])
    call.demand(right_on(movement.channel), Right.WRITE)
    if strange := strange_dealers(call, [(None, asked.retailer_code, asked.retailer_access)]):
        raise Refused(strange)
    try:
        recorded = record_consent(
            provider=call.provider,
            brand=call.brand,
            movement=movement,
            origin=Origin(Way.API, program=call.actor),
            policy=policy(),
            now=call.now,
            retailer_code=asked.retailer_code,
            retailer_access=asked.retailer_access,
            repeats=repeats,
        )
    except ConsentRefused as refusal:
        raise refused_by_register(refusal.faults, raw) from None
    return Added(recorded.transaction_id, written(recorded.created_at))
