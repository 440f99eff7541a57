"""Files of unknown origin are examined apart: bounded in time and memory, told nothing, kept nowhere."""

import os
import resource
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts import sandbox
from contracts.development_pki import make_development_pki
from contracts.examination import Anchors, Examination, Finding, examine
from contracts.examiner import CPU_SECONDS, MEMORY_BYTES
from contracts.keys import Seal, load_seal
from contracts.signing import seal
from tests.child import in_child
from tests.contracts.sealed import HOSTILE, plain_pdf

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    folder = tmp_path_factory.mktemp("data") / "pki"
    make_development_pki(folder, now=NOW)
    return load_seal(folder)


def test_apart_is_what_it_is_at_home(company: Seal) -> None:
    pdf = seal(plain_pdf(), seal=company)
    found = sandbox.examine_apart(pdf, anchors=Anchors(roots=company.roots), now=NOW)
    assert found.finding is Finding.INTACT
    assert found == examine(pdf, anchors=Anchors(roots=company.roots), now=NOW)


def test_the_present_is_the_callers(company: Seal) -> None:
    unstamped = sandbox.examine_apart(plain_pdf(), anchors=Anchors(roots=company.roots), now=NOW + timedelta(days=9999))
    assert unstamped == Examination(finding=Finding.NO_SEAL)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_bounded(name: str) -> None:
    """Measured in a child of its own, whose only child is the examination: the memory told is the most of all."""
    content = HOSTILE[name]()
    # What takes too long or too much is said so.
    allowed = {Finding.UNBOUNDED} | ({Finding.UNREADABLE, Finding.NO_SEAL} if name != "a billion references" else set())

    def examined() -> None:
        started = time.monotonic()
        found = sandbox.examine_apart(content, anchors=Anchors(roots=()), now=NOW)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert found == Examination(finding=found.finding)
        assert found.finding in allowed
        assert time.monotonic() - started < sandbox.WAIT_SECONDS + 60
        assert used.ru_utime <= CPU_SECONDS + 2
        assert used.ru_maxrss * 1024 <= MEMORY_BYTES

    assert in_child(examined) == 0


def test_the_process_loads_neither_django_nor_the_portal_and_knows_no_secret() -> None:
    code = (
        "import sys, os, contracts.examiner\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'django', 'iys_portal', 'celery', 'redis'}))\n"
        "print(sorted(os.environ))"
    )
    *python, _module, _examiner = sandbox._COMMAND
    done = subprocess.run(
        [*python, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(sandbox.__file__).parents[1],
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
    )
    assert done.stdout.splitlines() == ["[]", "['LANG', 'PATH']"]


def test_one_too_many_is_turned_away_and_a_freed_place_is_taken() -> None:
    for _ in range(sandbox.AT_ONCE):
        assert sandbox._places.acquire(timeout=1)
    try:
        with pytest.raises(sandbox.BusyError):
            sandbox.examine_apart(plain_pdf(), anchors=Anchors(roots=()), now=NOW)
    finally:
        for _ in range(sandbox.AT_ONCE):
            sandbox._places.release()
    for _ in range(sandbox.AT_ONCE + 1):
        found = sandbox.examine_apart(plain_pdf(), anchors=Anchors(roots=()), now=NOW)
        assert found.finding is Finding.NO_SEAL
