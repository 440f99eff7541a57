"""What stays true of files of consents even when somebody types SQL."""

import io
from datetime import datetime

import pytest
from django.db import connection

from accounts.models import Person
from brands.models import Brand
from consents.models import ImportJob
from consents.services import imports
from tests import factories
from tests.brands.test_constraints import violated
from tests.consents.test_imports import file_of, row


@pytest.fixture
def job(brand: Brand, alice: Person, now: datetime) -> ImportJob:
    found, _ = imports.receive(brand=brand, filename="a.csv", content=file_of(row()), person=alice, now=now)
    return found


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost'", "import_state_known"),
        ("position = 1, new_count = 1", "import_position_within"),
        ("staged = 5, position = 2, new_count = 1", "import_counts_add_up"),
        ("finished_at = now()", "import_finished_iff_over"),
        ("state = 'done'", "import_finished_iff_over"),
        ("state = 'refused'", "import_finished_iff_over"),
    ],
)
def test_jobs(job: ImportJob, change: str, constraint: str) -> None:
    assert violated(f"UPDATE consents_importjob SET {change} WHERE id = %s", job.pk) == constraint


def test_a_job_and_its_brand_are_one_providers(job: ImportJob) -> None:
    sql = "UPDATE consents_importjob SET provider_id = %s WHERE id = %s"
    assert violated(sql, factories.ProviderFactory.create().pk, job.pk) == "consents_importjob_brand_id_same_provider"


def test_an_open_file_is_there_once(job: ImportJob, brand: Brand, alice: Person, now: datetime) -> None:
    other, _ = imports.receive(
        brand=brand, filename="b.csv", content=io.BytesIO(file_of(row(ago=5)).read()), person=alice, now=now
    )
    sql = "UPDATE consents_importjob SET sha256 = %s WHERE id = %s"
    assert violated(sql, job.sha256, other.pk) == "import_open_once"


def test_a_piece_is_there_once(job: ImportJob) -> None:
    sql = "INSERT INTO consents_importpiece (job_id, position, content_encrypted) VALUES (%s, 0, '')"
    assert violated(sql, job.pk) == "import_piece_once"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("7, '+905992000001', '[]', 'H121'", "consent_import_problem_whole"),
        ("7, NULL, NULL, 'H121'", "consent_import_problem_whole"),
        ("7, NULL, '[]', ''", "consent_import_problem_codes"),
        ("2, NULL, '[]', 'H121'", "consent_import_problem_pkey"),
    ],
)
def test_problems(job: ImportJob, values: str, constraint: str) -> None:
    sql = "INSERT INTO consent_import_problem (provider_id, job_id, line, recipient, cells, codes) VALUES (%s, %s, "
    with connection.cursor() as cursor:
        cursor.execute(sql + "2, NULL, '[]', 'H121')", [job.provider_id, job.pk])
    assert violated(f"{sql}{values})", job.provider_id, job.pk) == constraint


def test_a_block_is_there_once_and_holds_rows(job: ImportJob) -> None:
    sql = "INSERT INTO consents_importblock (job_id, after, size, content_encrypted) VALUES (%s, 0, %s, '')"
    assert violated(sql, job.pk, 0) == "import_block_holds"
    with connection.cursor() as cursor:
        cursor.execute(sql, [job.pk, 1])
    assert violated(sql, job.pk, 1) == "import_block_once"
