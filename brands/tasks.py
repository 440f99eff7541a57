"""What happens later with brands and dealers."""

from celery import shared_task
from django.utils import timezone

from brands.services import uploads


@shared_task
def forget_retailer_files(**_kwargs: object) -> None:
    """Drop what stood in files of dealers a week after they came."""
    uploads.forget(now=timezone.now())
