"""Card money that goes back, against the bank simulator: asked for, approved, sent once, confirmed."""

from datetime import datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from packages.enums import SubscriptionState
from payments.enums import AttemptState, Consequence, OrderState, RefundState
from payments.gateways.base import DeclineGroup, Outcome, Result
from payments.models import CardAttempt, Order, Refund
from payments.services import cards, refund_sweep, refunds
from payments.services.refunds import RefundRefused
from tests import factories
from tests.payments.cards.test_card_path import check_page, come_back, pay_there, to_the_bank
from tests.simulators.bank import Bank

pytestmark = pytest.mark.django_db

GROSS = Decimal("5097.60")
END, KEEP = Consequence.END, Consequence.KEEP


@pytest.fixture
def first(db: None) -> Person:
    return factories.accountant()


@pytest.fixture
def second(db: None) -> Person:
    return factories.accountant("muhasebe2")


@pytest.fixture
def paid(payer: Client, bank: Bank, order: Order) -> CardAttempt:
    """A completed order, paid with one card payment."""
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    return CardAttempt.objects.get()


def ask(attempt: CardAttempt, person: Person, amount: Decimal = GROSS, **changes: Any) -> Refund:
    values = {"reason": "Müşteri vazgeçti", "consequence": END, "now": timezone.now()}
    return refunds.request(attempt_id=attempt.pk, amount=amount, person=person, **(values | changes))


def work_off() -> None:
    """Do what the outbox promises, as the worker would."""
    for message in OutboxMessage.objects.filter(done_at=None, topic="refund.send"):
        assert outbox.run(message.pk)


def state_of(attempt: CardAttempt) -> tuple[str, str, list[str]]:
    found = Order.objects.select_related("subscription").get(pk=attempt.order_id)
    subscription = found.subscription.state if found.subscription else ""
    return found.state, subscription, list(found.refunds.order_by("pk").values_list("state", flat=True))


def taken_back(bank: Bank) -> int:
    """What the bank gave back of its latest payment, in kuruş."""
    return int(bank.payments()[0]["refunded"])


def holds() -> bool:
    return all(result["ok"] for result in ledger.verify().values())


def test_all_of_it_with_a_second_person(paid: CardAttempt, bank: Bank, first: Person, second: Person) -> None:
    refund = ask(paid, first)
    assert (refund.state, refund.needs_second) == (RefundState.REQUESTED, True)
    assert state_of(paid) == ("completed", "active", ["requested"])
    with pytest.raises(RefundRefused, match="ikinci bir kişi"):
        refunds.approve(refund_id=refund.pk, person=first, now=timezone.now())
    refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
    assert state_of(paid) == ("refund_due", "closed", ["approved"])
    assert holds()
    work_off()
    assert state_of(paid) == ("refunded", "closed", ["confirmed"])
    assert taken_back(bank) == 509760
    assert [row.amount for row in paid.allocations.order_by("pk")] == [GROSS, -GROSS]
    mail = Mail.objects.get(kind="card-refunded")
    assert (mail.subject, "5.097,60 ₺" in mail.text, "paketiniz sona erdi" in mail.text) == (
        f"Ödemeniz iade edildi: {paid.order.code_display}",
        True,
        True,
    )
    assert holds()


def test_a_part_below_the_limit_goes_at_once_and_the_package_goes_on(
    paid: CardAttempt, bank: Bank, first: Person
) -> None:
    ask(paid, first, Decimal("100.00"), consequence=KEEP)
    work_off()
    assert state_of(paid) == ("completed", "active", ["confirmed"])
    assert taken_back(bank) == 10000
    assert refunds.refundable(paid) == GROSS - 100
    assert holds()


def test_parts_that_add_up_to_all_end_the_order(
    paid: CardAttempt, first: Person, second: Person, settings: Any
) -> None:
    ask(paid, first, Decimal("4000.00"), consequence=KEEP)
    with pytest.raises(RefundRefused, match="paket sürmez"):
        ask(paid, first, Decimal("1097.60"), consequence=KEEP)
    rest = ask(paid, first, Decimal("1097.60"))
    assert state_of(paid)[:2] == ("completed", "active")
    refunds.approve(refund_id=rest.pk, person=second, now=timezone.now())
    assert state_of(paid)[:2] == ("refund_due", "closed")
    work_off()
    assert state_of(paid) == ("refunded", "closed", ["confirmed", "confirmed"])
    assert sum(row.amount for row in paid.allocations.all()) == 0
    assert holds()


