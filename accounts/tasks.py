"""Work of accounts that beat starts."""

from celery import shared_task

from accounts.sessions import SessionStore


@shared_task
def clear_sessions() -> None:
    """Delete the web sessions that are over; nobody can go on with them."""
    SessionStore.clear_expired()
