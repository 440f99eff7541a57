"""NestPay's hash “ver3” over all the fields of a form or of an answer.

Fields are sorted by name in natural order without regard to case, `\\` and `|` are escaped, values are joined by `|`
with the store key at the end, and hashed with SHA-512. The hash itself and `encoding` are left out; so is the
national number, which Ziraat adds to an answer after hashing it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

_LEFT_OUT = frozenset({"HASH", "ENCODING", "NATIONALIDNO"})
_DIGITS = re.compile(r"([0-9]+)")


def ver3(fields: Mapping[str, str], *, store_key: str) -> str:
    """Return the hash of `fields`."""
    names = sorted((name for name in fields if name.upper() not in _LEFT_OUT), key=_natural)
    signed = "|".join(_escaped(value) for value in (*(fields[name] for name in names), store_key))
    return base64.b64encode(hashlib.sha512(signed.encode("utf-8", "surrogatepass")).digest()).decode()


def holds(fields: Mapping[str, str], *, store_key: str) -> bool:
    """Return whether an answer's own hash is right, compared in constant time."""
    theirs = next((value for name, value in fields.items() if name.upper() == "HASH"), "")
    ours = ver3(fields, store_key=store_key)
    return hmac.compare_digest(theirs.encode("utf-8", "surrogatepass"), ours.encode())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|")


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in a name count by their value, whatever their length, and stand before letters."""
    parts = _DIGITS.split(name.upper())
    return [_number(part) if place % 2 else (_AFTER_NUMBERS, part) for place, part in enumerate(parts) if part]


def _number(digits: str) -> tuple[int, str]:
    value = digits.lstrip("0")
    return len(value), value


_AFTER_NUMBERS = 10**9
