"""The roll-up follows the movements of consents; daily files are made, stamped, and compared with others' files.

Reports of weeks and months become documents and e-mails.
"""

from datetime import date

from celery import shared_task
from django.utils import timezone

from iys_portal.audit.outbox import handler
from reports.selectors.files import TOPIC
from reports.services import ages, comparisons, daily_files, making, roll_up


@shared_task
def roll_up_movements(**_kwargs: object) -> None:
    """Take the newest movements of all providers into the roll-up."""
    roll_up.roll_up_all(now=timezone.now())


@shared_task
def close_report_days(**_kwargs: object) -> None:
    """Close the days that are over, and ask for their files."""
    roll_up.close_days(now=timezone.now())


# Where the keys of the time stamp are.
@handler(TOPIC, queue="documents")
def make_daily_files(*, provider_id: int, day: str) -> None:
    """Make and stamp the files of a provider's day."""
    from reports.services.stamping import stamp_waiting  # noqa: PLC0415  (heavy: it loads pyHanko)

    which = date.fromisoformat(day)
    daily_files.make_files(provider_id=provider_id, day=which, clock=timezone.now)
    stamp_waiting(now=timezone.now(), of=(provider_id, which))


@shared_task
def stamp_daily_files(**_kwargs: object) -> None:
    """Have stamped what no authority was there to stamp."""
    from reports.services.stamping import stamp_waiting  # noqa: PLC0415  (heavy: it loads pyHanko)

    stamp_waiting(now=timezone.now())


@handler("reports.compare", queue="import")
def compare_files(*, comparison_id: int) -> None:
    """Compare somebody's file with ours."""
    comparisons.compare(comparison_id=comparison_id, now=timezone.now())


@shared_task
def forget_comparisons(**_kwargs: object) -> None:
    """Drop old comparisons."""
    comparisons.forget(now=timezone.now())


@shared_task
def count_consent_ages(**_kwargs: object) -> None:
    """Count the approvals by their age where consents have moved."""
    ages.count_all(now=timezone.now())


@handler("reports.document", queue="documents")
def make_report(*, document_id: int) -> None:
    """Make the document of a week's or month's report."""
    making.make(document_id=document_id, clock=timezone.now)


@shared_task
def plan_report_mails(**_kwargs: object) -> None:
    """Promise the e-mails of the reports of what ended last."""
    making.plan_mailing(now=timezone.now())


@handler("reports.mailing", queue="documents")
def mail_report(*, document_id: int) -> None:
    """Make the document and queue its e-mails."""
    making.write_mailing(document_id=document_id, clock=timezone.now)
