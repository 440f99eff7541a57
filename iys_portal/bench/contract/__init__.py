"""G13: contracts rendered, sealed and time-stamped by two processes, beside WeasyPrint's rendering alone.

Same template, same data, typefaces and keys loaded once in a process, elliptic-curve keys, the local time-stamp
authority's work counted. `rows` documents are timed in every run; 5 × `rows` are issued for the worker's memory and
judged, and 2.5 × `rows` single bytes are flipped. `quick` has one process, and judges what is timed in one run.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.development_pki import make_development_pki
from iys_portal.bench.base import BenchError, Figure, Limit, Options, Result
from iys_portal.bench.contract.issuer import Timed
from iys_portal.bench.contract.judge import NOTHING, Judgement
from iys_portal.bench.machine import need_disk, need_memory, need_program
from iys_portal.bench.workers import Worker, together

WORKERS = 2
_JUDGED_AT_ONCE = 10  # documents of each process between two signs of life
_WORKER_MIB = 400
_DOCUMENT_MIB = 0.5
_MOST_GROWTH = 1.1
_ISSUER = f"{__name__}.issuer.Issuer"
_JUDGE = f"{__name__}.judge.Judge"


def run(options: Options) -> Result:
    """Run the bench. Raises BenchError when a program, memory or disk is missing."""
    pdfsig = need_program("pdfsig", package="poppler-utils")
    plan = Plan.of(options)
    need_memory(plan.workers * _WORKER_MIB)
    with tempfile.TemporaryDirectory(prefix="iys-bench-") as name:
        folder = Path(name)
        need_disk(folder, plan.documents * _DOCUMENT_MIB)
        pki = folder / "pki"
        make_development_pki(pki, now=datetime.now(UTC) - timedelta(seconds=1))
        options.say(f"Timing {plan.timed} documents, {options.runs} times, each side")
        times = _time(plan, options, str(pki))
        options.say(f"Issuing {plan.documents} documents for the memory of a worker")
        memory = _issue(plan, options, str(pki), name)
        options.say(f"Judging them, with {plan.flips} flipped bytes drawn from seed {options.seed}")
        judgement = _judge(plan, options, (str(pki), pdfsig, options.seed), name)
    return _result(plan, times, memory, judgement)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many processes; documents timed in a run, issued and judged; and how many bytes are flipped in those."""

    workers: int
    timed: int
    documents: int
    flips: int

    @classmethod
    def of(cls, options: Options) -> "Plan":
        """Return the plan of a size: whole for every process."""
        if options.quick:
            return cls(1, options.rows, options.rows, options.rows)
        timed = _up_to(options.rows, WORKERS)
        return cls(WORKERS, timed, _up_to(5 * options.rows, WORKERS), max(1, 5 * options.rows // 2))

    def flips_of(self, number: int) -> int:
        """Return how many bytes of document `number` are flipped; all of them together make `flips`."""
        return (number + 1) * self.flips // self.documents - number * self.flips // self.documents


def _up_to(count: int, step: int) -> int:
    return -(-count // step) * step


@contextmanager
def _workers(count: int, path: str, *arguments: object) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Worker(path, *arguments)) for _ in range(count)]


# --- Timing -------------------------------------------------------------------------------------------------
def _time(plan: Plan, options: Options, pki: str) -> list[Timed]:
    """Return the seconds of each run, of the mean worker."""
    each = plan.timed // plan.workers
    found = []
    with _workers(plan.workers, _ISSUER, pki, options.seed) as workers:
        if together(workers, "same_documents", [(n,) for n in range(plan.workers)])[1] != [True] * plan.workers:
            raise BenchError("Both sides must make the same, valid documents; they do not. Times would mean nothing.")
        for turn in range(options.runs):
            asked = [(worker * each, each, turn) for worker in range(plan.workers)]
            found.append(_mean(together(workers, "side_by_side", asked)[1]))
            issued, rendered = plan.timed / found[-1].issue, plan.timed / found[-1].engine
            options.say(f"  run {turn + 1} of {options.runs}: {issued:.2f} issued, {rendered:.2f} rendered a second")
    if not all(timed.engine for timed in found):
        raise BenchError("The portal no longer renders by the functions of WeasyPrint that this bench watches.")
    return found


def _mean(workers: Sequence[Timed]) -> Timed:
    """Return the seconds of the mean worker; the invalid documents of all of them."""
    sums = {one.name: sum(getattr(timed, one.name) for timed in workers) for one in fields(Timed)}
    return Timed(**{name: value if name == "invalid" else value / len(workers) for name, value in sums.items()})


# --- Memory -------------------------------------------------------------------------------------------------
def _issue(plan: Plan, options: Options, pki: str, folder: str) -> list[tuple[int, float, float]]:
    """Issue all documents into files; return (documents, MiB held, MiB held at most) of the larger worker at tenths."""
    each = plan.documents // plan.workers
    points = sorted({max(1, each * tenth // 10) for tenth in range(1, 11)})
    found = []
    with _workers(plan.workers, _ISSUER, pki, options.seed) as workers:
        for done, until in zip([0, *points], points, strict=False):
            asked = [(folder, worker * each + done, until - done) for worker in range(plan.workers)]
            _, memory = together(workers, "issue_into", asked)
            found.append((until, max(now for now, _ in memory), max(most for _, most in memory)))
            options.say(f"  {until} documents a worker: {found[-1][1]:.0f} MiB, at most {found[-1][2]:.0f} MiB")
    return found


# --- Validity -----------------------------------------------------------------------------------------------
def _judge(plan: Plan, options: Options, given: tuple[str, str, int], folder: str) -> Judgement:
    asked = [(number, plan.flips_of(number)) for number in range(plan.documents)]
    step = plan.workers * _JUDGED_AT_ONCE
    total = NOTHING
    with _workers(plan.workers, _JUDGE, *given) as workers:
        for start in range(0, len(asked), step):
            shares = [(folder, asked[start + worker : start + step : plan.workers]) for worker in range(plan.workers)]
            total = sum(together(workers, "judge", shares)[1], total)
            if start // step % 10 == 9:
                options.say(f"  {start + step} of {plan.documents}")
    return total


# --- Result -------------------------------------------------------------------------------------------------
def _result(plan: Plan, times: list[Timed], memory: list[tuple[int, float, float]], judgement: Judgement) -> Result:
    issued = [timed.issue for timed in times]
    issue = Figure.of_times(
        f"issue {plan.timed} documents, rate",
        issued,
        [timed.engine for timed in times],
        beside="WeasyPrint alone",
        goal="G13",
        limit=Limit("≥", 0.8),
        of_rates=True,
    )
    peak = max(most for _, _, most in memory)
    early = next(now for documents, now, _ in memory if documents >= memory[-1][0] // 10)
    valid = min(judgement.by_us, judgement.by_poppler) / plan.documents
    found = 1 - len(judgement.missed_flips) / plan.flips
    whole = Limit("≥", 1)
    figures = [
        issue,
        Figure.of_times(
            "the same, processor time",
            [timed.issue_cpu for timed in times],
            [timed.engine_cpu for timed in times],
            beside="WeasyPrint alone",
            of_rates=True,
        ),
        Figure.of_times(
            "the same, beside our rendering",
            issued,
            [timed.render for timed in times],
            beside="render_contract",
            of_rates=True,
        ),
        Figure.of_value("memory of a worker at most, MiB", peak, goal="G13", limit=Limit("≤", _WORKER_MIB)),
        *(Figure.of_value(f"memory after {n} documents, MiB", now) for n, now, _ in _told(memory)),
        Figure.of_value(
            "memory at the end ÷ after the first tenth", memory[-1][1] / early, limit=Limit("≤", _MOST_GROWTH)
        ),
        Figure.of_value(
            f"share of {plan.documents} documents valid for pyHanko", judgement.by_us / plan.documents, limit=whole
        ),
        Figure.of_value(
            f"share of {plan.documents} documents valid for pdfsig", judgement.by_poppler / plan.documents, limit=whole
        ),
        Figure.of_value(f"share of {plan.flips} flipped bytes found", found, limit=whole),
    ]
    keys = {
        "issue_of_render": issue.ratio or 0.0,
        "worker_mib": peak,
        "valid_share": valid,
        "flips_found_share": found,
        "documents": plan.documents,
        "flips": plan.flips,
    }
    return Result(keys=keys, figures=figures, wrong=_wrong(plan, times, judgement))


def _told(memory: list[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """The points after a tenth, a half and all of the documents: 50, 250 and 500 by default."""
    last = memory[-1][0]
    wanted = {max(1, last // 10), max(1, last // 2), last}
    return [point for point in memory if point[0] in wanted]


def _wrong(plan: Plan, times: list[Timed], judgement: Judgement) -> list[str]:
    invalid = sum(timed.invalid for timed in times)
    counts = {
        f"{invalid} of the timed documents are not valid.": invalid,
        f"{plan.documents - judgement.by_us} documents are not valid for pyHanko.": plan.documents - judgement.by_us,
        f"{plan.documents - judgement.by_poppler} documents are not valid for pdfsig.": plan.documents
        - judgement.by_poppler,
    }
    return [
        *(sentence for sentence, count in counts.items() if count),
        *(f"A flipped byte was not found: {flip}." for flip in judgement.missed_flips),
    ]
