"""The roll-up follows the movements of consents, and days are closed when they are over."""

from celery import shared_task
from django.utils import timezone

from reports.services import roll_up


@shared_task
def roll_up_movements(**_kwargs: object) -> None:
    """Take the newest movements of all providers into the roll-up."""
    roll_up.roll_up_all(now=timezone.now())


@shared_task
def close_report_days(**_kwargs: object) -> None:
    """Close the days that are over."""
    roll_up.close_days(now=timezone.now())
