"""HTTP with Python's own library: tokens that renew themselves, and another try where that helps."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from iys_client.errors import ApiError, LoginFailed, Unreachable

_BUSY = frozenset({429, 503})
_EARLY = 30.0
"""Seconds before its end from which on a token is renewed."""
_LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    headers: Message

    @property
    def json(self) -> Any:
        """The body; None where there is none."""
        return json.loads(self.content) if self.content else None


@dataclass
class Session:
    """Calls of one account. One thread renews the token, the others wait for it."""

    base_url: str
    username: str
    password: str = field(repr=False)
    timeout: float = 30.0
    retries: int = 3
    _access: str = field(default="", repr=False)
    _refresh: str = field(default="", repr=False)
    _good_until: float = 0.0
    _refresh_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in {"https", "http"}:
            raise ValueError("base_url must begin with https://")
        self.base_url = self.base_url.rstrip("/")

    def call(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, again: bool = True
    ) -> Answer:
        """Return the answer to a call; raise ApiError for a refusal, Unreachable where nobody answers.

        A busy server (429, 503) is asked again after the pause that it names, a lost token renewed once. `again=False`
        is for what must not be sent twice: 503 may come after the server did it.
        """
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"{path}?{urlencode(wanted)}" if wanted else path
        renewed, tries = False, 0
        while True:
            token = self._token()
            answer = self._send(method, address, body, token=token)
            if answer.status == 401 and not renewed:
                renewed = True
                self._forget(token)
            elif answer.status in _BUSY and tries < self.retries and (again or answer.status == 429):
                tries += 1
                time.sleep(_pause(answer, tries))
            elif answer.status >= 400:
                raise _error(answer)
            else:
                return answer

    def _token(self) -> str:
        with self._lock:
            clock = time.monotonic()
            if self._good_until <= clock and not self._refreshed(clock):
                self._log_in()
            return self._access

    def _forget(self, token: str) -> None:
        """Let the token be renewed, unless another thread did already."""
        with self._lock:
            if self._access == token:
                self._good_until = 0.0

    def _refreshed(self, clock: float) -> bool:
        return self._refresh_until > clock and self._renew({"refresh_token": self._refresh}, "refresh_token")

    def _log_in(self) -> None:
        if not self._renew({"username": self.username, "password": self.password}, "password"):
            raise LoginFailed("username or password is wrong, or the account was revoked")

    def _renew(self, fields: Mapping[str, str], grant: str) -> bool:
        asked = time.monotonic()
        answer = self._send("POST", "/oauth2/token", {**fields, "grant_type": grant})
        for tries in range(1, self.retries + 1):
            if answer.status not in _BUSY:
                break
            time.sleep(_pause(answer, tries))
            asked = time.monotonic()
            answer = self._send("POST", "/oauth2/token", {**fields, "grant_type": grant})
        if answer.status in {400, 401}:
            self._refresh_until = 0.0
            return False
        if answer.status != 200:
            raise _error(answer)
        tokens = answer.json
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]
        self._good_until = asked + float(tokens["expires_in"]) - _EARLY
        self._refresh_until = asked + float(tokens["refresh_expires_in"]) - _EARLY
        return True

    def _send(self, method: str, address: str, body: Any, *, token: str = "") -> Answer:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        request = Request(self.base_url + address, data=content, method=method, headers=headers)
        try:
            with urlopen(request, timeout=self.timeout) as response:
                return Answer(response.status, response.read(), response.headers)
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read(), error.headers)
        except (URLError, OSError, HTTPException) as error:
            raise Unreachable(str(error)) from error


def _pause(answer: Answer, tries: int) -> float:
    named = answer.headers.get("Retry-After", "")
    seconds = float(named) if named.isdecimal() else float(2 ** (tries - 1))
    return min(seconds, _LONGEST_WAIT)


def _error(answer: Answer) -> ApiError:
    try:
        errors = answer.json["errors"]
    except (ValueError, KeyError, TypeError):
        errors = []
    return ApiError(answer.status, errors, answer.headers.get("X-Request-Id", ""))
