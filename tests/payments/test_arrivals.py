"""The customer's side of a transfer: what came, what is missing, how fresh our view is, and the QR code."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from payments.enums import DecisionKind
from payments.models import BankAccount, Order, SourceRun, Statement, StatementLine
from payments.payment_qr import payment_qr
from payments.selectors.arrivals import arrivals_of, bank_read_at
from payments.selectors.lines import seen_of
from payments.services import decisions, mails, orders
from tests.payments.mt940 import Transfer

pytestmark = pytest.mark.django_db
Import = Callable[..., Statement]


@pytest.fixture
def order(awaiting: Callable[..., Order]) -> Order:
    return awaiting("ileti-150")


def page(client_of: Callable[[Person], Client], alice: Person, order: Order, now: datetime) -> str:
    with time_machine.travel(now, tick=False):
        html = client_of(alice).get(f"/siparis/{order.code_display}/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_nothing_has_come(
    order: Order, account: BankAccount, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    found = arrivals_of(order)
    assert (found.rows, found.missing, found.surplus) == ([], Decimal("5097.60"), Decimal("0.00"))
    text = page(client_of, alice, order, now)
    assert "Banka hareketleri henüz okunmadı." in text
    assert "Siparişiniz başarıyla oluşturulmuştur." in text


def test_too_little_says_how_much_is_missing(
    order: Order, imported: Import, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    imported(Transfer(order.code_display, Decimal("4000.00")))
    found = arrivals_of(order)
    assert [(row.amount, row.counted) for row in found.rows] == [(Decimal("4000.00"), False)]
    text = page(client_of, alice, order, now)
    assert "4.000,00 ₺ geldi, 1.097,60 ₺ eksik." in text
    assert "Ödemenizi muhasebe birimimiz inceliyor." in text
    assert "Banka hareketleri en son 23.11.2026 12:00 itibarıyla okundu." in text
    assert "Siparişiniz başarıyla oluşturulmuştur." not in text


def test_too_much_says_what_goes_back(
    order: Order, imported: Import, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    imported(Transfer(order.code_display, Decimal("6000.00")))
    assert arrivals_of(order).surplus == Decimal("902.40")
    assert "6.000,00 ₺ geldi, 902,40 ₺ fazla." in page(client_of, alice, order, now)


def test_money_without_the_code_is_not_told(order: Order, imported: Import) -> None:
    imported(Transfer(f"{order.provider.title} {order.provider.tax_number}"), Transfer("KİRA", Decimal("10.00")))
    assert arrivals_of(order).rows == []


def test_a_refused_file_makes_nothing_fresher(account: BankAccount, imported: Import, now: datetime) -> None:
    imported(content=b"no statement")
    assert bank_read_at() is None
    SourceRun.objects.create(source="ziraat", account=account, succeeded_at=now - timedelta(hours=1))
    assert bank_read_at() == now - timedelta(hours=1)
    SourceRun.objects.create(source="drop", account=account, succeeded_at=now)
    assert bank_read_at() == now - timedelta(hours=1), "an empty folder says nothing of the bank"
    imported(Transfer("KİRA"))
    assert bank_read_at() == now
    account.is_active = False
    account.save()
    assert bank_read_at() is None


def test_the_customer_is_written_to_once_a_line(order: Order, imported: Import) -> None:
    imported(Transfer(order.code_display, Decimal("4000.00")))
    message = OutboxMessage.objects.get(topic="payment.differs")
    assert outbox.run(message.pk)
    mails.payment_differs(line_id=message.payload["line_id"])
    mail = Mail.objects.get(kind="payment-differs")
    assert mail.subject == f"Ödemenizin tutarı farklı: {order.code_display}"
    assert "4.000,00 ₺ geldi; 1.097,60 ₺ eksik." in re.sub(r"\s+", " ", mail.text)


def told(order: Order) -> str:
    """Send what was promised, and return the e-mail about the order's payment on one line."""
    for message in OutboxMessage.objects.filter(topic="payment.differs", done_at=None):
        assert outbox.run(message.pk)
    mail = Mail.objects.get(kind="payment-differs")
    assert order.code_display in mail.subject
    return re.sub(r"\s+", " ", f"{mail.subject} {mail.text}")


def test_a_second_payment_is_told_and_shown(
    order: Order, imported: Import, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    imported(Transfer(order.code_display))
    imported(Transfer(order.code_display, Decimal("100.00")), reference="EKSTRE2")
    text = told(order)
    assert text.startswith(f"Ödemeniz inceleniyor: {order.code_display}")
    assert "siparişinizin ödemesi daha önce alınmıştı; aynı sipariş koduyla 100,00 ₺ daha geldi." in text
    shown = page(client_of, alice, order, now)
    assert "koduyla 100,00 ₺ geldi; muhasebe birimimiz inceliyor." in shown


def test_what_may_be_the_same_money_in_another_file_is_nobodys_news(order: Order, imported: Import) -> None:
    imported(Transfer(f"{order.code_display} A"), Transfer(f"{order.code_display} B"))
    assert OutboxMessage.objects.filter(topic="payment.differs").count() == 0
    assert not arrivals_of(order).is_looked_into


def test_money_for_an_order_that_is_over_is_told_and_shown(
    order: Order, imported: Import, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    orders.cancel(order=order, person=alice)
    imported(Transfer(order.code_display, Decimal("40.00")))
    assert "siparişiniz için 40,00 ₺ geldi, ancak sipariş artık ödeme beklemiyordu." in told(order)
    assert "koduyla 40,00 ₺ geldi; muhasebe birimimiz inceliyor." in page(client_of, alice, order, now)


def test_what_a_person_dealt_with_is_not_told_any_more(order: Order, imported: Import, alice: Person) -> None:
    orders.cancel(order=order, person=alice)
    imported(Transfer(order.code_display, Decimal("40.00")))
    StatementLine.objects.update(state="refund", rule="person", verdict="İade")
    assert outbox.run(OutboxMessage.objects.get(topic="payment.differs").pk)
    assert Mail.objects.filter(kind="payment-differs").count() == 0


def test_who_paid_too_little_without_the_code_reads_what_is_still_to_come(
    order: Order, imported: Import, accountant: Person, now: datetime
) -> None:
    imported(Transfer("HAVALE", Decimal("4000.00")))
    line = StatementLine.objects.get()
    decisions.decide(
        line_id=line.pk,
        kind=DecisionKind.ALLOCATE,
        reason="Dekont görüldü",
        person=accountant,
        now=now,
        seen=seen_of(line),
        shares=[(order.code, Decimal("4000.00"))],
    )
    assert "için 4.000,00 ₺ geldi; 1.097,60 ₺ eksik." in told(order)


def test_the_qr_code_holds_what_is_to_be_copied(account: BankAccount) -> None:
    first = payment_qr(account, amount=Decimal("5097.60"), description="KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.")
    other = payment_qr(account, amount=Decimal("5097.61"), description="KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş.")
    assert first.startswith('<svg xmlns="http://www.w3.org/2000/svg" class="qr"')
    assert first != other
