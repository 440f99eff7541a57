"""Signatures of both wire protocols: requests, answers and webhooks of iyzico, hash “ver3” of NestPay."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

_SCHEME = "IYZWSv2"


def hexadecimal(key: str, text: str) -> str:
    """Return the hex HMAC-SHA256 of a text."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


# --- iyzico -----------------------------------------------------------------------------------------------------------
def authorised(
    headers: Mapping[str, str], *, path: str, bodies: Iterable[bytes], api_key: str, secret_key: str
) -> bool:
    """Whether the IYZWSv2 header signs `path` with one of `bodies`.

    A GET without a body is signed over no text by some clients, over the text ``null`` by others: both are right.
    """
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme != _SCHEME:
        return False
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    parts = dict(part.partition(":")[::2] for part in text.split("&"))
    random_key = parts.get("randomKey", "")
    if not random_key or not same(headers.get("x-iyzi-rnd", ""), random_key):
        return False
    known = same(parts.get("apiKey", ""), api_key)
    signed = False
    for body in bodies:
        message = random_key + path + body.decode(errors="replace")
        signed |= same(parts.get("signature", ""), hexadecimal(secret_key, message))
    return known and signed


def plain(value: object) -> str:
    """Return a value as it is signed: amounts without zeros at their end, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def answer_signature(secret_key: str, values: Iterable[object]) -> str:
    """Return the `signature` of an answer over these values, in the documented order."""
    return hexadecimal(secret_key, ":".join(plain(value) for value in values))


def callback_signature(secret_key: str, fields: Mapping[str, str]) -> str:
    """Return the signature of the browser's return from 3-D Secure."""
    names = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")
    return answer_signature(secret_key, [fields[name] for name in names])


def webhook_signature(secret_key: str, body: Mapping[str, object]) -> str:
    """Return `X-IYZ-SIGNATURE-V3`; the checkout form's order has a token in it, the direct order has none."""
    names: tuple[str, ...]
    if "token" in body:
        names = ("iyziEventType", "iyziPaymentId", "token", "paymentConversationId", "status")
    else:
        names = ("iyziEventType", "paymentId", "paymentConversationId", "status")
    return hexadecimal(secret_key, secret_key + "".join(plain(body[name]) for name in names))


# --- NestPay ----------------------------------------------------------------------------------------------------------
def nestpay_hash(fields: Mapping[str, str], store_key: str) -> str:
    """Return the hash “ver3”: every value but hash and encoding, in natural order of the names, then the key."""
    names = sorted((name for name in fields if name.lower() not in {"hash", "encoding"}), key=_natural)
    values = [*(fields[name] for name in names), store_key]
    text = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
    return base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in a name count by their value, and stand before letters."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name.lower())]
