"""What goes wrong while somebody pays by card, one test for each: nothing is lost, nothing is charged twice."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import time_machine
from django.db import connections
from django.test import Client

from accounts.models import Person
from iys_portal import ledger
from packages.models import Tariff
from payments.decline_words import DECLINE_WORDS
from payments.enums import AttemptState, LineState, OrderState
from payments.gateways.base import DeclineGroup
from payments.models import Allocation, CardAttempt, Order, Refund, Statement, StatementLine
from payments.services import cards, orders
from tests.payments.cards.test_card_path import (
    GROSS,
    check_page,
    come_back,
    holds,
    pay_there,
    state_of,
    to_the_bank,
)
from tests.payments.conftest import imported  # noqa: F401  (fixture)
from tests.payments.gateways.benches_simulator import CARDS, Browser
from tests.payments.mt940 import Transfer
from tests.simulators.bank import PARAF, Bank, return_form

pytestmark = pytest.mark.django_db

Make = Callable[..., Order]
Enter = Callable[[Person], Client]


@pytest.fixture
def payer(client_of: Enter, alice: Person, now: datetime) -> Iterator[Client]:
    with time_machine.travel(now, tick=True):
        yield client_of(alice)


@pytest.fixture
def order(accepted: Make) -> Order:
    return accepted("ileti-150")


def started(bank: Bank, order: Order) -> list[dict[str, Any]]:
    """Return the payments that were opened at the bank for an order."""
    numbers = set(order.attempts.values_list("conversation_id", flat=True))
    return [payment for payment in bank.payments() if payment["conversation_id"] in numbers]


def taken(bank: Bank, order: Order) -> list[int]:
    """Return what the bank took for an order, in kuruş."""
    return [payment["paid_price"] for payment in started(bank, order) if payment["state"] == "captured"]


def pages_of(bank: Bank, address: str, card: str = PARAF, **typed: str) -> tuple[Browser, Any]:
    """Type a card at the bank; return the browser and the page that follows."""
    browser = Browser(bank.http)
    fields = {"holder": "DEFNE IŞIKGİL", "number": card, "expiry": "12/30", "code": "123", "installment": "1"}
    return browser, browser.send(browser.arrive(bank.http.get(address)), **fields | typed)


# --- Refused, mistyped, left ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("group", [group for group in CARDS if group != "ok"])
def test_each_refusal_says_what_to_do_and_can_be_tried_again(
    payer: Client, bank: Bank, order: Order, group: DeclineGroup
) -> None:
    answer = come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order)), CARDS[group]))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/siparis/{order.code_display}/odeme/")
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert CardAttempt.objects.get().decline_group == group
    assert DECLINE_WORDS[group] in unescape(payer.get(answer.headers["Location"]).content.decode())
    assert (taken(bank, order), holds()) == ([], True)
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    assert state_of(order) == ("completed", ["declined", "succeeded"])


def test_an_expired_card_gets_no_further_than_the_banks_page(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    _, page = pages_of(bank, address, expiry="10/26")
    assert "Kartın son kullanma tarihi geçmiş." in page.text
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    assert started(bank, order)[0]["state"] == "open"


def test_three_wrong_codes_end_the_attempt_and_not_the_order(payer: Client, bank: Bank, order: Order) -> None:
    browser, page = pages_of(bank, to_the_bank(payer, order, check_page(payer, order)))
    right = re.search(r'data-testid="deneme-kodu">(\d{6})<', page.text)
    assert right
    wrong = f"{(int(right[1]) + 1) % 1_000_000:06}"
    for _ in range(3):
        page = browser.send(page, code=wrong)
    come_back(*return_form(page))
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert CardAttempt.objects.get().decline_group == DeclineGroup.AUTHENTICATION
    assert taken(bank, order) == []


def test_given_up_at_the_bank(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    browser, page = pages_of(bank, address)
    page = browser.arrive(bank.http.post(str(page.url).replace("/3d/", "/vazgec/")))
    answer = come_back(*return_form(page))
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert state_of(order) == ("contract_accepted", ["abandoned"])
    assert DECLINE_WORDS[DeclineGroup.GAVE_UP] in payer.get(answer.headers["Location"]).content.decode()


# --- Back button, tabs, sessions --------------------------------------------------------------------------------------
def test_back_after_success_starts_nothing(payer: Client, bank: Bank, order: Order) -> None:
    """Every page of the payment, opened again or sent again as it was, leads to the order."""
    fields = check_page(payer, order)
    back = pay_there(bank, to_the_bank(payer, order, fields))
    come_back(*back)
    base, result = f"/siparis/{order.code_display}/odeme/", f"/siparis/{order.code_display}/"
    for path in ("", "kart/", "kart/onay/?taksit=1&kart=", "kart/devam/", "havale/", "havale/onay/"):
        assert payer.get(base + path).headers["Location"] == result, path
    for data in (fields, {**fields, "nonce": "0" * 64}):
        assert payer.post(base + "kart/onay/", data).headers["Location"] == result
    assert payer.post(base + "havale/onay/").headers["Location"] == result
    assert come_back(*back).headers["Location"] == result
    assert state_of(order) == ("completed", ["succeeded"])
    assert (len(started(bank, order)), taken(bank, order), Allocation.objects.count()) == (1, [509760], 1)


def test_back_after_a_refusal_does_not_bring_the_old_attempt_to_life(payer: Client, bank: Bank, order: Order) -> None:
    fields = check_page(payer, order)
    come_back(*pay_there(bank, to_the_bank(payer, order, fields), CARDS[DeclineGroup.DO_NOT_HONOUR]))
    again = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
    assert again.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert len(started(bank, order)) == 1


def test_card_in_one_tab_and_transfer_in_another(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    payer.post(f"/siparis/{order.code_display}/odeme/havale/onay/")
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    come_back(*pay_there(bank, address))
    assert state_of(order) == ("completed", ["succeeded"])


def test_transfer_in_one_tab_and_an_old_check_page_in_another(payer: Client, bank: Bank, order: Order) -> None:
    fields = check_page(payer, order)
    payer.post(f"/siparis/{order.code_display}/odeme/havale/onay/")
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/"
    assert (state_of(order), bank.payments() and started(bank, order)) == (("transfer_pending", []), [])


def test_a_session_that_ended_meanwhile_loses_nothing(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    payer.logout()
    answer = come_back(*pay_there(bank, address))
    assert state_of(order) == ("completed", ["succeeded"])
    login = payer.get(answer.headers["Location"])
    assert login.status_code == 302
    assert unescape(login.headers["Location"]).endswith(f"?next=/siparis/{order.code_display}/")


# --- Returns: forged, replayed, foreign, too early --------------------------------------------------------------------
def test_the_return_of_another_order_settles_neither(
    payer: Client, bank: Bank, order: Order, accepted: Make, client_of: Enter
) -> None:
    other = accepted("ileti-250")
    mine = to_the_bank(payer, order, check_page(payer, order))
    where, _ = pay_there(bank, mine, CARDS[DeclineGroup.DO_NOT_HONOUR])
    _, paid = pay_there(bank, to_the_bank(payer, other, check_page(payer, other)))
    assert come_back(where, paid).status_code == 400
    assert (state_of(order)[0], state_of(other)[0]) == ("card_pending", "card_pending")


def test_a_replayed_return_of_a_refusal_changes_no_later_success(payer: Client, bank: Bank, order: Order) -> None:
    refused = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)), CARDS[DeclineGroup.DO_NOT_HONOUR])
    come_back(*refused)
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    for _ in range(3):
        assert come_back(*refused).status_code == 303
    assert state_of(order) == ("completed", ["declined", "succeeded"])
    assert (taken(bank, order), holds()) == ([509760], True)


def test_the_browser_may_be_faster_than_the_banks_answer(payer: Client, bank: Bank, order: Order) -> None:
    """The attempt does not know its form yet: the answer that names it is on its way, or a worker died with it."""
    back = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    as_before = {"state": AttemptState.CREATED, "token": "", "action": None}
    CardAttempt.objects.update(**as_before)
    answer = come_back(*back)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/siparis/{order.code_display}/")
    assert state_of(order) == ("completed", ["succeeded"])
    assert (taken(bank, order), holds()) == ([509760], True)


def test_an_early_return_of_somebody_who_did_not_pay_pays_nothing(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    where = cards.charge_of(CardAttempt.objects.select_related("order__provider").get()).return_url
    CardAttempt.objects.update(state=AttemptState.CREATED, token="", action=None)
    assert come_back(where, {}).status_code == 303
    assert (state_of(order)[0], Allocation.objects.count()) == ("card_pending", 0)
    come_back(*pay_there(bank, address))  # the form is still open
    assert state_of(order) == ("completed", ["succeeded"])


def test_a_message_before_the_return(payer: Client, bank: Bank, order: Order, now: datetime) -> None:
    back = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    attempt = CardAttempt.objects.get()
    payment = started(bank, order)[0]
    ((hook, signature),) = bank.merchant.of(int(payment["id"]))[:1]
    header = {"X-IYZ-SIGNATURE-V3": signature}
    address = "/odeme/bildirim/iyzico/"
    assert Client().post(address, hook, content_type="application/json", headers=header).status_code == 200
    cards.settle_by_id(attempt_id=attempt.pk, now=now)
    assert state_of(order) == ("completed", ["succeeded"])
    assert come_back(*back).headers["Location"] == f"/siparis/{order.code_display}/"
    assert (Allocation.objects.count(), order.allocations.get().amount, holds()) == (1, GROSS, True)


@pytest.mark.django_db(transaction=True)
def test_fifty_returns_at_once_settle_once(
    accepted: Make, client_of: Enter, alice: Person, bank: Bank, now: datetime
) -> None:
    with time_machine.travel(now, tick=True):
        order, client = accepted("ileti-150"), client_of(alice)
        back = pay_there(bank, to_the_bank(client, order, check_page(client, order)))
        answers: list[tuple[int, str]] = []

        def post() -> None:
            try:
                answer = come_back(*back)
                answers.append((answer.status_code, answer.headers["Location"]))
            finally:
                connections.close_all()

        for _ in range(5):  # as many at once as the database has places for
            threads = [Thread(target=post) for _ in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert answers == [(303, f"/siparis/{order.code_display}/")] * 50
    assert state_of(order) == ("completed", ["succeeded"])
    assert (Allocation.objects.count(), taken(bank, order), holds()) == (1, [509760], True)


# --- The bank does not answer -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault", ["drop-before", "drop-after", "http-500", "http-500-after", "malformed", "wrong-signature", "slow"]
)
def test_a_start_without_an_answer_is_never_sent_again(payer: Client, bank: Bank, order: Order, fault: str) -> None:
    """Nobody has seen a card page, so nothing can be taken: the form is not started again, another attempt may be."""
    fields = check_page(payer, order)
    bank.order("initialize", fault, **({"number": 4} if fault == "slow" else {}))
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert DECLINE_WORDS[DeclineGroup.OTHER] in payer.get(answer.headers["Location"]).content.decode()
    assert payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields).status_code == 303
    assert len(started(bank, order)) <= 1
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    assert state_of(order)[0] == "completed"
    assert (taken(bank, order), holds()) == ([509760], True)


@pytest.mark.parametrize("fault", ["drop-before", "http-500", "drop-after", "http-500-after"])
def test_a_bank_that_fails_while_it_takes_the_money(
    payer: Client, bank: Bank, order: Order, now: datetime, fault: str
) -> None:
    """The payer sees no result. Before the money was taken nothing is kept, after it the order is paid; once."""
    _, page = pages_of(bank, to_the_bank(payer, order, check_page(payer, order)))
    code = re.search(r'data-testid="deneme-kodu">(\d{6})<', page.text)
    assert code
    bank.order("charge", fault)
    with suppress(httpx.TransportError):  # where the connection is dropped
        assert bank.http.post(str(page.url), data={"code": code[1]}).status_code == 500
    assert state_of(order)[0] == "card_pending"
    cards.sweep(now=now + timedelta(minutes=31))
    was_taken = fault.endswith("after")
    assert state_of(order) == (("completed", ["succeeded"]) if was_taken else ("contract_accepted", ["abandoned"]))
    assert (taken(bank, order), holds()) == ([509760] if was_taken else [], True)


# --- Prices, and money from elsewhere ---------------------------------------------------------------------------------
def test_a_price_that_changed_while_the_card_page_was_open(
    payer: Client, bank: Bank, order: Order, client_of: Enter, alice: Person
) -> None:
    """What was approved is paid: the order keeps its tariff, and the bank is asked for that amount."""
    fields = check_page(payer, order)
    Tariff.objects.filter(pk=order.tariff_id).update(valid_to=date(2026, 11, 23))
    Tariff.objects.create(
        package=order.package,
        valid_from=date(2026, 11, 24),
        net=Decimal("5000.00"),
        kdv_rate=20,
        kdv=Decimal("1000.00"),
        gross=Decimal("6000.00"),
    )
    with time_machine.travel(datetime.fromisoformat("2026-11-24T09:00:00+00:00"), tick=True):
        come_back(*pay_there(bank, to_the_bank(client_of(alice), order, fields)))
    assert state_of(order) == ("completed", ["succeeded"])
    assert (taken(bank, order), order.gross, order.receipts.get().gross) == ([509760], GROSS, GROSS)


def test_a_transfer_that_arrives_while_the_payer_is_at_the_bank(
    payer: Client,
    bank: Bank,
    order: Order,
    imported: Callable[..., Statement],
) -> None:
    """A person looks at the transfer; the card that pays after it goes back, and nothing is booked twice."""
    address = to_the_bank(payer, order, check_page(payer, order))
    imported(Transfer(order.code_display))
    line = StatementLine.objects.get()
    assert line.state != LineState.MATCHED
    come_back(*pay_there(bank, address))
    order.refresh_from_db()
    assert (order.state, order.allocations.count()) == (OrderState.IN_REVIEW, 0)
    assert [(refund.amount, refund.state) for refund in Refund.objects.all()] == [(GROSS, "requested")]
    assert holds()


def test_a_transfer_that_pays_before_a_page_that_was_left_open(
    payer: Client,
    bank: Bank,
    order: Order,
    alice: Person,
    now: datetime,
    imported: Callable[..., Statement],
) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    later = now + timedelta(minutes=31)
    cards.sweep(now=later)
    orders.choose_transfer(order=order, person=alice, now=later)
    imported(Transfer(order.code_display))
    assert state_of(order) == ("completed", ["abandoned"])
    answer = come_back(*pay_there(bank, address))
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/"
    assert state_of(order) == ("completed", ["succeeded"])
    attempt, refund = CardAttempt.objects.get(), Refund.objects.get()
    assert (attempt.surplus, refund.amount, refund.state) == (True, GROSS, "requested")
    assert (order.allocations.count(), order.receipts.get().payments[0]["kind"]) == (1, "transfer")
    assert holds()


def test_the_same_card_charged_for_two_orders_pays_both(
    payer: Client, bank: Bank, order: Order, accepted: Make
) -> None:
    other = accepted("ileti-250")
    addresses = [to_the_bank(payer, each, check_page(payer, each)) for each in (order, other)]
    for address in reversed(addresses):
        come_back(*pay_there(bank, urlsplit(address).geturl()))
    assert (state_of(order)[0], state_of(other)[0]) == ("completed", "completed")
    assert all(result["ok"] for result in ledger.verify().values())
