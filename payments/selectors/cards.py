"""Read card attempts."""

import hashlib
import hmac

from django.conf import settings
from django.db.models import QuerySet

from payments.enums import LIVE_ATTEMPTS, AttemptState, RefundState
from payments.models import CardAttempt, Order


def attempts_of(order: Order) -> QuerySet[CardAttempt]:
    """Return the attempts to pay an order by card, newest first."""
    return CardAttempt.objects.filter(provider_id=order.provider_id, order=order).order_by("-pk")


def newest_attempt(order: Order) -> CardAttempt | None:
    """Return the latest attempt to pay an order by card, or None."""
    return attempts_of(order).first()


def live_attempt(order: Order) -> CardAttempt | None:
    """Return the attempt of an order that may still become money, or None."""
    return attempts_of(order).filter(state__in=LIVE_ATTEMPTS).first()


def keepable(order: Order) -> CardAttempt | None:
    """Return the capture of an order that a person may still keep: it was to go back, and nothing was sent; or None."""
    return keepable_attempts().filter(provider_id=order.provider_id, order=order).order_by("-pk").first()


def keepable_attempts() -> QuerySet[CardAttempt]:
    """Return the captures that a person may still keep, of all orders."""
    found = CardAttempt.objects.filter(state=AttemptState.SUCCEEDED, surplus=True)
    return found.filter(refunds__state=RefundState.REQUESTED).select_related("order__provider")


def attempt_nonce(order: Order) -> str:
    """Return the nonce of the check page as it stands now: two tabs and a double click all carry the same.

    It changes with the order's newest attempt, so a page opened after a refusal may start another.
    """
    newest = attempts_of(order).values_list("pk", flat=True).first()
    return hmac.new(settings.SECRET_KEY.encode(), f"card:{order.pk}:{newest}".encode(), hashlib.sha256).hexdigest()
