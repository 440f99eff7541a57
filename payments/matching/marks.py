"""Where in a bank's text the pieces stand that speak for an order: its code, tax number, and title."""

from collections.abc import Collection
from dataclasses import dataclass

from iys_portal.shared.turkish import fold
from payments.matching.normalise import title_words
from payments.matching.reading import Reading

CODE, NUMBER, TITLE = "kod", "vkn", "unvan"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `kind` is empty for what speaks for nothing."""

    text: str
    kind: str = ""


def pieces(
    reading: Reading, *, codes: Collection[str], tax_numbers: Collection[str], titles: Collection[str]
) -> list[Piece]:
    """Return the line's text cut into stretches, marked where they agree with these orders; nothing is left out."""
    text = reading.line.text
    glyphs, places = _squeezed(text)
    kinds = [""] * len(text)
    words = {word for title in titles for word in title_words(title)}
    for word, start, end in _words(glyphs, places):
        if word in words:
            _mark(kinds, places[start], places[end - 1], TITLE)
    for number in tax_numbers:
        start = glyphs.find(number)
        if number and start >= 0:
            _mark(kinds, places[start], places[start + len(number) - 1], NUMBER)
    if glyphs == reading.text.squeezed:
        for window in reading.windows:
            if window.code in codes:
                _mark(kinds, places[window.start], places[window.end - 1], CODE)
    return _cut(text, kinds)


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits as the matching reads them, and where in the text each stands."""
    glyphs, places = [], []
    for place, glyph in enumerate(text):
        for folded in fold(glyph):
            if folded.isalnum():
                glyphs.append(folded)
                places.append(place)
    return "".join(glyphs), places


def _words(glyphs: str, places: list[int]) -> list[tuple[str, int, int]]:
    found, start = [], 0
    for end in range(1, len(glyphs) + 1):
        if end == len(glyphs) or places[end] > places[end - 1] + 1:
            found.append((glyphs[start:end], start, end))
            start = end
    return found


def _mark(kinds: list[str], first: int, last: int, kind: str) -> None:
    kinds[first : last + 1] = [kind] * (last + 1 - first)


def _cut(text: str, kinds: list[str]) -> list[Piece]:
    found: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or kinds[end] != kinds[start]:
            found.append(Piece(text[start:end], kinds[start]))
            start = end
    return found
