"""G6: the exact address count. What keeping it costs an import, whether it is right, what reading it costs.

The import is the register's own SQL: sorted rows from staging, 50,000 a provider and two statements for them at the
default size. The same import with the counting switched off (`app.bulk`) stands beside it.
"""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from iys_portal.bench.address_count import data
from iys_portal.bench.address_count.data import Register
from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.machine import need_disk
from iys_portal.bench.scratch import scratch_database, server_folder
from iys_portal.bench.timing import in_turns, seconds
from packages.selectors import address_count

_BYTES_PER_ROW = 1_200  # staging, consents with their key, the log, and what changes leave behind
_OTHER_MIB = 200  # an empty migrated database and its log
_FEWEST_ROWS = 400
_READS = 200
_SINGLE_WRITES = 200
_WRITERS = 4

_RECOUNT = """
    SELECT greatest(count(DISTINCT recipient) FILTER (WHERE channel <> 3),
                    count(DISTINCT recipient) FILTER (WHERE channel = 3))
      FROM consent WHERE provider_id = %s AND status = 1
"""


def run(options: Options) -> Result:
    """Run the bench in a database of its own. Raises BenchError when that cannot be had or has no room."""
    if options.rows < _FEWEST_ROWS:
        raise BenchError(f"Fewer than {_FEWEST_ROWS} consents say nothing.")
    folder = server_folder()
    if folder is not None:
        need_disk(folder, options.rows * _BYTES_PER_ROW / 2**20 + _OTHER_MIB)
    options.say("Making a database of the bench's own")
    with scratch_database():
        options.say(f"Making {options.rows:,} consents")
        register = data.make_register(options.rows)
        return _Run(options, register).run()