@pytest.mark.parametrize(
    ("amount", "changes", "words"),
    [
        (GROSS + 1, {}, "İade tutarı 0,01 ₺ ile 5.097,60 ₺ arasında olmalıdır."),
        (Decimal("0.00"), {}, "İade tutarı 0,01 ₺ ile 5.097,60 ₺ arasında olmalıdır."),
        (Decimal("-1.00"), {}, "İade tutarı 0,01 ₺ ile 5.097,60 ₺ arasında olmalıdır."),
        (GROSS, {"reason": "  "}, "İadenin gerekçesini yazın."),
        (GROSS, {"consequence": KEEP}, "paket sürmez"),
    ],
)
def test_what_may_not_be_asked_for(
    paid: CardAttempt, first: Person, amount: Decimal, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(RefundRefused, match=words):
        ask(paid, first, amount, **changes)
    assert state_of(paid) == ("completed", "active", [])


def test_nothing_was_taken_nothing_goes_back(payer: Client, order: Order, first: Person) -> None:
    to_the_bank(payer, order, check_page(payer, order))
    with pytest.raises(RefundRefused, match="para alınmamış"):
        ask(CardAttempt.objects.get(), first)


def test_all_is_asked_for_once(paid: CardAttempt, first: Person) -> None:
    ask(paid, first)
    with pytest.raises(RefundRefused, match="tamamı için iade kaydı var"):
        ask(paid, first, Decimal("1.00"))


def test_given_up_before_it_is_sent(paid: CardAttempt, first: Person, second: Person) -> None:
    refund = ask(paid, first)
    with pytest.raises(RefundRefused, match="gerekçesini"):
        refunds.reject(refund_id=refund.pk, person=second, reason=" ", now=timezone.now())
    refunds.reject(refund_id=refund.pk, person=second, reason="Müşteri sürdürecek", now=timezone.now())
    assert state_of(paid) == ("completed", "active", ["rejected"])
    for late in (refunds.approve, refunds.reject):
        with pytest.raises(RefundRefused, match="az önce işlendi"):
            late(
                refund_id=refund.pk,
                person=second,
                now=timezone.now(),
                **({"reason": "x"} if late is refunds.reject else {}),
            )
    assert refunds.refundable(paid) == GROSS
    assert holds()


def test_a_bank_that_says_no_is_shown_and_asked_again_by_a_person(paid: CardAttempt, bank: Bank, first: Person) -> None:
    refund = ask(paid, first, Decimal("50.00"), consequence=KEEP)
    declined = Outcome(result=Result.DECLINED, group=DeclineGroup.OTHER, reference="R1")
    now = timezone.now()
    Refund.objects.filter(pk=refund.pk).update(state=RefundState.SENDING, sent_at=now)
    refunds.apply(refund_id=refund.pk, outcome=declined, now=now)
    refund.refresh_from_db()
    assert (refund.state, refund.problem.startswith("Banka iadeyi yapmadı."), refund.reference) == (
        "failed",
        True,
        "R1",
    )
    refunds.approve(refund_id=refund.pk, person=first, now=now)
    work_off()
    assert state_of(paid)[2] == ["confirmed"]
    assert taken_back(bank) == 5000


def test_what_the_bank_never_does_leaves_the_order_to_a_person(
    paid: CardAttempt, first: Person, second: Person
) -> None:
    refund = ask(paid, first)
    refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
    now = timezone.now()
    Refund.objects.filter(pk=refund.pk).update(state=RefundState.FAILED, sent_at=now, problem="x")
    refunds.reject(refund_id=refund.pk, person=second, reason="Havaleyle ödenecek", now=now)
    assert state_of(paid) == ("in_review", "closed", ["rejected"])


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "http-500", "http-500-after", "malformed"])
@pytest.mark.parametrize("kind", ["cancel", "refund"])
def test_an_answer_that_is_lost_is_asked_for_never_sent_twice(
    paid: CardAttempt, bank: Bank, first: Person, second: Person, kind: str, fault: str
) -> None:
    bank.order(kind, fault)
    amount = GROSS if kind == "cancel" else Decimal("75.00")
    refund = ask(paid, first, amount, consequence=END if kind == "cancel" else KEEP)
    if refund.needs_second:
        refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
    work_off()
    assert state_of(paid)[2] == ["unknown"]
    now = timezone.now()
    assert refund_sweep.sweep(now=now + timedelta(seconds=30)) == 0
    refund_sweep.sweep(now=now + timedelta(minutes=2))
    done = fault in {"drop-after", "http-500-after", "malformed"} and taken_back(bank) > 0
    assert state_of(paid)[2] == ["confirmed" if done else "unknown"]
    refund_sweep.sweep(now=now + timedelta(minutes=11))
    assert state_of(paid)[2] == ["confirmed" if done else "failed"]
    if not done:
        refunds.approve(refund_id=refund.pk, person=second, now=now + timedelta(minutes=12))
        work_off()
        assert state_of(paid)[2] == ["confirmed"]
    assert taken_back(bank) == int(amount * 100)
    assert holds()


