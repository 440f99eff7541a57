"""Signatures: a receiver can tell that a delivery is ours and fresh, even where its password leaked.

`X-IYS-Signature: t=<seconds>,v1=<hex>`: HMAC-SHA256 with the connection's key over the seconds, a dot and the body.
Receivers refuse what is older than a few minutes, so that a delivery that was overheard cannot be played back.
"""

import hashlib
import hmac
import secrets
from datetime import datetime

HEADER = "X-IYS-Signature"


def new_key() -> str:
    """Return a new random key (text, 256 bits)."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(body: bytes, *, key: str, at: datetime) -> str:
    """Return the value of the header for a body that is sent at an instant."""
    seconds = int(at.timestamp())
    digest = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
