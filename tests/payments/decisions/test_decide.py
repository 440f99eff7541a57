"""What a decision does with the line, its orders and the money that goes back; what it may not do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Person
from iys_portal.audit.selectors import history_of
from iys_portal.mail.models import Mail
from packages.enums import SubscriptionState
from payments.enums import BankRefundState, DecisionKind, DecisionState, LineState, OrderState
from payments.models import Allocation, BankRefund, LineComment, LineDecision, Order, StatementLine
from payments.selectors.lines import seen_of
from payments.services import decisions
from payments.services.bank_refunds import export
from payments.services.decisions import AlreadyDecided, DecisionRefused
from tests.payments.decisions.conftest import IBAN, OTHER_IBAN, ledger_faults

Make = Callable[..., Order]
Waiting = Callable[..., StatementLine]
Decide = Callable[..., LineDecision]
K = DecisionKind


def money(line: StatementLine) -> list[tuple[str, Decimal]]:
    return [(row.order.code, row.amount) for row in Allocation.objects.filter(line=line).order_by("pk")]


def state(order: Order) -> OrderState:
    order.refresh_from_db()
    return OrderState(order.state)


def line_state(line: StatementLine) -> LineState:
    line.refresh_from_db()
    return LineState(line.state)


def test_the_whole_price_completes_the_order(waiting: Waiting, order_of: Make, decide: Decide) -> None:
    line, order = waiting(), order_of()
    decision = decide(line, K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))], reason="Dekontla doğrulandı")
    assert (decision.state, line_state(line), state(order)) == (
        DecisionState.DONE,
        LineState.MATCHED,
        OrderState.COMPLETED,
    )
    assert (line.rule, line.verdict) == ("person", "Dekontla doğrulandı")
    assert money(line) == [(order.code, Decimal("5097.60"))]
    assert history_of(line).last().actor_name == "Ömer Çelik"  # type: ignore[union-attr]
    assert ledger_faults() == []


def test_a_short_payment_leaves_the_order_open_and_the_rest_completes_it(
    waiting: Waiting, order_of: Make, decide: Decide
) -> None:
    order = order_of()
    first, rest = waiting("4000.00"), waiting("1097.60")
    decide(first, K.ALLOCATE, shares=[(order.code, Decimal("4000.00"))])
    assert state(order) == OrderState.PARTIALLY_PAID
    decide(rest, K.ALLOCATE, shares=[(order.code, Decimal("1097.60"))])
    assert state(order) == OrderState.COMPLETED
    assert ledger_faults() == []


def test_two_orders_and_a_rest_that_goes_back(waiting: Waiting, order_of: Make, decide: Decide) -> None:
    line = waiting("11000.00")
    one, two = order_of("ileti-150"), order_of("ileti-250")
    shares = [(one.code, Decimal("5097.60")), (two.code, Decimal("5805.60"))]
    decide(line, K.ALLOCATE, shares=shares, refund_amount=Decimal("96.80"))
    assert (state(one), state(two), line_state(line)) == (
        OrderState.COMPLETED,
        OrderState.COMPLETED,
        LineState.MATCHED,
    )
    refund = BankRefund.objects.get()
    assert (refund.amount, refund.iban, refund.name, refund.state, refund.order) == (
        Decimal("96.80"),
        IBAN,
        "GÖNDEREN LTD",
        BankRefundState.OWED,
        one,
    )
    assert ledger_faults() == []


def test_all_of_it_goes_back_to_another_iban(waiting: Waiting, decide: Decide, accountant: Person) -> None:
    line = waiting("250.00")
    decide(line, K.REFUND, refund_iban="tr82 0001 0007 6012 3456 7850 01", refund_name=" Ayşe Işık ")
    refund = BankRefund.objects.get()
    assert line_state(line) == LineState.REFUND
    assert (refund.amount, refund.iban, refund.name, refund.requested_by) == (
        Decimal("250.00"),
        OTHER_IBAN,
        "Ayşe Işık",
        accountant,
    )
    assert ledger_faults() == []


def test_what_is_no_business_of_orders_is_ignored(waiting: Waiting, decide: Decide) -> None:
    line = waiting()
    decide(line, K.IGNORE, reason="Kira geliri")
    assert (line_state(line), line.verdict) == (LineState.IGNORED, "Kira geliri")
    assert ledger_faults() == []


@pytest.mark.parametrize(
    ("shares", "refund", "words"),
    [
        ([], None, "En az bir sipariş kodu ve tutar yazın."),
        (["5097.59"], None, "iadeye kalan 0,01 ₺"),
        (["5000.00"], "97.00", "iadeye kalan 97,60 ₺"),
        (["5097.61"], None, "hareketin tutarını (5.097,60 ₺) aşıyor"),
        (["0.00"], "5097.60", "sıfırdan büyük"),
        (["-1.00"], "5098.60", "sıfırdan büyük"),
        (["2000.00", "3097.60"], None, "Aynı sipariş iki kez"),
    ],
)
def test_a_split_disposes_of_the_line_to_the_kurus(
    waiting: Waiting, order_of: Make, decide: Decide, shares: list[str], refund: str | None, words: str
) -> None:
    line, order = waiting(), order_of()
    with pytest.raises(DecisionRefused) as refusal:
        decide(
            line,
            K.ALLOCATE,
            shares=[(order.code, Decimal(amount)) for amount in shares],
            refund_amount=Decimal(refund) if refund else None,
        )
    assert str(refusal.value).count(words) == 1
    assert (line_state(line), state(order), Allocation.objects.count()) == (
        LineState.UNMATCHED,
        OrderState.TRANSFER_PENDING,
        0,
    )


def test_an_order_takes_no_more_than_is_due(waiting: Waiting, order_of: Make, decide: Decide) -> None:
    line, order = waiting("6000.00"), order_of()
    with pytest.raises(DecisionRefused, match="₺ bekleniyor"):
        decide(line, K.ALLOCATE, shares=[(order.code, Decimal("6000.00"))])


def test_an_unknown_code(waiting: Waiting, decide: Decide) -> None:
    with pytest.raises(DecisionRefused, match="KM7-T3R-AWC kodlu bir sipariş yok"):
        decide(waiting(), K.ALLOCATE, shares=[("KM7T3RAWC", Decimal("5097.60"))])


def test_an_iban_that_is_none(waiting: Waiting, decide: Decide) -> None:
    with pytest.raises(DecisionRefused, match="İade IBAN'ı geçersiz"):
        decide(waiting(), K.REFUND, refund_iban="TR140006400000142011234568")


@pytest.mark.parametrize("reason", ["", "  ", "ab"])
def test_a_decision_has_a_reason(waiting: Waiting, decide: Decide, reason: str) -> None:
    with pytest.raises(DecisionRefused, match="gerekçesini yazın"):
        decide(waiting(), K.IGNORE, reason=reason)


@pytest.mark.parametrize("target", [OrderState.COMPLETED, OrderState.CARD_PENDING, OrderState.REFUNDED])
def test_orders_that_take_no_money(waiting: Waiting, order_of: Make, decide: Decide, target: OrderState) -> None:
    order = order_of()
    if target == OrderState.COMPLETED:
        decide(waiting(text="A"), K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))])
    else:
        Order.objects.filter(pk=order.pk).update(state=target)
    with pytest.raises(DecisionRefused):
        decide(waiting(text="B"), K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))])


@pytest.mark.parametrize("start", [OrderState.EXPIRED, OrderState.CANCELLED, OrderState.IN_REVIEW])
@pytest.mark.parametrize("part", ["5097.60", "97.60"])
def test_orders_that_ended_without_money_can_still_be_paid(
    waiting: Waiting, order_of: Make, decide: Decide, now: datetime, start: OrderState, part: str
) -> None:
    order = order_of()
    Order.objects.filter(pk=order.pk).update(state=start, pay_by=now - timedelta(days=1))
    decide(waiting(part), K.ALLOCATE, shares=[(order.code, Decimal(part))])
    whole = part == "5097.60"
    assert state(order) == (OrderState.COMPLETED if whole else OrderState.PARTIALLY_PAID)
    assert whole or (order.pay_by is not None and order.pay_by > now)


def test_money_that_left_is_no_payment(imported: Callable[..., object], waiting: Waiting, decide: Decide) -> None:
    line = waiting("-5.00", "MASRAF")
    assert line_state(line) == LineState.IGNORED
    with pytest.raises(DecisionRefused, match="bir ödeme değil"):
        decide(line, K.UNDO)
    with pytest.raises(DecisionRefused, match="önce kararı geri alın"):
        decide(line, K.REFUND)


def test_undo_lets_the_line_wait_and_the_order_await_its_money(
    waiting: Waiting, order_of: Make, decide: Decide
) -> None:
    order, first, rest = order_of(), waiting("4000.00"), waiting("97.60")
    decide(first, K.ALLOCATE, shares=[(order.code, Decimal("4000.00"))])
    decide(rest, K.ALLOCATE, shares=[(order.code, Decimal("97.60"))])
    decide(first, K.UNDO, reason="Yanlış müşteri")
    assert (line_state(first), first.verdict) == (LineState.UNMATCHED, "Karar geri alındı: Yanlış müşteri")
    assert state(order) == OrderState.PARTIALLY_PAID, "97,60 of it is still here"
    assert money(first) == [(order.code, Decimal("4000.00")), (order.code, Decimal("-4000.00"))]
    decide(rest, K.UNDO)
    assert state(order) == OrderState.TRANSFER_PENDING
    decide(first, K.ALLOCATE, shares=[(order.code, Decimal("4000.00"))])
    assert state(order) == OrderState.PARTIALLY_PAID
    assert ledger_faults() == []


def test_undo_cancels_a_refund_that_has_not_gone(waiting: Waiting, decide: Decide) -> None:
    line = waiting()
    decide(line, K.REFUND)
    decide(line, K.UNDO)
    assert (BankRefund.objects.get().state, line_state(line)) == (BankRefundState.CANCELLED, LineState.UNMATCHED)
    decide(line, K.IGNORE)
    decide(line, K.UNDO)
    assert line_state(line) == LineState.UNMATCHED
    assert ledger_faults() == []


def test_a_refund_in_the_banks_file_is_not_undone(
    waiting: Waiting, decide: Decide, accountant: Person, now: datetime
) -> None:
    line = waiting()
    decide(line, K.REFUND)
    export(refund_ids=[BankRefund.objects.get().pk], person=accountant, now=now)
    with pytest.raises(DecisionRefused, match="Banka dosyasında"):
        decide(line, K.UNDO)


@pytest.mark.parametrize("kind", [K.IGNORE, K.UNDO])
def test_nothing_to_undo_nothing_to_decide(waiting: Waiting, decide: Decide, kind: DecisionKind) -> None:
    line = waiting()
    if kind == K.IGNORE:
        decide(line, K.IGNORE)
    with pytest.raises(DecisionRefused):
        decide(line, kind)


def test_undoing_a_package_needs_a_second_person_and_ends_it(
    waiting: Waiting, order_of: Make, decide: Decide, second: Person, now: datetime
) -> None:
    line, order = waiting(), order_of()
    decide(line, K.ALLOCATE, shares=[(order.code, Decimal("5097.60"))])
    order.refresh_from_db()
    subscription = order.subscription
    assert subscription is not None
    decision = decide(line, K.UNDO, reason="Başka müşterinin parası")
    assert (decision.state, state(order), line_state(line)) == (
        DecisionState.AWAITING,
        OrderState.COMPLETED,
        LineState.MATCHED,
    )
    decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(line))
    subscription.refresh_from_db()
    assert (state(order), order.subscription, subscription.state, line_state(line)) == (
        OrderState.CANCELLED,
        None,
        SubscriptionState.CLOSED,
        LineState.UNMATCHED,
    )
    mail = Mail.objects.get(kind="package-taken-back")
    assert (mail.provider_id, mail.subject) == (
        order.provider_id,
        f"{order.package.name} paketiniz sona erdi: {order.code_display}",
    )
    assert "5.097,60" in mail.text
    assert ledger_faults() == []


def test_an_order_paid_in_parts_keeps_what_is_left_under_review(
    waiting: Waiting, order_of: Make, decide: Decide, second: Person, now: datetime
) -> None:
    order, first, rest = order_of(), waiting("4000.00"), waiting("1097.60")
    decide(first, K.ALLOCATE, shares=[(order.code, Decimal("4000.00"))])
    decide(rest, K.ALLOCATE, shares=[(order.code, Decimal("1097.60"))])
    decision = decide(rest, K.UNDO)
    decisions.confirm(decision_id=decision.pk, person=second, now=now, seen=seen_of(rest))
    assert state(order) == OrderState.IN_REVIEW
    assert ledger_faults() == []
    decide(first, K.UNDO)
    assert (state(order), order.subscription) == (OrderState.CANCELLED, None)
    assert ledger_faults() == []


def test_who_is_slower_is_told_who_was_faster(waiting: Waiting, decide: Decide, second: Person, now: datetime) -> None:
    line = waiting()
    seen = seen_of(line)
    decide(line, K.IGNORE)
    with pytest.raises(AlreadyDecided) as told:
        decisions.decide(line_id=line.pk, kind=K.REFUND, reason="İade", person=second, now=now, seen=seen)
    assert str(told.value).count("Bu hareket az önce Ömer Çelik tarafından işlendi") == 1
    assert (line_state(line), BankRefund.objects.count()) == (LineState.IGNORED, 0)


def test_a_note_changes_nothing(waiting: Waiting, accountant: Person, now: datetime) -> None:
    line = waiting()
    seen = seen_of(line)
    decisions.comment(line_id=line.pk, text=" Müşteri aranacak ", person=accountant, now=now)
    assert [(note.text, note.person) for note in LineComment.objects.all()] == [("Müşteri aranacak", accountant)]
    assert seen_of(line) == seen
    with pytest.raises(DecisionRefused):
        decisions.comment(line_id=line.pk, text="  ", person=accountant, now=now)
