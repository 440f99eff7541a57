"""What stands in a cell of a workbook: texts, days, numbers, and cells whose value is not there.

Numbers stay decimals: the digits are those of the file, rounded to the fifteen that spreadsheets show.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal

from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.sheets.table import Cell, Unreadable
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.sheets.xlsxtexts import Texts
from iys_portal.shared.sheets.xlsxusual import unescaped

_FIFTEEN = Context(prec=15)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  (a sheet's clock has no zone)
_FIRST_SERIAL, _LAST_SERIAL = Decimal(61), Decimal(2_900_000)
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?")
_HALF_A_SECOND = Decimal("0.000006")
_SECONDS = Decimal(86_400)


@dataclass(frozen=True, slots=True)
class Shared:
    """What cells of all sheets go by: texts by their numbers, formats that show a number as a day, how days count.

    With `times` a day is a datetime.
    """

    texts: list[str] | Texts
    day_styles: frozenset[int]
    from_1904: bool
    times: bool

    def texts_of(self, numbers: Sequence[str]) -> Sequence[Cell]:
        """Return the texts that cells name by these numbers, which have seven digits at most."""
        try:
            return [*map(self.texts.__getitem__, map(int, numbers))]
        except IndexError:
            return [*map(self.text, numbers)]

    def text(self, number: str) -> Cell:
        """Return the text that a cell names by its number."""
        known = number.isdecimal() and len(number) < 8 and int(number) < len(self.texts)
        return self.texts[int(number)] if known else Unreadable("Hücrenin metni dosyada yok.")


def texts_of(written: Sequence[str]) -> list[str]:
    """Return texts as they are written in XML with the escapes of both formats undone. Raises Unusual."""
    together = "".join(written)
    if _says_itself(together) and "&" not in together:
        return [text.strip() for text in written]
    return [text_of(unescaped(text)) for text in written]


def text_of(written: str) -> str:
    """Return a text with the escapes of the format undone, lines kept."""
    if _says_itself(written):
        return written.strip()
    if "_x" in written:
        written = _ESCAPED.sub(_unescaped, written)
    return "\n".join(clean(line).strip() for line in re.split(r"\r\n|\r|\n", written)).strip()


def _says_itself(text: str) -> bool:
    return text.isascii() and text.isprintable() and "_x" not in text


def _unescaped(match: re.Match[str]) -> str:
    glyph = chr(int(match[1], 16))
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= glyph <= "\udfff" else glyph


def cell_of(shared: Shared, texts: dict[str, str]) -> Cell | None:
    """Return the value of a cell: the one that is stored, whatever its formula may say."""
    kind = texts.get("@t", "n")
    if kind == "inlineStr":
        return text_of(texts.get("/is/t", "") + texts.get("/is/r/t", ""))
    value = texts.get("/v", "").strip()
    if not value:
        formula = "/f" in texts
        return Unreadable("Hücrede hesaplanmamış bir formül var; dosyayı Excel'de açıp kaydedin.") if formula else None
    if kind == "d":
        return _day_written(value, times=shared.times)
    if kind in _KINDS:
        return _KINDS[kind](value)
    if kind == "s":
        return shared.text(value)
    return number_of(shared, texts.get("@s", "0"))(value)


def _day_written(value: str, *, times: bool) -> Cell:
    """Return a day in ISO's words; with `times` its clock, Türkiye saati, also where it was written in another."""
    try:
        if not times:
            return date.fromisoformat(value[:10])
        instant = datetime.fromisoformat(value).replace(microsecond=0)
        return instant if instant.tzinfo is None else instant.astimezone(ISTANBUL).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return Unreadable(f"Böyle bir tarih yok: “{clean(value)[:10]}” (yıl, ay, gün).")


def number_of(shared: Shared, style: str) -> Callable[[str], Cell]:
    """Return what makes a number, or a day, of what stands in a cell of this style."""
    is_day = style.isdecimal() and len(style) < 8 and int(style) in shared.day_styles

    def make(value: str) -> Cell:
        if not _NUMBER.fullmatch(value):
            return Unreadable(f"Hücredeki sayı okunamadı: “{clean(value)[:40]}”.")
        number = _FIFTEEN.create_decimal(value)
        return _day_of_serial(number, from_1904=shared.from_1904, times=shared.times) if is_day else number

    return make


def _day_of_serial(serial: Decimal, *, from_1904: bool, times: bool) -> Cell:
    """Return the day of a serial number; the last half second of a day is the rounding of the next one's midnight.

    Days before March 1900 are refused: there spreadsheets count a day that never was.
    """
    if not _FIRST_SERIAL <= serial <= _LAST_SERIAL:
        return Unreadable(f"Hücredeki tarih okunamadı: “{serial:f}”."[:100])
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    if times:
        return epoch + timedelta(seconds=int((serial + _HALF_A_SECOND) * _SECONDS))
    return epoch.date() + timedelta(days=int(serial + _HALF_A_SECOND))


_KINDS: Mapping[str, Callable[[str], Cell]] = {
    "str": text_of,
    "b": lambda value: "DOĞRU" if value == "1" else "YANLIŞ",
    "e": lambda value: Unreadable(f"Hücrede hata var: {clean(value)[:20]}."),
}
