"""Personal data at rest: AES-256-GCM for what must be read back, HMAC-SHA256 for what must only be found.

Keys come from the settings FIELD_KEY and HASH_KEY (32 bytes each). A ciphertext is
``version(1) || nonce(12) || ciphertext+tag``; the version byte leaves room for key rotation.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12


def encrypt(plain: bytes) -> bytes:
    """Return the ciphertext of `plain`; two calls never give the same bytes."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(settings.FIELD_KEY).encrypt(nonce, plain, _VERSION)


def decrypt(cipher: bytes | memoryview) -> bytes:
    """Return the plain bytes; raise `cryptography.exceptions.InvalidTag` when key or ciphertext is wrong."""
    cipher = bytes(cipher)
    if cipher[:1] != _VERSION:
        raise ValueError("unknown ciphertext version")
    nonce, body = cipher[1 : 1 + _NONCE_BYTES], cipher[1 + _NONCE_BYTES :]
    return AESGCM(settings.FIELD_KEY).decrypt(nonce, body, _VERSION)


def seal(text: str) -> str:
    """Return the ciphertext of `text` in base64, for what keeps only text: web sessions and cookies."""
    return b64encode(encrypt(text.encode())).decode()


def unseal(sealed: str) -> str | None:
    """Return the text that was sealed; None where it was not, or the key has changed since."""
    try:
        return decrypt(b64decode(sealed)).decode()
    except (InvalidTag, ValueError):
        return None


def lookup_hash(text: str) -> str:
    """Return the keyed hash (64 hex digits) by which an encrypted value is found again."""
    return hmac.new(settings.HASH_KEY, text.encode(), hashlib.sha256).hexdigest()


def mask_tckn(tckn: str) -> str:
    """Return a TCKN as it may be shown: ``123******89``."""
    return f"{tckn[:3]}******{tckn[-2:]}"
