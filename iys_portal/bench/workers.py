"""Processes that work at the same time, as the portal's workers do: each holds one object and calls its methods."""

import multiprocessing
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import django
from django.utils.module_loading import import_string

from iys_portal.bench.base import BenchError

_END_SECONDS = 5.0


class Worker:
    """A fresh process with the object that the class at `path` makes of `arguments`. Ends with the `with` block."""

    def __init__(self, path: str, *arguments: Any) -> None:
        # Not forked: a forked child would begin with its parent's memory and connections.
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, path, arguments), daemon=True)
        self._process.start()
        there.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        if kind is not None:
            self._process.terminate()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def start(self, method: str, *arguments: Any) -> None:
        """Have the method called; `answer` waits for what comes of it."""
        with suppress(OSError):  # a dead worker is reported by `answer`
            self._here.send((method, arguments))

    def answer(self) -> Any:
        """Return what the method returned; raise BenchError when it raised, or when the worker died."""
        try:
            fine, value = self._here.recv()
        except (EOFError, OSError):
            self._process.join(_END_SECONDS)
            raise BenchError(
                f"A worker ended with status {self._process.exitcode}; -9 is what a machine out of memory does."
            ) from None
        if not fine:
            raise BenchError(f"A worker failed: {value}")
        return value


def together(workers: Sequence[Worker], method: str, arguments: Sequence[tuple[Any, ...]]) -> tuple[float, list[Any]]:
    """Call a method of every worker at once, each with its arguments; return the wall-clock seconds and the answers."""
    start = time.perf_counter()
    for worker, own in zip(workers, arguments, strict=True):
        worker.start(method, *own)
    answers = [worker.answer() for worker in workers]
    return time.perf_counter() - start, answers


def _serve(connection: Connection, path: str, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches the whole group of a terminal: the parent says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    held: Any = None
    with suppress(EOFError, OSError):  # the parent is gone or has closed the pipe: the end
        while True:
            method, given = connection.recv()
            try:
                held = held or import_string(path)(*arguments)
                outcome = (True, getattr(held, method)(*given))
            except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
                outcome = (False, f"{type(error).__name__}: {error}")
            connection.send(outcome)
