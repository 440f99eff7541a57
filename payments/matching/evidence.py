"""What besides the code says whose money a line is: the tax number, the account it came from, the title."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from payments.matching.normalise import (
    BOILERPLATE,
    GENERIC,
    Normalised,
    is_legal_form,
    normalise,
    telling,
    title_words,
)
from payments.matching.reading import Reading
from payments.matching.views import OrderView, Proof

SAME_TITLE = 0.85
"""From this similarity on a title proves who paid."""

LIKE_TITLE = 0.6
"""From this similarity on a title is worth showing to a person."""

_GENERIC_WEIGHT = 0.6
_ALMOST = 0.84
"""As much as words that a great many companies share can come to, without the company's own."""

_FEWEST_GLUED_LETTERS = 8
_FEWEST_CUT_LETTERS = 15
_SHORTEST_ABBREVIATION = 3
_SHORTEST_MISSPELT = 4


class Payer(NamedTuple):
    """What a line says about who paid, as titles are compared with it."""

    tax_numbers: frozenset[str]
    ibans: frozenset[str]
    name: Normalised | None
    name_words: tuple[str, ...]
    text: Normalised
    text_words: frozenset[str]


def payer_of(reading: Reading) -> Payer:
    """Return what the line says about its payer."""
    name = normalise(reading.line.payer_name) if reading.line.payer_name else None
    return Payer(
        reading.tax_numbers,
        reading.ibans,
        name,
        telling(name.words) if name else (),
        reading.naming,
        frozenset(reading.naming.words),
    )


class Evidence(NamedTuple):
    """What agrees with an order's provider: how like the title is, from 0 to 1, and what counts as proof.

    `letters` says how much of the line the title explains: of two titles that agree, the fuller one is meant.
    """

    similarity: float
    letters: float
    proofs: tuple[Proof, ...]


def weigh(payer: Payer, order: OrderView) -> Evidence:
    """Return what independently speaks for the order's provider having paid."""
    similarity, letters = likeness(payer, order.title)
    proofs = numbers_agree(payer.tax_numbers, payer.ibans, order)
    return Evidence(similarity, letters, (*proofs, Proof.TITLE) if similarity >= SAME_TITLE else proofs)


def numbers_agree(tax_numbers: frozenset[str], ibans: frozenset[str], order: OrderView) -> tuple[Proof, ...]:
    """Return the proofs that need no comparing of names."""
    proofs = [Proof.TAX_NUMBER] if order.tax_number in tax_numbers else []
    if ibans and not order.known_ibans.isdisjoint(ibans):
        proofs.append(Proof.IBAN)
    return tuple(proofs)


def title_similarity(payer: Payer, title: str) -> float:
    """Return how well the payer's name, or the text, agrees with a company title: 0 to 1."""
    return likeness(payer, title)[0]


@dataclass(frozen=True, slots=True)
class _Title:
    """A title taken apart once: its words that tell, how much they weigh, and all of it without gaps."""

    own: tuple[str, ...]
    weights: tuple[float, ...]
    weight: float
    glued: str
    whole: str
    edges: frozenset[int]
    tells_apart: bool


@lru_cache(maxsize=100_000)
def _taken_apart(title: str) -> _Title:
    own = tuple(dict.fromkeys(title_words(title)))
    whole = normalise(title)
    weights = tuple(_weights(own))
    tells_apart = any(word not in GENERIC for word in own)
    return _Title(own, weights, sum(weights), "".join(own), whole.squeezed, whole.edges, tells_apart)


def likeness(payer: Payer, title: str) -> tuple[float, float]:
    """Return the similarity of a title and the letters it explains.

    The payer field is compared in both directions. A free text holds much besides the name, so it is asked only
    how much of the title it holds; there a title of one short word, or of everyday words alone, proves nothing.
    """
    parts = _taken_apart(title)
    if not parts.own:
        return 0.0, 0.0
    by_text = _in_text(payer, parts)
    return max(by_text, _in_name(payer.name, payer.name_words, parts)) if payer.name else by_text


