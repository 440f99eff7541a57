"""What changed between two versions of a text, paragraph by paragraph and word by word. No database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

_WORDS = re.compile(r"\s+|[^\s]+")
# Comparing takes the square of the length: what is longer is shown replaced as a whole.
_MOST_WORDS = 1000
_MOST_PAIRS = 100
_ALIKE = 0.5
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a line that both versions have, or only the old one (gone), or only the new one (new)."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text; a changed one holds pieces of both versions."""

    kind: Literal["same", "gone", "new", "changed"]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that follow one another; far from any change they are folded."""

    lines: tuple[Line, ...]
    folded: bool


def differences(old: str, new: str) -> list[Line]:
    """Return all lines of both texts but for the empty ones, in order."""
    before, after = _lines(old), _lines(new)
    found: list[Line] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Line("same", (Piece("same", line),)) for line in before[start:end]]
        else:
            found += _replaced(before[start:end], after[new_start:new_end])
    return found


def stretches(lines: list[Line]) -> list[Stretch]:
    """Return the lines in stretches: what changed with a line around it, and the rest, folded."""
    changed = [place for place, line in enumerate(lines) if line.kind != "same"]
    near = {place + step for place in changed for step in range(-_CONTEXT, _CONTEXT + 1)}
    grouped = groupby(enumerate(lines), key=lambda item: item[0] not in near)
    return [Stretch(tuple(line for _, line in group), folded) for folded, group in grouped]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _replaced(before: list[str], after: list[str]) -> Iterator[Line]:
    """Pair the two lines that are most alike, then what is above and below them; the others went, or came."""
    likeness, i, j = _most_alike(before, after) if 0 < len(before) * len(after) <= _MOST_PAIRS else (0.0, 0, 0)
    if likeness < _ALIKE:
        yield from (Line("gone", (Piece("gone", line),)) for line in before)
        yield from (Line("new", (Piece("new", line),)) for line in after)
        return
    yield from _replaced(before[:i], after[:j])
    yield Line("changed", tuple(_pieces(before[i], after[j])))
    yield from _replaced(before[i + 1 :], after[j + 1 :])


def _most_alike(before: list[str], after: list[str]) -> tuple[float, int, int]:
    return max((_matcher(gone, came).ratio(), i, j) for i, gone in enumerate(before) for j, came in enumerate(after))


def _matcher(gone: str, came: str) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, _words(gone), _words(came), autojunk=False)


def _words(line: str) -> list[str]:
    words = _WORDS.findall(line)
    return words if len(words) <= _MOST_WORDS else [line]


def _pieces(gone: str, came: str) -> Iterator[Piece]:
    before, after, matcher = _words(gone), _words(came), _matcher(gone, came)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[start:end]))
            continue
        if end > start:
            yield Piece("gone", "".join(before[start:end]))
        if new_end > new_start:
            yield Piece("new", "".join(after[new_start:new_end]))
