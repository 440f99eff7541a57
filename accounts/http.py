"""One bounded HTTP request for a JSON object: no redirects, five seconds, 256 KiB."""

import functools
import json
import ssl
import time
from typing import Any

import httpx

TIMEOUT_SECONDS = 5.0
_MAX_BYTES = 256 * 1024


class UnreachableError(Exception):
    """No usable answer came; the argument says why, without the address's query or the body."""


@functools.cache
def _client() -> httpx.Client:
    # A proxy of the environment is for the world outside; keep-alive would meet connections the peer closed.
    return httpx.Client(
        follow_redirects=False,
        verify=ssl.create_default_context(),
        limits=httpx.Limits(max_keepalive_connections=0),
        mounts={"all://127.0.0.1": None, "all://localhost": None},
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )


def fetch_json(method: str, address: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
    """Return status and JSON object (empty unless the answer is 200); raise UnreachableError.

    `arguments` are those of httpx: `data` (form fields), `auth` (user and password or None).
    """
    try:
        status, body = _bounded(method, address, **arguments)
        document = json.loads(body) if status == 200 else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise UnreachableError(type(error).__name__) from None
    if not isinstance(document, dict):
        raise UnreachableError("answer is no JSON object")
    return status, document


def _bounded(method: str, address: str, **arguments: Any) -> tuple[int, bytes]:
    """Read the answer; the time-out bounds each step of the exchange, the deadline the reading as a whole."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    body = bytearray()
    with _client().stream(method, address, timeout=TIMEOUT_SECONDS, **arguments) as response:
        # Raw: packed content was not asked for, and would be a way around the bound.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > _MAX_BYTES:
                raise UnreachableError("answer is too long")
            if time.monotonic() > deadline:
                raise UnreachableError("answer is too slow")
        return response.status_code, bytes(body)
