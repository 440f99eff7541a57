"""What transferred money came for an order, and how fresh our view of the bank is: the customer's side."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from payments.enums import LineState, StatementState
from payments.fetching.drop import Drop
from payments.models import Order, SourceRun, Statement, StatementLine

_NAMED_BY_CODE = frozenset({"amount-short", "amount-over", "order-state", "order-paid"})
"""Rules of lines that carry the order's own code, rightly typed, and still wait for a person."""


@dataclass(frozen=True)
class Arrival:
    """Money that came with the order's code, in TRY. `counted`: it pays the order; otherwise it is looked into."""

    value_on: date
    amount: Decimal
    counted: bool


@dataclass(frozen=True)
class Arrivals:
    """All that came; `missing` and `surplus` in TRY against what the order costs, looked-into money included."""

    rows: list[Arrival]
    total: Decimal
    missing: Decimal
    surplus: Decimal

    @property
    def is_looked_into(self) -> bool:
        """Whether some of it waits for our accountants."""
        return any(not row.counted for row in self.rows)


def arrivals_of(order: Order) -> Arrivals:
    """Return the transferred money that came for an order, oldest first; two queries.

    A line that only resembles the order's code, or is suggested by the payer's name, is nobody's news yet.
    """
    counted = order.allocations.filter(line__isnull=False, reverses=None, reversed_by=None).select_related("line")
    rows = [Arrival(row.line.value_on, row.amount, counted=True) for row in counted if row.line]
    waiting = StatementLine.objects.filter(
        state__in=[LineState.SUGGESTED, LineState.UNMATCHED],
        candidates__contains=[{"code": order.code}],
        rule__in=_NAMED_BY_CODE,
        amount__gt=0,
    )
    rows += [
        Arrival(line.value_on, line.amount, counted=False)
        for line in waiting.only("value_on", "amount", "candidates")
        if len(line.candidates) == 1
    ]
    total = sum((row.amount for row in rows), Decimal("0.00"))
    return Arrivals(
        rows=sorted(rows, key=lambda row: row.value_on),
        total=total,
        missing=max(order.gross - total, Decimal("0.00")),
        surplus=max(total - order.gross, Decimal("0.00")),
    )


def bank_read_at() -> datetime | None:
    """Return when the movements of an account that customers pay into were last read, or None for never.

    An empty folder says nothing of the bank: what was dropped counts by its files, which are statements.
    """
    statements = Statement.objects.filter(
        account__is_active=True, state__in=[StatementState.READ, StatementState.MATCHED]
    )
    uploaded: datetime | None = statements.aggregate(at=Max("received_at"))["at"]
    asked = SourceRun.objects.filter(account__is_active=True).exclude(source=Drop.name)
    fetched: datetime | None = asked.aggregate(at=Max("succeeded_at"))["at"]
    return max((at for at in (uploaded, fetched) if at), default=None)
