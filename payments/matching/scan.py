"""Read every window of a squeezed text as an order code, whole or with one fault.

The check sums of all windows come from one multiplication. Each character is a lane of 32 bits that holds its
index in the alphabet and, above it, whether it is none of the alphabet's glyphs; multiplied by a number whose
lanes are `1 + place·2⁸`, lane by lane four sums appear side by side:

    bits 0–7  Σ c      bits 8–17  Σ i·c      bits 18–21  how many are erased      bits 26–31  Σ of their places

The sums just fit, so no lane spills into the next; those of eight and of ten characters follow from those of nine.
Only windows that can be a code are then looked at one by one. One random window in 529 is a code, and many more lie
one fault away from one: a window means something only together with an order that has the code.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from struct import unpack
from typing import NamedTuple

from iys_portal.shared import codes
from iys_portal.shared.codes import ALPHABET, LENGTH, Fault

_BASE = len(ALPHABET)
_INVERSE = [0] + [pow(value, -1, _BASE) for value in range(1, _BASE)]

_ERASED = 0x80
_LANES = bytes(ALPHABET.find(chr(byte)) if chr(byte) in ALPHABET else _ERASED for byte in range(256))
_LIFT = 11
"""From a byte's mark of an erasure to bit 18 of its lane."""

_ERASURES = 15 << 18
_ONE_ERASED, _TWO_ERASED = 1 << 18, 2 << 18


class Window(NamedTuple):
    """Squeezed characters from `start` to `end`, read as `code` under an assumed fault, or as they stand."""

    start: int
    end: int
    code: str
    fault: Fault | None


class _Text(NamedTuple):
    """A squeezed text, its characters' indexes in the alphabet, and where its words end."""

    squeezed: str
    glyphs: bytes
    edges: frozenset[int]

    def is_inside(self, start: int, end: int) -> bool:
        """Whether these are letters only, or digits only, in the middle of something longer."""
        if start in self.edges or end in self.edges:
            return False
        written = self.squeezed[start:end]
        return written.isalpha() or written.isdigit()


def scan(squeezed: str, edges: frozenset[int]) -> list[Window]:
    """Return every reading of the text as a code with at most one fault, exact ones first.

    Left out are windows of letters only, or of digits only, that begin and end inside a word or number: a code
    has both kinds of glyphs, and where a fault hid that, the code would be the middle of something longer.
    """
    if len(squeezed) < LENGTH - 1:
        return []
    text = _Text(squeezed, squeezed.encode("ascii", "replace").translate(_LANES), edges)
    nines = [(at, sums) for at, sums in enumerate(_sums(text.glyphs)) if sums & _ERASURES <= _TWO_ERASED]
    exact, faulty = _nines(text, nines)
    # Eight glyphs, or ten characters with one erased, begin where nine have one erased at most, or at the end.
    starts = [(at, sums) for at, sums in nines if sums & _ERASURES <= _ONE_ERASED]
    return [*exact, *faulty, *_eights(text, starts), *_tens(text, starts)]


@lru_cache(maxsize=1_000)
def _erasures_of(characters: int) -> int:
    return int.from_bytes(bytes((_ERASED, 0, 0, 0)) * characters, "little")


# The last lane meets a window's first character, which has the first place.
_NINE = sum((1 + (place << 8)) << 32 * (LENGTH - place) for place in range(1, LENGTH + 1))


def _sums(glyphs: bytes) -> tuple[int, ...]:
    """Return the four sums of every window of nine characters, by its start."""
    count = len(glyphs) - LENGTH + 1
    if count < 1:
        return ()
    number = int.from_bytes(glyphs.decode("latin-1").encode("utf-32-le"), "little")
    erased = number & _erasures_of(len(glyphs))
    product = ((number - erased + (erased << _LIFT)) * _NINE) >> 32 * (LENGTH - 1)
    return unpack(f"<{count}I", product.to_bytes(4 * len(glyphs), "little")[: 4 * count])


