"""The order code: nine glyphs over GF(23), seven of them random and two of them check glyphs.

With the glyphs' indexes c₁…c₉ in `ALPHABET`, a code is valid when Σ cᵢ ≡ 0 and Σ i·cᵢ ≡ 0 (mod 23). Any two
codes differ in at least three glyphs: one wrong glyph, one swap of neighbours or two unreadable glyphs can be
found and undone. A corrected code is only a candidate; whether it may count is the matching's decision.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from iys_portal.shared.turkish import squeeze

ALPHABET = "34679ACDEFHJKMNPRTUVWXY"
"""Glyphs by index; none looks like another (no 0 O 1 I L 2 Z 5 S 8 B G Q) or has a Turkish twin."""

LENGTH = 9
DATA_LENGTH = 7

_BASE = len(ALPHABET)
_INDEX = {glyph: index for index, glyph in enumerate(ALPHABET)}
_INVERSE = [0] + [pow(value, -1, _BASE) for value in range(1, _BASE)]
_MAX_ERASURES = 2

# Digits that are read as letters, so that 4MK and F4RT are recognised too.
_READ_AS = str.maketrans("34679", "EAGTG")
_RUDE = (
    "AHMAK", "AMC", "AMK", "ANAN", "DHKP", "GAVAT", "HAYVAN", "KAHPE", "KAKA", "MANYAK", "MEME", "PKK",
    "YARAK", "YARRAK", "YPG",
    "CRAP", "CUM", "CUNT", "DAMN", "DEAD", "DYKE", "FAG", "FAP", "FART", "FCK", "FUC", "FUK", "HATE", "KKK",
    "KUNT", "NUDE", "PERV", "RAPE", "TARD", "TWAT", "WANK",
)  # fmt: skip


class Fault(StrEnum):
    """What is wrong with a written code that was read as another one."""

    SUBSTITUTION = "substitution"
    SWAP = "swap"
    ERASURE = "erasure"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Correction:
    """A valid code that one fault turns into the glyphs that were written."""

    code: str
    fault: Fault


def check_glyphs(data: str) -> str:
    """Return the two check glyphs of seven data glyphs; raise ValueError for anything else."""
    if len(data) != DATA_LENGTH or any(glyph not in _INDEX for glyph in data):
        raise ValueError("order code data must be seven glyphs of the alphabet")
    values = [_INDEX[glyph] for glyph in data]
    total, weighted = _sums(values)
    ninth = (8 * total - weighted) % _BASE
    eighth = (-total - ninth) % _BASE
    return ALPHABET[eighth] + ALPHABET[ninth]


def generate(choice: Callable[[str], str] = secrets.choice) -> str:
    """Return a new random code, canonical (nine glyphs, no dashes).

    `choice` picks one glyph of a string. A code with a rude word, or made of letters or digits alone, is
    thrown away: the latter could hide in an ordinary word or in an account number.
    """
    while True:
        data = "".join(choice(ALPHABET) for _ in range(DATA_LENGTH))
        code = data + check_glyphs(data)
        if not (code.isalpha() or code.isdigit() or is_rude(code)):
            return code


def grouped(glyphs: str, *, size: int = 4) -> str:
    """Return glyphs in groups, as a person reads them aloud: ``KM7T-3RAW-C4H9-WX6D``."""
    return "-".join(glyphs[start : start + size] for start in range(0, len(glyphs), size))


def random_glyphs(length: int) -> str:
    """Return a random text of `length` glyphs that nobody guesses: 16 of them hold 72 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def is_rude(code: str) -> bool:
    """Return whether the code reads as something nobody wants to be sent."""
    read = code.translate(_READ_AS)
    return any(word in read or word in code for word in _RUDE)


def is_valid(code: str) -> bool:
    """Return whether `code` is canonical: nine glyphs of the alphabet that satisfy both check sums."""
    if len(code) != LENGTH or any(glyph not in _INDEX for glyph in code):
        return False
    return _syndromes([_INDEX[glyph] for glyph in code]) == (0, 0)


def display(code: str) -> str:
    """Return a canonical code as customers see it: ``KM7-T3R-AWC``."""
    return f"{code[:3]}-{code[3:6]}-{code[6:]}"


def parse(text: str) -> str | None:
    """Return the canonical code a person typed, ignoring case, dashes and spaces; None if it is not valid."""
    code = squeeze(text)
    return code if is_valid(code) else None


def corrections(written: str) -> tuple[Correction, ...]:
    """Return the valid codes that lie one fault away from nine folded characters.

    Faults are one wrong glyph, one swap of neighbours, or up to two characters outside the alphabet (their
    places are known). A valid code needs no correction and gives none. Codes differ in three glyphs, so one
    substitution and one set of erasures have at most one answer; swaps may have several.
    """
    values = [_INDEX.get(glyph, 0) for glyph in written]
    erased = [place for place, glyph in enumerate(written) if glyph not in _INDEX]
    if len(erased) > _MAX_ERASURES:
        return ()
    total, weighted = _syndromes(values)
    if erased:
        found = _fill(values, erased, total, weighted)
        return tuple(Correction(code, Fault.ERASURE) for code in found)
    if total:
        found = _substitute(values, total, weighted)
        return tuple(Correction(code, Fault.SUBSTITUTION) for code in found)
    return tuple(Correction(code, Fault.SWAP) for code in _swap(values, weighted))


def _sums(values: Sequence[int]) -> tuple[int, int]:
    return sum(values), sum(place * value for place, value in enumerate(values, start=1))


def _syndromes(values: Sequence[int]) -> tuple[int, int]:
    total, weighted = _sums(values)
    return total % _BASE, weighted % _BASE


def _text(values: Sequence[int]) -> str:
    return "".join(ALPHABET[value] for value in values)


def _substitute(values: Sequence[int], total: int, weighted: int) -> Iterator[str]:
    """A glyph too great by e at place p gives the sums e and p·e, which name both."""
    place = weighted * _INVERSE[total] % _BASE
    if 1 <= place <= LENGTH:
        restored = list(values)
        restored[place - 1] = (restored[place - 1] - total) % _BASE
        yield _text(restored)


def _swap(values: Sequence[int], weighted: int) -> Iterator[str]:
    """A swap keeps the plain sum and changes the weighted one by the difference of the two glyphs."""
    for place, (left, right) in enumerate(pairwise(values)):
        if left != right and (right - left - weighted) % _BASE == 0:
            yield _text([*values[:place], right, left, *values[place + 2 :]])


def _fill(values: Sequence[int], erased: Sequence[int], total: int, weighted: int) -> Iterator[str]:
    """Solve x + y ≡ −Σ and p·x + q·y ≡ −Σi·c for the erased glyphs; one erasure is the case without y."""
    first, last = erased[0] + 1, erased[-1] + 1
    if first == last:
        x, y = -total % _BASE, 0
        if (first * x + weighted) % _BASE:
            return
    else:
        y = (first * total - weighted) * _INVERSE[last - first] % _BASE
        x = (-total - y) % _BASE
    restored = list(values)
    restored[last - 1] = y
    restored[first - 1] = x
    yield _text(restored)
