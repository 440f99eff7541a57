"""What happens later with statements and orders."""

from datetime import date

from celery import shared_task
from django.utils import timezone

from iys_portal.audit.outbox import handler
from payments.services import (
    activation,
    card_day,
    cards,
    fetching,
    mails,
    orders,
    profiles,
    refund_sweep,
    refunds,
    statements,
)


@handler("statement.process", queue="import")
def process_statement(*, statement_id: int) -> None:
    """Read a statement and settle what its lines pay for."""
    statements.process(statement_id=statement_id, now=timezone.now())


@shared_task
def fetch_statements(**_kwargs: object) -> None:
    """Fetch the statements that come by themselves."""
    fetching.fetch_all(now=timezone.now())


@handler("order.activate")
def activate_order(*, order_id: int) -> None:
    """Begin the package of an order whose money has come, where the worker that saw the money died before it did."""
    activation.begin(order_id=order_id, now=timezone.now())


@handler("order.complete_paid")
def complete_paid_of(*, provider_id: int) -> None:
    """Try a provider's paid orders again: what held them back may be gone."""
    activation.complete_paid(now=timezone.now(), provider_id=provider_id)


@shared_task
def complete_paid_orders(**_kwargs: object) -> None:
    """Try all orders that rest in `paid` again."""
    activation.complete_paid(now=timezone.now())


@handler("payment.differs")
def tell_of_difference(*, line_id: int) -> None:
    """Tell the customer that a movement with the order's code brought too little or too much."""
    mails.payment_differs(line_id=line_id)


@handler("contract.issued")
def send_contract(*, document_id: int) -> None:
    """Send the sealed contract to its provider."""
    mails.contract_issued(document_id=document_id, now=timezone.now())


@handler("card.settle")
def settle_card(*, attempt_id: int) -> None:
    """Ask the gateway what became of an attempt that it sent word of."""
    cards.settle_by_id(attempt_id=attempt_id, now=timezone.now())


@handler("refund.send")
def send_refund(*, refund_id: int) -> None:
    """Send an approved refund to its gateway."""
    refunds.send(refund_id=refund_id, now=timezone.now())


@shared_task
def sweep_refunds(**_kwargs: object) -> None:
    """Ask the gateways about the refunds that they did not answer."""
    refund_sweep.sweep(now=timezone.now())


@shared_task
def sweep_cards(**_kwargs: object) -> None:
    """Ask the gateways about the attempts whose result is not known yet."""
    cards.sweep(now=timezone.now())


@handler("card.compare_day")
def compare_card_day(*, gateway_name: str, day: str) -> None:
    """Compare a day with its gateway's report; one that does not answer is asked again by the outbox."""
    card_day.reconcile(gateway_name=gateway_name, day=date.fromisoformat(day), now=timezone.now())


@shared_task
def compare_card_days(**_kwargs: object) -> None:
    """Promise the comparison of the days that are due."""
    card_day.promise_due(now=timezone.now())


@shared_task
def drop_samples(**_kwargs: object) -> None:
    """Delete the samples of statements that nobody declared a table by."""
    profiles.drop_samples(now=timezone.now())


@shared_task
def expire_orders(**_kwargs: object) -> None:
    """Expire the orders whose time is over."""
    orders.expire_due(now=timezone.now())
