"""Orders in `in_review`: a person says whether they are paid, go back, or never got money."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from accounts.models import Person
from iys_portal.audit.services import move, record
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from iys_portal.shared.money import format_lira
from payments.enums import (
    LINE_TRANSITIONS,
    LIVE_ATTEMPTS,
    ORDER_TRANSITIONS,
    LineState,
    OrderState,
)
from payments.models import Allocation, BankRefund, Order, StatementLine
from payments.rules import AllocationRefused, turkish_iban
from payments.selectors.cards import keepable
from payments.selectors.orders import allocated_to
from payments.selectors.refunds import goes_back_still
from payments.services import mails
from payments.services.activation import complete
from payments.services.allocations import locked_orders, reverse


class Outcome(StrEnum):
    """How a person ends the review of an order."""

    ACCEPT = "accept"
    REFUND = "refund"
    AWAIT = "await"
    CANCEL = "cancel"


@transaction.atomic
def resolve(*, order: Order, outcome: Outcome, reason: str, person: Person, now: datetime) -> Order:
    """End the review of an order with a reason. Locks the lines that paid it, then the order.

    accept: its money is complete, the package begins. refund: all its transferred money is owed to the senders.
    await: nothing has come, the transfer is awaited (anew). cancel: nothing has come and nothing is awaited.
    Raises AllocationRefused when the money says otherwise, or a card attempt is still open.
    """
    if len(reason.strip()) < 3:
        raise AllocationRefused("Kararın gerekçesini yazın (en az 3 karakter).")
    paid = Allocation.objects.filter(order=order, line__isnull=False).values_list("line_id", flat=True)
    lines = StatementLine.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(paid))
    by_number = {line.pk: line for line in lines.order_by("pk")}
    order = locked_orders([order.code])[order.code]
    if order.state != OrderState.IN_REVIEW:
        raise AllocationRefused(f"Bu sipariş az önce işlendi: «{order.get_state_display()}».")
    if order.attempts.filter(state__in=LIVE_ATTEMPTS).exists() and outcome != Outcome.ACCEPT:
        raise AllocationRefused("Bu siparişin sonucu belli olmayan bir kart ödemesi var; önce bankanın yanıtı gerekir.")
    _OUTCOMES[outcome](order, by_number, reason.strip(), person, now)
    return order


Lines = dict[int, StatementLine]


def _accept(order: Order, _lines: Lines, reason: str, person: Person, now: datetime) -> None:
    accept(order, reason=reason, person=person, now=now)


def accept(order: Order, *, reason: str, person: Person, now: datetime) -> None:
    """End the review of a locked order whose money is complete: its package begins. Raises AllocationRefused."""
    due = order.gross - allocated_to(order)
    if order.subscription_id is not None or order.approval_id is None:
        raise AllocationRefused("Bu siparişin paketi sona ermiş; yeniden tanımlanamaz.")
    if due > 0:
        raise AllocationRefused(
            f"Siparişin {format_lira(due)} eksiği var. Önce kuyruktaki hareketi bu siparişe eşleştirin."
        )
    move(order, OrderState.PAID, table=ORDER_TRANSITIONS, actor=person, reason=reason, paid_at=now)
    complete(order=order, actor=person, reason="Ödemesi alındı.", now=now)
    mails.order_paid(order, now=now)


def _refund(order: Order, lines: Lines, reason: str, person: Person, now: datetime) -> None:
    """Money by card goes back by its own refunds; what came by transfer is owed to its senders."""
    live = list(order.allocations.filter(reverses=None, reversed_by=None).order_by("pk"))
    if not live and not goes_back_still(order):
        raise AllocationRefused("Bu siparişe yazılmış para yok; iade edilecek bir şey bulunmuyor.")
    if any(allocation.line_id is None for allocation in live):
        raise AllocationRefused("Bu siparişin kartla alınmış ödemesi var; iadesini sipariş sayfasından başlatın.")
    if {allocation.line_id for allocation in live} - lines.keys():
        raise AllocationRefused("Bu siparişe az önce bir ödeme yazıldı. Sayfayı yenileyip yeniden karar verin.")
    for allocation in live:
        reverse(allocation, actor=person, reason=reason, now=now)
        _owe(order, lines[allocation.line_id or 0], allocation, reason, person, now)
    move(order, OrderState.REFUND_DUE, table=ORDER_TRANSITIONS, actor=person, reason=reason)


def _owe(order: Order, line: StatementLine, allocation: Allocation, reason: str, person: Person, now: datetime) -> None:
    refund = BankRefund.objects.create(
        line=line,
        order=order,
        amount=allocation.amount,
        iban=turkish_iban(line.payer_iban),
        name=line.payer_name[:140],
        reason=reason,
        requested_by=person,
        created_at=now,
    )
    record(action="refund_owed", subject=refund, actor=person, reason=reason, amount=str(refund.amount))
    if line.allocations.filter(reverses=None, reversed_by=None).exists():
        return
    # Nothing of the line pays an order any more: it is a refund as a whole.
    for state in (LineState.UNMATCHED, LineState.REFUND):
        move(line, state, table=LINE_TRANSITIONS, actor=person, reason=reason, verdict=reason)


def _require_no_money(order: Order) -> None:
    if allocated := allocated_to(order):
        raise AllocationRefused(f"Bu siparişe yazılmış {format_lira(allocated)} var; kabul edin ya da iade edin.")


def _await(order: Order, _lines: Lines, reason: str, person: Person, now: datetime) -> None:
    _require_no_money(order)
    if order.subscription_id is not None or order.approval_id is None:
        raise AllocationRefused("Bu sipariş yeniden ödeme bekleyemez; müşterinin yeni sipariş vermesi gerekir.")
    pay_by = order.pay_by
    if pay_by is None or pay_by <= now:
        pay_by = end_of_istanbul_day(istanbul_day(now) + timedelta(days=settings.TRANSFER_LIFETIME_DAYS))
    move(order, OrderState.TRANSFER_PENDING, table=ORDER_TRANSITIONS, actor=person, reason=reason, pay_by=pay_by)


def _cancel(order: Order, _lines: Lines, reason: str, person: Person, _now: datetime) -> None:
    _require_no_money(order)
    if keepable(order) is not None:
        raise AllocationRefused("Bu sipariş için karttan para çekildi: çekimi kabul edin ya da iadesini onaylayın.")
    move(order, OrderState.CANCELLED, table=ORDER_TRANSITIONS, actor=person, reason=reason, subscription=None)


_OUTCOMES = {Outcome.ACCEPT: _accept, Outcome.REFUND: _refund, Outcome.AWAIT: _await, Outcome.CANCEL: _cancel}
