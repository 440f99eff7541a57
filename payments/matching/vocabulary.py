"""The words of all titles, found again from what was typed: misspelt, cut off, abbreviated or glued."""

from bisect import bisect_left, insort
from collections import defaultdict
from itertools import pairwise

_SHORTEST_MISSPELT = 4
_SHORTEST_CUT = 3
_SHORTEST_GLUED = 6
_SHORTEST_PART = 2
_MOST_MEANT = 8
_REMEMBERED = 20_000


class Vocabulary:
    """Words that know their neighbours one letter away."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._sorted: list[str] = []
        self._without_one: dict[str, list[str]] = defaultdict(list)
        self._meant: dict[str, tuple[str, ...]] = {}

    def add(self, word: str) -> None:
        """Hold `word`."""
        if word in self._words:
            return
        self._words.add(word)
        insort(self._sorted, word)
        self._meant.clear()
        if len(word) >= _SHORTEST_MISSPELT:
            for rest in _without_one(word):
                self._without_one[rest].append(word)

    def meant(self, typed: str) -> tuple[str, ...]:
        """Return what `typed` may mean: itself, and if it is no known word the words near it; at most a few."""
        found = self._meant.get(typed)
        if found is None:
            if len(self._meant) >= _REMEMBERED:
                self._meant.clear()
            found = self._meant[typed] = (typed,) if typed in self._words else self._guess(typed)
        return found

    def _guess(self, typed: str) -> tuple[str, ...]:
        if not typed.isalpha():
            return (typed,)
        near = sorted(self._misspelt(typed), key=lambda word: (word[0] != typed[0], word))[:_MOST_MEANT]
        return (typed, *near, *self._cut(typed), *self._glued(typed))

    def _misspelt(self, typed: str) -> set[str]:
        if len(typed) < _SHORTEST_MISSPELT:
            return set()
        near = set(self._without_one.get(typed, ()))
        for rest in _without_one(typed):
            near.update(self._without_one.get(rest, ()))
            if rest in self._words:
                near.add(rest)
        return near

    def _cut(self, typed: str) -> list[str]:
        """Words that begin so; where too many do, it says nothing."""
        if len(typed) < _SHORTEST_CUT:
            return []
        first = bisect_left(self._sorted, typed)
        found = self._sorted[first : first + _MOST_MEANT + 1]
        longer = [word for word in found if word.startswith(typed)]
        return longer if len(longer) <= _MOST_MEANT else []

    def _glued(self, typed: str) -> list[str]:
        """The known words that `typed` begins with one after the other, the longest first, and pairs of them."""
        if len(typed) < _SHORTEST_GLUED:
            return []
        parts: list[str] = []
        at = 0
        while at < len(typed) and len(parts) < _MOST_MEANT:
            ends = range(len(typed), at + _SHORTEST_PART - 1, -1)
            part = next((typed[at:end] for end in ends if typed[at:end] in self._words), None)
            if part is None:
                break
            parts.append(part)
            at += len(part)
        return [*parts, *(left + right for left, right in pairwise(parts))] if len(parts) > 1 else []


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}
