"""Endpoints of push: register addresses, list them, take them away."""

import msgspec
from msgspec import UNSET

from consents.enums import Channel
from iys_portal.api.calls import Call
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.api.registry import Needs, endpoint
from iys_portal.shared.clock import ISTANBUL
from partners.enums import Channel as PartnerChannel
from partners.enums import Right
from push.rules import MOST_AT_ONCE, REGISTERED_WITHIN, Fault, PushRefused, RegistrationBusy, Wanted, examine
from push.selectors import connections_of
from push.services import connections

_TAG = "İZİN YÖNETİMİ"
_CODES = ("H014", "H093", "H111", "H117", "H191", "H530", "H531", "P002")
_EXAMPLE = {
    "url": "https://ornek.com.tr/iys/push",
    "type": "EPOSTA",
    "username": "Api123",
    "password": "3Kn.ls76412",
}


class ConnectionBody(msgspec.Struct):
    url: str
    type: str
    username: str
    password: str


class Registration(msgspec.Struct):
    connection: list[ConnectionBody]


class Done(msgspec.Struct):
    message: str


class ConnectionRow(msgspec.Struct):
    url: str
    type: str
    status: str
    registerTime: str


@endpoint(
    "POST",
    "/sps/{iysCode}/brands/{brandCode}/push/registration",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="İzin hareketi iletimi (push) – bağlantı oluşturma",
    body=Registration,
    answer=Done,
    codes=_CODES,
    example={"connection": [_EXAMPLE]},
)
def register_push(call: Call) -> Done:
    """Alıcıların İYS'de yaptığı hareketlerin gönderileceği adresleri kaydeder. Adres https olmalı, temel kimlik
    doğrulaması (Basic) istemeli ve 5 saniye içinde yanıt vermelidir; kayıt sırasında test verisi gönderilir. Her kanal
    için en çok iki adres kaydedilebilir; ya hepsi kaydedilir ya hiçbiri. Kayıtlar tek tek denenir: biri sürerken gelen
    istek 503 ve Retry-After ile yanıtlanır. Gönderimler X-IYS-Signature başlığıyla
    imzalanır; anahtar Anlık bildirimler sayfasındadır."""
    given = call.body(dict, invalid="H014").get("connection")
    if not isinstance(given, list) or not given or len(given) > MOST_AT_ONCE:
        raise Refused([problem("H014", location=["connection"])])
    wanted: list[Wanted] = []
    faults: list[Fault] = []
    for index, entry in enumerate(given):
        one, wrong = examine(entry, index)
        faults += wrong
        if one is not None:
            wanted.append(one)
    if faults:
        raise _refused(faults)
    _demand(call, wanted)
    try:
        connections.register(brand=call.brand, wanted=wanted, actor=call.actor, now=call.now, partner=call.partner)
    except PushRefused as refusal:
        raise _refused(refusal.faults) from None
    except RegistrationBusy:
        raise refused("H192", headers={"Retry-After": str(round(REGISTERED_WITHIN))}) from None
    return Done("Bağlantı oluşturuldu")


@endpoint(
    "GET",
    "/sps/{iysCode}/brands/{brandCode}/push/registration",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="İzin hareketi iletimi (push) – bağlantı durumu sorgulama",
    answer=list[ConnectionRow],
)
def list_push(call: Call) -> list[ConnectionRow]:
    """Markanın kaldırılmamış bağlantılarını ve durumlarını verir. İş ortakları kendi kaydettiklerini görür."""
    return [
        ConnectionRow(
            each.url,
            Channel(each.channel).name,
            each.get_state_display(),
            f"{each.state_at.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}",
        )
        for each in connections_of(call.brand, call.partner)
    ]


@endpoint(
    "POST",
    "/sps/{iysCode}/brands/{brandCode}/push/unregistration",
    needs=Needs.RIGHT,
    tag=_TAG,
    summary="İzin hareketi iletimi (push) – bağlantı kaldırma",
    body=ConnectionBody,
    answer=Done,
    codes=_CODES,
    example=_EXAMPLE,
)
def unregister_push(call: Call) -> Done:
    """Bir bağlantıyı kaldırır; adres, kanal, kullanıcı adı ve parola kayıtla aynı olmalıdır."""
    wanted, faults = examine(call.body(dict, invalid="H014"))
    if wanted is None:
        raise _refused(faults)
    _demand(call, [wanted])
    try:
        connections.unregister(brand=call.brand, wanted=wanted, actor=call.actor, now=call.now, partner=call.partner)
    except PushRefused as refusal:
        raise _refused(refusal.faults) from None
    return Done("Bağlantı Kaldırıldı")


def _demand(call: Call, wanted: list[Wanted]) -> None:
    """Whoever gets movements of a channel must be allowed to read it."""
    for channel in dict.fromkeys(one.channel for one in wanted):
        call.demand(PartnerChannel[channel.name], Right.READ)


def _refused(faults: list[Fault] | tuple[Fault, ...]) -> Refused:
    """Return the refusal in İYS's words; `index` where another connection than the first is meant."""
    return Refused(
        [
            Problem(
                fault.rule.code,
                fault.rule.message,
                [fault.field] if fault.field else UNSET,
                UNSET if fault.value is None else fault.value,
                fault.index or UNSET,
            )
            for fault in faults
        ],
        status=422,
    )
