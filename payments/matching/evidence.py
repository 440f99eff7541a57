"""What besides the code says whose money a line is: the tax number and the company's title."""

from collections.abc import Collection
from dataclasses import dataclass

from payments.matching.normalise import Normalised, tax_numbers, title_words, words
from payments.matching.views import LineView, OrderView, Proof

SAME_TITLE = 0.85
"""From this similarity on a title proves who paid."""

LIKE_TITLE = 0.6
"""From this similarity on a title is worth showing to a person."""

_FEWEST_GLUED_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Payer:
    """What a line says about who paid: tax numbers, the words of the payer field, the text."""

    tax_numbers: frozenset[str]
    name_words: tuple[str, ...]
    text: Normalised
    text_words: frozenset[str]


def payer_of(line: LineView, text: Normalised) -> Payer:
    """Return what the line says about its payer; `text` is its normalised text."""
    numbers = tax_numbers(text.folded)
    if line.payer_tax_number:
        numbers |= {line.payer_tax_number}
    return Payer(numbers, title_words(line.payer_name), text, frozenset(words(text.folded)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What agrees with an order's provider: how like the title is, from 0 to 1, and what counts as proof."""

    similarity: float
    proofs: tuple[Proof, ...]


def weigh(payer: Payer, order: OrderView) -> Evidence:
    """Return what independently speaks for the order's provider having paid."""
    similarity = title_similarity(payer, order.title)
    proofs = []
    if order.tax_number in payer.tax_numbers:
        proofs.append(Proof.TAX_NUMBER)
    if similarity >= SAME_TITLE:
        proofs.append(Proof.TITLE)
    return Evidence(similarity, tuple(proofs))


def title_similarity(payer: Payer, title: str) -> float:
    """Return how well the payer's name, or the text, agrees with a company title: 0 to 1.

    The payer field is compared word by word in both directions. A free text holds much besides the name, so
    it is asked only how much of the title it holds; a title of one short word proves nothing there.
    """
    own = title_words(title)
    if not own:
        return 0.0
    glued = "".join(own)
    if len(glued) >= _FEWEST_GLUED_LETTERS and glued in payer.text.squeezed:
        return 1.0
    by_name = _dice(own, payer.name_words)
    by_text = _held(own, payer.text_words) if len(own) > 1 else 0.0
    return max(by_name, by_text)


def _dice(first: Collection[str], second: Collection[str]) -> float:
    common = set(first) & set(second)
    return 2 * len(common) / (len(set(first)) + len(set(second))) if second else 0.0


def _held(own: Collection[str], others: Collection[str]) -> float:
    return sum(word in others for word in own) / len(own)
