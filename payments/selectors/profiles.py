"""Read the definitions of banks' tables, and the sample that a person declares one by."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Person
from payments.models import StatementProfile, StatementSample

SAMPLE_LIFETIME = timedelta(hours=1)
"""Nothing of a sample is shown, or kept, for longer."""


def declared() -> QuerySet[StatementProfile]:
    """Return the declared layouts, those in use first."""
    return StatementProfile.objects.select_related("created_by").order_by("-is_active", "name", "pk")


def declared_as(slug: str) -> QuerySet[StatementProfile]:
    """Return the declared layout of a short name, or none."""
    return StatementProfile.objects.filter(slug=slug)


def sample_of(person: Person, *, now: datetime) -> StatementSample | None:
    """Return the sample that a person brought within the last hour, or None."""
    return StatementSample.objects.filter(person=person, created_at__gt=now - SAMPLE_LIFETIME).first()
