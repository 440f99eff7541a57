"""Child processes: starting, watching and ending them, so that none outlives the runner."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runner.console import PlainError, say

#: Every process of one run carries it in its environment; by it a later run finds what a killed one left.
RUN_ID = "IYS_RUN_ID"
GRACE_SECONDS = 15.0

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class StoppedError(Exception):
    """Somebody asked the runner to stop (Ctrl-C, SIGTERM, SIGHUP); args[0] is the signal's number."""


class StopRequest:
    """Signals received so far. Handlers only note them, so that no step is torn apart in its middle.

    Code that waits calls check() or sleep(), which raise StoppedError; clean-up code reads `received` alone.
    """

    def __init__(self) -> None:
        self.received: list[int] = []

    def install(self) -> None:
        """Takes over SIGINT, SIGTERM and, unless it is ignored (nohup), SIGHUP."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda received, _frame: self.received.append(received))

    def check(self) -> None:
        """Raises StoppedError when a signal has come in."""
        if self.received:
            raise StoppedError(self.received[0])

    def sleep(self, seconds: float) -> None:
        """Waits, and raises StoppedError when a signal comes in (0.1 s late at most)."""
        end = time.monotonic() + seconds
        while True:
            self.check()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))


def ticks(seconds: float, stop: StopRequest, *, pause: float = 0.2) -> Iterator[None]:
    """Yields at once and then every `pause` seconds for `seconds`. Raises StoppedError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        stop.sleep(pause)


# --- Starting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Child:
    """A process in a session and process group of its own, writing to a log file."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def last_words(self) -> str:
        """The end of the log, introduced by where it is, for a person who asks why the child died."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n  ".join([f"The end of {self.log}:", *lines])


def start_child(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    death_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Starts a child in its own session; it gets `death_signal` when the runner dies before it.

    The log of the run before is kept beside the new one as <name>.log.1.
    """
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
    with log.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        return Child(name, _spawn(command, env, nothing, output, cwd=cwd, death_signal=death_signal), log)


def run_step(command: Sequence[str], *, env: Mapping[str, str], what: str, stop: StopRequest, text: str = "") -> None:
    """Runs one step of the set-up, `text` on its standard input; shows what it prints if it fails.

    Raises PlainError(`what` …) when it fails, StoppedError when a signal comes in.
    """
    stop.check()
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(text.encode())
        given.seek(0)
        process = _spawn(command, env, given, output)
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.1)
                stop.check()
        except StoppedError:
            end_groups([process], stop)
            raise
        if process.returncode != 0:
            output.seek(0)
            say(output.read().decode(errors="replace").rstrip())
            raise PlainError(f"{what} failed (exit status {process.returncode}); the lines above say why.")


def run_foreground(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stop: StopRequest,
    always: signal.Signals | None = None,
) -> int:
    """Runs the person's own command on the runner's standard streams; returns the exit status a shell gives.

    Signals are passed on to it, all of them as `always` where that is set. At a terminal the command stays in
    the foreground group, where Ctrl-C reaches it by itself; otherwise nothing of its group outlives it.
    """
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    process = _spawn(command, env, None, None, cwd=cwd, apart=not at_terminal)
    passed = 0
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
        for number in stop.received[passed:]:
            if not (at_terminal and number == signal.SIGINT):
                process.send_signal(always or number)
        passed = len(stop.received)
    if not at_terminal:
        end_groups([process], stop)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _spawn(
    command: Sequence[str],
    env: Mapping[str, str],
    stdin: IO[bytes] | None,
    output: IO[bytes] | None,
    *,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    apart: bool = True,
) -> "subprocess.Popen[bytes]":
    """A process that dies with the runner; `apart`: in its own session. A None stream is inherited."""
    parent = os.getpid()

    def die_with_runner() -> None:
        # A shell starts background jobs with SIGINT ignored, and ignored signals are inherited.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=stdin,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=apart,
        preexec_fn=die_with_runner,  # noqa: PLW1509 - the runner has no threads
    )


# --- Ending ---------------------------------------------------------------------------------------


def end_groups(
    leaders: Sequence["subprocess.Popen[bytes]"], stop: StopRequest, number: signal.Signals = signal.SIGTERM
) -> None:
    """Ends processes and their groups: `number` to each leader, SIGKILL to the group after 15 s.

    A leader ends its own helpers in good order, so only a group without its leader is signalled as a whole.
    A further signal to the runner while this waits cuts the 15 s short.
    """
    for leader in leaders:
        if leader.poll() is None:
            leader.send_signal(number)
    headless: set[int] = set()
    signals_before = len(stop.received)
    deadline = time.monotonic() + GRACE_SECONDS
    while living := [leader for leader in leaders if _group_lives(leader)]:
        if time.monotonic() > deadline or len(stop.received) > signals_before:
            for leader in living:
                _signal_group(leader.pid, signal.SIGKILL)
            break
        for leader in living:
            if leader.poll() is not None and leader.pid not in headless:
                headless.add(leader.pid)
                _signal_group(leader.pid, signal.SIGTERM)
        time.sleep(0.05)
    for leader in leaders:
        leader.wait()


def end_processes(find: Callable[[], Iterable[int]], *, grace: float = 5.0) -> None:
    """Ends the processes that `find` names, children or not: SIGTERM, and SIGKILL after `grace` seconds."""
    deadline = time.monotonic() + grace
    for pid in find():
        _signal_process(pid, signal.SIGTERM)
    while found := list(find()):
        if time.monotonic() > deadline + 5:
            raise PlainError(f"These processes of an earlier run do not end: {', '.join(map(str, found))}.")
        if time.monotonic() > deadline:
            for pid in found:
                _signal_process(pid, signal.SIGKILL)
        time.sleep(0.05)


def _group_lives(leader: "subprocess.Popen[bytes]") -> bool:
    leader.poll()
    try:
        os.killpg(leader.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _signal_process(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


# --- Finding --------------------------------------------------------------------------------------


def of_run(run_id: str) -> list[int]:
    """Ids of the living processes, other than this one, that were started by the run with this id."""
    mark = f"{RUN_ID}={run_id}".encode()
    return _matching(lambda folder: mark in (folder / "environ").read_bytes().split(b"\0"))


def working_in(directory: Path, program: str) -> list[int]:
    """Ids of the living processes of that program whose working directory is exactly this one."""

    def is_there(folder: Path) -> bool:
        return (folder / "comm").read_text().strip() == program and (folder / "cwd").readlink() == directory

    return _matching(is_there)


def is_runner(pid: int) -> bool:
    """Whether the process with this id lives and is one of the runner's commands."""
    with contextlib.suppress(OSError):
        return b"run.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def try_lock(descriptor: int) -> bool:
    """Takes an exclusive lock on an open file, which the kernel frees at death; False when another has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def only_one(lock: Path, stop: StopRequest) -> Iterator[None]:
    """Waits until no other process is inside a block with this lock file. Raises StoppedError."""
    with lock.open("w") as stream:
        while not try_lock(stream.fileno()):
            stop.sleep(0.1)
        yield


def _matching(condition: Callable[[Path], bool]) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        # Processes end while we look, other people's cannot be read, and zombies have nothing left to read.
        with contextlib.suppress(OSError):
            if condition(folder):
                found.append(int(folder.name))
    return found
