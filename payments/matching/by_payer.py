"""Lines without a code of ours: who paid and how much still point to an order, for a person to say yes."""

from payments.matching import reasons
from payments.matching.case import Case
from payments.matching.evidence import LIKE_TITLE, Evidence
from payments.matching.split import MARGIN, features, margin, split
from payments.matching.views import NOTHING_LEFT, Candidate, Kind, OrderView, Proof, Rule, Verdict

MOST_CANDIDATES = 3


def by_payer(case: Case, *, titles: bool = True) -> Verdict | None:
    """Suggest by tax number or account with the amount, by title with the amount, by number or account alone."""
    named = case.lookup.open_orders_of_payer(tax_numbers=case.reading.tax_numbers, ibans=case.reading.ibans)
    orders = {order.code: order for order in named}
    if titles and not any(case.exact_amount(order) for order in named):
        for order in case.lookup.open_orders_titled(case.line.amount, case.title_words):
            if order.code in orders or case.evidence(order).similarity >= LIKE_TITLE:
                orders[order.code] = order
    if not orders:
        return None
    ranked = sorted(orders.values(), key=lambda order: _rank(case, order))[:MOST_CANDIDATES]
    candidates = [_candidate(case, order) for order in ranked]
    first, ahead = ranked[0], margin(candidates)
    suggested, excess = split(case.line, first) if ahead >= MARGIN else ((), NOTHING_LEFT)
    return Verdict(
        Kind.SUGGEST,
        _rule(case, first),
        candidates[0].reason,
        suggested=suggested,
        excess=excess,
        candidates=tuple(candidates),
        features=features(case, first, None, ahead=ahead),
    )


def _rank(case: Case, order: OrderView) -> tuple[float, float, str]:
    """Of equally like titles the fuller one comes first: it explains more of what was written."""
    return -case.score(order, None), -case.evidence(order).letters, order.code


def _candidate(case: Case, order: OrderView) -> Candidate:
    return case.candidate(order, None, reasons.payer_only(case.reading, order, case.evidence(order)))


def _rule(case: Case, order: OrderView) -> Rule:
    evidence: Evidence = case.evidence(order)
    if Proof.TAX_NUMBER in evidence.proofs:
        return Rule.TAX_NUMBER if case.exact_amount(order) else Rule.TAX_NUMBER_OTHER_AMOUNT
    return Rule.KNOWN_IBAN if Proof.IBAN in evidence.proofs else Rule.TITLE
