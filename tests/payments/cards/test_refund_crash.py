"""A worker killed at any statement of SQL while it sends a refund: no money goes back twice, and none is forgotten."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Person
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from payments.enums import RefundState
from payments.models import CardAttempt, Refund
from payments.services import refund_sweep, refunds
from tests.child import run_in_a_worker_that_dies
from tests.payments.cards.test_refunds import (  # noqa: F401  (fixtures)
    KEEP,
    ask,
    first,
    holds,
    paid,
    state_of,
    taken_back,
    work_off,
)
from tests.simulators.bank import Bank

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_refund_killed_anywhere_is_made_once(paid: CardAttempt, bank: Bank, first: Person) -> None:
    """Many refunds of one capture, each sent by a worker that is killed one statement later than the one before."""
    kills, left_in = 0, set()
    while True:
        refund = ask(paid, first, Decimal("1.00") + Decimal(kills) / 100, consequence=KEEP)
        message = OutboxMessage.objects.get(done_at=None, payload={"refund_id": refund.pk})
        if not run_in_a_worker_that_dies(message.pk, at_statement=kills + 1):
            break
        kills += 1
        refund.refresh_from_db()
        left_in.add(refund.state)
    assert kills >= 20
    # Before it was sent, while the bank worked or before its answer was kept, and after.
    assert left_in == {RefundState.APPROVED, RefundState.SENDING, RefundState.CONFIRMED}
    work_off()
    refund_sweep.sweep(now=timezone.now() + timedelta(minutes=11))
    for failed in Refund.objects.filter(state=RefundState.FAILED):  # the bank never heard of it: a person's decision
        refunds.approve(refund_id=failed.pk, person=first, now=timezone.now())
    work_off()
    rows = Refund.objects.all()
    assert (rows.count(), state_of(paid)) == (kills + 1, ("completed", "active", ["confirmed"] * (kills + 1)))
    assert taken_back(bank) == sum(int(row.amount * 100) for row in rows)
    assert Mail.objects.filter(kind="card-refunded").count() == kills + 1
    assert holds()