def _in_name(name: Normalised, name_words: Iterable[str], parts: _Title) -> tuple[float, float]:
    cut = _cut_off(name, parts)
    if cut:
        return 1.0, cut
    others = [word for word in _unglued(name_words, parts.own) if word not in BOILERPLATE or word in parts.own]
    if not others:
        return 0.0, 0.0
    found, letters, names_all = _found(parts, others)
    similarity = min(1.0, 2 * found / (parts.weight + sum(_weights(others))))
    return (similarity if names_all else min(similarity, _ALMOST)), letters


def _unglued(name_words: Iterable[str], own: Sequence[str]) -> Iterator[str]:
    """Yield the words of a name, those of the title's apart that were written without a gap."""
    for word in name_words:
        held = own if len(word) >= _FEWEST_GLUED_LETTERS and word not in own else ()
        spans = ((start, end) for start in range(len(held)) for end in range(len(held), start + 1, -1))
        for start, end in spans:
            glued = "".join(own[start:end])
            if word.startswith(glued) and is_legal_form(word[len(glued) :]):
                yield from own[start:end]
                break
        else:
            yield word


def _in_text(payer: Payer, parts: _Title) -> tuple[float, float]:
    text = payer.text
    if parts.tells_apart and len(parts.glued) >= _FEWEST_GLUED_LETTERS and parts.glued in text.squeezed:
        return 1.0, float(len(parts.glued))
    cut = _cut_off(text, parts)
    if cut:
        return 1.0, cut
    if len(parts.own) < 2:
        return 0.0, 0.0
    found, letters, names_all = _found(parts, payer.text_words)
    similarity = found / parts.weight
    return (similarity if parts.tells_apart and names_all else min(similarity, _ALMOST)), letters


def _cut_off(text: Normalised, parts: _Title) -> float:
    """Return how many letters of a title stand there: all, or from its beginning to where it breaks off in a word."""
    whole = parts.whole
    start = text.squeezed.find(whole[:_FEWEST_CUT_LETTERS])
    if start < 0 or len(whole) <= _FEWEST_CUT_LETTERS or start not in text.edges:
        return 0.0
    length = _FEWEST_CUT_LETTERS
    while length < len(whole) and text.squeezed.startswith(whole[: length + 1], start):
        length += 1
    if length < len(whole) and (start + length not in text.edges or length in parts.edges):
        return 0.0
    return float(min(length, len(parts.glued)))


def _weights(own: Iterable[str]) -> list[float]:
    return [len(word) * (_GENERIC_WEIGHT if word in GENERIC else 1.0) for word in own]


def _found(parts: _Title, others: Collection[str]) -> tuple[float, float, bool]:
    """Return weight and letters of those words of a title that the others hold, abbreviated or misspelt in part,
    and whether all words that are the company's own are among them.
    """
    found = letters = 0.0
    names_all = True
    for word, weight in zip(parts.own, parts.weights, strict=True):
        share = 1.0 if word in others else _most_alike(word, others)
        found += weight * share
        letters += len(word) * share
        names_all &= share > 0.0 or word in GENERIC
    return found, letters, names_all


def _most_alike(word: str, others: Iterable[str]) -> float:
    """One slip leaves the first or the last letter as it was, and so does whoever cuts a word off."""
    first, last = word[0], word[-1]
    near = [other for other in others if other[0] == first or other[-1] == last]
    return max([_alike(word, other) for other in near], default=0.0)


def _alike(word: str, typed: str) -> float:
    if len(typed) >= _SHORTEST_ABBREVIATION and word.startswith(typed):
        return 0.5 + len(typed) / (2 * len(word))
    if len(word) >= _SHORTEST_MISSPELT and abs(len(word) - len(typed)) <= 1 and one_edit_apart(word, typed):
        return 1 - 1 / len(word)
    return 0.0


def one_edit_apart(first: str, second: str) -> bool:
    """Return whether one letter more, less or other, or two neighbours swapped, turns one word into the other."""
    start = 0
    shorter = min(len(first), len(second))
    while start < shorter and first[start] == second[start]:
        start += 1
    left, right = first[start:], second[start:]
    if left[1:] == right or left == right[1:] or left[1:] == right[1:]:
        return True
    return left[:2] == right[1::-1] and left[2:] == right[2:]
