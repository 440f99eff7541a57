"""The gate that a merchant's form is posted to (`3d_pay_hosting`)."""

import json
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from simulators.bank import faults, ledger, pages, signing
from simulators.bank.config import origin_of, running
from simulators.bank.ledger import Order
from simulators.bank.store import Channel

_STORE_TYPES = {"3d_pay_hosting", "3d_host"}
_TRY = "949"
_MOST_MONTHS = 12
#: A hosted merchant never sees these; one that sends them is told so.
_CARD_FIELDS = {"pan", "cv2", "ecom_payment_card_expdate_year", "ecom_payment_card_expdate_month"}


@csrf_exempt
@require_POST
def gate(request: HttpRequest) -> HttpResponse:
    """Check the form and its hash, note the payment, and show the card page."""
    fault = faults.take("initialize")
    faults.sleep(fault)
    if faults.name_of(fault) in {"drop-before", "drop-after"}:
        faults.drop(request)
    if fault and fault.name != "slow":
        return HttpResponse(status=500)
    fields = {name: request.POST[name] for name in request.POST}
    problem = _problem(fields)
    if problem:
        return pages.error(request, 400, problem)
    count = int(fields.get("taksit") or 1)
    amount = Decimal(fields["amount"])
    order = Order(
        conversation_id=fields["oid"],
        basket_id=fields["oid"],
        title=fields.get("description", "")[:200],
        price=amount,
        paid_price=amount,
        currency="TRY",
        counts=[count],
        return_url=fields["okUrl"],
        basket=[(fields["oid"], amount)],
        fields=json.dumps(fields),
    )
    payment = ledger.open_payment(Channel.NESTPAY, order)
    return HttpResponseRedirect(reverse("card", args=[payment.token]), status=303)


def _problem(fields: dict[str, str]) -> str:
    """Say what is wrong with a merchant's form, empty when nothing is."""
    signed = signing.nestpay_hash(fields, running().nestpay_store_key)
    given = next((value for name, value in fields.items() if name.lower() == "hash"), "")
    checks = {
        "Üye işyeri tanınmıyor.": fields.get("clientid") == running().nestpay_client_id != "",
        "Güvenlik kodu (hash) hatalı.": fields.get("hashAlgorithm") == "ver3" and signing.same(given, signed),
        "Üye işyeri türü (storetype) desteklenmiyor.": fields.get("storetype") in _STORE_TYPES,
        "Kart bilgisi üye işyerinden gelemez.": not _CARD_FIELDS & {name.lower() for name in fields},
        "İşlem türü (islemtipi) desteklenmiyor.": fields.get("islemtipi") == "Auth",
        "Para birimi desteklenmiyor.": fields.get("currency") == _TRY,
        "Tutar geçersiz.": _is_amount(fields.get("amount", "")),
        "Sipariş numarası (oid) geçersiz.": 0 < len(fields.get("oid", "")) <= 64,
        "Taksit sayısı geçersiz.": _is_count(fields.get("taksit", "")),
        "Dönüş adresi geçersiz.": bool(origin_of(fields.get("okUrl", "")) and origin_of(fields.get("failUrl", ""))),
    }
    return next((words for words, right in checks.items() if not right), "")


def _is_amount(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and 0 < value < 10_000_000 and value == value.quantize(Decimal("0.01"))


def _is_count(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and 2 <= int(text[:3]) <= _MOST_MONTHS)
