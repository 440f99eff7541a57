"""Codes one fault away, and exact codes inside longer numbers or words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from payments.matching import reasons
from payments.matching.by_payer import by_payer
from payments.matching.case import Case
from payments.matching.find import Finding
from payments.matching.split import MARGIN, features, margin, split
from payments.matching.views import (
    NOTHING_LEFT,
    PARTIALLY_PAID,
    TRANSFER_PENDING,
    Candidate,
    Kind,
    OrderView,
    Proof,
    Rule,
    Share,
    Verdict,
)

MOST_CANDIDATES = 3

_CLEAR = frozenset({Rule.NEAR_CODE, Rule.EMBEDDED_CODE, Rule.BALANCE_MISMATCH})
"""Where one candidate is ahead, its split may be accepted as it stands."""


@dataclass(frozen=True, slots=True)
class _Weak:
    """An order whose code does not stand there plainly, with what speaks for it."""

    order: OrderView
    finding: Finding
    candidate: Candidate

    @property
    def rank(self) -> tuple[float, str]:
        return -self.candidate.score, self.order.code


def by_weak_code(case: Case) -> Verdict | None:
    """A corrected code moves money with the exact amount, a sound proof, a statement that adds up and no rival."""
    orders = {order.code: order for order in case.lookup.orders_by_codes(case.reading.codes)}
    weak = sorted(_weak(case, orders), key=lambda one: one.rank)
    if not weak:
        return None
    first = weak[0]
    exact_amount = case.exact_amount(first.order)
    proofs = case.sound_proofs(first.order) if exact_amount else case.plain_proofs(first.order)
    objection = _objection(case, first, proofs, alone=len(weak) == 1)
    if objection is None:
        return Verdict(
            Kind.AUTO,
            Rule.CORRECTED_CODE,
            reasons.settled_corrected(case.line, first.finding, first.order, proofs),
            shares=(Share(first.order.code, case.line.amount),),
            features=features(case, first.order, first.finding),
        )
    rule, reason = objection
    candidates = [one.candidate for one in weak]
    if not proofs or rule is Rule.OTHER_PAYER:
        candidates += _paying(case, orders, titles=first.finding.embedded)
    candidates = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.code))[:MOST_CANDIDATES]
    ahead = margin(candidates)
    clear = ahead >= MARGIN and candidates[0].code == first.order.code and rule in _CLEAR
    suggested, excess = split(case.line, first.order) if clear else ((), NOTHING_LEFT)
    return Verdict(
        Kind.UNMATCHED if first.order.closed and candidates[0].code == first.order.code else Kind.SUGGEST,
        rule,
        reason,
        suggested=suggested,
        excess=excess,
        candidates=tuple(candidates),
        features=features(case, first.order, first.finding, ahead=ahead),
    )


def _paying(case: Case, known: Collection[str], *, titles: bool) -> list[Candidate]:
    """The orders of whoever paid, where the code does not say the same."""
    if not (titles or case.reading.tax_numbers or case.reading.ibans):
        return []
    paid = by_payer(case, titles=titles)
    return [candidate for candidate in paid.candidates if candidate.code not in known] if paid else []


def _weak(case: Case, orders: dict[str, OrderView]) -> list[_Weak]:
    """Part of a longer number, another amount, another payer: that is chance and means nothing."""
    found = []
    for code, finding in case.findings(orders).items():
        order = orders[code]
        candidate = case.candidate(order, finding, reasons.weak_code(case.line, finding, order))
        if not finding.embedded or candidate.amount_equal or candidate.proofs:
            found.append(_Weak(order, finding, candidate))
    return found


def _objection(case: Case, weak: _Weak, proofs: Sequence[Proof], *, alone: bool) -> tuple[Rule, str] | None:
    """Return why the money does not move by itself; None if nothing speaks against it."""
    order = weak.order
    rule = Rule.NEAR_CODE if weak.finding.fault else Rule.EMBEDDED_CODE
    if not alone:
        return Rule.AMBIGUOUS_CODE, weak.candidate.reason
    takes_money = order.state in {TRANSFER_PENDING, PARTIALLY_PAID}
    if weak.finding.fault is None or not (takes_money and case.exact_amount(order)):
        return rule, weak.candidate.reason
    rivals = case.other_payers(order)
    if rivals:
        return Rule.OTHER_PAYER, reasons.other_payer(order, rivals[0])
    if not proofs:
        return rule, weak.candidate.reason
    if case.line.balance_ok is False:
        return Rule.BALANCE_MISMATCH, reasons.but(order, reasons.BALANCE_CLAUSE)
    return None
