"""Work of accounts that beat starts."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.services.api_accounts import remind_of_end
from accounts.services.api_tokens import forget_requests, forget_sessions
from accounts.sessions import SessionStore


@shared_task
def clear_sessions() -> None:
    """Delete the web sessions that are over; nobody can go on with them."""
    SessionStore.clear_expired()


@shared_task
def remind_of_api_accounts() -> None:
    """Write about the API accounts that end soon."""
    remind_of_end(now=timezone.now())


@shared_task
def forget_api_calls() -> None:
    """Delete the API sessions that are over, and the log of calls that is old enough."""
    now = timezone.now()
    forget_sessions(now=now)
    forget_requests(now=now, days=settings.API_LOG_DAYS)
