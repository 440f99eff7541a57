"""Read what accountants work on: orders that await money, bank movements that await a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Greatest

from accounts.searching import folded, holds_words
from iys_portal.audit.models import AuditEvent
from iys_portal.shared import codes
from payments.enums import AWAITING_PAYMENT, LineState, OrderState
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from payments.selectors.card_days import open_difference_count, unknown_attempt_count
from payments.selectors.cards import keepable_attempts
from payments.selectors.lines import AWAITING_A_PERSON, MONEY_IN, searched

_TRY = DecimalField(max_digits=14, decimal_places=2)
_ZERO = Value(Decimal("0.00"), output_field=_TRY)


@dataclass(frozen=True)
class Figures:
    """What waits now; sums in TRY, `oldest` the approval of the order that waits longest.

    `line_sum` is the money that came. `resting_count`: orders that are paid and whose package could not begin.
    `difference_count`: open differences of the daily card comparison. `unknown_count`: card attempts whose result the
    bank has not told. `oldest_line` is the first booking day of the movements that wait, `suggested_count` those of
    them with a suggestion.
    """

    order_count: int
    order_sum: Decimal
    overdue_count: int
    oldest: datetime | None
    line_count: int
    line_sum: Decimal
    resting_count: int = 0
    difference_count: int = 0
    unknown_count: int = 0
    review_count: int = 0
    suggested_count: int = 0
    oldest_line: date | None = None


def figures(*, now: datetime) -> Figures:
    """Return today's figures; five queries."""
    orders = with_due(Order.objects.filter(state__in=AWAITING_PAYMENT)).aggregate(
        count=Count("pk"),
        total=Coalesce(Sum("due"), _ZERO),
        overdue=Count("pk", filter=Q(pay_by__lte=now)),
        oldest=Min("accepted_at"),
        reviewed=Count("pk", filter=Q(state=OrderState.IN_REVIEW)),
    )
    lines = StatementLine.objects.filter(state__in=AWAITING_A_PERSON).aggregate(
        count=Count("pk"),
        total=Coalesce(Sum("amount", filter=MONEY_IN), _ZERO),
        suggested=Count("pk", filter=Q(state=LineState.SUGGESTED)),
        oldest=Min("booked_on"),
    )
    return Figures(
        order_count=orders["count"],
        order_sum=orders["total"],
        overdue_count=orders["overdue"],
        oldest=orders["oldest"],
        line_count=lines["count"],
        line_sum=lines["total"],
        resting_count=Order.objects.filter(state=OrderState.PAID).count(),
        difference_count=open_difference_count(),
        unknown_count=unknown_attempt_count(),
        review_count=orders["reviewed"],
        suggested_count=lines["suggested"],
        oldest_line=lines["oldest"],
    )


def resting_orders() -> QuerySet[Any]:
    """Return the paid orders whose package could not begin, the first paid first, with `reason` in words."""
    events = AuditEvent.objects.filter(
        provider_id=OuterRef("provider_id"),
        object_type=Order._meta.label_lower,
        object_id=Cast(OuterRef("pk"), CharField()),
        action="activation_refused",
    )
    orders = Order.objects.filter(state=OrderState.PAID).select_related("provider")
    return orders.annotate(reason=Subquery(events.order_by("-pk").values("reason")[:1])).order_by("paid_at", "pk")


def pending_orders(*, now: datetime, query: str = "") -> QuerySet[Any]:
    """Return the orders that await money, longest-waiting first, with `due` (TRY) and `overdue`.

    `query` is an order code in any spelling, an İYS No, or words of the provider's title.
    """
    orders: QuerySet[Any] = with_due(Order.objects.filter(state__in=AWAITING_PAYMENT))
    orders = orders.annotate(overdue=Q(pay_by__lte=now))
    if query.strip():
        orders = names_order(orders, query)
    return orders.select_related("provider").order_by("accepted_at", "pk")


