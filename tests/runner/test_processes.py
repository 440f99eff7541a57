"""Children: started apart, ended with all their helpers, never outliving the runner."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import processes
from runner.console import PlainError
from runner.environment import ROOT

STUBBORN = "import signal, subprocess; signal.signal(15, signal.SIG_IGN); subprocess.Popen(['sleep', '60']).wait()"


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def start(tmp_path: Path, code: str, run_id: str) -> processes.Child:
    return processes.start_child(
        "child",
        [sys.executable, "-c", code],
        env={processes.RUN_ID: run_id},
        cwd=tmp_path,
        log=tmp_path / "child.log",
    )


def test_a_child_gets_a_chance_to_end_by_itself(tmp_path: Path) -> None:
    code = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {15}); print('up', flush=True)"
    code += "; signal.sigwait({15}); print('bye')"
    child = start(tmp_path, code, "polite")
    assert eventually(lambda: child.log.read_text() == "up\n")

    processes.end_groups([child.process], processes.StopRequest())

    assert child.process.returncode == 0
    assert child.log.read_text() == "up\nbye\n"


def test_a_child_that_ignores_the_signal_is_killed_with_its_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.5)
    child = start(tmp_path, STUBBORN, "stubborn")
    assert eventually(lambda: len(processes.of_run("stubborn")) == 2)

    processes.end_groups([child.process], processes.StopRequest())

    assert child.process.returncode == -9
    assert eventually(lambda: processes.of_run("stubborn") == [])


def test_a_second_signal_cuts_the_grace_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 120)
    child = start(tmp_path, STUBBORN, "hurried")
    assert eventually(lambda: len(processes.of_run("hurried")) == 2)
    stop = processes.StopRequest()
    stop.install()
    began = time.monotonic()
    later = "import os, time; time.sleep(0.3); os.kill(os.getppid(), 15)"

    with subprocess.Popen([sys.executable, "-c", later]):
        processes.end_groups([child.process], stop)

    assert stop.received == [15]
    assert time.monotonic() - began < processes.GRACE_SECONDS / 2
    assert eventually(lambda: processes.of_run("hurried") == [])


def test_helpers_of_a_child_that_died_are_ended(tmp_path: Path) -> None:
    child = start(tmp_path, "import subprocess; subprocess.Popen(['sleep', '60'])", "orphans")
    child.process.wait()
    assert len(processes.of_run("orphans")) == 1

    processes.end_groups([child.process], processes.StopRequest())

    assert eventually(lambda: processes.of_run("orphans") == [])


def test_a_child_does_not_outlive_a_killed_runner(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from runner import processes
processes.start_child("child", ["sleep", "60"], env={{processes.RUN_ID: "bereft"}}, cwd=Path("/"),
                      log=Path({str(tmp_path / "log")!r}))
print("started", flush=True)
os.kill(os.getpid(), 9)
"""
    command = [sys.executable, "-c", code]
    runner = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (runner.returncode, runner.stdout) == (-9, "started\n")
    assert eventually(lambda: processes.of_run("bereft") == [])


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        start(tmp_path, f"print('{text}')", "log").process.wait()

    assert (tmp_path / "child.log").read_text() == "third\n"
    assert (tmp_path / "child.log.1").read_text() == "second\n"


def test_a_step_that_fails_shows_what_it_printed(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print(sys.stdin.read()); print('no space', file=sys.stderr); sys.exit(4)"

    with pytest.raises(PlainError, match=r"^Packing failed \(exit status 4\); the lines above say why\.$"):
        processes.run_step(
            [sys.executable, "-c", code], env={}, what="Packing", stop=processes.StopRequest(), text="given"
        )

    captured = capfd.readouterr()
    assert captured.out == ""
    assert sorted(captured.err.split()) == ["given", "no", "space"]


def test_a_step_that_succeeds_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    processes.run_step(["echo", "chatter"], env={}, what="Packing", stop=processes.StopRequest())

    assert capfd.readouterr() == ("", "")


def test_a_step_ends_when_the_person_stops(tmp_path: Path) -> None:
    stop = processes.StopRequest()
    stop.install()
    code = "import os, time; os.kill(os.getppid(), 2); time.sleep(60)"

    with pytest.raises(processes.StoppedError) as stopped:
        processes.run_step([sys.executable, "-c", code], env={processes.RUN_ID: "step"}, what="Waiting", stop=stop)

    assert stopped.value.args == (signal.SIGINT,)
    assert processes.of_run("step") == []


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137), ("", 0)]
)
def test_the_exit_status_of_a_persons_command_is_passed_on(code: str, status: int) -> None:
    stop = processes.StopRequest()

    assert processes.run_foreground([sys.executable, "-c", code], env={}, cwd=Path("/"), stop=stop) == status


def test_signals_are_passed_on_to_a_persons_command() -> None:
    stop = processes.StopRequest()
    stop.install()
    code = "import os, signal, sys; signal.signal(2, lambda *_: sys.exit(5)); os.kill(os.getppid(), 15)"
    command = [sys.executable, "-c", f"{code}; signal.pause()"]

    status = processes.run_foreground(command, env={}, cwd=Path("/"), stop=stop, always=signal.SIGINT)

    assert (status, stop.received) == (5, [15])


@pytest.fixture(autouse=True)
def _own_signal_handlers() -> object:
    """StopRequest.install takes pytest's handlers away."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
