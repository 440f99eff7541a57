"""Refund steps beside somebody who holds one of their rows, each in a connection of its own.

They wait before they look at anything, and decide on what the other one has left.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Person
from iys_portal import ledger
from payments.enums import Consequence
from payments.gateways.base import Outcome, Result
from payments.models import CardAttempt, Order, Refund
from payments.rules import AllocationRefused
from payments.services import refunds, refunds_by_hand, reviews
from payments.services.card_keep import keep
from payments.services.refunds import RefundRefused
from tests import factories
from tests.locks import wait_until_blocked
from tests.payments.cards.in_memory import PayByCard, WatchedBank, pay, shop  # noqa: F401  (fixtures)
from tests.payments.cards.memory_bank import Card, Fault

pytestmark = pytest.mark.django_db(transaction=True)

Step = Callable[[], object]
PATIENCE = 20.0


@pytest.fixture
def people(db: None) -> tuple[Person, Person]:
    return factories.accountant(), factories.accountant("muhasebe2")


@pytest.fixture
def refund(pay: PayByCard, people: tuple[Person, Person]) -> Refund:
    """What the bank took too much is to go back, and its order waits in review."""
    pay(card=Card.PAYS_MORE)
    return Refund.objects.select_related("attempt", "order").get()


def beside(held: Step, step: Step, *, undone: bool = False) -> tuple[str, str]:
    """Take a step while what this connection `held` is not committed; return (what it waited in, what it was told).

    A SELECT that waits is one that locks: the step has not decided anything yet. `undone` leaves nothing of it.
    """

    def taken() -> str:
        try:
            with transaction.atomic():
                step()
                transaction.set_rollback(undone)
        except (RefundRefused, AllocationRefused) as refused:
            return str(refused)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held()
            run = pool.submit(taken)
            wait_until_blocked(1, patience=PATIENCE)
            with connection.cursor() as cursor:
                # The texts of queries were noted before it was seen that one waits: it may have been at another then.
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                (query,) = cursor.fetchone()
        return query, run.result(PATIENCE)


def stands(refund: Refund) -> tuple[str, str]:
    found = Refund.objects.select_related("order").get(pk=refund.pk)
    return found.state, found.order.state


def test_every_step_waits_for_each_of_its_rows(
    refund: Refund, shop: WatchedBank, people: tuple[Person, Person]
) -> None:
    person, now = people[0], shop.now
    asked: dict[str, Any] = {"reason": "Müşteri vazgeçti", "consequence": Consequence.END, "person": person, "now": now}
    by: dict[str, Any] = {"refund_id": refund.pk, "person": person, "now": now}
    outcome = Outcome(result=Result.SUCCEEDED, reference="BANKA")
    steps: dict[str, Step] = {
        "request": lambda: refunds.request(attempt_id=refund.attempt_id, amount=Decimal("1.00"), **asked),
        "approve": lambda: refunds.approve(**by),
        "reject": lambda: refunds.reject(**by, reason="Yanlış"),
        "begin": lambda: refunds._begin(refund.pk, now=now),
        "apply": lambda: refunds.apply(refund_id=refund.pk, outcome=outcome, now=now),
        "say": lambda: refunds_by_hand.say(**by, reason="Dekont 1"),
        "confirm": lambda: refunds_by_hand.confirm(**by),
        "deny": lambda: refunds_by_hand.deny(**by, reason="Yok"),
        "keep": lambda: keep(order=refund.order, reason="Panelde doğrulandı", person=person, now=now),
    }
    for model, pk in ((Order, refund.order_id), (CardAttempt, refund.attempt_id), (Refund, refund.pk)):
        rows = model._default_manager.select_for_update(no_key=True)
        for name, step in steps.items():
            if (name, model) == ("request", Refund):  # a new row is nobody else's yet
                continue
            waits, _ = beside(lambda rows=rows, pk=pk: rows.get(pk=pk), step, undone=True)  # type: ignore[misc]
            assert waits.startswith(f'SELECT "{model._meta.db_table}"'), f"{name} decides before it waits: {waits}"


def test_who_comes_second_is_told_so(refund: Refund, shop: WatchedBank, people: tuple[Person, Person]) -> None:
    first, second = people
    now = shop.now
    on: dict[str, Any] = {"refund_id": refund.pk, "now": now}
    review: dict[str, Any] = {"order": refund.order, "reason": "Müşteri vazgeçti", "now": now}
    _, told = beside(
        lambda: reviews.resolve(**review, outcome=reviews.Outcome.REFUND, person=first),
        lambda: keep(**review, person=second),
    )
    assert "az önce işlendi" in told
    assert stands(refund) == ("requested", "refund_due")
    refunds.approve(**on, person=first)
    shop.fault = Fault.REFUSED
    refunds.send(**on)
    refunds_by_hand.say(**on, person=first, reason="Dekont 1")
    _, told = beside(
        lambda: refunds_by_hand.deny(**on, person=first, reason="Başka siparişin dekontu"),
        lambda: refunds_by_hand.confirm(**on, person=second),
    )
    assert "az önce işlendi" in told
    assert stands(refund) == ("failed", "refund_due")
    refunds_by_hand.say(**on, person=first, reason="Dekont 2")
    _, told = beside(
        lambda: refunds_by_hand.confirm(**on, person=second),
        lambda: refunds_by_hand.deny(**on, person=first, reason="Geri alıyorum"),
    )
    assert "az önce işlendi" in told
    assert stands(refund) == ("confirmed", "refunded")
    assert all(result["ok"] for result in ledger.verify().values())
