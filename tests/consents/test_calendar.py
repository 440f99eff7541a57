"""Three business days: the tables of the law's calendar, holidays, half days, and what administrators correct."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Person
from consents.models import HolidayChange
from consents.notices import notices
from consents.rules.calendar import Calendar, deadline, earliest_allowed, iys_business_days, unsure_of
from consents.selectors import calendar
from iys_portal.audit.models import AuditEvent
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from tests import factories

PLAIN = Calendar()
DAY = timedelta(days=1)

# First days of the movable feasts (3 and 4 days), from the official calendar.
RAMAZAN = [
    "2020-05-24",
    "2021-05-13",
    "2022-05-02",
    "2023-04-21",
    "2024-04-10",
    "2025-03-30",
    "2026-03-20",
    "2027-03-09",
]
KURBAN = [
    "2020-07-31",
    "2021-07-20",
    "2022-07-09",
    "2023-06-28",
    "2024-06-16",
    "2025-06-06",
    "2026-05-27",
    "2027-05-16",
]
FIXED = ["01-01", "04-23", "05-01", "05-19", "07-15", "08-30", "10-29"]


def days(first: str, number: int) -> set[date]:
    return {date.fromisoformat(first) + n * DAY for n in range(number)}


@pytest.mark.parametrize("year", range(2020, 2028))
def test_the_holidays_of_a_year(year: int) -> None:
    expected = days(RAMAZAN[year - 2020], 3) | days(KURBAN[year - 2020], 4)
    expected |= {date.fromisoformat(f"{year}-{day}") for day in FIXED}
    january = date(year, 1, 1)
    whole = [january + n * DAY for n in range((date(year + 1, 1, 1) - january).days)]
    assert [day for day in whole if day.weekday() < 5 and not PLAIN.is_business_day(day)] == sorted(
        day for day in expected if day.weekday() < 5
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)


@pytest.mark.parametrize(
    ("now", "earliest"),
    [
        ("2026-11-23 12:00", "2026-11-18 00:00"),  # Monday: Wednesday
        ("2026-11-27 12:00", "2026-11-24 00:00"),  # Friday: Tuesday
        ("2026-11-28 12:00", "2026-11-25 00:00"),  # Saturday: Wednesday
        ("2026-11-29 23:59", "2026-11-25 00:00"),  # Sunday: Wednesday
        ("2026-11-24 00:00", "2026-11-19 00:00"),  # midnight is a new day
        ("2026-10-30 09:00", "2026-10-26 00:00"),  # 28 October is half a day and counts, the 29th does not
        ("2026-03-24 09:00", "2026-03-18 00:00"),  # Tuesday after the feast: Mon, Thu 19 (arife counts), Wed
        ("2026-06-01 09:00", "2026-05-22 00:00"),  # Monday after the long feast: Tue 26 (arife), Mon 25, Fri 22
    ],
)
def test_the_earliest_date(now: str, earliest: str) -> None:
    assert earliest_allowed(at(now), PLAIN) == at(earliest)


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ("2026-11-24 10:00", "2026-11-28 00:00"),  # Tuesday: until Friday evening
        ("2026-11-21 10:00", "2026-11-26 00:00"),  # Saturday: until Wednesday evening
        ("2026-05-25 23:59", "2026-06-03 00:00"),  # before the long feast: Tue 26, Mon, Tue
    ],
)
def test_the_deadline(given: str, end: str) -> None:
    assert deadline(at(given), PLAIN) == at(end)


def test_deadline_and_earliest_date_are_two_sides_of_one_rule() -> None:
    first = at("2026-03-01 15:00")
    for n in range(120):
        consent_at = first + n * DAY
        end = deadline(consent_at, PLAIN)
        last = end - timedelta(seconds=1)
        assert earliest_allowed(last, PLAIN) <= consent_at < earliest_allowed(end, PLAIN)
        assert iys_business_days(istanbul_day(consent_at), istanbul_day(last), PLAIN) < 3
        assert iys_business_days(istanbul_day(consent_at), istanbul_day(end), PLAIN) == 3


def test_administrators_add_and_take_away_days() -> None:
    changed = Calendar(added=frozenset({date(2026, 11, 20)}), removed=frozenset({date(2026, 10, 29)}))
    assert earliest_allowed(at("2026-11-23 12:00"), changed) == at("2026-11-17 00:00")
    assert earliest_allowed(at("2026-10-30 09:00"), changed) == at("2026-10-27 00:00")
    assert not Calendar(removed=frozenset({date(2026, 11, 22)})).is_business_day(
        date(2026, 11, 22)
    )  # a Sunday stays one


def test_years_whose_feasts_are_only_estimated_are_told() -> None:
    assert unsure_of(2027, PLAIN) == []
    assert unsure_of(2045, PLAIN) == ["Ramazan Bayramı", "Kurban Bayramı"]
    # Estimated: 14 to 16 August, 21 to 24 October.
    both = ["Ramazan Bayramı", "Kurban Bayramı"]
    assert unsure_of(2045, Calendar(added=frozenset({date(2045, 3, 1)}))) == both
    assert unsure_of(2045, Calendar(added=frozenset({date(2044, 8, 15)}))) == both
    for day in (13, 15, 17):
        assert unsure_of(2045, Calendar(added=frozenset({date(2045, 8, day)}))) == ["Kurban Bayramı"]
    assert unsure_of(2045, Calendar(added=frozenset({date(2045, 8, 12)}))) == both
    assert unsure_of(2045, Calendar(removed=frozenset({date(2045, 10, 24)}))) == ["Ramazan Bayramı"]
    named = {date(2045, 10, 18): "kurban bayramı 1. gün"}
    assert unsure_of(2045, Calendar(added=frozenset(named), names=named)) == ["Ramazan Bayramı"]
    days_of_both = frozenset({date(2045, 8, 15), date(2045, 10, 22)})
    assert unsure_of(2045, Calendar(added=days_of_both)) == []


@pytest.mark.django_db
def test_administrators_are_told_and_settle_it() -> None:
    assert notices(now=at("2026-11-23 12:00")) == []
    told = notices(now=at("2044-11-23 12:00"))
    assert [sentence[:4] for sentence in told] == ["2044", "2045"]
    assert "Ramazan Bayramı ve Kurban Bayramı günleri kesin değil" in told[1]
    HolidayChange.objects.create(day="2045-08-11", name="RAMAZAN BAYRAMI 1. gün")
    assert "2045 yılının Kurban Bayramı günleri" in notices(now=at("2044-11-23 12:00"))[1]
    HolidayChange.objects.create(day="2045-10-25", name="Bayram")
    assert [sentence[:4] for sentence in notices(now=at("2044-11-23 12:00"))] == ["2044"]


@pytest.mark.django_db
def test_a_day_is_added_in_the_administration(client_of: Callable[[Person], Client]) -> None:
    browser = client_of(factories.administrator())
    values = {"day": "24.11.2026", "is_holiday": "on", "name": "İdari izin"}
    browser.post("/yonetim/consents/holidaychange/add/", values)
    assert calendar().added == {date(2026, 11, 24)}
    assert AuditEvent.objects.filter(object_type="consents.holidaychange", action="admin:add").count() == 1
    again = browser.post("/yonetim/consents/holidaychange/add/", values)
    assert (again.status_code, HolidayChange.objects.count()) == (200, 1)