def with_due(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Return the orders with `due`: what is still to be paid, in TRY."""
    rows = Allocation.objects.filter(order=OuterRef("pk")).order_by().values("order")
    sums = rows.annotate(total=Sum("amount")).values("total")
    allocated = Coalesce(Subquery(sums, output_field=_TRY), _ZERO)
    annotated: QuerySet[Any] = orders.annotate(due=Greatest(F("gross") - allocated, _ZERO, output_field=_TRY))
    return annotated


def names_order(orders: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Keep the orders with this code in any spelling, of this İYS No, or whose provider's title holds all words."""
    condition = holds_words("folded_title", query)
    code = codes.parse(query)
    if code:
        condition |= Q(code=code)
    if query.strip().isdecimal():
        condition |= Q(provider__iys_code=int(query.strip()[:9]))
    named: QuerySet[Any] = orders.alias(folded_title=folded("provider__title")).filter(condition)
    return named


def waiting_lines(*, state: str = "", query: str = "") -> QuerySet[StatementLine]:
    """Return the movements that await an accountant, oldest first; of one state, or both."""
    states = [state] if state in AWAITING_A_PERSON else AWAITING_A_PERSON
    lines = StatementLine.objects.filter(state__in=states)
    return searched(lines, query).select_related("account").order_by("pk")


def lines_of(statement: Statement, *, state: str = "", query: str = "") -> QuerySet[StatementLine]:
    """Return the movements that a statement brought, in file order; of one state, or all."""
    lines = StatementLine.objects.filter(statement=statement)
    if state in LineState.values:
        lines = lines.filter(state=state)
    return searched(lines, query).order_by("position")


def line_with(pk: int) -> QuerySet[StatementLine]:
    """Return the movement with this number (at most one), with its account and statement."""
    return StatementLine.objects.filter(pk=pk).select_related("account", "statement")


def allocations_of(line: StatementLine) -> QuerySet[Allocation]:
    """Return the money of a movement that settled orders, oldest first."""
    return Allocation.objects.filter(line=line).select_related("order__provider", "actor").order_by("pk")


def statements() -> QuerySet[Statement]:
    """Return all statements, newest first, without their problems, of which there may be thousands."""
    return Statement.objects.select_related("account", "uploaded_by").defer("problems").order_by("-pk")


def statement_with(pk: int) -> QuerySet[Statement]:
    """Return the statement with this number (at most one)."""
    return statements().defer(None).filter(pk=pk)


def waiting_counts(statement_ids: Collection[int]) -> dict[int, int]:
    """Return how many movements await a person, by statement; one query."""
    lines = StatementLine.objects.filter(statement_id__in=statement_ids, state__in=AWAITING_A_PERSON)
    return dict(lines.order_by().values_list("statement_id").annotate(Count("pk")))


def reviewed_orders() -> QuerySet[Any]:
    """Return the orders in `in_review`, oldest first, with `due`, `allocated` (TRY) and the `reason` for the review.

    `captured` is what was taken of a card and may be kept, in TRY, or None.
    """
    captures = keepable_attempts().filter(order=OuterRef("pk")).order_by("-pk")
    events = AuditEvent.objects.filter(
        provider_id=OuterRef("provider_id"),
        object_type=Order._meta.label_lower,
        object_id=Cast(OuterRef("pk"), CharField()),
        action=f"state:{OrderState.IN_REVIEW.value}",
    )
    orders: QuerySet[Any] = with_due(Order.objects.filter(state=OrderState.IN_REVIEW)).annotate(
        reason=Subquery(events.order_by("-pk").values("reason")[:1]),
        allocated=Coalesce(Sum("allocations__amount"), _ZERO),
        captured=Subquery(captures.values_list(Coalesce("other_amount", "paid_amount"))[:1]),
    )
    return orders.select_related("provider").order_by("pk")


def bank_accounts() -> QuerySet[BankAccount]:
    """Return all our accounts; statements still come for those that customers no longer see."""
    return BankAccount.objects.all()
