"""The accountants' pages of card refunds: the form, the check page, the second person, the list."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from payments.enums import AttemptState, Consequence, RefundState
from payments.models import CardAttempt, Order, Refund
from payments.services import refunds
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/muhasebe/kart-iadeleri/"
ClientOf = Callable[[Person], Client]


@pytest.fixture
def browser(client_of: ClientOf, accountant: Person, now: datetime) -> Client:
    """An accountant's browser."""
    with time_machine.travel(now, tick=True):
        yield client_of(accountant)


def captured(order: Order, now: datetime, number: int = 1, *, surplus: bool = True) -> CardAttempt:
    """A capture that is too much: it may be refunded without a package ending."""
    return CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=order.person,
        gateway="iyzico",
        conversation_id=str(number),
        form_nonce=str(number),
        amount=order.gross,
        paid_amount=order.gross,
        state=AttemptState.SUCCEEDED,
        surplus=surplus,
        payment_id=str(number),
        bin="552879",
        last4="0008",
        settled_at=now,
    )


def refund(attempt: CardAttempt, key: str, **fields: object) -> Refund:
    values = {"amount": Decimal("10.00"), "reason": "Fazla çekim", **fields}
    return Refund.objects.create(
        provider_id=attempt.provider_id, order=attempt.order, attempt=attempt, key=key, **values
    )


def form_of(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_asked_for_with_a_check_page_and_once(browser: Client, order: Order, now: datetime) -> None:
    attempt = captured(order, now)
    address = f"/muhasebe/kart-denemeleri/{attempt.pk}/iade/"
    page = browser.get(address).content.decode()
    assert 'value="5.097,60"' in page
    typed = {**form_of(page), "amount": "1.000,50", "reason": "Yanlış çekim", "consequence": "keep"}
    check = browser.post(address, typed).content.decode()
    assert "İadeyi onaylıyor musunuz?" in check
    assert "1.000,50 ₺" in check
    assert Refund.objects.count() == 0
    sure = form_of(check)
    first, again = browser.post(address, sure), browser.post(address, sure)
    made = Refund.objects.get()
    assert (made.amount, made.reason, made.state) == (Decimal("1000.50"), "Yanlış çekim", RefundState.APPROVED)
    assert first["Location"] == f"{LIST}{made.pk}/"
    assert again["Location"] == LIST
    assert "hiçbir şey eklenmedi" in browser.get(LIST).content.decode()


def test_of_a_gateway_that_is_not_set_up_nothing_can_be_asked_back(
    browser: Client, order: Order, now: datetime
) -> None:
    attempt = captured(order, now)
    CardAttempt.objects.update(gateway="eski-banka")
    address = f"/muhasebe/kart-denemeleri/{attempt.pk}/iade/"
    form = {**form_of(browser.get(address).content.decode()), "reason": "Neden", "consequence": "keep"}
    page = browser.post(address, {"amount": "5.097,60", **form}).content.decode()
    assert "Ödeme kuruluşu (eski-banka) bu sistemde tanımlı değil" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "9.999,00"}, "İade tutarı 0,01 ₺ ile 5.097,60 ₺ arasında olmalıdır."),
        ({"amount": "çok"}, "bir tutar değil; 5.097,60 gibi yazın."),
        ({"amount": "-5"}, "İade tutarı 0,01 ₺ ile 5.097,60 ₺ arasında olmalıdır."),
        ({"reason": " "}, "İadenin gerekçesini yazın."),
        ({"consequence": "x"}, "Paketin ne olacağını seçin."),
    ],
)
def test_wrong_input_is_said_and_kept(
    browser: Client, order: Order, now: datetime, typed: dict[str, str], words: str
) -> None:
    address = f"/muhasebe/kart-denemeleri/{captured(order, now).pk}/iade/"
    form = {**form_of(browser.get(address).content.decode()), "amount": "10", "reason": "Neden", "consequence": "end"}
    page = browser.post(address, form | typed).content.decode()
    assert words in page
    assert 'data-testid="error-summary"' in page
    if typed.get("amount"):
        assert f'value="{typed["amount"]}"' in page


def test_the_second_person_is_another(browser: Client, client_of: ClientOf, order: Order, now: datetime) -> None:
    attempt = captured(order, now)
    asked = refunds.request(
        attempt_id=attempt.pk,
        amount=order.gross,
        reason="Müşteri vazgeçti",
        consequence=Consequence.END,
        person=Person.objects.get(username="muhasebe"),
        now=now,
    )
    page = browser.get(f"{LIST}{asked.pk}/").content.decode()
    assert "onayı ikinci bir kişi vermelidir" in page
    assert 'value="approve"' not in page
    refused = browser.post(f"{LIST}{asked.pk}/", {"decision": "approve"})
    assert "Bu iadeyi siz istediniz" in refused.content.decode()
    second = client_of(factories.accountant("muhasebe2"))
    assert second.post(f"{LIST}{asked.pk}/", {"decision": "approve"}).status_code == 302
    asked.refresh_from_db()
    assert asked.state == RefundState.APPROVED
    late = browser.post(f"{LIST}{asked.pk}/", {"decision": "reject", "reason": "x"}).content.decode()
    assert "az önce işlendi" in late
    assert "İade onaylandı" in late


def test_too_much_cannot_be_given_up(browser: Client, order: Order, now: datetime) -> None:
    row = refund(captured(order, now), "a")
    page = browser.get(f"{LIST}{row.pk}/").content.decode()
    assert ('value="approve"' in page, 'value="reject"' in page) == (True, False)


def test_an_empty_list_and_a_filter(browser: Client, order: Order, now: datetime) -> None:
    assert "Kart iadesi yok" in browser.get(LIST).content.decode()
    refund(captured(order, now), "a")
    assert "1 kart iadesi" in browser.get(LIST).content.decode()
    assert "Bu durumda iade yok" in browser.get(f"{LIST}?durum=confirmed").content.decode()
    assert "1 kart iadesi" in browser.get(f"{LIST}?durum=bilinmeyen").content.decode()
    assert browser.get(f"{LIST}999999/").status_code == 404
    assert browser.get("/muhasebe/kart-denemeleri/999999/iade/").status_code == 404


def test_nothing_left_to_give_back(browser: Client, order: Order, now: datetime) -> None:
    attempt = captured(order, now)
    refund(attempt, "a", amount=order.gross)
    assert (
        "Geri verilecek para kalmadı" in browser.get(f"/muhasebe/kart-denemeleri/{attempt.pk}/iade/").content.decode()
    )


def test_the_list_costs_the_same_for_one_and_three(browser: Client, order: Order, now: datetime) -> None:
    counts = []
    for number in (1, 2, 3):
        refund(captured(order, now + timedelta(seconds=number), number), str(number))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]
