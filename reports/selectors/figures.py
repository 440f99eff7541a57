"""Figures of movements: the daily roll-up plus the events that are not in it yet, as one statement sees both.

No read walks the history: it costs the days that were asked for, and what came since the last roll-up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from consents.rules.calendar import Calendar, iys_business_days
from reports.enums import Dimension
from reports.models import ReportDay

DAY = "(created_at AT TIME ZONE 'Europe/Istanbul')::date"
"""SQL: the Istanbul day on which an event was recorded."""
_LONGEST = 30
"""Days of delay beyond which refusals are not told apart: all of them were recorded far too late."""

Key = tuple[Any, ...]


OWN_REFUSAL = "status = 2 AND source < 100"
"""SQL: the event is a refusal that the provider took itself."""


def delay_since(day: str) -> str:
    """Return the SQL of how many days before `day` a refusal was given, at most 1000."""
    return f"LEAST(1000, GREATEST(0, {day} - (consent_at AT TIME ZONE 'Europe/Istanbul')::date))"


@dataclass(frozen=True)
class Figures:
    """Movements by what they say; `first_records` are those of them that were the first of their consent."""

    approvals: int = 0
    refusals: int = 0
    pending: int = 0
    first_records: int = 0

    @property
    def total(self) -> int:
        """All movements."""
        return self.approvals + self.refusals + self.pending


def movements(
    provider_id: int, first: date, last: date, *, by: Sequence[Dimension] = (), brand_id: int | None = None
) -> dict[Key, Figures]:
    """Return the movements of the days `first` to `last` (both included), by the dimensions in their order.

    Keys are tuples of plain values: (day,), (brand id, channel), …; without dimensions there is one key, (). What has
    no movements has no key. Today is as of now.
    """
    names = [dimension.value for dimension in by]
    values = {"provider": provider_id, "first": first, "last": last, "brand": brand_id}
    rows = _live(_MOVEMENTS, values, names=names)
    return {tuple(row[: len(names)]): Figures(*row[len(names) :]) for row in rows}


_MOVEMENTS = f"""
    SELECT {{names}} sum(approvals), sum(refusals), sum(pending), sum(first_records) FROM (
        SELECT day, brand_id, channel, recipient_type, source, approvals, refusals, pending, first_records
        FROM reports_dailycount WHERE provider_id = %(provider)s AND day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT {DAY}, brand_id, channel, recipient_type, coalesce(source, 0), (status = 1)::int, (status = 2)::int,
            (status = 3)::int, (prev_seq IS NULL)::int
        FROM consent_event WHERE provider_id = %(provider)s AND seq > %(rolled)s
            AND seq <= %(newest)s AND {DAY} BETWEEN %(first)s AND %(last)s
    ) AS movement WHERE %(brand)s::bigint IS NULL OR brand_id = %(brand)s
    {{group}}
"""  # noqa: S608  (constants of our own)


def refusal_delays(
    provider_id: int, first: date, last: date, *, calendar: Calendar, brand_id: int | None = None
) -> dict[int, int]:
    """Return the provider's own refusals recorded on these days, by the business days that lay between.

    Up to `BUSINESS_DAYS - 1` days between giving and recording are in time (consents/rules/calendar.py).
    """
    values = {"provider": provider_id, "first": first, "last": last, "brand": brand_id}
    found: dict[int, int] = {}
    for day, delay, refusals in _live(_DELAYS, values, names=["day", "delay_days"]):
        waited = iys_business_days(day - timedelta(days=min(delay, _LONGEST)), day, calendar)
        found[waited] = found.get(waited, 0) + refusals
    return found


_DELAYS = f"""
    SELECT {{names}} sum(refusals) FROM (
        SELECT day, brand_id, delay_days, refusals
        FROM reports_refusaldelay WHERE provider_id = %(provider)s AND day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT {DAY}, brand_id, {delay_since(DAY)}, 1
        FROM consent_event WHERE provider_id = %(provider)s AND seq > %(rolled)s
            AND seq <= %(newest)s AND {DAY} BETWEEN %(first)s AND %(last)s AND {OWN_REFUSAL}
    ) AS refusal WHERE %(brand)s::bigint IS NULL OR brand_id = %(brand)s
    {{group}}
"""  # noqa: S608  (constants of our own)


def _live(sql: str, values: Mapping[str, Any], *, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the rows of the roll-up and of the events after it.

    The cursor goes into the statement as a number, which the planner knows how to use, and so does the newest event's:
    without an upper end it would expect all younger numbers of the table. Where these lie far apart it still does, and
    would read everybody's events: it is told to use the key. If a roll-up has moved the cursor in between, what the
    statement read does not add up, and it is asked again.
    """
    columns = ", ".join(names)
    group = f"GROUP BY {columns} ORDER BY {columns}" if names else "HAVING count(*) > 0"
    found = sql.format(names=f"{columns}," if names else "", group=group)
    statement = f"{_CURSOR} FROM (SELECT 1) AS one LEFT JOIN LATERAL ({found}) AS found ON true"
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ENDS, values)
            rolled, newest, _ = cursor.fetchone()
            cursor.execute(statement, {**values, "rolled": rolled, "newest": newest})
            rows = cursor.fetchall()
        if rows[0][0] == rolled:
            return [row[1:] for row in rows if row[-1] is not None]


_ENDS = """
    SELECT coalesce((SELECT seq FROM reports_rollup WHERE provider_id = %(provider)s), 0),
        coalesce((SELECT seq FROM consent_event WHERE provider_id = %(provider)s ORDER BY seq DESC LIMIT 1), 0),
        set_config('enable_seqscan', 'off', true)
"""
_CURSOR = "SELECT coalesce((SELECT seq FROM reports_rollup WHERE provider_id = %(provider)s), 0), found.*"


def corrected_days(provider_id: int, first: date, last: date) -> list[ReportDay]:
    """Return the days whose figures changed after they had been closed, newest first."""
    days = ReportDay.objects.filter(provider_id=provider_id, day__range=(first, last), corrected_at__isnull=False)
    return list(days.order_by("-day"))
