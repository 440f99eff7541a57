"""The command line itself, run as a person runs it."""

import contextlib
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runner.data import DataFolder
from runner.environment import ROOT
from runner.main import take_data_option
from runner.portal import SHARED_VARIABLES

ADVICE = "Stop that first, or choose another folder with --data."
USAGE = "python3 run.py up [--port 8000] [--data DIR] [--no-demo] [--reset]"


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """run.py with servers and an identity provider of its own, unless `variables` name others."""
    env = {name: value for name, value in os.environ.items() if name not in SHARED_VARIABLES}
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    return subprocess.run(
        command,
        env={**env, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("arguments", "folder", "rest"),
    [
        (["--data", "/d", "check", "--data", "x"], "/d", ["check", "--data", "x"]),
        (["--data=/d", "check"], "/d", ["check"]),
        (["check", "--data", "x"], "/of-env", ["check", "--data", "x"]),
        ([], "/of-env", []),
        (["--help"], "/of-env", ["--help"]),
    ],
)
def test_only_a_leading_data_option_is_ours(
    arguments: list[str], folder: str, rest: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IYS_DATA", "/of-env")

    assert take_data_option(arguments) == (Path(folder), rest)


def test_without_a_command_the_usage_is_shown() -> None:
    nothing, asked = run(), run("--help")

    assert (nothing.returncode, nothing.stdout, nothing.stderr.startswith(USAGE)) == (2, "", True)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, nothing.stderr, "")


def test_a_second_up_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    data.make()
    data.try_claim("up", "first")

    second = run("up", "--data", str(tmp_path))

    assert (second.returncode, second.stdout, second.stderr) == (
        1,
        "",
        f"The data folder {tmp_path} is in use by `run.py up` (process {os.getpid()}). {ADVICE}\n",
    )
    data.release()


def three_free_ports() -> int:
    """Return the first of three ports in a row that are free, below those that the system gives to anybody."""
    for first in random.SystemRandom().sample(range(10_000, 30_000, 3), 500):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for number in range(first, first + 3):
                held.enter_context(socket.create_server(("127.0.0.1", number)))
            return first
    raise AssertionError("No three free ports in a row.")


@pytest.mark.parametrize(("offset", "owner"), [(0, "portal"), (1, "edevlet"), (2, "bank")])
def test_a_port_that_is_taken_is_refused_and_the_folder_given_back(tmp_path: Path, offset: int, owner: str) -> None:
    first = three_free_ports()
    number = first + offset
    with socket.create_server(("127.0.0.1", number)):
        refused = run("up", "--data", str(tmp_path), "--port", str(first))

    assert (refused.returncode, refused.stdout, refused.stderr) == (
        1,
        "",
        f"Port {number}, which {owner} needs: Address already in use. Choose another with --port.\n",
    )
    assert not (tmp_path / "run.json").exists()
    assert not (tmp_path / "postgres").exists()


def test_a_database_that_is_not_ours_is_never_reset(tmp_path: Path) -> None:
    refused = run("up", "--reset", "--data", str(tmp_path), DATABASE_URL="postgres://127.0.0.1:1/x")

    assert (refused.returncode, refused.stderr) == (
        1,
        "--reset never empties the database that DATABASE_URL names. Empty it yourself, or unset it.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_manage_answers_with_the_commands_own_output_and_exit_status(tmp_path: Path) -> None:
    code = "import sys; from accounts.models import Provider; print(Provider.objects.count()); sys.exit(3)"

    ran = run("manage", "--data", str(tmp_path), "shell", "--verbosity", "0", "--command", code)

    assert (ran.returncode, ran.stdout) == (3, "0\n"), ran.stderr
    assert ran.stderr.splitlines()[-2:] == ["Making the database", "Applying the migrations"]
    data = DataFolder(tmp_path)
    assert data.run() == {}
    assert not (data.postgres / "postmaster.pid").exists()
