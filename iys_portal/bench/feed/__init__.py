"""G5: a page of the change feed beside a bare LIMIT scan, at its beginning and at any depth; and nothing lost from it.

Two providers whose movements alternate in portions, so that the numbers of either have gaps. Beside the pages that
workers read stands what programs are answered by the API's feed, which derives ids and writes İYS's words.
"""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, connections, transaction

from consents.api_selectors import Change, changes_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.feed_selectors import movements_after
from consents.rules.calendar import Calendar
from consents.rules.fields import Movement, Policy
from consents.services import Origin, record_consent
from iys_portal.bench import store
from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.machine import need_disk
from iys_portal.bench.scratch import scratch_database, server_folder
from iys_portal.bench.timing import in_turns, seconds

_BYTES_PER_ROW = 600
_OTHER_MIB = 300
_PAGE = 1_000
_FEWEST_ROWS = 4 * _PAGE
_PORTIONS = 10
_PAGES, _WRITES = 20, 60
"""So many pages a turn, and movements of each writer; a quick run makes fewer."""
_QUICK_PAGES, _QUICK_WRITES = 1, 6
_FEWEST_TURNS = 7
_WRITERS = 8
_FOLLOWED = 100
_GIVEN_UP = 6
_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_SCAN = "SELECT * FROM consent_event WHERE provider_id = %s AND seq > %s ORDER BY seq LIMIT %s"
_NUMBERS = "SELECT seq FROM consent_event WHERE provider_id = %s AND seq > %s ORDER BY seq"


def run(options: Options) -> Result:
    """Run the bench in a database of its own. Raises BenchError when that cannot be had or has no room."""
    if options.rows < _FEWEST_ROWS:
        raise BenchError(f"Fewer than {_FEWEST_ROWS:,} movements say nothing: a page has {_PAGE:,}.")
    folder = server_folder()
    if folder is not None:
        need_disk(folder, options.rows * _BYTES_PER_ROW / 2**20 + _OTHER_MIB)
    options.say("Making a database of the bench's own")
    with scratch_database():
        return _Run(options).run()


