"""Endpoints of reconciliation (mutabakat): the hash of a day's file, the agreement on it, its time stamp, the file."""

from typing import Any

import msgspec

from consents.statistics_api import report_date
from iys_portal.api.calls import Call
from iys_portal.api.errors import refused
from iys_portal.api.handling import Answer
from iys_portal.api.registry import Needs, endpoint
from reports.enums import FileState
from reports.models import DailyFile
from reports.selectors.files import content_of, daily_file
from reports.services.daily_files import agree

_TAG = "GÜNLÜK RAPORLAMA"
_PATH = "/sps/{iysCode}/brands/{brandCode}/agreements/{reportDate}"
_DATES = ("H501", "H502")
_NOTHING = Answer(status=204)


class Agreement(msgspec.Struct, omit_defaults=True):
    processStatus: str
    hashMethod: str
    agreementStatus: bool
    hashValue: str | msgspec.UnsetType = msgspec.UNSET


class Agreed(msgspec.Struct):
    agreementStatus: bool


class Captured(msgspec.Struct):
    agreementCaptured: bool


@endpoint(
    "GET",
    _PATH,
    needs=Needs.AGREEMENT,
    tag=_TAG,
    summary="Mutabakat bilgisi sorgulama",
    answer=Agreement,
    codes=_DATES,
    also=(204,),
)
def get_agreement(call: Call) -> Agreement | Answer:
    """Günün dosyasının SHA-384 özetini, hazırlanma durumunu ve mutabık kalınıp kalınmadığını verir. Dosya gün bittikten
    sonra hazırlanır; o gün hareket yoksa yanıt 204'tür."""
    file = _file(call)
    if file is None:
        return _NOTHING
    found = Agreement(file.state, "SHA-384", file.agreed_at is not None)
    if file.sha384:
        found.hashValue = file.sha384
    return found


@endpoint(
    "PUT",
    _PATH,
    needs=Needs.AGREEMENT,
    tag=_TAG,
    summary="Mutabakat bilgisi kaydetme",
    body=Agreed,
    answer=Captured,
    codes=("H014", *_DATES, "H512"),
    also=(204,),
    example={"agreementStatus": True},
)
def put_agreement(call: Call) -> Captured | Answer:
    """Kendi dosyanızın özeti İYS'ninkiyle aynıysa bunu bildirir. Hazır bir dosya yoksa yanıt 204'tür."""
    body = call.body(dict[str, Any], invalid="H014")
    report_date(call)
    if body.get("agreementStatus") is not True:
        raise refused("H512", location=["agreementStatus"])
    file = _made(call)
    if file is None:
        return _NOTHING
    agree(file=file, actor=call.actor, now=call.now, sha384=file.sha384)
    return Captured(agreementCaptured=True)


@endpoint(
    "GET",
    f"{_PATH}/timestamp",
    needs=Needs.AGREEMENT,
    tag=_TAG,
    summary="Zaman damgası dosyası indirme",
    answer=bytes,
    answer_type="text/plain",
    codes=_DATES,
    also=(204,),
)
def get_timestamp(call: Call) -> Answer:
    """Günün dosyasının o tarihteki varlığını kanıtlayan RFC 3161 zaman damgası yanıtını (.tsr) verir; damga henüz
    alınmadıysa yanıt 204'tür."""
    file = _made(call)
    if file is None or file.stamp is None:
        return _NOTHING
    return Answer(bytes(file.stamp), status=200, content_type="text/plain", headers=_saved_as(file, "tsr"))


@endpoint(
    "GET",
    "/sps/{iysCode}/brands/{brandCode}/changes/{reportDate}/file",
    needs=Needs.AGREEMENT,
    tag=_TAG,
    summary="Günlük izin hareket dosyası indirme",
    answer=bytes,
    answer_type="text/csv",
    codes=_DATES,
    also=(204,),
)
def get_file(call: Call) -> Answer:
    """Günün tüm hareketlerini içeren CSV dosyasını verir; özeti mutabakat bilgisindeki özetle aynıdır. Hazır bir dosya
    yoksa yanıt 204'tür."""
    file = _made(call)
    if file is None:
        return _NOTHING
    headers = {**_saved_as(file, "csv"), "Content-Length": str(file.size)}
    return Answer(content_of(file), status=200, content_type="text/csv; charset=utf-8", headers=headers)


def _file(call: Call) -> DailyFile | None:
    return daily_file(call.provider.pk, call.brand.pk, report_date(call))


def _made(call: Call) -> DailyFile | None:
    file = _file(call)
    return file if file is not None and file.state == FileState.COMPLETED else None


def _saved_as(file: DailyFile, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file.filename}.{ending}"'}
