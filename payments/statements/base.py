"""What every statement reader gives: lines that could be read, problems for those that could not.

Readers are pure: bytes in, frozen values out. They drop nothing. A file that cannot be read at all is refused
with a Turkish sentence for the accountant; a transaction that cannot be read becomes a problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from iys_portal.shared.sheets.refusal import FileRefused

HOME_CURRENCY = "TRY"
MAX_STATEMENTS = 5_000
"""Statements in one file: a daily one for thirteen years."""


StatementRefused = FileRefused
"""The file as a whole cannot be imported; `message` is a Turkish sentence for the accountant."""


def require_few(statements: int) -> None:
    """Raise StatementRefused for a file of more statements than any bank puts into one."""
    if statements > MAX_STATEMENTS:
        raise StatementRefused("Dosyada 5.000 ekstreden fazlası var; bölerek yükleyin.")


class BankLine(NamedTuple):
    """One booked transaction of one account.

    `position` is the transaction's place in the file from 1, unreadable ones included. `amount` has two
    places and is negative when money left the account. A `reversal` undoes an earlier booking and pays
    nothing. `text` is the description as read, lines kept. `bank_id` is set only where the bank's own id can
    be trusted to be unique for ever.
    """

    position: int
    source_line: int
    booked_on: date
    value_on: date
    amount: Decimal
    currency: str
    text: str
    reversal: bool = False
    reference: str = ""
    payer_name: str | None = None
    payer_iban: str | None = None
    payer_tax_number: str | None = None
    bank_id: str | None = None
    running_balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read or does not add up.

    `line` is the line number in the file, `message` a Turkish sentence. A problem with a `position` stands
    for one transaction that was not read; `raw` is what the file says there (cut to a length fit for a page).
    `ignored`: nothing is wrong with it, the bank has only not booked it, so it is left aside on purpose.
    """

    line: int
    message: str
    position: int | None = None
    raw: str = ""
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file. `account` is as the bank writes it, `iban` only if it is a valid IBAN.

    `account` is empty where the file names none; `names_account` is False if its format cannot name one.

    `balance_ok`: opening + lines = closing (True), it does not or cannot be shown to (False), or the format
    has no balances (None). `first_day` and `last_day` are the booking days it speaks for, both inclusive.
    """

    reference: str
    account: str
    iban: str | None
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    balance_ok: bool | None
    first_day: date | None
    last_day: date | None
    lines: tuple[BankLine, ...]
    problems: tuple[Problem, ...]
    names_account: bool = True


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A whole file. `reader` is the reader's name and version: a newer one may read the file again."""

    reader: str
    statements: tuple[Statement, ...]
    notes: tuple[Problem, ...] = ()

    @property
    def lines(self) -> list[BankLine]:
        """All lines of the file, in file order."""
        return [line for statement in self.statements for line in statement.lines]

    @property
    def problems(self) -> list[Problem]:
        """All problems of the file: first those of the file as a whole, then each statement's."""
        return [*self.notes, *(problem for statement in self.statements for problem in statement.problems)]

    @property
    def balance_ok(self) -> bool | None:
        """False if any statement does not add up, else None if any has no balances, else True."""
        verdicts = {statement.balance_ok for statement in self.statements}
        if False in verdicts:
            return False
        return None if None in verdicts else True

    @property
    def opening(self) -> Decimal | None:
        """The first statement's opening balance."""
        return self.statements[0].opening

    @property
    def closing(self) -> Decimal | None:
        """The last statement's closing balance."""
        return self.statements[-1].closing

    @property
    def first_day(self) -> date | None:
        """The first booking day the file speaks for."""
        return min(_known(statement.first_day for statement in self.statements), default=None)

    @property
    def last_day(self) -> date | None:
        """The last booking day the file speaks for."""
        return max(_known(statement.last_day for statement in self.statements), default=None)


def _known(days: Iterable[date | None]) -> list[date]:
    return [day for day in days if day is not None]
