"""An order in review for what the bank took of a card: the accountant keeps the money, and the package begins."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from iys_portal import ledger
from iys_portal.audit.models import AuditEvent
from payments.models import CardAttempt, Order, Receipt, Refund
from payments.rules import AllocationRefused
from payments.services import cards, orders, refunds
from payments.services.card_keep import keep
from tests import factories
from tests.payments.cards.in_memory import PayByCard, WatchedBank, pay, shop  # noqa: F401  (fixtures)
from tests.payments.cards.memory_bank import ABANDONED_AFTER, Card, Fault

pytestmark = pytest.mark.django_db

GROSS = Decimal("5097.60")
PAGE = "/muhasebe/incelemedekiler/"


@pytest.fixture
def person(db: None) -> Person:
    return factories.accountant()


@pytest.fixture
def take(shop: WatchedBank, person: Person) -> Callable[..., Order]:
    def make(attempt: CardAttempt, reason: str = "Banka panelinde doğrulandı") -> Order:
        return keep(order=Order.objects.get(pk=attempt.order_id), reason=reason, person=person, now=shop.now)

    return make


Take = Callable[..., Order]


def stands(attempt: CardAttempt) -> tuple[str, bool, list[tuple[str, Decimal]]]:
    """Return the order's state, whether the capture is surplus, and its refunds."""
    found = CardAttempt.objects.select_related("order").get(pk=attempt.pk)
    return found.order.state, found.surplus, list(found.refunds.order_by("pk").values_list("state", "amount"))


def holds() -> bool:
    return all(result["ok"] for result in ledger.verify().values())


def test_less_for_the_instalments_than_agreed_is_kept_whole(
    pay: PayByCard,
    take: Take,
    person: Person,
) -> None:
    attempt = pay(card=Card.PAYS_LESS, months=3)
    assert GROSS < attempt.taken < attempt.paid_amount
    assert take(attempt).state == "completed"
    assert stands(attempt) == ("completed", False, [("rejected", attempt.taken)])
    assert [row.amount for row in attempt.allocations.all()] == [GROSS]
    (payment,) = Receipt.objects.get().payments
    assert (payment["charged"], payment["difference"]) == (str(attempt.taken), str(attempt.taken - GROSS))
    event = AuditEvent.objects.get(action="capture_kept")
    assert (event.actor_id, event.reason) == (person.pk, "Banka panelinde doğrulandı")
    assert holds()


