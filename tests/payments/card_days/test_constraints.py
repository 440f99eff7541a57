"""What must stay true of days and differences even when somebody types SQL."""

from datetime import datetime

import pytest

from accounts.models import Person
from payments.models import CardDay, CardDifference
from tests.architecture.test_constraints import refused

pytestmark = pytest.mark.django_db

CLOSED = "closed_at = now(), note = 'x'"


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("difference_kind_has_its_figures", "kind = 'odd'"),
        ("difference_event_known", "event = 'odd'"),
        ("difference_kind_has_its_figures", "ours = NULL"),
        ("difference_kind_has_its_figures", "kind = 'missing_here'"),
        ("difference_kind_has_its_figures", "kind = 'missing_there'"),
        ("difference_closed_by_somebody", "closed_at = now()"),
        ("difference_closed_by_somebody", CLOSED),
        ("difference_closed_by_somebody", "closed_at = now(), vanished = true"),
        ("difference_closed_by_somebody", "closed_at = now(), closed_by_id = p.id"),
        ("difference_closed_by_somebody", "closed_by_id = p.id"),
        ("difference_closed_by_somebody", "vanished = true"),
        ("difference_closed_by_somebody", f"{CLOSED}, closed_by_id = p.id, vanished = true"),
    ],
)
def test_differences(now: datetime, accountant: Person, constraint: str, change: str) -> None:
    difference(now)
    sql = f"UPDATE payments_carddifference SET {change} FROM accounts_person p WHERE p.id = %s"
    refused(constraint, sql, accountant.pk)


def difference(now: datetime) -> CardDifference:
    return CardDifference.objects.create(
        gateway="iyzico", day=now.date(), kind="amount", payment_id="1", event="payment", ours=1, theirs=2
    )


def test_a_difference_is_kept_once(now: datetime) -> None:
    difference(now)
    columns = "gateway, day, kind, payment_id, conversation_id, event, ours, theirs, currency, vanished, note"
    refused(
        "difference_once",
        f"INSERT INTO payments_carddifference ({columns}) SELECT {columns} FROM payments_carddifference",
    )


def test_a_day_is_kept_once_and_says_why_it_was_not_compared(now: datetime) -> None:
    CardDay.objects.create(gateway="iyzico", day=now.date(), asked_at=now, compared_at=now)
    refused("card_day_compared_or_why_not", "UPDATE payments_cardday SET compared_at = NULL")
    names = [field.column for field in CardDay._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(names)
    refused("card_day_once", f"INSERT INTO payments_cardday ({columns}) SELECT {columns} FROM payments_cardday")
