"""The daily roll-up: what it costs beside a bare count of the events, and what a report's figures cost as they grow.

Two providers with as many movements a day, one with a history ten times as long. Its figures must be those of a plain
GROUP BY over the events, and must not cost more.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Provider
from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.machine import need_disk
from iys_portal.bench.scratch import scratch_database, server_folder
from iys_portal.bench.timing import in_turns, seconds
from reports.enums import Dimension
from reports.selectors.figures import DAY, Figures, Key, movements
from reports.services.roll_up import roll_up

_BYTES_PER_ROW = 420  # an event with its key, the log of both, the sort of a GROUP BY
_OTHER_MIB = 200
_FEWEST_ROWS = 400
_LONGER = 10
_DAYS = 10
_SHOWN_DAYS = 7
_LIVE = 1_000
_READS = 40
_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_BY = (Dimension.DAY, Dimension.BRAND, Dimension.CHANNEL, Dimension.SOURCE)
_TABLES = ("dailycount", "refusaldelay", "reportday", "rollup")

_EVENTS = """
    INSERT INTO consent_event (provider_id, prev_seq, created_at, consent_at, brand_id, channel, recipient_type, status,
        source, way, recipient)
    SELECT %(provider)s, CASE WHEN n %% 4 = 0 THEN 0 END, at, at - (n %% 5) * interval '9 hours', 1 + n %% 3,
        1 + n / 3 %% 3, 1 + (n %% 11 = 0)::int, 1 + (n %% 4 = 0)::int, 6 + n / 9 %% 4, 1,
        '+905' || lpad((n * 7919 %% 1000000000)::text, 9, '0')
    FROM generate_series(1::bigint, %(rows)s) AS n,
        LATERAL (SELECT %(now)s::timestamptz - (%(rows)s - n) * (%(days)s * interval '1 day' / %(rows)s) AS at) AS said
"""


def run(options: Options) -> Result:
    """Run the bench in a database of its own. Raises BenchError when that cannot be had or has no room."""
    if options.rows < _FEWEST_ROWS:
        raise BenchError(f"Fewer than {_FEWEST_ROWS} movements say nothing.")
    folder = server_folder()
    if folder is not None:
        need_disk(folder, (1 + _LONGER) * options.rows * _BYTES_PER_ROW / 2**20 + _OTHER_MIB)
    options.say("Making a database of the bench's own")
    with scratch_database():
        return _Run(options).run()


class _Run:
    """One run: figures and differences come together here."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._short = _provider(1)
        self._long = _provider(2)
        self._figures: list[Figure] = []
        self._wrong: list[str] = []

    def run(self) -> Result:
        """Roll up the shorter history, beside a count; then read both, beside each other."""
        self._fill(self._short, self._options.rows, _DAYS)
        of_count = self._rolls()
        self._fill(self._long, self._options.rows * _LONGER, _DAYS * _LONGER)
        self._say("roll-up of the longer history", seconds(lambda: roll_up(provider_id=self._long, now=_NOW)))
        growth = self._reads()
        for provider in (self._short, self._long):
            self._compare(provider, date(2015, 1, 1), _NOW.date())
        differences = len(self._wrong)
        counts = Figure.of_value("sums that differ from SQL's", differences, limit=Limit("≤", 0))
        keys = {"roll_up_of_count": of_count, "page_growth": growth, "differences": differences}
        return Result(keys=keys, figures=[*self._figures, counts], wrong=self._wrong)

    def _fill(self, provider: int, rows: int, days: int) -> None:
        self._options.say(f"Making {rows:,} movements of {days:,} days")
        _execute(_EVENTS, {"provider": provider, "rows": rows, "days": days, "now": _NOW})
        _execute("VACUUM (ANALYZE) consent_event")

    def _rolls(self) -> float:
        def take() -> float:
            for table in _TABLES:
                _execute(f"TRUNCATE reports_{table}")
            return self._say("roll-up", seconds(lambda: roll_up(provider_id=self._short, now=_NOW)))

        def count() -> float:
            return self._say("count(*)", seconds(lambda: _execute("SELECT count(*) FROM consent_event")))

        take(), count()  # to warm up
        own, other = in_turns(take, count, times=self._options.runs)
        name = f"roll-up of {self._options.rows:,} movements"
        return self._figure(name, own, other, beside="count(*) of the events", limit=Limit("≤", 5))

    def _reads(self) -> float:
        """Read what a page draws, with some movements that no roll-up has taken yet, for both providers in turns."""
        last, first = _NOW.date(), _NOW.date() - timedelta(days=_SHOWN_DAYS - 1)
        for provider in (self._short, self._long):
            _execute(_EVENTS, {"provider": provider, "rows": _LIVE, "days": 0, "now": _NOW})
            self._compare(provider, first, last)
        _execute("ANALYZE")

        def several(provider: int) -> Callable[[], float]:
            def read() -> float:
                return seconds(lambda: [movements(provider, first, last, by=_BY) for _ in range(_READS)]) / _READS

            return read

        short, longer = several(self._short), several(self._long)
        short(), longer()
        own, other = in_turns(longer, short, times=max(7, self._options.runs))
        name = f"figures of {_SHOWN_DAYS} days, history {_LONGER} times as long"
        return self._figure(name, own, other, beside="the shorter history", limit=Limit("≤", 1.5))

    def _figure(self, name: str, own: list[float], other: list[float], *, beside: str, limit: Limit) -> float:
        figure = Figure.of_times(name, own, other, beside=beside, limit=limit)
        self._figures.append(figure)
        return figure.ratio or 0.0

    def _compare(self, provider: int, first: date, last: date) -> None:
        """Compare the figures with a plain count of the events, key by key, and their sums by day with the whole."""
        found, expected = movements(provider, first, last, by=_BY), _counted(provider, first, last)
        if found != expected:
            self._wrong.append(f"Provider {provider}, {first} to {last}: the figures are not those of the events.")
        whole = movements(provider, first, last).get((), Figures())
        if sum(figures.total for figures in found.values()) != whole.total:
            self._wrong.append(f"Provider {provider}, {first} to {last}: the parts do not add up to the whole.")

    def _say(self, what: str, taken: float) -> float:
        self._options.say(f"  {what}: {taken:.3f} s")
        return taken


def _provider(number: int) -> int:
    return Provider.objects.create(
        iys_code=50_000_000 + number,
        title=f"Ölçüm Hizmet Sağlayıcısı {number}",
        tax_number=f"{10**9 + number}",
        address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
        phone="+903120000000",
        email=f"olcum{number}@ornek.example",
    ).pk


def _counted(provider: int, first: date, last: date) -> dict[Key, Figures]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {DAY}, brand_id, channel, coalesce(source, 0), count(*) FILTER (WHERE status = 1),"  # noqa: S608  (constants of our own)
            " count(*) FILTER (WHERE status = 2), count(*) FILTER (WHERE status = 3),"
            " count(*) FILTER (WHERE prev_seq IS NULL) FROM consent_event"
            f" WHERE provider_id = %s AND {DAY} BETWEEN %s AND %s GROUP BY 1, 2, 3, 4",
            [provider, first, last],
        )
        return {tuple(row[:4]): Figures(*row[4:]) for row in cursor.fetchall()}


def _execute(sql: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
