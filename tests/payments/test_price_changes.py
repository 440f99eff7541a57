"""Prices that change between the package page and the approval: the person reads again, or reads why not."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connections, transaction
from django.test import Client

from accounts.models import Person
from contracts.models import Approval
from packages.models import Package, Subscription, Tariff
from payments.contract_terms import contract_for
from payments.enums import OrderState
from payments.models import Order
from payments.services import orders
from payments.views.orders import CHANGED
from tests import factories
from tests.admin.test_tariffs import wait_until_blocked
from tests.payments.conftest import VISITOR

Make = Callable[..., Order]
BEFORE = factories.instant("2026-12-31T20:59:59")
MIDNIGHT = factories.instant("2026-12-31T21:00:00")
NO_PRICE = "Bu paketin bugün geçerli bir fiyatı yok. Lütfen bilgi@iys.org.tr adresine yazınız."
WITHDRAWN = "Bu paket artık satışta değil. Lütfen başka bir paket seçiniz."


@pytest.fixture
def campaign(db: None) -> Tariff:
    """İLETİ-75 is free through the last day of 2026."""
    Tariff.objects.filter(package__slug="ileti-75").update(campaign_to=date(2026, 12, 31))
    return Tariff.objects.get(package__slug="ileti-75")


@pytest.fixture
def watch() -> Iterator[time_machine.Traveller]:
    """A clock that stands a second before the campaign's end."""
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client], watch: time_machine.Traveller) -> Client:
    return client_of(alice)


def start(browser: Client, slug: str) -> tuple[Order, dict[str, str]]:
    """Choose a package and open its contract; return the draft and the form that approves it."""
    page = browser.get(f"/paket/{slug}/")
    browser.post(f"/paket/{slug}/", {"nonce": page.context["form"]["nonce"].value()})
    order = Order.objects.latest("pk")
    return order, read(browser, order)


def read(browser: Client, order: Order) -> dict[str, str]:
    form = browser.get(address(order)).context["form"]
    return {"shown": form["shown"].value(), "approve": "on"}


def address(order: Order) -> str:
    return f"/siparis/{order.code_display}/sozlesme/"


def test_a_free_draft_becomes_a_paid_one_at_midnight(
    browser: Client, campaign: Tariff, watch: time_machine.Traveller
) -> None:
    order, form = start(browser, "ileti-75")
    assert "Tamamla" in browser.get(address(order)).content.decode()
    watch.move_to(MIDNIGHT)
    answer = browser.post(address(order), form, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(address(order), 302)]
    assert [str(message) for message in answer.context["messages"]] == [CHANGED]
    assert "2.336,40 ₺" in page
    assert ">Tamamla</button>" not in page
    order.refresh_from_db()
    assert (order.state, order.net, order.kdv, order.gross) == (
        OrderState.DRAFT,
        Decimal("1980.00"),
        Decimal("356.40"),
        Decimal("2336.40"),
    )
    assert (Approval.objects.count(), Subscription.objects.count()) == (0, 0)
    answer = browser.post(address(order), read(browser, order))
    assert answer.headers["Location"] == f"/siparis/{order.code_display}/odeme/"
    assert Approval.objects.get().terms["gross"] == "2336.40"


def test_the_last_second_of_a_campaign_is_free(browser: Client, campaign: Tariff) -> None:
    order, form = start(browser, "ileti-75")
    browser.post(address(order), form)
    order.refresh_from_db()
    assert (order.state, order.gross) == (OrderState.COMPLETED, Decimal(0))


def test_a_contract_opened_after_midnight_says_that_the_price_changed(
    browser: Client, campaign: Tariff, watch: time_machine.Traveller
) -> None:
    order, _ = start(browser, "ileti-75")
    watch.move_to(MIDNIGHT)
    answer = browser.get(address(order))
    assert [str(message) for message in answer.context["messages"]] == [CHANGED]
    assert [str(message) for message in browser.get(address(order)).context["messages"]] == []


