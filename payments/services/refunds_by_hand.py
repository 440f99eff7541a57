"""Card refunds that the bank refused and that were paid another way: said by one person, confirmed by another (ADR 46).

No gateway knows of such a payment, so that two people stand for it, whatever its amount.
"""

from datetime import datetime

import structlog
from django.db import transaction

from accounts.models import Person
from payments.enums import RefundState
from payments.models import Refund
from payments.services.refunds import RefundRefused, already, gone, lock_refund, move_refund

logger = structlog.get_logger(__name__)


@transaction.atomic
def say(*, refund_id: int, person: Person, reason: str, now: datetime) -> Refund:
    """Say that a refund which the bank refused was paid another way; it counts when another person confirms it.

    `reason` says how: the bank's panel or a transfer, its day and voucher. Locks order, attempt, refund.
    Raises RefundRefused.
    """
    _, _, refund = lock_refund(refund_id)
    if refund.state != RefundState.FAILED:
        raise RefundRefused(already(refund))
    if not reason.strip():
        raise RefundRefused("İadenin nasıl ödendiğini yazın: yol, gün ve dekont numarası.")
    move_refund(refund, RefundState.BY_HAND, reason.strip(), person, paid_by=person)
    logger.info("refund_paid_by_hand", refund_id=refund.pk, at=now.isoformat())
    return refund


@transaction.atomic
def confirm(*, refund_id: int, person: Person, now: datetime) -> Refund:
    """Confirm as another person that a refund was paid by hand: it is closed. Locks order, attempt, refund.

    Whatever the amount: no bank confirms this one. Raises RefundRefused.
    """
    order, attempt, refund = lock_refund(refund_id)
    if refund.state != RefundState.BY_HAND:
        raise RefundRefused(already(refund))
    if refund.paid_by_id == person.pk:
        raise RefundRefused("Elle ödendiğini siz bildirdiniz; onayı ikinci bir kişi vermelidir.")
    done = {"confirmed_at": now, "problem": "", "paid_confirmed_by": person}
    move_refund(refund, RefundState.CONFIRMED, "Elle ödendiği onaylandı.", person, **done)
    gone(order, attempt, refund, now=now)
    return refund


@transaction.atomic
def deny(*, refund_id: int, person: Person, reason: str, now: datetime) -> Refund:
    """Take back, or contradict, that a refund was paid by hand: it waits again as one that the bank refused.

    Locks order, attempt, refund. Raises RefundRefused.
    """
    _, _, refund = lock_refund(refund_id)
    if refund.state != RefundState.BY_HAND:
        raise RefundRefused(already(refund))
    if not reason.strip():
        raise RefundRefused("Neden onaylamadığınızı yazın.")
    move_refund(refund, RefundState.FAILED, reason.strip(), person, paid_by=None)
    logger.info("refund_not_by_hand", refund_id=refund.pk, at=now.isoformat())
    return refund
