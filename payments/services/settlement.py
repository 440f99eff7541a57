"""Settle orders with the money of statement lines. Only a verdict AUTO moves money; the rest waits for a person.

Lines are taken in batches, a transaction each, and judged as if they came one after the other (ADR 29). Locks are
taken in one order: statement, lines, orders. A worker killed at any point leaves whole batches behind, and the next
run goes on with the others. Packages begin afterwards (`activation.begin`), an outbox row each until then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.utils import timezone

from contracts.data import COMPANY
from iys_portal.audit.bulk import any_of, insert_rows
from iys_portal.audit.outbox import promise_many
from iys_portal.audit.services import Move, move_many
from iys_portal.shared.collector import collector_at_rest
from iys_portal.shared.money import ZERO
from payments.enums import LINE_TRANSITIONS, ORDER_TRANSITIONS, LineState, OrderState
from payments.matching import MATCHING_VERSION, Kind, LineView, Ours, Reading, Rule, Verdict, decide, read_line
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from payments.selectors.arrivals import TWIN, UNEXPECTED
from payments.selectors.live_orders import LiveOrders, paying_movements, sums_of
from payments.services.faults import is_away, may_pass
from payments.services.refund_lines import RefundLines

logger = structlog.get_logger(__name__)

BATCH = 1_500
"""Lines of one transaction: enough to share its cost, few enough to keep nobody waiting for longer than a second."""

ERROR_RULE = "error"
_ERROR = "Bu hareket işlenirken beklenmeyen bir hata oluştu; bir kişinin bakması gerekiyor."
_TWIN = (
    "Siparişi aynı gün ve aynı tutarda başka bir hareket ödedi; bu satır onun başka bir dosyadaki kaydı olabilir."
    " İkinci bir ödemeyse iade edin, aynı paraysa kapsam dışı bırakın."
)
_TRIES = 5
_OWN_WORK = timedelta(minutes=1)
_STATES = {
    Kind.AUTO: LineState.MATCHED,
    Kind.SUGGEST: LineState.SUGGESTED,
    Kind.UNMATCHED: LineState.UNMATCHED,
    Kind.IGNORED: LineState.IGNORED,
}
# Money with the code of such an order is looked into by a person (screens, section 3).
_REVIEWED = {
    Rule.ORDER_EXPIRED: {OrderState.EXPIRED},
    Rule.ORDER_CANCELLED: {OrderState.CANCELLED},
    Rule.ORDER_REFUNDED: {OrderState.REFUNDED},
    Rule.ORDER_STATE: {OrderState.CARD_PENDING, OrderState.CARD_UNKNOWN},
}

# What a line is judged by; its JSON columns are written and never read here.
_READ = (
    *("id", "position", "booked_on", "value_on", "amount", "currency", "text"),
    *("payer_name", "payer_iban", "payer_tax_number", "is_reversal", "state"),
)
"""In the order of the columns, as `from_db` wants them."""

# Too little or too much with the right code, or for an order that awaits none: the customer is written to at once.
_TOLD = {Rule.AMOUNT_SHORT, Rule.AMOUNT_OVER, *UNEXPECTED}


class _OrdersChanged(Exception):
    """Somebody else changed an order between its reading and its lock: the batch is judged anew."""


@dataclass(slots=True)
class _Decided:
    """A line with what was decided about it, and the orders that a person looks into because of it."""

    line: StatementLine
    verdict: Verdict
    rule: str
    reviews: Sequence[str] = ()

    @property
    def codes(self) -> list[str]:
        """The codes of the orders that change because of the line."""
        return [*(share.code for share in self.verdict.shares), *self.reviews]


@collector_at_rest()
def settle_lines(*, statement_id: int, now: datetime) -> dict[int, int]:
    """Decide every line of a statement that is still new; return the promised activations, message by order.

    Locks statement, lines and orders, a batch at a time. A line that cannot be handled is set aside with the rule
    "error" and keeps no other line waiting. Raises what the database says when it is away.
    """
    settlement = _Settlement(statement_id, now)
    while settlement.step(BATCH):
        continue
    return settlement.promised


@dataclass(slots=True)
class _Ahead:
    """The next lines as they were found, and what they say: that is read while the server writes those before them.

    They are read as lines of a statement that adds up or does not, by what is ours: with anything else they are read
    anew. Whether they are still new is seen under their locks.
    """

    rows: Sequence[Sequence[Any]] = ()
    terms: tuple[int, int, bool | None, Ours] = (0, 0, None, Ours())
    lines: list[StatementLine] = field(default_factory=list)
    readings: dict[int, Reading | None] = field(default_factory=dict)

    def read(self, parts: int = 1) -> None:
        """Read what is still unread of them, or one of so many equal parts of it."""
        _, _, balance_ok, ours = self.terms
        unread = self.rows[len(self.lines) :]
        for row in unread[: -(-len(unread) // parts)]:
            line = StatementLine.from_db(DEFAULT_DB_ALIAS, _READ, row)
            self.lines.append(line)
            self.readings[line.pk] = _read(line, ours, balance_ok=balance_ok)


@dataclass(slots=True)
class _Settlement:
    """One run over a statement: what is known of the orders, how far it has come, what it promised."""

    statement_id: int
    now: datetime
    position: int = 0
    promised: dict[int, int] = field(default_factory=dict)
    _orders: LiveOrders | None = None
    _ahead: _Ahead | None = None

    def step(self, size: int) -> bool:
        """Settle the next `size` lines, in halves where the whole cannot be; return whether there were any."""
        failure = None
        for _ in range(_TRIES):
            try:
                with transaction.atomic():
                    return self._batch(size)
            except Exception as error:
                self._orders = None  # what the batch made of the orders was rolled back
                if is_away(error):
                    raise
                failure = error
            if not (isinstance(failure, _OrdersChanged) or may_pass(failure)):
                break
        if size == 1:
            return self._set_aside(failure)
        return [self.step(size // 2), self.step(size - size // 2)] != [False, False]

    def _batch(self, size: int) -> bool:
        statement, ours = self._locked_statement(), _ours()
        taken, self._ahead = self._taken(size, (size, self.position, statement.balance_ok, ours)), None
        found = taken.lines
        if not found:
            return False
        refunds = RefundLines.among(
            ((line.pk, line.amount, line.text) for line in found), account_id=statement.account_id
        )
        lines = _locked_lines(found, refunds)
        if self._orders is None:
            self._orders = LiveOrders(now=self.now)
        orders = self._orders
        readings = [taken.readings[line.pk] for line in lines]
        orders.refresh({code for reading in readings if reading for code in reading.codes})
        orders.learn({iban for reading in readings if reading for iban in reading.ibans})
        decided = [_decide(line, reading, orders, refunds) for line, reading in zip(lines, readings, strict=True)]
        _name_twins(decided)
        last = found[-1].position
        ahead = _Ahead(list(self._new_lines(last).values_list(*_READ)[:size]), (size, last, statement.balance_ok, ours))
        promised = _write(decided, _locked_orders(decided, orders), now=self.now, ahead=ahead)
        refunds.settle(now=self.now)
        self.promised |= promised
        self.position, self._ahead = last, ahead
        return True

    def _taken(self, size: int, terms: tuple[int, int, bool | None, Ours]) -> _Ahead:
        """Return the next lines: those that were read ahead on the same terms, or found and read now."""
        taken = self._ahead
        if taken is None or taken.terms != terms:
            taken = _Ahead(list(self._new_lines(self.position).values_list(*_READ)[:size]), terms)
        taken.read()
        return taken

    def _locked_statement(self) -> Statement:
        """A second worker waits for this batch."""
        held = Statement.objects.select_for_update(of=("self",), no_key=True)
        return held.get(pk=self.statement_id)

    def _new_lines(self, after: int) -> QuerySet[StatementLine]:
        rows = StatementLine.objects.filter(statement_id=self.statement_id, state=LineState.NEW, position__gt=after)
        return rows.order_by("position")

    def _set_aside(self, failure: Exception | None) -> bool:
        """Keep the next line, which cannot be handled, for a person; the reason is in the log."""
        with transaction.atomic():
            self._locked_statement()
            lines = list(self._new_lines(self.position).select_for_update(of=("self",), no_key=True)[:1])
            for line in lines:
                logger.error("line_set_aside", line_id=line.pk, exc_info=failure)
                _write([_error(line)], {}, now=self.now, ahead=_Ahead())
                self.position = line.position
        return bool(lines)


def _locked_lines(found: Sequence[StatementLine], refunds: RefundLines) -> list[StatementLine]:
    """Lock these lines by number, and return those that nobody has decided meanwhile.

    The lines whose money our refunds send back are locked with them, in the one order of their numbers. What a line
    says never changes; only its state is asked for again.
    """
    numbers = refunds.origins.union(line.pk for line in found)
    rows = StatementLine.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    states = dict(rows.filter(pk__in=any_of(numbers, "bigint")).values_list("pk", "state"))
    return [line for line in found if states[line.pk] == LineState.NEW]


def _ours() -> Ours:
    return Ours(
        tax_numbers=frozenset({COMPANY.tax_number}),
        ibans=frozenset(BankAccount.objects.values_list("iban", flat=True)),
        names=(COMPANY.title,),
    )


def _read(line: StatementLine, ours: Ours, *, balance_ok: bool | None) -> Reading | None:
    """Read a line; None, with the reason in the log, if that cannot be done."""
    view = LineView(
        amount=line.amount,
        currency=line.currency,
        text=line.text,
        value_on=line.value_on,
        reversal=line.is_reversal,
        payer_name=line.payer_name,
        payer_tax_number=line.payer_tax_number,
        payer_iban=line.payer_iban,
        balance_ok=balance_ok,
    )
    try:
        return read_line(view, ours)
    except Exception:
        logger.exception("line_unreadable", line_id=line.pk)
        return None


def _decide(line: StatementLine, reading: Reading | None, orders: LiveOrders, refunds: RefundLines) -> _Decided:
    """Decide a line, and let the orders know, so that the next line is judged against what this one has done."""
    if reading is None:
        return _error(line)
    try:
        if about := refunds.verdict_on(line):
            return _Decided(line, about.verdict, about.rule)
        verdict = decide(reading, orders.book)
        if verdict.shares:
            _require_exact(line, verdict, orders)
        reviews = [code for code in _in_question(verdict) if orders.held(code).view.state in _REVIEWED[verdict.rule]]
    except Exception:
        logger.exception("line_undecided", line_id=line.pk)
        return _error(line)
    for share in verdict.shares:
        orders.paid(share.code, iban=line.payer_iban)
    for code in reviews:
        orders.reviewed(code)
    return _Decided(line, verdict, verdict.rule.value, reviews)


def _name_twins(decided: Sequence[_Decided]) -> None:
    """Say of money for a paid order when a movement of the same day and amount has paid it: it may be that one again.

    The same movement in two formats has two identities, and nobody but a person can tell it from a second payment.
    """
    paid_before = {one.verdict.candidates[0].code for one in decided if one.verdict.rule is Rule.ORDER_PAID}
    if not paid_before:
        return
    payers = paying_movements(paid_before)
    for one in decided:
        movement = (one.line.value_on, one.line.amount)
        payers |= {(share.code, *movement) for share in one.verdict.shares}
        if one.verdict.rule is Rule.ORDER_PAID and (one.verdict.candidates[0].code, *movement) in payers:
            features = {**one.verdict.features, TWIN: True}
            one.verdict = replace(one.verdict, reason=f"{one.verdict.reason} {_TWIN}", features=features)


def _in_question(verdict: Verdict) -> list[str]:
    return [verdict.candidates[0].code] if verdict.rule in _REVIEWED and verdict.candidates else []


def _require_exact(line: StatementLine, verdict: Verdict, orders: LiveOrders) -> None:
    """Raise ValueError unless the line's money pays each of its orders in full, to the kuruş. Never trust one wall."""
    exact = all(share.amount == orders.held(share.code).view.amount_due for share in verdict.shares)
    if not exact or sum(share.amount for share in verdict.shares) != line.amount:
        raise ValueError("the shares are not the line's money, or not what their orders wait for")


