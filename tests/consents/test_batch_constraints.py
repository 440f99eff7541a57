"""What stays true of batches even when somebody types SQL, and the rules that let them be distributed by provider."""

from datetime import datetime

import pytest
from django.db import connection

from brands.models import Brand
from consents.models import ConsentBatch
from consents.services import batches
from iys_portal import ledger
from tests.brands.test_constraints import violated
from tests.consents.test_batches import item

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(brand: Brand, now: datetime) -> ConsentBatch:
    return batches.accept(brand=brand, items=[item()], repeats=False, account_id=None, now=now)


@pytest.fixture
def recorded(batch: ConsentBatch, now: datetime) -> ConsentBatch:
    batches.work(provider_id=batch.provider_id, clock=lambda: now)
    return batch


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("size = 0", "consent_batch_size"),
        ("size = 1001", "consent_batch_size"),
        ("failures = -1", "consent_batch_failures"),
        ("finished_at = received_at", "consent_batch_waits"),
        ("items = NULL", "consent_batch_waits"),
        ("waiting = NULL", "consent_batch_waits"),
        ("waiting = '{1}'", "consent_batch_waiting_by_kind"),
    ],
)
def test_batches(batch: ConsentBatch, change: str, constraint: str) -> None:
    assert violated(f"UPDATE consent_batch SET {change} WHERE number = %s", batch.number) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("finished_at = received_at - interval '1 second'", "consent_batch_in_time"),
        ("finished_at = NULL", "consent_batch_waits"),
        ("items = '', waiting = '{0,0,0,0,0,0}'", "consent_batch_waits"),
    ],
)
def test_recorded_batches(recorded: ConsentBatch, change: str, constraint: str) -> None:
    assert violated(f"UPDATE consent_batch SET {change} WHERE number = %s", recorded.number) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("position = -1", "consent_batch_item_position"),
        ("position = 1000", "consent_batch_item_position"),
        ("channel = 4", "consent_batch_item_channel"),
        ("recipient_type = 3", "consent_batch_item_recipient_type"),
        ("status = 3", "consent_batch_item_status"),
        ("source = 101", "consent_batch_item_source"),
        ("recipient = ''", "consent_batch_item_recipient"),
        ("source = NULL", "consent_batch_item_whole"),
        ("consent_at = NULL", "consent_batch_item_whole"),
        ("retailer_code = 9999999", "consent_batch_item_retailer"),
        ("retailer_access = '{}'", "consent_batch_item_access"),
        ("retailer_access = array_fill(10000001, ARRAY[101])", "consent_batch_item_access"),
        ("codes = 'H174'", "consent_batch_item_one_result"),
        ("seq = NULL", "consent_batch_item_one_result"),
        ("seq = NULL, codes = 'H174', is_repeat = true", "consent_batch_item_repeats_something"),
    ],
)
def test_items(recorded: ConsentBatch, change: str, constraint: str) -> None:
    assert violated(f"UPDATE consent_batch_item SET {change} WHERE number = %s", recorded.number) == constraint


def test_an_id_is_given_once_a_provider(batch: ConsentBatch) -> None:
    sql = (
        "INSERT INTO consent_batch (provider_id, brand_id, received_at, request_id, size, repeats, items, waiting)"
        " SELECT provider_id, brand_id, received_at, request_id, size, repeats, items, waiting FROM consent_batch"
        " WHERE number = %s"
    )
    assert violated(sql, batch.number) == "consent_batch_request"


def test_a_place_in_a_batch_is_taken_once(recorded: ConsentBatch) -> None:
    sql = "INSERT INTO consent_batch_item SELECT * FROM consent_batch_item WHERE number = %s"
    assert violated(sql, recorded.number) == "consent_batch_item_pkey"


def test_the_provider_comes_first() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a"
            " ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE a.attname <> 'provider_id'"
            " AND i.indrelid IN ('consent_batch'::regclass, 'consent_batch_item'::regclass)"
        )
        assert cursor.fetchall() == [("consent_batch_day",)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_batch_item SET seq = seq + 1 WHERE number = %s",
        "UPDATE consent_batch_item SET recipient = '+905992000009' WHERE number = %s",
        "DELETE FROM consent_batch_item WHERE number = %s",
        "UPDATE consent_batch SET finished_at = NULL, items = '', waiting = '{0,0,0,0,0,0}' WHERE number = %s",
    ],
)
def test_the_ledger_finds_a_result_that_is_not_there(recorded: ConsentBatch, change: str) -> None:
    check = "batches_say_what_came_of_them"
    assert ledger.verify()[check]["ok"]
    with connection.cursor() as cursor:
        cursor.execute(change, [recorded.number])
    assert not ledger.verify()[check]["ok"]
