"""Colleagues on the same page see each other. Advisory: what they decide is kept apart by locks and `seen` (ADR 46)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Person
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.turkish import from_time
from payments.models import Order, Presence, StatementLine

GONE_AFTER = timedelta(seconds=75)
"""How long after the last sign somebody counts as there; pages give one every twenty seconds."""


@dataclass(frozen=True)
class Colleague:
    """Somebody else on the page: ``Ayşe Y.``, and from when on as ``14:02'den beri``."""

    name: str
    since: str


def place_of(subject: StatementLine | Order) -> str:
    """Return the name of a movement's or an order's page."""
    return f"line:{subject.pk}" if isinstance(subject, StatementLine) else f"order:{subject.code}"


@transaction.atomic
def arrive(*, place: str, person: Person, now: datetime) -> list[Colleague]:
    """Note that a person is, or still is, on a page; return who else is there, the longest there first.

    Writes no audit event: nothing depends on it. Rows that are over go away by the way.
    """
    Presence.objects.filter(seen_at__lt=now - GONE_AFTER).delete()
    mine = Presence(place=place, person=person, since=now, seen_at=now)
    Presence.objects.bulk_create(
        [mine], update_conflicts=True, unique_fields=["place", "person"], update_fields=["seen_at"]
    )
    others = Presence.objects.filter(place=place).exclude(person=person).select_related("person")
    return [_shown(other) for other in others.order_by("since", "pk")]


def _shown(row: Presence) -> Colleague:
    given, family = row.person.given_name, row.person.family_name
    at = row.since.astimezone(ISTANBUL)
    return Colleague(f"{given} {family[:1]}.", f"{from_time(at.hour, at.minute)} beri")
