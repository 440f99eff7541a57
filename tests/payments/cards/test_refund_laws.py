"""Each rule of card refunds by itself, against the bank in memory: what changes one of them fails here.

`test_refunds.py` goes the same ways over sockets; here every limit is touched from both sides, to the kuruş.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import celery
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Person
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from packages import services as subscriptions
from payments.enums import AttemptState, Consequence, RefundState
from payments.gateways.base import DeclineGroup, Outcome, Result
from payments.models import CardAttempt, Order, Refund
from payments.services import cards, orders, refund_sweep, refunds, refunds_by_hand
from payments.services.refunds import RefundRefused
from tests import factories
from tests.payments.cards.in_memory import PayByCard, WatchedBank, pay, shop  # noqa: F401  (fixtures)
from tests.payments.cards.memory_bank import ABANDONED_AFTER, Card, Fault
from tests.payments.mt940 import Transfer

pytestmark = pytest.mark.django_db

GROSS = Decimal("5097.60")
KURUS = Decimal("0.01")
END, KEEP = Consequence.END, Consequence.KEEP


@pytest.fixture
def first(db: None) -> Person:
    return factories.accountant()


@pytest.fixture
def second(db: None) -> Person:
    return factories.accountant("muhasebe2")


@pytest.fixture
def paid(pay: PayByCard) -> CardAttempt:
    """A completed order, paid with one capture."""
    return pay()


@pytest.fixture
def ask(shop: WatchedBank, first: Person) -> Callable[..., Refund]:
    """Ask for a refund as the first accountant, the package goes on; keywords change it."""

    def make(attempt: CardAttempt, amount: Decimal | str, **changes: Any) -> Refund:
        values = {"reason": "Müşteri vazgeçti", "consequence": KEEP, "person": first, "now": shop.now, **changes}
        return refunds.request(attempt_id=attempt.pk, amount=Decimal(amount), **values)

    return make


Ask = Callable[..., Refund]


def work_off(bank: WatchedBank) -> None:
    """Send what was promised, as the worker would."""
    for message in OutboxMessage.objects.filter(topic="refund.send").order_by("pk"):
        refunds.send(refund_id=message.payload["refund_id"], now=bank.now)


def stands(attempt: CardAttempt) -> tuple[str, str, list[str]]:
    """Return the states of the order, its package and its refunds."""
    order = Order.objects.select_related("subscription").get(pk=attempt.order_id)
    states = list(order.refunds.order_by("pk").values_list("state", flat=True))
    return order.state, order.subscription.state if order.subscription else "", states


def back(bank: WatchedBank, attempt: CardAttempt) -> list[Decimal]:
    """Return what the bank's books say went back."""
    return [amount for _, amount in bank.payments[attempt.conversation_id].given_back]


