"""The frame of the benches: turns, figures, workers, memory, disk; and what the command says of a wrong result."""

import io
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from contracts.development_pki import make_development_pki
from contracts.keys import load_seal
from contracts.rendering import render_contract
from contracts.signing import seal
from iys_portal.bench import registry
from iys_portal.bench.base import BenchError, Figure, Limit, Options
from iys_portal.bench.contract import Plan
from iys_portal.bench.contract.judge import drawn_position, seal_padding
from iys_portal.bench.contract.samples import CREATED_AT, approved_contract
from iys_portal.bench.machine import need_disk, need_memory, resident_mib
from iys_portal.bench.registry import Bench
from iys_portal.bench.timing import in_turns
from iys_portal.bench.workers import Worker, together

SEED = 7


# --- Figures ------------------------------------------------------------------------------------------------
def test_sides_take_turns_and_change_who_goes_first() -> None:
    called: list[str] = []

    def side(name: str) -> float:
        called.append(name)
        return float(len(called))

    own, other = in_turns(lambda: side("own"), lambda: side("other"), times=3)
    assert called == ["own", "other", "other", "own", "own", "other"]
    assert (own, other) == ([1.0, 4.0, 5.0], [2.0, 3.0, 6.0])


@pytest.mark.parametrize(
    ("of_rates", "ratio", "seconds", "spread", "met"),
    [(False, 1.5, (3.0, 2.0), (1.0, 2.0), False), (True, 2 / 3, (3.0, 2.0), (0.5, 1.0), True)],
)
def test_a_figure_is_that_of_the_turn_in_the_middle(
    of_rates: bool, ratio: float, seconds: tuple[float, float], spread: tuple[float, float], met: bool
) -> None:
    figure = Figure.of_times(
        "work", [4.0, 3.0, 5.0], [4.0, 2.0, 2.5], beside="less", limit=Limit("≤", 1), of_rates=of_rates
    )
    assert (figure.ratio, figure.subject_s, figure.baseline_s) == (ratio, *seconds)
    assert (figure.spread, figure.target, figure.met) == (spread, "≤ 1", met)


def test_limits_include_their_bound() -> None:
    assert [Limit("≥", 0.8).met(value) for value in (0.79, 0.8, 0.81)] == [False, True, True]
    assert [Limit("≤", 2).met(value) for value in (1.9, 2, 2.1)] == [True, True, False]


def test_a_wrong_result_is_shown_and_written_and_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(registry.BENCHES, "wrong", Bench("tests.bench.wrong", 10, "things", "nothing"))
    out, err, file = io.StringIO(), io.StringIO(), tmp_path / "figures.json"
    with pytest.raises(SystemExit) as exit_status:
        call_command("bench", "wrong", "--json", str(file), stdout=out, stderr=err)
    assert (exit_status.value.code, err.getvalue()) == (1, "Measuring\n")
    title, _, _, _, row, wrong = out.getvalue().splitlines()
    assert title == "wrong: 10 things, 3 runs, seed 20261123"
    assert row.split() == ["G0", "work", "2.20", "s", "1.00", "s", "less", "2.2", "2", "…", "3", "≤", "2", "MISSED"]
    assert wrong == "WRONG: One half is wrong."
    assert json.loads(file.read_text(encoding="utf-8"))["share"] == 0.5


# --- Machine ------------------------------------------------------------------------------------------------
def test_too_little_disk_or_memory_is_said(tmp_path: Path) -> None:
    need_disk(tmp_path, 1)
    need_memory(1)
    with pytest.raises(BenchError, match="needs 1,000,000,000 MiB of disk"):
        need_disk(tmp_path, 1e9)
    with pytest.raises(BenchError, match="needs 1,000,000,000 MiB of memory"):
        need_memory(1e9)


# --- Workers ------------------------------------------------------------------------------------------------
class Sums:
    """Held by a worker of the tests."""

    def __init__(self, first: int) -> None:
        self.total = first

    def add(self, number: int) -> tuple[int, bool]:
        self.total += number
        return self.total, os.getpid() != os.getppid()

    def fail(self) -> None:
        raise ValueError("no sum")

    def die(self) -> None:
        os._exit(9)

    def grow(self) -> tuple[float, float, float]:
        before, _ = resident_mib()
        block = b"x" * (64 * 2**20)
        now, _ = resident_mib()
        del block
        return before, now, resident_mib()[1]


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    with Worker(f"{__name__}.Sums", 10) as one, Worker(f"{__name__}.Sums", 20) as other:
        yield [one, other]


def test_workers_hold_their_own_object(workers: list[Worker]) -> None:
    assert together(workers, "add", [(1,), (2,)])[1] == [(11, True), (22, True)]
    assert together(workers, "add", [(1,), (2,)])[1] == [(12, True), (24, True)]


def test_a_workers_error_and_its_death_are_said(workers: list[Worker]) -> None:
    workers[0].start("fail")
    with pytest.raises(BenchError, match=r"^A worker failed: ValueError: no sum$"):
        workers[0].answer()
    assert together(workers, "add", [(0,), (0,)])[1] == [(10, True), (20, True)]
    workers[1].start("die")
    with pytest.raises(BenchError, match=r"^A worker ended with status 9;"):
        workers[1].answer()


def test_memory_is_the_workers_own(workers: list[Worker]) -> None:
    workers[0].start("grow")
    before, now, most = workers[0].answer()
    assert 60 < now - before < 70
    assert 60 < most - before < 70


# --- Contracts ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rows", "quick", "plan"),
    [(200, False, (200, 1000, 500)), (20, False, (20, 100, 50)), (5, True, (5, 5, 5)), (1, False, (2, 6, 2))],
)
def test_plan(rows: int, quick: bool, plan: tuple[int, int, int]) -> None:
    made = Plan.of(Options(rows=rows, runs=3, seed=SEED, quick=quick, say=print))
    assert (made.timed, made.documents, made.flips) == plan
    assert sum(made.flips_of(number) for number in range(made.documents)) == made.flips


def test_the_same_seed_draws_the_same_contracts() -> None:
    assert approved_contract(3, seed=SEED) == approved_contract(3, seed=SEED)
    drawn = [approved_contract(number, seed=SEED) for number in range(20)]
    assert len({printed for _, printed in drawn}) == 20
    assert len({data.provider.title for data, _ in drawn}) > 10


def test_every_byte_but_the_padding_may_be_flipped(tmp_path: Path) -> None:
    make_development_pki(tmp_path / "pki", now=datetime.now(UTC))
    data, printed = approved_contract(0, seed=SEED)
    pdf = seal(render_contract(data, number=printed, created_at=CREATED_AT), seal=load_seal(tmp_path / "pki"))
    padding = seal_padding(pdf)
    assert (set(pdf[padding.start : padding.stop]), pdf[padding.stop : padding.stop + 1]) == ({ord("0")}, b">")
    assert pdf.rindex(b"<", 0, padding.start) < padding.start - 2000
    draw = random.Random(SEED)
    drawn = {drawn_position(pdf, draw) for _ in range(5000)}
    assert drawn.isdisjoint(padding)
    assert (min(drawn) < padding.start, max(drawn) >= padding.stop) == (True, True)
