"""A provider that is down, slow, or talks nonsense: a sentence to read, never an error page."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts import http, oidc
from tests.accounts.visitor import NOT_VERIFIED, UNREACHABLE, Visitor, assert_refused

pytestmark = pytest.mark.django_db

TOKEN_ANSWERS: dict[str, tuple[int, bytes, str]] = {
    "500": (500, b"{}", UNREACHABLE),
    "404": (404, b"{}", UNREACHABLE),
    "redirect": (302, b"{}", UNREACHABLE),
    "empty": (200, b"", UNREACHABLE),
    "a page": (200, b"<!doctype html>", UNREACHABLE),
    "a list": (200, b"[]", UNREACHABLE),
    "no text": (200, b"\xff\xfe\xfd", UNREACHABLE),
    "nested": (200, b"[" * 100_000, UNREACHABLE),
    "too long": (200, b" " * 300_000 + b"{}", UNREACHABLE),
    "no token": (200, b'{"access_token": "x"}', NOT_VERIFIED),
    "token a number": (200, b'{"id_token": 1}', NOT_VERIFIED),
    "refused": (400, b'{"error": "invalid_grant"}', NOT_VERIFIED),
    "client refused": (401, b"", NOT_VERIFIED),
}


@pytest.mark.parametrize("name", TOKEN_ANSWERS)
def test_strange_answer_of_the_token_endpoint(visitor: Visitor, name: str) -> None:
    status, body, message = TOKEN_ANSWERS[name]
    visitor.edevlet.answers["token"] = (status, body)
    assert_refused(visitor, visitor.log_in(), message)


@pytest.mark.parametrize("answer", [(500, b"{}"), (200, b"{}"), (200, b"<p>"), (200, b'{"keys": "first"}')])
def test_strange_key_set(visitor: Visitor, answer: tuple[int, bytes]) -> None:
    visitor.edevlet.answers["jwks"] = answer
    assert_refused(visitor, visitor.log_in(), UNREACHABLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://kotu.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": None},
        {"jwks_uri": 7},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"token_endpoint": "http://["},
        {"token_endpoint": "http://127.0.0.1/#token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "/authorize"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
    ],
    ids=str,
)
def test_strange_discovery_document(visitor: Visitor, changes: dict[str, Any]) -> None:
    visitor.edevlet.discovery = changes
    assert_refused(visitor, visitor.browser.get("/giris/"), UNREACHABLE)


@pytest.mark.parametrize("answer", [(500, b""), (404, b""), (302, b""), (200, b""), (200, b"[]"), (200, b"<p>")])
def test_no_discovery_document(visitor: Visitor, answer: tuple[int, bytes]) -> None:
    visitor.edevlet.answers["openid-configuration"] = answer
    assert_refused(visitor, visitor.browser.get("/giris/"), UNREACHABLE)


def test_secure_issuer_with_an_insecure_endpoint(visitor: Visitor, settings: Settings) -> None:
    settings.EDEVLET_ISSUER = "https://giris.example"
    with pytest.raises(oidc.ProviderUnavailableError, match="token_endpoint is no address"):
        oidc.read_metadata(
            {
                "issuer": "https://giris.example",
                "authorization_endpoint": "https://giris.example/a",
                "token_endpoint": "http://giris.example/t",
                "jwks_uri": "https://giris.example/j",
            }
        )


def test_provider_down_before_login(visitor: Visitor) -> None:
    visitor.edevlet.stop()
    assert_refused(visitor, visitor.browser.get("/giris/"), UNREACHABLE)


def test_provider_down_during_login(visitor: Visitor) -> None:
    answer = visitor.edevlet.accept(visitor.start())
    visitor.edevlet.stop()
    assert_refused(visitor, visitor.come_back(answer), UNREACHABLE)


@pytest.mark.parametrize("endpoint", ["openid-configuration", "token", "jwks"])
def test_silent_provider(visitor: Visitor, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.3)
    visitor.edevlet.delays[endpoint] = 1.0
    response = visitor.log_in() if endpoint != "openid-configuration" else visitor.browser.get("/giris/")
    assert_refused(visitor, response, UNREACHABLE)


def test_provider_that_sends_drop_by_drop(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.3)
    visitor.edevlet.trickle = 0.05
    assert_refused(visitor, visitor.log_in(), UNREACHABLE)


def test_time_limit_is_five_seconds() -> None:
    assert http.TIMEOUT_SECONDS == 5
