"""iyzico's three signatures: of what we ask (IYZWSv2), of what it answers, and of its webhooks (V3).

All are HMAC-SHA256 under the merchant's secret key, in hexadecimal letters.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

# What the signature of an answer covers, in this order.
THREEDS_INITIALIZE: Final = ("paymentId", "conversationId")
PAYMENT: Final = ("paymentId", "currency", "basketId", "conversationId", "paidPrice", "price")
FORM_INITIALIZE: Final = ("conversationId", "token")
FORM_DETAIL: Final = ("paymentStatus", *PAYMENT, "token")
# What the signature of a webhook covers after the secret key, without anything between.
WEBHOOK: Final = ("iyziEventType", "paymentId", "paymentConversationId", "status")
FORM_WEBHOOK: Final = ("iyziEventType", "iyziPaymentId", "token", "paymentConversationId", "status")

_PRICES = frozenset({"price", "paidPrice"})
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")


def authorization(*, api_key: str, secret_key: str, random: str, path: str, body: str) -> str:
    """Return the Authorization header of a call; `path` is without its query, `body` exactly what is sent."""
    signature = _hmac(secret_key, random + path + body)
    content = f"apiKey:{api_key}&randomKey:{random}&signature:{signature}"
    return "IYZWSv2 " + base64.b64encode(content.encode()).decode()


def answer_signature(answer: Mapping[str, Any], names: Iterable[str], *, secret_key: str) -> str:
    """Return how iyzico signs `answer` over the fields `names`."""
    return _hmac(secret_key, ":".join(_text(name, answer.get(name)) for name in names))


def webhook_signature(event: Mapping[str, Any], *, secret_key: str) -> str:
    """Return how iyzico signs a webhook: one of the hosted form carries its token, one of a direct payment none."""
    names = FORM_WEBHOOK if event.get("token") else WEBHOOK
    return _hmac(secret_key, secret_key + "".join(_text(name, event.get(name)) for name in names))


def same(theirs: object, ours: str) -> bool:
    """Compare a signature in constant time; what is no text is no signature."""
    return isinstance(theirs, str) and hmac.compare_digest(_bytes(theirs.lower()), _bytes(ours))


def price_text(value: Decimal) -> str:
    """Return a price as signatures and requests write it: a point, no trailing zeros (5097.60 → 5097.6)."""
    return f"{value.normalize():f}"


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return price_text(Decimal(text)) if name in _PRICES and _PLAIN_NUMBER.fullmatch(text) else text


def _hmac(secret_key: str, message: str) -> str:
    return hmac.new(_bytes(secret_key), _bytes(message), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON may hold half a character
