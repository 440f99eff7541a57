"""Numbers as Turkish readers write them, and the suffixes that follow the last word of a number as it is read."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class _Suffix:
    """A suffix after each last word of a number: its last figure, else its tens, else yüz, bin, milyon …"""

    units: tuple[str, ...]
    tens: tuple[str, ...]
    zero: str
    hundred: str
    thousand: str
    millions: str

    def after(self, number: int) -> str:
        number = abs(number)
        if number == 0:
            return self.zero
        if number % 10:
            return self.units[number % 10]
        if number % 100:
            return self.tens[number % 100 // 10]
        if number % 1000:
            return self.hundred
        return self.thousand if number % 1_000_000 else self.millions


_IN = _Suffix(
    units=("", "'de", "'de", "'te", "'te", "'te", "'da", "'de", "'de", "'da"),
    tens=("", "'da", "'de", "'da", "'ta", "'de", "'ta", "'te", "'de", "'da"),
    zero="'da",
    hundred="'de",
    thousand="'de",
    millions="'da",
)
_OF = _Suffix(
    units=("", "'i", "'si", "'ü", "'ü", "'i", "'sı", "'si", "'i", "'u"),
    tens=("", "'u", "'si", "'u", "'ı", "'si", "'ı", "'i", "'i", "'ı"),
    zero="'ı",
    hundred="'ü",
    thousand="'i",
    millions="'u",
)


def grouped(number: int) -> str:
    """Return a whole number with Turkish thousands, ``1.234``."""
    return f"{number:,}".replace(",", ".")


def percent(part: int, whole: int) -> str:
    """Return a share with one place where it is not round, ``%12,5``; only nothing is %0, and only all of it %100."""
    if not whole:
        return "–"
    tenths = _tenths(part, whole)
    return f"%{grouped(tenths // 10)}" + (f",{tenths % 10}" if tenths % 10 else "")


def percent_of(part: int, whole: int) -> str:
    """Return a share of something that is named before it: ``(ödemelerin) %33,3'ü``, ``(sınırın) %60'ı``."""
    if not whole:
        return percent(part, whole)
    number, tenth = divmod(_tenths(part, whole), 10)
    return f"{percent(part, whole)}{_OF.after(tenth or number)}"


def _tenths(part: int, whole: int) -> int:
    tenths = max((2000 * part + whole) // (2 * whole), int(part > 0))
    return min(tenths, 999) if part < whole else tenths


def locative(number: int) -> str:
    """Return what makes a number say “in”, “at” or “on”, with its apostrophe: 2026'da, 2027'de, 40'ta.

    Counts up to the trillions are read right; all words from milyon on end alike.
    """
    return _IN.after(number)


def on_day(day: date) -> str:
    """Return a date that says “on”: 14.03.2027'de, for its year is read last."""
    return f"{day:%d.%m.%Y}{locative(day.year)}"
