"""Above the limit a decision counts by a second person only: never by the first."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.models import Person
from payments.enums import DecisionKind, DecisionState, LineState, OrderState
from payments.models import BankRefund, LineDecision, Order, StatementLine
from payments.rules import needs_second_person
from payments.selectors.lines import seen_of
from payments.services import decisions
from payments.services.decisions import AlreadyDecided, DecisionRefused

Decide = Callable[..., LineDecision]
K = DecisionKind


@pytest.fixture
def large(settings: Settings, waiting: Callable[..., StatementLine]) -> StatementLine:
    """A movement just above the limit."""
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("5097.59")
    return waiting("5097.60")


def test_the_limit_itself_is_below(settings: Settings) -> None:
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("100.00")
    assert [needs_second_person(Decimal(amount)) for amount in ("100.00", "100.01", "-100.01")] == [False, True, True]


def test_nothing_happens_until_a_second_person_says_so(
    large: StatementLine, order_of: Callable[..., Order], decide: Decide, second: Person, now: datetime
) -> None:
    order = order_of()
    decision = decide(large, K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))])
    large.refresh_from_db()
    assert (decision.state, large.state, large.allocations.count()) == (DecisionState.AWAITING, LineState.UNMATCHED, 0)
    with pytest.raises(DecisionRefused, match="ikinci onay bekleyen"):
        decide(large, K.IGNORE)
    decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(large))
    order.refresh_from_db()
    large.refresh_from_db()
    decision.refresh_from_db()
    assert (order.state, large.state) == (OrderState.COMPLETED, LineState.MATCHED)
    assert (decision.state, decision.decided_by, decision.decided_at) == (DecisionState.DONE, second, now)
    with pytest.raises(DecisionRefused, match="artık onay beklemiyor"):
        decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(large))


def test_the_first_person_is_not_the_second(
    large: StatementLine, decide: Decide, accountant: Person, now: datetime
) -> None:
    decision = decide(large, K.REFUND)
    with pytest.raises(DecisionRefused, match="Kendi kararınızı onaylayamazsınız"):
        decisions.confirm(decision_id=decision.pk, person=accountant, now=now, seen=seen_of(large))
    assert BankRefund.objects.count() == 0


def test_a_refund_that_two_people_decided_needs_no_third(
    large: StatementLine, decide: Decide, second: Person, now: datetime
) -> None:
    decision = decide(large, K.REFUND)
    decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(large))
    assert BankRefund.objects.get().approved_by == second


def test_a_second_person_may_say_no(large: StatementLine, decide: Decide, second: Person, now: datetime) -> None:
    decision = decide(large, K.IGNORE)
    decisions.reject(decision_id=decision.pk, person=second, reason="Müşteri ödemesi", now=now, seen=seen_of(large))
    decision.refresh_from_db()
    large.refresh_from_db()
    assert (decision.state, decision.decided_by, large.state) == (DecisionState.REJECTED, second, LineState.UNMATCHED)
    assert decide(large, K.IGNORE).state == DecisionState.AWAITING, "it can be asked for anew"


def test_who_asked_may_withdraw(large: StatementLine, decide: Decide, accountant: Person, now: datetime) -> None:
    decision = decide(large, K.IGNORE)
    decisions.reject(decision_id=decision.pk, person=accountant, reason="Vazgeçtim", now=now, seen=seen_of(large))
    decision.refresh_from_db()
    assert (decision.state, decision.decided_by) == (DecisionState.REJECTED, None)


def test_a_confirmation_of_what_was_rejected_meanwhile(
    large: StatementLine, decide: Decide, second: Person, accountant: Person, now: datetime
) -> None:
    decision = decide(large, K.IGNORE)
    seen = seen_of(large)
    decisions.reject(decision_id=decision.pk, person=accountant, reason="Vazgeçtim", now=now, seen=seen)
    with pytest.raises(AlreadyDecided):
        decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen)


def test_what_no_longer_fits_waits_on(
    large: StatementLine, order_of: Callable[..., Order], decide: Decide, second: Person, now: datetime
) -> None:
    order = order_of()
    decision = decide(large, K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))])
    Order.objects.filter(pk=order.pk).update(state=OrderState.REFUNDED)
    with pytest.raises(DecisionRefused):
        decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(large))
    decision.refresh_from_db()
    assert decision.state == DecisionState.AWAITING
