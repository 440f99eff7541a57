"""Signatures of push deliveries: what your receiver checks before it believes a body."""

import hashlib
import hmac
import re
import time

_HEADER = re.compile(r"t=([0-9]{1,11}),v1=([0-9a-f]{64})")


class SignatureInvalid(Exception):
    """The body is not the portal's, was changed, or is too old."""


def verify(body: bytes, header: str, key: str, *, tolerance: float = 300.0, now: float | None = None) -> None:
    """Check the header `X-IYS-Signature` of a delivery with the connection's key; raise SignatureInvalid.

    `tolerance` is how many seconds a delivery may be old: what is older was overheard and is played back.
    """
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        raise SignatureInvalid("the header is no signature")
    seconds, signature = found.groups()
    wanted = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, signature):
        raise SignatureInvalid("the signature is not of this body and key")
    if abs((time.time() if now is None else now) - int(seconds)) > tolerance:
        raise SignatureInvalid("the delivery is too old")
