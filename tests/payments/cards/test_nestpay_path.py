"""The portal with a NestPay bank as its card gateway, against the bank simulator: the same promises, other ways.

What differs: the browser posts a form to the bank, the bank's answer is signed and comes with the browser alone, and
there is neither a message nor a report, nor a refund of a part.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Person
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from payments.decline_words import DECLINE_WORDS
from payments.gateways.base import DeclineGroup
from payments.models import CardAttempt, CardDay, Order, Refund
from payments.services import card_day, cards, refund_sweep, refunds
from payments.services.refunds import RefundRefused
from tests.payments.cards.test_card_path import GROSS, check_page, come_back, holds, state_of
from tests.payments.cards.test_refunds import ask, first, second, work_off  # noqa: F401  (two are fixtures)
from tests.payments.gateways.benches_simulator import CARDS, Browser
from tests.simulators.bank import (
    API_PASSWORD,
    API_USER,
    CLIENT_ID,
    PARAF,
    STORE_KEY,
    Bank,
    agreed_instalments,
    auto_form,
    return_form,
)

pytestmark = pytest.mark.django_db

Make = Callable[..., Order]
Enter = Callable[[Person], Client]
Form = tuple[str, dict[str, str]]
PARAF_3 = Decimal("5230.14")
"""5.097,60 TRY and 2.60 %, in three months of 1.743,38."""


@pytest.fixture(autouse=True)
def nestpay(shop: None, settings: Settings, bank: Bank) -> None:
    """Pay at the bank's NestPay gate."""
    settings.CARD_GATEWAY, settings.NESTPAY_URL = "nestpay", bank.url
    settings.NESTPAY_CLIENT_ID, settings.NESTPAY_STORE_KEY = CLIENT_ID, STORE_KEY
    settings.NESTPAY_API_USER, settings.NESTPAY_API_PASSWORD = API_USER, API_PASSWORD
    settings.NESTPAY_INSTALMENTS = agreed_instalments()


def to_the_bank(payer: Client, order: Order, *, instalments: int = 1, bin_number: str = "") -> Form:
    """Press “Ödemeyi Tamamla”; return the form that the browser posts to the bank."""
    fields = check_page(payer, order, instalments=instalments, bin_number=bin_number)
    answer = payer.post(f"/siparis/{order.code_display}/odeme/kart/onay/", fields)
    page = answer.content.decode()
    assert (answer.status_code, "Bankanın sayfasına git" in page) == (200, True)
    return auto_form(page)


def pay_there(bank: Bank, form: Form, card: str = PARAF, *, count: int = 1) -> Form:
    """Pay on the bank's pages; return where the bank sends the browser, and what it posts there."""
    browser = Browser(bank.http)
    page = browser.arrive(bank.http.post(form[0], data=form[1]))
    browser.pay(page, card, count)
    return return_form(bank.http.get(str(page.url).replace("odeme-sayfasi", "donus")))


def at_the_bank(bank: Bank) -> list[tuple[str, int]]:
    """Return state and money given back, in kuruş, of each payment of the only attempt, latest first."""
    number = CardAttempt.objects.get().conversation_id
    return [(each["state"], each["refunded"]) for each in bank.payments() if each["conversation_id"] == number]


@pytest.fixture
def paid(payer: Client, bank: Bank, order: Order) -> CardAttempt:
    """A completed order, paid in three instalments."""
    come_back(*pay_there(bank, to_the_bank(payer, order, instalments=3, bin_number=PARAF[:6]), count=3))
    return CardAttempt.objects.get()


