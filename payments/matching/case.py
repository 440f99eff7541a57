"""One line under judgement: what has been read from it, the orders it may be about, and what speaks for each."""

from dataclasses import dataclass, field

from payments.matching.evidence import (
    LIKE_TITLE,
    SAME_TITLE,
    Evidence,
    Payer,
    likeness,
    numbers_agree,
    payer_of,
    weigh,
)
from payments.matching.find import Finding, finding_at
from payments.matching.normalise import telling, title_words
from payments.matching.reading import Reading
from payments.matching.views import Candidate, LineView, OrderLookup, OrderView, Proof

_SAME_LETTERS, _SAME_SIMILARITY = 0.5, 0.05
"""Titles that lie closer together are not told apart by a line."""

_SCORE_OF_AMOUNT = 0.25
_SCORE_OF_NUMBER = 0.25
_SCORE_OF_TITLE = 0.2
_SCORES_OF_CODE = {(False, False): 0.5, (False, True): 0.3, (True, False): 0.35, (True, True): 0.15}
"""By whether the code has a fault, and whether it is part of something longer."""


@dataclass(slots=True)
class Case:
    """A reading and the lookup it is judged against; evidence is weighed once an order, and only when asked for."""

    reading: Reading
    lookup: OrderLookup
    _payer: Payer | None = None
    _evidence: dict[str, Evidence] = field(default_factory=dict)

    @property
    def line(self) -> LineView:
        return self.reading.line

    @property
    def payer(self) -> Payer:
        if self._payer is None:
            self._payer = payer_of(self.reading)
        return self._payer

    def evidence(self, order: OrderView) -> Evidence:
        """What speaks for the order's provider having paid."""
        found = self._evidence.get(order.code)
        if found is None:
            found = self._evidence[order.code] = weigh(self.payer, order)
        return found

    def plain_proofs(self, order: OrderView) -> tuple[Proof, ...]:
        """The proofs that need no comparing of names."""
        return numbers_agree(self.reading.tax_numbers, self.reading.ibans, order)

    def findings(self, orders: dict[str, OrderView]) -> dict[str, Finding]:
        """Return, by code, the surest place where the code of each of these orders stands."""
        best: dict[str, Finding] = {}
        for window in self.reading.windows:
            if window.code in orders:
                finding = finding_at(self.reading.text, window)
                rival = best.get(window.code)
                if rival is None or finding.rank < rival.rank:
                    best[window.code] = finding
        return best

    def exact_amount(self, order: OrderView) -> bool:
        """Whether the line is, to the kuruş, what the order still waits for."""
        return self.line.amount == order.amount_due

    def other_payers(self, order: OrderView) -> list[OrderView]:
        """Return the orders of this very amount whose provider the tax number or the account names instead.

        What the bank itself says about the payer outweighs numbers in the text, and agreement outweighs chance.
        """
        numbers = self.reading.tax_numbers
        if self.line.payer_tax_number:
            numbers &= {self.line.payer_tax_number}
        ibans = self.reading.ibans
        if not (numbers or ibans) or numbers_agree(numbers, ibans, order):
            return []
        named = self.lookup.open_orders_of_payer(tax_numbers=numbers, ibans=ibans)
        return [rival for rival in named if rival.tax_number != order.tax_number and self.exact_amount(rival)]

    def sound_proofs(self, order: OrderView) -> tuple[Proof, ...]:
        """Return the proofs that tell this order's provider from every other one with an order of this amount.

        A title counts only where no other live title agrees as fully, an account only if it paid for no other.
        """
        proofs = self.plain_proofs(order)
        if Proof.IBAN in proofs and self._shares_iban(order):
            proofs = tuple(proof for proof in proofs if proof is not Proof.IBAN)
        if not proofs and Proof.TITLE in self.evidence(order).proofs and not self._shares_title(order):
            return (Proof.TITLE,)
        return proofs

    def _shares_title(self, order: OrderView) -> bool:
        """Whether another provider's title fits as well: it explains more of the line, or as much as exactly."""
        own = self.evidence(order)
        for rival in self.lookup.open_orders_titled(self.line.amount, title_words(order.title)):
            if rival.tax_number == order.tax_number:
                continue
            similarity, letters = likeness(self.payer, rival.title)
            fuller = letters > own.letters + _SAME_LETTERS
            alike = letters >= own.letters - _SAME_LETTERS and similarity >= own.similarity - _SAME_SIMILARITY
            if similarity >= SAME_TITLE and (fuller or alike):
                return True
        return False

    def _shares_iban(self, order: OrderView) -> bool:
        sharing = self.lookup.open_orders_of_payer(tax_numbers=(), ibans=order.known_ibans & self.reading.ibans)
        return any(rival.tax_number != order.tax_number for rival in sharing)

    @property
    def title_words(self) -> tuple[str, ...]:
        """The words among which a title may be: the bank's field first."""
        return self.payer.name_words + telling(self.payer.text.words)

    def score(self, order: OrderView, finding: Finding | None) -> float:
        """Return from 0 to 1 how much speaks for the order; it orders suggestions and moves no money."""
        evidence = self.evidence(order)
        score = _SCORES_OF_CODE[finding.fault is not None, finding.embedded] if finding else 0.0
        if self.exact_amount(order):
            score += _SCORE_OF_AMOUNT
        if Proof.TAX_NUMBER in evidence.proofs or Proof.IBAN in evidence.proofs:
            score += _SCORE_OF_NUMBER
        elif evidence.similarity >= LIKE_TITLE:
            score += _SCORE_OF_TITLE * evidence.similarity
        return round(score / 2 if order.closed else score, 4)

    def candidate(self, order: OrderView, finding: Finding | None, reason: str) -> Candidate:
        """Return the order as something to be shown."""
        return Candidate(
            order.code, reason, self.exact_amount(order), self.evidence(order).proofs, self.score(order, finding)
        )