class _Run:
    """One run on a register: figures and mismatches come together here."""

    def __init__(self, options: Options, register: Register) -> None:
        self._options = options
        self._register = register
        self._figures: list[Figure] = []
        self._mismatches: list[str] = []

    def run(self) -> Result:
        """Import, change, write singly, write at once, read; compare every count after each."""
        per_row = [self._imports(), self._changes()]
        self._single_writes()
        self._many_writers()
        self._withdrawals()
        self._reads()
        keys = {"us_per_changed_row": max(per_row), "mismatches": len(self._mismatches)}
        worst = Figure.of_value("worst of both, µs a changed row", max(per_row), goal="G6", limit=Limit("≤", 10))
        counts = Figure.of_value(
            "counts that differ from a recount", len(self._mismatches), goal="G6", limit=Limit("≤", 0)
        )
        return Result(keys=keys, figures=[worst, counts, *self._figures], wrong=self._mismatches)

    # --- Many rows at once ----------------------------------------------------------------------------------
    def _imports(self) -> float:
        def import_all(*, bulk: bool) -> float:
            data.empty()
            taken = seconds(lambda: data.import_all(self._register, bulk=bulk))
            if not bulk:
                self._compare("an import")
            self._options.say(f"  import, counting {'off' if bulk else 'on'}: {taken:.2f} s")
            return taken

        import_all(bulk=True)  # to warm up
        own, other = in_turns(lambda: import_all(bulk=False), lambda: import_all(bulk=True), times=self._options.runs)
        data.empty()
        data.import_all(self._register, bulk=False)
        data.execute("ANALYZE consent")
        return self._cost("import", own, other, changed=[self._register.rows] * len(own))

    def _changes(self) -> float:
        """Change a tenth of every provider's rows: the counting's work is timed, the change is then undone."""
        changed: list[int] = []
        turns = iter(range(2 * self._options.runs))

        def change_all(*, bulk: bool) -> float:
            tenth = next(turns) // 2 % 10
            with transaction.atomic():
                data.switch(bulk=bulk)
                rows = 0

                def work() -> None:
                    nonlocal rows
                    rows = sum(data.change(provider, tenth=tenth) for provider in self._register.providers)

                taken = seconds(work)
                if not bulk:
                    changed.append(rows)
                    self._compare("a change")
                transaction.set_rollback(True)
            self._options.say(f"  change of {rows:,} rows, counting {'off' if bulk else 'on'}: {taken:.2f} s")
            return taken

        own, other = in_turns(lambda: change_all(bulk=False), lambda: change_all(bulk=True), times=self._options.runs)
        return self._cost("change", own, other, changed=changed)

    def _cost(self, name: str, own: list[float], other: list[float], *, changed: list[int]) -> float:
        """Return what the counting costs a changed row in µs: the median of the pairs' differences, at least 0."""
        costs = sorted((a - b) / rows * 1e6 for a, b, rows in zip(own, other, changed, strict=True))
        cost = max(0.0, costs[len(costs) // 2])
        beside = "counting switched off"
        self._figures.append(Figure.of_times(f"{name}, {changed[0]:,} rows", own, other, beside=beside))
        spread = (costs[0], costs[-1])
        self._figures.append(
            Figure.of_value(f"{name}, µs a changed row", cost, goal="G6", limit=Limit("≤", 10), spread=spread)
        )
        return cost

    # --- One row at a time ----------------------------------------------------------------------------------
    def _single_writes(self) -> None:
        provider = self._register.phone_provider

        def write(*, bulk: bool) -> float:
            """The same recipients with and without: refusals and repetitions among them."""

            def work() -> None:
                for offset in range(_SINGLE_WRITES):
                    with transaction.atomic():
                        data.switch(bulk=bulk)
                        if not bulk:
                            data.execute("SELECT 1")  # as many statements as beside it
                        data.upsert(provider, offset)

            taken = seconds(work)
            with transaction.atomic():
                data.switch(bulk=bulk)
                data.forget_upserts(provider)
            return taken / _SINGLE_WRITES

        own, other = in_turns(lambda: write(bulk=False), lambda: write(bulk=True), times=self._options.runs)
        self._compare("single writes")
        self._figures.append(Figure.of_times("one consent", own, other, beside="counting switched off"))

    def _many_writers(self) -> None:
        """Several writers at once on the same recipients of one provider, each in its own connection."""
        provider = self._register.phone_provider
        failures: list[Exception] = []
        threads = [
            threading.Thread(target=_write_singly, args=(provider, writer, failures)) for writer in range(_WRITERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self._compare(f"{_WRITERS} writers at once")

    def _withdrawals(self) -> None:
        for provider in self._register.providers:
            data.withdraw(provider)
        self._compare("deletions")

    # --- Reading --------------------------------------------------------------------------------------------
    def _reads(self) -> None:
        """Read the count of a provider that imports, which has the goal, and of one that is written to singly."""
        self._read(self._register.providers[0], Limit("≤", 2))
        self._read(self._register.phone_provider, None)

    def _read(self, provider: int, limit: Limit | None) -> None:
        reads = max(3, min(_READS, self._options.rows // 100))

        def several(read: Callable[[int], object]) -> float:
            return seconds(lambda: [read(provider) for _ in range(reads)]) / reads

        for read in (address_count, _read_by_key):
            several(read)
        own, other = in_turns(
            lambda: several(address_count), lambda: several(_read_by_key), times=max(7, self._options.runs)
        )
        name = f"read the count, {data.unfolded(provider)} changes not folded"
        goal = "G6" if limit else ""
        figure = Figure.of_times(name, own, other, beside="a primary-key read", goal=goal, limit=limit)
        self._figures.append(figure)

    # --- Truth ----------------------------------------------------------------------------------------------
    def _compare(self, after: str) -> None:
        for provider in self._register.providers:
            kept, counted = address_count(provider), _recount(provider)
            if kept != counted:
                self._mismatches.append(f"After {after}: provider {provider} has {counted} addresses, not {kept}.")


def _write_singly(provider: int, writer: int, failures: list[Exception]) -> None:
    own = connection.copy()

    def run(sql: str, parameters: list[Any]) -> int:
        with own.cursor() as cursor:
            cursor.execute(sql, parameters)
            return int(cursor.rowcount)

    try:
        for number in range(_SINGLE_WRITES):
            # Each on another channel of the same recipients, and refusing what the others have accepted.
            data.upsert(provider, number + 50 * writer + number // 50, run=run)
    except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
        failures.append(error)
    finally:
        own.close()


def _recount(provider: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, [provider])
        return int(cursor.fetchone()[0])


def _read_by_key(provider: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT iys_code FROM accounts_provider WHERE id = %s", [provider])
        return int(cursor.fetchone()[0])
