"""How long WeasyPrint itself works while the portal renders."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from weasyprint import HTML, Document

# Reading the HTML, laying it out, writing the PDF: whichever way they are called.
_STEPS = ((HTML, "__init__"), (HTML, "render"), (HTML, "write_pdf"), (Document, "write_pdf"))


class Stopwatch:
    """Seconds spent inside the engine, by the clock and of the processor; a step within a step counts once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.processor_seconds = 0.0
        self._depth = 0

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return `step`, watched."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            start, start_processor = time.perf_counter(), time.process_time()
            try:
                return step(*args, **kwargs)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.seconds += time.perf_counter() - start
                    self.processor_seconds += time.process_time() - start_processor

        return watched


@contextmanager
def watched_engine() -> Iterator[Stopwatch]:
    """Watch WeasyPrint's own work for the length of the block."""
    watch = Stopwatch()
    before = [(owner, name, getattr(owner, name)) for owner, name in _STEPS]
    for owner, name, step in before:
        setattr(owner, name, watch.around(step))
    try:
        yield watch
    finally:
        for owner, name, step in before:
            setattr(owner, name, step)
