"""Telephone numbers: read in any spelling, kept in E.164, judged by those who need them.

libphonenumber is the arbiter. Which numbers are good is the caller's question: the register's fields differ.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers

LONGEST = 15
"""The most characters of a number that the register takes."""

# The ranges of Turkish mobile numbers that are wholly in use, and 599, which nobody has: İYS's examples lie there.
TURKISH_MOBILE = re.compile(r"\+905(?:[0345][0-9]|1[06]|24|6[24]|7[245]|9[469])[0-9]{7}")
_TURKISH_MOBILES = re.compile(rf"(?:{TURKISH_MOBILE.pattern} )*")
_MOBILE_LENGTH = len("+905XXXXXXXXX ")
EXAMPLE = re.compile(r"\+90599[0-9]{7}")
E164 = re.compile(r"\+[1-9][0-9]+")
_TURKISH = re.compile(r"\+90[2-58][0-9]{9}")
# White space, and the dashes that word processors make of a hyphen.
BETWEEN = re.compile(r"[\s().\-/\u2010-\u2015\u2212]+")
MOBILE = re.compile(r"(?:\+?90|0)?(5[0-9]{9})")
_DIALLED = re.compile(r"\+?[0-9]{7,17}")


def read(text: str) -> str:
    """Return the number that a person typed in E.164, as far as that is certain; else the text, stripped.

    It is Turkish where it names no country: 0532 123 45 67, 532…, 0090… and +90 (532)… are +90532…
    """
    text = text.strip()
    compact = BETWEEN.sub("", text)
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if not _DIALLED.fullmatch(compact):
        return text
    mobile = MOBILE.fullmatch(compact)
    if mobile is not None:  # nearly all are; the library takes fifty times as long to say the same
        return f"+90{mobile[1]}"
    if compact.startswith("90") and len(compact) == 12:
        compact = f"+{compact}"
    number = _parsed(compact)
    return compact if number is None else _written(number)


def is_turkish(number: str) -> bool:
    """Return whether this is a Turkish number in E.164 by its length: of a place, a mobile or a special one (850)."""
    return _TURKISH.fullmatch(number) is not None


def is_turkish_mobile(number: str) -> bool:
    """Return whether this is a Turkish mobile number in E.164 by its first digit and its length."""
    return is_turkish(number) and number.startswith("+905")


def may_exist(number: str) -> bool:
    """Return whether this is a number in E.164 whose length is one of its country's."""
    parsed = _parsed(number) if E164.fullmatch(number) else None
    return parsed is not None and phonenumbers.is_possible_number(parsed)


def are_turkish_mobiles(numbers: Sequence[str]) -> bool:
    """Return whether `TURKISH_MOBILE` knows each of them; of a thousand it is asked in a third of the time."""
    text = " ".join([*numbers, ""])
    # As many numbers as there were texts: none of them holds two.
    return len(text) == _MOBILE_LENGTH * len(numbers) and _TURKISH_MOBILES.fullmatch(text) is not None


def is_in_use(number: str) -> bool:
    """Return whether this is a number in E.164, written as it is stored, of a range that is given out."""
    if TURKISH_MOBILE.fullmatch(number):
        return True
    return len(number) <= LONGEST and E164.fullmatch(number) is not None and _is_given_out(number)


@lru_cache(maxsize=256)  # a number is asked about before it is mended, after it, and when it is read
def _is_given_out(number: str) -> bool:
    parsed = _parsed(number)
    return parsed is not None and _written(parsed) == number and phonenumbers.is_valid_number(parsed)


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, "TR")
    except phonenumbers.NumberParseException:
        return None


def _written(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
