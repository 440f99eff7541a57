"""What all steps of an import share: the job under its lock, and what is dropped when it ends."""

from django.db import connection

from consents.models import ImportJob

CHUNK = 50_000
"""Rows that are recorded in one transaction."""


class StagedRowsLost(Exception):
    """The rows that waited to be recorded are not there."""


def locked_job(job: ImportJob) -> ImportJob:
    """Return the job under its row lock."""
    jobs = ImportJob.objects.select_for_update(of=("self",), no_key=True)
    return jobs.get(provider_id=job.provider_id, pk=job.pk)


def forget_rows(job: ImportJob) -> None:
    """Drop what was staged of a job, and the problems of its rows."""
    forget_staged(job)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM consent_import_problem WHERE provider_id = %s AND job_id = %s", [job.provider_id, job.pk]
        )


def forget_rejected(job: ImportJob) -> None:
    """Drop the rows of a job that were read and then refused by what is recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM consent_import_problem WHERE provider_id = %s AND job_id = %s AND cells IS NULL",
            [job.provider_id, job.pk],
        )


def forget_staged(job: ImportJob) -> None:
    """Drop what was staged of a job."""
    job.blocks.all().delete()
