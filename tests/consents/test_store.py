"""What the tables themselves refuse, and the rules that let them be distributed by provider."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Provider
from tests.architecture.test_constraints import refused
from tests.consents.conftest import Recording
from tests.consents.scene import PHONES, give, run

pytestmark = pytest.mark.django_db

_EVENT = (
    "INSERT INTO consent_event (provider_id, prev_seq, created_at, consent_at, brand_id, retailer_code, channel,"
    " recipient_type, status, source, way, recipient) VALUES ({})"
)
_GOOD = {
    "provider_id": "1",
    "prev_seq": "NULL",
    "created_at": "now()",
    "consent_at": "now()",
    "brand_id": "1",
    "retailer_code": "NULL",
    "channel": "2",
    "recipient_type": "1",
    "status": "1",
    "source": "8",
    "way": "1",
    "recipient": f"'{PHONES[0]}'",
}


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("consent_event_recipient", {"recipient": "''"}),
        ("consent_event_channel", {"channel": "4"}),
        ("consent_event_recipient_type", {"recipient_type": "3"}),
        ("consent_event_status", {"status": "0"}),
        ("consent_event_source", {"source": "14"}),
        ("consent_event_source", {"source": "100"}),
        ("consent_event_way", {"way": "6"}),
        ("consent_event_chain", {"prev_seq": "9223372036854775807"}),
        ("consent_event_whole", {"source": "NULL"}),
        ("consent_event_whole", {"consent_at": "NULL"}),
        ("consent_event_whole", {"recipient_type": "2", "prev_seq": "0", "consent_at": "NULL"}),
        ("consent_event_side", {"way": "4"}),
        ("consent_event_side", {"source": "103"}),
        ("consent_event_retailer", {"retailer_code": "9999999"}),
    ],
)
def test_events(constraint: str, change: dict[str, str]) -> None:
    refused(constraint, _EVENT.format(", ".join((_GOOD | change).values())))


def test_good_events() -> None:
    for change in ({}, {"recipient_type": "2", "source": "NULL", "consent_at": "NULL"}, {"way": "4", "source": "103"}):
        assert run(_EVENT.format(", ".join((_GOOD | change).values()))) == 1


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("consent_source", "source = 14"),
        ("consent_source", "source = 110"),
        ("consent_whole", "source = NULL"),
        ("consent_whole", "consent_at = NULL"),
    ],
)
def test_consents(provider: Provider, constraint: str, change: str) -> None:
    give(provider.pk, PHONES[0])
    refused(constraint, f"UPDATE consent SET {change} WHERE provider_id = %s", provider.pk)


def test_a_merchants_consent_may_lack_source_and_date(provider: Provider) -> None:
    give(provider.pk, PHONES[0], kind=2)
    assert run("UPDATE consent SET source = NULL, consent_at = NULL WHERE provider_id = %s", provider.pk) == 1


def test_events_are_never_changed(recording: Recording) -> None:
    recording()
    for sql in ("UPDATE consent_event SET status = 2", "DELETE FROM consent_event"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(sql)


def test_events_are_not_truncated() -> None:
    """Elsewhere than in a test database, whose runner empties tables that way: the trigger is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'consent_event'::regclass AND tgtype & 32 <> 0")
        assert cursor.fetchone() == (1,)


def test_a_number_is_given_by_the_database(now: datetime) -> None:
    with pytest.raises(DatabaseError, match="non-DEFAULT"), transaction.atomic():
        run(
            "INSERT INTO consent_event (provider_id, seq, created_at, consent_at, brand_id, channel, recipient_type,"
            " status, source, way, recipient) VALUES (1, 1, now(), now(), 1, 2, 1, 1, 8, 1, 'x')"
        )


def test_the_provider_comes_first_and_nothing_points_across() -> None:
    """docs/adr/0032-consent-store.md: what lets the tables be distributed by provider, kept over the catalogue."""
    tables = "('consent'::regclass, 'consent_event'::regclass)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            f" WHERE i.indrelid IN {tables}"
            f" OR i.indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN {tables})"
        )
        indexes = cursor.fetchall()
        cursor.execute(
            f"SELECT conname FROM pg_constraint WHERE contype = 'f' AND (conrelid IN {tables} OR confrelid IN {tables})"
            f" OR contype IN ('x', 't') AND conrelid IN {tables} OR condeferrable AND conrelid IN {tables}"
        )
        constraints = cursor.fetchall()
    others = [name for name, first in indexes if first != "provider_id" and name != "consent_event_day"]
    assert others == []
    assert {name for name, _ in indexes} >= {"consent_pkey", "consent_event_pkey", "consent_event_day"}
    assert constraints == []


def test_a_day_is_corrected_once() -> None:
    """A day that is there twice would be a holiday and a business day at once."""
    sql = "INSERT INTO consents_holidaychange (day, is_holiday, name) VALUES ('2026-11-24', %s, 'x')"
    run(sql, True)
    refused("consents_holidaychange_day", sql, False)
