"""What the tables of the roll-up refuse even when somebody types SQL, and the keys by which they can be distributed."""

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Provider
from reports.services.roll_up import close_days, roll_up
from tests.architecture.test_constraints import refused
from tests.consents.scene import run
from tests.reports.scene import events

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "table", "change"),
    [
        ("daily_count_not_negative", "dailycount", "refusals = -1, approvals = 5"),
        ("daily_count_not_negative", "dailycount", "first_records = -1"),
        ("daily_count_of_something", "dailycount", "approvals = 0, refusals = 0, first_records = 0"),
        ("daily_count_first_records_within", "dailycount", "first_records = approvals + refusals + pending + 1"),
        ("refusal_delay_counts", "refusaldelay", "delay_days = -1"),
        ("refusal_delay_counts", "refusaldelay", "refusals = 0"),
        ("report_day_in_order", "reportday", "last_seq = first_seq - 1"),
        ("report_day_counts", "reportday", "movements = 0"),
        ("report_day_counts", "reportday", "late_movements = movements + 1, corrected_at = now()"),
        ("report_day_late_is_corrected", "reportday", "late_movements = 1"),
        ("roll_up_not_negative", "rollup", "seq = -1"),
    ],
)
def test_the_roll_up(provider: Provider, now: datetime, constraint: str, table: str, change: str) -> None:
    events(provider.pk, now, status=2)
    roll_up(provider_id=provider.pk, now=now)
    refused(constraint, f"UPDATE reports_{table} SET {change} WHERE provider_id = %s", provider.pk)  # noqa: S608


@pytest.mark.parametrize("table", ["dailycount", "refusaldelay", "reportday", "rollup"])
def test_a_key_is_counted_once(provider: Provider, now: datetime, table: str) -> None:
    events(provider.pk, now, status=2)
    roll_up(provider_id=provider.pk, now=now)
    refused(f"reports_{table}_pkey", f"INSERT INTO reports_{table} SELECT * FROM reports_{table}")  # noqa: S608


def test_a_day_is_closed_once(now: datetime) -> None:
    close_days(now=now)
    refused("reports_closedday_pkey", "INSERT INTO reports_closedday SELECT * FROM reports_closedday")
    assert run("DELETE FROM reports_closedday") == 1


def test_the_provider_comes_first_in_every_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            " WHERE t.relname IN ('reports_dailycount', 'reports_refusaldelay', 'reports_reportday', 'reports_rollup')"
            " ORDER BY 1"
        )
        names = ["reports_dailycount", "reports_refusaldelay", "reports_reportday", "reports_rollup"]
        assert cursor.fetchall() == [(name, "provider_id") for name in names]
