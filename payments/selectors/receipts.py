"""Read receipts: tenant first, and what went back since they were issued."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from iys_portal.shared.clock import istanbul_day
from payments.enums import AttemptState, BankRefundState, RefundState
from payments.models import Allocation, BankRefund, Order, Receipt, Refund


@dataclass(frozen=True)
class Paid:
    """One payment of a receipt. `charged` is what the card was charged with, `difference` that of the instalments."""

    kind: str
    amount: Decimal
    paid_on: date
    reference: str
    bank: str = ""
    family: str = ""
    last4: str = ""
    instalments: int = 1
    charged: Decimal = Decimal("0.00")
    difference: Decimal = Decimal("0.00")


def receipts_of(provider_id: int) -> QuerySet[Receipt]:
    """Return a provider's receipts, newest first."""
    return Receipt.objects.filter(provider_id=provider_id).select_related("order", "void")


def receipt_of(order: Order, *, number: str = "") -> Receipt | None:
    """Return the newest receipt of an order, void or not, or the one with this number; None where there is none."""
    found = receipts_of(order.provider_id).filter(order=order)
    return (found.filter(number=number) if number else found).first()


def live_receipt_of(order: Order) -> Receipt | None:
    """Return the receipt of an order that counts, or None while it is not paid."""
    return receipts_of(order.provider_id).filter(order=order, void=None).first()


def void_receipts_of(order: Order) -> QuerySet[Receipt]:
    """Return the receipts of an order that count no more, newest first."""
    return receipts_of(order.provider_id).filter(order=order, void__isnull=False)


def money_of(order: Order) -> QuerySet[Allocation]:
    """Return the money that an order keeps, in the order in which it came: what was undone counts no more."""
    kept = order.allocations.filter(reverses=None, reversed_by=None)
    return kept.select_related("attempt", "line__account").order_by("pk")


def payments_of(receipt: Receipt) -> list[Paid]:
    """Return the payments as the receipt keeps them, amounts in TRY."""
    return [_paid(payment) for payment in receipt.payments]


def _paid(payment: dict[str, Any]) -> Paid:
    values = dict(payment)
    values |= {name: Decimal(payment[name]) for name in ("amount", "charged", "difference") if name in payment}
    return Paid(**values | {"paid_on": date.fromisoformat(payment["paid_on"])})


@dataclass(frozen=True)
class Back:
    """Money that went back, in TRY. `surplus` came beside what the order cost, and is no part of the payment."""

    on: date
    amount: Decimal
    to: str
    surplus: bool = False


def refunds_of(receipt: Receipt) -> list[Back]:
    """Return what the bank confirmed to have given back of the receipt's own money, the first one first.

    Money that was taken from a card twice is on no receipt, and neither is its way back.
    """
    cards = Refund.objects.filter(
        order_id=receipt.order_id,
        state=RefundState.CONFIRMED,
        attempt__state=AttemptState.SUCCEEDED,
        attempt__surplus=False,
    )
    back = [
        Back(istanbul_day(each.confirmed_at), each.amount, "" if each.is_by_hand else "card")
        for each in cards
        if each.confirmed_at
    ]
    is_void = hasattr(receipt, "void")
    transfers = _transfers_back(receipt).select_related("debit_line")
    back += [
        Back(each.debit_line.value_on, each.amount, "account", not is_void) for each in transfers if each.debit_line
    ]
    return sorted(back, key=lambda each: each.on)


def _transfers_back(receipt: Receipt) -> QuerySet[BankRefund]:
    """Return the confirmed refunds of the lines whose money the order held when the receipt was written.

    A line that paid several orders names in its refund the one the rest belongs to, or none after an undo.
    """
    held = Allocation.objects.filter(order_id=receipt.order_id, reverses=None, created_at__lte=receipt.issued_at)
    held = held.filter(Q(reversed_by=None) | Q(reversed_by__created_at__gt=receipt.issued_at))
    refunds = BankRefund.objects.filter(state=BankRefundState.CONFIRMED, line__in=held.values("line_id"))
    return refunds.filter(Q(order_id=receipt.order_id) | Q(order=None))


def facts_of(receipt: Receipt) -> dict[str, Any]:
    """Return what the page and the PDF of a receipt say: one source, so that they never differ."""
    refunds = refunds_of(receipt)
    live = live_receipt_of(receipt.order)
    return {
        "receipt": receipt,
        "void": getattr(receipt, "void", None),
        "replacement": live if live != receipt else None,
        "order_code": receipt.order.code_display,
        "company": receipt.company,
        "customer": receipt.customer,
        "rate": f"{receipt.kdv_rate.normalize():f}".replace(".", ","),
        "payments": payments_of(receipt),
        "refunds": refunds,
        "refunded": sum((each.amount for each in refunds), Decimal("0.00")),
        "given_back": sum((each.amount for each in refunds if not each.surplus), Decimal("0.00")),
    }
