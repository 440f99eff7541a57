"""Recipients in addresses of pages: encrypted, so that history, bookmarks and logs hold no phone and no e-mail address.

A token is good for its purpose and its provider only; each making of one gives another text, all of them stay good.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from cryptography.exceptions import InvalidTag

from consents.selectors import Place
from iys_portal.shared.crypto import decrypt, encrypt

_RECIPIENT, _PLACE = "alici", "yer"


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
