"""E-mails about an order, each queued in the transaction of what it tells."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.notifying import queue_for
from contracts.attachments import CONTRACT
from contracts.models import SignedDocument
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link
from iys_portal.shared.clock import istanbul_day, last_day
from iys_portal.shared.money import ZERO, format_lira
from iys_portal.shared.turkish import upper
from packages.models import Subscription
from payments.attachments import RECEIPT
from payments.enums import Consequence, LineState, OrderState
from payments.models import Order, Refund, StatementLine
from payments.selectors.arrivals import UNEXPECTED, arrivals_of
from payments.selectors.lines import AWAITING_A_PERSON
from payments.selectors.orders import shown_bank_accounts
from payments.services import receipts


def order_received(order: Order) -> None:
    """Tell the provider what to transfer, to where, until when, and what to write into the description."""
    assert order.pay_by is not None  # noqa: S101  (order_transfer_has_deadline)
    _queue(
        MailKind.ORDER_RECEIVED,
        order,
        # Another way of paying and back again: the last day is a new one.
        occasion=f":{order.pay_by:%Y%m%d}",
        amount=format_lira(order.gross),
        last_day=f"{last_day(order.pay_by):%d.%m.%Y}",
        description=f"{order.code_display} {upper(order.provider.title)}",
        accounts=[
            {"bank": f"{account.bank_name}{_SAMPLE if settings.DEMO_MODE else ''}", "iban": _in_fours(account.iban)}
            for account in shown_bank_accounts()
        ],
    )


_SAMPLE = " (ÖRNEK HESAP)"


def _in_fours(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def payment_differs(*, line_id: int) -> None:
    """Tell the provider that what came with its code is too little or too much, or was not awaited.

    Told twice of a line, sent once. Says nothing where an accountant has found out meanwhile that the movement is no
    payment, sends it back, or has dealt with what was not awaited.
    """
    line = StatementLine.objects.get(pk=line_id)
    order = Order.objects.select_related("provider", "package").get(code=line.candidates[0]["code"])
    if line.rule in UNEXPECTED and line.state in AWAITING_A_PERSON:
        _payment_differs(order, line, arrived=line.amount, is_paid=line.rule == "order-paid")
        return
    arrivals = arrivals_of(order)
    gone = line.state in {LineState.IGNORED, LineState.REFUND} or not arrivals.rows
    if not gone and (arrivals.missing or arrivals.surplus):
        _payment_differs(order, line, arrived=arrivals.total, missing=arrivals.missing, surplus=arrivals.surplus)


def part_paid(order: Order, *, line: StatementLine, missing: Decimal) -> None:
    """Tell the provider what is still to come, now that a person accepted too little; not again if it was told."""
    _payment_differs(order, line, arrived=order.gross - missing, missing=missing)


def _payment_differs(
    order: Order,
    line: StatementLine,
    *,
    arrived: Decimal,
    missing: Decimal = ZERO,
    surplus: Decimal = ZERO,
    is_paid: bool = False,
) -> None:
    _queue(
        MailKind.PAYMENT_DIFFERS,
        order,
        occasion=f":{line.pk}",
        amount=format_lira(order.gross),
        arrived=format_lira(arrived),
        missing=format_lira(missing) if missing else "",
        surplus=format_lira(surplus) if surplus else "",
        is_expected=bool(missing or surplus),
        is_paid=is_paid,
        description=f"{order.code_display} {upper(order.provider.title)}",
    )


def order_paid(order: Order, *, now: datetime) -> None:
    """Issue the receipt and send it: the money has come, and the package has started, will start, or cannot yet."""
    receipt = receipts.issue(order=order, now=now)
    started = order.state == OrderState.COMPLETED
    _queue(
        MailKind.ORDER_PAID,
        order,
        # Paid again after an undo: another receipt, another e-mail.
        occasion=f":{receipt.number}" if receipt.replaces_id else "",
        attachment=(RECEIPT, receipt.pk),
        receipt=receipt.number,
        amount=format_lira(order.gross),
        paid_on=f"{istanbul_day(now):%d.%m.%Y}",
        started=started,
        **_term(order.subscription if started else None, now=now),
    )


def card_refunded(order: Order, refund: Refund, *, now: datetime) -> None:
    """Tell the provider that the gateway confirmed a refund, and to which card it goes."""
    attempt = refund.attempt
    _queue(
        MailKind.CARD_REFUNDED,
        order,
        occasion=f":{refund.pk}",
        amount=format_lira(refund.amount),
        last4="" if refund.is_by_hand else attempt.last4,
        by_hand=refund.is_by_hand,
        card=f"{attempt.card_family} {attempt.bin}…{attempt.last4}".strip() if attempt.last4 else "–",
        refunded_on=f"{istanbul_day(now):%d.%m.%Y}",
        package_ended=refund.consequence == Consequence.END and order.subscription_id is not None,
    )


def package_taken_back(order: Order, *, amount: Decimal, undo: int, now: datetime) -> None:
    """Tell the provider that its package ended because money was taken back from its order by reversing row `undo`."""
    _queue(
        MailKind.PACKAGE_TAKEN_BACK,
        order,
        occasion=f":{undo}",
        amount=format_lira(amount),
        ended_on=f"{istanbul_day(now):%d.%m.%Y}",
    )


def contract_issued(*, document_id: int, now: datetime) -> None:
    """Send the provider the sealed contract of an active package; told twice, it is sent once."""
    document = SignedDocument.objects.defer("content").get(pk=document_id)
    order = (
        Order.objects.select_related("provider", "package", "subscription")
        .filter(approval_id=document.approval_id, subscription__isnull=False)
        .first()
    )
    if order is None:
        return
    _queue(
        MailKind.PACKAGE_ACTIVATED,
        order,
        attachment=(CONTRACT, document.pk),
        number=document.number,
        **_term(order.subscription, now=now),
    )


def _term(subscription: Subscription | None, *, now: datetime) -> dict[str, Any]:
    if subscription is None:
        return {"starts_later": False, "first_day": "", "last_day": ""}
    return {
        "starts_later": subscription.starts_at > now,
        "first_day": f"{istanbul_day(subscription.starts_at):%d.%m.%Y}",
        "last_day": f"{last_day(subscription.ends_at):%d.%m.%Y}",
    }


def _queue(
    kind: MailKind,
    order: Order,
    *,
    attachment: tuple[str, int] | None = None,
    occasion: str = "",
    **values: Any,
) -> None:
    provider = order.provider
    queue_for(
        provider,
        kind=kind,
        context={
            "title": provider.title,
            "code": order.code_display,
            "product": order.product_label,
            "package": order.package.name,
            "link": public_link("payments:order", code=order.code_display),
            **values,
        },
        attachment=attachment,
        key=f"{kind}:{order.pk}{occasion}",
    )
