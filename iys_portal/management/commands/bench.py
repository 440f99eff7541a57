"""Run a benchmark."""

import json
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from iys_portal.bench.base import BenchError, Options, Result
from iys_portal.bench.registry import BENCHES, listing
from iys_portal.bench.report import table

_FEWEST_RUNS = 3
_SEED = 20261123


class _Stopped(KeyboardInterrupt):
    """Somebody asked the bench to stop; args[0] is the signal's number."""


class Command(BaseCommand):
    help = (
        "Run a benchmark: its subject beside a comparison, in turns; exit 1 when a result is wrong, never for a time."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="which one; without it, all are listed")
        parser.add_argument("--rows", type=_positive, help="its size (default: each bench's own)")
        parser.add_argument("--runs", type=_runs, default=_FEWEST_RUNS, help="how often each side is timed")
        parser.add_argument("--seed", type=int, default=_SEED, help="what its data are drawn from")
        parser.add_argument("--quick", action="store_true", help="once, without what takes long beside the timing")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as one JSON object")

    def handle(self, *_args: Any, **given: Any) -> None:
        name: str | None = given["name"]
        if name not in BENCHES:
            problem = "Name a bench." if name is None else f"There is no bench called {name}."
            raise CommandError(f"{problem}\n{listing()}", returncode=2)
        _check_writable(given["json"])
        options = Options(
            rows=given["rows"] or BENCHES[name].rows,
            runs=1 if given["quick"] else given["runs"],
            seed=given["seed"],
            quick=given["quick"],
            say=self.stderr.write,
        )
        result = self._run(name, options)
        title = f"{name}: {options.rows:,} {BENCHES[name].unit}, {options.runs} runs, seed {options.seed}"
        self.stdout.write(f"{title}\n\n{table(result)}")
        if given["json"]:
            content = json.dumps(result.as_json(bench=name, options=options), ensure_ascii=False, indent=2)
            given["json"].write_text(f"{content}\n", encoding="utf-8")
        if result.wrong:
            sys.exit(1)

    def _run(self, name: str, options: Options) -> Result:
        try:
            with _stoppable():
                return BENCHES[name].run(options)
        except BenchError as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            # The server's own words: no space left on the device, out of memory, too many connections.
            raise CommandError(f"The database gave up: {error}") from None
        except OSError as error:
            raise CommandError(f"The machine gave up: {error}") from None
        except MemoryError:
            raise CommandError("The machine has no memory left. Choose fewer --rows.") from None
        except _Stopped as stopped:
            self.stderr.write("Stopped; nothing is left behind.")
            sys.exit(128 + int(stopped.args[0]))


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a signal to end raise _Stopped; what then cleans up is not torn apart by a second one.

    A library that swallows the exception does not keep the bench alive: the next signal raises it again.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        if not _is_stopping():
            raise _Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_stopping() -> bool:
    """Return whether _Stopped, or what came of it, is on its way out."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, _Stopped):
        error = error.__context__
    return error is not None


def _check_writable(file: Path | None) -> None:
    """Refuse before the work what could only fail after it."""
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise CommandError(f"--json {file} cannot be written: name a file in a folder that exists.", returncode=2)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("at least 1")
    return number


def _runs(text: str) -> int:
    number = int(text)
    if number < _FEWEST_RUNS:
        raise ArgumentTypeError(f"at least {_FEWEST_RUNS}: a median of fewer says little")
    return number
