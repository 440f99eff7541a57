"""What happens later with statements and orders."""

from celery import shared_task
from django.utils import timezone

from iys_portal.audit.outbox import handler
from payments.services import orders, statements


@handler("statement.process", queue="import")
def process_statement(*, statement_id: int) -> None:
    """Read a statement and settle what its lines pay for."""
    statements.process(statement_id=statement_id, now=timezone.now())


@shared_task
def expire_orders(**_kwargs: object) -> None:
    """Expire the orders whose time is over."""
    orders.expire_due(now=timezone.now())
