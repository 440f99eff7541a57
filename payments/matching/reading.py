"""A line read once: its text, the codes it may mean, and what it says about who paid."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from iys_portal.shared.turkish import fold
from payments.matching.normalise import Normalised, ibans, normalise, tax_numbers, telling, words
from payments.matching.scan import Window, scan
from payments.matching.views import CURRENCY, LineView

_RETURNED = frozenset(
    ["IADE", "IADESI", "IADEDIR", "IADELI", "EFTIADE", "EFTIADESI", "HAVALEIADE", "HAVALEIADESI", "FASTIADE"]
)


@dataclass(frozen=True, slots=True)
class Ours:
    """What belongs to ourselves: in a line it says nothing about who paid."""

    tax_numbers: frozenset[str] = frozenset()
    ibans: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


NOBODY = Ours()


class Reading(NamedTuple):
    """A line with its windows, and the tax numbers and IBANs of whoever may have paid, ours left out.

    `naming` is the text without our own name: what is compared with titles.
    A line that can pay nothing (outgoing, reversed, foreign money) has no windows.
    """

    line: LineView
    text: Normalised
    naming: Normalised
    windows: tuple[Window, ...]
    tax_numbers: frozenset[str]
    ibans: frozenset[str]

    @property
    def codes(self) -> frozenset[str]:
        """Every code that `decide` may look up."""
        return frozenset(window.code for window in self.windows)

    @property
    def exact_codes(self) -> frozenset[str]:
        """The codes that stand in the text as they are, whatever stands around them."""
        return frozenset(window.code for window in self._exact())

    def _exact(self) -> Iterator[Window]:
        return (window for window in self.windows if window.fault is None)

    @property
    def returned(self) -> bool:
        """Whether the text speaks of money that came back."""
        return not _RETURNED.isdisjoint(self.text.words)


def can_pay(line: LineView) -> bool:
    """Whether the line is money in our currency that came and stayed."""
    return line.amount > 0 and line.currency == CURRENCY and not line.reversal


def read_line(line: LineView, ours: Ours = NOBODY) -> Reading:
    """Read `line`; `ours` are the numbers that name ourselves and not the payer."""
    text = normalise(line.text)
    windows = tuple(scan(text.squeezed, text.edges)) if can_pay(line) else ()
    numbers = tax_numbers(text.folded)
    if line.payer_tax_number:
        numbers |= {line.payer_tax_number}
    accounts = ibans(text.squeezed)
    if line.payer_iban:
        accounts |= {"".join(words(line.payer_iban.upper()))}
    naming = _without(ours.names, text) if ours.names else text
    return Reading(line, text, naming, windows, numbers - ours.tax_numbers, accounts - ours.ibans)


@cache
def _telling_words(name: str) -> list[str]:
    return list(telling(words(fold(name))))


def _without(names: tuple[str, ...], text: Normalised) -> Normalised:
    """Return the text without these names, whatever legal form stands behind them."""
    left = list(text.words)
    for name in names:
        own = _telling_words(name)
        for start in range(len(left) - len(own), -1, -1):
            if own and left[start : start + len(own)] == own:
                del left[start : start + len(own)]
    return text if len(left) == len(text.words) else normalise(" ".join(left))
