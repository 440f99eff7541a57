"""What schedules found: answers that come late, pages that a bank does not know yet, and who asks last."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Person
from payments.gateways import registry
from payments.gateways.base import InvalidSignatureError
from payments.models import CardAttempt, Order
from payments.rules import OrderRefused
from payments.selectors.orders import timeline_of
from payments.services import cards, orders
from payments.services.cards import Chosen
from tests.payments.cards.memory_bank import BIN, Card, Fault, Killed, MemoryBank, Payment, Way

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    """Pay at the bank in memory, not at the simulator."""
    settings.CARD_GATEWAY = MemoryBank.name


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch, now: datetime) -> MemoryBank:
    bank = MemoryBank(now)
    monkeypatch.setattr(registry, "_gateways", lambda: {MemoryBank.name: bank})
    return bank


@pytest.fixture
def started(bank: MemoryBank, accepted: Callable[..., Order], alice: Person) -> Callable[[Way], Payment]:
    """Return the payment of an order whose payer stands on the bank's page."""

    def start(way: Way) -> Payment:
        bank.way = way
        chosen = Chosen(instalments=1, bin_number=BIN)
        attempt = cards.start(order=accepted(), person=alice, chosen=chosen, nonce="a", ip=None, now=bank.now)
        return bank.payments[attempt.conversation_id]

    return start


def state() -> tuple[str, str]:
    attempt = CardAttempt.objects.select_related("order").get()
    return attempt.state, attempt.order.state


def back(bank: MemoryBank, fields: dict[str, str], fault: Fault = Fault.NONE) -> None:
    bank.fault = fault
    cards.finish(attempt=CardAttempt.objects.get(), callback=fields, now=bank.now)


