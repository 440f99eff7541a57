"""The decision on one bank line. A false automatic match is worse than any number of questions to a person.

AUTO needs all of: an exact code of exactly one order, that order awaiting a transfer, TRY, the exact amount,
and a statement that adds up. Everything less sure is shown to an accountant with the reason.
"""

from dataclasses import dataclass
from operator import itemgetter

from iys_portal.shared import codes
from payments.matching import reasons
from payments.matching.evidence import LIKE_TITLE, Payer, payer_of, weigh
from payments.matching.find import Finding, exact_findings, finding_at, near_windows
from payments.matching.normalise import Normalised, normalise, words
from payments.matching.views import (
    CURRENCY,
    TRANSFER_PENDING,
    Candidate,
    Kind,
    LineView,
    OrderLookup,
    OrderView,
    Proof,
    Rule,
    Verdict,
)

MOST_CANDIDATES = 3

_RETURNED = frozenset({"IADE", "IADESI", "IADEDIR"})


@dataclass(frozen=True, slots=True)
class _Case:
    """One line under judgement, with what has been read from it once."""

    line: LineView
    text: Normalised
    payer: Payer
    findings: list[Finding]
    lookup: OrderLookup

    def candidate(self, order: OrderView, reason: str) -> Candidate:
        return Candidate(order.code, reason, self.line.amount == order.amount_due, weigh(self.payer, order).proofs)


@dataclass(frozen=True, slots=True)
class _Weak:
    """An order whose code does not stand there plainly, with what speaks for it."""

    order: OrderView
    finding: Finding
    candidate: Candidate

    @property
    def is_coincidence(self) -> bool:
        """Part of a longer number, another amount, another payer: it means nothing."""
        return self.finding.embedded and not (self.candidate.amount_equal or self.candidate.proofs)

    @property
    def rank(self) -> tuple[bool, bool, int, bool, str]:
        """Smaller is better: can be paid, amount agrees, more proofs, typed on purpose."""
        candidate = self.candidate
        return (
            self.order.closed,
            not candidate.amount_equal,
            -len(candidate.proofs),
            self.finding.embedded,
            self.order.code,
        )


def decide(line: LineView, lookup: OrderLookup) -> Verdict:
    """Return the verdict on `line`, judged against the orders `lookup` knows, with a Turkish sentence."""
    ignored = _ignored(line)
    if ignored is not None:
        return ignored
    text = normalise(line.text)
    case = _Case(line, text, payer_of(line, text), exact_findings(text), lookup)
    found = lookup.orders_by_codes({finding.code for finding in case.findings}) if case.findings else ()
    orders = {order.code: order for order in found}
    return (
        _by_exact_code(case, orders)
        or _by_weak_code(case, orders)
        or _by_payer(case)
        or Verdict(Kind.UNMATCHED, Rule.NOTHING, reasons.nothing(case.findings))
    )


def _ignored(line: LineView) -> Verdict | None:
    """Lines that can pay nothing; a reversal comes first, whatever its sign."""
    if line.reversal:
        return Verdict(Kind.IGNORED, Rule.REVERSAL, reasons.REVERSAL)
    if line.amount == 0:
        return Verdict(Kind.IGNORED, Rule.ZERO, reasons.ZERO)
    if line.amount < 0:
        return Verdict(Kind.IGNORED, Rule.OUTGOING, reasons.OUTGOING)
    if line.currency != CURRENCY:
        return Verdict(Kind.IGNORED, Rule.CURRENCY, reasons.foreign_currency(line))
    return None


def _by_exact_code(case: _Case, orders: dict[str, OrderView]) -> Verdict | None:
    """An embedded code counts only when the amount and a proof speak for it; beside another it is a reason to
    ask, since chance hardly ever makes the code of a real order.
    """
    if len(orders) > 1:
        return _several(case, [orders[code] for code in sorted(orders)])
    for order in orders.values():
        standing = [finding for finding in case.findings if finding.code == order.code]
        best = min(standing, key=lambda finding: (finding.embedded, not finding.alone))
        if not best.embedded or _is_borne_out(case, order):
            return _one_order(case, best, order)
    return None


def _is_borne_out(case: _Case, order: OrderView) -> bool:
    return case.line.amount == order.amount_due and weigh(case.payer, order).proofs != ()


def _several(case: _Case, orders: list[OrderView]) -> Verdict:
    ranked = sorted(orders, key=lambda order: (order.closed, order.amount_due != case.line.amount, order.code))
    return Verdict(
        Kind.UNMATCHED if ranked[0].closed else Kind.SUGGEST,
        Rule.SEVERAL_CODES,
        reasons.several_codes(orders),
        candidates=tuple(
            case.candidate(order, reasons.named_among_others(case.line, order)) for order in ranked[:MOST_CANDIDATES]
        ),
    )


