"""The decision on one bank line. A false automatic match is worse than any number of questions to a person.

Only this moves money alone: the exact code and the exact amount of an order that awaits a transfer (or of several
whose sums add up to the line); or a code corrected by one fault, the exact amount, and a sound proof of who paid,
in a statement that adds up. Everything less sure is shown to an accountant with the reason.
"""

from collections.abc import Sequence
from decimal import Decimal

from iys_portal.shared import codes
from payments.matching import reasons
from payments.matching.by_payer import by_payer
from payments.matching.case import Case
from payments.matching.find import Finding
from payments.matching.near import by_weak_code
from payments.matching.reading import Reading
from payments.matching.split import features, split
from payments.matching.views import (
    CONTRACT_ACCEPTED,
    CURRENCY,
    EXPIRED,
    PARTIALLY_PAID,
    TRANSFER_PENDING,
    Kind,
    LineView,
    OrderLookup,
    OrderView,
    Rule,
    Share,
    Verdict,
)

MOST_CANDIDATES = 3

_TAKES_MONEY = frozenset({TRANSFER_PENDING, PARTIALLY_PAID})

_STATE_RULES = {
    "paid": Rule.ORDER_PAID,
    "completed": Rule.ORDER_PAID,
    EXPIRED: Rule.ORDER_EXPIRED,
    "cancelled": Rule.ORDER_CANCELLED,
    "refund_due": Rule.ORDER_REFUNDED,
    "refunded": Rule.ORDER_REFUNDED,
}


def decide(reading: Reading, lookup: OrderLookup) -> Verdict:
    """Return the verdict on a line, judged against the orders `lookup` knows, with a Turkish sentence."""
    ignored = _ignored(reading.line)
    if ignored is not None:
        return ignored
    case = Case(reading, lookup)
    exact = {order.code: order for order in lookup.orders_by_codes(reading.exact_codes)}
    if reading.returned:
        return _returned(case, exact)
    return (
        _by_exact_code(case, exact)
        or by_weak_code(case)
        or by_payer(case)
        or Verdict(Kind.UNMATCHED, Rule.NOTHING, reasons.nothing(reading))
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


def _returned(case: Case, exact: dict[str, OrderView]) -> Verdict:
    """Money we had sent away and that came back pays nothing, whatever code stands in its text."""
    orders = [exact[code] for code in sorted(exact)][:MOST_CANDIDATES]
    places = case.findings(exact)
    return Verdict(
        Kind.UNMATCHED,
        Rule.RETURNED_MONEY,
        reasons.RETURNED,
        candidates=tuple(case.candidate(order, places[order.code], reasons.returned(order)) for order in orders),
    )


def _by_exact_code(case: Case, orders: dict[str, OrderView]) -> Verdict | None:
    """An embedded code counts only when the amount and a proof speak for it; beside another it is a reason to
    ask, since chance hardly ever makes the code of a real order.
    """
    if not orders:
        return None
    places = case.findings(orders)
    if len(orders) > 1:
        return _several(case, list(orders.values()), places)
    for order in orders.values():
        finding = places[order.code]
        if not finding.embedded:
            return _one_order(case, finding, order)
        if case.exact_amount(order) and case.sound_proofs(order) and case.line.balance_ok is not False:
            return _one_order(case, finding, order)
    return None


def _one_order(case: Case, finding: Finding, order: OrderView) -> Verdict:
    """The code is certain; now the order and the money must be as expected, to the kuruş."""
    line = case.line
    late = _in_time_though_expired(line, order)
    objection = _objection(case, order, late=late)
    if objection is None:
        return Verdict(
            Kind.AUTO,
            Rule.LATE_PAYMENT if late else _code_rule(case, finding),
            reasons.settled_late(line, order) if late else reasons.settled(line, order),
            shares=(Share(order.code, line.amount),),
            features=features(case, order, finding, proofs=case.plain_proofs(order)),
        )
    rule, reason = objection
    suggested, excess = ((), Decimal("0.00")) if rule is Rule.OTHER_PAYER else split(line, order)
    rivals = case.other_payers(order) if rule is Rule.OTHER_PAYER else []
    candidates = [case.candidate(order, finding, reason)]
    candidates += [case.candidate(rival, None, reasons.rival(rival)) for rival in rivals[: MOST_CANDIDATES - 1]]
    return Verdict(
        Kind.UNMATCHED if order.closed else Kind.SUGGEST,
        rule,
        reason,
        suggested=suggested,
        excess=excess,
        candidates=tuple(candidates),
        features=features(case, order, finding),
    )


def _in_time_though_expired(line: LineView, order: OrderView) -> bool:
    return order.state == EXPIRED and order.late_until is not None and line.value_on <= order.late_until


def _objection(case: Case, order: OrderView, *, late: bool) -> tuple[Rule, str] | None:
    """Return the first rule that keeps this money from settling this order by itself, and why."""
    line = case.line
    if order.closed and not (late and case.exact_amount(order)):
        rule = _STATE_RULES.get(order.state, Rule.ORDER_STATE)
        return rule, reasons.closed_order(line, order)
    if not case.exact_amount(order):
        short = line.amount < order.amount_due
        rule = Rule.AMOUNT_SHORT if short else Rule.AMOUNT_OVER
        return rule, reasons.short(line, order) if short else reasons.over(line, order)
    if order.state == CONTRACT_ACCEPTED:
        return Rule.ORDER_STATE, reasons.but(order, reasons.STATE_CLAUSES[order.state])
    rivals = case.other_payers(order)
    if rivals:
        return Rule.OTHER_PAYER, reasons.other_payer(order, rivals[0])
    return None


def _code_rule(case: Case, finding: Finding) -> Rule:
    if finding.embedded:
        return Rule.EMBEDDED_CODE
    as_shown = finding.code in case.line.text or codes.display(finding.code) in case.line.text
    return Rule.EXACT_CODE if finding.alone and as_shown else Rule.NORMALISED_CODE


def _several(case: Case, orders: Sequence[OrderView], places: dict[str, Finding]) -> Verdict:
    """Several orders are named: their money moves only if every code was typed and the sums are the line's."""
    line = case.line
    open_orders = [order for order in orders if not order.closed]
    due = sum((order.amount_due for order in open_orders), Decimal("0.00"))
    parts = tuple(Share(order.code, order.amount_due) for order in open_orders)
    ranked = sorted(
        orders, key=lambda order: (order.closed, places[order.code].rank, not case.exact_amount(order), order.code)
    )
    typed = all(not places[order.code].embedded for order in orders)
    if typed and due == line.amount and all(order.state in _TAKES_MONEY for order in orders):
        return Verdict(
            Kind.AUTO,
            Rule.SEVERAL_CODES_ADD_UP,
            reasons.several_settled(orders),
            shares=parts,
            features=features(case, ranked[0], places[ranked[0].code], proofs=()),
        )
    adds_up = due <= line.amount and typed and bool(open_orders)
    return Verdict(
        Kind.SUGGEST if open_orders else Kind.UNMATCHED,
        Rule.SEVERAL_CODES,
        reasons.several_codes(line, orders, due),
        suggested=parts if adds_up else (),
        excess=line.amount - due if adds_up else Decimal("0.00"),
        candidates=tuple(
            case.candidate(order, places[order.code], reasons.named_among_others(line, order))
            for order in ranked[:MOST_CANDIDATES]
        ),
        features=features(case, ranked[0], places[ranked[0].code]),
    )
