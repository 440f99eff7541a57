"""verify_ledger finds subscriptions that no service could have written."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from accounts.models import Provider
from iys_portal import ledger
from packages.models import Subscription
from tests import factories

CHECKS = {
    "one_live_subscription",
    "renewals_start_where_terms_end",
    "terms_last_one_year",
    "subscription_changes_have_a_reason",
    "closed_providers_hold_no_package",
}


@pytest.fixture
def renewed(provider: Provider, now: datetime) -> tuple[Subscription, Subscription]:
    """A running subscription and the renewal queued behind it."""
    running = factories.subscription(provider, now=now)
    return running, factories.subscription(provider, now=running.ends_at - timedelta(days=1))


def broken() -> set[str]:
    results = ledger.verify()
    return {name for name in CHECKS if not results[name]["ok"]}


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_renewed_subscription_is_in_order(renewed: tuple[Subscription, Subscription]) -> None:
    assert broken() == set()


def test_terms_over_leap_days_are_in_order(provider: Provider) -> None:
    for start in ("2027-03-01T09:00:00", "2028-02-29T09:00:00", "2029-06-01T00:00:00"):
        factories.subscription(provider, now=factories.instant(start))
    assert Subscription.objects.count() == 3
    assert broken() == set()


def test_a_gap_before_a_renewal_is_found(renewed: tuple[Subscription, Subscription]) -> None:
    day = timedelta(days=1)
    sql(
        "UPDATE packages_subscription SET starts_at = starts_at + %s, ends_at = ends_at + %s WHERE id = %s",
        day,
        day,
        renewed[1].pk,
    )
    assert broken() == {"renewals_start_where_terms_end"}


def test_a_term_a_day_too_long_is_found(renewed: tuple[Subscription, Subscription]) -> None:
    sql("UPDATE packages_subscription SET ends_at = ends_at + interval '1 day' WHERE id = %s", renewed[1].pk)
    assert broken() == {"terms_last_one_year"}


def test_an_overlap_is_found_where_the_constraint_is_gone(renewed: tuple[Subscription, Subscription]) -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE packages_subscription DROP CONSTRAINT subscription_one_live")
    sql("UPDATE packages_subscription SET starts_at = starts_at - interval '1 hour' WHERE id = %s", renewed[1].pk)
    assert broken() == {"one_live_subscription", "renewals_start_where_terms_end", "terms_last_one_year"}


def test_a_pause_without_a_reason_is_found(renewed: tuple[Subscription, Subscription], now: datetime) -> None:
    sql("UPDATE packages_subscription SET state = 'paused', paused_at = %s WHERE id = %s", now, renewed[0].pk)
    assert broken() == {"subscription_changes_have_a_reason"}


def test_a_package_of_a_closed_provider_is_found(
    renewed: tuple[Subscription, Subscription], provider: Provider
) -> None:
    sql("UPDATE accounts_provider SET state = 'closed' WHERE id = %s", provider.pk)
    assert broken() == {"closed_providers_hold_no_package"}
