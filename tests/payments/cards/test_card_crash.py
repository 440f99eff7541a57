"""A web call or a worker killed at any statement of SQL while a card is paid: one capture, one package."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from signal import SIGKILL

import pytest
from django.test import Client

from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from packages.models import Subscription
from payments.models import Allocation, CardAttempt, Order, Refund
from payments.services import cards
from tests.child import in_child, killed_at_statement, run_in_a_worker_that_dies
from tests.payments.cards.test_card_path import (
    check_page,
    come_back,
    pay_there,
    state_of,
    to_the_bank,
)
from tests.simulators.bank import Bank

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., Order]
BEFORE = ("card_pending", ["needs_3ds"])
AFTER = ("completed", ["succeeded"])


def dies(call: Callable[[], object], *, at_statement: int) -> bool:
    """Make a call in a child process that is killed at a statement; return False when it got to its end."""

    def work() -> None:
        with killed_at_statement(at_statement):
            call()

    status = in_child(work)
    assert status in {0, SIGKILL}
    return status == SIGKILL


def rows(order: Order) -> tuple[int, ...]:
    """Return how many of each thing there are that money leads to."""
    return (
        Allocation.objects.filter(order=order).count(),
        Subscription.objects.count(),
        OutboxMessage.objects.filter(topic="contract.issue").count(),
        Mail.objects.filter(kind="order-paid").count(),
        Refund.objects.count(),
    )


def assert_paid_once(order: Order, bank: Bank) -> None:
    assert (state_of(order)[0], rows(order)) == ("completed", (1, 1, 1, 1, 0))
    ours = set(order.attempts.values_list("conversation_id", flat=True))
    taken = [each for each in bank.payments() if each["conversation_id"] in ours and each["state"] == "captured"]
    assert len(taken) == 1
    assert all(result["ok"] for result in ledger.verify().values())


def test_the_return_from_the_bank_killed_anywhere(
    payer: Client,
    bank: Bank,
    accepted: Make,
) -> None:
    """Each try begins where the last one was killed; between them either nothing of the capture is there, or all."""
    order = accepted("ileti-150")
    back = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    kills = 0
    while dies(lambda: come_back(*back), at_statement=kills + 1):
        kills += 1
        assert (state_of(order), rows(order)) in [(BEFORE, (0, 0, 0, 0, 0)), (AFTER, (1, 1, 1, 1, 0))]
    assert kills >= 20
    assert_paid_once(order, bank)
    assert come_back(*back).status_code == 303
    assert_paid_once(order, bank)


def test_the_worker_that_asks_the_bank_killed_anywhere(
    payer: Client,
    bank: Bank,
    accepted: Make,
) -> None:
    order = accepted("ileti-150")
    back = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    message = outbox.promise("card.settle", attempt_id=CardAttempt.objects.get().pk)
    kills = 0
    while run_in_a_worker_that_dies(message.pk, at_statement=kills + 1):
        kills += 1
        assert (state_of(order), rows(order)) in [(BEFORE, (0, 0, 0, 0, 0)), (AFTER, (1, 1, 1, 1, 0))]
    assert kills >= 20
    assert_paid_once(order, bank)
    assert come_back(*back).status_code == 303
    assert_paid_once(order, bank)


def test_the_beginning_of_a_payment_killed_anywhere(
    payer: Client,
    bank: Bank,
    accepted: Make,
    now: datetime,
) -> None:
    """Whatever is left behind, the sweeper finds that nothing was taken, and the order can be paid again."""
    order = accepted("ileti-150")
    address = f"/siparis/{order.code_display}/odeme/kart/onay/"
    kills, left = 0, set()
    while True:
        fields = check_page(payer, order)
        if not dies(partial(payer.post, address, fields), at_statement=kills + 1):
            break
        kills += 1
        state, attempts = state_of(order)
        left.add((state, *attempts[-1:]))
        assert rows(order) == (0, 0, 0, 0, 0)
        if state == "card_pending":
            cards.sweep(now=now + timedelta(minutes=31))
            assert state_of(order)[0] == "contract_accepted"
    assert kills >= 12
    assert {("contract_accepted",), ("card_pending", "created")} <= left
    page = CardAttempt.objects.get(state="needs_3ds").action
    assert page is not None
    come_back(*pay_there(bank, page["url"]))
    assert_paid_once(order, bank)
