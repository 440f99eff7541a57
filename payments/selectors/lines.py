"""Read bank movements for the accountants' queue: filtered, in order, a page at a time whatever their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Person
from accounts.searching import holds_words
from iys_portal.shared import codes
from iys_portal.shared.turkish import fold
from payments.enums import DecisionState, LineState
from payments.models import Allocation, LineComment, LineDecision, Order, StatementLine

AWAITING_A_PERSON = (LineState.SUGGESTED, LineState.UNMATCHED)
"""States of lines that an accountant has to look at."""

MONEY_IN = Q(amount__gt=0, currency="TRY")
"""Lines whose amounts may be summed up: what left, and other currencies, are no part of it."""

DECIDED = (LineState.MATCHED, LineState.REFUND, LineState.IGNORED)
"""States that a person can undo."""

COUNTED = 10_000
"""Longer lists are counted no further."""

COUNTED_FOUND = 1_000
"""Nor are longer results of a search: each of their rows is folded and compared."""

_SHORTEST = 3
"""Letters of the shortest word that an index finds anywhere in a text."""

SORTS: Mapping[str, tuple[str, ...]] = {
    "eski": ("pk",),
    "yeni": ("-pk",),
    "tarih": ("booked_on", "pk"),
    "tutar": ("amount", "pk"),
    "buyuk": ("-amount", "-pk"),
}
"""Orders of the queue by the word in the address; the last field makes each one total."""

DEFAULT_SORT = "eski"


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed to; amounts in TRY, days of booking, `state` one state, "hepsi" or "" (waiting)."""

    state: str = ""
    rule: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    first: date | None = None
    last: date | None = None
    account: int | None = None
    second: bool = False
    mine: bool = False
    query: str = ""
    sort: str = DEFAULT_SORT

    @property
    def is_narrow(self) -> bool:
        """Return whether anything but the order was chosen."""
        return self != Filters(sort=self.sort)


def waiting_lines_of(order: Order) -> QuerySet[StatementLine]:
    """Return the movements that wait for a person and may be meant for the order, oldest first."""
    lines = StatementLine.objects.filter(state__in=AWAITING_A_PERSON, candidates__contains=[{"code": order.code}])
    return lines.select_related("account").order_by("pk")


def lines(filters: Filters, *, person: Person) -> QuerySet[Any]:
    """Return the movements that pass the filters, in their order, with account; `awaits_second` is annotated.

    A search is made at once, without an order, while there are no more than COUNTED_FOUND results: the database
    would otherwise walk through all lines in their order whenever it expects more results than there are.
    """
    found = StatementLine.objects.filter(_conditions(filters)).select_related("account")
    decisions = LineDecision.objects.filter(line=OuterRef("pk"))
    awaiting = Exists(decisions.filter(state=DecisionState.AWAITING))
    if filters.second:
        found = found.filter(awaiting)
    if filters.mine:
        by_me = decisions.filter(Q(requested_by=person) | Q(decided_by=person))
        found = found.filter(Exists(by_me) | Exists(LineComment.objects.filter(line=OuterRef("pk"), person=person)))
    if filters.query.strip():
        numbers = _numbers(found, filters)
        if len(numbers) > COUNTED_FOUND:
            found = searched(found, filters.query, waiting=filters.state not in {*DECIDED, LineState.NEW})
        else:
            found = StatementLine.objects.filter(pk__in=numbers).select_related("account")
    return found.annotate(awaits_second=awaiting).order_by(*SORTS[filters.sort])


def _conditions(filters: Filters) -> Q:
    condition = Q()
    if filters.state in LineState.values:
        condition &= Q(state=filters.state)
    elif filters.state != "hepsi":
        condition &= Q(state__in=AWAITING_A_PERSON)
    if filters.rule:
        condition &= Q(rule=filters.rule)
    if filters.least is not None:
        condition &= Q(amount__gte=filters.least)
    if filters.most is not None:
        condition &= Q(amount__lte=filters.most)
    if filters.first is not None:
        condition &= Q(booked_on__gte=filters.first)
    if filters.last is not None:
        condition &= Q(booked_on__lte=filters.last)
    if filters.account is not None:
        condition &= Q(account=filters.account)
    return condition


def searched(found: QuerySet[StatementLine], query: str, *, waiting: bool = True) -> QuerySet[StatementLine]:
    """Keep the lines whose text and payer hold all words, and those that belong to the order of a code.

    `waiting`: whether `found` may hold lines that wait for a person; of the others, a code finds those that paid its
    order. Every alternative has an index among the waiting lines and one among the decided ones, and none over both:
    whoever looks among all lines asks for each, or the database reads all. The few lines that paid the order are read
    first, for the same reason. Words of one or two letters, if there are no others, are looked for at the beginning of
    a word.
    """
    if not query.strip():
        return found
    condition = _words_condition(query)
    code = codes.parse(query)
    if code:
        paid = Allocation.objects.filter(order__code=code, line__isnull=False).values_list("line_id", flat=True)
        condition |= Q(pk__in=set(paid))
        if waiting:
            condition |= Q(candidates__contains=[{"code": code}])
    return found.filter(condition)


