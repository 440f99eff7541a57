"""Recipients in addresses of pages: encrypted, so that history, bookmarks and logs hold no phone and no e-mail address.

A token is good for its purpose and its provider only; each making of one gives another text, all of them stay good.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import date

from cryptography.exceptions import InvalidTag

from consents.selectors import Place
from iys_portal.shared.crypto import decrypt, encrypt

_RECIPIENT, _PLACE, _REFUSAL = "alici", "yer", "ret"


def token_of(provider_id: int, recipient: str) -> str:
    """Return the token of a recipient of a provider."""
    return _sealed([_RECIPIENT, provider_id, recipient])


def recipient_of(provider_id: int, token: str) -> str | None:
    """Return the recipient that a token names; None when it is forged or another provider's."""
    values = _opened(token)
    if values is None or values[:2] != [_RECIPIENT, provider_id]:
        return None
    return str(values[2])


def place_token(provider_id: int, place: Place) -> str:
    """Return the token of a place in the list of a provider."""
    return _sealed([_PLACE, provider_id, *place])


def place_in(provider_id: int, token: str) -> Place | None:
    """Return the place that a token names; None when it is forged or another provider's."""
    values = _opened(token)
    if values is None or values[:2] != [_PLACE, provider_id]:
        return None
    recipient, brand_id, channel, recipient_type = values[2:]
    return str(recipient), int(brand_id), int(channel), int(recipient_type)


def refusal_token(provider_id: int, seq: int, *, last_day: date) -> str:
    """Return the token with which the recipient of this movement may refuse what it approved, up to a day."""
    return _sealed([_REFUSAL, provider_id, seq, last_day.toordinal()])


def refusal_in(token: str, *, today: date) -> tuple[int, int] | None:
    """Return provider and movement of a token of a refusal; None when it is forged or its last day is over."""
    values = _opened(token)
    if values is None or values[0] != _REFUSAL:
        return None
    _, provider_id, seq, last_day = values
    return (int(provider_id), int(seq)) if today.toordinal() <= int(last_day) else None


def _sealed(values: list[str | int]) -> str:
    plain = json.dumps(values, separators=(",", ":")).encode()
    return urlsafe_b64encode(encrypt(plain)).decode().rstrip("=")


def _opened(token: str) -> list[str | int] | None:
    try:
        plain = decrypt(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (Error, InvalidTag, ValueError):
        return None
    values: list[str | int] = json.loads(plain)
    return values
