"""Refunds in parts, before the package began, without a gateway; what the ledger and the customer see of them."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from iys_portal import ledger
from packages import services as subscriptions
from payments.enums import RefundState
from payments.models import CardAttempt, Order, Refund
from payments.services import refunds
from payments.services.refunds import RefundRefused
from tests import factories
from tests.payments.cards.test_card_path import check_page, come_back, pay_there, to_the_bank
from tests.payments.cards.test_refunds import (  # noqa: F401  (fixtures)
    END,
    GROSS,
    KEEP,
    ask,
    first,
    paid,
    second,
    state_of,
    work_off,
)
from tests.simulators.bank import PARAF, Bank

pytestmark = pytest.mark.django_db


def test_parts_do_not_get_past_the_second_person(paid: CardAttempt, first: Person, second: Person) -> None:
    given_up = ask(paid, first)
    refunds.reject(refund_id=given_up.pk, person=first, reason="Yanlış tutar", now=timezone.now())
    at_the_limit = ask(paid, first, Decimal("4999.99"), consequence=KEEP)
    the_kurus = ask(paid, first, Decimal("0.01"), consequence=KEEP)
    above = ask(paid, first, Decimal("0.01"), consequence=KEEP)
    rows = [(row.needs_second, row.state) for row in (at_the_limit, the_kurus, above)]
    assert rows == [(False, "approved"), (False, "approved"), (True, "requested")]
    with pytest.raises(RefundRefused, match="ikinci bir kişi"):
        refunds.approve(refund_id=above.pk, person=first, now=timezone.now())
    assert refunds.approve(refund_id=above.pk, person=second, now=timezone.now()).state == RefundState.APPROVED


@pytest.mark.parametrize("amount", ["0.001", "0.005", "10.004"])
def test_no_fractions_of_a_kurus(paid: CardAttempt, first: Person, amount: str) -> None:
    with pytest.raises(RefundRefused, match="iki ondalık"):
        ask(paid, first, Decimal(amount), consequence=KEEP)


def test_no_package_ends_before_it_began(
    payer: Client,
    bank: Bank,
    order: Order,
    first: Person,
    now: datetime,
) -> None:
    """A part with “Paket sona ersin” would end nothing, and the package would begin when its obstacle is gone."""
    address = to_the_bank(payer, order, check_page(payer, order))
    old = factories.subscription(order.provider, "ileti-75", now=now)
    subscriptions.pause(subscription=old, actor=first, reason="İnceleme", now=now)
    come_back(*pay_there(bank, address))
    attempt = CardAttempt.objects.get()
    with pytest.raises(RefundRefused, match="henüz tanımlanmadı"):
        ask(attempt, first, Decimal("100.00"))
    assert state_of(attempt) == ("paid", "", [])
    ask(attempt, first, Decimal("100.00"), consequence=KEEP)
    assert state_of(attempt) == ("paid", "", ["approved"])


def test_a_gateway_that_is_not_set_up_is_sent_nothing(paid: CardAttempt, first: Person) -> None:
    refund = ask(paid, first, Decimal("10.00"), consequence=KEEP)
    CardAttempt.objects.update(gateway="eski-banka")
    with pytest.raises(KeyError):
        refunds.send(refund_id=refund.pk, now=timezone.now())
    assert state_of(paid)[2] == ["approved"]


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE payments_order SET state = 'refunded'",
        "UPDATE packages_subscription SET state = 'active', ended_at = NULL",
    ],
)
def test_the_ledger_sees_what_a_refund_left_behind(
    paid: CardAttempt,
    first: Person,
    second: Person,
    lie: str,
) -> None:
    refunds.approve(refund_id=ask(paid, first).pk, person=second, now=timezone.now())
    assert ledger.verify()["refunded_orders_hold_nothing"]["ok"] is True
    with connection.cursor() as cursor:
        cursor.execute(lie)
    assert ledger.verify()["refunded_orders_hold_nothing"]["ok"] is False


def test_the_customer_sees_how_much_goes_to_which_card(
    paid: CardAttempt,
    payer: Client,
    first: Person,
    second: Person,
) -> None:
    address = f"/siparis/{paid.order.code_display}/"
    assert "Kartınıza iade" not in payer.get(address).content.decode()
    refund = ask(paid, first, reason="Şikâyet dosyası 17")
    assert "Kartınıza iade" not in payer.get(address).content.decode()  # nobody has decided yet
    refunds.approve(refund_id=refund.pk, person=second, now=timezone.now())
    page = payer.get(address).content.decode()
    assert f"{PARAF[-4:]} ile biten kart" in page
    assert "İade ediliyor; banka onayladığında burada görünür" in page
    assert f"iade edilecek; {paid.order.package.name} paketiniz sona erdi" in page
    work_off()
    page = payer.get(address).content.decode()
    assert "tarihinde iade edildi" in page
    assert "Şikâyet dosyası 17" not in page
    assert second.get_full_name() not in page


def test_a_part_that_ends_the_package_is_said(paid: CardAttempt, payer: Client, first: Person) -> None:
    ask(paid, first, Decimal("100.00"))
    work_off()
    page = payer.get(f"/siparis/{paid.order.code_display}/").content.decode()
    assert "paketiniz sona erdi. Ödemenizin size geri verilen bölümünü" in page
    assert "paketiniz tanımlandı." not in page
    assert Refund.objects.get().amount < GROSS