# --- Paying -----------------------------------------------------------------------------------------------------------
def test_in_the_instalments_that_were_agreed_with_the_bank(payer: Client, bank: Bank, order: Order) -> None:
    step = f"/siparis/{order.code_display}/odeme/kart/"
    everything = payer.get(f"{step}?taksitler=1").content.decode()
    assert "Diğer kartlar" in everything
    quoted = payer.post(step, {"bin_number": PARAF[:6], "quote": "1"}).content.decode()
    assert "3 taksit – ayda 1.743,38 ₺, toplam 5.230,14 ₺" in quoted
    family = re.search(r'<p class="card-family">.*?</svg>(.*?)</p>', quoted, re.DOTALL)
    assert family
    assert family[1].strip() == "Paraf"
    form = to_the_bank(payer, order, instalments=3, bin_number=PARAF[:6])
    assert form[0] == f"{bank.url}/fim/est3Dgate"
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    assert auto_form(payer.get(f"{step}devam/").content.decode()) == form  # gone away, and back to the bank
    answer = come_back(*pay_there(bank, form, count=3))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/siparis/{order.code_display}/")
    assert state_of(order) == ("completed", ["succeeded"])
    attempt = CardAttempt.objects.get()
    assert (attempt.gateway, attempt.instalments, attempt.amount, attempt.paid_amount) == ("nestpay", 3, GROSS, PARAF_3)
    assert (attempt.bin, attempt.last4, attempt.surplus) == (PARAF[:6], PARAF[-4:], False)
    assert [row.amount for row in order.allocations.all()] == [GROSS]
    receipt = payer.get(f"/siparis/{order.code_display}/makbuz/").content.decode()
    assert ("3 taksit" in receipt, "132,54 ₺ (bankanın taksit farkıdır" in receipt) == (True, True)
    assert Mail.objects.filter(kind="order-paid").count() == 1
    seen = [everything, quoted, receipt, payer.get(answer.headers["Location"]).content.decode()]
    assert [page for page in seen if "iyzico" in page.lower()] == []
    assert holds()


def test_without_instalments_nobody_is_asked_for_their_card_s_digits(
    payer: Client, bank: Bank, order: Order, settings: Settings
) -> None:
    settings.NESTPAY_INSTALMENTS = ""
    step = f"/siparis/{order.code_display}/odeme/kart/"
    for page in (payer.get(step), payer.get(f"{step}?taksitler=1"), payer.post(step, {"quote": "1"})):
        text = page.content.decode()
        assert ("Ödeme, peşin olarak yapılmaktadır." in text, "Peşin – 5.097,60 ₺" in text) == (True, True)
        assert [words for words in ("Taksit", " taksit", "bin_number", "Diğer kartlar") if words in text] == []
    chosen = payer.post(step, {"instalments": "1", "pay": "1"})
    assert chosen.headers["Location"] == f"{step}onay/?taksit=1&kart="
    come_back(*pay_there(bank, to_the_bank(payer, order)))
    assert state_of(order) == ("completed", ["succeeded"])


@pytest.mark.parametrize("group", [DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.AUTHENTICATION])
def test_declined_then_paid(payer: Client, bank: Bank, order: Order, group: DeclineGroup) -> None:
    answer = come_back(*pay_there(bank, to_the_bank(payer, order), CARDS[group]))
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert state_of(order) == ("contract_accepted", ["declined"])
    assert DECLINE_WORDS[group] in unescape(payer.get(answer.headers["Location"]).content.decode())
    come_back(*pay_there(bank, to_the_bank(payer, order)))
    assert state_of(order) == ("completed", ["declined", "succeeded"])
    assert holds()


# --- Returns ----------------------------------------------------------------------------------------------------------
def test_forged_foreign_and_replayed_returns(payer: Client, bank: Bank, order: Order, accepted: Make) -> None:
    other = accepted("ileti-250")
    where, fields = pay_there(bank, to_the_bank(payer, order))
    elsewhere, foreign = pay_there(bank, to_the_bank(payer, other), CARDS[DeclineGroup.DO_NOT_HONOUR])
    unsigned = {name: value for name, value in fields.items() if name != "HASH"}
    for forged in ({}, unsigned, {**fields, "amount": "1.00"}, {**fields, "mdStatus": "4"}, {**fields, "more": "x"}):
        assert come_back(where, forged).status_code == 400
    assert come_back(where, foreign).status_code == 400
    assert come_back(elsewhere, fields).status_code == 400
    assert (state_of(order)[0], state_of(other)[0]) == ("card_pending", "card_pending")
    for _ in range(2):
        assert come_back(where, fields).status_code == 303
    assert (state_of(order), order.allocations.count()) == (("completed", ["succeeded"]), 1)
    assert (come_back(elsewhere, foreign).status_code, state_of(other)[0]) == (303, "contract_accepted")
    assert holds()