def _nines(text: _Text, nines: Iterable[tuple[int, int]]) -> tuple[list[Window], list[Window]]:
    """Nine characters: a code, or one with a wrong glyph, a swap, or up to two characters outside the alphabet."""
    squeezed, glyphs, edges = text
    exact, faulty = [], []
    for start, sums in nines:
        end = start + LENGTH
        written = squeezed[start:end]
        erased = sums & _ERASURES
        total, weighted = (sums & 255) % _BASE, (sums >> 8) & 1023
        if not erased and not (total or weighted % _BASE):
            exact.append(Window(start, end, written, None))
        elif start not in edges and end not in edges and (written.isalpha() or written.isdigit()):
            continue
        elif erased == _TWO_ERASED:
            first = glyphs.index(_ERASED, start)
            last = 2 * start - 2 + (sums >> 26) - first
            y = ((first - start + 1) * total - weighted) * _INVERSE[last - first] % _BASE
            x = ALPHABET[(-total - y) % _BASE]
            code = f"{squeezed[start:first]}{x}{squeezed[first + 1 : last]}{ALPHABET[y]}{squeezed[last + 1 : end]}"
            faulty.append(Window(start, end, code, Fault.ERASURE))
        elif erased:
            place = sums >> 26
            if (place * total - weighted) % _BASE == 0:
                at = start + place - 1
                code = f"{squeezed[start:at]}{ALPHABET[-total % _BASE]}{squeezed[at + 1 : end]}"
                faulty.append(Window(start, end, code, Fault.ERASURE))
        elif total:
            place = weighted * _INVERSE[total] % _BASE
            if 1 <= place <= LENGTH:
                at = start + place - 1
                glyph = ALPHABET[(glyphs[at] - total) % _BASE]
                code = f"{squeezed[start:at]}{glyph}{squeezed[at + 1 : end]}"
                faulty.append(Window(start, end, code, Fault.SUBSTITUTION))
        else:
            swapped = codes.corrections(written)
            faulty += [Window(start, end, correction.code, correction.fault) for correction in swapped]
    return exact, faulty


def _eights(text: _Text, starts: Iterable[tuple[int, int]]) -> Iterator[Window]:
    """Eight glyphs: one is missing. Its value is −Σ; its place is where the weighted sum comes out too."""
    squeezed, glyphs, _ = text
    for start, total, weighted in _sums_of_eight(glyphs, starts):
        end = start + LENGTH - 1
        if text.is_inside(start, end):
            continue
        missing = -total % _BASE
        # With the missing glyph at place p, the glyphs from p on stand one place further.
        remainder = weighted + total + missing
        for at, glyph in enumerate(glyphs[start:end], start=start):
            if remainder % _BASE == 0:
                yield Window(start, end, f"{squeezed[start:at]}{ALPHABET[missing]}{squeezed[at:end]}", Fault.MISSING)
            remainder += missing - glyph
        if remainder % _BASE == 0:
            yield Window(start, end, squeezed[start:end] + ALPHABET[missing], Fault.MISSING)


def _sums_of_eight(glyphs: bytes, starts: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield start, Σ c and Σ i·c of the eight characters that stand there, where all of them are glyphs."""
    for start, sums in starts:
        ninth = glyphs[start + LENGTH - 1]
        if ninth == _ERASED:
            yield start, sums & 255, (sums >> 8) & 1023
        elif not sums & _ERASURES:
            yield start, (sums & 255) - ninth, ((sums >> 8) & 1023) - LENGTH * ninth
    start = len(glyphs) - LENGTH + 1
    if _ERASED not in glyphs[start:]:
        yield start, sum(glyphs[start:]), sum(place * glyph for place, glyph in enumerate(glyphs[start:], start=1))


def _tens(text: _Text, starts: Iterable[tuple[int, int]]) -> Iterator[Window]:
    """Ten characters: one between the first and the last is too many; its value is Σ, or it is no glyph at all.

    (An extra glyph at either end leaves the code standing: that is a glued code.)
    """
    squeezed, glyphs, _ = text
    for start, sums in starts:
        end = start + LENGTH + 1
        if end > len(glyphs):
            continue
        erased, tenth = sums & _ERASURES, glyphs[end - 1]
        # The tenth is no glyph between first and last: beside it nothing may be amiss but the one that is too many.
        if tenth == _ERASED:
            continue
        total = ((sums & 255) + tenth) % _BASE
        if (erased and total) or text.is_inside(start, end):
            continue
        extra = _ERASED if erased else total
        at = glyphs.find(extra, start + 1, end - 1)
        while at >= 0:
            code = squeezed[start:at] + squeezed[at + 1 : end]
            if codes.is_valid(code):
                yield Window(start, end, code, Fault.EXTRA)
            at = glyphs.find(extra, at + 1, end - 1)
