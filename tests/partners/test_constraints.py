"""What stays true of grants even when somebody types SQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from tests.partners import scene


@pytest.fixture
def partner_grant(brand: Brand, partner: Partner, package: Subscription, alice: Person, now: datetime) -> PartnerGrant:
    return scene.authorise(brand, partner, person=alice, now=now)


@pytest.fixture
def intermediary_grant(brand: Brand, intermediary: Intermediary, alice: Person, now: datetime) -> IntermediaryGrant:
    return scene.let_read(brand, intermediary, person=alice, now=now)


def violated(sql: str, params: list[Any]) -> str:
    """Run the statement; return the name of the constraint that refused it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    cause: Any = caught.value.__cause__
    return str(cause.diag.constraint_name)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("mesaj = 'both'", "partner_grant_rights_known"),
        ("arama = ''", "partner_grant_rights_known"),
        ("eposta = 'READ'", "partner_grant_rights_known"),
        ("mesaj = 'none'", "partner_grant_not_empty"),
        ("revoked_at = granted_at - interval '1 second'", "partner_grant_revoked_later"),
    ],
)
def test_a_partner_grant_is_sound(partner_grant: PartnerGrant, change: str, constraint: str) -> None:
    sql = f"UPDATE partners_partnergrant SET {change} WHERE id = %s"
    assert violated(sql, [partner_grant.pk]) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("mesaj_read = false", "intermediary_grant_not_empty"),
        ("revoked_at = granted_at - interval '1 second'", "intermediary_grant_revoked_later"),
    ],
)
def test_an_intermediary_grant_is_sound(intermediary_grant: IntermediaryGrant, change: str, constraint: str) -> None:
    sql = f"UPDATE partners_intermediarygrant SET {change} WHERE id = %s"
    assert violated(sql, [intermediary_grant.pk]) == constraint


COPY_PARTNER_GRANT = """
    INSERT INTO partners_partnergrant
        (provider_id, brand_id, partner_id, granted_by_id, granted_at, revoked_at,
         agreement, mesaj, arama, eposta)
    SELECT provider_id, brand_id, partner_id, granted_by_id, %s, %s, true, 'none', 'none', 'none'
    FROM partners_partnergrant WHERE id = %s
"""
COPY_INTERMEDIARY_GRANT = """
    INSERT INTO partners_intermediarygrant
        (provider_id, brand_id, intermediary_id, granted_by_id, granted_at, revoked_at,
         mesaj_read, arama_read, eposta_read)
    SELECT provider_id, brand_id, intermediary_id, granted_by_id, %s, %s, true, true, true
    FROM partners_intermediarygrant WHERE id = %s
"""


@pytest.fixture(params=["partner", "intermediary"])
def standing(request: pytest.FixtureRequest) -> tuple[str, str, int]:
    """One kind of grant: (copying statement, constraint, key)."""
    grant = request.getfixturevalue(f"{request.param}_grant")
    copy = COPY_PARTNER_GRANT if request.param == "partner" else COPY_INTERMEDIARY_GRANT
    return copy, request.param, grant.pk


def run(sql: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_two_grants_never_count_at_the_same_instant(standing: tuple[str, str, int], now: datetime) -> None:
    copy, kind, pk = standing
    name = f"{kind}_grant_one_live"
    hour = timedelta(hours=1)
    assert violated(copy, [now, None, pk]) == name
    assert violated(copy, [now - hour, None, pk]) == name
    assert violated(copy, [now - hour, now + timedelta(seconds=1), pk]) == name
    run(copy, [now - hour, now, pk])  # revoked before this one began
    run(f"UPDATE partners_{kind}grant SET revoked_at = %s WHERE id = %s", [now + hour, pk])
    assert violated(copy, [now + timedelta(minutes=59), None, pk]) == name
    run(copy, [now + hour, None, pk])


def test_a_grant_whose_last_day_is_over_blocks_no_new_one(standing: tuple[str, str, int], now: datetime) -> None:
    copy, kind, pk = standing
    run(f"UPDATE partners_{kind}grant SET ends_on = '2026-11-30' WHERE id = %s", [pk])
    midnight = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)  # in Istanbul the next day begins
    assert violated(copy, [midnight - timedelta(microseconds=1), None, pk]) == f"{kind}_grant_one_live"
    run(copy, [midnight, None, pk])
    # and it cannot be drawn out over the new one
    sql = f"UPDATE partners_{kind}grant SET ends_on = '2026-12-01' WHERE id = %s"
    assert violated(sql, [pk]) == f"{kind}_grant_one_live"


