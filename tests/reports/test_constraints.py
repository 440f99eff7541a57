"""What the tables of the roll-up refuse even when somebody types SQL, and the keys by which they can be distributed."""

import io
from datetime import datetime, timedelta

import pytest
from django.db import connection

from accounts.models import Person, Provider
from brands.models import Brand
from reports.enums import CHOSEN
from reports.models import ConsentAge, ReportDocument, ReportSubscription
from reports.selectors.files import daily_file
from reports.services.comparisons import ask
from reports.services.roll_up import close_days, roll_up
from tests import factories
from tests.architecture.test_constraints import refused
from tests.consents.scene import run
from tests.reports.conftest import DAY
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
    refused(constraint, f"UPDATE reports_{table} SET {change} WHERE provider_id = %s", provider.pk)


@pytest.mark.parametrize("table", ["dailycount", "refusaldelay", "reportday", "rollup"])
def test_a_key_is_counted_once(provider: Provider, now: datetime, table: str) -> None:
    events(provider.pk, now, status=2)
    roll_up(provider_id=provider.pk, now=now)
    refused(f"reports_{table}_pkey", f"INSERT INTO reports_{table} SELECT * FROM reports_{table}")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("report_document_rhythm_known", "rhythm = 'day', brand_id = NULL"),
        ("report_document_days_in_order", "last = first - 1"),
        ("report_document_chosen_alone_has_brand", "rhythm = 'week'"),
        ("reports_reportdocument_brand_id_same_provider", "provider_id = (SELECT max(id) FROM accounts_provider)"),
        ("report_document_state_known", "state = 'lost'"),
        ("report_document_whole", "version = 'a'"),
        ("report_document_whole", "content = 'a'"),
        ("report_document_ready_has_content", "state = 'ready'"),
        ("report_document_failed_says_why", "state = 'failed'"),
    ],
)
def test_documents_of_reports(brand: Brand, constraint: str, change: str) -> None:
    factories.ProviderFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    key = {"provider": brand.provider, "rhythm": CHOSEN, "first": DAY, "last": DAY, "brand": brand}
    document = ReportDocument.objects.create(**key)
    refused(constraint, f"UPDATE reports_reportdocument SET {change} WHERE id = %s", document.pk)


def test_reports_are_kept_and_wanted_once(provider: Provider, alice: Person, now: datetime) -> None:
    days = {"provider": provider, "rhythm": CHOSEN, "last": DAY}
    documents = [ReportDocument.objects.create(**days, first=DAY - timedelta(days=number)) for number in range(2)]
    change = "UPDATE reports_reportdocument SET first = %s WHERE id = %s"
    refused("report_document_once", change, DAY, documents[1].pk)
    member = alice.membership_set.get()
    wanted = ReportSubscription.objects.create(provider=provider, membership=member, rhythm="week", started_at=now)
    refused("report_subscription_rhythm_known", "UPDATE reports_reportsubscription SET rhythm = 'day'")
    again = "INSERT INTO reports_reportsubscription SELECT id + 1, rhythm, started_at, membership_id, provider_id"
    refused("report_subscription_once", f"{again} FROM reports_reportsubscription WHERE id = %s", wanted.pk)


@pytest.mark.parametrize("change", ["approvals = 0", "month = -1"])
def test_ages(provider: Provider, change: str) -> None:
    ConsentAge.objects.create(provider_id=provider.pk, brand_id=1, channel=1, month=24_000, approvals=1)
    refused("consent_age_counts", f"UPDATE reports_consentage SET {change} WHERE provider_id = %s", provider.pk)


