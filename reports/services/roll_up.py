"""Keep the daily roll-up: follow the events of each provider by their numbers, count a day anew, close days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Min
from django.forms import model_to_dict

from consents.models import ConsentEvent
from iys_portal.audit.services import Actor, record
from iys_portal.shared.clock import day_bounds, istanbul_day
from reports.enums import RECOUNTED
from reports.models import ClosedDay, DailyCount, RefusalDelay, ReportDay, RollUp
from reports.selectors.figures import DAY, OWN_REFUSAL, delay_since
from reports.selectors.files import days_without_files
from reports.services.daily_files import queue_files
from reports.services.documents import renew

logger = structlog.get_logger(__name__)

BATCH = 1_000_000
"""So many numbers of events, a provider's or others', are taken into the roll-up by one transaction."""
_ASKED_AGAIN = timedelta(days=7)

# One scan of the events, grouped as finely as any of the tables needs; what they hold are sums of it. Five columns are
# packed into one number, which costs a third of grouping by all of them: 2 bits of channel, 2 recipient type, 2 status,
# 7 source, 1 first record. It stands alone, because PostgreSQL shares no statement that writes among its workers, and
# fenced (OFFSET '0'), because it would take each event for a group of its own, and share nothing either. What it finds
# are few rows. Most refusals are recorded on the day on which they were taken.
_SCAN = """
    SELECT brand_id, kind, number, delay, count(*) FROM (
        SELECT brand_id, (channel << 12) | (recipient_type << 10) | (status << 8)
                | (coalesce(source, 0::smallint) << 1) | (prev_seq IS NULL)::int AS kind,
            {number} AS number,
            CASE WHEN {own_refusal} THEN CASE WHEN consent_at >= (%(midnights)s::timestamptz[])[{number}] THEN 0
                ELSE {delay} END END AS delay
        FROM consent_event WHERE provider_id = %(provider)s AND seq > %(after)s AND seq <= %(until)s {narrow}
        OFFSET '0'
    ) AS event GROUP BY brand_id, kind, number, delay
"""
# A statement of so many events is worth compiling, which takes some hundredths of a second.
_COMPILE = "SELECT set_config('jit', 'on', true), set_config('jit_above_cost', '20000', true)"

_TAKE = """
    WITH part AS MATERIALIZED (
        SELECT %(eve)s::date + number AS day, brand_id, kind >> 12 & 3 AS channel, kind >> 10 & 3 AS recipient_type,
            kind >> 8 & 3 AS status, kind >> 1 & 127 AS source, delay_days, movements,
            movements * (kind & 1) AS first_records
        FROM unnest(%(brands)s::bigint[], %(kinds)s::int[], %(numbers)s::int[], %(delays)s::int[], %(movements)s::int[])
            AS row (brand_id, kind, number, delay_days, movements)
    ), counts AS (
        INSERT INTO reports_dailycount AS kept (provider_id, day, brand_id, channel, recipient_type, source,
            approvals, refusals, pending, first_records)
        SELECT %(provider)s, day, brand_id, channel, recipient_type, source,
            coalesce(sum(movements) FILTER (WHERE status = 1), 0),
            coalesce(sum(movements) FILTER (WHERE status = 2), 0),
            coalesce(sum(movements) FILTER (WHERE status = 3), 0), sum(first_records)
        FROM part GROUP BY day, brand_id, channel, recipient_type, source
        ON CONFLICT (provider_id, day, brand_id, channel, recipient_type, source) DO UPDATE SET
            approvals = kept.approvals + excluded.approvals, refusals = kept.refusals + excluded.refusals,
            pending = kept.pending + excluded.pending, first_records = kept.first_records + excluded.first_records
    ), delays AS (
        INSERT INTO reports_refusaldelay AS kept (provider_id, day, brand_id, channel, delay_days, refusals)
        SELECT %(provider)s, day, brand_id, channel, delay_days, sum(movements)
        FROM part WHERE delay_days IS NOT NULL GROUP BY day, brand_id, channel, delay_days
        ON CONFLICT (provider_id, day, brand_id, channel, delay_days)
            DO UPDATE SET refusals = kept.refusals + excluded.refusals
    )
    INSERT INTO reports_reportday AS kept (provider_id, day, first_seq, last_seq, movements, late_movements,
        corrected_at)
    SELECT %(provider)s, day, %(after)s + 1, %(until)s, sum(movements),
        CASE WHEN is_late THEN sum(movements) ELSE 0 END, CASE WHEN is_late THEN %(now)s::timestamptz END
    FROM part JOIN LATERAL (
        SELECT EXISTS (SELECT 1 FROM reports_closedday c WHERE c.day = part.day) AS is_late
    ) AS judged ON true
    GROUP BY day, is_late
    ON CONFLICT (provider_id, day) DO UPDATE SET first_seq = LEAST(kept.first_seq, excluded.first_seq),
        last_seq = GREATEST(kept.last_seq, excluded.last_seq), movements = kept.movements + excluded.movements,
        late_movements = kept.late_movements + excluded.late_movements,
        corrected_at = coalesce(excluded.corrected_at, kept.corrected_at)
    RETURNING day, corrected_at IS NOT DISTINCT FROM %(now)s::timestamptz
