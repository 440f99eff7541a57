"""Cells of a table as days and money, by what the profile declares."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from iys_portal.shared.sheets.table import Cell, Unreadable, shown
from payments.statements.profile import BankProfile, day_format
from payments.statements.values import FieldError, exact_amount

_NUMBER_TAIL = r"(?:\s*(?:TL|TRY|₺))?"
_TIME = r"(?:[ T-]*[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]{1,6})?)?)?"
_WIDTHS = {"dd": r"(?P<dd>[0-9]{1,2})", "mm": r"(?P<mm>[0-9]{1,2})"}
_GLUED = {"dd": r"(?P<dd>[0-9]{2})", "mm": r"(?P<mm>[0-9]{2})"}
_MINUS = "−–"


@dataclass(frozen=True, slots=True)
class Money:
    """Reads amounts by the declared marks: groups of three digits or none, and never a mark that was not declared."""

    pattern: re.Pattern[str] | None
    thousands: str

    @classmethod
    def of(cls, profile: BankProfile) -> "Money":
        """Return the reader of a profile's amounts."""
        if not profile.decimal_mark:
            return cls(None, "")
        thousands = profile.thousands_mark
        mark = r"[ \xa0\u202f]" if thousands == " " else re.escape(thousands)
        grouped = rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|" if thousands else ""
        decimal = re.escape(profile.decimal_mark)
        pattern = (
            rf"(?P<before>[+-]?)\s*(?P<whole>{grouped}[0-9]+)(?:{decimal}(?P<cents>[0-9]*))?{_NUMBER_TAIL}"
            r"\s*(?P<after>[+-]?)"
        )
        return cls(re.compile(pattern), thousands)

    def read(self, cell: Cell | None) -> Decimal:
        """Return the signed amount of a cell with two places; raise FieldError for what would have to be guessed."""
        match cell:
            case Decimal():
                return _of_number(cell)
            case Unreadable():
                raise FieldError(cell.message)
            case str():
                return self._of_text(cell)
        raise FieldError("Tutar yok." if cell is None else f"Tutar yerine tarih yazılmış: {shown(cell)}.")

    def _of_text(self, written: str) -> Decimal:
        bare = written.strip().translate(dict.fromkeys(map(ord, _MINUS), "-"))
        match = self.pattern.fullmatch(bare) if self.pattern else None
        if match is None or (match["before"] and match["after"]):
            raise FieldError(f"Tutar okunamadı: “{written[:40]}”. Profilde bildirilen biçime uymuyor.")
        whole = re.sub(r"[^0-9]", "", match["whole"])
        amount = exact_amount(whole, match["cents"] or "", written)
        return -amount if "-" in (match["before"], match["after"]) else amount


def _of_number(number: Decimal) -> Decimal:
    whole, _, cents = f"{abs(number):f}".partition(".")
    amount = exact_amount(whole, cents, f"{number:f}")
    return -amount if number < 0 else amount


@dataclass(frozen=True, slots=True)
class Days:
    """Reads days by the declared formats; a time behind them is left aside."""

    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, formats: tuple[str, ...]) -> "Days":
        """Return the reader of days written in these formats."""
        return cls(tuple(map(_pattern, formats)))

    def read(self, cell: Cell | None) -> date:
        """Return the day of a cell; raise FieldError if there is none, or none such."""
        match cell:
            case date():
                return cell
            case Unreadable():
                raise FieldError(cell.message)
            case str():
                return self._of_text(cell)
        raise FieldError("Tarih yok." if cell is None else f"Tarih yerine sayı yazılmış: “{shown(cell)[:40]}”.")

    def _of_text(self, written: str) -> date:
        for pattern in self.patterns:
            match = pattern.fullmatch(written.strip())
            if match is not None:
                year = int(match["yyyy"]) if "yyyy" in match.groupdict() else 2000 + int(match["yy"])
                try:
                    return date(year, int(match["mm"]), int(match["dd"]))
                except ValueError:
                    raise FieldError(f"Böyle bir tarih yok: “{written[:40]}”.") from None
        raise FieldError(f"Tarih okunamadı: “{written[:40]}”. Profilde bildirilen biçime uymuyor.")


@lru_cache(maxsize=64)
def _pattern(written: str) -> re.Pattern[str]:
    order, separator, long = day_format(written)
    year = r"(?P<yyyy>[0-9]{4})" if long else r"(?P<yy>[0-9]{2})"
    widths = _WIDTHS if separator else _GLUED
    return re.compile(re.escape(separator).join(year if part == "y" else widths[part] for part in order) + _TIME)