def test_a_campaign_that_starts_at_midnight_makes_a_draft_free(
    browser: Client, campaign: Tariff, watch: time_machine.Traveller
) -> None:
    Tariff.objects.filter(pk=campaign.pk).update(campaign_from=date(2027, 1, 1), campaign_to=None)
    order, form = start(browser, "ileti-75")
    watch.move_to(MIDNIGHT)
    browser.post(address(order), form)
    assert Approval.objects.count() == 0
    browser.post(address(order), read(browser, order))
    order.refresh_from_db()
    assert (order.state, order.gross) == (OrderState.COMPLETED, Decimal(0))


def test_an_approved_order_keeps_its_price_over_midnight(
    browser: Client, campaign: Tariff, watch: time_machine.Traveller
) -> None:
    """Half price until midnight, approved before, paid after."""
    Tariff.objects.filter(pk=campaign.pk).update(campaign_gross=Decimal("1168.20"), campaign_text="yarı fiyatına")
    order, form = start(browser, "ileti-75")
    browser.post(address(order), form)
    watch.move_to(MIDNIGHT)
    page = browser.get(f"/siparis/{order.code_display}/odeme/").content.decode()
    assert "1.168,20 ₺" in page
    assert "2.336,40 ₺" not in page
    browser.post(f"/siparis/{order.code_display}/odeme/havale/onay/")
    order.refresh_from_db()
    assert (order.state, order.net, order.kdv, order.gross) == (
        OrderState.TRANSFER_PENDING,
        Decimal("990.00"),
        Decimal("178.20"),
        Decimal("1168.20"),
    )


def test_the_same_price_with_another_kdv_is_read_again(draft: Make, alice: Person, now: datetime) -> None:
    order = draft("ileti-150")
    shown = contract_for(order, person=alice, now=now).sha256
    Tariff.objects.filter(pk=order.tariff_id).update(net=Decimal("4248.00"), kdv_rate=20, kdv=Decimal("849.60"))
    with pytest.raises(orders.ContractChanged):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    order.refresh_from_db()
    assert (order.net, order.kdv_rate, order.kdv) == (Decimal("4248.00"), Decimal(20), Decimal("849.60"))


@pytest.mark.parametrize(
    ("sentence", "changes"),
    [
        (WITHDRAWN, {"on_sale": False}),
        (WITHDRAWN, {"by_offer": True}),
        (NO_PRICE, {}),
    ],
)
def test_what_is_no_longer_sold_is_said_and_nothing_is_recorded(
    browser: Client, campaign: Tariff, sentence: str, changes: dict[str, bool]
) -> None:
    order, form = start(browser, "ileti-75")
    if changes:
        Package.objects.filter(slug="ileti-75").update(**changes)
    else:
        Tariff.objects.filter(pk=campaign.pk).update(valid_to=date(2026, 12, 30), campaign_to=date(2026, 12, 30))
    for answer in (browser.post(address(order), form, follow=True), browser.get(address(order), follow=True)):
        assert answer.redirect_chain == [("/paket/sec/", 302)]
        assert [str(message) for message in answer.context["messages"]] == [sentence]
    order.refresh_from_db()
    assert (order.state, Approval.objects.count(), Subscription.objects.count()) == (OrderState.DRAFT, 0, 0)


def approve(order: Order, person: Person, shown: str, now: datetime) -> str:
    try:
        orders.accept_contract(order=order, person=person, shown_sha256=shown, visitor=VISITOR, now=now)
    except orders.ContractChanged:
        return "read again"
    finally:
        connections.close_all()
    return "approved"


@pytest.mark.django_db(transaction=True)
def test_a_price_that_is_edited_during_the_approval_is_read_again(draft: Make, alice: Person, now: datetime) -> None:
    """The administrator's change is not yet committed when the approval has found the old price right."""
    order = draft("ileti-150")
    shown = contract_for(order, person=alice, now=now).sha256
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Tariff.objects.filter(pk=order.tariff_id).update(net=1, kdv=0, gross=1)
            waiting = pool.submit(approve, order, alice, shown, now)
            wait_until_blocked(1)
        assert waiting.result(10) == "read again"
    assert Approval.objects.count() == 0
