"""Activations at the same time as themselves, an upload of consents, a pause, and the clock: real transactions."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from accounts.models import Person, Provider
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from consents.services import take_over
from iys_portal import ledger
from iys_portal.audit.services import move
from packages import services as subscriptions
from packages.models import Package, Subscription
from packages.usage import lock_addresses
from payments.enums import ORDER_TRANSITIONS, OrderState
from payments.models import Order
from payments.services.activation import complete_paid
from tests import factories
from tests.consents.scene import forget_consents
from tests.partners.test_concurrency import wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., Order]
DAY = timedelta(days=1)
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def ledger_holds(db: None) -> Iterator[None]:
    """Completed orders here lack the statement line that paid them; everything else must balance."""
    yield
    broken = {name for name, result in ledger.verify().items() if not result["ok"]}
    forget_consents()
    assert broken <= {"completed_orders_are_paid_for", "payments_have_a_receipt"}


@pytest.fixture
def paid(awaiting: Make) -> Make:
    """Return an order as it rests in `paid`."""

    def make(slug: str = "ileti-150", *, at: datetime) -> Order:
        order = awaiting(slug, at=at)
        move(order, OrderState.PAID, table=ORDER_TRANSITIONS, actor=None, reason="Deneme", paid_at=at)
        return order

    return make


def apart(function: Callable[[], Any]) -> Any:
    """Run in this thread's own connection and give it back."""
    try:
        return function()
    finally:
        connections.close_all()


def together(*functions: Callable[[], Any]) -> list[Any]:
    """Run all at once, each in a connection of its own, from one starting line."""
    line = threading.Barrier(len(functions))

    def start(function: Callable[[], Any]) -> Any:
        line.wait(PATIENCE)
        return apart(function)

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(start, function) for function in functions]]


def live(provider: Provider) -> list[tuple[str, str]]:
    rows = Subscription.objects.filter(provider=provider, state__in=["active", "paused"]).order_by("starts_at")
    return [(row.package.slug, row.state) for row in rows.select_related("package")]


def settled(order: Order) -> str:
    order.refresh_from_db()
    return order.state


def test_two_sweepers_complete_an_order_once(provider: Provider, paid: Make, now: datetime) -> None:
    order = paid(at=now)
    done = together(lambda: complete_paid(now=now), lambda: complete_paid(now=now))
    complete_paid(now=now)  # whom the lock sent away comes again
    assert sum(done) <= 1
    assert (settled(order), live(provider)) == (OrderState.COMPLETED, [("ileti-150", "active")])


def test_two_activations_at_once_leave_one_package(provider: Provider, paid: Make, now: datetime) -> None:
    """Held at the provider's address lock until both have come to it: whoever goes first, the other judges anew."""
    first, second = paid("ileti-150", at=now), paid("ileti-150", at=now)
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            lock_addresses(provider.pk)
            # One sweeper locks the first order; the other skips it and takes the second.
            runs = [pool.submit(apart, lambda: complete_paid(now=now)) for _ in range(2)]
            wait_until_blocked(2)
        assert sum(run.result(PATIENCE) for run in runs) == 1
    assert sorted([settled(first), settled(second)]) == ["completed", "paid"]
    assert live(provider) == [("ileti-150", "active")]


def test_a_downgrade_judges_the_count_after_the_consents_that_came_first(
    provider: Provider, paid: Make, now: datetime
) -> None:
    factories.subscription(provider, "ileti-250", now=now)
    order = paid("ileti-150", at=now)
    Package.objects.filter(slug="ileti-150").update(min_addresses=0, max_addresses=1)
    brand = factories.BrandFactory.create(provider=provider)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_addresses(provider.pk)
            run = pool.submit(apart, lambda: complete_paid(now=now))
            wait_until_blocked(1)
            rows = [
                Consent(
                    provider_id=provider.pk,
                    recipient=f"+90599000000{number}",
                    brand_id=brand.pk,
                    channel=Channel.MESAJ,
                    recipient_type=RecipientType.BIREYSEL,
                    status=ConsentStatus.ONAY,
                    source=Source.HS_WEB,
                    consent_at=now,
                )
                for number in range(2)
            ]
            take_over(consents=rows, now=now)
        assert run.result(PATIENCE) == 0
    assert (settled(order), live(provider)) == (OrderState.PAID, [("ileti-250", "active")])


def test_a_pause_that_comes_first_holds_the_activation(provider: Provider, paid: Make, now: datetime) -> None:
    old = factories.subscription(provider, "ileti-75", now=now)
    order, staff = paid("ileti-150", at=now), factories.administrator()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            subscriptions.pause(subscription=old, actor=staff, reason="İnceleme", now=now)
            run = pool.submit(apart, lambda: complete_paid(now=now))
            wait_until_blocked(1)
        assert run.result(PATIENCE) == 0
    assert (settled(order), live(provider)) == (OrderState.PAID, [("ileti-75", "paused")])


def test_a_pause_racing_an_activation_is_refused_or_holds_it(provider: Provider, paid: Make, now: datetime) -> None:
    old = factories.subscription(provider, "ileti-75", now=now)
    order, staff = paid("ileti-150", at=now), factories.administrator()

    def pause() -> str:
        try:
            subscriptions.pause(subscription=old, actor=staff, reason="İnceleme", now=now)
        except subscriptions.SubscriptionRefused as refusal:
            return str(refusal)
        return "paused"

    word, done = together(pause, lambda: complete_paid(now=now))
    expected = {
        ("paused", 0): (OrderState.PAID, [("ileti-75", "paused")]),
        ("Bu abonelik sona ermiş; durdurulamaz.", 1): (OrderState.COMPLETED, [("ileti-150", "active")]),
    }
    assert (settled(order), live(provider)) == expected[word, done]


def test_expiry_racing_a_renewal_ends_the_old_term_once(provider: Provider, paid: Make, now: datetime) -> None:
    old = factories.subscription(provider, now=now - 360 * DAY)
    order = paid("ileti-150", at=now)
    after = old.ends_at
    together(lambda: subscriptions.expire_due(now=after), lambda: complete_paid(now=after))
    complete_paid(now=after)
    subscriptions.expire_due(now=after)
    old.refresh_from_db()
    order.refresh_from_db()
    assert (old.state, old.ended_at, order.state) == ("expired", after, OrderState.COMPLETED)
    assert order.subscription is not None
    assert order.subscription.starts_at == after
    assert live(provider) == [("ileti-150", "active")]


def test_a_provider_that_leaves_gets_no_package_from_an_activation(
    provider: Provider, paid: Make, now: datetime, alice: Person
) -> None:
    order, staff = paid("ileti-150", at=now), factories.administrator()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            subscriptions.close_for_provider(provider=provider, actor=staff, reason="Ayrıldı", now=now)
            run = pool.submit(apart, lambda: complete_paid(now=now))
            wait_until_blocked(1)
        assert run.result(PATIENCE) == 0
    assert (settled(order), live(provider)) == (OrderState.PAID, [])
