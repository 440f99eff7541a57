"""iyzico's wire: signed JSON out, JSON without floats in, and nothing believed that is not signed."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import structlog

from payments.gateways.iyzico import signing
from payments.gateways.iyzico.errors import RefusedError
from payments.gateways.transport import AnswerLostError, Call, GatewayError, exchange

logger = structlog.get_logger(__name__)

Answer = Mapping[str, Any]
_VERSION = "iys-portal"
_LONGEST = 15  # digits before or after the point: an exponent must not blow up when it is written out


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One merchant's access. Thread-safe: it holds nothing but its configuration."""

    url: str
    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    timeout: float

    def post(self, path: str, body: Mapping[str, Any], *, signed: tuple[str, ...] = ()) -> Answer:
        """Ask once and return a success whose signature over the fields `signed` holds.

        Raises RefusedError for a failure, NotSentError, or AnswerLostError for everything else.
        """
        return self._ask("POST", path, json.dumps(body, separators=(",", ":")), signed=signed)

    def get(self, path: str, **query: str) -> Answer:
        """Ask a report; raises as `post` does. Reports are not signed."""
        return self._ask("GET", path, "", query="?" + urlencode(query))

    def _ask(self, method: str, path: str, body: str, *, query: str = "", signed: tuple[str, ...] = ()) -> Answer:
        began = time.monotonic()
        random = secrets.token_hex(8)
        call = Call(
            method=method,
            url=self.url + path + query,
            body=body.encode(),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": signing.authorization(
                    api_key=self.api_key, secret_key=self.secret_key, random=random, path=path, body=body
                ),
                "x-iyzi-rnd": random,
                "x-iyzi-client-version": _VERSION,
            },
        )
        result = "success"
        try:
            answer = _read(exchange(call, timeout=self.timeout).body)
            self._believe(answer, signed)
        except GatewayError as error:
            result = str(error)
            raise
        finally:
            logger.info("gateway_call", gateway="iyzico", path=path, result=result, ms=_since(began))
        return answer

    def _believe(self, answer: Answer, signed: tuple[str, ...]) -> None:
        # A refusal need not be signed; one that is must be signed rightly, too.
        if signed and (answer.get("status") == "success" or "signature" in answer):
            ours = signing.answer_signature(answer, signed, secret_key=self.secret_key)
            if not signing.same(answer.get("signature"), ours):
                raise AnswerLostError("bad signature of an answer")
        if answer.get("status") == "failure":
            raise RefusedError(code=_short(answer.get("errorCode")), group=_short(answer.get("errorGroup")))
        if answer.get("status") != "success":
            raise AnswerLostError("an answer without a status")


def _read(body: bytes) -> Answer:
    answer = parse(body)
    if answer is None:
        raise AnswerLostError("malformed answer")
    return answer


def parse(body: bytes) -> Answer | None:
    """Return a JSON object, its numbers exact, or None for anything else."""
    try:
        answer = json.loads(body, parse_float=_exact, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_zero() and abs(number.adjusted()) > _LONGEST:
        raise ValueError("not a price")
    return number


def _no_number(name: str) -> None:
    raise ValueError(name)


def _short(value: object) -> str:
    """Return a code as it may stand in a log."""
    text = str(value or "")[:40]
    return text if text.replace("_", "").isalnum() else ""


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
