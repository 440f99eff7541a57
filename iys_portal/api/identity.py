"""Tokens: `/oauth2/token` as OAuth 2 and İYS want it, and the two older addresses for old clients."""

from typing import Any, NoReturn

import msgspec
from django.http import QueryDict

from accounts.models import ApiAccount
from accounts.rules import lets_in
from accounts.services.api_tokens import (
    ACCESS_LIFE,
    REFRESH_LIFE,
    Granted,
    account_behind,
    account_with,
    begin_session,
    go_on,
)
from iys_portal.api.calls import Call
from iys_portal.api.errors import refused
from iys_portal.api.handling import Answer
from iys_portal.api.limits import count_token
from iys_portal.api.registry import Needs, endpoint
from iys_portal.api.tokens import access_token
from iys_portal.throttling import address_of, exact_address_of

_TAG = "KİMLİK YÖNETİMİ"
_WRONG = "Kullanıcı kimlik bilgileri geçersiz."


class TokenRequest(msgspec.Struct):
    """Either with username and password, or with the refresh token of the last answer."""

    grant_type: str
    username: str | None = None
    password: str | None = None
    refresh_token: str | None = None


class Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    token_type: str


class TokenError(msgspec.Struct):
    error: str
    error_description: str


class _Bad(Exception):
    """What `/oauth2/token` refuses, in its own words."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@endpoint(
    "POST",
    "/oauth2/token",
    needs=Needs.NOTHING,
    tag=_TAG,
    summary="Jeton alma ve yenileme",
    body=TokenRequest,
    answer=Tokens,
    codes=("H084",),
    example={"username": "kullanıcı adı", "password": "şifre", "grant_type": "password"},
)
def create_token(call: Call) -> Tokens | Answer:
    """Erişim jetonu iki saat, yenileme jetonu dört saat geçerlidir. Her yenileme yeni bir yenileme jetonu verir; bir
    yenileme jetonu yalnızca bir kez kullanılabilir. Gövde JSON ya da form olabilir."""
    try:
        return _tokens(_grant(call, _fields(call)), call)
    except _Bad as bad:
        return Answer(TokenError(bad.error, bad.description), status=400)


def _fields(call: Call) -> dict[str, Any]:
    """Return the fields of a JSON or form body; keys that nobody asked for are no fault."""
    raw = call.request.body
    if call.request.content_type == "application/x-www-form-urlencoded" and not raw.lstrip().startswith(b"{"):
        try:
            form = QueryDict(raw, encoding="utf-8")
        except Exception:  # noqa: BLE001  (too many fields, bytes that are no text)
            form = QueryDict()
        return dict(form.items())
    return call.body(dict, invalid="H014")


def _grant(call: Call, fields: dict[str, Any]) -> Granted:
    kind = _text(
        fields, "grant_type", "Giriş yöntemi belirtilmemiş.", "Bilinmeyen giriş yöntemi.", "Giriş yöntemi boş olamaz."
    )
    if kind == "password":
        return _by_password(call, fields)
    if kind == "refresh_token":
        return _by_refresh_token(call, fields)
    raise _Bad("invalid_grant", "Desteklenmeyen giriş yöntemi.")


def _text(fields: dict[str, Any], name: str, missing: str, strange: str, empty: str) -> str:
    """Return a field that must be a text with something in it; refuse it in the words given."""
    value = fields.get(name)
    if value is None:
        raise _Bad("invalid_request", missing)
    if not isinstance(value, str) or "\0" in value:
        raise _Bad("invalid_request", strange)
    if not value:
        raise _Bad("invalid_grant", empty)
    return value


def _by_password(call: Call, fields: dict[str, Any]) -> Granted:
    username = _text(
        fields,
        "username",
        "Kullanıcı adı verilmemiş.",
        "Desteklenmeyen kullanıcı adı türü.",
        "Kullanıcı adı boş bırakılamaz.",
    )
    password = _text(fields, "password", "Şifre verilmemiş.", "Desteklenmeyen şifre türü.", "Şifre boş bırakılamaz.")
    return _log_in(call, username, password)


def _log_in(call: Call, username: str, password: str) -> Granted:
    account = account_with(username=username, secret=password, now=call.now)
    count_token(account, address=address_of(call.request))
    if account is None:
        _refuse_credentials()
    _admit(call, account)
    return begin_session(account=account, now=call.now)


def _by_refresh_token(call: Call, fields: dict[str, Any]) -> Granted:
    token = _text(
        fields,
        "refresh_token",
        "Yenileme jetonu verilmemiş.",
        "Desteklenmeyen yenileme jetonu türü.",
        "Yenileme jetonu boş olamaz.",
    )
    return _renew(call, token)


def _renew(call: Call, token: str) -> Granted:
    """Go on with a session. Whoever is refused for the address or the limit may send the same token again."""
    account = account_behind(refresh_token=token)
    count_token(account, address=address_of(call.request))
    if account is not None:
        _admit(call, account)
    granted = go_on(refresh_token=token, now=call.now)
    if granted is None:
        raise _Bad("invalid_grant", "Desteklenmeyen yenileme jetonu türü.")
    return granted


def _admit(call: Call, account: ApiAccount) -> None:
    call.account = account
    if account.intermediary_id is not None:
        raise _Bad("invalid_request", "Beklenmeyen kullanıcı rolü: ahs.")
    if not lets_in(account.networks, exact_address_of(call.request)):
        _refuse_credentials()


def _refuse_credentials() -> NoReturn:
    raise _Bad("invalid_request", _WRONG)


def _tokens(granted: Granted, call: Call) -> Tokens:
    return Tokens(
        access_token=access_token(granted.session, now=call.now),
        expires_in=int(ACCESS_LIFE.total_seconds()),
        refresh_token=granted.refresh_token,
        refresh_expires_in=int(REFRESH_LIFE.total_seconds()),
        token_type="bearer",  # noqa: S106  (a word of OAuth 2)
    )


class OldTokenRequest(msgspec.Struct):
    username: str
    password: str


class OldRefreshRequest(msgspec.Struct):
    refreshToken: str


class OldTokens(msgspec.Struct):
    accessToken: str
    refreshToken: str
    expiresIn: int
    tokenType: str


class OldAnswer(msgspec.Struct):
    message: str
    status: int
    result: OldTokens


@endpoint(
    "POST",
    "/oauth/token",
    needs=Needs.NOTHING,
    tag=_TAG,
    summary="Jeton alma (eski istemciler)",
    body=OldTokenRequest,
    answer=OldAnswer,
    codes=("H084", "H250", "H251"),
)
def create_old_token(call: Call) -> OldAnswer:
    """/oauth2/token ile aynı jetonları, 2021 öncesindeki biçimde verir. Yeni uygulamalarda /oauth2/token kullanın."""
    fields = call.body(dict, invalid="H014")
    username, password = fields.get("username"), fields.get("password")
    if not (isinstance(username, str) and username and isinstance(password, str) and password):
        raise refused("H250")
    try:
        return _old(_log_in(call, username, password), call)
    except _Bad:
        raise refused("H251") from None


@endpoint(
    "POST",
    "/oauth/refresh",
    needs=Needs.NOTHING,
    tag=_TAG,
    summary="Jeton yenileme (eski istemciler)",
    body=OldRefreshRequest,
    answer=OldAnswer,
    codes=("H084", "H251", "H252"),
)
def refresh_old_token(call: Call) -> OldAnswer:
    """Eski biçimdeki jetonu yeniler."""
    fields = call.body(dict, invalid="H014")
    token = fields.get("refreshToken") or fields.get("refresh_token")
    if not isinstance(token, str):
        raise refused("H252")
    try:
        return _old(_renew(call, token), call)
    except _Bad:
        raise refused("H251") from None


def _old(granted: Granted, call: Call) -> OldAnswer:
    tokens = _tokens(granted, call)
    result = OldTokens(tokens.access_token, tokens.refresh_token, tokens.expires_in, tokens.token_type)
    return OldAnswer("Başarılı", 200, result)


class Version(msgspec.Struct):
    version: str


@endpoint("GET", "/version", needs=Needs.NOTHING, tag=_TAG, summary="Sürüm", answer=Version)
def version(_call: Call) -> Version:
    """Uyumlu olunan İYS API sürümü."""
    return Version("3.2.0")
