"""Writes MT940 files for tests, independently of the reader: what goes in must come out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

OUR_IBAN = "TR820001000760123456785001"


@dataclass(frozen=True)
class Transaction:
    """A transaction to write. `amount` is signed; a reversal has the opposite mark of what its sign says."""

    amount: Decimal
    value_on: date = date(2026, 11, 23)
    booked_on: date | None = None
    reversal: bool = False
    funds_code: str = ""
    padding: int = 0
    rest: str = "NTRFNONREF"
    information: tuple[str, ...] = ()

    def written(self) -> list[str]:
        """Return the lines of its :61: and :86: fields."""
        direction = "C" if (self.amount >= 0) != self.reversal else "D"
        mark = f"{'R' if self.reversal else ''}{direction}{self.funds_code}"
        entry_day = f"{self.booked_on:%m%d}" if self.booked_on else ""
        amount = comma(abs(self.amount)).zfill(self.padding)
        lines = [f":61:{self.value_on:%y%m%d}{entry_day}{mark}{amount}{self.rest}"]
        if self.information:
            lines += [f":86:{self.information[0]}", *self.information[1:]]
        return lines


@dataclass(frozen=True)
class Message:
    """A statement to write. Its closing balance is right unless `closing` says otherwise."""

    transactions: tuple[Transaction, ...] = ()
    opening: Decimal = Decimal("1000.00")
    closing: Decimal | None = None
    account: str = OUR_IBAN
    reference: str = "EKSTRE261123"
    page: str = "231/1"
    currency: str = "TRY"
    opening_tag: str = "60F"
    closing_tag: str = "62F"
    day: date = date(2026, 11, 23)
    tail: tuple[str, ...] = field(default=("-",))

    def true_closing(self) -> Decimal:
        """Return opening + transactions."""
        return self.opening + sum((transaction.amount for transaction in self.transactions), Decimal("0.00"))

    def written(self) -> list[str]:
        """Return all lines of the statement."""
        closing = self.true_closing() if self.closing is None else self.closing
        return [
            f":20:{self.reference}",
            f":25:{self.account}",
            f":28C:{self.page}",
            f":{self.opening_tag}:{self._balance(self.opening)}",
            *(line for transaction in self.transactions for line in transaction.written()),
            f":{self.closing_tag}:{self._balance(closing)}",
            *self.tail,
        ]

    def _balance(self, amount: Decimal) -> str:
        return f"{'D' if amount < 0 else 'C'}{self.day:%y%m%d}{self.currency}{comma(abs(amount))}"


def comma(amount: Decimal) -> str:
    """Return a positive amount with a decimal comma."""
    return f"{amount:.2f}".replace(".", ",")


def file_of(*messages: Message, line_end: str = "\r\n") -> str:
    """Return the text of a file."""
    return line_end.join(line for message in messages for line in message.written()) + line_end
