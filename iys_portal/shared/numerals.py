"""Numbers as Turkish readers write them, and the suffixes that follow the last word of a number as it is read."""

from datetime import date

# The last word of a number decides: its last figure, else its tens, else yüz, bin, milyon …
_UNITS = ("", "'de", "'de", "'te", "'te", "'te", "'da", "'de", "'de", "'da")
_TENS = ("", "'da", "'de", "'da", "'ta", "'de", "'ta", "'te", "'de", "'da")
_ZERO = "'da"
_HUNDRED = _THOUSAND = "'de"
_MILLIONS = "'da"


def grouped(number: int) -> str:
    """Return a whole number with Turkish thousands, ``1.234``."""
    return f"{number:,}".replace(",", ".")


def percent(part: int, whole: int) -> str:
    """Return a share with one place where it is not round, ``%12,5``; only nothing is %0, and only all of it %100."""
    if not whole:
        return "–"
    tenths = max((2000 * part + whole) // (2 * whole), int(part > 0))
    if part < whole:
        tenths = min(tenths, 999)
    return f"%{grouped(tenths // 10)}" + (f",{tenths % 10}" if tenths % 10 else "")


def locative(number: int) -> str:
    """Return what makes a number say “in”, “at” or “on”, with its apostrophe: 2026'da, 2027'de, 40'ta.

    Counts up to the trillions are read right; all words from milyon on end alike.
    """
    number = abs(number)
    if number == 0:
        return _ZERO
    if number % 10:
        return _UNITS[number % 10]
    if number % 100:
        return _TENS[number % 100 // 10]
    if number % 1000:
        return _HUNDRED
    return _THOUSAND if number % 1_000_000 else _MILLIONS


def on_day(day: date) -> str:
    """Return a date that says “on”: 14.03.2027'de, for its year is read last."""
    return f"{day:%d.%m.%Y}{locative(day.year)}"
