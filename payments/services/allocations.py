"""The money of a bank movement: to orders, back to its sender, and taken back again.

The caller's transaction holds the lock of the line; orders are locked here, in the order of their numbers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from accounts.models import Person
from iys_portal.audit.services import move, record
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from iys_portal.shared.money import format_lira
from packages.services import end_subscription
from payments.enums import ORDER_TRANSITIONS, OrderState
from payments.models import Allocation, BankRefund, Order, StatementLine
from payments.rules import AllocationRefused, refusal_of_share
from payments.selectors.orders import allocated_to
from payments.services import mails, receipts
from payments.services.activation import complete

_S = OrderState
_TO_PAID = {_S.CANCELLED: (_S.IN_REVIEW, _S.PAID)}
_TO_PART = {
    _S.PARTIALLY_PAID: (),
    _S.IN_REVIEW: (_S.TRANSFER_PENDING, _S.PARTIALLY_PAID),
    _S.EXPIRED: (_S.IN_REVIEW, _S.TRANSFER_PENDING, _S.PARTIALLY_PAID),
    _S.CANCELLED: (_S.IN_REVIEW, _S.TRANSFER_PENDING, _S.PARTIALLY_PAID),
}
_BACK = {
    _S.PARTIALLY_PAID: (_S.IN_REVIEW, _S.TRANSFER_PENDING),
    _S.PAID: (_S.IN_REVIEW, _S.TRANSFER_PENDING),
    _S.IN_REVIEW: (_S.TRANSFER_PENDING,),
}


def locked_orders(codes: Sequence[str]) -> dict[str, Order]:
    """Lock and return the orders with these codes, in the order of their numbers. Raises for an unknown one."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True).filter(code__in=codes)
    orders = {order.code: order for order in rows.select_related("provider", "package", "approval").order_by("pk")}
    for code in codes:
        if code not in orders:
            raise AllocationRefused(f"{code[:3]}-{code[3:6]}-{code[6:]} kodlu bir sipariş yok.")
    return orders


def allocate(
    *,
    line: StatementLine,
    shares: Sequence[tuple[str, Decimal]],
    refund: BankRefund | None,
    actor: Person | None,
    reason: str,
    rule: str,
    now: datetime,
) -> None:
    """Let a line pay its shares (order code, TRY) and owe the refund, in the caller's transaction.

    An order that is paid in full gets its package; one that is not becomes `partially_paid`, and its customer reads
    what is still to come. Locks the orders.
    Raises AllocationRefused when an order may not take its share; then nothing may be kept.
    """
    orders = locked_orders([code for code, _ in shares])
    for code, amount in shares:
        _pay(line, orders[code], amount, actor=actor, reason=reason, rule=rule, now=now)
    if refund is not None:
        refund.save()
        record(action="refund_owed", subject=refund, actor=actor, reason=reason, amount=str(refund.amount))


def _pay(
    line: StatementLine,
    order: Order,
    amount: Decimal,
    *,
    actor: Person | None,
    reason: str,
    rule: str,
    now: datetime,
) -> None:
    due = order.gross - allocated_to(order)
    if refusal := refusal_of_share(order, amount, due=due):
        raise AllocationRefused(refusal)
    Allocation.objects.create(
        line=line, order=order, amount=amount, rule=rule, reason=reason, actor=actor, created_at=now
    )
    words = f"{line.value_on:%d.%m.%Y} valörlü havale/EFT: {reason}"
    if amount < due:
        _walk(order, _TO_PART.get(_S(order.state), (_S.PARTIALLY_PAID,)), actor=actor, reason=words, now=now)
        mails.part_paid(order, line=line, missing=due - amount)
        return
    _walk(order, _TO_PAID.get(_S(order.state), (_S.PAID,)), actor=actor, reason=words, now=now)
    complete(order=order, actor=actor, reason="Ödemesi alındı.", now=now)
    mails.order_paid(order, now=now)


def _walk(order: Order, states: Sequence[OrderState], *, actor: Person | None, reason: str, now: datetime) -> None:
    """Move an order through states that the table joins, each audited."""
    for state in states:
        changes: dict[str, object] = {}
        if state == _S.PAID:
            changes["paid_at"] = now
        if state == _S.TRANSFER_PENDING and (order.pay_by is None or order.pay_by <= now):
            last = istanbul_day(now) + timedelta(days=settings.TRANSFER_LIFETIME_DAYS)
            changes["pay_by"] = end_of_istanbul_day(last)
        if state == _S.CANCELLED:
            changes["subscription"] = None
        move(order, state, table=ORDER_TRANSITIONS, actor=actor, reason=reason, **changes)


def take_back(*, line: StatementLine, actor: Person, reason: str, now: datetime) -> None:
    """Undo every live allocation of a line by reversing rows, in the caller's transaction; orders go back.

    An order that was complete loses its package, and one that was paid its receipt. Locks the orders. Raises
    AllocationRefused for an order whose money is on its way back already.
    """
    live = list(line.allocations.filter(reverses=None, reversed_by=None).select_related("order").order_by("pk"))
    orders = locked_orders([allocation.order.code for allocation in live])
    for allocation in live:
        order = orders[allocation.order.code]
        had_package = order.state == _S.COMPLETED
        undone = reverse(allocation, actor=actor, reason=reason, now=now)
        receipts.void(order=order, person=actor, reason=reason, now=now)
        _send_back(order, actor=actor, reason=f"{format_lira(allocation.amount)} geri alındı: {reason}", now=now)
        if had_package:
            mails.package_taken_back(order, amount=allocation.amount, undo=undone.pk, now=now)


def reverse(allocation: Allocation, *, actor: Person, reason: str, now: datetime) -> Allocation:
    """Insert the row that undoes an allocation; the caller holds the locks and moves the order."""
    return Allocation.objects.create(
        line_id=allocation.line_id,
        attempt_id=allocation.attempt_id,
        order_id=allocation.order_id,
        amount=-allocation.amount,
        reverses=allocation,
        rule="undo",
        reason=reason,
        actor=actor,
        created_at=now,
    )


def _send_back(order: Order, *, actor: Person, reason: str, now: datetime) -> None:
    """Take an order to where it stands without the money it lost (ADR 30)."""
    left = allocated_to(order)
    state = _S(order.state)
    if state == _S.COMPLETED:
        assert order.subscription is not None  # noqa: S101  (order_completed_has_package)
        end_subscription(subscription=order.subscription, actor=actor, reason=reason, now=now)
        _walk(order, (_S.REFUND_DUE, _S.IN_REVIEW), actor=actor, reason=reason, now=now)
    if order.subscription_id is not None and order.state == _S.IN_REVIEW:
        # Its package began once: the order is over, and another purchase makes another contract.
        if not left:
            _walk(order, (_S.CANCELLED,), actor=actor, reason=reason, now=now)
    elif state == _S.PARTIALLY_PAID and left:
        record(action="part_taken_back", subject=order, actor=actor, reason=reason, left=str(left))
    elif state in _BACK:
        states = (*_BACK[state], _S.PARTIALLY_PAID) if left else _BACK[state]
        _walk(order, states, actor=actor, reason=reason, now=now)
    else:
        raise AllocationRefused(
            f"{order.code_display} siparişi «{order.get_state_display()}» durumunda; ödemesi buradan geri alınamaz."
        )
