"""What stays true of grants even when somebody types SQL."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Person
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
    sql = f"UPDATE partners_partnergrant SET {change} WHERE id = %s"  # noqa: S608
    assert violated(sql, [partner_grant.pk]) == constraint


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("mesaj_read = false", "intermediary_grant_not_empty"),
        ("revoked_at = granted_at - interval '1 second'", "intermediary_grant_revoked_later"),
    ],
)
def test_an_intermediary_grant_is_sound(intermediary_grant: IntermediaryGrant, change: str, constraint: str) -> None:
    sql = f"UPDATE partners_intermediarygrant SET {change} WHERE id = %s"  # noqa: S608
    assert violated(sql, [intermediary_grant.pk]) == constraint


COPY_PARTNER_GRANT = """
    INSERT INTO partners_partnergrant
        (provider_id, brand_id, partner_id, granted_by_id, granted_at, revoked_at,
         agreement, mesaj, arama, eposta)
    SELECT provider_id, brand_id, partner_id, granted_by_id, granted_at, %s, true, 'none', 'none', 'none'
    FROM partners_partnergrant WHERE id = %s
"""
COPY_INTERMEDIARY_GRANT = """
    INSERT INTO partners_intermediarygrant
        (provider_id, brand_id, intermediary_id, granted_by_id, granted_at, revoked_at,
         mesaj_read, arama_read, eposta_read)
    SELECT provider_id, brand_id, intermediary_id, granted_by_id, granted_at, %s, true, true, true
    FROM partners_intermediarygrant WHERE id = %s
"""


def test_a_partner_has_one_live_grant_for_a_brand(partner_grant: PartnerGrant, now: datetime) -> None:
    assert violated(COPY_PARTNER_GRANT, [None, partner_grant.pk]) == "partner_grant_one_live"
    with connection.cursor() as cursor:
        cursor.execute(COPY_PARTNER_GRANT, [now + timedelta(hours=1), partner_grant.pk])
    assert PartnerGrant.objects.count() == 2


def test_an_intermediary_has_one_live_grant_for_a_brand(intermediary_grant: IntermediaryGrant, now: datetime) -> None:
    assert violated(COPY_INTERMEDIARY_GRANT, [None, intermediary_grant.pk]) == "intermediary_grant_one_live"
    with connection.cursor() as cursor:
        cursor.execute(COPY_INTERMEDIARY_GRANT, [now + timedelta(hours=1), intermediary_grant.pk])
    assert IntermediaryGrant.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["partner_grant_of_provider", "intermediary_grant_of_provider"])
def test_a_grant_can_be_keyed_by_its_provider(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        assert cursor.fetchall() == [("UNIQUE (provider_id, id)",)]
