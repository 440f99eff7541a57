"""Settle orders with the money of statement lines. Only a verdict AUTO moves money; the rest waits for a person.

Locks are taken in one order: line, order, subscription, document. Each line is one transaction, so a worker
killed at any point leaves whole lines behind, and the next run goes on with the others.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from iys_portal.audit.services import move
from payments.enums import LINE_TRANSITIONS, ORDER_TRANSITIONS, LineState, OrderState
from payments.matching import (
    AWAITING_MONEY,
    Kind,
    LineView,
    OrderBook,
    OrderView,
    Verdict,
    candidate_codes,
    decide,
)
from payments.models import Allocation, Order, StatementLine
from payments.services.orders import complete

_STATES = {
    Kind.SUGGEST: LineState.SUGGESTED,
    Kind.UNMATCHED: LineState.UNMATCHED,
    Kind.IGNORED: LineState.IGNORED,
}


def settle_lines(*, statement_id: int, now: datetime) -> None:
    """Decide every line of a statement that is still new, each in a transaction of its own.

    The orders are read once for all lines; an order that money may go to is read again under its lock.
    """
    new = StatementLine.objects.filter(statement_id=statement_id, state=LineState.NEW).order_by("position")
    texts = list(new.values_list("pk", "text"))
    codes: set[str] = set()
    for _, text in texts:
        found = candidate_codes(text)
        codes |= found.exact | found.near
    book = OrderBook(_views(_orders_with(codes) | Order.objects.filter(state__in=AWAITING_MONEY)))
    for line_id, _ in texts:
        settle_line(line_id=line_id, book=book, now=now)


def _orders_with(codes: Collection[str]) -> QuerySet[Order]:
    return Order.objects.filter(code__in=codes)


def _views(orders: QuerySet[Order]) -> Iterable[OrderView]:
    zero = Value(Decimal("0.00"), output_field=DecimalField(max_digits=14, decimal_places=2))
    due = F("gross") - Coalesce(Sum("allocations__amount"), zero)
    rows = orders.annotate(due=due).values_list("code", "due", "state", "provider__title", "provider__tax_number")
    return (OrderView(code, amount, state, title, tax_number) for code, amount, state, title, tax_number in rows)


@transaction.atomic
def settle_line(*, line_id: int, book: OrderBook, now: datetime) -> None:
    """Decide one line: settle its order, or keep it for an accountant with the reason. Locks line and order.

    Does nothing when the line was decided before.
    """
    line = (
        StatementLine.objects.select_for_update(of=("self",), no_key=True).select_related("statement").get(pk=line_id)
    )
    if line.state != LineState.NEW:
        return
    view = _line_view(line)
    verdict = decide(view, book)
    if verdict.kind == Kind.AUTO:
        order = _locked_order(verdict)
        # The book may be older than the order: somebody else's money may have settled it meanwhile.
        verdict = decide(view, OrderBook(_views(_orders_with(candidate_codes(line.text).exact))))
        if verdict.kind == Kind.AUTO and verdict.order == order.code:
            _settle(line, order, verdict, now=now)
            return
    _keep(line, verdict)


def _line_view(line: StatementLine) -> LineView:
    return LineView(
        amount=line.amount,
        currency=line.currency,
        text=line.text,
        value_on=line.value_on,
        reversal=line.is_reversal,
        payer_name=line.payer_name,
        payer_tax_number=line.payer_tax_number,
        balance_ok=line.statement.balance_ok,
    )


def _locked_order(verdict: Verdict) -> Order:
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    return orders.select_related("provider", "package", "approval").get(code=verdict.order)


def _settle(line: StatementLine, order: Order, verdict: Verdict, *, now: datetime) -> None:
    Allocation.objects.create(
        line=line,
        order=order,
        amount=line.amount,
        rule=verdict.rule.value,
        reason=verdict.reason,
        created_at=now,
    )
    move(
        order,
        OrderState.PAID,
        table=ORDER_TRANSITIONS,
        actor=None,
        reason=f"{line.value_on:%d.%m.%Y} valörlü havale/EFT: {verdict.reason}",
        paid_at=now,
    )
    _decided(line, LineState.MATCHED, verdict)
    complete(order=order, actor=None, reason="Ödemesi alındı.", now=now)


def _keep(line: StatementLine, verdict: Verdict) -> None:
    _decided(line, _STATES.get(verdict.kind, LineState.UNMATCHED), verdict)


def _decided(line: StatementLine, state: LineState, verdict: Verdict) -> None:
    move(
        line,
        state,
        table=LINE_TRANSITIONS,
        actor=None,
        reason=verdict.reason,
        rule=verdict.rule.value,
        verdict=verdict.reason,
        candidates=[{"code": candidate.code, "reason": candidate.reason} for candidate in verdict.candidates],
    )
