"""The command line: reads the arguments, hands over to the command, makes an exit status of its outcome."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from runner import foreground, processes
from runner.console import PlainError, say
from runner.data import DataFolder
from runner.environment import ROOT
from runner.portal import DEFAULT_PORT
from runner.up import up

USAGE = """\
python3 run.py up [--port 8000] [--data DIR] [--no-demo] [--reset]   set everything up and serve until Ctrl-C
python3 run.py test [pytest arguments]                               set everything up and run the tests
python3 run.py manage [--data DIR] COMMAND …                         run a management command
python3 run.py bench [--data DIR] NAME [--rows N] [--json FILE]      run a benchmark
"""


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit status: 1 after a plain sentence, 2 for a wrong command line."""
    command, *rest = arguments or [""]
    if command not in ("up", "test", "manage", "bench"):
        asked = command in ("-h", "--help", "help")
        print(USAGE, end="", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    stop = processes.StopRequest()
    stop.install()
    try:
        return _run(command, rest, stop)
    except PlainError as problem:
        say(str(problem))
        return 1
    except PermissionError as error:
        say(f"{error.filename}: permission denied. It was probably made by another user.")
        return 1
    except processes.StoppedError as stopped:
        return 0 if command == "up" else 128 + int(stopped.args[0])


def _run(command: str, arguments: Sequence[str], stop: processes.StopRequest) -> int:
    if command == "up":
        options = _up_options(arguments)
        up(DataFolder(options.data), stop, port=options.port, demo=not options.no_demo, reset=options.reset)
        return 0
    if command == "test":
        return foreground.test(arguments, stop)
    folder, rest = take_data_option(arguments)
    return foreground.manage(rest if command == "manage" else ["bench", *rest], DataFolder(folder), stop)


def take_data_option(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """Takes a leading --data DIR from the arguments; what follows belongs to the management command."""
    first, *rest = arguments or [""]
    if first.startswith("--data="):
        return Path(first.removeprefix("--data=")), rest
    if first == "--data" and rest:
        return Path(rest[0]), rest[1:]
    return default_data(), list(arguments)


def default_data() -> Path:
    """The data folder when --data does not name one."""
    return Path(os.environ.get("IYS_DATA") or ROOT / "var")


def _up_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py up", description="Sets everything up and serves until Ctrl-C.")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="the portal's; the simulators use the next two"
    )
    parser.add_argument(
        "--data", type=Path, default=default_data(), help="the data folder (default: IYS_DATA, else var/)"
    )
    parser.add_argument("--no-demo", action="store_true", help="make no demo data on the first start")
    parser.add_argument("--reset", action="store_true", help="first remove everything in the data folder")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65533:
        raise argparse.ArgumentTypeError("a port lies between 1 and 65533")
    return port
