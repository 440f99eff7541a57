"""Text as the matching reads it: folded to ASCII capitals, squeezed to letters and digits, cut into words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from iys_portal.shared.turkish import fold

_SEPARATORS = re.compile(r"[\W_]+")
_TAX_NUMBER = re.compile(r"(?<![0-9])[0-9]{10,11}(?![0-9])")
_LEGAL_FORMS = frozenset(
    {
        *(
            "ANONIM",
            "AS",
            "LIMITED",
            "LTD",
            "SIRKETI",
            "SIRKET",
            "STI",
            "SANAYI",
            "SAN",
            "TICARET",
            "TIC",
            "VE",
        ),
        *("KOLEKTIF", "KOLLEKTIF", "KOMANDIT", "KOOPERATIFI"),
    }
)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text folded, and the same without everything that is not a letter or digit."""

    folded: str
    squeezed: str

    def surroundings(self, start: int, end: int) -> tuple[str, str]:
        """Return the characters that touch squeezed[start:end] in the folded text; "" at a gap or an edge."""
        first = last = -1
        for place, position in enumerate(self._places()):
            if place == start:
                first = position
            if place == end - 1:
                last = position
                break
        return self._letter_at(first - 1), self._letter_at(last + 1)

    def _places(self) -> Iterator[int]:
        return (position for position, glyph in enumerate(self.folded) if glyph.isalnum())

    def _letter_at(self, position: int) -> str:
        glyph = self.folded[position : position + 1] if position >= 0 else ""
        return glyph if glyph.isalnum() else ""


def normalise(text: str) -> Normalised:
    """Return both views of `text`."""
    folded = fold(text)
    return Normalised(folded, _SEPARATORS.sub("", folded))


def words(folded: str) -> list[str]:
    """Return the words of a folded text."""
    return [word for word in _SEPARATORS.split(folded) if word]


@lru_cache(maxsize=100_000)
def title_words(title: str) -> tuple[str, ...]:
    """Return the words that tell one company from another: no legal forms, no single letters."""
    return tuple(word for word in words(fold(title)) if len(word) > 1 and word not in _LEGAL_FORMS)


def tax_numbers(folded: str) -> frozenset[str]:
    """Return the numbers of ten or eleven digits in a folded text: a VKN or a TCKN has that form."""
    return frozenset(_TAX_NUMBER.findall(folded))
