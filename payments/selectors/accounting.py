"""Read what accountants work on: orders that await money, bank movements that await a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from accounts.searching import folded, holds_words
from iys_portal.shared import codes
from packages.models import Tariff
from payments.enums import AWAITING_PAYMENT, LineState
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine

AWAITING_A_PERSON = (LineState.SUGGESTED, LineState.UNMATCHED)
"""States of lines that an accountant has to look at."""

_TRY = DecimalField(max_digits=14, decimal_places=2)
_ZERO = Value(Decimal("0.00"), output_field=_TRY)


@dataclass(frozen=True)
class Figures:
    """What waits now; sums in TRY, `oldest` the approval of the order that waits longest."""

    order_count: int
    order_sum: Decimal
    overdue_count: int
    oldest: datetime | None
    line_count: int
    line_sum: Decimal


def figures(*, now: datetime) -> Figures:
    """Return today's figures; two queries."""
    orders = _with_due(Order.objects.filter(state__in=AWAITING_PAYMENT)).aggregate(
        count=Count("pk"),
        total=Coalesce(Sum("due"), _ZERO),
        overdue=Count("pk", filter=Q(pay_by__lte=now)),
        oldest=Min("accepted_at"),
    )
    lines = StatementLine.objects.filter(state__in=AWAITING_A_PERSON).aggregate(
        count=Count("pk"), total=Coalesce(Sum("amount"), _ZERO)
    )
    return Figures(
        order_count=orders["count"],
        order_sum=orders["total"],
        overdue_count=orders["overdue"],
        oldest=orders["oldest"],
        line_count=lines["count"],
        line_sum=lines["total"],
    )


def pending_orders(*, now: datetime, query: str = "") -> QuerySet[Any]:
    """Return the orders that await money, longest-waiting first, with `due` (TRY) and `overdue`.

    `query` is an order code in any spelling, an İYS No, or words of the provider's title.
    """
    orders: QuerySet[Any] = _with_due(Order.objects.filter(state__in=AWAITING_PAYMENT))
    orders = orders.annotate(overdue=Q(pay_by__lte=now))
    if query.strip():
        orders = orders.alias(folded_title=folded("provider__title")).filter(_names_order(query))
    return orders.select_related("provider").order_by("accepted_at", "pk")


def _with_due(orders: QuerySet[Order]) -> QuerySet[Any]:
    rows = Allocation.objects.filter(order=OuterRef("pk")).order_by().values("order")
    sums = rows.annotate(total=Sum("amount")).values("total")
    allocated = Coalesce(Subquery(sums, output_field=_TRY), _ZERO)
    return orders.annotate(due=Greatest(F("gross") - allocated, _ZERO, output_field=_TRY))


def _names_order(query: str) -> Q:
    condition = holds_words("folded_title", query)
    code = codes.parse(query)
    if code:
        condition |= Q(code=code)
    if query.strip().isdecimal():
        condition |= Q(provider__iys_code=int(query.strip()[:9]))
    return condition


def waiting_lines(*, state: str = "", query: str = "") -> QuerySet[StatementLine]:
    """Return the movements that await an accountant, oldest first; of one state, or both."""
    states = [state] if state in AWAITING_A_PERSON else AWAITING_A_PERSON
    lines = StatementLine.objects.filter(state__in=states)
    return _matching(lines, query).select_related("account").order_by("pk")


def lines_of(statement: Statement, *, state: str = "", query: str = "") -> QuerySet[StatementLine]:
    """Return the movements that a statement brought, in file order; of one state, or all."""
    lines = StatementLine.objects.filter(statement=statement)
    if state in LineState.values:
        lines = lines.filter(state=state)
    return _matching(lines, query).order_by("position")


def _matching(lines: QuerySet[StatementLine], query: str) -> QuerySet[StatementLine]:
    """Keep the lines whose text or payer holds all words, and those that belong to the order of a code."""
    if not query.strip():
        return lines
    condition = holds_words("folded_text", query) | holds_words("folded_payer", query)
    code = codes.parse(query)
    if code:
        condition |= Q(candidates__contains=[{"code": code}]) | Q(allocations__order__code=code)
    searched = lines.alias(folded_text=folded("text"), folded_payer=folded("payer_name"))
    return searched.filter(condition).distinct()


def line_with(pk: int) -> QuerySet[StatementLine]:
    """Return the movement with this number (at most one), with its account and statement."""
    lines = StatementLine.objects.filter(pk=pk).select_related("account", "statement")
    return lines.defer("statement__content_encrypted")


@dataclass(frozen=True)
class Candidate:
    """An order that may be meant by a movement; `due` and `difference` (what came less it) in TRY."""

    order: Order
    reason: str
    due: Decimal
    difference: Decimal


def candidates_of(line: StatementLine) -> list[Candidate]:
    """Return the suggested orders of a movement, best first; one query."""
    wanted = [candidate["code"] for candidate in line.candidates]
    orders = _with_due(Order.objects.filter(code__in=wanted)).select_related("provider")
    found = orders.in_bulk(field_name="code")
    return [
        Candidate(order, suggestion["reason"], due=order.due, difference=line.amount - order.due)
        for suggestion in line.candidates
        if (order := found.get(suggestion["code"]))
    ]


def allocations_of(line: StatementLine) -> QuerySet[Allocation]:
    """Return the money of a movement that settled orders, oldest first."""
    return Allocation.objects.filter(line=line).select_related("order__provider", "actor").order_by("pk")


def statements() -> QuerySet[Statement]:
    """Return all statements without their bytes, newest first."""
    rows = Statement.objects.select_related("account", "uploaded_by")
    return rows.defer("content_encrypted").order_by("-pk")


def statement_with(pk: int) -> QuerySet[Statement]:
    """Return the statement with this number (at most one), without its bytes."""
    return statements().filter(pk=pk)


def waiting_counts(statement_ids: Collection[int]) -> dict[int, int]:
    """Return how many movements await a person, by statement; one query."""
    lines = StatementLine.objects.filter(statement_id__in=statement_ids, state__in=AWAITING_A_PERSON)
    return dict(lines.order_by().values_list("statement_id").annotate(Count("pk")))


def bank_accounts() -> QuerySet[BankAccount]:
    """Return all our accounts; statements still come for those that customers no longer see."""
    return BankAccount.objects.all()


def is_sold(tariff: Tariff) -> bool:
    """Return whether an order was made at this price."""
    return Order.objects.filter(tariff=tariff).exists()
