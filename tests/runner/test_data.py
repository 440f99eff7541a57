"""The data folder: secrets are made once, one command has it at a time, nobody else's files are removed."""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from runner import processes
from runner.console import PlainError
from runner.data import DataFolder


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    return folder


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_secrets_are_made_once_and_for_their_owner_alone(data: DataFolder) -> None:
    made = data.secrets()

    assert sorted(made) == [
        *("EDEVLET_CLIENT_SECRET", "FIELD_KEY", "HASH_KEY", "IYZICO_API_KEY", "IYZICO_SECRET_KEY"),
        *("NESTPAY_API_PASSWORD", "NESTPAY_STORE_KEY", "SECRET_KEY", "ZIRAAT_PASSWORD"),
    ]
    assert [len(base64.b64decode(made[name])) for name in ("FIELD_KEY", "HASH_KEY")] == [32, 32]
    assert len(set(made.values())) == 9
    assert mode(data.path / "secrets.json") == 0o600
    assert DataFolder(data.path).secrets() == made


def test_a_secret_that_is_missing_is_added_and_the_others_are_kept(data: DataFolder) -> None:
    made = data.secrets()
    older = {name: value for name, value in made.items() if name != "HASH_KEY"}
    (data.path / "secrets.json").write_text(json.dumps(older))

    completed = data.secrets()

    assert {name: completed[name] for name in older} == older
    assert len(base64.b64decode(completed["HASH_KEY"])) == 32
    assert data.secrets() == completed


def test_damaged_secrets_are_not_replaced(data: DataFolder) -> None:
    (data.path / "secrets.json").write_text('{"SECRET_KEY": "ab')

    with pytest.raises(PlainError, match="is damaged"):
        data.secrets()
    assert (data.path / "secrets.json").read_text() == '{"SECRET_KEY": "ab'


def test_state_is_added_to(data: DataFolder) -> None:
    data.write_state({"static": "a"})
    data.write_state({"databases": {"embedded": {"demo": "in"}}})

    assert data.state() == {
        "ours_alone": True,
        "static": "a",
        "databases": {"embedded": {"demo": "in"}},
    }


def test_one_command_has_the_folder_at_a_time(data: DataFolder) -> None:
    other = DataFolder(data.path)

    assert data.try_claim("up", "first")
    assert not other.try_claim("manage", "second")
    assert other.run() == {"command": "up", "pid": os.getpid(), "run_id": "first", "ready": False}
    assert other.user() == f"`run.py up` (process {os.getpid()})"
    assert mode(data.path / "run.json") == 0o600
    data.release()
    assert other.run() == {}
    assert other.try_claim("manage", "second")
    other.release()


def test_a_claim_ends_what_a_killed_run_left_behind(data: DataFolder) -> None:
    left = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(15, signal.SIG_DFL); signal.pause()"],
        env={processes.RUN_ID: "killed"},
    )
    stranger = subprocess.Popen(["/bin/sleep", "60"], env={processes.RUN_ID: "killed-not"})
    data.write_run({"command": "up", "pid": 1, "run_id": "killed", "ready": True})

    assert data.try_claim("up", "next")

    assert left.wait(timeout=60) == -15
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    data.release()


def test_reset_removes_everything_but_the_claim(data: DataFolder) -> None:
    data.try_claim("up", "one")
    data.secrets()
    (data.path / "postgres" / "base").mkdir(parents=True)

    data.reset()

    left = sorted(entry.name for entry in data.path.iterdir())
    assert left == [".lock", "log", "run.json", "state.json"]
    assert data.state() == {"ours_alone": True}
    data.release()


def test_reset_refuses_a_folder_that_held_other_files_before(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("x")
    data = DataFolder(tmp_path)
    data.make()

    with pytest.raises(PlainError, match="held other files"):
        data.reset()
    assert (tmp_path / "thesis.odt").read_text() == "x"


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(PlainError, match="cannot be used: Not a directory"):
        DataFolder(tmp_path / "file" / "data").make()
