"""The data folder: who is using it, its secrets, and what has been done in it already."""

import base64
import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from runner import processes
from runner.console import PlainError, say

#: Variables that hold a secret. Each is made once and kept: the keys decrypt what is in the database.
SECRET_NAMES = (
    *("SECRET_KEY", "FIELD_KEY", "HASH_KEY", "EDEVLET_CLIENT_SECRET"),
    *("IYZICO_API_KEY", "IYZICO_SECRET_KEY", "NESTPAY_STORE_KEY", "NESTPAY_API_PASSWORD", "ZIRAAT_PASSWORD"),
)


class DataFolder:
    """One data folder, and the paths inside it that the runner uses. Its files are for the owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.postgres = self.path / "postgres"
        self.broker = self.path / "broker"
        self.locale = self.path / "locale"
        self.static = self.path / "static"
        self.edevlet = self.path / "edevlet"
        self.bank = self.path / "bank"
        self.logs = self.path / "log"
        self._secrets = self.path / "secrets.json"
        self._state = self.path / "state.json"
        self._run = self.path / "run.json"
        self._lock: IO[str] | None = None

    def make(self) -> None:
        """Makes the folder, and notes whether it is the portal's alone. Raises PlainError when that fails."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            # The state is the first file we make, so whoever sees others of ours sees it, too.
            foreign = [entry for entry in self.path.iterdir() if not entry.name.startswith(self._state.name)]
            if not self._state.exists():
                self.write_state({"ours_alone": not foreign})
            self.logs.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise PlainError(f"The data folder {self.path} cannot be used: {error.strerror}.") from error

    # --- Use by one command at a time -------------------------------------------------------------

    def try_claim(self, command: str, run_id: str) -> bool:
        """Claims the folder until this process ends; False when a living process has it.

        Ends whatever an earlier run left behind that was killed before it could clean up.
        """
        lock = (self.path / ".lock").open("w")
        if not processes.try_lock(lock.fileno()):
            lock.close()
            return False
        self._lock = lock
        left = self.run()
        if isinstance(left.get("run_id"), str):
            _end_left_overs(str(left["run_id"]))
        self.write_run({"command": command, "pid": os.getpid(), "run_id": run_id, "ready": False})
        return True

    def release(self) -> None:
        """Gives the folder back; does nothing when it was not claimed."""
        if self._lock is not None:
            self._run.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def run(self) -> dict[str, object]:
        """What the run that has the folder says of itself: command, pid, run_id, ready, environment."""
        return _read_json(self._run)

    def user(self) -> str:
        """The command that has the folder, in words."""
        run = self.run()
        return f"`run.py {run.get('command')}` (process {run.get('pid')})"

    def write_run(self, run: Mapping[str, object]) -> None:
        """Replaces run.json; it holds passwords where DATABASE_URL does."""
        _write_json(self._run, run)

    # --- Secrets, state ---------------------------------------------------------------------------

    def secrets(self) -> dict[str, str]:
        """The installation's secrets, made on first use. Raises PlainError when the file is damaged."""
        if not self._secrets.exists():
            _write_json(self._secrets, {name: _new_secret(name) for name in SECRET_NAMES}, only_new=True)
        known = _read_json(self._secrets)
        if not known:
            raise PlainError(
                f"{self._secrets} is damaged. Restore it from a backup: stored data was encrypted with it."
            )
        made = {name: _new_secret(name) for name in SECRET_NAMES if name not in known}
        if made:
            _write_json(self._secrets, {**known, **made})
        return {name: str(value) for name, value in {**known, **made}.items()}

    def state(self) -> dict[str, object]:
        """What has been done in this folder: ours_alone, static, and per database `demo` and `migrated`."""
        return _read_json(self._state)

    def write_state(self, changes: Mapping[str, object]) -> None:
        """Adds to, or replaces in, the folder's state."""
        _write_json(self._state, {**self.state(), **changes})

    def reset(self) -> None:
        """Removes everything in the folder but the claim on it, which this process must have.

        Raises PlainError when other files were there before the portal's.
        """
        if not self.state().get("ours_alone"):
            raise PlainError(f"{self.path} held other files before the portal used it. Empty it by hand instead.")
        say(f"Removing everything in {self.path}")
        for entry in self.path.iterdir():
            if entry.name in (".lock", self._run.name):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.write_state({"ours_alone": True})
        self.make()


def _end_left_overs(run_id: str) -> None:
    if processes.of_run(run_id):
        say("Ending what an earlier run left behind")
        processes.end_processes(lambda: processes.of_run(run_id))


def _new_secret(name: str) -> str:
    if name in ("FIELD_KEY", "HASH_KEY"):
        return base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(48)


def _read_json(file: Path) -> dict[str, object]:
    with contextlib.suppress(FileNotFoundError, ValueError):
        value = json.loads(file.read_text(encoding="utf-8"))
        return value if isinstance(value, dict) else {}
    return {}


def _write_json(file: Path, value: Mapping[str, object], *, only_new: bool = False) -> None:
    """Replaces the file as a whole, readable by its owner alone, so that a reader never sees half of it.

    With `only_new` a file that another process has made meanwhile stays as it is.
    """
    new = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
    if only_new:
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(new)
        new.unlink()
    else:
        new.replace(file)
