"""Whatever is done to consents, by whatever statement: the kept count is the count."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from iys_portal import ledger
from packages.models import AddressDelta
from packages.selectors import AddressCounts, address_count, address_usage
from packages.usage import fold_deltas, recount_addresses
from tests import factories
from tests.consents.scene import APPROVED, COLUMNS, KEY, MAILS, PHONES, REFUSED, WAITING, give, kept, recount, run

pytestmark = pytest.mark.django_db

PHONE, MAIL = PHONES[0], MAILS[0]


def test_a_phone_counts_once_over_channels_brands_and_recipient_types(provider: Provider) -> None:
    for brand, channel, kind in [(1, 1, 1), (1, 2, 1), (2, 2, 1), (2, 2, 2)]:
        give(provider.pk, PHONE, brand=brand, channel=channel, kind=kind)
    give(provider.pk, MAIL, channel=3)
    assert address_usage(provider.pk) == AddressCounts(phones=1, emails=1)


def test_the_last_approval_of_an_address_takes_it_away(provider: Provider) -> None:
    give(provider.pk, PHONE, brand=1)
    give(provider.pk, PHONE, brand=2)
    seen = []
    for brand, status in [(1, REFUSED), (2, WAITING), (2, APPROVED)]:
        give(provider.pk, PHONE, brand=brand, status=status)
        seen.append(address_count(provider.pk))
    assert seen == [1, 0, 1]


def test_the_larger_of_phones_and_mails_is_the_count(provider: Provider) -> None:
    for phone in PHONES:
        give(provider.pk, phone)
    give(provider.pk, MAIL, channel=3)
    assert address_usage(provider.pk).count == 2


def test_one_query_that_inserts_and_updates_the_same_address_counts_it_once(provider: Provider) -> None:
    give(provider.pk, PHONE, brand=1, status=REFUSED)
    run(
        f"INSERT INTO consent {COLUMNS} SELECT %s, %s, brand, 2, 1, 1, now(), 8 FROM generate_series(1, 2) AS brand"
        f" ON CONFLICT ({KEY}) DO UPDATE SET status = excluded.status",
        provider.pk,
        PHONE,
    )
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_one_query_that_moves_an_approval_from_one_brand_to_another(provider: Provider) -> None:
    give(provider.pk, PHONE, brand=1)
    run(
        "WITH gone AS (DELETE FROM consent WHERE provider_id = %s AND brand_id = 1 RETURNING *)"
        f" INSERT INTO consent {COLUMNS}"
        " SELECT provider_id, recipient, 2, channel, recipient_type, status, consent_at, source FROM gone",
        provider.pk,
    )
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_merge_with_all_its_branches(provider: Provider) -> None:
    for phone, brand in [(PHONES[0], 1), (PHONES[0], 2), (PHONES[1], 1)]:
        give(provider.pk, phone, brand=brand)
    run(
        "MERGE INTO consent c USING (VALUES (%s, 1), (%s, 2), (%s, 1), (%s, 3)) AS s (recipient, brand)"
        " ON c.provider_id = %s AND c.recipient = s.recipient AND c.brand_id = s.brand"
        " WHEN MATCHED AND c.recipient = %s THEN DELETE WHEN MATCHED THEN UPDATE SET status = 2"
        f" WHEN NOT MATCHED THEN INSERT {COLUMNS} VALUES (%s, s.recipient, s.brand, 2, 1, 1, now(), 8)",
        PHONES[0],
        PHONES[0],
        PHONES[1],
        PHONES[1],
        provider.pk,
        PHONES[0],
        provider.pk,
    )
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_a_function_that_writes_consents_inside_a_query_that_writes_consents(provider: Provider) -> None:
    run(
        "CREATE FUNCTION pg_temp.twin(provider bigint, phone text) RETURNS bigint LANGUAGE sql VOLATILE AS $$"
        f" INSERT INTO consent {COLUMNS} VALUES (provider, phone, 9, 2, 1, 1, now(), 8) RETURNING brand_id $$"
    )
    run(
        f"INSERT INTO consent {COLUMNS} SELECT %s, %s, 1 + pg_temp.twin(%s, %s), 2, 1, 1, now(), 8",
        provider.pk,
        PHONE,
        provider.pk,
        PHONE,
    )
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_a_statement_rolled_back_to_a_savepoint_leaves_no_trace(provider: Provider) -> None:
    give(provider.pk, PHONE)
    point = transaction.savepoint()
    give(provider.pk, PHONES[1])
    with pytest.raises(DatabaseError, match="consent_recipient_check"):
        run(f"INSERT INTO consent {COLUMNS} VALUES (%s, '', 1, 1, 1, 1, now(), 8)", provider.pk)
    transaction.savepoint_rollback(point)
    give(provider.pk, MAIL, channel=3)
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 1)}


def test_a_partition_written_directly_is_counted(provider: Provider) -> None:
    give(provider.pk, PHONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM consent WHERE provider_id = %s", [provider.pk])
        partition = cursor.fetchone()[0]
    run(f"INSERT INTO {partition} {COLUMNS} VALUES (%s, %s, 1, 2, 1, 1, now(), 8)", provider.pk, PHONES[1])
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(2, 0)}
    run(f"DELETE FROM {partition} WHERE provider_id = %s", provider.pk)
    assert kept(provider.pk) == recount() == {}


def test_a_bulk_job_is_not_counted_until_it_recounts(provider: Provider, now: datetime) -> None:
    give(provider.pk, PHONE)
    run("SET LOCAL app.bulk = 'on'")
    give(provider.pk, PHONES[1])
    give(provider.pk, MAIL, channel=3)
    run("SET LOCAL app.bulk = 'off'")
    assert address_usage(provider.pk) == AddressCounts(1, 0)
    assert recount_addresses(provider.pk, now) == address_usage(provider.pk) == AddressCounts(2, 1)
    assert not AddressDelta.objects.filter(provider_id=provider.pk).exists()


def test_a_bulk_job_can_hand_over_what_it_changed(provider: Provider) -> None:
    give(provider.pk, PHONE, brand=1)
    run("SET LOCAL app.bulk = 'on'")
    give(provider.pk, PHONE, brand=2)
    give(provider.pk, PHONES[1])
    run("SET LOCAL app.bulk = 'off'")
    run(
        "SELECT count_address_changes(array_agg(ROW(%s, recipient, false, 1)::address_change))"
        " FROM unnest(%s::text[]) AS recipient",
        provider.pk,
        list(PHONES),
    )
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(2, 0)}


def test_truncating_is_refused() -> None:
    for table in ("consent", "consent_3"):
        with pytest.raises(DatabaseError, match="is not truncated"), transaction.atomic():
            run(f"TRUNCATE {table}")


def test_many_single_writes_in_one_transaction_need_few_locks(provider: Provider) -> None:
    for number in range(500):
        give(provider.pk, f"+90599{number:07d}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone()[0] <= 65
    assert address_count(provider.pk) == 500


# --- Any statements, in any order -------------------------------------------------------------------------------------
OWNERS = st.sampled_from([0, 1])
ROW = st.tuples(
    OWNERS,
    st.one_of(
        st.tuples(st.sampled_from(PHONES), st.sampled_from([1, 2])), st.tuples(st.sampled_from(MAILS), st.just(3))
    ),
    st.sampled_from([1, 2]),
    st.sampled_from([1, 2]),
    st.sampled_from([APPROVED, REFUSED, WAITING]),
)
STEP = st.one_of(
    st.tuples(st.sampled_from(["upsert", "insert"]), st.lists(ROW, min_size=1, max_size=6)),
    st.tuples(st.just("update"), st.tuples(st.sampled_from([*PHONES, *MAILS]), st.sampled_from([1, 2, 3]))),
    st.tuples(st.just("status"), st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 3]))),
    st.tuples(st.just("delete"), st.tuples(st.sampled_from([*PHONES, *MAILS]), st.sampled_from([1, 2]))),
    st.tuples(st.just("give away"), st.tuples(OWNERS, st.sampled_from([*PHONES, *MAILS]))),
    st.tuples(st.sampled_from(["fold", "recount", "undone"]), st.just(())),
)


def perform(step: tuple[str, object], owners: list[int], now: datetime) -> None:
    """Do one thing to the consents."""
    match step:
        case ("upsert" | "insert" as verb, rows):
            # A statement may name a key once.
            unique = {
                (owners[owner], recipient, brand, channel, kind): status
                for owner, (recipient, channel), brand, kind, status in rows  # type: ignore[attr-defined]
            }
            values = ", ".join(["(%s, %s, %s, %s, %s, %s, now(), 8)"] * len(unique))
            action = "UPDATE SET status = excluded.status" if verb == "upsert" else "NOTHING"
            run(
                f"INSERT INTO consent {COLUMNS} VALUES {values} ON CONFLICT ({KEY}) DO {action}",
                *(value for key, status in unique.items() for value in (*key, status)),
            )
        case ("update", (recipient, status)):
            run("UPDATE consent SET status = %s WHERE recipient = %s", status, recipient)
        case ("status", (before, after)):
            run("UPDATE consent SET status = %s WHERE status = %s", after, before)
        case ("delete", (recipient, brand)):
            run("DELETE FROM consent WHERE recipient = %s AND brand_id = %s", recipient, brand)
        case ("give away", (owner, recipient)):
            # Across partitions; whom the other already has stays where it is.
            run(
                "UPDATE consent c SET provider_id = %s WHERE recipient = %s AND NOT EXISTS (SELECT 1 FROM consent o"
                " WHERE o.provider_id = %s AND o.recipient = c.recipient)",
                owners[owner],
                recipient,
                owners[owner],
            )
        case ("fold", _):
            fold_deltas(now)
        case ("recount", _):
            recount_addresses(owners[0], now)
        case ("undone", _):
            point = transaction.savepoint()
            run("UPDATE consent SET status = 4 - status")
            transaction.savepoint_rollback(point)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEP, min_size=1, max_size=14))
def test_the_kept_count_is_the_count_after_every_statement(
    steps: list[tuple[str, object]], provider: Provider, now: datetime
) -> None:
    point = transaction.savepoint()
    owners = [provider.pk, factories.ProviderFactory.create().pk]
    for step in steps:
        perform(step, owners, now)
        assert kept(*owners) == recount()
    assert ledger.verify()["address_counts_agree"]["ok"]
    transaction.savepoint_rollback(point)
