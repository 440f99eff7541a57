"""A transfer with the code of an order whose card payment is under way: a person looks, and nothing is kept twice."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Person
from iys_portal import ledger
from payments.enums import DecisionKind, LineState, OrderState, RefundState
from payments.gateways.base import Capture, Outcome, Result
from payments.models import Allocation, BankAccount, CardAttempt, Order, Refund, StatementLine
from payments.rules import AllocationRefused
from payments.selectors.lines import seen_of
from payments.services import card_results, decisions, refunds, reviews, statements
from tests.payments.mt940 import Transfer, mt940

pytestmark = pytest.mark.django_db
GROSS = Decimal("5097.60")


@pytest.fixture
def attempt(order: Order, alice: Person) -> CardAttempt:
    """A card payment whose page is open at the bank."""
    order.state = OrderState.CARD_PENDING
    order.save()
    return CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=alice,
        gateway="iyzico",
        conversation_id="a" * 32,
        form_nonce="a" * 64,
        amount=order.gross,
        paid_amount=order.gross,
    )


def transferred(account: BankAccount, order: Order, now: datetime) -> StatementLine:
    content = mt940(account.iban, Transfer(order.code_display))
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    statements.process(statement_id=statement.pk, now=now)
    return StatementLine.objects.get()


def success(attempt: CardAttempt) -> Outcome:
    capture = Capture(
        payment_id="22480001",
        transaction_id="1",
        conversation_id=attempt.conversation_id,
        order_code=attempt.order.code,
        amount=attempt.amount,
        paid_amount=attempt.paid_amount,
        currency="TRY",
        instalments=1,
        bin="552879",
        last4="0008",
        family="Paraf",
    )
    return Outcome(result=Result.SUCCEEDED, capture=capture)


@pytest.mark.parametrize("is_unknown", [False, True], ids=["card pending", "card unknown"])
@pytest.mark.parametrize("is_decided", [False, True], ids=["nobody has looked", "the transfer pays"])
def test_a_later_success_is_never_kept_beside_the_transfer(
    attempt: CardAttempt,
    order: Order,
    account: BankAccount,
    accountant: Person,
    now: datetime,
    is_unknown: bool,
    is_decided: bool,
) -> None:
    if is_unknown:
        card_results.apply(attempt_id=attempt.pk, outcome=Outcome(result=Result.UNKNOWN), now=now)
    line = transferred(account, order, now)
    order.refresh_from_db()
    assert (order.state, line.state, line.rule) == (OrderState.IN_REVIEW, LineState.UNMATCHED, "order-state")
    assert Allocation.objects.count() == 0
    if is_decided:
        decisions.decide(
            line_id=line.pk,
            kind=DecisionKind.ALLOCATE,
            shares=[(order.code, GROSS)],
            reason="Müşteri havaleyle ödemiş",
            person=accountant,
            now=now,
            seen=seen_of(line),
        )
    attempt.refresh_from_db()
    attempt.order = order
    card_results.apply(attempt_id=attempt.pk, outcome=success(attempt), now=now + timedelta(minutes=5))
    order.refresh_from_db()
    line.refresh_from_db()
    kept = [(kept.attempt_id is not None, kept.amount) for kept in Allocation.objects.all()]
    given_back = list(Refund.objects.values_list("amount", "state"))
    if is_decided:
        assert (order.state, kept, given_back) == ("completed", [(False, GROSS)], [(GROSS, "requested")])
    elif is_unknown:
        # The card's answer is what the order waited for: it pays, and the transfer waits for a person.
        assert (order.state, kept, given_back) == ("completed", [(True, GROSS)], [])
        assert line.state == LineState.UNMATCHED
    else:
        assert (order.state, kept, given_back) == ("in_review", [], [(GROSS, "requested")])
    assert [name for name, check in ledger.verify().items() if not check["ok"]] == []


def test_a_surplus_that_goes_back_first_leaves_the_order_to_its_transfer(
    attempt: CardAttempt, order: Order, account: BankAccount, accountant: Person, now: datetime
) -> None:
    line = transferred(account, order, now)
    card_results.apply(attempt_id=attempt.pk, outcome=success(attempt), now=now)
    refund = refunds.approve(refund_id=Refund.objects.get().pk, person=accountant, now=now)
    refund.state, refund.sent_at = RefundState.SENDING, now
    refund.save()
    refunds.apply(refund_id=refund.pk, outcome=Outcome(result=Result.SUCCEEDED), now=now)
    order.refresh_from_db()
    assert (order.state, Refund.objects.get().state) == ("in_review", "confirmed")
    with pytest.raises(AllocationRefused, match="iade edilecek bir şey"):
        reviews.resolve(order=order, outcome=reviews.Outcome.REFUND, reason="İade", person=accountant, now=now)
    decisions.decide(
        line_id=line.pk,
        kind=DecisionKind.ALLOCATE,
        shares=[(order.code, GROSS)],
        reason="Müşteri havaleyle ödemiş",
        person=accountant,
        now=now,
        seen=seen_of(line),
    )
    order.refresh_from_db()
    assert order.state == "completed"
    assert [name for name, check in ledger.verify().items() if not check["ok"]] == []