def _numbers(found: QuerySet[StatementLine], filters: Filters) -> list[int]:
    """Return the numbers of the first COUNTED_FOUND + 1 results of a search, in no order."""
    numbers: list[int] = []
    for states, waiting in ((AWAITING_A_PERSON, True), (DECIDED, False), ((LineState.NEW,), False)):
        if filters.state == "hepsi" or filters.state in states or (waiting and not filters.state):
            part = searched(found.filter(state__in=states), filters.query, waiting=waiting)
            numbers += part.order_by().values_list("pk", flat=True)[: COUNTED_FOUND + 1]
    return numbers[: COUNTED_FOUND + 1]


def _words_condition(query: str) -> Q:
    words = fold(query).split()
    if any(len(word) >= _SHORTEST for word in words):
        return holds_words("words", query)
    condition = Q()
    for word in words:
        condition &= Q(words__startswith=word) | Q(words__contains=f" {word}")
    return condition


@dataclass(frozen=True)
class Slice:
    """A page of lines; `before` and `after` are where the neighbouring pages begin, None at an end."""

    rows: list[StatementLine]
    before: int | None
    after: int | None


def page_of(found: QuerySet[StatementLine], *, sort: str, size: int, after: int | None, before: int | None) -> Slice:
    """Return the page that follows line number `after`, or ends before `before`, or the first one.

    Costs the same anywhere in the list: the database goes on from a row instead of counting to it. A number that
    is no line gives the first page.
    """
    backwards = before is not None
    number = before if backwards else after
    anchor = None if number is None else StatementLine.objects.filter(pk=number).first()
    rows = found
    if anchor is not None:
        rows = rows.filter(beyond(anchor, sort, backwards=backwards))
    if backwards and anchor is not None:
        rows = rows.reverse()
    taken = list(rows[: size + 1])
    more, taken = len(taken) > size, taken[:size]
    if backwards and anchor is not None:
        taken.reverse()
        return Slice(taken, before=taken[0].pk if more else None, after=taken[-1].pk if taken else None)
    has_before = anchor is not None and bool(taken)
    return Slice(taken, before=taken[0].pk if has_before else None, after=taken[-1].pk if more else None)


def beyond(anchor: StatementLine, sort: str, *, backwards: bool = False) -> Q:
    """Return the condition of the lines that come after `anchor` in an order, or before it."""
    *leading, last = SORTS[sort]

    def way(field: str) -> str:
        return "lt" if field.startswith("-") != backwards else "gt"

    condition = Q(**{f"pk__{way(last)}": anchor.pk})
    for field in leading:
        name, value = field.lstrip("-"), getattr(anchor, field.lstrip("-"))
        # Both halves say where the row stands, so that an index of the two fields can begin there.
        condition = Q(**{f"{name}__{way(field)}e": value}) & (Q(**{f"{name}__{way(field)}": value}) | condition)
    return condition


def counted(found: QuerySet[Any], filters: Filters) -> tuple[int, bool]:
    """Return how many rows there are, up to COUNTED (COUNTED_FOUND of a search), and whether there are more."""
    most = COUNTED_FOUND if filters.query.strip() else COUNTED
    number = found.order_by()[: most + 1].count()
    return min(number, most), number > most


def neighbour(line: StatementLine, filters: Filters, *, person: Person, backwards: bool = False) -> int | None:
    """Return the number of the next line of the queue after this one, or the one before it; None at the end."""
    found = lines(filters, person=person).exclude(pk=line.pk)
    rows = found.filter(beyond(line, filters.sort, backwards=backwards))
    return (rows.reverse() if backwards else rows).values_list("pk", flat=True).first()


def next_waiting(line: StatementLine, filters: Filters, *, person: Person) -> int | None:
    """Return the next line of the queue that a person should look at, from the beginning again at its end.

    A line that waits for a second person is passed over: the one who works here has done their part.
    """
    found = lines(filters, person=person).exclude(pk=line.pk).filter(state__in=AWAITING_A_PERSON)
    if not filters.second:
        found = found.filter(awaits_second=False)
    numbers = found.values_list("pk", flat=True)
    return numbers.filter(beyond(line, filters.sort)).first() or numbers.first()


def seen_of(line: StatementLine) -> str:
    """Return what tells one standing of a line from another: its state and its newest decision's."""
    newest = line.decisions.order_by("-pk").values_list("pk", "state").first() or (0, "")
    return f"{line.state}:{newest[0]}:{newest[1]}"


def decisions_of(line: StatementLine) -> QuerySet[LineDecision]:
    """Return what people decided about a line, newest first."""
    return line.decisions.select_related("requested_by", "decided_by").order_by("-pk")


def comments_of(line: StatementLine) -> QuerySet[LineComment]:
    """Return the notes on a line, oldest first."""
    return line.comments.select_related("person").order_by("pk")
