"""Access tokens: JSON Web Tokens with İYS's claims, signed with a key of our own that nobody else needs to know."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings

from accounts.models import ApiAccount, ApiSession
from accounts.services.api_tokens import ACCESS_LIFE
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brands_of
from iys_portal.api.brief import briefly
from iys_portal.shared.clock import istanbul_day
from partners.selectors.standing import counting, grants_to

_ALGORITHM = "HS256"
_ROLES = ["API_USER", "offline_access", "uma_authorization"]
MOST_BRANDS = 100
_MOST_BYTES = 3000
"""So many brands, of so many bytes together, are named in a token: it travels in a header, whose length proxies
limit, often to 8 KB."""


def access_token(session: ApiSession, *, now: datetime) -> str:
    """Return a token of the session, good for two hours as long as the session is."""
    account = session.account
    claims: dict[str, Any] = {
        "iss": settings.PUBLIC_URL,
        "sub": account.username,
        "sid": session.pk,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFE).timestamp()),
        "typ": "Bearer",
        "realm_access": {"roles": _ROLES},
        "preferred_username": account.username,
        **_company(account, now=now),
    }
    return jwt.encode(claims, _key(), algorithm=_ALGORITHM, json_encoder=_Encoder)


class _Encoder(json.JSONEncoder):
    """Writes Turkish letters as they are, not each as six characters."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "ensure_ascii": False})


def session_of(token: str, *, now: datetime) -> int | None:
    """Return the number of the session that a good token names, or None."""
    # Under its hash: whoever sends long nonsense fills no memory with it.
    key = "token", hashlib.sha256(token.encode()).digest()
    session_id, end = briefly(key, lambda: _named_in(token), is_lasting=True)
    return session_id if end > now.timestamp() else None


def _named_in(token: str) -> tuple[int | None, int]:
    """Return the session that a token of ours names, and when the token ends; (None, 0) for any other text."""
    try:
        # The portal's own clock counts, which tests can set: the library reads another one.
        claims = jwt.decode(
            token,
            _key(),
            algorithms=[_ALGORITHM],
            issuer=settings.PUBLIC_URL,
            options={"verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return None, 0
    session_id, end = claims.get("sid"), claims.get("exp")
    return (session_id, end) if isinstance(session_id, int) and isinstance(end, int) else (None, 0)


def _key() -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"api access tokens", hashlib.sha256).digest()


def _company(account: ApiAccount, *, now: datetime) -> dict[str, Any]:
    if account.provider is not None:
        provider = account.provider
        own = brands_of(provider.pk).filter(state=BrandState.ACTIVE)
        if account.brand_codes:
            own = own.filter(code__in=account.brand_codes)
        company = {"title": provider.title, "iysCode": str(provider.iys_code)}
        return {"brands": _named(own[:MOST_BRANDS]), "serviceProvider": company}
    if account.partner is None:
        raise ValueError("an AHS calls with its secret, not with a token")
    grants = grants_to(account.partner, "", "", now=now).filter(counting(istanbul_day(now)))[:MOST_BRANDS]
    company = {"title": account.partner.title, "iysCode": str(account.partner.code)}
    brands = _named(grant.brand for grant in grants)
    return {"brands": brands, "serviceProvider": company, "userType": "integrator"}


def _named(brands: Iterable[Brand]) -> list[dict[str, str]]:
    """Return the first of these brands as tokens name them, as many as there is room for."""
    named, room = [], _MOST_BYTES
    for brand in brands:
        one = {"brandCode": str(brand.code), "name": brand.name}
        room -= len(json.dumps(one, ensure_ascii=False).encode())
        if room < 0:
            break
        named.append(one)
    return named