def _one_order(case: _Case, finding: Finding, order: OrderView) -> Verdict:
    """The code is certain; now the order and the money must be as expected, to the kuruş."""
    objection = _objection(case, order)
    if objection is None:
        return Verdict(Kind.AUTO, _code_rule(case, finding), reasons.settled(case.line, order), order.code)
    rule, reason = objection
    kind = Kind.UNMATCHED if order.closed else Kind.SUGGEST
    return Verdict(kind, rule, reason, candidates=(case.candidate(order, reason),))


def _objection(case: _Case, order: OrderView) -> tuple[Rule, str] | None:
    """Return the first rule that keeps this money from settling this order by itself, and why."""
    line = case.line
    if order.closed:
        return Rule.ORDER_STATE, reasons.closed_order(line, order)
    if line.amount != order.amount_due:
        rule = Rule.AMOUNT_SHORT if line.amount < order.amount_due else Rule.AMOUNT_OVER
        return rule, reasons.other_amount(line, order)
    if order.state != TRANSFER_PENDING:
        return Rule.ORDER_STATE, reasons.but(order, reasons.STATE_CLAUSES[order.state])
    if not _RETURNED.isdisjoint(words(case.text.folded)):
        return Rule.RETURNED_MONEY, reasons.but(order, "açıklamada “iade” geçiyor")
    if line.balance_ok is False:
        return Rule.BALANCE_MISMATCH, reasons.but(order, "ekstrenin bakiyesi tutmuyor ya da ekstre eksik")
    return None


def _code_rule(case: _Case, finding: Finding) -> Rule:
    if finding.embedded:
        return Rule.EMBEDDED_CODE
    as_shown = finding.code in case.line.text or codes.display(finding.code) in case.line.text
    return Rule.EXACT_CODE if finding.alone and as_shown else Rule.NORMALISED_CODE


def _by_weak_code(case: _Case, orders: dict[str, OrderView]) -> Verdict | None:
    """Codes one fault away, and exact codes inside longer numbers or words: shown, never booked."""
    windows = list(near_windows(case.text))
    near = case.lookup.orders_by_codes({window.code for window in windows})
    known = orders | {order.code: order for order in near}
    found = [finding for finding in case.findings if finding.code in known]
    found += [finding_at(case.text, window) for window in windows if window.code in known]
    best: dict[str, _Weak] = {}
    for finding in found:
        weak = _weak(case, finding, known[finding.code])
        rival = best.get(weak.order.code)
        if not weak.is_coincidence and (rival is None or weak.rank < rival.rank):
            best[weak.order.code] = weak
    if not best:
        return None
    ranked = sorted(best.values(), key=lambda weak: weak.rank)[:MOST_CANDIDATES]
    first = ranked[0]
    return Verdict(
        Kind.UNMATCHED if first.order.closed else Kind.SUGGEST,
        Rule.NEAR_CODE if first.finding.fault else Rule.EMBEDDED_CODE,
        first.candidate.reason,
        candidates=tuple(weak.candidate for weak in ranked),
    )


def _weak(case: _Case, finding: Finding, order: OrderView) -> _Weak:
    return _Weak(order, finding, case.candidate(order, reasons.weak_code(case.line, finding, order)))


def _by_payer(case: _Case) -> Verdict | None:
    """No code of ours: the tax number or the title, together with the amount, is worth a suggestion."""
    payer = case.payer
    orders = case.lookup.open_orders_by_amount(
        case.line.amount, tax_numbers=payer.tax_numbers, words=payer.text_words.union(payer.name_words)
    )
    scored = []
    for order in orders:
        evidence = weigh(payer, order)
        by_tax_number = Proof.TAX_NUMBER in evidence.proofs
        if by_tax_number or evidence.similarity >= LIKE_TITLE:
            reason = reasons.payer_only(case.findings, order, evidence)
            rank = (not by_tax_number, -evidence.similarity, order.code)
            scored.append((rank, Candidate(order.code, reason, amount_equal=True, proofs=evidence.proofs)))
    if not scored:
        return None
    candidates = tuple(candidate for _, candidate in sorted(scored, key=itemgetter(0))[:MOST_CANDIDATES])
    rule = Rule.TAX_NUMBER if Proof.TAX_NUMBER in candidates[0].proofs else Rule.TITLE
    return Verdict(Kind.SUGGEST, rule, candidates[0].reason, candidates=candidates)
