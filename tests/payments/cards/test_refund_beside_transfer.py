"""An order whose money goes back both ways, to the card and to the sender of a transfer: it is over after both."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Person
from iys_portal import ledger
from payments.enums import DecisionKind
from payments.models import BankRefund, LineDecision, Order, Refund, Statement, StatementLine
from payments.selectors.lines import seen_of
from payments.services import bank_refunds, cards, decisions, orders, refunds, reviews
from tests import factories
from tests.payments.cards.in_memory import PayByCard, WatchedBank, pay, shop  # noqa: F401  (fixtures)
from tests.payments.cards.memory_bank import ABANDONED_AFTER, Card
from tests.payments.mt940 import Transfer

pytestmark = pytest.mark.django_db

Imported = Callable[..., Statement]


@pytest.fixture
def person(db: None) -> Person:
    return factories.accountant()


@pytest.fixture
def given_up(pay: PayByCard, shop: WatchedBank, imported: Imported, person: Person) -> Order:
    """Two transfers paid it and a late capture came too; one transfer was a mistake, and all of the rest goes back."""

    def decide(line: StatementLine, kind: DecisionKind, **wanted: Any) -> LineDecision:
        line.refresh_from_db()
        values = {"reason": "Deneme", "person": person, "now": shop.now, "seen": seen_of(line), **wanted}
        return decisions.decide(line_id=line.pk, kind=kind, **values)

    late = pay(card=None)
    shop.now += ABANDONED_AFTER
    cards.sweep(now=shop.now)
    orders.choose_transfer(order=late.order, person=late.person, now=shop.now)
    for amount in (Decimal("2000.00"), Decimal("3097.60")):
        line = imported(Transfer("KIRA", amount), reference=f"E{amount:.0f}").lines.get()
        decide(line, DecisionKind.ALLOCATE, shares=[(late.order.code, amount)])
    pay.come_back(late, Card.PAYS)
    undo = decide(line, DecisionKind.UNDO)
    line.refresh_from_db()
    second = factories.accountant("muhasebe2")
    decisions.confirm(decision_id=undo.pk, person=second, now=shop.now, seen=seen_of(line))
    return reviews.resolve(
        order=late.order, outcome=reviews.Outcome.REFUND, reason="Vazgeçti", person=person, now=shop.now
    )


def test_it_is_refunded_when_the_last_of_both_is_back(
    given_up: Order, shop: WatchedBank, imported: Imported, person: Person
) -> None:
    def to_the_card() -> None:
        refund = Refund.objects.get()
        refunds.approve(refund_id=refund.pk, person=person, now=shop.now)
        refunds.send(refund_id=refund.pk, now=shop.now)

    def to_the_sender() -> None:
        owed = BankRefund.objects.get()
        imported(Transfer(f"IADE-{owed.pk}", -owed.amount), reference="EIADE")

    def it_came_back() -> None:
        bank_refunds.owe_again(refund_id=BankRefund.objects.get().pk, reason="Hesap kapalıymış", person=person)

    def to_the_sender_again() -> None:
        owed = BankRefund.objects.get()
        imported(Transfer(f"IADE-{owed.pk} YENIDEN", -owed.amount), reference="EIADE2")

    states = [given_up.state]
    for step in (to_the_card, to_the_sender, it_came_back, to_the_sender_again):
        step()
        given_up.refresh_from_db()
        states.append(given_up.state)
    assert states == ["refund_due", "refund_due", "refunded", "refund_due", "refunded"]
    assert [name for name, check in ledger.verify().items() if not check["ok"]] == []