def test_a_worker_killed_before_the_answer_leaves_a_question(paid: CardAttempt, bank: Bank, first: Person) -> None:
    refund = ask(paid, first, Decimal("75.00"), consequence=KEEP)
    begun = refunds._begin(refund.pk, now=timezone.now())
    assert begun is not None
    refunds.send(refund_id=refund.pk, now=timezone.now())  # the message comes again: nothing is sent
    assert taken_back(bank) == 0
    refund_sweep.sweep(now=timezone.now() + timedelta(minutes=11))
    assert state_of(paid)[2] == ["failed"]


def test_money_taken_too_much_goes_back_with_one_person(
    payer: Client,
    bank: Bank,
    order: Order,
    first: Person,
) -> None:
    bank.order("charge", "wrong-amount")
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    refund = Refund.objects.get()
    assert state_of(refund.attempt) == ("in_review", "", ["requested"])
    with pytest.raises(RefundRefused, match="vazgeçilemez"):
        refunds.reject(refund_id=refund.pk, person=first, reason="x", now=timezone.now())
    refunds.approve(refund_id=refund.pk, person=first, now=timezone.now())
    assert state_of(refund.attempt)[0] == OrderState.REFUND_DUE
    work_off()
    refund_sweep.sweep(now=timezone.now() + timedelta(minutes=2))
    assert state_of(refund.attempt) == ("refunded", "", ["confirmed"])
    assert taken_back(bank) == bank.payments()[0]["paid_price"]
    assert holds()


def test_a_second_capture_goes_back_and_the_order_stays(
    payer: Client,
    bank: Bank,
    order: Order,
    first: Person,
    now: datetime,
) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    left = CardAttempt.objects.get()
    CardAttempt.objects.update(created_at=now - timedelta(minutes=31))
    cards.settle_by_id(attempt_id=left.pk, now=now)
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    come_back(*pay_there(bank, address))
    refund = Refund.objects.get()
    assert (refund.attempt_id, state_of(left)[0]) == (left.pk, "completed")
    refunds.approve(refund_id=refund.pk, person=first, now=timezone.now())
    work_off()
    assert state_of(left) == ("completed", "active", ["confirmed"])
    assert CardAttempt.objects.filter(state=AttemptState.SUCCEEDED).count() == 2
    assert holds()


def test_what_was_too_much_does_not_pay_for_the_package(
    payer: Client,
    bank: Bank,
    order: Order,
    first: Person,
    second: Person,
    now: datetime,
) -> None:
    """All of the kept capture goes back while a second capture still waits: the order has nothing, and is over."""
    address = to_the_bank(payer, order, check_page(payer, order))
    left = CardAttempt.objects.get()
    CardAttempt.objects.update(created_at=now - timedelta(minutes=31))
    cards.settle_by_id(attempt_id=left.pk, now=now)
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    come_back(*pay_there(bank, address))
    kept = CardAttempt.objects.get(surplus=False)
    refunds.approve(refund_id=ask(kept, first).pk, person=second, now=timezone.now())
    assert state_of(kept)[:2] == ("refund_due", "closed")
    work_off()
    assert state_of(kept)[0] == "refund_due"
    refunds.approve(refund_id=Refund.objects.get(attempt=left).pk, person=first, now=timezone.now())
    work_off()
    assert state_of(kept) == ("refunded", "closed", ["confirmed", "confirmed"])
    assert holds()


def test_the_day_after_a_cancellation_is_a_refund(
    paid: CardAttempt, bank: Bank, first: Person, second: Person, now: datetime
) -> None:
    with time_machine.travel(now + timedelta(days=1), tick=True):
        refund = ask(paid, first)
        refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
        work_off()
    assert state_of(paid) == ("refunded", SubscriptionState.CLOSED, ["confirmed"])
    assert bank.payments()[0]["state"] == "captured"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("others", [("approve", "approve"), ("approve", "reject")])
def test_two_at_once_have_one_effect(paid: CardAttempt, first: Person, second: Person, others: tuple[str, str]) -> None:
    refund = ask(paid, first)
    third = factories.accountant("muhasebe3")
    outcomes: list[str] = []

    def act(name: str, person: Person) -> None:
        try:
            more = {"reason": "Vazgeçildi"} if name == "reject" else {}
            getattr(refunds, name)(refund_id=refund.pk, person=person, now=timezone.now(), **more)
            outcomes.append(name)
        except RefundRefused as refused:
            outcomes.append(str(refused)[:22])
        finally:
            connections.close_all()

    threads = [Thread(target=act, args=pair) for pair in zip(others, (second, third), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(outcomes) == "Bu iade az önce işlend"
    assert outcomes.count("approve") + outcomes.count("reject") == 1
    assert OutboxMessage.objects.filter(topic="refund.send").count() == outcomes.count("approve")
