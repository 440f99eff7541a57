"""Two workers, each a process of its own, at the files of one provider in the same moment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Person
from brands.models import Brand
from consents.enums import ImportState
from consents.models import Consent, ConsentEvent, ImportJob
from consents.services import imports
from iys_portal import ledger
from iys_portal.shared.clock import ISTANBUL
from packages.selectors import address_count, counted_and_kept
from tests.consents.scene import forget_consents
from tests.consents.test_imports import file_of, row
from tests.locks import wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60
ROOT = Path(__file__).resolve().parents[2]
GATE = 0x6A7E
# Each file has 300 consents, 100 of them in both; a chunk is 20.
FIRST, SECOND = range(300), range(200, 500)
WORKER = f"""
import sys
import django
django.setup()
from datetime import datetime
from django.db import connection
from consents.models import ImportJob
from consents.services import imports
from consents.services.import_chunks import apply_chunk
provider, job, now = int(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
with connection.cursor() as cursor:
    cursor.execute("SET lock_timeout = 0")  # a busy machine starts the other one late
    cursor.execute("SELECT pg_advisory_lock_shared({GATE})")
    cursor.execute("RESET lock_timeout")
if job:
    while apply_chunk(ImportJob.objects.get(pk=job), now=now, size=20):
        pass
else:
    imports.work(provider_id=provider, clock=lambda: now, size=20)
"""


# Each child loads polars anew: its threads survive no fork.
DYING = """
import sys
import django
django.setup()
from django.utils import timezone
from consents.models import ImportJob
from consents.services import imports
from iys_portal.audit.models import OutboxMessage
from tests.child import run_in_a_worker_that_dies
def killed_again_and_again():
    message, kills = OutboxMessage.objects.get(topic="consents.import", done_at=None).pk, 0
    while run_in_a_worker_that_dies(message, at_statement=21 * (kills + 1)):
        kills += 1
    return kills
job = ImportJob.objects.get()
reading = killed_again_and_again()
assert imports.apply(job=job, person=job.person, now=timezone.now())
print(reading, killed_again_and_again())
"""


@pytest.fixture(autouse=True)
def _no_consents_left(transactional_db: None) -> Iterator[None]:
    """The test runner empties the tables of our models; the consents are not one of them."""
    yield
    forget_consents()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE consent_import_problem")


def database_url() -> str:
    kept: Any = connection.settings_dict
    login = f"{quote(kept['USER'])}:{quote(kept['PASSWORD'])}" if kept["PASSWORD"] else quote(kept["USER"])
    return f"postgres://{login}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"


def workers_at(jobs: list[int], provider_id: int, now: datetime) -> list[int]:
    """Start a worker for each job (0: for whatever is to be done), let all go at once, and return how they ended."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "iys_portal.settings", "DATABASE_URL": database_url()}
    command = [sys.executable, "-c", WORKER, str(provider_id)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
    running = [subprocess.Popen([*command, str(job), now.isoformat()], cwd=ROOT, env=environment) for job in jobs]
    try:
        wait_until_blocked(len(running), patience=PATIENCE)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])
    return [each.wait(PATIENCE) for each in running]


def phone(number: int) -> str:
    return f"+90599200{number:04d}"


def received(brand: Brand, person: Person, numbers: range, *, ago: int, now: datetime) -> ImportJob:
    rows = [row(phone(number), ago=ago) for number in numbers]
    job, _ = imports.receive(brand=brand, filename="a.csv", content=file_of(*rows), person=person, now=now)
    return job


def assert_each_consent_once(brand: Brand, now: datetime) -> None:
    """Both files are recorded as if one after the other: of a consent in both, the newer row stands."""
    first, second = ImportJob.objects.order_by("pk")
    assert (first.position, second.position) == (300, 300)
    assert first.new_count + second.new_count == Consent.objects.count() == 500
    # Where the newer row came first, the older one was refused.
    assert second.changed_count + first.rejected_count == 100
    assert (first.changed_count, first.same_count, second.same_count, second.rejected_count) == (0, 0, 0, 0)
    assert ConsentEvent.objects.count() == 500 + second.changed_count
    dates = dict(Consent.objects.values_list("recipient", "consent_at"))
    assert [dates[phone(number)] for number in range(500)] == [now - timedelta(minutes=120)] * 200 + [
        now - timedelta(minutes=60)
    ] * 300
    assert address_count(brand.provider_id) == 500
    counted, kept = counted_and_kept(brand.provider_id)
    assert counted == kept
    found = ledger.verify()
    assert {name: check["ok"] for name, check in found.items() if "consent" in name or "address" in name} == {
        name: True for name in found if "consent" in name or "address" in name
    }


def test_killed_by_the_kernel_a_file_is_recorded_once(brand: Brand, alice: Person) -> None:
    """Real processes, really killed, while the file is read and compared, and while it is recorded."""
    # Those processes read the real clock.
    at = f"{timezone.now().astimezone(ISTANBUL) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
    content = file_of(*(f"MESAJ;HS_WEB;{phone(number)};ONAY;{at};;" for number in range(30)))
    job, _ = imports.receive(brand=brand, filename="a.csv", content=content, person=alice, now=timezone.now())
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "iys_portal.settings", "DATABASE_URL": database_url()}
    command = [sys.executable, "-c", DYING]
    kills = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=2 * PATIENCE)
    job.refresh_from_db()
    assert (job.state, job.new_count, job.position) == (ImportState.DONE, 30, 30)
    assert (Consent.objects.count(), ConsentEvent.objects.count(), address_count(brand.provider_id)) == (30, 30, 30)
    assert min(map(int, kills.stdout.split())) >= 1, kills.stdout


@pytest.mark.parametrize("each_its_own", [False, True], ids=["by the queue", "chunk against chunk"])
def test_two_files_of_one_provider(brand: Brand, alice: Person, now: datetime, *, each_its_own: bool) -> None:
    older = received(brand, alice, FIRST, ago=120, now=now)
    newer = received(brand, alice, SECOND, ago=60, now=now)
    imports.work(provider_id=brand.provider_id, clock=lambda: now)
    for job in (older, newer):
        assert imports.apply(job=job, person=alice, now=now)
    jobs = [older.pk, newer.pk] if each_its_own else [0, 0]
    assert workers_at(jobs, brand.provider_id, now) == [0, 0]
    assert set(ImportJob.objects.values_list("state", flat=True)) == {ImportState.DONE}
    assert_each_consent_once(brand, now)
