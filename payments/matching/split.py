"""How a line's money would be divided if a person says yes, and what is kept on record about the decision."""

from collections.abc import Sequence
from decimal import Decimal

from payments.matching.case import Case
from payments.matching.find import Finding
from payments.matching.views import NOTHING_LEFT, Candidate, LineView, OrderView, Proof, Share

MARGIN = 0.1
"""Two candidates whose scores lie closer together are for a person to tell apart."""


def split(line: LineView, order: OrderView) -> tuple[tuple[Share, ...], Decimal]:
    """Return what an open order would take of the line, and what would be left over."""
    if order.closed or order.amount_due <= 0:
        return (), NOTHING_LEFT
    taken = min(line.amount, order.amount_due)
    return (Share(order.code, taken),), line.amount - taken


def margin(ranked: list[Candidate]) -> float:
    """Return how far the first candidate is ahead of the second."""
    return round(ranked[0].score - ranked[1].score, 4) if len(ranked) > 1 else ranked[0].score


def features(
    case: Case, order: OrderView, finding: Finding | None, *, proofs: Sequence[Proof] | None = None, ahead: float = 1.0
) -> dict[str, object]:
    """Return plain JSON values that explain the decision to whoever looks at it later.

    With `proofs` given, only those are named and no titles are compared: a whole code needs none.
    """
    fault = finding.fault if finding is not None else None
    evidence = case.evidence(order) if proofs is None else None
    return {
        "score": case.score(order, finding) if evidence is not None else 1.0,
        "margin": ahead,
        "fault": fault.value if fault is not None else None,
        "written": finding.written if finding is not None else None,
        "embedded": finding is not None and finding.embedded,
        "amount_equal": case.exact_amount(order),
        "proofs": [proof.value for proof in (evidence.proofs if evidence is not None else proofs or ())],
        "title_similarity": round(evidence.similarity, 2) if evidence is not None else None,
    }