def test_a_form_that_was_sent_twice_is_not_refused_when_it_was_paid(payer: Client, bank: Bank, order: Order) -> None:
    """Two tabs at the bank: one pays and is closed, the other one brings a signed refusal of its own try."""
    form = to_the_bank(payer, order)
    pay_there(bank, form)
    where, refused = pay_there(bank, form)
    assert refused["Response"] == "Declined"
    assert come_back(where, refused).headers["Location"] == f"/siparis/{order.code_display}/"
    assert state_of(order) == ("completed", ["succeeded"])
    assert (sorted(at_the_bank(bank)), holds()) == ([("captured", 0), ("declined", 0)], True)


@pytest.mark.parametrize("was_paid", [False, True])
def test_a_refusal_waits_for_the_bank_s_word_of_the_order(
    payer: Client, bank: Bank, order: Order, now: datetime, was_paid: bool
) -> None:
    form = to_the_bank(payer, order)
    if was_paid:
        pay_there(bank, form)
    refused = pay_there(bank, form, CARDS[DeclineGroup.DO_NOT_HONOUR])
    bank.order("detail", "http-500")
    come_back(*refused)
    assert state_of(order) == ("card_unknown", ["unknown"])
    assert cards.sweep(now=now + timedelta(minutes=2)) == 1
    ended = ("completed", ["succeeded"]) if was_paid else ("contract_accepted", ["declined"])
    assert (state_of(order), holds()) == (ended, True)


# --- Answers that are lost --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "http-500", "malformed"])
def test_paid_by_a_browser_that_never_came_back(
    payer: Client, bank: Bank, order: Order, now: datetime, fault: str
) -> None:
    """No message comes: the sweeper alone finds it, one round after the bank answers."""
    pay_there(bank, to_the_bank(payer, order))
    bank.order("detail", fault)
    assert cards.sweep(now=now + timedelta(minutes=2)) == 1
    assert state_of(order) == ("card_unknown", ["unknown"])
    assert cards.sweep(now=now + timedelta(minutes=4)) == 1
    assert (state_of(order), holds()) == (("completed", ["succeeded"]), True)


def test_left_at_the_bank_and_paid_there_later(payer: Client, bank: Bank, order: Order, now: datetime) -> None:
    """The bank knows nothing of a page that is open: for half an hour that is no end, and afterwards not for good."""
    form = to_the_bank(payer, order)
    cards.sweep(now=now + timedelta(minutes=5))
    assert state_of(order) == ("card_pending", ["needs_3ds"])
    cards.sweep(now=now + timedelta(minutes=31))
    assert state_of(order) == ("contract_accepted", ["abandoned"])
    come_back(*pay_there(bank, form))
    assert (state_of(order), holds()) == (("completed", ["succeeded"]), True)


def test_another_amount_is_never_believed(payer: Client, bank: Bank, order: Order) -> None:
    bank.order("charge", "wrong-amount")
    come_back(*pay_there(bank, to_the_bank(payer, order)))
    assert (state_of(order), order.allocations.count()) == (("in_review", ["succeeded"]), 0)
    assert (Refund.objects.get().amount, holds()) == (GROSS - 1, True)


