"""The virtual environment in .venv and the packages that uv.lock pins."""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from runner import processes
from runner.console import say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_VERSION = "0.13.9"

RUN_GROUPS = frozenset({"embedded"})
TEST_GROUPS = frozenset({"embedded", "dev"})

_STAMP = VENV / ".locked-packages.json"


def prepare(groups: frozenset[str], stop: processes.StopRequest) -> None:
    """Makes .venv hold the locked packages of `groups`; costs nothing when a stamp says that it does already.

    Packages of other groups that are there are left alone, so that `up` never takes the test tools away.
    Raises PlainError when a step fails.
    """
    wanted = fingerprint((ROOT / "pyproject.toml", ROOT / "uv.lock"))
    if in_place(_read_stamp(), wanted, groups):
        return
    VENV.mkdir(exist_ok=True)
    # Two commands that are started together must not install into the same folder at once.
    with processes.only_one(VENV / ".setup.lock", stop):
        if in_place(_read_stamp(), wanted, groups):
            return
        _STAMP.unlink(missing_ok=True)
        _install_uv(stop)
        say("Installing the locked packages")
        processes.run_step(
            sync_command(groups),
            env=_uv_environment(),
            what="Installing the locked packages (uv sync)",
            stop=stop,
        )
        _STAMP.write_text(json.dumps({"fingerprint": wanted, "groups": sorted(groups)}), encoding="utf-8")


def in_place(stamp: dict[str, object], wanted: str, groups: frozenset[str]) -> bool:
    """Whether the stamp says that .venv holds these locked packages and at least these groups."""
    held = stamp.get("groups")
    return (
        stamp.get("fingerprint") == wanted
        and isinstance(held, list)
        and groups <= set(held)
        and os.access(PYTHON, os.X_OK)
    )


def sync_command(groups: frozenset[str]) -> list[str]:
    """The uv command that installs exactly the locked versions, with the interpreter that .venv has."""
    command = [
        str(VENV / "bin" / "uv"),
        "sync",
        "--project",
        str(ROOT),
        "--python",
        str(PYTHON),
        "--locked",
        "--inexact",
    ]
    command += ["--no-python-downloads", "--no-managed-python", "--no-default-groups"]
    for group in sorted(groups):
        command += ["--group", group]
    return command


def fingerprint(files: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of the files, in the order given; a missing file counts as such."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.is_file() else b"\0missing"
        digest.update(f"{file}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def has_pip() -> bool:
    """Whether .venv is there with an interpreter that still starts and a pip."""
    return os.access(PYTHON, os.X_OK) and (VENV / "bin" / "pip").exists()


def _install_uv(stop: processes.StopRequest) -> None:
    environment = _uv_environment()
    if not has_pip():
        say("Making the virtual environment in .venv")
        # `venv` leaves a link to an interpreter that is gone as it is, so such a folder is made anew.
        gone = ["--clear"] if PYTHON.is_symlink() and not PYTHON.exists() else []
        command = [sys.executable, "-m", "venv", *gone, str(VENV)]
        processes.run_step(command, env=environment, what="Making the virtual environment", stop=stop)
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        f"uv=={UV_VERSION}",
    ]
    processes.run_step(command, env=environment, what=f"Installing uv {UV_VERSION}", stop=stop)


def _uv_environment() -> dict[str, str]:
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    # Not into an environment that is active elsewhere; trusting the machine's own certificate authorities.
    environment["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    environment.setdefault("UV_SYSTEM_CERTS", "true")
    return environment


def _read_stamp() -> dict[str, object]:
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}
