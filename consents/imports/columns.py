"""The head of a file of consents: which column is which, under İYS's names or the Turkish ones people use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Self

from consents.rules.recipient import read_recipient, tidy
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.table import MAX_COLUMNS, heading

FIELDS = ("type", "source", "recipient", "status", "consentDate", "recipientType", "retailerCode")
"""İYS's template; rows are read into this order. The last two may be left out."""

REQUIRED = FIELDS[:5]
LABELS = {
    "type": "İzin tipi",
    "source": "Kaynak",
    "recipient": "Alıcı",
    "status": "Durum",
    "consentDate": "İzin tarihi",
    "recipientType": "Alıcı tipi",
    "retailerCode": "Bayi kodu",
}

BRAND = "Marka Kodu"
"""A column that tells whose consents these are; a file is of one brand, so rows of another one are refused."""

_BRAND_NAMES = frozenset(heading(name) for name in (BRAND, "marka no", "brandCode"))
_NAMES = {
    "type": ("type", "tip", "izin tipi", "izin türü", "kanal", "ileti türü"),
    "source": ("source", "kaynak", "izin kaynağı"),
    "recipient": (
        *("recipient", "alıcı", "alıcı adresi", "iletişim adresi", "telefon", "telefon no", "telefon numarası", "gsm"),
        *("cep telefonu", "eposta", "eposta adresi", "telefon numarası ya da eposta adresi", "telefon ya da eposta"),
    ),
    "status": ("status", "durum", "izin durumu"),
    "consentDate": ("consentDate", "tarih", "izin tarihi", "onay tarihi"),
    "recipientType": ("recipientType", "alıcı tipi", "alıcı türü"),
    "retailerCode": ("retailerCode", "bayi", "bayi kodu", "bayi no", "bayi iys no"),
}
_FIELD_OF = {heading(name): known for known, names in _NAMES.items() for name in names}


class ColumnsUnknown(FileRefused):
    """The head does not say which column is which; the person may."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand, in the order of FIELDS (-1: not there), how many columns there are, what is not read.

    `constants` stand behind the columns of every row, from `width` on. `head_is_row`: the file has no head.
    `brand_place` is where a row says whose consent it is (-1: nowhere), `brand_code` the brand that may stand there.
    """

    places: tuple[int, ...]
    width: int
    ignored: tuple[str, ...]
    constants: tuple[str, ...] = ()
    head_is_row: bool = False
    brand_place: int = -1
    brand_code: str = ""
    _taken: Callable[[list[str]], tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_taken", itemgetter(*self.places))

    def pick(self, cells: list[str]) -> tuple[str, ...]:
        """Return the cells of a row in the order of FIELDS; what is not there is an empty text."""
        if len(cells) != self.width:
            cells = cells[: self.width] + [""] * (self.width - len(cells))
        cells += self.constants
        cells.append("")  # what place -1 finds
        return self._taken(cells)

    def other_brand(self, cells: Sequence[str]) -> str:
        """Return the code of the brand that a row names where it is not the file's; an empty text where it is."""
        return self.other_brand_of(cells[self.brand_place]) if 0 <= self.brand_place < len(cells) else ""

    def other_brand_of(self, written: str) -> str:
        """Return the code that stands for a brand where it is not the file's."""
        code = written.strip("=\"' ") if self.brand_code else ""
        return code if code != self.brand_code else ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which column a person chose for a field, and what stands in every row for a field without one."""

    places: Mapping[str, int]
    constants: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {"places": dict(self.places), "constants": dict(self.constants)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        return cls(kept["places"], kept["constants"])

    def columns_of(self, cells: Sequence[str]) -> Columns:
        """Return the columns of a file with this head."""
        width, names = len(cells), [name for name in FIELDS if name in self.constants]
        place_of = {**self.places, **{name: width + number for number, name in enumerate(names)}}
        read = set(self.places.values())
        free = [place for place in range(width) if place not in read and cells[place].strip()]
        brand_place = next((place for place in free if heading(cells[place]) in _BRAND_NAMES), -1)
        ignored = [cells[place].strip()[:60] for place in free if place != brand_place]
        return Columns(
            tuple(place_of.get(name, -1) for name in FIELDS),
            width,
            tuple(ignored),
            tuple(self.constants[name] for name in names),
            head_is_row=_is_recipient(cells[self.places["recipient"]]),
            brand_place=brand_place,
        )


def _is_recipient(text: str) -> bool:
    return read_recipient(tidy(text), None)[1] is None


def named_places(cells: Sequence[str]) -> dict[str, int]:
    """Return where the fields stand that a head names once."""
    names = [_FIELD_OF.get(heading(cell)) for cell in cells]
    return {name: names.index(name) for name in names if name is not None and names.count(name) == 1}


def known_names(cells: Sequence[str]) -> int:
    """Return how many cells of a line are names of our fields."""
    return len({_FIELD_OF.get(heading(cell)) for cell in cells} - {None})


def columns_of(cells: Sequence[str]) -> Columns:
    """Read the head; raise FileRefused when a column is missing, or two say the same."""
    if len(cells) > MAX_COLUMNS:
        raise FileRefused(f"Dosyada {MAX_COLUMNS} sütundan fazlası var; okunmadı.")
    places: dict[str, int] = {}
    ignored = []
    brand_place = -1
    for place, cell in enumerate(cells):
        name = _FIELD_OF.get(heading(cell))
        if name is None and brand_place < 0 and heading(cell) in _BRAND_NAMES:
            brand_place = place
        elif name is None:
            ignored += [cell.strip()[:60]] if cell.strip() else []
        elif name in places:
            raise ColumnsUnknown(f"Başlık satırında iki sütun aynı bilgiyi adlandırıyor: {LABELS[name]} ({name}).")
        else:
            places[name] = place
    if missing := [name for name in REQUIRED if name not in places]:
        names = ", ".join(f"{LABELS[name]} ({name})" for name in missing)
        raise ColumnsUnknown(f"Dosyanın ilk satırı sütun başlıkları olmalıdır; şu sütunlar bulunamadı: {names}.")
    return Columns(tuple(places.get(name, -1) for name in FIELDS), len(cells), tuple(ignored), brand_place=brand_place)
