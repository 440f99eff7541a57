"""What the database refuses of push connections, deliveries and attempts."""

from datetime import datetime

import pytest

from push.models import PushAttempt, PushConnection, PushDelivery
from tests.architecture.test_constraints import refused


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("push_slot_known", "slot = 3"),
        ("push_channel_known", "channel = 4"),
        ("push_state_known", "state = 'paused'"),
        ("push_https_only", "url = 'http://ornek.com/'"),
        ("push_failing_iff_failures", "failures = 1"),
        ("push_failing_iff_failures", "failing_since = now()"),
        ("push_only_active_is_due", "state = 'stopped', due_at = now()"),
    ],
)
def test_connections(connection: PushConnection, constraint: str, change: str) -> None:
    refused(constraint, f"UPDATE push_pushconnection SET {change} WHERE id = %s", connection.pk)


@pytest.mark.parametrize(
    ("constraint", "values"), [("push_two_a_channel", "1, 'https://a.b/'"), ("push_address_once", "2, url")]
)
def test_a_second_connection(connection: PushConnection, constraint: str, values: str) -> None:
    refused(
        constraint,
        "INSERT INTO push_pushconnection (provider_id, brand_id, channel, slot, url, username, password_encrypted,"
        f" secret_encrypted, state, state_at, cursor, failures) SELECT provider_id, brand_id, channel, {values},"
        " username, password_encrypted, secret_encrypted, state, state_at, 0, 0 FROM push_pushconnection WHERE id = %s",
        connection.pk,
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("push_delivery_ordered", "first_seq = last_seq + 1"),
        ("push_delivery_not_empty", "count = 0"),
        ("push_delivery_ends_once", "delivered_at = now(), dropped_at = now()"),
    ],
)
def test_deliveries(connection: PushConnection, now: datetime, constraint: str, change: str) -> None:
    delivery = make(connection, now)
    refused(constraint, f"UPDATE push_pushdelivery SET {change} WHERE id = %s", delivery.pk)
    refused(
        "push_delivery_one_waits",
        "INSERT INTO push_pushdelivery (provider_id, connection_id, is_replay, first_seq, last_seq, count, attempts,"
        " created_at) SELECT provider_id, connection_id, false, 1, 1, 1, 0, created_at FROM push_pushdelivery",
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("push_attempt_result_known", "result = 'lost', status = NULL"),
        ("push_attempt_status_iff_answer", "status = NULL"),
        ("push_attempt_status_iff_answer", "result = 'timeout'"),
    ],
)
def test_attempts(connection: PushConnection, now: datetime, constraint: str, change: str) -> None:
    attempt = PushAttempt.objects.create(delivery=make(connection, now), at=now, result="ok", status=200, took_ms=1)
    refused(constraint, f"UPDATE push_pushattempt SET {change} WHERE id = %s", attempt.pk)


def make(connection: PushConnection, now: datetime) -> PushDelivery:
    return PushDelivery.objects.create(
        provider=connection.provider, connection=connection, first_seq=1, last_seq=2, count=2, created_at=now
    )
