"""Speak to the e-Devlet identity provider: discovery, key set, code exchange, and the proof of an ID token.

OpenID Connect Core 1.0 (§3.1.3.7), RFC 7636 (PKCE), RFC 8414 (metadata), RFC 9207 (issuer in the answer).
Nothing the provider says is believed before `verify` returned it; the userinfo endpoint is not used.
"""

import hashlib
import hmac
import re
import time
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt
import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from stdnum.tr import tckimlik

from accounts.http import UnreachableError, fetch_json

ALGORITHMS = ("RS256", "ES256")
SCOPE = "openid"
CLOCK_SKEW_SECONDS = 60
_CACHE_SECONDS = 600
_NAME_LENGTH = 100
_BASIC, _POST = "client_secret_basic", "client_secret_post"
_REQUIRED_CLAIMS = ["iss", "sub", "aud", "exp", "iat", "nonce"]
# What hostile JSON can raise out of code that meant well.
_GARBAGE = (jwt.PyJWTError, ValueError, OverflowError)

logger = structlog.get_logger(__name__)


class LoginError(Exception):
    """A login that failed. `message` is for the visitor, the argument (nothing personal) for the log."""

    message = "Giriş doğrulanamadı. Lütfen yeniden deneyiniz."


class ProviderUnavailableError(LoginError):
    """The provider is down, slow, or does not speak OpenID Connect."""

    message = "e-Devlet'e şu anda ulaşılamıyor. Lütfen biraz sonra yeniden deneyiniz."


class InvalidTcknError(LoginError):
    """The provider vouched for a T.C. Kimlik No that cannot exist."""

    message = "T.C. Kimlik Numarası geçersiz."


@dataclass(frozen=True)
class Metadata:
    """What the discovery document says, checked. `token_auth_method` is one of the two `client_secret_…`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    token_auth_method: str
    issuer_in_answer: bool


@dataclass(frozen=True)
class Identity:
    """The person a verified ID token speaks of."""

    tckn: str
    given_name: str
    family_name: str
    proved_at: float | None = None
    """When the person proved to e-Devlet who they are (Unix time), where it says so."""


def metadata() -> Metadata:
    """Return the provider's metadata, at most ten minutes old; raise ProviderUnavailableError."""
    address = f"{settings.EDEVLET_ISSUER}/.well-known/openid-configuration"
    known = _cache_get(address)
    if known is None:
        known = asdict(read_metadata(_get(address)))
        _cache_set(address, known)
    return Metadata(**known)


