"""Money and days as the readers take them: exactly as written, or not at all."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from stdnum.tr import tckimlik, vkn

from iys_portal.shared.clock import istanbul_day
from payments.statements.base import StatementRefused

INTEGER_DIGITS = 12
MAX_TEXT = 4_000
MAX_NAME = 140
MAX_REFERENCE = 64
MAX_RAW = 500

_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
_ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LIRA = frozenset({"TL", "YTL", "TRL", "₺"})
_NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF", "NOREF", "NONE", "NULL", "N/A", "UNKNOWN"})
_FEWEST_ID_CHARACTERS = 8
_FEWEST_ID_GLYPHS = 3


class FieldError(Exception):
    """A field cannot be read; the text is a Turkish sentence."""


def words_of(error: Exception) -> str:
    """Return why a transaction was not read; what no reader foresaw costs that transaction, never its file.

    Raises a refusal of the whole file again.
    """
    if isinstance(error, StatementRefused):
        raise error
    if isinstance(error, FieldError):
        return str(error)
    return f"Hareket okunurken beklenmeyen bir hata oluştu ({type(error).__name__}); bir kişinin bakması gerekiyor."


@lru_cache(maxsize=512)
def short_day(written: str) -> date:
    """Return the day of YYMMDD, in this century."""
    try:
        return date(2000 + int(written[:2]), int(written[2:4]), int(written[4:]))
    except ValueError:
        raise FieldError(f"Böyle bir tarih yok: “{written[:40]}” (yıl, ay, gün).") from None


def exact_amount(whole: str, cents: str, written: str) -> Decimal:
    """Return the amount of the given digits with two places; `written` is shown when it cannot be had."""
    whole = whole.lstrip("0")
    if cents[2:].strip("0"):
        raise FieldError(f"Tutar kuruştan küçük basamak içeriyor: “{written[:40]}”.")
    if len(whole) > INTEGER_DIGITS:
        raise FieldError(f"Tutar çok büyük: “{written[:40]}”.")
    return Decimal(f"{whole or 0}.{cents[:2]:0<2}")


@lru_cache(maxsize=4096)  # prices repeat; one object for all of them is a tenth of a large file's memory
def plain_amount(written: str) -> Decimal:
    """Return the positive amount of an XML field: digits, and a decimal point where there are kuruş."""
    match = _DECIMAL.fullmatch(written)
    if match is None:
        raise FieldError(f"Tutar okunamadı: “{written[:40]}”. Beklenen biçim: 5097.60.")
    return exact_amount(match[1], match[2] or "", written)


def signed_amount(written: str) -> Decimal:
    """Return the amount of an XML field that may have a minus before it."""
    amount = plain_amount(written.removeprefix("-").strip())
    return -amount if written.startswith("-") else amount


@lru_cache(maxsize=512)
def iso_day(written: str) -> date:
    """Return the day of ``2026-11-23``; a time zone behind it does not move a day."""
    match = _ISO_DAY.fullmatch(written)
    try:
        if match:
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    raise FieldError(f"Böyle bir tarih yok: “{written[:40]}” (yıl, ay, gün).")


def day_of_instant(written: str) -> date:
    """Return the Istanbul day of ``2026-11-23T23:30:00Z``; without a zone the time is Istanbul's own."""
    try:
        instant = datetime.fromisoformat(written)
        return istanbul_day(instant) if instant.tzinfo else instant.date()
    except (ValueError, OverflowError):
        raise FieldError(f"Böyle bir tarih yok: “{written[:40]}” (yıl, ay, gün, saat).") from None


@lru_cache(maxsize=64)
def currency_code(written: str) -> str:
    """Return the ISO code of a currency as banks write it: TL and ₺ are TRY."""
    code = written.strip().upper()
    if code in _LIRA:
        return "TRY"
    if not _CURRENCY.fullmatch(code):
        raise FieldError(f"Para birimi okunamadı: “{written[:20]}”.")
    return code


def tax_number(written: str) -> str | None:
    """Return a VKN or TCKN if `written` is one, check digits included."""
    digits = written.strip()
    if len(digits) == 11 and digits.startswith("0"):
        digits = digits[1:]  # a VKN in the width of a TCKN, which never begins with a nought
    if len(digits) not in {10, 11} or not (digits.isascii() and digits.isdigit()):
        return None
    valid = vkn.is_valid(digits) if len(digits) == 10 else tckimlik.is_valid(digits)
    return digits if valid else None


def given(reference: str) -> str:
    """Return a reference, or nothing where the bank writes that there is none."""
    bare = reference.strip()
    return "" if bare.upper() in _NO_REFERENCE or not bare.strip("0-/ ") else bare[:MAX_REFERENCE]


def unique_id(reference: str) -> str | None:
    """Return a bank's reference if its form is that of an id: long, with a digit, no filler.

    It depends on the reference alone and never on its neighbours, so that two files which overlap agree.
    """
    bare = given(reference)
    if len(bare) < _FEWEST_ID_CHARACTERS or len(set(bare)) < _FEWEST_ID_GLYPHS or len(reference.strip()) > len(bare):
        return None
    return bare if any(glyph in "0123456789" for glyph in bare) else None
