"""Issue the receipt of an order in the instant in which its money is there, and void it when that is taken back.

Its figures never change after that; a later payment has a receipt of its own (ADR 26).
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.models import Person
from contracts.data import COMPANY
from iys_portal.audit.services import record
from iys_portal.shared.clock import istanbul_day, last_day
from payments.models import Allocation, Order, Receipt, ReceiptVoid
from payments.selectors.receipts import live_receipt_of, money_of


def issue(*, order: Order, now: datetime) -> Receipt:
    """Write the receipt of a paid order in the caller's transaction and order lock; asked twice, it is one.

    Amounts are the order's, never computed anew; each payment is what the order keeps of a capture or a line.
    """
    if live := live_receipt_of(order):
        return live
    provider = order.provider
    voided = ReceiptVoid.objects.filter(order=order).order_by("pk")
    return Receipt.objects.create(
        **{
            "order": order,
            "replaces": voided.last(),
            "provider_id": order.provider_id,
            "number": receipt_number(order, now=now, nth=voided.count() + 1),
            "issued_at": now,
            "company": asdict(COMPANY),
            "customer": {
                "title": provider.title,
                "tax_number": provider.shown_tin,
                "address": provider.address,
                "iys_no": provider.iys_code,
            },
            "product_label": order.product_label,
            **_term(order),
            "net": order.net,
            "kdv_rate": order.kdv_rate,
            "kdv": order.kdv,
            "gross": order.gross,
            "payments": [_payment(allocation) for allocation in money_of(order)],
            "demo": settings.DEMO_MODE,
        }
    )


def void(*, order: Order, person: Person, reason: str, now: datetime) -> None:
    """Let the receipt of an order count no more, in the caller's transaction and order lock; nothing if it has none."""
    if live := live_receipt_of(order):
        ReceiptVoid.objects.create(receipt=live, order=order, reason=reason, person=person, at=now)
        record(action="receipt_voided", subject=order, actor=person, reason=reason, number=live.number)


def receipt_number(order: Order, *, now: datetime, nth: int = 1) -> str:
    """Return the number printed on the order's `nth` receipt: ``MKB-2026-KM7T3RAWC``, then ``…-2``.

    Order codes are never given again.
    """
    return f"MKB-{istanbul_day(now).year}-{order.code}" + (f"-{nth}" if nth > 1 else "")


def _term(order: Order) -> dict[str, Any]:
    subscription = order.subscription
    if subscription is None:
        return {}
    return {"term_start": istanbul_day(subscription.starts_at), "term_end": last_day(subscription.ends_at)}


def _payment(allocation: Allocation) -> dict[str, Any]:
    """Return one payment as JSON values: amounts are texts such as ``"5097.60"``, days ``"2026-11-23"``."""
    attempt, line = allocation.attempt, allocation.line
    if attempt is not None:
        paid_at = attempt.settled_at or allocation.created_at
        return {
            "kind": "card",
            "amount": str(allocation.amount),
            "paid_on": istanbul_day(paid_at).isoformat(),
            "family": attempt.card_family,
            "last4": attempt.last4,
            "instalments": attempt.instalments,
            "charged": str(attempt.taken),
            "difference": str(attempt.taken - attempt.amount),
            "reference": attempt.payment_id,
        }
    assert line is not None  # noqa: S101  (allocation_one_source)
    return {
        "kind": "transfer",
        "amount": str(allocation.amount),
        "paid_on": line.value_on.isoformat(),
        "bank": line.account.bank_name,
        "reference": line.bank_reference,
    }
