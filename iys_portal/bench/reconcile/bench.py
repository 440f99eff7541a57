"""G12: bank movements and orders. Whether the matching is right, how fast a statement is taken in, what it costs.

Four parts: the pure matching over a noisy corpus (judge), real imports into a database of the bench's own (imports), a
large camt file in a process of its own (memory), and the accountants' queue by its view (queue).
"""

import tempfile
from pathlib import Path
from typing import cast

from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.camt import make_camt
from iys_portal.bench.machine import need_disk
from iys_portal.bench.reconcile import imports, queue
from iys_portal.bench.reconcile.judge import judge
from iys_portal.bench.scratch import scratch_database
from iys_portal.bench.workers import Worker
from iys_portal.ledger import verify

ORDERS = 40_000
FEW = 1_000
FEWEST = 200
_CAMT_MIB = 100
_DISK_MIB = 1_500


def run(options: Options) -> Result:
    """Run the bench. Raises BenchError when it cannot be run here, or when the size says nothing."""
    if options.rows < FEWEST:
        raise BenchError(f"Fewer than {FEWEST} lines say nothing.")
    need_disk(Path(tempfile.gettempdir()), _DISK_MIB)
    orders = min(ORDERS, options.rows * 2 // 5)
    wrong: list[str] = []
    options.say(f"Judging {options.rows:,} lines against {orders:,} live orders")
    found = judge(options.seed, orders, options.rows)
    keys = {
        name: float(cast("float", found[name]))
        for name in ("false_matches", "recall_format", "recall_corrected", "top3_without_code")
    }
    if keys["false_matches"]:
        wrong.append(f"{keys['false_matches']:.0f} lines were settled with the wrong order.")
    with scratch_database():
        few, many = _imports(options, orders, wrong)
        options.say(f"Asking for pages of a queue of {options.rows:,} movements")
        waiting = queue.fill(options.rows)
        times = queue.page_times()
    keys["lines_per_minute"] = many.lines_per_minute
    keys["cost_growth"] = (many.settling / many.lines) / (few.settling / few.lines)
    keys["queue_p95_of_median"] = queue.p95_of_median(times)
    keys["camt_100mb_mib"] = _camt(options, wrong)
    return Result(keys=keys, figures=_figures(keys, many, waiting), wrong=wrong)


def _imports(options: Options, orders: int, wrong: list[str]) -> tuple[imports.Run, imports.Run]:
    """Import a statement among few live orders and one among many, half of whose lines pay one."""
    small = min(FEW, orders // 4)
    runs = []
    for count, begin in ((small // 10, 1), (small, 0), (orders, 20)):
        options.say(f"Importing {count:,} lines among {count:,} live orders")
        made = imports.live_orders(count, seed=options.seed + count)
        content = imports.statement_of(made, count, seed=options.seed + count, reference=f"OLCUM{count}")
        done = imports.run_import(content, name=f"{count}.sta", begin=begin)
        if (done.lines, done.matched) != (count, -(-count // 2)):
            wrong.append(f"Of {count} lines {done.lines} were stored and {done.matched} matched.")
        runs.append(done)
    wrong += [f"verify_ledger: {name}: {check['detail']}" for name, check in verify().items() if not check["ok"]]
    return runs[1], runs[2]


def _camt(options: Options, wrong: list[str]) -> float:
    """Return how many MiB a process holds at most that reads a large camt file."""
    megabytes = 1 if options.quick else _CAMT_MIB
    options.say(f"Reading a camt.053 file of {megabytes} MiB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xml"
        entries = make_camt(path, megabytes)
        with Worker("iys_portal.bench.reconcile.memory.CamtReader") as worker:
            worker.start("read", str(path))
            lines, most = worker.answer()
    if lines != entries:
        wrong.append(f"The camt file has {entries} entries and gave {lines} lines.")
    return float(most)


def _figures(keys: dict[str, float], many: imports.Run, waiting: int) -> list[Figure]:
    def goal(name: str, key: str, sign: str, bound: float) -> Figure:
        return Figure.of_value(name, keys[key], goal="G12", limit=Limit(sign, bound))

    return [
        goal("false automatic matches", "false_matches", "≤", 0),
        goal("settled, formatting noise", "recall_format", "≥", 0.999),
        goal("settled, one fault and a proof", "recall_corrected", "≥", 0.98),
        goal("right order in the first three, no code", "top3_without_code", "≥", 0.95),
        goal("lines a minute: received, read, matched, stored", "lines_per_minute", "≥", 100_000),
        goal("cost of settling a line, many live orders ÷ few", "cost_growth", "≤", 1.5),
        goal("MiB to read a large camt file", "camt_100mb_mib", "≤", 200),
        goal(f"queue of {waiting:,}: p95 of its pages ÷ median", "queue_p95_of_median", "≤", 3),
        Figure.of_value("packages begun a minute, one worker", many.begun / many.beginning * 60),
    ]
