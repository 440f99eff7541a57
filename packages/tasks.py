"""Subscriptions end by the clock."""

from celery import shared_task
from django.utils import timezone

from packages import services


@shared_task
def expire_subscriptions(**_kwargs: object) -> None:
    """Expire the subscriptions whose term is over."""
    services.expire_due(now=timezone.now())
