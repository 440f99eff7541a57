"""What must hold in every schedule: our rows against each other, and against the books of the bank in memory."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.db import connection

from iys_portal import ledger
from iys_portal.audit.models import AuditEvent
from payments.enums import (
    ATTEMPT_TRANSITIONS,
    LINE_TRANSITIONS,
    LIVE_ATTEMPTS,
    ORDER_TRANSITIONS,
    REFUND_TRANSITIONS,
    AttemptState,
    OrderState,
    RefundState,
)
from payments.models import CardAttempt, Order, Refund, StatementLine
from tests.payments.cards.memory_bank import MemoryBank, Payment

_CHECKS = (
    "completed_orders_are_paid_for",
    "completed_orders_have_a_package",
    "completed_orders_have_a_contract",
    "unpaid_orders_hold_no_package",
    "subscriptions_come_from_orders",
    "one_live_subscription",
    "renewals_start_where_terms_end",
    "subscription_changes_have_a_reason",
    "lines_hold_what_they_settle",
    "money_is_conserved",
    "captures_are_kept_or_go_back",
    "refunds_stay_within_captures",
    "statements_hold_their_lines",
    "state_changes_are_audited",
)
_LEDGER = " UNION ALL ".join(f"SELECT '{name}', q.*::text FROM ({ledger._CHECKS[name][1]}) q" for name in _CHECKS)

_ORDERS = """
    SELECT o.id, o.state, o.gross,
           coalesce((SELECT sum(a.amount) FROM payments_allocation a WHERE a.order_id = o.id), 0),
           coalesce((SELECT sum(a.amount) FROM payments_allocation a
                      WHERE a.order_id = o.id AND a.line_id IS NOT NULL), 0),
           coalesce((SELECT s.state IN ('active', 'paused') FROM packages_subscription s
                      WHERE s.id = o.subscription_id), false)
      FROM payments_order o
"""
# Where an attempt keeps what the bank said it took, if that was another sum than agreed.
_KEEPS_OTHER_AMOUNT = hasattr(CardAttempt, "other_amount")
_SAID = "coalesce(t.other_amount, t.paid_amount)" if _KEEPS_OTHER_AMOUNT else "t.paid_amount"
_ATTEMPTS = f"""
    SELECT t.id, t.conversation_id, t.order_id, t.state, t.surplus, t.amount, t.paid_amount, {_SAID},
           coalesce((SELECT sum(r.amount) FROM payments_refund r
                      WHERE r.attempt_id = t.id AND r.state <> 'rejected'), 0),
           coalesce((SELECT sum(r.amount) FROM payments_refund r
                      WHERE r.attempt_id = t.id AND r.state = 'confirmed'), 0),
           coalesce((SELECT sum(a.amount) FROM payments_allocation a WHERE a.attempt_id = t.id), 0)
      FROM payments_cardattempt t ORDER BY t.id