def _error(line: StatementLine) -> _Decided:
    return _Decided(line, Verdict(Kind.UNMATCHED, Rule.NOTHING, _ERROR), ERROR_RULE)


def _locked_orders(decided: Sequence[_Decided], orders: LiveOrders) -> dict[str, Order]:
    """Lock the orders that change, by number, and return them by code.

    Raises _OrdersChanged unless each still stands where it stood when the lines were judged.
    """
    held = {code: orders.held(code) for one in decided for code in one.codes}
    if not held:
        return {}
    numbers = [each.pk for each in held.values()]
    rows = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=any_of(numbers, "bigint"))
    found = {order.code: order for order in rows.only("code", "state", "gross", "provider_id").order_by("pk")}
    sums = dict(sums_of(Allocation.objects.filter(order__in=any_of(numbers, "bigint"))))
    for code, each in held.items():
        order = found[code]
        if (order.state, order.gross - sums.get(order.pk, ZERO)) != (each.state, each.due):
            raise _OrdersChanged(code)
    return found


def _write(
    decided: Sequence[_Decided],
    rows: Mapping[str, Order],
    *,
    now: datetime,
    ahead: _Ahead,
) -> dict[int, int]:
    """Write what was decided, set-wise, with its audit events; return the promised activations.

    What lies `ahead` is read while the server writes: a quarter beside the orders, the rest beside the lines.
    """

    allocations: list[tuple[Any, ...]] = []
    steps: list[Move] = []
    for one in decided:
        if not one.codes:
            continue
        reason = f"{one.line.value_on:%d.%m.%Y} valörlü havale/EFT: {one.verdict.reason}"
        for share in one.verdict.shares:
            order = rows[share.code]
            allocations.append((one.line.pk, order.pk, share.amount, one.rule, one.verdict.reason, now))
            steps.append(Move(order, OrderState.PAID, reason, {"paid_at": now}))
        steps += [Move(rows[code], OrderState.IN_REVIEW, reason) for code in one.reviews]
    if allocations:
        insert_rows(Allocation, ("line", "order", "amount", "rule", "reason", "created_at"), allocations)
    move_many(steps, table=ORDER_TRANSITIONS, actor=None, meanwhile=partial(ahead.read, parts=4))
    move_many([_line_move(one) for one in decided], table=LINE_TRANSITIONS, actor=None, meanwhile=ahead.read)
    told = [one.line.pk for one in decided if _is_told(one.verdict)]
    promise_many("payment.differs", [{"line_id": number} for number in told], due_at=now)
    paid = [step.obj.pk for step in steps if step.to == OrderState.PAID]
    later = timezone.now() + _OWN_WORK
    messages = promise_many("order.activate", [{"order_id": number} for number in paid], due_at=later)
    return dict(zip(paid, messages, strict=True))


def _is_told(verdict: Verdict) -> bool:
    return verdict.rule in _TOLD and len(verdict.candidates) == 1 and TWIN not in verdict.features


def _line_move(one: _Decided) -> Move:
    verdict = one.verdict
    proposal = None
    if verdict.suggested:
        shares = [[share.code, str(share.amount)] for share in verdict.suggested]
        proposal = {"shares": shares, "excess": str(verdict.excess)}
    return Move(
        one.line,
        _STATES[verdict.kind],
        verdict.reason,
        {
            "rule": one.rule,
            "verdict": verdict.reason,
            "candidates": [{"code": candidate.code, "reason": candidate.reason} for candidate in verdict.candidates],
            "proposal": proposal,
            "features": dict(verdict.features),
            "matching_version": str(MATCHING_VERSION),
        },
    )