"""


def roll_up(*, provider_id: int, now: datetime, batch: int = BATCH) -> None:
    """Take the provider's newest movements into the roll-up.

    Relies on what the change feed relies on: numbers are committed in their order (docs/adr/0032-consent-store.md), so
    that nothing up to the newest visible number is missing. Two roll-ups of one provider wait for each other.
    """
    while _step(provider_id, now=now, batch=batch):
        pass


@transaction.atomic
def _step(provider_id: int, *, now: datetime, batch: int) -> bool:
    """Take one batch; return whether there was any."""
    state = _locked(provider_id)
    until = _reach(provider_id, state.seq, batch)
    if until is None:
        return False
    corrected = _take(provider_id, after=state.seq, until=until, now=now)
    state.seq, state.rolled_at = until, now
    state.save(update_fields=["seq", "rolled_at"])
    for day in corrected:
        queue_files(provider_id=provider_id, day=day, now=now)
    renew(provider_id=provider_id, days=corrected, now=now)
    return True


def _locked(provider_id: int) -> RollUp:
    RollUp.objects.bulk_create([RollUp(provider_id=provider_id)], ignore_conflicts=True)
    return RollUp.objects.select_for_update().get(provider_id=provider_id)


def _reach(provider_id: int, seq: int, batch: int) -> int | None:
    """Return the number up to which the next batch goes, or None when there is nothing to take.

    Numbers are not counted: those between the first event and this one may be others'.
    """
    events = ConsentEvent.objects.filter(provider_id=provider_id, seq__gt=seq)
    ends = events.aggregate(first=Min("seq"), newest=Max("seq"))
    return None if ends["newest"] is None else int(min(ends["newest"], ends["first"] + batch - 1))


@dataclass(frozen=True)
class _Scan:
    """Events counted by brand, kind, number of the day (that after `eve` is 1) and delay (None: no own refusal)."""

    eve: date
    rows: list[tuple[int, int, int, int | None, int]]

    def is_within(self, last: date) -> bool:
        """Return whether all events are of the days after the eve, up to the last one."""
        return all(0 < number <= (last - self.eve).days for _, _, number, _, _ in self.rows)


def _take(provider_id: int, *, after: int, until: int, now: datetime, day: date | None = None) -> list[date]:
    """Add the events with these numbers to the roll-up, those of one day or all; return the days corrected by it."""
    scan = _scanned(provider_id, after, until, day)
    names = ("brands", "kinds", "numbers", "delays", "movements")
    counted = {name: [row[at] for row in scan.rows] for at, name in enumerate(names)}
    values: dict[str, Any] = {"provider": provider_id, "after": after, "until": until, "now": now, "eve": scan.eve}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values | counted)
        return [found for found, is_corrected in cursor.fetchall() if is_corrected]


def _scanned(provider_id: int, after: int, until: int, day: date | None) -> _Scan:
    """Return the events with these numbers, those of one day or all, counted.

    Instants follow the numbers, so the first and the last event say which midnights may lie between, and among them the
    day of an instant is found far more quickly than in a time zone. Where an instant does not follow, that is done.
    """
    values: dict[str, Any] = {"provider": provider_id, "after": after, "until": until}
    if day is not None:
        begins, ends = day_bounds(day)
        return _scan(values | {"end": ends}, day - _ONE, [begins], "1", _WITHIN)
    events = ConsentEvent.objects.filter(provider_id=provider_id, seq__gt=after, seq__lte=until)
    first, last = (istanbul_day(events.order_by(by).values_list("created_at", flat=True)[0]) for by in ("seq", "-seq"))
    midnights = [day_bounds(first + n * _ONE)[0] for n in range((last - first).days + 2)]
    found = _scan(values, first - _ONE, midnights, _NUMBER)
    return found if found.is_within(last) else _scan(values, _EVE, [], f"({DAY} - %(eve)s::date)")


_ONE = timedelta(days=1)
_EVE = date(2000, 1, 1)
_NUMBER = "width_bucket(created_at, %(midnights)s::timestamptz[])"
_WITHIN = "AND created_at >= (%(midnights)s::timestamptz[])[1] AND created_at < %(end)s"


def _scan(values: Mapping[str, Any], eve: date, midnights: list[datetime], number: str, narrow: str = "") -> _Scan:
    delay = delay_since(f"(%(eve)s::date + {number})")
    statement = _SCAN.format(number=number, delay=delay, own_refusal=OWN_REFUSAL, narrow=narrow)
    with connection.cursor() as cursor:
        cursor.execute(_COMPILE)
        cursor.execute(statement, {**values, "eve": eve, "midnights": midnights})
        return _Scan(eve, cursor.fetchall())


def roll_up_all(*, now: datetime) -> int:
    """Take the newest movements of every provider into the roll-up; return of how many providers there were any.

    What goes wrong with one provider is logged and holds up nobody else: its figures are live until it works again.
    """
    return sum(_rolled_up(provider_id, now) for provider_id in _due())


def _rolled_up(provider_id: int, now: datetime) -> bool:
    try:
        roll_up(provider_id=provider_id, now=now)
    except DatabaseError:
        logger.exception("roll_up_failed", provider_id=provider_id)
        return False
    return True


def _due() -> list[int]:
    """Return the providers that have events beyond their roll-up: a look at the end of each one's index range."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM accounts_provider p LEFT JOIN reports_rollup r ON r.provider_id = p.id"
            " CROSS JOIN LATERAL (SELECT seq FROM consent_event e WHERE e.provider_id = p.id"
            " ORDER BY seq DESC LIMIT 1) newest WHERE newest.seq > coalesce(r.seq, 0) ORDER BY p.id"
        )
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def recount_day(*, provider_id: int, day: date, now: datetime, actor: Actor | None = None) -> bool:
    """Count a provider's day anew from its events; return whether its figures changed.

    Events that are not in the roll-up yet stay out of it. A change is audited, and the day says that it was corrected.
    """
    state = _locked(provider_id)
    before, marks = _kept(provider_id, day), _of_day(ReportDay, provider_id, day).first()
    for model in (DailyCount, RefusalDelay, ReportDay):
        _of_day(model, provider_id, day).delete()
    _take(provider_id, after=0, until=state.seq, now=now, day=day)
    after = _kept(provider_id, day)
    has_changed = _said(before) != _said(after)
    counted = _of_day(ReportDay, provider_id, day)
    corrected_at = now if has_changed else marks and marks.corrected_at
    late = min(marks.late_movements if marks else 0, counted.values_list("movements", flat=True).first() or 0)
    counted.update(corrected_at=corrected_at, late_movements=late)
    if has_changed:
        numbers = {"before": _total(before), "after": _total(after)}
        record(action=RECOUNTED, subject=state, actor=actor, reason=f"{day:%d.%m.%Y}", **numbers)
        renew(provider_id=provider_id, days=[day], now=now)
    return has_changed