"""


@dataclass(frozen=True)
class OrderRow:
    """An order, what is allocated to it (by transfer among it), and whether its package runs."""

    pk: int
    state: str
    gross: Decimal
    allocated: Decimal
    transferred: Decimal
    has_package: bool


@dataclass(frozen=True)
class AttemptRow:
    """An attempt, what was `said` to be taken, what its refunds hold and have given back, what of it is allocated."""

    pk: int
    conversation_id: str
    order_id: int
    state: str
    surplus: bool
    amount: Decimal
    paid_amount: Decimal
    said: Decimal
    held: Decimal
    confirmed: Decimal
    allocated: Decimal


def _rows() -> tuple[list[OrderRow], list[AttemptRow]]:
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS)
        orders = [OrderRow(*row) for row in cursor.fetchall()]
        cursor.execute(_ATTEMPTS)
        return orders, [AttemptRow(*row) for row in cursor.fetchall()]


def after_step(bank: MemoryBank) -> list[AttemptRow]:
    """Judge what must hold at every moment; return the attempts, in their order."""
    orders, attempts = _rows()
    for order in orders:
        assert 0 <= order.allocated <= order.gross, f"paid twice or less than nothing: {order}"
        if order.has_package or order.state in {OrderState.PAID, OrderState.COMPLETED}:
            assert order.allocated == order.gross, f"a package without money: {order}"
        own = [attempt for attempt in attempts if attempt.order_id == order.pk]
        assert sum(attempt.state in LIVE_ATTEMPTS for attempt in own) <= 1, f"two live attempts: {own}"
        kept = [a for a in own if a.state == AttemptState.SUCCEEDED and not a.surplus]
        assert len(kept) <= 1, f"two kept captures: {kept}"
    for attempt in attempts:
        payment = bank.payments.get(attempt.conversation_id)
        _never_more_than_the_bank_did(bank, attempt, payment)
    for payment in bank.payments.values():
        assert (payment.opened, payment.authorisations <= 1) == (1, True), f"authorised twice: {payment}"
    return attempts


def _never_more_than_the_bank_did(bank: MemoryBank, attempt: AttemptRow, payment: Payment | None) -> None:
    taken, back = (payment.taken, payment.back) if payment else (Decimal(0), Decimal(0))
    if attempt.state == AttemptState.ABANDONED and payment is not None:
        is_there = payment.reachable and bank.waits_for_the_payer(payment)
        assert not is_there, f"given up while the payer is at the bank: {attempt} {payment}"
    if attempt.state != AttemptState.SUCCEEDED:
        assert (attempt.held, attempt.allocated) == (0, 0), f"money of no capture: {attempt}"
        return
    assert payment is not None
    assert taken > 0, f"a capture that the bank did not make: {attempt}"
    assert back <= taken, f"refunds above what was taken: {payment}"
    assert attempt.held <= attempt.said, f"refunds above the capture: {attempt}"
    if _is_told_truly(payment):
        assert attempt.held <= taken, f"refunds above what was taken: {attempt} {payment}"
        assert attempt.confirmed <= back, f"refunds that the bank did not make: {attempt} {payment}"
    if attempt.surplus:
        assert attempt.allocated == 0, f"surplus that is kept: {attempt}"
    else:
        assert taken == attempt.paid_amount, f"another amount believed: {attempt} {payment}"


def at_the_end(bank: MemoryBank) -> None:
    """Judge a schedule whose bank is back, and whose messages, sweeps and late answers have all come through."""
    after_step(bank)
    orders, attempts = _rows()
    of_number = {attempt.conversation_id: attempt for attempt in attempts}
    staying = dict.fromkeys((order.pk for order in orders), 0)
    for number, payment in bank.payments.items():
        attempt = of_number[number]
        assert (attempt.state == AttemptState.SUCCEEDED) == bool(payment.taken), f"not known: {attempt} {payment}"
        if payment.taken:
            _every_lira_is_somewhere(attempt, payment)
            staying[attempt.order_id] += not attempt.surplus and attempt.held < attempt.paid_amount
    for order in orders:
        assert staying[order.pk] + bool(order.transferred) <= 1, f"kept twice: {order}"
    _ledger_holds()
    _only_allowed_edges()


def _is_told_truly(payment: Payment) -> bool:
    """Return whether our rows can know what was taken; a bank that names a wrong sum is not believed, that is all."""
    is_as_agreed = payment.taken == payment.charge.paid_amount
    return not payment.misreported and (is_as_agreed or _KEEPS_OTHER_AMOUNT)


def _every_lira_is_somewhere(attempt: AttemptRow, payment: Payment) -> None:
    if attempt.surplus:
        assert attempt.held == attempt.said, f"silently kept: {attempt} {payment}"
    else:
        kept = attempt.amount if attempt.confirmed < attempt.paid_amount else 0
        assert attempt.allocated == kept, f"kept for no order: {attempt}"
    if _is_told_truly(payment):
        assert (attempt.said, attempt.confirmed) == (payment.taken, payment.back), f"not known: {attempt} {payment}"


def _ledger_holds() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER)
        broken = cursor.fetchall()
    assert not broken, f"the ledger: {broken}"


def _only_allowed_edges() -> None:
    """Read every object's way from the audit trail: it begins where it must, has no gap, and ends where the row is."""
    ways: dict[tuple[str, str], list[tuple[str, str]]] = {}
    events = AuditEvent.objects.filter(action__startswith="state:", object_type__in=_MACHINES).order_by("pk")
    for kind, pk, detail in events.values_list("object_type", "object_id", "detail"):
        ways.setdefault((kind, pk), []).append((detail["before"], detail["after"]))
    for kind, (model, table, first) in _MACHINES.items():
        for pk, state in model._default_manager.values_list("pk", "state"):
            way = ways.get((kind, str(pk)), [])
            stops = [(first, first), *way, (state, state)]
            assert all(a[1] == b[0] for a, b in pairwise(stops)), f"a way with a gap: {kind} {pk} {way} {state}"
            assert all(after in table[before] for before, after in way), f"a forbidden edge: {kind} {pk} {way}"


_MACHINES = {
    "payments.order": (Order, ORDER_TRANSITIONS, "draft"),
    "payments.cardattempt": (CardAttempt, ATTEMPT_TRANSITIONS, "created"),
    "payments.refund": (Refund, REFUND_TRANSITIONS, "requested"),
    "payments.statementline": (StatementLine, LINE_TRANSITIONS, "new"),
}


def unknowns(bank: MemoryBank) -> list[str]:
    """Return what is still not known although the bank is back and was asked: nothing but open pages may be left."""
    numbers = CardAttempt.objects.filter(state=AttemptState.UNKNOWN).values_list("conversation_id", flat=True)
    left = [f"attempt {number}" for number in numbers if not bank.has_open(bank.payments.get(number))]
    refunds = Refund.objects.filter(state__in=[RefundState.SENDING, RefundState.UNKNOWN])
    for key, number in refunds.values_list("key", "attempt__conversation_id"):
        if any(done == key for done, _ in bank.payments[number].given_back):
            left.append(f"refund {key}")
    return left
