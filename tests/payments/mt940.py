"""Write MT940 statements for tests."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Transfer:
    """One movement: money in when `amount` is positive. `raw_amount` replaces the amount as it is written."""

    text: str
    amount: Decimal = Decimal("5097.60")
    raw_amount: str = ""
    day: date = date(2026, 11, 23)

    @property
    def line(self) -> str:
        sign = "C" if self.amount >= 0 else "D"
        written = self.raw_amount or f"{abs(self.amount):.2f}".replace(".", ",")
        return f":61:{self.day:%y%m%d}{self.day:%m%d}{sign}{written}NTRFNONREF\r\n:86:{self.text}"


def mt940(
    iban: str,
    *transfers: Transfer,
    opening: Decimal = Decimal("1000.00"),
    closing: Decimal | None = None,
    encoding: str = "utf-8",
    reference: str = "EKSTRE1",
) -> bytes:
    """Return a statement of the transfers; `closing` defaults to the balance that adds up."""
    total = opening + sum((t.amount for t in transfers), Decimal(0))
    closing = total if closing is None else closing
    days = [t.day for t in transfers] or [date(2026, 11, 23)]
    lines = [
        f":20:{reference}",
        f":25:{iban}",
        ":28C:1/1",
        f":60F:C{min(days):%y%m%d}TRY{_written(opening)}",
        *(t.line for t in transfers),
        f":62F:C{max(days):%y%m%d}TRY{_written(closing)}",
        "-",
    ]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _written(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
