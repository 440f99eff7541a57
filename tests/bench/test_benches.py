"""Every bench at a tiny size: it runs, its results are right, its JSON has the keys. Never how long it took."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from iys_portal.bench.registry import BENCHES
from runner.environment import ROOT
from tests.bench.conftest import Ran, scratch_databases

KEYS = {
    "contract": {"issue_of_render", "worker_mib", "valid_share", "flips_found_share", "documents", "flips"},
    "address-count": {"us_per_changed_row", "mismatches"},
    "reconcile": {
        *("false_matches", "recall_format", "recall_corrected", "top3_without_code"),
        *("lines_per_minute", "cost_growth", "camt_100mb_mib", "queue_p95_of_median"),
    },
    "import": {
        *("of_copy", "of_sorted_copy", "times_bulk_create", "times_row_by_row", "reimport_of_first"),
        *("peak_mib", "xlsx_peak_mib", "parse_times_phonenumbers", "xlsx_times_openpyxl", "xlsx_inline_times_openpyxl"),
    },
    "api": {
        *("status_1000_of_db", "status_1000_times_drf", "status_1000_times_drf_own_query"),
        *("add_of_sql", "batch_of_copy"),
    },
    "query": {"status_1000_of_any", "write_of_insert", "growth", "bytes_per_consent"},
    "feed": {"page_of_limit_scan", "deep_page_of_first", "lost_events"},
    "reports": {"roll_up_of_count", "page_growth", "differences"},
}
ALWAYS = {"bench", "rows", "runs", "seed", "wrong", "figures"}
FIGURE = ["goal", "name", "subject_s", "baseline", "baseline_s", "ratio", "value", "spread", "target", "met"]
TINY = {
    "contract": 2,
    "address-count": 400,
    "reconcile": 600,
    "import": 400,
    "api": 1000,
    "query": 20000,
    "feed": 10000,
    "reports": 400,
}
RIGHT = {
    "contract": {"valid_share": 1, "flips_found_share": 1, "documents": 2, "flips": 2},
    "address-count": {"mismatches": 0},
    "reconcile": {"false_matches": 0},
    "import": {},
    "api": {},
    "query": {},
    "feed": {"lost_events": 0},
    "reports": {"differences": 0},
}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_runs_and_its_results_are_right(name: str, bench: Ran, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    if name == "address-count":  # it drops what a bench that was killed has left
        leave_a_database_behind()
    done = bench(name, "--rows", str(TINY[name]), "--quick", "--json", str(file))
    assert (done.returncode, "WRONG" in done.stdout) == (0, False), done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert set(found) == ALWAYS | KEYS[name]
    assert (found["bench"], found["rows"], found["runs"], found["wrong"]) == (name, TINY[name], 1, [])
    assert {key: found[key] for key in RIGHT[name]} == RIGHT[name]
    assert [key for key in KEYS[name] if not isinstance(found[key], int | float)] == []
    assert [list(figure) for figure in found["figures"]] == [FIGURE] * len(found["figures"])
    assert scratch_databases() == []


def test_what_there_is_is_listed(bench: Ran) -> None:
    nothing, unknown = bench(), bench("nix")
    assert (nothing.returncode, unknown.returncode, nothing.stdout, unknown.stdout) == (2, 2, "", "")
    for done, problem in ((nothing, "Name a bench."), (unknown, "There is no bench called nix.")):
        first, head, *names = done.stderr.strip().splitlines()
        assert (first, head) == (f"CommandError: {problem}", "Benches:")
        assert [line.split()[0] for line in names] == list(BENCHES)


def test_a_missing_program_is_named_with_its_package(bench: Ran) -> None:
    done = bench("contract", "--rows", "2", PATH="/nonexistent")
    expected = "CommandError: pdfsig is not installed. Type: apt-get install --no-install-recommends poppler-utils\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_a_size_beyond_the_disk_is_refused_before_any_work(bench: Ran) -> None:
    done = bench("contract", "--rows", str(10**9))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("CommandError: This size needs 2,500,000,000 MiB of disk in ")
    assert done.stderr.endswith(" MiB are free. Choose fewer --rows.\n")


def test_a_size_that_says_nothing_is_refused(bench: Ran) -> None:
    done = bench("address-count", "--rows", "399")
    assert (done.returncode, done.stderr) == (1, "CommandError: Fewer than 400 consents say nothing.\n")


def test_a_file_that_cannot_be_written_is_refused_before_any_work(bench: Ran, tmp_path: Path) -> None:
    file = tmp_path / "no" / "figures.json"
    done = bench("contract", "--json", str(file))
    expected = f"CommandError: --json {file} cannot be written: name a file in a folder that exists.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bench_that_is_stopped_drops_its_database(environment: dict[str, str], number: signal.Signals) -> None:
    manage = [sys.executable, "-X", "faulthandler", str(ROOT / "manage.py")]
    command = [*manage, "bench", "address-count", "--rows", "1000000"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: bool(scratch_databases()))
        told = asked_to_stop(process, number)
    assert (process.returncode, told.splitlines()[-1]) == (128 + number, "Stopped; nothing is left behind.")
    assert scratch_databases() == []


def leave_a_database_behind() -> None:
    """Make a database as a bench that was killed leaves it."""
    left = connection.copy()
    with contextlib.closing(left), left.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE bench_0123abcd_{connection.settings_dict['NAME']}")
    assert len(scratch_databases()) == 1


def asked_to_stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Ask as an impatient person does, again and again; return what the process said on its way out.

    Where it does not end within three minutes it is made to say where it stands.
    """
    for _ in range(18):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)[1]
    process.send_signal(signal.SIGABRT)
    return process.communicate()[1]


def wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, "It did not come about within a minute."
        time.sleep(0.05)
