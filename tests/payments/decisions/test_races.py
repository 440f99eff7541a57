"""Two accountants on one line, an accountant beside the worker, two lines for one order: one effect each."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from accounts.models import Person
from payments.enums import DecisionKind, LineState, OrderState
from payments.models import Allocation, BankAccount, BankRefund, LineDecision, Order, StatementLine
from payments.rules import AllocationRefused
from payments.selectors.lines import seen_of
from payments.services import decisions, statements
from payments.services.decisions import AlreadyDecided
from tests import factories
from tests.locks import wait_until_blocked
from tests.payments.decisions.conftest import ledger_faults
from tests.payments.mt940 import Transfer, mt940

pytestmark = pytest.mark.django_db(transaction=True)
Order_ = Callable[..., Order]
Waiting = Callable[..., StatementLine]


def together(*acts: Callable[[], object]) -> list[str]:
    """Run the acts at once, each in a connection of its own; return how each ended: "done" or the error's name."""
    barrier, ends = Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            act()
            ends[number] = "done"
        except (AllocationRefused, AlreadyDecided) as error:
            ends[number] = type(error).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends


def act(
    line: StatementLine, kind: DecisionKind, person: Person, now: datetime, **wanted: object
) -> Callable[[], object]:
    seen = seen_of(line)
    return lambda: decisions.decide(
        line_id=line.pk,
        kind=kind,
        reason="Deneme",
        person=person,
        now=now,
        seen=seen,
        **wanted,  # type: ignore[arg-type]
    )


def test_two_accountants_decide_the_same_line(waiting: Waiting, order_of: Order_, now: datetime) -> None:
    line, order = waiting(), order_of()
    first, second = factories.accountant("m1"), factories.accountant("m2")
    ends = together(
        act(line, DecisionKind.ALLOCATE, first, now, shares=[(order.code, Decimal("5097.60"))]),
        act(line, DecisionKind.REFUND, second, now),
    )
    assert sorted(ends) == ["AlreadyDecided", "done"]
    assert LineDecision.objects.count() == 1
    assert ledger_faults() == []


def test_two_lines_want_to_pay_the_same_order(waiting: Waiting, order_of: Order_, now: datetime) -> None:
    order = order_of()
    lines = [waiting(text="A"), waiting(text="B")]
    person = factories.accountant("m1")
    shares = [(order.code, Decimal("5097.60"))]
    ends = together(*(act(line, DecisionKind.ALLOCATE, person, now, shares=shares) for line in lines))
    assert (ends.count("done"), Allocation.objects.count()) == (1, 1)
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert ledger_faults() == []


def test_one_confirms_while_the_other_rejects(waiting: Waiting, now: datetime, settings: object) -> None:
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("0.00")  # type: ignore[attr-defined]
    line = waiting()
    people = [factories.accountant(f"m{number}") for number in range(3)]
    act(line, DecisionKind.IGNORE, people[0], now)()
    decision, seen = LineDecision.objects.get(), seen_of(line)
    ends = together(
        lambda: decisions.confirm(decision_id=decision.pk, person=people[1], now=now, seen=seen),
        lambda: decisions.reject(decision_id=decision.pk, person=people[2], reason="Hayır", now=now, seen=seen),
    )
    assert sorted(ends) == ["AlreadyDecided", "done"]
    line.refresh_from_db()
    decision.refresh_from_db()
    assert (line.state == LineState.IGNORED) == (decision.state == "done")
    assert ledger_faults() == []


def told(*acts: Callable[[], object]) -> tuple[list[Thread], list[str]]:
    """Start the acts one after the other, each when the ones before wait for a lock; collect what they are told."""
    ends = [""] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            act()
            ends[number] = "done"
        except (AllocationRefused, AlreadyDecided) as error:
            ends[number] = str(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for number, thread in enumerate(threads):
        thread.start()
        wait_until_blocked(number + 1)
    return threads, ends


def test_the_worker_is_faster_on_the_same_line(order_of: Order_, account: BankAccount, now: datetime) -> None:
    order, other = order_of(), order_of()
    content = mt940(account.iban, Transfer(order.code_display), reference="EKX")
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    statements.read(statement_id=statement.pk)
    line, person = StatementLine.objects.get(), factories.accountant("m1")
    shares = [(other.code, Decimal("5097.60"))]
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)  # the worker has the line, and waits here
        threads, ends = told(
            lambda: statements.process(statement_id=statement.pk, now=now),
            act(line, DecisionKind.ALLOCATE, person, now, shares=shares),
        )
    for thread in threads:
        thread.join(timeout=60)
    assert ends[0] == "done"
    assert ends[1].startswith("Bu hareket az önce Sistem tarafından işlendi")
    assert list(Allocation.objects.values_list("order__code", flat=True)) == [order.code]
    assert (LineDecision.objects.count(), ledger_faults()) == (0, [])


@pytest.mark.parametrize("faster", ["accountant", "worker"])
def test_a_refund_is_taken_back_while_its_debit_arrives(
    waiting: Waiting, account: BankAccount, now: datetime, faster: str
) -> None:
    line, person = waiting(), factories.accountant("m1")
    act(line, DecisionKind.REFUND, person, now)()
    line.refresh_from_db()
    refund = BankRefund.objects.get()
    content = mt940(account.iban, Transfer(f"IADE-{refund.pk}", -refund.amount), reference="EKX")
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    statements.read(statement_id=statement.pk)
    acts = [act(line, DecisionKind.UNDO, person, now), lambda: statements.process(statement_id=statement.pk, now=now)]
    with transaction.atomic():
        BankRefund.objects.select_for_update().get(pk=refund.pk)  # who is first has the line, and waits here
        threads, ends = told(*(acts if faster == "accountant" else reversed(acts)))
    for thread in threads:
        thread.join(timeout=60)
    debit = StatementLine.objects.get(statement=statement)
    line.refresh_from_db()
    refund.refresh_from_db()
    if faster == "accountant":
        assert ends == ["done", "done"]
        assert (refund.state, line.state, debit.rule) == ("cancelled", LineState.UNMATCHED, "outgoing")
    else:
        assert ends == ["done", "Bu hareketin iadesi «İade edildi» durumunda; karar artık geri alınamaz."]
        assert (refund.state, line.state, debit.rule) == ("confirmed", LineState.REFUND, "refund-paid")
    assert ledger_faults() == []


def test_an_accountant_pays_an_order_while_the_worker_does(
    waiting: Waiting, order_of: Order_, account: BankAccount, now: datetime
) -> None:
    order, line = order_of(), waiting()
    content = mt940(account.iban, Transfer(order.code_display), reference="EKX")
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    person = factories.accountant("m1")
    ends = together(
        act(line, DecisionKind.ALLOCATE, person, now, shares=[(order.code, Decimal("5097.60"))]),
        lambda: statements.process(statement_id=statement.pk, now=now),
    )
    assert ends[1] == "done"
    assert Allocation.objects.count() == 1
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert ledger_faults() == []