def nonce_of(code_verifier: str) -> str:
    """Return the nonce of a login. It is an image of the secret in the visitor's web session, as is the PKCE
    challenge, so that state, verifier and nonce stand or fall together (OpenID Connect Core §15.5.2)."""
    digest = hashlib.sha256(b"nonce:" + code_verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_answer_issuer(issuer: str | None) -> None:
    """Raise LoginError if the answer names another issuer, or none although the provider promised to."""
    expected = metadata()
    if issuer != expected.issuer and (issuer is not None or expected.issuer_in_answer):
        raise LoginError("answer of another issuer")


def exchange(*, code: str, code_verifier: str, redirect_uri: str) -> str:
    """Return the ID token (not yet verified) for an authorization code; raise LoginError."""
    provider = metadata()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    form["code_verifier"] = code_verifier
    client = (settings.EDEVLET_CLIENT_ID, settings.EDEVLET_CLIENT_SECRET)
    basic = None
    if provider.token_auth_method == _BASIC:
        # RFC 6749 §2.3.1: both halves are form-encoded first.
        basic = (quote(client[0], safe=""), quote(client[1], safe=""))
    else:
        form["client_id"], form["client_secret"] = client
    status, answer = _fetch("POST", provider.token_endpoint, data=form, auth=basic)
    if status in {400, 401, 403}:
        raise LoginError("token endpoint refused the code")
    if status != 200:
        raise ProviderUnavailableError(f"token endpoint answered {status}")
    id_token = answer.get("id_token")
    if not isinstance(id_token, str):
        raise LoginError("answer without an ID token")
    return id_token


def verify(id_token: str, *, nonce: str) -> Identity:
    """Return whom an ID token speaks of, once signature and claims are proven; raise LoginError.

    Signature by a published key of the provider with an allowed algorithm, exact issuer, this client as the
    only audience, exp/nbf/iat within 60 seconds of our clock, the nonce of this login, a possible TCKN.
    """
    try:
        claims = _signed_claims(id_token)
        _check_claims(claims, nonce)
    except _GARBAGE as error:
        raise LoginError(f"ID token: {type(error).__name__}") from None
    return _identity(claims)


def _check_claims(claims: dict[str, Any], nonce: str) -> None:
    """Raise LoginError for what the library's own checks let pass."""
    times = [claims[name] for name in ("exp", "iat", "nbf", "auth_time") if name in claims]
    if not all(isinstance(value, int | float) for value in times):
        raise LoginError("a time is no number")
    if claims["aud"] not in (settings.EDEVLET_CLIENT_ID, [settings.EDEVLET_CLIENT_ID]):
        raise LoginError("audience is shared")
    if claims.get("azp", settings.EDEVLET_CLIENT_ID) != settings.EDEVLET_CLIENT_ID:
        raise LoginError("authorized party is another")
    if time.time() - claims["iat"] > CLOCK_SKEW_SECONDS:
        raise LoginError("ID token is old")
    if not _same(claims["nonce"], nonce):
        raise LoginError("nonce is another")
    if not claims["sub"]:
        raise LoginError("subject is empty")


def end_session_url(*, id_token: str | None, return_to: str) -> str | None:
    """Return where to end the web session at the provider; None if it offers no such place or is down."""
    try:
        endpoint = metadata().end_session_endpoint
    except ProviderUnavailableError:
        return None
    if not endpoint:
        return None
    query = {"client_id": settings.EDEVLET_CLIENT_ID, "post_logout_redirect_uri": return_to}
    if id_token:
        query["id_token_hint"] = id_token
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def _signed_claims(id_token: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(id_token)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise LoginError("algorithm is not allowed")
    key = _signing_key(header.get("kid"), algorithm)
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key,
        algorithms=[algorithm],
        issuer=metadata().issuer,
        audience=settings.EDEVLET_CLIENT_ID,
        leeway=CLOCK_SKEW_SECONDS,
        options={"require": _REQUIRED_CLAIMS, "enforce_minimum_key_length": True},
    )
    return claims


def _signing_key(kid: object, algorithm: str) -> jwt.PyJWK:
    """Return the one published key that fits; an unknown `kid` has the key set read again, once."""
    for fresh in (False, True):
        fitting = [key for key in _key_set(fresh=fresh) if _fits(key, kid, algorithm)]
        if len(fitting) == 1:
            return jwt.PyJWK.from_dict(fitting[0], algorithm)
    raise LoginError("no such signing key")


def _fits(key: object, kid: object, algorithm: str) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") == {"RS256": "RSA", "ES256": "EC"}[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    )


def _key_set(*, fresh: bool) -> list[Any]:
    address = metadata().jwks_uri
    known = None if fresh else _cache_get(address)
    if known is None:
        known = _get(address).get("keys")
        if not isinstance(known, list):
            raise ProviderUnavailableError("key set is no key set")
        _cache_set(address, known)
    return list(known)


def _identity(claims: dict[str, Any]) -> Identity:
    tckn = claims.get("tckn")
    if tckn is None:
        raise LoginError("tckn is missing")
    if not (isinstance(tckn, str) and re.fullmatch(r"[0-9]{11}", tckn) and tckimlik.is_valid(tckn)):
        raise InvalidTcknError("tckn is impossible")
    proved_at = claims.get("auth_time")
    return Identity(tckn, _name(claims.get("given_name")), _name(claims.get("family_name")), proved_at)


def _name(value: object) -> str:
    # Control characters and lone surrogates cannot be stored; they are not printable.
    if not (isinstance(value, str) and value.strip() and value.isprintable()):
        raise LoginError("name is missing or unreadable")
    name = unicodedata.normalize("NFC", value.strip())
    if len(name) > _NAME_LENGTH:
        raise LoginError("name is too long")
    return name


def read_metadata(document: dict[str, Any]) -> Metadata:
    issuer = _text(document, "issuer")
    if issuer.rstrip("/") != settings.EDEVLET_ISSUER:
        raise ProviderUnavailableError("discovery document of another issuer")
    methods = document.get("token_endpoint_auth_methods_supported", [_BASIC])
    supported = [method for method in (_BASIC, _POST) if isinstance(methods, list) and method in methods]
    if not supported:
        raise ProviderUnavailableError("no common way to authenticate")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        end_session_endpoint=_endpoint(document, "end_session_endpoint")
        if document.get("end_session_endpoint")
        else "",
        token_auth_method=supported[0],
        issuer_in_answer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: dict[str, Any], name: str) -> str:
    address = _text(document, name)
    try:
        parts = urlsplit(address)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        raise ProviderUnavailableError(f"{name} is no address") from None
    secure_enough = scheme == "https" or (scheme == "http" and urlsplit(settings.EDEVLET_ISSUER).scheme == "http")
    if not host or not secure_enough or parts.fragment:
        raise ProviderUnavailableError(f"{name} is no address")
    return address


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ProviderUnavailableError(f"{name} is missing")
    return value


def _get(address: str) -> dict[str, Any]:
    status, document = _fetch("GET", address)
    if status != 200:
        raise ProviderUnavailableError(f"provider answered {status}")
    return document


def _fetch(method: str, address: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
    try:
        return fetch_json(method, address, **arguments)
    except UnreachableError as error:
        raise ProviderUnavailableError(str(error)) from None


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())


# A broker that is down must not keep people from logging in: the provider is asked each time instead.


def _cache_get(address: str) -> Any:
    try:
        return cache.get(_cache_key(address))
    except RedisError:
        return None


def _cache_set(address: str, value: Any) -> None:
    try:
        cache.set(_cache_key(address), value, _CACHE_SECONDS)
    except RedisError as error:
        logger.warning("edevlet_cache_unavailable", reason=type(error).__name__)


def _cache_key(address: str) -> str:
    return "edevlet:" + hashlib.sha256(address.encode()).hexdigest()