def test_a_grant_ends_on_its_first_day_at_the_earliest(standing: tuple[str, str, int]) -> None:
    _, kind, pk = standing
    sql = f"UPDATE partners_{kind}grant SET ends_on = '2026-11-22' WHERE id = %s"
    assert violated(sql, [pk]) == f"{kind}_grant_ends_later"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["partner_grant_of_provider", "intermediary_grant_of_provider"])
def test_a_grant_can_be_keyed_by_its_provider(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        assert cursor.fetchall() == [("UNIQUE (provider_id, id)",)]


@pytest.mark.django_db
def test_no_column_lets_an_intermediary_write() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'partners_intermediarygrant'"
            " AND (column_name LIKE '%write%' OR column_name IN ('agreement', 'mesaj', 'arama', 'eposta'))"
        )
        assert cursor.fetchall() == []


TEMPLATE = """
    INSERT INTO partners_granttemplate
        (provider_id, created_by_id, kind, name, name_key, agreement, mesaj, arama, eposta)
    VALUES (%s, %s, %s, 'Ad', 'AD', %s, %s, %s, 'none')
"""


@pytest.mark.parametrize(
    ("kind", "agreement", "mesaj", "arama", "constraint"),
    [
        ("dealer", True, "none", "none", "grant_template_kind_known"),
        ("partner", True, "all", "none", "grant_template_rights_known"),
        ("partner", False, "none", "none", "grant_template_not_empty"),
        ("intermediary", True, "read", "none", "grant_template_intermediary_reads_only"),
        ("intermediary", False, "write", "none", "grant_template_intermediary_reads_only"),
        ("intermediary", False, "read", "write", "grant_template_intermediary_reads_only"),
    ],
)
def test_a_template_is_sound(
    alice: Person, provider: Provider, kind: str, agreement: bool, mesaj: str, arama: str, constraint: str
) -> None:
    assert violated(TEMPLATE, [provider.pk, alice.pk, kind, agreement, mesaj, arama]) == constraint


def test_a_name_is_one_template_of_its_kind(alice: Person, provider: Provider) -> None:
    for kind in ("partner", "intermediary"):
        run(TEMPLATE, [provider.pk, alice.pk, kind, False, "read", "none"])
    assert violated(TEMPLATE, [provider.pk, alice.pk, "partner", False, "read", "read"]) == "grant_template_one_name"


@pytest.mark.parametrize("kind", ["partner", "intermediary"])
@pytest.mark.parametrize(
    "change",
    [
        "state = 'suspended'",
        "state = 'suspended', suspended_at = now()",
        "state = 'suspended', suspension_reason = 'x'",
        "suspended_at = now()",
        "suspension_reason = 'x'",
        "state = 'gone'",
    ],
)
def test_a_company_is_suspended_with_a_reason_or_not_at_all(
    partner: Partner, intermediary: Intermediary, kind: str, change: str
) -> None:
    sql = f"UPDATE partners_{kind} SET {change}"
    assert violated(sql, []) == f"{kind}_suspended_has_reason"


@pytest.mark.parametrize("kind", ["partner", "intermediary"])
def test_a_person_works_for_a_company_once_at_a_time(
    alice: Person, partner: Partner, intermediary: Intermediary, kind: str
) -> None:
    party = partner if kind == "partner" else intermediary
    insert = f"INSERT INTO partners_{kind}membership ({kind}_id, person_id) VALUES (%s, %s)"
    run(insert, [party.pk, alice.pk])
    assert violated(insert, [party.pk, alice.pk]) == f"{kind}_membership_one_live"
    ending = f"UPDATE partners_{kind}membership SET ended_at = started_at - interval '1 second'"
    assert violated(ending, []) == f"{kind}_membership_ends_later"
    run(ending.replace("-", "+"), [])
    run(insert, [party.pk, alice.pk])