def test_more_than_agreed_is_kept_and_the_rest_goes_back(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    person: Person,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    excess = attempt.taken - GROSS
    take(attempt)
    assert stands(attempt) == ("completed", False, [("rejected", attempt.taken), ("approved", excess)])
    refunds.send(refund_id=Refund.objects.get(state="approved").pk, now=shop.now)
    assert shop.payments[attempt.conversation_id].back == excess
    assert holds()
    # What is left is the whole of it: given back too, the order is over.
    attempt.refresh_from_db()
    whole = refunds.request(
        attempt_id=attempt.pk,
        amount=GROSS,
        reason="Vazgeçti",
        consequence=refunds.Consequence.END,
        person=person,
        now=shop.now,
    )
    refunds.approve(refund_id=whole.pk, person=factories.accountant("muhasebe2"), now=shop.now)
    refunds.send(refund_id=whole.pk, now=shop.now)
    assert stands(attempt)[0] == "refunded"
    assert holds()


def test_paid_after_it_was_cancelled(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    alice: Person,
) -> None:
    """The customer gave the order up, and paid on a page that was still open; now they want it."""
    late = pay(card=None)
    shop.now += ABANDONED_AFTER
    cards.sweep(now=shop.now)
    orders.cancel(order=late.order, person=alice)
    pay.come_back(late, Card.PAYS)
    assert stands(late)[:2] == ("in_review", True)
    take(late)
    assert stands(late) == ("completed", False, [("rejected", GROSS)])
    assert holds()


def test_less_than_the_price_is_not_kept(pay: PayByCard, take: Take) -> None:
    attempt = pay(card=Card.PAYS_LESS)
    with pytest.raises(AllocationRefused, match="karşılamıyor"):
        take(attempt)
    assert stands(attempt) == ("in_review", True, [("requested", attempt.taken)])


@pytest.mark.parametrize(
    ("fault", "words"), [(Fault.DROPPED_BEFORE, "doğrulamadı"), (Fault.MISREPORTED, "önce farkı araştırın")]
)
def test_the_bank_s_word_of_now_counts(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    fault: Fault,
    words: str,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    shop.fault = fault
    with pytest.raises(AllocationRefused, match=words):
        take(attempt)
    assert stands(attempt)[:2] == ("in_review", True)


@pytest.mark.parametrize("field", ["order_code", "amount", "currency", "payment_id", "conversation_id"])
def test_another_payment_is_not_kept(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    field: str,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    shop.told = {field: GROSS - 1 if field == "amount" else "BAŞKA"}
    with pytest.raises(AllocationRefused, match="bu siparişin ödemesi değil"):
        take(attempt)
    assert stands(attempt)[:2] == ("in_review", True)


def test_once_its_refund_has_begun_it_goes_back(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    person: Person,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    with pytest.raises(AllocationRefused, match="gerekçesini"):
        take(attempt, reason="ok")
    # Between the question to the bank and the lock somebody approves the refund.
    shop.called = lambda: refunds.approve(refund_id=Refund.objects.get().pk, person=person, now=shop.now)
    with pytest.raises(AllocationRefused, match="az önce başladı"):
        take(attempt)
    assert stands(attempt)[0] == "refund_due"
    shop.called = lambda: None
    with pytest.raises(AllocationRefused, match="kabul edilebilecek bir kart çekimi yok"):
        take(attempt)


def test_what_goes_back_in_part_nowhere_is_not_kept(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    shop.partial = False
    with pytest.raises(AllocationRefused, match="geri verilemiyor"):
        take(attempt)
    assert stands(attempt) == ("in_review", True, [("requested", attempt.taken)])


def test_the_page_of_reviews_offers_it(
    pay: PayByCard,
    client_of: Callable[[Person], Client],
    person: Person,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    browser = client_of(person)
    assert 'value="keep"' in browser.get(PAGE).content.decode()
    sent = {"siparis": attempt.order.code, "karar": "keep", "gerekce": "Banka panelinde doğrulandı"}
    page = browser.post(PAGE, sent, follow=True).content.decode()
    assert f"{attempt.order.code_display}: Tamamlandı." in page
    assert stands(attempt)[0] == "completed"


def test_nobody_says_that_no_money_came_where_a_card_was_charged(
    pay: PayByCard,
    client_of: Callable[[Person], Client],
    person: Person,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    browser = client_of(person)
    page = browser.get(PAGE).content.decode()
    assert ('value="await"' in page, 'value="cancel"' in page, "Para gelmedi" in page) == (True, False, False)
    sent = {"siparis": attempt.order.code, "karar": "cancel", "gerekce": "Dekont yok"}
    assert "karttan para çekildi" in browser.post(PAGE, sent).content.decode()
    assert stands(attempt)[0] == "in_review"


@pytest.mark.parametrize("state", ["requested", "failed"])
def test_nobody_gives_up_what_was_taken_above_the_agreed_sum(
    pay: PayByCard,
    shop: WatchedBank,
    take: Take,
    client_of: Callable[[Person], Client],
    person: Person,
    state: str,
) -> None:
    attempt = pay(card=Card.PAYS_MORE)
    take(attempt)
    excess = Refund.objects.exclude(state="rejected").get()
    Refund.objects.filter(pk=excess.pk).update(state=state, sent_at=shop.now if state == "failed" else None)
    with pytest.raises(refunds.RefundRefused, match="Fazladan alınan para"):
        refunds.reject(refund_id=excess.pk, person=person, reason="Kalsın", now=shop.now)
    page = client_of(person).get(reverse("accounting:card_refund", args=[excess.pk])).content.decode()
    assert "İadeden vazgeç" not in page
    # The rest is theirs to ask for, and to leave.
    attempt.refresh_from_db()
    rest = refunds.request(
        attempt_id=attempt.pk,
        amount=GROSS,
        reason="Vazgeçti",
        consequence=refunds.Consequence.END,
        person=person,
        now=shop.now,
    )
    assert refunds.reject(refund_id=rest.pk, person=person, reason="Kalsın", now=shop.now).state == "rejected"
