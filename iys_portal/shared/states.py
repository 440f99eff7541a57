"""State machines: a table of allowed edges per machine, and the one rule that reads it.

A table maps each state to the states it may go to. `iys_portal.audit.services.move` is the one door through
which an object changes its state; it asks here first.
"""

from collections.abc import Mapping
from typing import TypeVar

State = TypeVar("State", bound=str)

Transitions = Mapping[State, frozenset[State]]


class ForbiddenTransition(Exception):
    """The transition table has no such edge."""

    def __init__(self, machine: str, source: str, target: str) -> None:
        super().__init__(f"{machine}: {source} -> {target} is not allowed")
        self.source = source
        self.target = target


def check(machine: str, table: Transitions[State], source: State, target: State) -> None:
    """Raise ForbiddenTransition unless the table has the edge `source` -> `target`."""
    if target not in table[source]:
        raise ForbiddenTransition(machine, source, target)