# --- how much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["-0.01", "0.00", "5097.61", "10195.20"])
def test_never_nothing_and_never_more_than_was_taken(paid: CardAttempt, ask: Ask, amount: str) -> None:
    with pytest.raises(RefundRefused, match="arasında olmalıdır"):
        ask(paid, amount, consequence=END)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("amount", "changes", "words"),
    [("10.005", {}, "iki ondalık"), ("10.00", {"reason": "  "}, "gerekçesini")],
)
def test_whole_kurus_and_a_reason(
    paid: CardAttempt, ask: Ask, amount: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(RefundRefused, match=words):
        ask(paid, amount, **changes)
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", ["0.01", "5097.59", "5097.60"])
def test_to_the_last_kurus(paid: CardAttempt, ask: Ask, amount: str) -> None:
    assert ask(paid, amount, consequence=END).amount == Decimal(amount)


def test_what_waits_holds_its_money_and_what_is_given_up_does_not(paid: CardAttempt, ask: Ask, second: Person) -> None:
    waiting = ask(paid, "5000.01")
    assert (waiting.state, refunds.refundable(paid)) == (RefundState.REQUESTED, GROSS - Decimal("5000.01"))
    with pytest.raises(RefundRefused, match="arasında olmalıdır"):
        ask(paid, "97.60")
    ask(paid, "97.58")
    assert refunds.refundable(paid) == KURUS
    refunds.reject(refund_id=waiting.pk, person=second, reason="Yanlış", now=waiting.created_at)
    assert refunds.refundable(paid) == GROSS - Decimal("97.58")


def test_instalments_what_the_card_paid_goes_back_and_the_order_s_share_is_reversed(
    pay: PayByCard,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    attempt = pay(months=3)
    assert refunds.refundable(attempt) == attempt.paid_amount > GROSS
    part = ask(attempt, attempt.paid_amount - KURUS)
    refunds.approve(refund_id=part.pk, person=second, now=shop.now)
    work_off(shop)
    assert stands(attempt)[2] == ["confirmed"]
    assert [row.amount for row in attempt.allocations.all()] == [GROSS]
    rest = ask(attempt, KURUS, consequence=END)
    refunds.approve(refund_id=rest.pk, person=second, now=shop.now)
    work_off(shop)
    assert sum(back(shop, attempt)) == attempt.paid_amount
    assert [row.amount for row in attempt.allocations.order_by("pk")] == [GROSS, -GROSS]
    assert stands(attempt)[0] == "refunded"


def test_a_gateway_that_gives_back_wholes_only(paid: CardAttempt, shop: WatchedBank, ask: Ask) -> None:
    shop.partial = False
    with pytest.raises(RefundRefused, match="kısmi iade yapmıyor"):
        ask(paid, "10.00")
    assert ask(paid, GROSS, consequence=END).state == RefundState.REQUESTED


def test_what_was_shown_as_left_has_changed(paid: CardAttempt, ask: Ask) -> None:
    ask(paid, "10.00", left=GROSS)
    with pytest.raises(RefundRefused, match="az önce değişti"):
        ask(paid, "10.00", left=GROSS)
    ask(paid, "10.00", left=GROSS - 10)


# --- who decides ------------------------------------------------------------------------------------------------------


def test_the_limit_from_both_sides(pay: PayByCard, ask: Ask, first: Person, second: Person) -> None:
    attempt = pay()
    given_up = ask(attempt, "5000.01")
    refunds.reject(refund_id=given_up.pk, person=first, reason="Yanlış", now=given_up.created_at)
    at = ask(attempt, "5000.00")
    above = ask(attempt, "0.01")
    assert [(row.needs_second, row.state) for row in (at, above)] == [(False, "approved"), (True, "requested")]
    with pytest.raises(RefundRefused, match="ikinci bir kişi"):
        refunds.approve(refund_id=above.pk, person=first, now=above.created_at)
    assert refunds.approve(refund_id=above.pk, person=second, now=above.created_at).approved_by == second


def test_nobody_decides_twice(paid: CardAttempt, shop: WatchedBank, ask: Ask, second: Person) -> None:
    refund = ask(paid, "10.00")
    shop.fault = Fault.DROPPED_AFTER
    for _ in range(2):  # as approved, and as unknown
        with pytest.raises(RefundRefused, match="az önce işlendi"):
            refunds.approve(refund_id=refund.pk, person=second, now=shop.now)
        with pytest.raises(RefundRefused, match="az önce işlendi"):
            refunds.reject(refund_id=refund.pk, person=second, reason="x", now=shop.now)
        work_off(shop)


def test_what_the_bank_refused_goes_again_by_the_one_who_asked(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    first: Person,
) -> None:
    refund = ask(paid, "10.00")
    shop.fault = Fault.REFUSED
    work_off(shop)
    assert stands(paid)[2] == ["failed"]
    shop.now += timedelta(hours=1)
    refunds.approve(refund_id=refund.pk, person=first, now=shop.now)
    shop.fault = Fault.DROPPED_BEFORE
    work_off(shop)
    refund_sweep.sweep(now=shop.now + timedelta(minutes=1))
    assert stands(paid)[2] == ["unknown"]  # what counts is when it was sent last
    refund_sweep.sweep(now=shop.now + timedelta(minutes=10))
    refunds.approve(refund_id=refund.pk, person=first, now=shop.now)
    work_off(shop)
    assert (stands(paid)[2], back(shop, paid)) == (["confirmed"], [Decimal("10.00")])


def test_the_rows_are_locked_in_one_order_by_every_step(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    first: Person,
    second: Person,
) -> None:
    """Order, attempt, refund: whoever takes them another way, or not at all, waits for ever or decides on old rows."""

    def locks(step: Callable[[], object]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            step()
        texts = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
        tables = [text.split(' FROM "')[1].split('"')[0] for text in texts]
        return [name.removeprefix("payments_") for name in tables if name.startswith("payments_")][:3]

    now, whole = shop.now, ["order", "cardattempt", "refund"]
    assert locks(lambda: ask(paid, "5000.01"))[:2] == whole[:2]
    waiting = Refund.objects.get()
    assert locks(lambda: refunds.approve(refund_id=waiting.pk, person=second, now=now)) == whole
    assert locks(lambda: refunds._begin(waiting.pk, now=now)) == whole
    refused = Outcome(result=Result.DECLINED, group=DeclineGroup.OTHER, reference="R")
    assert locks(lambda: refunds.apply(refund_id=waiting.pk, outcome=refused, now=now)) == whole
    hand: dict[str, Any] = {"refund_id": waiting.pk, "now": now}
    assert locks(lambda: refunds_by_hand.say(**hand, person=first, reason="Dekont 1")) == whole
    assert locks(lambda: refunds_by_hand.deny(**hand, person=second, reason="Yok")) == whole
    assert locks(lambda: refunds.reject(**hand, person=second, reason="Vazgeçildi")) == whole


# --- the package and the order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("consequence", "package"), [(KEEP, "active"), (END, "closed")])
def test_a_part_does_to_the_package_what_was_chosen(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    consequence: Consequence,
    package: str,
) -> None:
    ask(paid, "10.00", consequence=consequence)
    work_off(shop)
    assert stands(paid) == ("completed", package, ["confirmed"])
    assert [row.amount for row in paid.allocations.all()] == [GROSS]
    assert Mail.objects.filter(kind="card-refunded").count() == 1


def test_all_of_it_ends_the_package(paid: CardAttempt, ask: Ask) -> None:
    with pytest.raises(RefundRefused, match="paket sürmez"):
        ask(paid, GROSS)


def test_a_part_ends_no_package_that_has_not_begun(
    pay: PayByCard,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    """The package that runs is paused, so that the paid one cannot begin yet."""
    late = pay(card=None)
    running = factories.subscription(late.order.provider, "ileti-75", now=shop.now)
    subscriptions.pause(subscription=running, actor=second, reason="İnceleme", now=shop.now)
    pay.come_back(late, Card.PAYS)
    attempt = CardAttempt.objects.get()
    with pytest.raises(RefundRefused, match="henüz tanımlanmadı"):
        ask(attempt, "10.00", consequence=END)
    assert stands(attempt) == ("paid", "", [])
    ask(attempt, "10.00")
    assert stands(attempt) == ("paid", "", ["approved"])


def test_the_order_is_due_while_parts_are_under_way_and_refunded_when_all_came(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    ask(paid, "2000.00")
    shop.fault = Fault.DROPPED_AFTER
    work_off(shop)
    rest = ask(paid, GROSS - 2000, consequence=END)
    assert stands(paid) == ("completed", "active", ["unknown", "requested"])
    refunds.approve(refund_id=rest.pk, person=second, now=shop.now)
    assert stands(paid) == ("refund_due", "closed", ["unknown", "approved"])
    work_off(shop)
    assert stands(paid) == ("refund_due", "closed", ["unknown", "confirmed"])
    refund_sweep.sweep(now=shop.now + timedelta(minutes=2))
    assert stands(paid) == ("refunded", "closed", ["confirmed", "confirmed"])
    assert sum(row.amount for row in paid.allocations.all()) == 0
    told = Mail.objects.filter(kind="card-refunded").order_by("pk").values_list("text", flat=True)
    assert ["3.097,60 ₺" in told[0], "2.000,00 ₺" in told[1], len(told)] == [True, True, 2]


def test_what_was_refused_and_is_given_up_leaves_the_order_to_a_person(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    refund = ask(paid, GROSS, consequence=END)
    refunds.approve(refund_id=refund.pk, person=second, now=shop.now)
    shop.fault = Fault.REFUSED
    work_off(shop)
    assert stands(paid) == ("refund_due", "closed", ["failed"])
    refunds.reject(refund_id=refund.pk, person=second, reason="Havaleyle ödenecek", now=shop.now)
    assert stands(paid) == ("in_review", "closed", ["rejected"])


def test_a_part_whose_package_ended_for_it_is_not_given_up_once_it_was_refused(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    refund = ask(paid, "100.00", consequence=END)
    shop.fault = Fault.REFUSED
    work_off(shop)
    with pytest.raises(RefundRefused, match="Paket bu iade için sona erdi"):
        refunds.reject(refund_id=refund.pk, person=second, reason="x", now=shop.now)
    assert stands(paid) == ("completed", "closed", ["failed"])


def test_a_second_capture_goes_back_and_takes_nothing_of_the_first_with_it(
    pay: PayByCard,
    shop: WatchedBank,
    ask: Ask,
    first: Person,
    second: Person,
) -> None:
    late = pay(card=None)
    shop.now += ABANDONED_AFTER
    cards.sweep(now=shop.now)
    kept = pay(late.order)
    pay.come_back(late, Card.PAYS)
    surplus = Refund.objects.get()
    assert (surplus.attempt_id, CardAttempt.objects.get(pk=late.pk).surplus) == (late.pk, True)
    with pytest.raises(RefundRefused, match="vazgeçilemez"):
        refunds.reject(refund_id=surplus.pk, person=second, reason="x", now=shop.now)
    refunds.approve(refund_id=surplus.pk, person=first, now=shop.now)
    assert stands(kept) == ("completed", "active", ["approved"])
    work_off(shop)
    assert stands(kept) == ("completed", "active", ["confirmed"])
    assert (back(shop, late), back(shop, kept)) == ([GROSS], [])
    # What went back of the surplus is nothing of what was kept.
    refunds.approve(refund_id=ask(kept, GROSS, consequence=END).pk, person=second, now=shop.now)
    assert stands(kept)[:2] == ("refund_due", "closed")


def test_all_of_what_was_kept_goes_back_while_the_surplus_waits(
    pay: PayByCard,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
) -> None:
    late = pay(card=None)
    shop.now += ABANDONED_AFTER
    cards.sweep(now=shop.now)
    kept = pay(late.order)
    pay.come_back(late, Card.PAYS)
    refunds.approve(refund_id=ask(kept, GROSS, consequence=END).pk, person=second, now=shop.now)
    assert stands(kept) == ("refund_due", "closed", ["requested", "approved"])
    work_off(shop)
    assert stands(kept) == ("refund_due", "closed", ["requested", "confirmed"])  # the surplus is still ours


def test_an_order_that_a_transfer_paid_keeps_its_money(
    pay: PayByCard,
    shop: WatchedBank,
    imported: Callable[..., object],
    first: Person,
) -> None:
    late = pay(card=None)
    shop.now += ABANDONED_AFTER
    cards.sweep(now=shop.now)
    orders.choose_transfer(order=late.order, person=late.person, now=shop.now)
    imported(Transfer(late.order.code_display, amount=GROSS))
    pay.come_back(late, Card.PAYS)
    refunds.approve(refund_id=Refund.objects.get().pk, person=first, now=shop.now)
    work_off(shop)
    assert stands(late) == ("completed", "active", ["confirmed"])


# --- the bank ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "days", "refused", "calls"),
    [
        (Decimal("10.00"), 0, False, ["refund"]),
        (GROSS, 0, False, ["cancel"]),
        (GROSS, 1, False, ["refund"]),
        (GROSS, 0, True, ["cancel", "refund"]),  # refused once, it is no cancellation any more
    ],
)
def test_all_of_it_on_its_day_is_a_cancellation_and_anything_else_a_refund(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    second: Person,
    amount: Decimal,
    days: int,
    *,
    refused: bool,
    calls: list[str],
) -> None:
    refund = ask(paid, amount, consequence=END)
    if refund.needs_second:
        refunds.approve(refund_id=refund.pk, person=second, now=shop.now)
    shop.now += timedelta(days=days)
    if refused:
        shop.fault = Fault.REFUSED
        work_off(shop)
        refunds.approve(refund_id=refund.pk, person=second, now=shop.now)
    work_off(shop)
    assert (shop.calls, back(shop, paid), stands(paid)[2]) == (calls, [amount], ["confirmed"])


def test_the_bank_is_spoken_to_outside_of_transactions(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
) -> None:
    ask(paid, "10.00")
    open_savepoints: list[int] = []
    shop.called = lambda: open_savepoints.append(len(connection.savepoint_ids))
    work_off(shop)
    assert open_savepoints == [0]


@pytest.mark.parametrize(("fault", "done"), [(Fault.DROPPED_BEFORE, False), (Fault.DROPPED_AFTER, True)])
def test_no_answer_is_asked_about_and_believed_in_time(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    fault: Fault,
    *,
    done: bool,
) -> None:
    ask(paid, "10.00")
    shop.now += timedelta(hours=1)  # the worker was away
    shop.fault = fault
    work_off(shop)
    work_off(shop)  # the message comes again: nothing is sent
    assert (stands(paid)[2], shop.calls) == (["unknown"], ["refund"])
    assert refund_sweep.sweep(now=shop.now + timedelta(seconds=59)) == 0
    shop.fault = Fault.DROPPED_BEFORE
    assert refund_sweep.sweep(now=shop.now + timedelta(minutes=1)) == 1
    assert stands(paid)[2] == ["unknown"]  # asked, and not answered again
    assert not Mail.objects.filter(kind="card-refunded").exists()
    refund_sweep.sweep(now=shop.now + timedelta(minutes=9, seconds=59))
    assert stands(paid)[2] == ["confirmed" if done else "unknown"]
    refund_sweep.sweep(now=shop.now + timedelta(minutes=10))
    assert stands(paid)[2] == ["confirmed" if done else "failed"]
    assert (shop.calls, len(back(shop, paid))) == (["refund"], int(done))
    assert Mail.objects.filter(kind="card-refunded").count() == int(done)


def test_what_a_killed_worker_began_is_asked_about_each_minute(
    paid: CardAttempt, shop: WatchedBank, ask: Ask, settings: Settings
) -> None:
    refund = ask(paid, "10.00")
    assert refunds._begin(refund.pk, now=shop.now) is not None
    work_off(shop)
    every_minute = settings.CELERY_BEAT_SCHEDULE["sweep-refunds"]
    with time_machine.travel(shop.now + timedelta(minutes=10), tick=False):
        celery.current_app.tasks[every_minute["task"]]()
    assert (every_minute["schedule"], stands(paid)[2], shop.calls) == (60.0, ["failed"], [])


def test_an_approved_refund_that_the_outbox_gave_up_is_promised_again(
    paid: CardAttempt, shop: WatchedBank, ask: Ask
) -> None:
    refund = ask(paid, "10.00")
    promised = OutboxMessage.objects.filter(topic="refund.send")
    refund_sweep.sweep(now=shop.now + timedelta(minutes=2))
    assert promised.count() == 1
    promised.update(failed_at=shop.now)
    CardAttempt.objects.update(gateway="eski-banka")
    refund_sweep.sweep(now=shop.now + timedelta(minutes=2))
    assert promised.count() == 1
    CardAttempt.objects.update(gateway=shop.name)
    refund_sweep.sweep(now=shop.now + timedelta(minutes=2))
    assert [message.payload for message in promised.filter(failed_at=None)] == [{"refund_id": refund.pk}]


def test_one_that_cannot_be_asked_about_stops_no_other(paid: CardAttempt, shop: WatchedBank, ask: Ask) -> None:
    for amount in ("10.00", "20.00"):
        ask(paid, amount)
        shop.fault = Fault.DROPPED_AFTER
        work_off(shop)
    faults = iter([RuntimeError("no such bank")])

    def fail_once() -> None:
        for fault in faults:
            raise fault

    shop.called = fail_once
    assert refund_sweep.sweep(now=shop.now + timedelta(minutes=1)) == 2
    assert sorted(stands(paid)[2]) == ["confirmed", "unknown"]


@pytest.mark.parametrize("result", list(Result))
def test_word_that_comes_late_changes_nothing(
    paid: CardAttempt,
    shop: WatchedBank,
    ask: Ask,
    result: Result,
) -> None:
    refund = ask(paid, "10.00")
    outcome = Outcome(result=result, group=DeclineGroup.OTHER, reference="SPÄT")
    assert refunds.apply(refund_id=refund.pk, outcome=outcome, now=shop.now).state == RefundState.APPROVED
    work_off(shop)
    assert refunds.apply(refund_id=refund.pk, outcome=outcome, now=shop.now).state == RefundState.CONFIRMED
    assert Mail.objects.filter(kind="card-refunded").count() == 1
    assert CardAttempt.objects.get(pk=paid.pk).state == AttemptState.SUCCEEDED
