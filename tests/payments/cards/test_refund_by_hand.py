"""What the bank does not give back is paid by hand: one person says so, another confirms, and it is closed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Person
from iys_portal import ledger
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from payments.enums import RefundState
from payments.models import CardAttempt, CardDifference, Refund
from payments.services import card_day, refunds, refunds_by_hand
from payments.services.refunds import RefundRefused
from tests import factories
from tests.payments.cards.in_memory import PayByCard, WatchedBank, pay, shop  # noqa: F401  (fixtures)
from tests.payments.cards.memory_bank import Card, Fault

pytestmark = pytest.mark.django_db

WORDS = "Havale, 23.11.2026, dekont 4711"


@pytest.fixture
def first(db: None) -> Person:
    return factories.accountant()


@pytest.fixture
def second(db: None) -> Person:
    return factories.accountant("muhasebe2")


@pytest.fixture
def refused(pay: PayByCard, shop: WatchedBank, first: Person) -> Refund:
    """A surplus (the bank took more than it was asked for) whose way back the bank refuses."""
    pay(card=Card.PAYS_MORE)
    refund = Refund.objects.get()
    refunds.approve(refund_id=refund.pk, person=first, now=shop.now)
    shop.fault = Fault.REFUSED
    refunds.send(refund_id=refund.pk, now=shop.now)
    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    return refund


def state_of(refund: Refund) -> tuple[str, str]:
    found = Refund.objects.select_related("order").get(pk=refund.pk)
    return found.state, found.order.state


def test_said_by_one_and_closed_by_another(
    refused: Refund,
    shop: WatchedBank,
    first: Person,
    second: Person,
) -> None:
    with pytest.raises(RefundRefused, match="nasıl ödendiğini"):
        refunds_by_hand.say(refund_id=refused.pk, person=first, reason="  ", now=shop.now)
    refunds_by_hand.say(refund_id=refused.pk, person=first, reason=WORDS, now=shop.now)
    assert state_of(refused) == ("by_hand", "refund_due")
    with pytest.raises(RefundRefused, match="az önce işlendi"):
        refunds.approve(refund_id=refused.pk, person=second, now=shop.now)
    for step in (refunds.reject, refunds_by_hand.say):
        with pytest.raises(RefundRefused, match="az önce işlendi"):
            step(refund_id=refused.pk, person=second, now=shop.now, reason="x")
    with pytest.raises(RefundRefused, match="ikinci bir kişi"):
        refunds_by_hand.confirm(refund_id=refused.pk, person=first, now=shop.now)
    refunds_by_hand.confirm(refund_id=refused.pk, person=second, now=shop.now)
    assert state_of(refused) == ("confirmed", "refunded")
    with pytest.raises(RefundRefused, match="az önce işlendi"):
        refunds_by_hand.confirm(refund_id=refused.pk, person=second, now=shop.now)
    events = AuditEvent.objects.filter(object_type="payments.refund", object_id=str(refused.pk)).order_by("-pk")
    assert list(events.values_list("action", "reason", "actor_id")[:2]) == [
        ("state:confirmed", "Elle ödendiği onaylandı.", second.pk),
        ("state:by_hand", WORDS, first.pk),
    ]
    assert all(result["ok"] for result in ledger.verify().values())
    mail = Mail.objects.get(kind="card-refunded")
    assert "kart dışından iade edildi" in mail.text
    assert "ile biten karta" not in mail.text


def test_what_was_not_so_waits_again(
    refused: Refund,
    shop: WatchedBank,
    first: Person,
    second: Person,
) -> None:
    refunds_by_hand.say(refund_id=refused.pk, person=first, reason=WORDS, now=shop.now)
    with pytest.raises(RefundRefused, match="Neden onaylamadığınızı"):
        refunds_by_hand.deny(refund_id=refused.pk, person=second, reason="", now=shop.now)
    refunds_by_hand.deny(refund_id=refused.pk, person=second, reason="Dekont başka sipariş için", now=shop.now)
    assert (state_of(refused), Refund.objects.get().paid_by) == (("failed", "refund_due"), None)
    with pytest.raises(RefundRefused, match="az önce işlendi"):
        refunds_by_hand.deny(refund_id=refused.pk, person=second, reason="x", now=shop.now)
    refunds.approve(refund_id=refused.pk, person=first, now=shop.now)
    refunds.send(refund_id=refused.pk, now=shop.now)
    assert state_of(refused) == ("confirmed", "refunded")


def test_only_what_the_bank_refused(
    pay: PayByCard,
    shop: WatchedBank,
    first: Person,
) -> None:
    """What the bank was never asked for, or may still do, is not paid twice."""
    pay(card=Card.PAYS_MORE)
    refund = Refund.objects.get()
    for fault in (Fault.NONE, Fault.DROPPED_BEFORE):
        with pytest.raises(RefundRefused, match="az önce işlendi"):
            refunds_by_hand.say(refund_id=refund.pk, person=first, reason=WORDS, now=shop.now)
        if fault != Fault.NONE:
            break
        refunds.approve(refund_id=refund.pk, person=first, now=shop.now)
        shop.fault = Fault.DROPPED_BEFORE
        refunds.send(refund_id=refund.pk, now=shop.now)


def test_the_bank_s_report_is_not_asked_for_it(
    refused: Refund,
    shop: WatchedBank,
    first: Person,
    second: Person,
) -> None:
    refunds_by_hand.say(refund_id=refused.pk, person=first, reason=WORDS, now=shop.now)
    refunds_by_hand.confirm(refund_id=refused.pk, person=second, now=shop.now)
    day = refused.sent_at.date() if refused.sent_at else None
    assert day
    card_day.reconcile(gateway_name=shop.name, day=day, now=shop.now + timedelta(days=1))
    assert not CardDifference.objects.exists()


def test_the_page_leads_through_it(
    refused: Refund, client_of: Callable[[Person], Client], first: Person, second: Person
) -> None:
    address = f"/muhasebe/kart-iadeleri/{refused.pk}/"
    one, other = client_of(first), client_of(second)
    assert 'value="by_hand"' in one.get(address).content.decode()
    said = one.post(address, {"decision": "by_hand", "reason": WORDS}, follow=True).content.decode()
    assert "siz bildirdiniz" in said
    assert 'value="confirm_by_hand"' not in said
    page = other.get(address).content.decode()
    assert f"{first}, iadenin elle ödendiğini bildirdi" in page
    assert WORDS in page
    done = other.post(address, {"decision": "confirm_by_hand"}, follow=True).content.decode()
    assert f"{first} bildirdi, {second} onayladı" in done
    assert CardAttempt.objects.get().taken == Decimal(Refund.objects.get().amount)
