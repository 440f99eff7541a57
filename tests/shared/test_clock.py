"""Days are Istanbul's; a year's term ends the day before the same date."""

from datetime import UTC, date, datetime

import pytest

from iys_portal.shared.clock import ISTANBUL, end_of_istanbul_day, istanbul_day, last_day, same_day_next_year
from packages.rules import term_from


def test_the_day_changes_at_midnight_in_istanbul() -> None:
    assert istanbul_day(datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert istanbul_day(datetime(2026, 12, 31, 21, 0, 0, tzinfo=UTC)) == date(2027, 1, 1)


def test_the_end_of_a_day_is_the_next_midnight() -> None:
    end = end_of_istanbul_day(date(2026, 11, 23))
    assert end == datetime(2026, 11, 24, 0, 0, tzinfo=ISTANBUL)
    assert last_day(end) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-11-23", "2027-11-22"),
        ("2024-02-28", "2025-02-27"),
        ("2024-02-29", "2025-02-28"),
        ("2023-03-01", "2024-02-29"),
        ("2026-01-01", "2026-12-31"),
    ],
)
def test_a_term_is_one_calendar_year_with_an_inclusive_last_day(start: str, last: str) -> None:
    begins = datetime.combine(date.fromisoformat(start), datetime.min.time(), tzinfo=ISTANBUL)
    starts_at, ends_at = term_from(begins)
    assert starts_at == begins
    assert last_day(ends_at) == date.fromisoformat(last)


def test_29_february_has_no_twin_next_year() -> None:
    assert same_day_next_year(date(2024, 2, 29)) == date(2025, 3, 1)