class _Run:
    """One run: figures, and what was not right, come together here."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._random = random.Random(options.seed)
        self._turns = 1 if options.quick else max(_FEWEST_TURNS, options.runs)
        self._pages = _QUICK_PAGES if options.quick else _PAGES
        self._writes = _QUICK_WRITES if options.quick else _WRITES
        self._brand, self._other = store.company(1), store.company(2)
        self._figures: list[Figure] = []
        self._wrong: list[str] = []

    def run(self) -> Result:
        self._fill()
        numbers = self._numbers(0)
        last = len(numbers) - _PAGE - 1
        depths = {
            "the first page": [0],
            "pages anywhere": [numbers[self._random.randrange(last)] for _ in range(self._pages)],
            "the last page": [numbers[last]],
        }
        ratios = [self._at(name, places) for name, places in depths.items()]
        deep = self._deep(numbers[last])
        self._answers()
        lost = self._follow(numbers[-1])
        self._figures.append(
            Figure.of_value(f"movements lost, {_WRITERS} writers at once", lost, goal="G5", limit=Limit("≤", 0))
        )
        keys = {"page_of_limit_scan": max(ratios), "deep_page_of_first": deep, "lost_events": lost}
        return Result(keys=keys, figures=self._figures, wrong=self._wrong)

    def _fill(self) -> None:
        self._options.say(f"Making {self._options.rows:,} movements of two providers")
        each = self._options.rows // 2 // _PORTIONS
        for portion in range(_PORTIONS):
            for brand in (self._brand, self._other):
                store.fill(brand, portion * each, (portion + 1) * each)

    def _numbers(self, after: int) -> list[int]:
        return [number for (number,) in _rows(_NUMBERS, [self._brand.provider_id, after])]

    # --- Pages ------------------------------------------------------------------------------------------------
    def _read(self, places: list[int]) -> Callable[[], object]:
        repeated = places * (self._pages // len(places))
        return lambda: [movements_after(self._brand.provider_id, place, limit=_PAGE) for place in repeated]

    def _scan(self, places: list[int]) -> Callable[[], object]:
        repeated = places * (self._pages // len(places))
        return lambda: [_rows(_SCAN, [self._brand.provider_id, place, _PAGE]) for place in repeated]

    def _at(self, name: str, places: list[int]) -> float:
        for place in places:
            found = [event.seq for event in movements_after(self._brand.provider_id, place, limit=_PAGE)]
            if found != self._numbers(place)[:_PAGE]:
                self._wrong.append(f"{name}: other movements than those that follow {place}.")
        return self._figure(
            f"{name} of {_PAGE:,}",
            self._read(places),
            self._scan(places),
            beside="bare LIMIT scan",
            goal="G5",
            limit=Limit("≤", 1.5),
        )

    def _deep(self, place: int) -> float:
        return self._figure("the last page", self._read([place]), self._read([0]), beside="the first page")

    def _answers(self) -> None:
        """Read a page as the API answers it; on the day of the recording, so that its window reaches back to it."""
        brand, now = self._brand, store.RECORDED + timedelta(days=1)

        def page() -> list[Change]:
            found = changes_of(
                brand,
                iys_code=brand.provider.iys_code,
                after=None,
                channels=[1, 2, 3],
                citizens=False,
                limit=_PAGE,
                now=now,
            )
            return found or []

        if len(page()) != _PAGE:
            self._wrong.append("The API's feed answers no full page.")
        self._figure(
            "a page as the API answers it",
            lambda: [page() for _ in range(self._pages)],
            self._scan([0]),
            beside="bare LIMIT scan",
        )

    def _figure(
        self,
        name: str,
        own: Callable[[], object],
        other: Callable[[], object],
        *,
        beside: str,
        goal: str = "",
        limit: Limit | None = None,
    ) -> float:
        own(), other()  # once for nothing: what is read for the first time is not what is compared
        mine, theirs = in_turns(lambda: seconds(own), lambda: seconds(other), times=self._turns)
        figure = Figure.of_times(name, mine, theirs, beside=beside, goal=goal, limit=limit)
        self._figures.append(figure)
        self._options.say(f"  {name}: {figure.ratio:.2f}")
        return figure.ratio or 0.0

    # --- Nothing is lost --------------------------------------------------------------------------------------
    def _follow(self, newest: int) -> int:
        """Return how many movements a reader misses, or sees twice or late, while others write."""
        done, seen, failures = threading.Event(), [newest], list[Exception]()

        def follow() -> None:
            while not done.is_set():
                seen.extend(self._next(seen[-1]))

        reader = threading.Thread(target=_closing, args=(follow, failures))
        writers = [
            threading.Thread(target=_closing, args=(self._writer(number), failures)) for number in range(_WRITERS)
        ]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
        if failures:
            raise failures[0]
        while more := self._next(seen[-1]):
            seen.extend(more)
        written = self._numbers(newest)
        kept = _WRITERS * (self._writes - self._writes // _GIVEN_UP)
        if len(written) != kept:
            self._wrong.append(f"{len(written)} movements were recorded, not {kept}.")
        lost = len(set(written) - set(seen)) + len(seen[1:]) - len(set(seen[1:]))
        if lost:
            self._wrong.append(f"{lost} movements were lost from the feed, or came twice.")
        return lost

    def _next(self, after: int) -> list[int]:
        return [event.seq for event in movements_after(self._brand.provider_id, after, limit=_FOLLOWED)]

    def _writer(self, number: int) -> Callable[[], None]:
        """Return what a writer does: movements of recipients of its own, of which it gives up every sixth."""

        def write() -> None:
            for step in range(1, self._writes + 1):
                if step % _GIVEN_UP:
                    self._record(number * self._writes + step)
                    continue
                with transaction.atomic():
                    self._record(number * self._writes + step)
                    transaction.set_rollback(True)

        return write

    def _record(self, number: int) -> None:
        phone = store.phone(number * store.APART + 1)
        given = Movement(phone, Channel.MESAJ, RecipientType.BIREYSEL, ConsentStatus.ONAY, Source.HS_WEB, _NOW)
        record_consent(
            provider=self._brand.provider,
            brand=self._brand,
            movement=given,
            origin=Origin(Way.API),
            policy=Policy(Calendar()),
            now=_NOW,
        )


def _closing(work: Callable[[], None], failures: list[Exception]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001  (raised again by the thread that waits)
        failures.append(error)
    finally:
        connections.close_all()


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