def _of_day(model: type[DailyCount] | type[RefusalDelay] | type[ReportDay], provider_id: int, day: date) -> Any:
    return model._default_manager.filter(provider_id=provider_id, day=day)


_Rows = list[DailyCount | RefusalDelay]


def _kept(provider_id: int, day: date) -> _Rows:
    """Return all figures of a day in the order of their keys."""
    return [row for model in (DailyCount, RefusalDelay) for row in _of_day(model, provider_id, day).order_by("pk")]


def _total(kept: _Rows) -> int:
    return sum(row.approvals + row.refusals + row.pending for row in kept if isinstance(row, DailyCount))


def _said(kept: _Rows) -> list[dict[str, Any]]:
    return [model_to_dict(row) for row in kept]


def close_days(*, now: datetime) -> list[date]:
    """Close the days that are over, all movements of theirs in the roll-up, and ask for their files.

    Returns the days that were open till now. A worker that is killed before leaves them open, and they are closed by
    the next; what one that is killed later did not ask for, the next asks for. What is recorded for a closed day
    corrects it, and asks for its files itself. On the first call only yesterday is closed. A provider whose files could
    not be asked for holds up nobody else: later runs ask again.
    """
    yesterday = istanbul_day(now) - timedelta(days=1)
    last = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first() or yesterday - timedelta(days=1)
    days = [last + timedelta(days=n) for n in range(1, (yesterday - last).days + 1)]
    if days:
        roll_up_all(now=now)
        ClosedDay.objects.bulk_create([ClosedDay(day=day, closed_at=now) for day in days], ignore_conflicts=True)
    for provider_id, day in days_without_files(since=min([*days, yesterday - _ASKED_AGAIN])):
        _asked(provider_id, day, now)
    return days


def _asked(provider_id: int, day: date, now: datetime) -> None:
    """Ask for a day's files; what goes wrong is logged, and the next run asks again."""
    try:
        ask_for_files(provider_id=provider_id, day=day, now=now)
    except SoftTimeLimitExceeded:
        raise  # the next run goes on where this one stops
    except Exception:
        logger.exception("asking_for_files_failed", provider_id=provider_id, day=str(day))


@transaction.atomic
def ask_for_files(*, provider_id: int, day: date, now: datetime, actor: Actor | None = None) -> int:
    """Ask for the files that a provider's day lacks, all recorded movements in them; return how many were asked for."""
    _locked(provider_id)
    while _step(provider_id, now=now, batch=BATCH):
        pass
    return len(queue_files(provider_id=provider_id, day=day, now=now, actor=actor))
