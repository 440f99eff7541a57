"""Lines are settled in batches as if they came one after the other; what one of them breaks, breaks for it alone."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

import pytest
from django.db import connection, connections

from iys_portal import ledger
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from payments.enums import LineState, OrderState
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from payments.selectors.live_orders import LiveOrders
from payments.services import settlement, statements
from tests import factories
from tests.payments.mt940 import Transfer, mt940
from tests.payments.scenario import canon, receive

Make = Callable[..., Order]
Import = Callable[..., Statement]


def holds() -> bool:
    return [name for name, result in ledger.verify().items() if not result["ok"]] == []


def test_a_batch_is_settled_as_if_its_lines_came_one_after_the_other(
    awaiting: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = []
    orders = {size: sorted((awaiting("ileti-150") for _ in range(3)), key=attrgetter("code")) for size in (1, 3, 400)}
    for size, own in orders.items():
        monkeypatch.setattr(settlement, "BATCH", size)
        scene = receive(factories.BankAccountFactory.create(), own, now)
        statements.process(statement_id=scene.statement.pk, now=now)
        scenes.append([line[1:4] for line in canon(scene)["lines"]])
    assert scenes[0] == scenes[1] == scenes[2]
    assert [state for state, _, _ in scenes[2]] == [
        LineState.UNMATCHED,
        LineState.MATCHED,
        LineState.UNMATCHED,
        LineState.MATCHED,
        LineState.UNMATCHED,
        LineState.UNMATCHED,
        LineState.IGNORED,
        LineState.UNMATCHED,
    ]
    assert holds()


def test_several_codes_share_a_line_to_the_kurus(awaiting: Make, imported: Import) -> None:
    first, second = awaiting("ileti-150"), awaiting("ileti-250")
    total = first.gross + second.gross
    statement = imported(Transfer(f"{first.code_display} ve {second.code_display}", total))
    shares = Allocation.objects.filter(line__statement=statement).order_by("order")
    assert list(shares.values_list("order", "amount")) == [(first.pk, first.gross), (second.pk, second.gross)]
    assert holds()


def test_a_promise_of_each_activation_is_kept_at_once(awaiting: Make, imported: Import, now: datetime) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display))
    message = OutboxMessage.objects.get(topic="order.activate")
    assert (message.payload, message.done_at) == ({"order_id": order.pk}, now)
    assert Mail.objects.filter(kind="order-paid").count() == 1


@pytest.fixture
def broken(db: None) -> Iterator[None]:
    """A database that refuses to keep any decision on a line that says BOZUK, but for setting it aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.text LIKE '%BOZUK%' AND NEW.rule <> 'error' THEN RAISE EXCEPTION 'broken'; END IF;"
            " RETURN NEW; END $$;"
            " CREATE TRIGGER broken BEFORE UPDATE ON payments_statementline FOR EACH ROW EXECUTE FUNCTION broken()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER broken ON payments_statementline; DROP FUNCTION broken()")


@pytest.mark.usefixtures("broken")
def test_a_line_that_cannot_be_handled_waits_and_the_others_go_on(awaiting: Make, imported: Import) -> None:
    first, second, third = (awaiting("ileti-150") for _ in range(3))
    imported(
        Transfer(first.code_display),
        Transfer(f"{second.code_display} BOZUK"),
        Transfer(third.code_display),
        Transfer("KIRA", Decimal("3.00")),
    )
    lines = StatementLine.objects.order_by("position").values_list("state", "rule")
    assert list(lines) == [
        (LineState.MATCHED, "exact-code"),
        (LineState.UNMATCHED, "error"),
        (LineState.MATCHED, "exact-code"),
        (LineState.UNMATCHED, "nothing"),
    ]
    second.refresh_from_db()
    assert (second.state, Allocation.objects.count()) == (OrderState.TRANSFER_PENDING, 2)
    assert holds()


# --- At the same time -----------------------------------------------------------------------------------------------


def together(*work: Callable[[], object]) -> list[object]:
    """Do all of it at once, each in a thread with a connection of its own; return what each gave."""

    def alone(function: Callable[[], object]) -> object:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(alone, work))


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_statement_do_what_one_does(
    awaiting: Make, account: BankAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = receive(account, [awaiting("ileti-150") for _ in range(3)], now)
    monkeypatch.setattr(settlement, "BATCH", 2)
    together(*[lambda: statements.process(statement_id=scene.statement.pk, now=now)] * 2)
    found = canon(scene)
    assert [state for _, state, *_ in found["lines"]].count(LineState.MATCHED) == 2
    assert [len(actions) for actions in found["line_events"]] == [1] * 8
    assert (found["documents"], found["mails"].count("order-paid")) == (1, 3)
    assert holds()


@pytest.mark.django_db(transaction=True)
def test_one_file_uploaded_by_two_at_once_is_one_statement(account: BankAccount, now: datetime) -> None:
    content = mt940(account.iban, Transfer("KIRA", Decimal("30.00")))

    def upload() -> tuple[int, bool]:
        kept, is_new = statements.receive(
            account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
        )
        return kept.pk, is_new

    answers = together(*[upload] * 4)
    assert sorted(is_new for _, is_new in answers) == [False, False, False, True]  # type: ignore[misc]
    assert len({pk for pk, _ in answers}) == Statement.objects.count() == 1  # type: ignore[misc]
    assert OutboxMessage.objects.filter(topic="statement.process").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_statements_that_pay_one_order_at_once_pay_it_once(
    awaiting: Make, account: BankAccount, now: datetime
) -> None:
    order = awaiting("ileti-150")
    kept = []
    for number in range(2):
        content = mt940(account.iban, Transfer(f"{order.code_display} {number}"), reference=f"EKSTRE{number}")
        statement, _ = statements.receive(
            account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
        )
        statements.read(statement_id=statement.pk)
        kept.append(statement.pk)
    together(*[lambda pk=pk: statements.process(statement_id=pk, now=now) for pk in kept])  # type: ignore[misc]
    order.refresh_from_db()
    states = sorted(StatementLine.objects.values_list("state", flat=True))
    assert (order.state, states) == (OrderState.COMPLETED, [LineState.MATCHED, LineState.UNMATCHED])
    assert Allocation.objects.count() == 1
    assert holds()


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_paid_while_it_is_read_is_read_as_of_one_moment(
    awaiting: Make, account: BankAccount, now: datetime
) -> None:
    order = awaiting("ileti-150")
    content = mt940(account.iban, Transfer(order.code_display))
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    statements.read(statement_id=statement.pk)
    waiting = [lambda: statements.process(statement_id=statement.pk, now=now)]

    def pay_after_the_first(execute: Callable[..., object], *query: object) -> object:
        answer = execute(*query)
        while waiting:
            together(waiting.pop())
        return answer

    with connection.execute_wrapper(pay_after_the_first):
        orders = LiveOrders(now=now)
    before = orders.held(order.code)
    assert (before.state, before.due) == (OrderState.TRANSFER_PENDING, order.gross)
    orders.refresh({order.code})
    after = orders.held(order.code)
    assert (after.state, after.due) == (OrderState.COMPLETED, 0)
