"""One file from its bytes to the register, as the portal does it; in a process of its own where memory is weighed."""

import io

from django.db import connection
from django.utils import timezone

from accounts.models import Person
from brands.models import Brand
from consents.models import ImportJob
from consents.services import imports
from iys_portal.bench.machine import resident_mib
from iys_portal.celery import app


def tell_nobody() -> None:
    """Ring at no worker: only the bench's database knows of the work."""
    app.conf.broker_url = "memory://"


def import_file(content: bytes, *, brand: Brand, person: Person) -> ImportJob:
    """Receive, read, compare and record a file; return its job."""
    job = receive(content, brand=brand, person=person)
    _work(job)
    job.refresh_from_db()
    return job


def receive(content: bytes, *, brand: Brand, person: Person) -> ImportJob:
    """Keep a file as it comes by the page."""
    job, _ = imports.receive(
        brand=brand, filename="izinler.csv", content=io.BytesIO(content), person=person, now=timezone.now()
    )
    return job


def _work(job: ImportJob) -> None:
    imports.work(provider_id=job.provider_id, clock=timezone.now)
    imports.apply(job=job, person=job.person, now=timezone.now())
    imports.work(provider_id=job.provider_id, clock=timezone.now)


class ImportWorker:
    """Works on a file that was received, and says how much memory that took."""

    def __init__(self, database: str) -> None:
        tell_nobody()
        connection.settings_dict["NAME"] = database

    def work(self, job_id: int) -> tuple[str, float]:
        """Return the state of the job afterwards, and how many MiB this process held at most."""
        job = ImportJob.objects.select_related("person").get(pk=job_id)
        _work(job)
        job.refresh_from_db()
        connection.close()
        return job.state, resident_mib()[1]
