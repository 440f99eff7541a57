"""Time two things in turns: what else the machine does then falls on both alike."""

import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes by the wall clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(
    subject: Callable[[], float], baseline: Callable[[], float], *, times: int
) -> tuple[list[float], list[float]]:
    """Return the seconds that both answer, called alternately; who goes first changes with every turn."""
    own: list[float] = []
    other: list[float] = []
    for turn in range(times):
        sides = [(subject, own), (baseline, other)]
        for side, figures in sides if turn % 2 == 0 else reversed(sides):
            figures.append(side())
    return own, other
