"""One HTTP exchange with a bank: strict time-outs, a cap on the answer, and two errors that mean different things.

`NotSentError`: no byte of the request can have reached the bank. `AnswerLostError`: it may have, and what the bank
made of it is not known. Nothing is ever sent twice from here, and no connection is kept for the next call: a
connection that the bank closed meanwhile could not be told from a request that it took.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import httpx

CONNECT_SECONDS = 3.0
BIGGEST_ANSWER = 1_000_000


class GatewayError(Exception):
    """A call to a bank did not bring an answer that can be believed; the text is for the log, without card data."""


class NotSentError(GatewayError):
    """The bank was not reached: nothing can have happened there."""


class AnswerLostError(GatewayError):
    """The bank may have done it or not: the answer did not come, or cannot be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent. Body and headers hold keys and personal data: they are in no log and no repr."""

    method: str
    url: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back whole and in time; never a status of 3xx or 5xx."""

    status: int
    body: bytes = field(repr=False)


def exchange(call: Call, *, timeout: float, biggest: int = BIGGEST_ANSWER) -> Reply:
    """Send once and return the reply. Raises NotSentError or AnswerLostError.

    `timeout` (seconds) bounds each step of the exchange, and the reading of the answer as a whole; `biggest` (bytes)
    bounds the answer.
    """
    deadline = time.monotonic() + timeout
    seconds = httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    try:
        with _client().stream(
            call.method, call.url, content=call.body, headers=call.headers, timeout=seconds
        ) as response:
            return Reply(status=_status(response), body=_body(response, deadline, biggest))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise NotSentError(f"not reached: {type(error).__name__}") from None
    except httpx.HTTPError as error:
        raise AnswerLostError(f"answer lost: {type(error).__name__}") from None


def _status(response: httpx.Response) -> int:
    if response.status_code < 200 or 300 <= response.status_code < 400 or response.status_code >= 500:
        raise AnswerLostError(f"HTTP {response.status_code}")
    return response.status_code


def _body(response: httpx.Response, deadline: float, biggest: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise AnswerLostError("an encoded answer")
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > biggest:
            raise AnswerLostError("answer too big")
        if time.monotonic() > deadline:
            raise AnswerLostError("answer too slow")
    return bytes(body)


@cache
def _client() -> httpx.Client:
    # A proxy of the environment is for the world outside.
    return httpx.Client(
        follow_redirects=False,
        verify=ssl.create_default_context(),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        mounts={"all://127.0.0.1": None, "all://localhost": None},
        headers={"Accept-Encoding": "identity"},
    )
