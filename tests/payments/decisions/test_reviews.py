"""Orders in review: each way out of it, each refusal, two accountants at once; and not a kuruş is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Person
from iys_portal.audit.models import AuditEvent
from iys_portal.audit.services import move
from iys_portal.mail.models import Mail
from payments.enums import ORDER_TRANSITIONS, BankRefundState, DecisionKind, LineState, OrderState
from payments.models import Allocation, BankRefund, CardAttempt, Order, Receipt, StatementLine
from payments.rules import AllocationRefused
from payments.services import bank_refunds
from payments.services.reviews import Outcome, resolve
from tests import factories
from tests.payments.decisions.conftest import IBAN, ledger_faults
from tests.payments.decisions.test_races import together

PRICE = "5097.60"
Make = Callable[..., Order]
Waiting = Callable[..., StatementLine]
Decide = Callable[..., object]


@pytest.fixture
def reviewed(order_of: Make, waiting: Waiting, decide: Decide, accountant: Person) -> Callable[..., Order]:
    """Return an order in review to which these amounts have been written, each from a movement of its own."""

    def make(*amounts: str) -> Order:
        order = order_of()
        for number, amount in enumerate(amounts):
            line = waiting(amount, text=f"PAY {number}")
            decide(line, DecisionKind.ALLOCATE, shares=[(order.code, Decimal(amount))])
        order.refresh_from_db()
        if order.state != OrderState.IN_REVIEW:
            move(order, OrderState.IN_REVIEW, table=ORDER_TRANSITIONS, actor=accountant, reason="Deneme")
        return order

    return make


@pytest.fixture
def end(accountant: Person, now: datetime) -> Callable[..., Order]:
    def make(order: Order, outcome: Outcome, reason: str = "Dekont görüldü", at: datetime = now) -> Order:
        resolve(order=order, outcome=outcome, reason=reason, person=accountant, now=at)
        order.refresh_from_db()
        return order

    return make


def write_money(order: Order, line: StatementLine, amount: str, person: Person) -> None:
    """Write money of a line to an order as it stands, as a late payment that a person found."""
    Allocation.objects.create(
        line=line,
        order=order,
        amount=Decimal(amount),
        rule="person",
        reason="Deneme",
        actor=person,
        created_at=order.created_at,
    )
    StatementLine.objects.filter(pk=line.pk).update(state=LineState.MATCHED, rule="person", verdict="Deneme")


@pytest.fixture
def paid(reviewed: Make, waiting: Waiting, accountant: Person) -> Callable[..., tuple[Order, StatementLine]]:
    """Return an order in review whose money is there as a whole, and the line it came by."""

    def make(amount: str = PRICE) -> tuple[Order, StatementLine]:
        order, line = reviewed(), waiting(amount)
        write_money(order, line, amount, accountant)
        return order, line

    return make


def test_accepting_begins_the_package_with_receipt_and_mail(
    paid: Callable[..., tuple[Order, StatementLine]], end: Make, accountant: Person, now: datetime
) -> None:
    order, _ = paid()
    assert end(order, Outcome.ACCEPT).state == OrderState.COMPLETED
    assert (order.paid_at, order.subscription_id is not None) == (now, True)
    assert Receipt.objects.filter(order=order).count() == 1
    assert Mail.objects.filter(kind="order-paid").count() == 1
    moves = AuditEvent.objects.filter(object_type="payments.order", object_id=str(order.pk), action="state:paid")
    assert [(event.actor_id, event.reason) for event in moves] == [(accountant.pk, "Dekont görüldü")]
    assert ledger_faults() == []


def test_refunding_owes_every_sender_what_came_from_them(
    reviewed: Make, end: Make, accountant: Person, now: datetime
) -> None:
    order = reviewed("1000.00", "2000.00")
    assert end(order, Outcome.REFUND).state == OrderState.REFUND_DUE
    owed = BankRefund.objects.filter(order=order).order_by("amount")
    assert [(refund.amount, refund.iban, refund.name, refund.state) for refund in owed] == [
        (Decimal("1000.00"), IBAN, "GÖNDEREN LTD", BankRefundState.OWED),
        (Decimal("2000.00"), IBAN, "GÖNDEREN LTD", BankRefundState.OWED),
    ]
    assert {refund.requested_by for refund in owed} == {accountant}
    assert {refund.line.state for refund in owed} == {LineState.REFUND}
    assert sum(Allocation.objects.filter(order=order).values_list("amount", flat=True)) == 0
    assert ledger_faults() == []


def test_an_order_whose_refund_is_given_up_is_looked_into_again(reviewed: Make, end: Make, decide: Decide) -> None:
    order = end(reviewed("1000.00", "2000.00"), Outcome.REFUND)
    for refund, state in zip(
        BankRefund.objects.order_by("pk"), [OrderState.REFUND_DUE, OrderState.IN_REVIEW], strict=True
    ):
        decide(refund.line, DecisionKind.UNDO)
        order.refresh_from_db()
        assert order.state == state
    assert set(BankRefund.objects.values_list("state", flat=True)) == {BankRefundState.CANCELLED}
    assert end(order, Outcome.CANCEL).state == OrderState.CANCELLED
    assert ledger_faults() == []


def test_both_sides_read_of_the_transfer_that_goes_back(
    reviewed: Make,
    end: Make,
    waiting: Waiting,
    accountant: Person,
    now: datetime,
    client_of: Callable[[Person], Client],
) -> None:
    order = end(reviewed("1000.00"), Outcome.REFUND)
    refund = BankRefund.objects.get()
    ours, theirs = f"/muhasebe/siparisler/{order.code_display}/", f"/siparis/{order.code_display}/"
    assert "İade edilecek" in client_of(order.person).get(theirs).content.decode()
    debit = waiting("-1000.00", "GIDEN")
    bank_refunds.confirm_by_debit(refund_id=refund.pk, debit_line_id=debit.pk, person=accountant, now=now)
    answer = client_of(accountant).get(ours)
    assert answer.content.decode().count(f'href="/muhasebe/havale-iadeleri/{refund.pk}/"') == 1
    assert [entry.text for entry in answer.context["timeline"]][-4:] == [
        "Havale iadesi: 1.000,00 ₺ iade edilecek – Dekont görüldü",
        "Sipariş: İade edilecek – Dekont görüldü",
        "Havale iadesi: İade edildi – 23.11.2026 tarihli çıkış hareketi.",
        "Sipariş: İade edildi – Ödemesi iade edildi.",
    ]
    answer = client_of(order.person).get(theirs)
    assert "4567 ile biten hesap" in answer.content.decode()
    assert "23.11.2026 tarihinde iade edildi" in answer.content.decode()
    assert [entry.text for entry in answer.context["timeline"]][-2:] == [
        "1.000,00 ₺ banka hesabına iade edildi",
        "İade edildi",
    ]


def test_refunding_leaves_what_the_same_movement_paid_for_another_order(
    order_of: Make, reviewed: Make, waiting: Waiting, decide: Decide, end: Make, accountant: Person
) -> None:
    order, other, line = order_of(), order_of(), waiting("6097.60")
    decide(line, DecisionKind.ALLOCATE, shares=[(order.code, Decimal("1000.00")), (other.code, Decimal(PRICE))])
    order.refresh_from_db()
    move(order, OrderState.IN_REVIEW, table=ORDER_TRANSITIONS, actor=accountant, reason="Deneme")
    assert end(order, Outcome.REFUND).state == OrderState.REFUND_DUE
    line.refresh_from_db()
    other.refresh_from_db()
    assert (line.state, other.state) == (LineState.MATCHED, OrderState.COMPLETED)
    assert [refund.amount for refund in line.bank_refunds.all()] == [Decimal("1000.00")]
    assert ledger_faults() == []


def test_awaiting_gives_an_order_whose_time_is_over_a_new_last_day(reviewed: Make, end: Make, now: datetime) -> None:
    order = reviewed()
    before = order.pay_by
    assert before is not None
    assert end(order, Outcome.AWAIT).state == OrderState.TRANSFER_PENDING
    assert order.pay_by == before
    late = reviewed()
    assert late.pay_by is not None
    at = late.pay_by + timedelta(days=1)
    assert end(late, Outcome.AWAIT, at=at).state == OrderState.TRANSFER_PENDING
    assert late.pay_by > at
    assert ledger_faults() == []


def test_cancelling(reviewed: Make, end: Make) -> None:
    assert end(reviewed(), Outcome.CANCEL).state == OrderState.CANCELLED
    assert ledger_faults() == []


@pytest.mark.parametrize("outcome", [Outcome.AWAIT, Outcome.CANCEL])
def test_money_that_is_there_is_neither_awaited_nor_forgotten(reviewed: Make, end: Make, outcome: Outcome) -> None:
    order = reviewed("1000.00")
    with pytest.raises(AllocationRefused, match=r"yazılmış 1\.000,00 ₺ var; kabul edin ya da iade edin"):
        end(order, outcome)
    order.refresh_from_db()
    assert order.state == OrderState.IN_REVIEW


def test_what_is_missing_is_not_accepted(reviewed: Make, end: Make) -> None:
    order = reviewed("1000.00")
    with pytest.raises(AllocationRefused, match=r"Siparişin 4\.097,60 ₺ eksiği var"):
        end(order, Outcome.ACCEPT)
    assert Receipt.objects.count() == 0


def test_nothing_is_not_refunded(reviewed: Make, end: Make) -> None:
    with pytest.raises(AllocationRefused, match="yazılmış para yok"):
        end(reviewed(), Outcome.REFUND)
    assert BankRefund.objects.count() == 0


@pytest.mark.parametrize("reason", ["", "  ", "ab ", " a "])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_decision_has_a_reason(reviewed: Make, end: Make, outcome: Outcome, reason: str) -> None:
    with pytest.raises(AllocationRefused, match="gerekçesini yazın"):
        end(reviewed(), outcome, reason=reason)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_order_that_is_not_in_review_is_left_alone(order_of: Make, end: Make, outcome: Outcome) -> None:
    order = order_of()
    with pytest.raises(AllocationRefused, match="az önce işlendi"):
        end(order, outcome)
    assert AuditEvent.objects.filter(action__startswith="state:", reason="Dekont görüldü").count() == 0


@pytest.mark.parametrize("outcome", [Outcome.REFUND, Outcome.AWAIT, Outcome.CANCEL])
def test_an_open_card_attempt_is_waited_for(reviewed: Make, end: Make, outcome: Outcome) -> None:
    order = reviewed()
    attempt(order, state="unknown")
    with pytest.raises(AllocationRefused, match="önce bankanın yanıtı gerekir"):
        end(order, outcome)


def test_money_by_card_is_not_sent_back_by_transfer(reviewed: Make, end: Make, accountant: Person) -> None:
    order = reviewed()
    captured = attempt(order, state="succeeded")
    Allocation.objects.create(
        attempt=captured, order=order, amount=order.gross, rule="card", reason="Deneme", actor=accountant
    )
    with pytest.raises(AllocationRefused, match="kartla alınmış ödemesi var"):
        end(order, Outcome.REFUND)
    assert BankRefund.objects.count() == 0


def attempt(order: Order, *, state: str) -> CardAttempt:
    return CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=order.person,
        gateway="iyzico",
        conversation_id="1",
        form_nonce="1",
        amount=order.gross,
        paid_amount=order.gross,
        state=state,
        payment_id="1",
        settled_at=order.accepted_at if state == "succeeded" else None,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "outcomes", [(Outcome.ACCEPT, Outcome.REFUND), (Outcome.REFUND, Outcome.REFUND), (Outcome.ACCEPT, Outcome.ACCEPT)]
)
def test_of_two_accountants_one_decides_and_the_money_moves_once(
    order_of: Make, waiting: Waiting, now: datetime, outcomes: tuple[Outcome, Outcome]
) -> None:
    people = [factories.accountant("m1"), factories.accountant("m2")]
    order, line = order_of(), waiting()
    move(order, OrderState.IN_REVIEW, table=ORDER_TRANSITIONS, actor=people[0], reason="Deneme")
    write_money(order, line, PRICE, people[0])

    def act(outcome: Outcome, person: Person) -> Callable[[], object]:
        return lambda: resolve(order=order, outcome=outcome, reason="Deneme", person=person, now=now)

    ends = together(*(act(outcome, person) for outcome, person in zip(outcomes, people, strict=True)))
    assert sorted(ends) == ["AllocationRefused", "done"]
    order.refresh_from_db()
    owed = sum((refund.amount for refund in BankRefund.objects.all()), Decimal(0))
    written = sum(Allocation.objects.filter(order=order).values_list("amount", flat=True))
    assert (order.state, owed, written) in [
        (OrderState.COMPLETED, 0, Decimal(PRICE)),
        (OrderState.REFUND_DUE, Decimal(PRICE), 0),
    ]
    assert ledger_faults() == []