# --- Day by day -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("was_paid", [False, True])
def test_a_refused_form_that_was_sent_again_is_found_the_next_morning(
    payer: Client, bank: Bank, order: Order, now: datetime, was_paid: bool
) -> None:
    """Refused, then paid by going back in the browser, which was closed then: only the daily round can know."""
    form = to_the_bank(payer, order)
    come_back(*pay_there(bank, form, CARDS[DeclineGroup.INSUFFICIENT_FUNDS]))
    if was_paid:
        pay_there(bank, form)
    assert cards.sweep(now=now + timedelta(hours=1)) == 0
    assert card_day.promise_due(now=now) == 0  # its day is not over
    assert card_day.promise_due(now=now + timedelta(days=1)) == 1
    for message in OutboxMessage.objects.filter(topic="card.settle"):
        assert outbox.run(message.pk)
    ended = ("completed", ["succeeded"]) if was_paid else ("contract_accepted", ["declined"])
    assert (state_of(order), holds()) == (ended, True)


def test_its_days_are_not_compared_and_the_page_says_so(
    paid: CardAttempt, client_of: Enter, accountant: Person, now: datetime
) -> None:
    with time_machine.travel(now + timedelta(days=1), tick=True):
        assert card_day.promise_due(now=timezone.now()) == 0
        browser = client_of(accountant)
        page = browser.get("/muhasebe/kart-mutabakati/").content.decode()
        assert "nestpay günlük rapor vermez." in page
        assert "Kullanılan ödeme kuruluşu günlük rapor vermiyor." in page
        day = {"gateway": "nestpay", "day": f"{now:%Y-%m-%d}"}
        refused = browser.post("/muhasebe/kart-mutabakati/", day, follow=True).content.decode()
    assert ("Bu gün karşılaştırılamaz." in refused, CardDay.objects.count()) == (True, 0)


# --- Money back -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "fault", "ended"),
    [
        (0, "", "cancelled"),
        (1, "", "captured"),
        (0, "drop-after", "cancelled"),
        (1, "http-500-after", "captured"),
        (1, "drop-before", "captured"),
    ],
)
def test_all_of_it_goes_back_once(
    paid: CardAttempt, bank: Bank, first: Person, second: Person, now: datetime, days: int, fault: str, ended: str
) -> None:
    """Cancelled on its day, refunded afterwards; with a lost answer the bank is asked before anything is sent again."""
    if fault:
        bank.order("refund" if days else "cancel", fault)
    with time_machine.travel(now + timedelta(days=days), tick=True):
        refund = ask(paid, first, PARAF_3)
        refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
        work_off()
        if fault:
            refund.refresh_from_db()
            assert refund.state == "unknown"
            refund_sweep.sweep(now=timezone.now() + timedelta(minutes=11))
        if fault == "drop-before":  # the bank says that nothing went back: a person sends it again
            refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
            work_off()
    refund.refresh_from_db()
    assert (refund.state, at_the_bank(bank)) == ("confirmed", [(ended, 523014)])
    assert state_of(paid.order)[0] == "refunded"
    assert [row.amount for row in paid.allocations.order_by("pk")] == [GROSS, -GROSS]
    assert "5.230,14 ₺" in Mail.objects.get(kind="card-refunded").text
    assert holds()


def test_a_part_cannot_go_back_and_the_form_says_so(
    paid: CardAttempt, bank: Bank, client_of: Enter, accountant: Person
) -> None:
    with pytest.raises(RefundRefused, match=r"kısmi iade yapmıyor; yalnızca 5\.230,14 ₺ iade edilebilir"):
        ask(paid, accountant, Decimal("100.00"))
    page = client_of(accountant).get(f"/muhasebe/kart-denemeleri/{paid.pk}/iade/").content.decode()
    field: Any = re.search(r'<input[^>]*name="amount"[^>]*>', page)
    assert ("readonly" in field[0], 'value="5.230,14"' in field[0]) == (True, True)
    assert "Bu ödeme kuruluşu kısmi iade yapmıyor." in page
    assert at_the_bank(bank) == [("captured", 0)]
