"""Classes of lines: how each is written and what is asked of it; every class is drawn equally often."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from iys_portal.bench.reconcile.corpus import Corpus
from payments.matching import LineView, OrderView


class Group(StrEnum):
    """What is asked of a class of lines."""

    FORMAT = "format"
    """The code is there, however it is written: settled without a person."""
    CORRECTED = "corrected"
    """One wrong or swapped glyph, with a proof: settled without a person."""
    PROVEN = "proven"
    """Other faults with a proof, several orders, late money: settled without a person, as often as can be."""
    WITHOUT_CODE = "without-code"
    """No code, but a tax number or a title: moves nothing; the right order is among the first three."""
    SHOWN = "shown"
    """Moves nothing by itself; the right order is among the first three."""
    STILL = "still"
    """Moves nothing by itself."""


@dataclass(frozen=True, slots=True)
class Noisy:
    """A line and the truth: `meant` are the orders it pays, and which of them it may settle depends on the group."""

    noise: str
    group: Group
    view: LineView
    meant: tuple[str, ...]


Draft = tuple[LineView, tuple[str, ...]]
Writer = Callable[[Corpus, OrderView], Draft]
_CLASSES: dict[str, tuple[Group, Writer]] = {}


def noise(group: Group, *, name: str = "") -> Callable[[Writer], Writer]:
    """Register the decorated writer as a class of the group, by its own name unless another is given."""

    def register(writer: Writer) -> Writer:
        _CLASSES[name or writer.__name__.replace("_", "-")] = (group, writer)
        return writer

    return register


def noise_classes() -> dict[str, Group]:
    """Return the names of all classes and what is asked of them."""
    return {name: group for name, (group, _) in _CLASSES.items()}


def lines(corpus: Corpus, count: int) -> Iterator[Noisy]:
    """Yield `count` lines, of one class after the other."""
    classes = list(_CLASSES.items())
    for number in range(count):
        name, (group, writer) = classes[number % len(classes)]
        view, meant = writer(corpus, corpus.chosen.choice(corpus.live))
        yield Noisy(name, group, view, meant)
