"""What stays true of brands, dealers and their files even when somebody types SQL."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Person, Provider
from brands.models import Brand, Retailer, RetailerUpload
from brands.services import uploads
from tests import factories


def violated(sql: str, *params: Any) -> str:
    """Run the statement; return the name of the constraint that refused it."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}", params)
    cause: Any = caught.value.__cause__
    return str(cause.diag.constraint_name)


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def retailer(brand: Brand) -> Retailer:
    return factories.RetailerFactory.create(brand=brand, mersis="0462000001600019")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("code = 9999999", "retailer_code_digits"),
        ("tax_number = '123456789'", "retailer_tax_number_digits"),
        ("tax_number = ''", "retailer_one_tax_number"),
        ("tax_tckn_encrypted = 'x'", "retailer_one_tax_number"),
        ("tckn_encrypted = NULL", "retailer_tckn_whole"),
        ("tckn_hash = NULL, state = 'suspended'", "retailer_tckn_whole"),
        ("mersis = '046200000160001x'", "retailer_mersis_digits"),
        ("town_code = 971", "retailer_town_known"),
        ("mobile = '05325001111'", "retailer_mobile_e164"),
        ("state = 'closed'", "retailer_state_known"),
        ("name = ''", "retailer_whole_or_suspended"),
        ("town_code = NULL", "retailer_whole_or_suspended"),
        ("tckn_hash = NULL, tckn_encrypted = NULL, state = 'passive'", "retailer_whole_or_suspended"),
    ],
)
def test_dealers(retailer: Retailer, change: str, constraint: str) -> None:
    assert violated(f"UPDATE brands_retailer SET {change}") == constraint


@pytest.mark.parametrize(
    ("column", "constraint"), [("tckn_hash", "retailer_tckn_once"), ("mersis", "retailer_mersis_once")]
)
def test_a_number_is_one_dealers(retailer: Retailer, brand: Brand, column: str, constraint: str) -> None:
    other = factories.RetailerFactory.create(brand=brand)
    sql = f"UPDATE brands_retailer SET {column} = %s WHERE id = %s"
    assert violated(sql, getattr(retailer, column), other.pk) == constraint


def test_a_code_is_given_once(retailer: Retailer) -> None:
    other = factories.RetailerFactory.create()
    refused = violated("UPDATE brands_retailer SET code = %s WHERE id = %s", retailer.code, other.pk)
    assert refused.startswith("brands_retailer_code")


def test_a_dealer_and_its_file_are_of_the_brands_provider(
    retailer: Retailer, brand: Brand, alice: Person, now: datetime
) -> None:
    uploads.receive(brand=brand, filename="a.csv", lines=[], person=alice, now=now)
    other = factories.ProviderFactory.create()
    for table in ("brands_retailer", "brands_retailerupload"):
        sql = f"UPDATE {table} SET provider_id = %s"
        assert violated(sql, other.pk) == f"{table}_brand_id_same_provider"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost', finished_at = now()", "retailer_upload_state_known"),
        ("good_count = row_count + 1", "retailer_upload_counts"),
        ("finished_at = now()", "retailer_upload_finished_iff_over"),
        ("state = 'applied'", "retailer_upload_finished_iff_over"),
    ],
)
def test_files(brand: Brand, alice: Person, now: datetime, change: str, constraint: str) -> None:
    uploads.receive(brand=brand, filename="a.csv", lines=[], person=alice, now=now)
    assert RetailerUpload.objects.count() == 1
    assert violated(f"UPDATE brands_retailerupload SET {change}") == constraint


def test_a_master_brand_is_active(provider: Provider) -> None:
    factories.BrandFactory.create(provider=provider, is_master=True)
    assert violated("UPDATE brands_brand SET state = 'passive'") == "brand_master_active"


def test_the_number_of_a_brand_is_kept(brand: Brand) -> None:
    """Transaction ids of consents are derived from it."""
    changed = "UPDATE brands_brand SET code = code + 1 WHERE id = %s"
    assert violated(changed, brand.pk) == "brands_brand_code_fixed"
