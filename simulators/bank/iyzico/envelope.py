"""What all of iyzico's endpoints have in common: signed requests, signed answers, errors as HTTP 200, faults."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from simulators.bank import faults, signing
from simulators.bank.config import running
from simulators.bank.instalments import CENT
from simulators.bank.ledger import Refusal

Data = dict[str, Any]
_AMOUNTS = ("price", "paidPrice")


@dataclass(frozen=True)
class Answer:
    """Fields of an answer, and the names of those that its signature covers, in their order."""

    fields: Data
    signed: tuple[str, ...] = ()


Handler = Callable[[Data], Answer]
View = Callable[..., HttpResponse]


def endpoint(kind: str, method: str = "POST") -> Callable[[Handler], View]:
    """Make a view of a handler. The handler gets the JSON object (of a GET: the query) and may raise Refusal."""

    def decorate(handler: Handler) -> View:
        @csrf_exempt
        def view(request: HttpRequest) -> HttpResponse:
            if request.method != method:
                return HttpResponse(status=405, headers={"Allow": method})
            if not _authorised(request):
                return _json(_failure({}, Refusal("1000", "Geçersiz imza")))
            data = _read(request)
            if data is None:
                return _json(_failure({}, Refusal("11", "Geçersiz istek")))
            return _answer(request, handler, data, faults.take(kind))

        view.__name__ = handler.__name__
        view.__doc__ = handler.__doc__
        return view

    return decorate


def _answer(request: HttpRequest, handler: Handler, data: Data, fault: faults.Fault | None) -> HttpResponse:
    name = faults.name_of(fault)
    faults.sleep(fault)
    if name == "drop-before":
        faults.drop(request)
        return HttpResponse(status=500)
    if name == "http-500":
        return _broken()
    try:
        answer = handler(data | ({"_fault": name} if name else {}))
        fields = _success(data) | answer.fields
        # Of the kind “charge” the bank itself took the wrong sum: the handler has seen to that.
        if name == "wrong-amount" and fault and fault.kind == "detail":
            fields |= {key: fields[key] - 1 for key in _AMOUNTS if fields.get(key) is not None}
        if answer.signed:
            values = [fields.get(key) for key in answer.signed]
            fields["signature"] = signing.answer_signature(running().iyzico_secret_key, values)
    except Refusal as refusal:
        fields = _failure(data, refusal)
    if name == "wrong-signature":
        fields["signature"] = "0" * 64
    if name == "drop-after":
        faults.drop(request)
    if name == "http-500-after":
        return _broken()
    response = _json(fields)
    if name == "malformed":
        response.content = response.content[: len(response.content) // 2]
    return response


def _broken() -> HttpResponse:
    return HttpResponse("<html><body><h1>500 Internal Server Error</h1></body></html>", status=500)


def _authorised(request: HttpRequest) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    bodies = [request.body]
    if request.method == "GET" and request.body in (b"", b"null"):
        bodies = [b"", b"null"]
    config = running()
    return signing.authorised(
        headers,
        path=request.path,
        bodies=bodies,
        api_key=config.iyzico_api_key,
        secret_key=config.iyzico_secret_key,
    )


def _read(request: HttpRequest) -> Data | None:
    if request.method == "GET":
        return {name: request.GET[name] for name in request.GET}
    try:
        data = json.loads(request.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _success(data: Data) -> Data:
    fields: Data = {"status": "success", "locale": str(data.get("locale") or "tr")}
    fields["systemTime"] = int(time.time() * 1000)
    if data.get("conversationId") is not None:
        fields["conversationId"] = str(data["conversationId"])
    return fields


def _failure(data: Data, refusal: Refusal) -> Data:
    fields = _success(data) | {"status": "failure", "errorCode": refusal.code, "errorMessage": refusal.message}
    return fields | ({"errorGroup": refusal.group} if refusal.group else {})


def _json(fields: Data) -> HttpResponse:
    # The protocol has amounts as JSON numbers: with two places they are written as they are.
    return HttpResponse(json.dumps(fields, default=float, ensure_ascii=False), content_type="application/json")


# --- Reading a request ------------------------------------------------------------------------------------------------
def text(data: Data, name: str, *, longest: int = 255) -> str:
    """Return a text, empty when it is not there. Raises Refusal when it is none or too long."""
    value = data.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > longest:
        raise Refusal("5000", f"{name} geçersiz")
    return str(value)


def required(data: Data, name: str) -> str:
    """Return a text that must be there. Raises Refusal."""
    value = text(data, name, longest=2000)
    if not value:
        raise Refusal("5001", f"{name} gönderilmelidir")
    return value


def amount(data: Data, name: str) -> Decimal:
    """Return an amount above zero with two places; clients send it as a number or as a text. Raises Refusal."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Refusal("5002", f"{name} gönderilmelidir")
    try:
        number = Decimal(value)
        exact = number.quantize(CENT)
    except InvalidOperation:
        raise Refusal("5003", f"{name} geçersiz") from None
    if not (number.is_finite() and 0 < number < 10_000_000 and exact == number):
        raise Refusal("5003", f"{name} geçersiz")
    return exact


def whole(data: Data, name: str, default: int) -> int:
    """Return a whole number, `default` when it is not there. Raises Refusal."""
    value = text(data, name, longest=18)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise Refusal("5004", f"{name} geçersiz")
    return int(value)
