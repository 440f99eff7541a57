"""Subscriptions end by the clock, and their providers are told; address counts are folded, remembered and checked."""

from celery import shared_task
from django.utils import timezone

from packages import notices, services, usage


@shared_task
def expire_subscriptions(**_kwargs: object) -> None:
    """Expire the subscriptions whose term is over."""
    services.expire_due(now=timezone.now())


@shared_task
def fold_address_deltas(**_kwargs: object) -> None:
    """Fold the deltas of the address counts."""
    usage.fold_deltas(timezone.now())


@shared_task
def record_usage_days(**_kwargs: object) -> None:
    """Remember the address counts of the day that has just ended."""
    usage.record_usage_days(timezone.now())


@shared_task
def check_address_counts(**_kwargs: object) -> None:
    """Compare kept address counts with the consents."""
    usage.check_counts(timezone.now())


@shared_task
def send_notices(**_kwargs: object) -> None:
    """Remind of terms that end, tell of those that ended and of packages that fill up."""
    notices.send_notices(now=timezone.now())
