"""What transferred money came for an order, and how fresh our view of the bank is: the customer's side."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from iys_portal.shared.money import ZERO
from payments.enums import LineState, StatementState
from payments.fetching.drop import Drop
from payments.models import Order, SourceRun, Statement, StatementLine
from payments.selectors.orders import allocated_to

UNEXPECTED = frozenset({"order-paid", "order-expired", "order-cancelled", "order-refunded"})
"""Rules of lines that carry the code, rightly typed, of an order that awaits no money any more."""

_NAMED_BY_CODE = UNEXPECTED | {"amount-short", "amount-over", "order-state"}
"""Rules of lines that carry the order's own code, rightly typed, and still wait for a person."""

TWIN = "twin"
"""The feature of a line that may be a movement which paid the order already, in another file: nobody's news."""


@dataclass(frozen=True)
class Arrival:
    """Money that came with the order's code, in TRY. `counted`: it pays the order; otherwise it is looked into."""

    value_on: date
    amount: Decimal
    counted: bool


@dataclass(frozen=True)
class Arrivals:
    """All that came; `missing` and `surplus` in TRY against what the order costs, looked-into and card money included.

    `waiting` is the part of the total that is looked into.
    """

    rows: list[Arrival]
    total: Decimal
    waiting: Decimal
    missing: Decimal
    surplus: Decimal

    @property
    def is_looked_into(self) -> bool:
        """Whether some of it waits for our accountants."""
        return bool(self.waiting)


def arrivals_of(order: Order) -> Arrivals:
    """Return the transferred money that came for an order, oldest first; three queries.

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
        for line in waiting.only("value_on", "amount", "candidates", "features")
        if len(line.candidates) == 1 and not line.features.get(TWIN)
    ]
    looked_into = sum((row.amount for row in rows if not row.counted), ZERO)
    difference = allocated_to(order) + looked_into - order.gross
    return Arrivals(
        rows=sorted(rows, key=lambda row: row.value_on),
        total=sum((row.amount for row in rows), ZERO),
        waiting=looked_into,
        missing=max(-difference, ZERO),
        surplus=max(difference, ZERO),
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