def test_a_return_whose_answer_was_lost_authorises_nothing_again(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    payment = started(Way.DIRECT)
    fields = bank.pay(payment, Card.PAYS)
    back(bank, fields, Fault.LATE)
    back(bank, fields)
    bank.now += 6 * MINUTE
    cards.sweep(now=bank.now)
    assert (payment.authorisations, state()) == (1, ("succeeded", "completed"))


def test_a_return_to_a_process_that_died_authorises_nothing_again(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    payment = started(Way.DIRECT)
    fields = bank.pay(payment, Card.PAYS)
    with pytest.raises(Killed):
        back(bank, fields, Fault.KILLED_AFTER)
    back(bank, fields)
    assert (payment.authorisations, state()) == (1, ("succeeded", "completed"))


def test_a_forged_return_does_not_use_up_the_true_one(bank: MemoryBank, started: Callable[[Way], Payment]) -> None:
    payment = started(Way.DIRECT)
    fields = bank.pay(payment, Card.PAYS)
    with pytest.raises(InvalidSignatureError):
        back(bank, fields | {"token": "sahte"})
    back(bank, fields)
    assert (payment.authorisations, state()) == (1, ("succeeded", "completed"))


@pytest.mark.parametrize("lost", [False, True])
def test_a_page_that_the_bank_does_not_know_yet_is_not_given_up(
    bank: MemoryBank, started: Callable[[Way], Payment], *, lost: bool
) -> None:
    """A bank that is told of a payment by the payer's browser only: while the card is typed it knows nothing."""
    started(Way.POST)
    bank.now += MINUTE
    bank.fault = Fault.DROPPED_BEFORE if lost else Fault.NONE
    cards.sweep(now=bank.now)
    bank.now += 2 * MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("needs_3ds", "card_pending")
    bank.now += 28 * MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("abandoned", "contract_accepted")


@pytest.mark.parametrize("way", list(Way))
def test_a_lost_answer_hides_the_way_back_to_an_open_page_from_nobody(
    bank: MemoryBank, started: Callable[[Way], Payment], payer: Client, way: Way
) -> None:
    payment = started(way)
    bank.now += MINUTE
    bank.fault = Fault.DROPPED_BEFORE
    cards.sweep(now=bank.now)
    assert state() == ("unknown", "card_unknown")
    code = Order.objects.get(attempts__conversation_id=payment.charge.conversation_id).code_display
    resume = f"/siparis/{code}/odeme/kart/devam/"
    assert resume in payer.get(f"/siparis/{code}/").content.decode()
    assert payer.get(resume)["Location"].endswith(payment.number)
    bank.now += MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("needs_3ds", "card_pending")


@pytest.mark.parametrize("way", list(Way))
def test_a_return_is_awaited_although_an_answer_was_lost_before_it(
    bank: MemoryBank, started: Callable[[Way], Payment], way: Way
) -> None:
    payment = started(way)
    bank.now += MINUTE
    bank.fault = Fault.DROPPED_BEFORE
    cards.sweep(now=bank.now)
    fields = bank.pay(payment, Card.PAYS)
    with pytest.raises(InvalidSignatureError):
        back(bank, fields | {"token": "sahte"})
    back(bank, fields)
    back(bank, fields)
    assert (payment.authorisations <= 1, state()) == (True, ("succeeded", "completed"))


@pytest.mark.parametrize("lost", ["the sweep's answer", "the return's answer"])
def test_who_gave_up_may_pay_again_after_one_lost_answer(
    bank: MemoryBank, started: Callable[[Way], Payment], lost: str
) -> None:
    payment = started(Way.PAGE)
    bank.now += MINUTE
    bank.fault = Fault.DROPPED_BEFORE if lost == "the sweep's answer" else Fault.NONE
    cards.sweep(now=bank.now)
    back(bank, bank.pay(payment, Card.GIVES_UP), Fault.DROPPED_BEFORE)
    assert state() == ("unknown", "card_unknown")
    bank.now += MINUTE
    cards.sweep(now=bank.now)
    assert (state(), CardAttempt.objects.get().decline_group) == (("abandoned", "contract_accepted"), "gave_up")


def test_a_bank_that_knows_nothing_after_the_return_is_believed(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    payment = started(Way.PAGE)
    payment.known = False
    back(bank, {"token": payment.token}, Fault.DROPPED_BEFORE)
    bank.now += MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("abandoned", "contract_accepted")


def test_the_form_of_another_order_begins_nothing(
    bank: MemoryBank, started: Callable[[Way], Payment], accepted: Callable[..., Order], alice: Person
) -> None:
    started(Way.PAGE)
    chosen = Chosen(instalments=1, bin_number=BIN)
    with pytest.raises(OrderRefused, match="başka bir siparişe ait"):
        cards.start(order=accepted("ileti-250"), person=alice, chosen=chosen, nonce="a", ip=None, now=bank.now)
    assert len(bank.payments) == 1


def test_of_a_gateway_that_is_not_set_up_any_more_nothing_is_known(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    payment = started(Way.PAGE)
    CardAttempt.objects.update(gateway="eski-banka")
    back(bank, bank.pay(payment, Card.PAYS))
    assert state() == ("unknown", "card_unknown")
    CardAttempt.objects.update(gateway=bank.name)
    bank.now += MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("succeeded", "completed")


@pytest.mark.parametrize("chooses_transfer", [False, True])
def test_another_amount_that_is_taken_later_is_for_a_person(
    bank: MemoryBank, started: Callable[[Way], Payment], *, chooses_transfer: bool
) -> None:
    """The order has gone on meanwhile; nobody reads there that nothing was taken."""
    payment = started(Way.PAGE)
    bank.now += 31 * MINUTE
    cards.sweep(now=bank.now)
    if chooses_transfer:
        attempt = CardAttempt.objects.select_related("order").get()
        orders.choose_transfer(order=attempt.order, person=attempt.person, now=bank.now)
    bank.pay(payment, Card.PAYS_LESS)
    bank.now += 31 * MINUTE
    cards.sweep(now=bank.now)
    attempt = CardAttempt.objects.select_related("order").get()
    assert (state(), attempt.decline_group) == (("succeeded", "in_review"), "")
    told = [entry.text for entry in timeline_of(attempt.order)]
    assert "Kart ödemesi yarım kaldı" in told
    assert [text for text in told if "çekilmedi" in text] == []


def test_an_old_unknown_is_resolved_five_minutes_after_the_bank_is_back(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    payment = started(Way.PAGE)
    fields = bank.pay(payment, Card.PAYS)
    bank.away = True
    back(bank, fields)
    bank.now += 180 * MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("unknown", "card_unknown")
    bank.away = False
    bank.now += 5 * MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("succeeded", "completed")


def test_what_was_left_is_asked_about_until_the_bank_has_answered(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    """Paid after half an hour, the browser never came back, and nobody asked or nobody answered for hours."""
    payment = started(Way.PAGE)
    bank.now += 31 * MINUTE
    cards.sweep(now=bank.now)
    bank.pay(payment, Card.PAYS)
    bank.now += 300 * MINUTE
    bank.fault = Fault.DROPPED_BEFORE
    cards.sweep(now=bank.now)
    assert state() == ("abandoned", "contract_accepted")
    bank.now += 5 * MINUTE
    cards.sweep(now=bank.now)
    assert state() == ("succeeded", "completed")


def test_what_was_left_is_asked_about_no_more_once_no_page_can_be_open(
    bank: MemoryBank, started: Callable[[Way], Payment]
) -> None:
    started(Way.PAGE)
    asked = []
    for _ in range(4):
        bank.now += 100 * MINUTE
        asked.append(cards.sweep(now=bank.now))
    assert asked == [1, 1, 0, 0]
