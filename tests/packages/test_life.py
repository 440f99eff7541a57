"""Activation, renewal, pause, resume, closing and expiry of subscriptions."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.audit.selectors import history_of
from packages import services
from packages.models import Subscription
from packages.rules import Standing, SubscriptionRefused
from packages.selectors import active_package, live_subscription, standing_of, subscriptions_of, term_that_counts
from tests import factories

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def staff(db: None) -> Person:
    return factories.administrator()


@pytest.fixture
def running(provider: Provider, now: datetime) -> Subscription:
    return factories.subscription(provider, now=now)


@pytest.fixture
def queued(provider: Provider, running: Subscription) -> Subscription:
    """The renewal of `running`, bought ten days before its end."""
    return factories.subscription(provider, now=running.ends_at - 10 * DAY)


def states(provider: Provider) -> list[tuple[str, str]]:
    """Return (package, state) of every subscription, oldest term first."""
    rows = Subscription.objects.filter(provider=provider).order_by("starts_at", "pk")
    return [(row.package.slug, row.state) for row in rows]


def test_a_renewal_begins_where_the_old_term_ends(running: Subscription, queued: Subscription) -> None:
    running.refresh_from_db()
    assert (running.state, queued.state) == ("active", "active")
    assert queued.starts_at == running.ends_at == factories.instant("2027-11-22T21:00:00")
    assert queued.ends_at == factories.instant("2028-11-22T21:00:00")
    assert AuditEvent.objects.get(action="activate", object_id=str(queued.pk)).detail["renews"] == running.pk


def test_the_clock_hands_over_from_term_to_term(
    provider: Provider, running: Subscription, queued: Subscription
) -> None:
    assert standing_of(provider.pk, now=running.ends_at - SECOND) == Standing(running, queued)
    assert live_subscription(provider.pk, now=running.ends_at - SECOND) == running
    assert standing_of(provider.pk, now=running.ends_at) == Standing(queued, None)
    assert live_subscription(provider.pk, now=running.ends_at) == queued
    assert services.expire_due(now=running.ends_at) == 1
    assert states(provider) == [("ileti-150", "expired"), ("ileti-150", "active")]
    assert active_package(provider.pk, now=running.ends_at).slug == "ileti-150"


def test_a_second_renewal_finds_no_room(provider: Provider, running: Subscription, queued: Subscription) -> None:
    """The rules of orders refuse it earlier; the database is the wall behind them."""
    from django.db import IntegrityError, transaction  # noqa: PLC0415

    with pytest.raises(IntegrityError, match="subscription_one_live"), transaction.atomic():
        factories.subscription(provider, now=running.ends_at - DAY)
    assert queued.pk == Subscription.objects.order_by("pk").last().pk  # type: ignore[union-attr]


def test_another_package_ends_what_runs_and_what_waits(
    provider: Provider, running: Subscription, queued: Subscription
) -> None:
    at = running.ends_at - 5 * DAY
    new = factories.subscription(provider, "ileti-250", now=at)
    assert states(provider) == [("ileti-150", "closed"), ("ileti-250", "active"), ("ileti-150", "closed")]
    queued.refresh_from_db()
    assert (queued.ended_at, new.starts_at) == (at, at)
    # The renewal that never began does not count as a term, also not when its day comes.
    assert term_that_counts(provider.pk, now=queued.starts_at + DAY) == new
    assert term_that_counts(provider.pk, now=new.ends_at + DAY) == new


def test_after_the_end_the_same_package_begins_at_once(provider: Provider, running: Subscription) -> None:
    """Also when the sweeper has not come: the old term expires, it is not closed."""
    late = running.ends_at + 3 * SECOND
    new = factories.subscription(provider, now=late)
    assert new.starts_at == late
    assert states(provider) == [("ileti-150", "expired"), ("ileti-150", "active")]


def test_before_the_end_nothing_counts_and_afterwards_the_last_term_does(
    provider: Provider, running: Subscription, now: datetime
) -> None:
    assert term_that_counts(provider.pk, now=now - SECOND) is None
    assert term_that_counts(provider.pk, now=now) == running
    assert term_that_counts(provider.pk, now=running.ends_at + 900 * DAY) == running
    other = factories.ProviderFactory.create()
    assert (term_that_counts(other.pk, now=now), list(subscriptions_of(other.pk))) == (None, [])


def test_pause_and_resume(provider: Provider, running: Subscription, staff: Person, now: datetime) -> None:
    for _ in range(2):
        services.pause(subscription=running, actor=staff, reason="Ödeme itirazı", now=now + DAY)
    running.refresh_from_db()
    assert (running.state, running.paused_at, running.ended_at) == ("paused", now + DAY, None)
    assert active_package(provider.pk, now=now + DAY).slug == "temel-hizmetler"
    for _ in range(2):
        services.resume(subscription=running, actor=staff, reason="İtiraz çözüldü", now=now + 2 * DAY)
    running.refresh_from_db()
    assert (running.state, running.paused_at) == ("active", None)
    assert active_package(provider.pk, now=now + 2 * DAY).slug == "ileti-150"
    trail = [(event.action, event.reason, event.actor_id) for event in history_of(running)][1:]
    assert trail == [
        ("state:paused", "Ödeme itirazı", staff.pk),
        ("state:active", "İtiraz çözüldü", staff.pk),
    ]
    assert [message.payload for message in OutboxMessage.objects.filter(topic="order.complete_paid")] == [
        {"provider_id": provider.pk}
    ]


def test_a_pause_covers_the_renewal_and_is_not_escaped_by_the_clock(
    provider: Provider, running: Subscription, queued: Subscription, staff: Person
) -> None:
    at = running.ends_at - DAY
    services.pause(subscription=running, actor=staff, reason="İnceleme", now=at)
    assert states(provider) == [("ileti-150", "paused"), ("ileti-150", "paused")]
    after = running.ends_at + DAY
    assert services.expire_due(now=after) == 1
    assert states(provider) == [("ileti-150", "expired"), ("ileti-150", "paused")]
    assert active_package(provider.pk, now=after).slug == "temel-hizmetler"
    services.resume(subscription=queued, actor=staff, reason="İnceleme bitti", now=after)
    assert active_package(provider.pk, now=after).slug == "ileti-150"


def test_a_paused_subscription_expires(provider: Provider, running: Subscription, staff: Person, now: datetime) -> None:
    services.pause(subscription=running, actor=staff, reason="İnceleme", now=now)
    assert services.expire_due(now=running.ends_at - SECOND) == 0
    assert services.expire_due(now=running.ends_at) == 1
    running.refresh_from_db()
    assert (running.state, running.paused_at, running.ended_at) == ("expired", None, running.ends_at)


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_what_is_over_stays_over(running: Subscription, staff: Person, verb: str) -> None:
    """In words, and the same before and after the sweeper came."""
    act = getattr(services, verb)
    for _ in range(2):
        with pytest.raises(SubscriptionRefused, match="sona ermiş"):
            act(subscription=running, actor=staff, reason="Deneme", now=running.ends_at)
        services.expire_due(now=running.ends_at)
    running.refresh_from_db()
    assert running.state == "expired"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_renewal_is_not_paused_by_itself(
    running: Subscription, queued: Subscription, staff: Person, verb: str
) -> None:
    with pytest.raises(SubscriptionRefused, match="henüz başlamadı"):
        getattr(services, verb)(subscription=queued, actor=staff, reason="Deneme", now=running.ends_at - DAY)


def test_a_provider_that_leaves_takes_its_subscriptions_along(
    provider: Provider, running: Subscription, queued: Subscription, staff: Person
) -> None:
    at = running.ends_at - DAY
    for _ in range(2):
        services.close_for_provider(provider=provider, actor=staff, reason="Ticareti bıraktı", now=at)
    provider.refresh_from_db()
    assert provider.state == "closed"
    assert states(provider) == [("ileti-150", "closed"), ("ileti-150", "closed")]
    reasons = AuditEvent.objects.filter(action="state:closed").order_by("pk").values_list("object_type", "reason")
    assert list(reasons) == [
        ("accounts.provider", "Ticareti bıraktı"),
        ("packages.subscription", "Ticareti bıraktı"),
        ("packages.subscription", "Ticareti bıraktı"),
    ]
    for _ in range(2):
        services.reopen_provider(provider=provider, actor=staff, reason="Geri döndü")
    provider.refresh_from_db()
    assert provider.state == "active"
    assert live_subscription(provider.pk, now=at) is None
    assert OutboxMessage.objects.filter(topic="order.complete_paid").count() == 1


def test_closing_expires_what_was_over_anyway(provider: Provider, running: Subscription, staff: Person) -> None:
    services.close_for_provider(provider=provider, actor=staff, reason="Ayrıldı", now=running.ends_at)
    assert states(provider) == [("ileti-150", "expired")]