def test_a_day_is_closed_once(now: datetime) -> None:
    close_days(now=now)
    refused("reports_closedday_pkey", "INSERT INTO reports_closedday SELECT * FROM reports_closedday")
    assert run("DELETE FROM reports_closedday") == 1


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("daily_file_state_known", "state = 'lost', sha384 = '', made_at = NULL, stamp = NULL, stamped_at = NULL"),
        ("daily_file_made_iff_completed", "sha384 = 'x'"),
        ("daily_file_made_iff_completed", "made_at = NULL, stamp = NULL, stamped_at = NULL"),
        ("daily_file_made_iff_completed", "state = 'queued'"),
        ("daily_file_stamp_whole", "stamp = NULL"),
        ("daily_file_stamp_whole", "stamped_at = NULL"),
        (
            "daily_file_agreed_when_made",
            "state = 'queued', sha384 = '', made_at = NULL, stamp = NULL, stamped_at = NULL, agreed_at = now()",
        ),
        ("daily_file_partner_agrees_by_somebody", "agreed_partner_id = (SELECT id FROM partners_partner LIMIT 1)"),
        ("reports_dailyfile_brand_id_same_provider", "provider_id = (SELECT max(id) FROM accounts_provider)"),
    ],
)
def test_files(made: Brand, constraint: str, change: str) -> None:
    factories.ProviderFactory.create()
    factories.PartnerFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused(constraint, f"UPDATE reports_dailyfile SET {change} WHERE brand_id = %s", made.pk)


def test_a_revision_is_made_once_and_never_changed(made: Brand) -> None:
    columns = "provider_id, brand_id, day, revision, state, message, last_seq, rows, size, sha384, asked_at"
    more = "stamp_is_test, stamp_trouble"
    refused(
        "daily_file_once",
        f"INSERT INTO reports_dailyfile ({columns}, {more}) SELECT provider_id, brand_id, day, revision, 'queued', '',"
        f" last_seq, rows, size, '', asked_at, {more} FROM reports_dailyfile",
    )
    refused("append-only", "UPDATE reports_dailyfilepiece SET position = 7")
    refused("append-only", "DELETE FROM reports_dailyfilepiece")
    refused(
        "daily_file_piece_once",
        "INSERT INTO reports_dailyfilepiece (file_id, position, content_encrypted)"
        " SELECT file_id, position, content_encrypted FROM reports_dailyfilepiece",
    )


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("comparison_state_known", "state = 'lost', finished_at = now()"),
        ("comparison_finished_iff_over", "finished_at = now()"),
        ("comparison_finished_iff_over", "state = 'done'"),
    ],
)
def test_comparisons(made: Brand, alice: Person, now: datetime, constraint: str, change: str) -> None:
    _comparison(made, alice, now)
    refused(constraint, f"UPDATE reports_comparison SET {change}")


def test_rows_of_comparisons(made: Brand, alice: Person, now: datetime) -> None:
    pk = _comparison(made, alice, now)
    difference = "INSERT INTO reports_difference (comparison_id, position, kind, ours, theirs) VALUES (%s, {})"
    assert run(difference.format("1, 3, 'a', 'b'"), pk) == 1
    refused("comparison_difference_once", difference.format("1, 1, 'a', ''"), pk)
    for wrong in ("2, 1, 'a', 'b'", "2, 1, '', ''", "2, 2, 'a', ''", "2, 3, 'a', ''", "2, 4, 'a', 'b'"):
        refused("difference_says_both_sides", difference.format(wrong), pk)
    refused(
        "comparison_piece_once",
        "INSERT INTO reports_comparisonpiece (comparison_id, position, content_encrypted)"
        " SELECT comparison_id, position, content_encrypted FROM reports_comparisonpiece",
    )


def _comparison(brand: Brand, person: Person, now: datetime) -> int:
    file = daily_file(brand.provider_id, brand.pk, DAY)
    assert file is not None
    return ask(file=file, person=person, filename="a", content=io.BytesIO(b"a"), sha384="", now=now).pk


def test_the_provider_comes_first_in_every_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            " WHERE i.indisunique AND t.relname IN ('reports_dailycount', 'reports_refusaldelay', 'reports_reportday',"
            " 'reports_rollup')"
            " ORDER BY 1"
        )
        names = ["reports_dailycount", "reports_refusaldelay", "reports_reportday", "reports_rollup"]
        assert cursor.fetchall() == [(name, "provider_id") for name in names]
