"""Read every window of a squeezed text as an order code, whole or with one fault.

The check sums of all windows come from one multiplication. Each character is a lane of 32 bits that holds its
index in the alphabet and, above it, whether it is none of the alphabet's glyphs; multiplied by a number whose
lanes are `1 + place·2⁸`, lane by lane four sums appear side by side:

    bits 0–7  Σ c      bits 8–17  Σ i·c      bits 18–21  how many are erased      bits 26–31  Σ of their places

The widest windows' sums just fit, so no lane spills into the next. Only windows that can be a code are then
looked at one by one. One random window in 529 is a code, and many more lie one fault away from one: a window
means something only together with an order that has the code.
"""

from collections.abc import Iterator
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
    """A squeezed text, its characters' indexes in the alphabet, those as lanes, and where its words end."""

    squeezed: str
    glyphs: bytes
    lanes: int
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
    glyphs = squeezed.encode("ascii", "replace").translate(_LANES)
    number = int.from_bytes(glyphs.decode("latin-1").encode("utf-32-le"), "little")
    erased = number & _erasures_of(len(glyphs))
    text = _Text(squeezed, glyphs, number - erased + (erased << _LIFT), edges)
    nines = [(at, sums) for at, sums in enumerate(_sums(text, _NINE, LENGTH)) if sums & _ERASURES <= _TWO_ERASED]
    # Eight glyphs, or ten characters with one erased, begin where nine have one erased at most, or at the end.
    starts = [at for at, sums in nines if sums & _ERASURES <= _ONE_ERASED]
    windows = [*_nines(text, nines), *_eights(text, starts), *_tens(text, starts)]
    windows.sort(key=_has_fault)
    return windows


def _has_fault(window: Window) -> bool:
    return window.fault is not None


@lru_cache(maxsize=1_000)
def _erasures_of(characters: int) -> int:
    return int.from_bytes(bytes((_ERASED, 0, 0, 0)) * characters, "little")


def _multiplier(length: int, first_place: int) -> int:
    """The last lane meets a window's first character, which has the first place."""
    lanes = (1 + ((first_place + place) << 8) for place in range(length))
    return sum(lane << 32 * (length - 1 - place) for place, lane in enumerate(lanes))


_NINE, _EIGHT, _TEN = _multiplier(9, 1), _multiplier(8, 1), _multiplier(10, 0)


def _sums(text: _Text, multiplier: int, length: int) -> tuple[int, ...]:
    """Return the four sums of every window of `length` characters, by its start."""
    count = len(text.glyphs) - length + 1
    if count < 1:
        return ()
    product = (text.lanes * multiplier) >> 32 * (length - 1)
    return unpack(f"<{count}I", product.to_bytes(4 * len(text.glyphs), "little")[: 4 * count])


def _nines(text: _Text, nines: list[tuple[int, int]]) -> Iterator[Window]:
    """Nine characters: a code, or one with a wrong glyph, a swap, or up to two characters outside the alphabet."""
    squeezed = text.squeezed
    for start, sums in nines:
        end = start + LENGTH
        erased = sums & _ERASURES
        total, weighted = sums & 255, (sums >> 8) & 1023
        if not erased and not (total % _BASE or weighted % _BASE):
            yield Window(start, end, squeezed[start:end], None)
        elif text.is_inside(start, end):
            continue
        elif erased == _TWO_ERASED:
            first = text.glyphs.index(_ERASED, start)
            last = 2 * start - 2 + (sums >> 26) - first
            y = ((first - start + 1) * total - weighted) * _INVERSE[last - first] % _BASE
            x = ALPHABET[(-total - y) % _BASE]
            code = f"{squeezed[start:first]}{x}{squeezed[first + 1 : last]}{ALPHABET[y]}{squeezed[last + 1 : end]}"
            yield Window(start, end, code, Fault.ERASURE)
        elif erased:
            place = sums >> 26
            if (place * total - weighted) % _BASE == 0:
                at = start + place - 1
                code = f"{squeezed[start:at]}{ALPHABET[-total % _BASE]}{squeezed[at + 1 : end]}"
                yield Window(start, end, code, Fault.ERASURE)
        elif total % _BASE:
            place = weighted * _INVERSE[total % _BASE] % _BASE
            if 1 <= place <= LENGTH:
                at = start + place - 1
                glyph = ALPHABET[(text.glyphs[at] - total) % _BASE]
                yield Window(start, end, f"{squeezed[start:at]}{glyph}{squeezed[at + 1 : end]}", Fault.SUBSTITUTION)
        else:
            for correction in codes.corrections(squeezed[start:end]):
                yield Window(start, end, correction.code, correction.fault)


def _eights(text: _Text, starts: list[int]) -> Iterator[Window]:
    """Eight glyphs: one is missing. Its value is −Σ; its place is where the weighted sum comes out too."""
    squeezed = text.squeezed
    sums_of = _sums(text, _EIGHT, LENGTH - 1)
    for start in (*starts, len(sums_of) - 1):
        sums = sums_of[start]
        end = start + LENGTH - 1
        if sums & _ERASURES or text.is_inside(start, end):
            continue
        missing = -(sums & 255) % _BASE
        # With the missing glyph at place p, the glyphs from p on stand one place further.
        remainder = (sums >> 8) + (sums & 255) + missing
        for at, glyph in enumerate(text.glyphs[start:end], start=start):
            if remainder % _BASE == 0:
                yield Window(start, end, f"{squeezed[start:at]}{ALPHABET[missing]}{squeezed[at:end]}", Fault.MISSING)
            remainder += missing - glyph
        if remainder % _BASE == 0:
            yield Window(start, end, squeezed[start:end] + ALPHABET[missing], Fault.MISSING)


def _tens(text: _Text, starts: list[int]) -> Iterator[Window]:
    """Ten characters: one between the first and the last is too many; its value is Σ, or it is no glyph at all.

    (An extra glyph at either end leaves the code standing: that is a glued code.)
    """
    sums_of = _sums(text, _TEN, LENGTH + 1) if starts else ()
    for start in starts:
        sums = sums_of[start] if start < len(sums_of) else _ERASURES
        total = (sums & 255) % _BASE
        erased = sums & _ERASURES
        end = start + LENGTH + 1
        if erased > _ONE_ERASED or (erased and total) or text.is_inside(start, end):
            continue
        extra = _ERASED if erased else total
        at = text.glyphs.find(extra, start + 1, end - 1)
        while at >= 0:
            code = text.squeezed[start:at] + text.squeezed[at + 1 : end]
            if codes.is_valid(code):
                yield Window(start, end, code, Fault.EXTRA)
            at = text.glyphs.find(extra, at + 1, end - 1)
