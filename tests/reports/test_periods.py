"""The columns that days are drawn in: each day in one, as many as can be read."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pictures.period import MOST_DAYS, Period, last_days, month_of

TODAY = date(2026, 11, 23)


@settings(max_examples=60)
@given(st.dates(date(2015, 5, 1), date(2030, 1, 1)), st.integers(1, MOST_DAYS))
def test_each_day_is_in_one_column(last: date, days: int) -> None:
    period = last_days(days, today=last)
    assert period.days == days
    columns = period.buckets()
    found = [each.first + timedelta(days=n) for each in columns for n in range((each.last - each.first).days + 1)]
    assert found == [period.first + timedelta(days=n) for n in range(days)]
    assert len(columns) <= 45
    assert period.previous == Period(period.first - timedelta(days=days), period.first - timedelta(days=1))


def test_columns_are_days_weeks_or_months() -> None:
    days, weeks, months = (last_days(number, today=TODAY) for number in (45, 46, 187))
    assert (days.unit, days.buckets()[0].label, days.buckets()[0].words) == ("gün", "10.10", "10.10.2026")
    assert [bucket.words for bucket in weeks.buckets()][:2] == ["09.10.2026 – 11.10.2026", "12.10.2026 – 18.10.2026"]
    assert (months.unit, months.buckets()[-1].label) == ("ay", "11.2026")
    assert month_of(date(2024, 2, 10)) == Period(date(2024, 2, 1), date(2024, 2, 29))
