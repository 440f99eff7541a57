"""From a request to its answer: find the endpoint, know the caller, call the function, answer in İYS's form."""

import threading
import time
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.models import ApiAccount
from accounts.rules import lets_in
from accounts.services.api_tokens import account_with, live_session, note_use
from iys_portal.api import log
from iys_portal.api.brief import begin_call, briefly, know_changes
from iys_portal.api.calls import Call
from iys_portal.api.errors import Errors, Refused, refused
from iys_portal.api.limits import count_call, count_token
from iys_portal.api.reach import code_in, reach
from iys_portal.api.registry import Endpoint, Needs, find, methods_of
from iys_portal.api.tokens import session_of
from iys_portal.throttling import address_of, exact_address_of

logger = structlog.get_logger(__name__)

JSON = "application/json"
SANDBOX_HEADER = "X-IYS-Ortam"
"""Stands in the answers to sandbox accounts."""
_BUSY = {"Retry-After": "5"}
_TRUSTED = 1.0


class Answer:
    """What an endpoint returns where more is to be said than a body with the declared status.

    A body that is an iterator of bytes is sent piece by piece; its Content-Length should stand in the headers.
    """

    def __init__(
        self,
        body: Any = None,
        *,
        status: int,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body, self.status, self.content_type, self.headers = body, status, content_type, headers or {}


def handle(request: HttpRequest) -> HttpResponseBase:
    """Answer a request to the API. Whatever happens the answer is JSON, and says its number in X-Request-Id."""
    started = time.perf_counter()
    _trust_connection()
    call = Call(request, uuid4(), timezone.now())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=str(call.request_id))
    codes: list[str] = []
    response: HttpResponseBase
    try:
        response = _answer(call)
    except Refused as refusal:
        codes = [each.code for each in refusal.problems]
        response = _refusal(refusal)
    if isinstance(response, HttpResponse) and response.status_code != HTTPStatus.NO_CONTENT:
        response.headers.setdefault("Content-Length", str(len(response.content)))
    if request.method == "HEAD":
        response = HttpResponse(status=response.status_code, headers=dict(response.headers))
    response.headers["X-Request-Id"] = str(call.request_id)
    if call.account is not None and call.account.sandbox_id is not None:
        response.headers[SANDBOX_HEADER] = "deneme"
    milliseconds = round((time.perf_counter() - started) * 1000)
    log.write(call, status=response.status_code, codes=codes, milliseconds=milliseconds)
    logger.info("api_request", status=response.status_code, codes=codes, milliseconds=milliseconds)
    structlog.contextvars.clear_contextvars()
    if call.account is not None and not connection.errors_occurred:
        _last.answer = time.monotonic()
    return response


_last = threading.local()


def _trust_connection() -> None:
    """Do not ask a connection whether it lives that served a call within the last second: that is a journey of its own.

    Where it died since, or that call needed no question, this one may be answered that we are busy (H192); the next one
    has a new connection.
    """
    if time.monotonic() - getattr(_last, "answer", -_TRUSTED) < _TRUSTED:
        connection.health_check_done = True  # type: ignore[attr-defined]  # Django's own mark; its stubs lack it


def _answer(call: Call) -> HttpResponseBase:
    """Return the answer; raise Refused for every refusal, our own faults and the database's rest among them."""
    try:
        if call.request.method == "OPTIONS" and (methods := methods_of(call.request.path_info)):
            return HttpResponse(status=200, headers={"Allow": ", ".join(methods)})
        declared, call.places = find(call.request.method or "", call.request.path_info)
        _know(call, declared)  # before the body: who may not call keeps no thread waiting for one
        _read_body(call.request)
        return _response(declared.view(call), declared)
    except Refused:
        raise
    except SuspiciousOperation:  # a query or a form of more parameters than anybody needs
        raise refused("H014") from None
    except OperationalError as error:
        logger.warning("api_database_away", error=type(error).__name__)
        raise refused("H192", headers=_BUSY) from error
    except Exception as error:
        logger.exception("api_failed", path=call.shown_path)
        raise refused("H015") from error


