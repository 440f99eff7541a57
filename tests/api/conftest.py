"""Accounts of the API, and clients that hold their tokens."""

import json
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address
from itertools import count
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from accounts.models import Provider
from accounts.services.api_accounts import Issued, create_account
from iys_portal import throttling
from iys_portal.api import registry
from partners.models import Intermediary, Partner

_numbers = count(10 * 2**24)


def _address() -> str:
    return str(IPv4Address(next(_numbers)))


class Api:
    """A program that calls the API with one account; every answer must be JSON, empty or a declared file."""

    def __init__(self, issued: Issued) -> None:
        self.issued = issued
        self.account = issued.account
        # An address of its own: what other tests asked for does not count.
        self.client = Client(raise_request_exception=False, REMOTE_ADDR=_address())
        self.token = ""

    def log_in(self) -> "Api":
        answer = self.ask_token(username=self.account.username, password=self.issued.secret, grant_type="password")
        assert answer.status_code == 200, answer.content
        self.token = answer.json()["access_token"]
        self.refresh_token = answer.json()["refresh_token"]
        return self

    def ask_token(self, **fields: Any) -> HttpResponse:
        return self.client.post("/oauth2/token", json.dumps(fields), content_type="application/json")

    def get(self, path: str, **headers: Any) -> HttpResponse:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}"}, **headers)

    def send(self, method: str, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.generic(method, path, content, content_type="application/json", headers=headers, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        return self.send("POST", path, body, **extra)


@pytest.fixture
def api(db: None) -> Callable[..., Api]:
    """Return a client of a new account of a provider, partner or intermediary; it holds a token unless it is an AHS."""

    def make(company: Provider | Partner | Intermediary, *, now: datetime | None = None, **values: Any) -> Api:
        kind = {Provider: "provider", Partner: "partner", Intermediary: "intermediary"}[type(company)]
        owner: dict[str, Any] = {kind: company}
        client = Api(create_account(name="Deneme", now=now or timezone.now(), actor=None, **owner, **values))
        return client if kind == "intermediary" else client.log_in()

    return make


@pytest.fixture
def lose_cache(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[object]]:
    """Return what takes the cache away from then on; what is asked of it all the same is added to its list."""

    def lose() -> list[object]:
        asked: list[object] = []

        def away(counters: object) -> list[int]:
            asked.append(counters)
            raise RedisAway

        monkeypatch.setattr(throttling, "_counts_in_cache", away)
        monkeypatch.setattr(throttling, "_away", {"until": 0.0})
        return asked

    return lose


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test declare endpoints beside the portal's, which are all known by then; its own are forgotten."""
    assert get_resolver().url_patterns
    monkeypatch.setattr(registry, "_PATHS", dict(registry._PATHS))
    monkeypatch.setattr(registry, "_BY_LENGTH", {key: list(known) for key, known in registry._BY_LENGTH.items()})


def codes(answer: HttpResponse) -> tuple[int, list[str]]:
    """Return the status and the codes of a refusal."""
    return answer.status_code, [each["code"] for each in answer.json()["errors"]]
