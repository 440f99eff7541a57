"""The card path of the portal against the bank simulator: real sockets, the bank's own pages, its faults."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connections
from django.test import Client

from accounts.models import Person
from iys_portal import ledger
from iys_portal.mail.models import Mail
from iys_portal.shared.money import format_lira
from payments.enums import AttemptState, OrderState, RefundState
from payments.gateways.base import DeclineGroup
from payments.models import CardAttempt, GatewayEvent, Order, Refund
from payments.services import cards
from tests.payments.gateways.benches_simulator import CARDS, Browser
from tests.simulators.bank import PARAF, Bank, return_form

pytestmark = pytest.mark.django_db

Make = Callable[..., Order]
GROSS = Decimal("5097.60")


def check_page(payer: Client, order: Order, *, instalments: int = 1, bin_number: str = "") -> dict[str, str]:
    """Open “Ödemeyi onaylıyor musunuz?”; return the fields that its form sends."""
    address = f"/siparis/{order.code_display}/odeme/kart/onay/?taksit={instalments}&kart={bin_number}"
    page = payer.get(address).content.decode()
    assert "Ödemeyi onaylıyor musunuz?" in page
    return fields_of(page)


def fields_of(page: str) -> dict[str, str]:
    """Return what the form of the check page sends."""
    return dict(re.findall(r'<input type="hidden" name="(taksit|kart|nonce|toplam)" value="([^"]*)"', page))


def to_the_bank(payer: Client, order: Order, fields: dict[str, str]) -> str:
    """Press “Ödemeyi Tamamla”; return the address of the bank's page."""
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def pay_there(bank: Bank, address: str, card: str = PARAF, count: int = 1) -> tuple[str, dict[str, str]]:
    """Type the card and the code; return where the bank sends the browser, and what it posts there."""
    browser = Browser(bank.http)
    page = browser.arrive(bank.http.get(address))
    browser.pay(page, card, count)
    return return_form(bank.http.get(address.replace("odeme-sayfasi", "donus")))


def come_back(address: str, fields: dict[str, str]) -> Any:
    """Come back from the bank as browsers do: a cross-site POST without our session."""
    return Client(enforce_csrf_checks=True).post(urlsplit(address).path, fields)


def state_of(order: Order) -> tuple[str, list[str]]:
    order.refresh_from_db()
    return order.state, list(order.attempts.order_by("pk").values_list("state", flat=True))


def holds() -> bool:
    return all(result["ok"] for result in ledger.verify().values())


