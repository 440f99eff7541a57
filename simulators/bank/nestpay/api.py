"""The XML interface (`CC5Request`): how an order stands, its history, void and credit."""

from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from simulators.bank import faults, ledger, signing, store
from simulators.bank.config import running
from simulators.bank.iyzico.payloads import moment
from simulators.bank.ledger import Refusal
from simulators.bank.nestpay.answers import return_code
from simulators.bank.store import Channel, Payment, State, lira

Fields = dict[str, Any]
_STATES = {State.CAPTURED: "C", State.CANCELLED: "V", State.DECLINED: "D"}
_TRY = "949"


@csrf_exempt
@require_POST
def api(request: HttpRequest) -> HttpResponse:
    """Answer one CC5Request; it comes as the form field DATA or as the body."""
    asked = _read(request)
    if asked is None:
        return _xml(_refused("", Refusal("CORE-2001", "XML request is invalid")))
    fault = faults.take(_kind(asked))
    name = faults.name_of(fault)
    faults.sleep(fault)
    if name == "drop-before":
        faults.drop(request)
    if name in {"drop-before", "http-500"}:
        return HttpResponse(status=500)
    try:
        answer = _answer(asked, wrong_amount=name == "wrong-amount")
    except Refusal as refusal:
        answer = _refused(asked.findtext("OrderId") or "", refusal)
    if name == "drop-after":
        faults.drop(request)
    if name in {"drop-after", "http-500-after"}:
        return HttpResponse(status=500)
    response = _xml(answer)
    if name == "malformed":
        response.content = response.content[: len(response.content) // 2]
    return response


def _read(request: HttpRequest) -> Element | None:
    body = request.POST.get("DATA", "").encode() or request.body
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root if root.tag == "CC5Request" else None


def _kind(asked: Element) -> str:
    return {"Void": "cancel", "Credit": "refund"}.get(asked.findtext("Type") or "", "detail")


def _answer(asked: Element, *, wrong_amount: bool) -> Fields:
    config = running()
    given = [asked.findtext(name) or "" for name in ("ClientId", "Name", "Password")]
    wanted = [config.nestpay_client_id, config.nestpay_api_user, config.nestpay_api_password]
    if not all(wanted) or not signing.same("\n".join(given), "\n".join(wanted)):
        raise Refusal("CORE-2005", "Insufficient permissions to perform requested operation.")
    order = asked.findtext("OrderId") or ""
    kind = asked.findtext("Type")
    payment = _latest(order)
    if kind == "Void":
        ledger.cancel(_paid(payment), conversation_id="")
        return _done(_paid(payment))
    if kind == "Credit":
        ledger.refund(_paid(payment), _total(asked, _paid(payment)), conversation_id="")
        return _done(_paid(payment))
    if asked.findtext("Extra/ORDERHISTORY") == "QUERY":
        return _history(order, payment)
    if asked.findtext("Extra/ORDERSTATUS") == "QUERY":
        return _status(order, payment, wrong_by=100 if wrong_amount else 0)
    raise Refusal("CORE-2009", "Transaction type is invalid.")


def _latest(order: str) -> Payment | None:
    """Return the order's payment: the one that was paid, else the latest that was tried."""
    with store.transaction() as database:
        found = store.find(database, "conversation_id", order)
    return ledger.expire(found) if found and found.channel == Channel.NESTPAY else None


def _paid(payment: Payment | None) -> Payment:
    if payment is None:
        raise Refusal("CORE-2008", "No order found.")
    return payment


def _total(asked: Element, payment: Payment) -> Decimal:
    try:
        total = Decimal(asked.findtext("Total") or str(lira(payment.paid_price)))
        exact = total.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Refusal("CORE-2010", "Total is invalid.") from None
    if exact != total or total <= 0 or (asked.findtext("Currency") or _TRY) != _TRY:
        raise Refusal("CORE-2010", "Total is invalid.")
    return exact


def _done(payment: Payment) -> Fields:
    fields = _head(payment.basket_id, "Approved", "00", "")
    fields |= {"AuthCode": payment.auth_code, "HostRefNum": payment.host_reference, "TransId": payment.id}
    return fields | {"Extra": {"NUMCODE": "00"}}


def _refused(order: str, refusal: Refusal) -> Fields:
    return _head(order, "Error", "99", refusal.message) | {"Extra": {"ERRORCODE": refusal.code, "NUMCODE": "99"}}


def _head(order: str, response: str, code: str, message: str) -> Fields:
    return {"OrderId": order, "GroupId": order, "Response": response, "ProcReturnCode": code, "ErrMsg": message}


def _status(order: str, payment: Payment | None, *, wrong_by: int) -> Fields:
    """Say how an order stands; one whose card was never typed is not known to the bank."""
    if payment is None or not payment.finished:
        return _unknown(order) | {"Extra": {"NUMCODE": "0", "ORDERSTATUS": "ORD_ID:\tCHARGE_TYPE_CD:\tTRANS_STAT:"}}
    with store.transaction() as database:
        credited = any(part.kind == "refund" for part in store.refunds(database, payment.id))
    amount = str(payment.paid_price - wrong_by)
    when = f"{moment(payment.ended)}.000"
    extra = {
        "ORD_ID": order,
        # Of the order's latest transaction: a sale, or a credit of it.
        "CHARGE_TYPE_CD": "C" if credited else "S",
        "ORIG_TRANS_AMT": amount,
        "CAPTURE_AMT": amount if payment.taken else "",
        "TRANS_STAT": _STATES[State(payment.state)],
        "AUTH_DTTM": when,
        "CAPTURE_DTTM": when if payment.taken else "",
        "AUTH_CODE": payment.auth_code,
        "TRANS_ID": str(payment.id),
    }
    line = "\t".join(f"{name}:{value}" for name, value in extra.items())
    extra |= {
        "ORDERSTATUS": line,
        "HOST_REF_NUM": payment.host_reference,
        "MDSTATUS": str(payment.md_status),
        "PAN": f"{payment.bin[:4]} {payment.bin[4:]}** **** {payment.last4}" if payment.bin else "",
        "PROC_RET_CD": "00" if payment.taken else return_code(payment.error),
        "NUMCODE": "0",
    }
    fields = _head(order, "Approved", "00", f"Record(s) found for {order}")
    return fields | {"TransId": payment.id, "Extra": extra}


def _unknown(order: str) -> Fields:
    return _head("", "Declined", "99", f"No record found for {order}") | {"TransId": ""}


def _history(order: str, payment: Payment | None) -> Fields:
    """List what happened to an order, one tab-separated line each: sale, then what was given back."""
    if payment is None or not payment.finished:
        return _unknown(order) | {"Extra": {"NUMCODE": "0", "TRXCOUNT": "0"}}
    with store.transaction() as database:
        given = store.refunds(database, payment.id)
    lines = [("S", _STATES[State(payment.state)], payment.paid_price, payment.ended, payment.auth_code, payment.id)]
    lines += [("C", "C", part.amount, part.at, part.auth_code, part.id) for part in given if part.kind == "refund"]
    extra = {
        f"TRX{place}": f"{kind}\t{state}\t{amount}\t{amount}\t{moment(at)}.000\t{moment(at)}.000\t{code}\t{number}"
        for place, (kind, state, amount, at, code, number) in enumerate(lines, 1)
    }
    fields = _head(order, "Approved", "00", "")
    return fields | {"Extra": extra | {"TRXCOUNT": str(len(lines)), "NUMCODE": "0"}}


def _xml(fields: Fields) -> HttpResponse:
    root = Element("CC5Response")
    for name, value in fields.items():
        child = SubElement(root, name)
        if isinstance(value, dict):
            for inner, text in value.items():
                SubElement(child, inner).text = str(text)
        else:
            child.text = str(value)
    return HttpResponse(tostring(root, encoding="utf-8", xml_declaration=True), content_type="text/xml; charset=utf-8")