def _read_body(request: HttpRequest) -> None:
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        _read_chunks(request)
        return
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise refused("H014") from None
    if length > settings.API_MAX_BYTES:
        raise refused("P006", limit=settings.API_MAX_BYTES)
    try:
        request.body  # noqa: B018  (read here, so that an endpoint finds it whole)
    except RequestDataTooBig:
        raise refused("P006", limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    except UnreadablePostError:
        raise refused("H014") from None


def _read_chunks(request: HttpRequest) -> None:
    """Read a body whose length nobody told: Django, which goes by the length alone, takes it for empty."""
    try:
        body = request.META["wsgi.input"].read(settings.API_MAX_BYTES + 1)
    except OSError:
        raise refused("H014") from None
    if len(body) > settings.API_MAX_BYTES:
        raise refused("P006", limit=settings.API_MAX_BYTES)
    request._body = body  # where Django keeps what it has read


def _know(call: Call, declared: Endpoint) -> None:
    """Say in the call who calls and what the path means to it. Raises Refused unless it has what is needed."""
    if declared.needs == Needs.NOTHING:
        return
    address = address_of(call.request)
    begin_call()
    by_token = declared.needs != Needs.INTERMEDIARY
    session = session_of(_shown(call, "bearer"), now=call.now) if by_token else None
    account = call.account = _account_of(session, call) if by_token else _by_basic(call, address)
    know_changes(count_call(account, address=address, hourly=declared.hourly))
    if by_token:
        call.account = None
        account = call.account = _account_of(session, call)  # again: what was remembered may have been taken back
    if not lets_in(account.networks, exact_address_of(call.request)):
        raise refused("P007")
    note_use(account, now=call.now)
    if declared.needs == Needs.INTEGRATOR:
        _is_integrator(account, call.places)
    elif declared.of_provider:
        found = reach(account, declared, call.places, now=call.now)
        call.provider_reached, call.brand_reached = found.provider, found.brand
        call.term, call.standing = found.term, found.standing


def _shown(call: Call, scheme: str) -> str:
    """Return what the call shows by this scheme, or an empty text."""
    given, _, shown = call.request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return shown.strip() if given.lower() == scheme else ""


def _account_of(number: int | None, call: Call) -> ApiAccount:
    """Return the account of the session with this number."""
    session = briefly(("session", number), lambda: live_session(number, now=call.now)) if number is not None else None
    if session is None:
        raise refused("H351", headers={"WWW-Authenticate": "Bearer"})
    return session.account


def _by_basic(call: Call, address: str) -> ApiAccount:
    """Return the AHS account whose name and secret stand in the header; guesses are throttled like those at tokens."""
    try:
        name, colon, secret = b64decode(_shown(call, "basic"), validate=True).decode().partition(":")
    except (BadBase64, ValueError):
        name = colon = secret = ""
    account = None
    if colon and "\0" not in name:
        account = account_with(username=name, secret=secret, now=call.now)
    if account is None or account.intermediary_id is None:
        count_token(None, address=address)
        raise refused("H251", headers={"WWW-Authenticate": 'Basic realm="AHS"'})
    return account


def _is_integrator(account: ApiAccount, places: dict[str, str]) -> None:
    if account.partner is None:
        raise refused("H363")
    if account.partner.is_suspended or code_in(places, "integratorCode", "H190") != account.partner.code:
        raise refused("H353", field="integratorIysCode")


def _response(result: Any, declared: Endpoint) -> HttpResponseBase:
    answer = result if isinstance(result, Answer) else Answer(result, status=declared.status)
    if answer.body is None:
        return HttpResponse(status=answer.status, headers=dict(answer.headers), content_type=answer.content_type)
    if isinstance(answer.body, Iterator):
        return StreamingHttpResponse(
            answer.body, status=answer.status, headers=dict(answer.headers), content_type=answer.content_type
        )
    content = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
    return HttpResponse(content, status=answer.status, headers=dict(answer.headers), content_type=answer.content_type)


def _refusal(refusal: Refused) -> HttpResponse:
    headers = {"Link": f'</api/hatalar/{refusal.problems[0].code}/>; rel="help"', **refusal.headers}
    body = msgspec.json.encode(Errors(refusal.problems))
    return HttpResponse(body, status=refusal.status, headers=headers, content_type=JSON)