def test_paid_at_once(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    assert address.startswith(bank.url)
    answer = come_back(*pay_there(bank, address))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/siparis/{order.code_display}/")
    assert state_of(order) == ("completed", ["succeeded"])
    attempt = CardAttempt.objects.get()
    assert (attempt.bin, attempt.last4, attempt.surplus) == (PARAF[:6], PARAF[-4:], False)
    assert [a.amount for a in order.allocations.all()] == [GROSS]
    assert Mail.objects.filter(kind="order-paid").count() == 1
    assert holds()
    again = come_back(*return_form(bank.http.get(address.replace("odeme-sayfasi", "donus"))))
    assert (again.status_code, order.allocations.count()) == (303, 1)


def test_instalments_are_quoted_for_the_card_and_charged_as_quoted(payer: Client, bank: Bank, order: Order) -> None:
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/", {"bin_number": PARAF[:6], "quote": "1"})
    totals = dict(re.findall(r"(\d+) taksit – ayda [\d.,]+ ₺, toplam ([\d.,]+) ₺", answer.content.decode()))
    assert "3" in totals
    fields = check_page(payer, order, instalments=3, bin_number=PARAF[:6])
    come_back(*pay_there(bank, to_the_bank(payer, order, fields), count=3))
    assert state_of(order) == ("completed", ["succeeded"])
    attempt = CardAttempt.objects.get()
    total = Decimal(totals["3"].replace(".", "").replace(",", "."))
    assert (attempt.instalments, attempt.amount, attempt.paid_amount) == (3, GROSS, total)
    assert total > GROSS


def test_another_total_than_was_shown_is_told_before_it_is_paid(payer: Client, bank: Bank, order: Order) -> None:
    """The bank changes its rates, or somebody the page, between the look and the click."""
    fields = check_page(payer, order, instalments=3, bin_number=PARAF[:6])
    shown = {**fields, "toplam": "5.100,00"}
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", shown)
    page = answer.content.decode()
    assert (answer.status_code, state_of(order)) == (409, ("contract_accepted", []))
    assert f"5.100,00 ₺ yerine {fields['toplam']} ₺ bildirdi" in page
    again = fields_of(page)
    assert again == fields
    address = to_the_bank(payer, order, again)
    assert to_the_bank(payer, order, shown) == address  # a click of before, late: the payment goes on, nothing new
    come_back(*pay_there(bank, address, count=3))
    assert state_of(order) == ("completed", ["succeeded"])
    assert format_lira(CardAttempt.objects.get().paid_amount) == f"{fields['toplam']} ₺"


@pytest.mark.parametrize("total", ["", "x", "1e3"])
def test_a_page_that_does_not_say_what_it_showed_pays_nothing(payer: Client, order: Order, total: str) -> None:
    address = f"/siparis/{order.code_display}/odeme/kart/"
    answer = payer.post(f"{address}onay/", {**check_page(payer, order), "toplam": total})
    assert (answer.status_code, answer.headers["Location"], state_of(order)) == (
        302,
        address,
        ("contract_accepted", []),
    )


@pytest.mark.parametrize("taksit", ["5", "0", "13", "x", ""])
def test_instalments_that_nobody_offers_lead_back(payer: Client, order: Order, taksit: str) -> None:
    answer = payer.get(f"/siparis/{order.code_display}/odeme/kart/onay/?taksit={taksit}&kart={PARAF[:6]}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/siparis/{order.code_display}/odeme/kart/")


def test_more_digits_than_the_first_are_refused_and_shown_to_nobody(payer: Client, order: Order) -> None:
    for number in (PARAF, "5528-7900 0000 0008", f"kart {PARAF}"):
        answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/", {"bin_number": number, "pay": "1"})
        page = answer.content.decode()
        assert "Kartınızın yalnızca ilk 6, 7 ya da 8 rakamını yazın." in page
        assert 'name="bin_number" value="55287900"' in page
        assert PARAF not in re.sub(r"[\s-]", "", page)
    assert CardAttempt.objects.count() == 0


def test_declined_then_paid(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    answer = come_back(*pay_there(bank, address, CARDS[DeclineGroup.INSUFFICIENT_FUNDS]))
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert "Kartınızın limiti ya da bakiyesi yetersiz." in payer.get(answer.headers["Location"]).content.decode()
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    assert state_of(order) == ("completed", ["declined", "succeeded"])
    assert holds()


def test_a_second_tab_finds_the_attempt_of_the_first(payer: Client, bank: Bank, order: Order) -> None:
    fields = check_page(payer, order)
    assert to_the_bank(payer, order, fields) == to_the_bank(payer, order, fields)
    assert CardAttempt.objects.count() == 1
    other = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", {**fields, "nonce": "0" * 64})
    assert other.headers["Location"] == f"/siparis/{order.code_display}/"
    assert CardAttempt.objects.count() == 1


@pytest.mark.parametrize("fault", ["drop-after", "http-500", "malformed", "wrong-signature"])
def test_a_bank_that_does_not_answer_is_asked_again(
    payer: Client, bank: Bank, order: Order, now: datetime, fault: str
) -> None:
    """Unknown is not failure: no new payment, and one sweep after the bank is back everything is settled."""
    address = to_the_bank(payer, order, check_page(payer, order))
    back = pay_there(bank, address)
    bank.order("detail", fault)
    assert come_back(*back).status_code == 303
    assert state_of(order) == ("card_unknown", ["unknown"])
    page = payer.get(f"/siparis/{order.code_display}/").content.decode()
    assert "Bankanızdan sonuç bekliyoruz. Lütfen yeniden ödeme yapmayın." in page
    assert payer.get(f"/siparis/{order.code_display}/odeme/kart/").status_code == 302
    assert cards.sweep(now=now + timedelta(seconds=5)) == 0  # not yet
    assert cards.sweep(now=now + timedelta(minutes=2)) == 1
    assert state_of(order) == ("completed", ["succeeded"])
    assert holds()


def test_no_answer_for_a_day_goes_to_a_person(payer: Client, bank: Bank, order: Order, now: datetime) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    back = pay_there(bank, address)
    bank.order("detail", "http-500", count=50)
    come_back(*back)
    cards.sweep(now=now + timedelta(hours=25))
    assert state_of(order) == ("in_review", ["unknown"])
    assert bank.http.post(f"{bank.url}/anahtar/", json={"fault": "none"}).status_code == 200
    cards.sweep(now=now + timedelta(hours=26))  # the bank knows after all, and it was this payment
    assert state_of(order) == ("completed", ["succeeded"])


def test_another_amount_is_never_believed(
    payer: Client, bank: Bank, order: Order, client_of: Callable[[Person], Client], accountant: Person
) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    back = pay_there(bank, address)
    bank.order("detail", "wrong-amount")
    come_back(*back)
    state, attempts = state_of(order)
    assert (state, attempts, order.allocations.count()) == ("in_review", ["succeeded"], 0)
    refund = Refund.objects.get()
    assert (refund.state, refund.amount) == (RefundState.REQUESTED, GROSS - 1)
    page = client_of(accountant).get("/muhasebe/").content.decode()
    assert "Kart iadesi bekleyen" in page
    assert order.code_display in page


def test_what_waits_for_a_person_is_settled_by_no_other_payment(
    payer: Client, bank: Bank, order: Order, now: datetime
) -> None:
    """In review for a capture of another amount: one of the right amount, from a page left open, goes back as well."""
    left = to_the_bank(payer, order, check_page(payer, order))
    cards.sweep(now=now + timedelta(minutes=31))
    back = pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    bank.order("detail", "wrong-amount")
    come_back(*back)
    come_back(*pay_there(bank, left))
    assert state_of(order) == ("in_review", ["succeeded", "succeeded"])
    assert (order.allocations.count(), Refund.objects.count()) == (0, 2)
    assert holds()


def test_two_captures_keep_one(payer: Client, bank: Bank, order: Order, now: datetime) -> None:
    """The first page stays open somewhere; half an hour later another attempt pays, and then the first one too."""
    first = to_the_bank(payer, order, check_page(payer, order))
    cards.sweep(now=now + timedelta(minutes=31))
    assert state_of(order) == ("contract_accepted", ["abandoned"])
    come_back(*pay_there(bank, to_the_bank(payer, order, check_page(payer, order))))
    assert state_of(order) == ("completed", ["abandoned", "succeeded"])
    come_back(*pay_there(bank, first))
    assert state_of(order) == ("completed", ["succeeded", "succeeded"])
    assert [a.surplus for a in order.attempts.order_by("pk")] == [True, False]
    assert [r.amount for r in Refund.objects.all()] == [GROSS]
    assert order.allocations.count() == 1
    assert holds()


def test_a_left_page_that_pays_late_still_pays_its_order(
    payer: Client, bank: Bank, order: Order, now: datetime
) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    cards.sweep(now=now + timedelta(minutes=31))
    come_back(*pay_there(bank, address))
    assert state_of(order) == ("completed", ["succeeded"])


def test_forged_returns_change_nothing(payer: Client, bank: Bank, order: Order) -> None:
    address = to_the_bank(payer, order, check_page(payer, order))
    where, fields = pay_there(bank, address)
    assert come_back("http://portal/odeme/donus/forged/", fields).status_code == 404
    refused = come_back(where, {"token": "another"})
    assert (refused.status_code, 'lang="tr"' in refused.content.decode()) == (400, True)
    typed = Client().get(urlsplit(where).path)
    assert (typed.status_code, typed.headers["Location"]) == (303, f"/siparis/{order.code_display}/")
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    assert come_back(where, fields).status_code == 303
    assert state_of(order)[0] == "completed"


def test_a_webhook_is_a_hint_and_is_kept_once(payer: Client, bank: Bank, order: Order) -> None:
    pay_there(bank, to_the_bank(payer, order, check_page(payer, order)))
    attempt = CardAttempt.objects.get()
    payment = next(each for each in bank.payments() if each["conversation_id"] == attempt.conversation_id)
    ((hook, signature),) = bank.merchant.of(int(payment["id"]))[:1]
    send = Client(enforce_csrf_checks=True)
    address = "/odeme/bildirim/iyzico/"
    header = {"X-IYZ-SIGNATURE-V3": signature}
    forged = send.post(address, hook, content_type="application/json", headers={"X-IYZ-SIGNATURE-V3": "0" * 64})
    assert (forged.status_code, GatewayEvent.objects.count()) == (400, 0)
    for _ in range(2):
        assert send.post(address, hook, content_type="application/json", headers=header).status_code == 200
    assert GatewayEvent.objects.count() == 1
    assert state_of(order)[0] == "card_pending"  # nothing happens in the request itself
    cards.settle_by_id(attempt_id=attempt.pk, now=attempt.created_at)
    assert state_of(order) == ("completed", ["succeeded"])


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_are_one_attempt(
    accepted: Make, client_of: Callable[[Person], Client], alice: Person, bank: Bank, now: datetime
) -> None:
    with time_machine.travel(now, tick=True):
        order = accepted("ileti-150")
        fields = check_page(client_of(alice), order)
        answers: list[int] = []

        def click() -> None:
            try:
                client = client_of(alice)
                answer = client.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
                answers.append(answer.status_code)
            finally:
                connections.close_all()

        threads = [Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {302, 303}
    assert len(answers) == 8
    attempt = CardAttempt.objects.get()
    assert attempt.state == AttemptState.NEEDS_3DS
    assert Order.objects.get().state == OrderState.CARD_PENDING
