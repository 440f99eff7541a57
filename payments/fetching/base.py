"""What a source of statements is.

A source gives whole files and knows nothing of orders. To be asked twice for the same days is everyday: a file that
was received before, and movements that were read before, add nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


class SourceUnavailableError(Exception):
    """The source did not give its statements; `str()` says why in Turkish, without passwords or personal data."""


@dataclass(frozen=True, slots=True)
class Account:
    """One of our accounts, as sources know it: the IBAN, and the number as the bank writes it."""

    iban: str
    number: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A statement file of one account. `format` is empty where the file has to tell; `handle` is the source's own."""

    iban: str
    filename: str
    format: str
    content: bytes = field(repr=False)
    handle: str = ""


class StatementSource(Protocol):
    """A place that statements are fetched from. Implementations hold no state but their configuration."""

    @property
    def name(self) -> str:
        """The name that runs are kept under: ``drop``, ``ziraat``."""

    @property
    def title(self) -> str:
        """The name that accountants read."""

    def serves(self, account: Account) -> bool:
        """Return whether statements of this account come from here."""

    def fetch(self, account: Account, *, first_day: date, last_day: date) -> Iterator[Fetched]:
        """Yield the files of an account for these days, both inclusive, one after another.

        Raises SourceUnavailableError; what was yielded before stays good.
        """

    def received(self, fetched: Fetched) -> None:
        """Learn that a file was kept: it need not be given again."""

    def refused(self, fetched: Fetched, *, reason: str) -> None:
        """Learn that a file could not be taken, and why (Turkish): a person has to look at it."""
