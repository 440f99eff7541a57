"""The commands that run something of the person's own in the portal's environment: manage, bench, test."""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from runner import environment, portal, processes, servers, system
from runner.console import say
from runner.data import DataFolder
from runner.environment import PYTHON, ROOT
from runner.steps import Database, django

# What a person asks about migrations must not find them applied a moment ago.
_ABOUT_MIGRATIONS = ("migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations")


def manage(arguments: Sequence[str], data: DataFolder, stop: processes.StopRequest) -> int:
    """Runs a management command in the caller's folder, on the caller's streams; returns its exit status.

    It works on the services of a running `up` on the same data folder or, without one, on servers started for
    this command alone, with the migrations applied. Raises PlainError, StoppedError.
    """
    given = portal.given()
    system.install_missing(
        stop,
        for_tests=False,
        embedded_database=not given.get("DATABASE_URL"),
        for_benches=arguments[:1] == ["bench"],
    )
    environment.prepare(environment.RUN_GROUPS, stop)
    data.make()
    run_id = uuid.uuid4().hex
    with ExitStack() as stack:
        running = _running_up(data)
        if not running and not servers.are_given(given):
            running = _claim_or_join(data, run_id, stop)
            stack.callback(data.release)
        if running:
            everything = {**given, **running, **_not_empty(given)}
            env = portal.environment(data, port=portal.DEFAULT_PORT, given=everything)
            # Becomes the command, so that its output, exit status and signals are its own.
            os.execve(PYTHON, django(*arguments), env)
        given[processes.RUN_ID] = run_id
        env = portal.environment(data, port=portal.DEFAULT_PORT, given=given)
        env |= stack.enter_context(servers.running(data, given, stop, durable=True))
        _migrate_for(arguments, Database(data, env, stop, ours=not given.get("DATABASE_URL")))
        return processes.run_foreground(django(*arguments), env=env, cwd=Path.cwd(), stop=stop)


def test(arguments: Sequence[str], stop: processes.StopRequest) -> int:
    """Runs pytest with the arguments, in a data folder made for it; returns its exit status.

    Raises PlainError, StoppedError.
    """
    given = portal.given()
    # Some tests start embedded servers of their own, whatever the variables say.
    system.install_missing(stop, for_tests=True, embedded_database=True)
    environment.prepare(environment.TEST_GROUPS, stop)
    run_id = uuid.uuid4().hex
    given[processes.RUN_ID] = run_id
    with ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="iys-test-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(processes.end_processes, lambda: processes.of_run(run_id))
        data = DataFolder(Path(folder))
        data.make()
        env = portal.environment(data, port=portal.DEFAULT_PORT, given=given)
        env |= stack.enter_context(servers.running(data, given, stop, durable=False))
        env |= bytecode_apart(env, data.path / "bytecode")
        command = [str(PYTHON), "-m", "pytest", *arguments]
        # On SIGTERM pytest would die at once, without ending what its fixtures have started.
        return processes.run_foreground(command, env=env, cwd=ROOT, stop=stop, always=signal.SIGINT)


def bytecode_apart(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Variables that keep bytecode in `folder` where the caller wants none written into the tree.

    A test run starts dozens of processes: without bytecode each would compile every library anew.
    """
    if not env.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder)}


def _migrate_for(arguments: Sequence[str], database: Database) -> None:
    command = arguments[0] if arguments else ""
    if command == "migrate":
        database.forget_migrations()
    if command not in _ABOUT_MIGRATIONS:
        database.migrate(existing_foreign=False)


def _running_up(data: DataFolder) -> dict[str, str]:
    """What a ready `up` on this data folder shares with other commands; empty when there is none."""
    run = data.run()
    shared, pid = run.get("environment"), run.get("pid")
    if run.get("ready") and isinstance(shared, dict) and isinstance(pid, int) and processes.is_runner(pid):
        return {str(name): str(value) for name, value in shared.items()}
    return {}


def _claim_or_join(data: DataFolder, run_id: str, stop: processes.StopRequest) -> dict[str, str]:
    """Waits until the data folder is ours (answer: empty) or an `up` on it is ready (what that shares)."""
    said = False
    while not data.try_claim("manage", run_id):
        if running := _running_up(data):
            return running
        if not said:
            say(f"Waiting for {data.user()}, which uses the data folder {data.path}")
            said = True
        stop.sleep(0.2)
    return {}


def _not_empty(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value or name == "DEBUG"}
