"""Read the daily comparison of card money: its days, what disagrees, and the attempts that accountants look at."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Min, Q, QuerySet, Value, When

from accounts.searching import folded, holds_words
from iys_portal.shared import codes
from iys_portal.shared.clock import istanbul_day
from payments.enums import LIVE_ATTEMPTS, AttemptState, DifferenceKind
from payments.gateways.registry import gateway, gateway_names
from payments.models import CardAttempt, CardDay, CardDifference

OPEN, CLOSED = "acik", "kapali"
DIFFERENCE_STATES = [(OPEN, "Açık"), (CLOSED, "Kapatıldı")]


@dataclass(frozen=True)
class Day:
    """One day of one gateway that should have been compared; `row` is None when it never was."""

    gateway: str
    day: date
    row: CardDay | None
    open_count: int

    @property
    def standing(self) -> tuple[str, str]:
        """Return how the day stands: a state of badges, and words."""
        if self.row is None:
            return "unmatched", "Karşılaştırılmadı"
        if self.row.compared_at is None:
            return "unmatched", "Yanıt alınamadı"
        if self.row.problem:
            return "suggested", "Yeniden sorulacak"
        if self.open_count:
            return "suggested", f"{self.open_count} açık fark"
        return "matched", "Uyuşuyor"

    @property
    def sums_differ(self) -> bool:
        """Whether both sides' figures differ although nothing is open: money around midnight."""
        row = self.row
        if row is None or row.compared_at is None or self.open_count:
            return False
        return (row.ours_sum, row.ours_back_sum) != (row.theirs_sum, row.theirs_back_sum)


def expected_days(*, now: datetime) -> list[tuple[date, str]]:
    """Return every day that should have been compared, newest first: since the first attempt at each gateway."""
    names = {name for name in gateway_names() if gateway(name).capabilities().report}
    firsts = CardAttempt.objects.order_by().values_list("gateway").annotate(Min("created_at"))
    yesterday = istanbul_day(now) - timedelta(days=1)
    days = [
        (yesterday - timedelta(days=back), name)
        for name, first in firsts.filter(gateway__in=names)
        for back in range((yesterday - istanbul_day(first)).days + 1)
    ]
    return sorted(days, key=lambda pair: (-pair[0].toordinal(), pair[1]))


def days_with_figures(expected: list[tuple[date, str]]) -> list[Day]:
    """Return these days with what is kept of them; two queries."""
    days = [day for day, _ in expected]
    rows = {(row.day, row.gateway): row for row in CardDay.objects.filter(day__in=days)}
    found = CardDifference.objects.filter(day__in=days, closed_at=None).order_by()
    counts = {
        (day, name): count for day, name, count in found.values_list("day", "gateway").annotate(count=Count("pk"))
    }
    return [Day(name, day, rows.get((day, name)), counts.get((day, name), 0)) for day, name in expected]


def gateways_without_report() -> list[str]:
    """Return the gateways with which money is taken and whose days cannot be compared here."""
    names = sorted(name for name in gateway_names() if not gateway(name).capabilities().report)
    used = set(CardAttempt.objects.filter(gateway__in=names).order_by().values_list("gateway", flat=True).distinct())
    return [name for name in names if name in used]


def differences(*, state: str = OPEN, kind: str = "", query: str = "") -> QuerySet[CardDifference]:
    """Return the differences, newest day first; open, closed or (any other `state`) all of them.

    `query` is an order code in any spelling, a number of the payment or of our own, or words of a provider's title.
    """
    rows = CardDifference.objects.select_related("attempt__order__provider", "closed_by")
    if state in {OPEN, CLOSED}:
        rows = rows.filter(closed_at__isnull=state == OPEN)
    if kind in DifferenceKind.values:
        rows = rows.filter(kind=kind)
    if query.strip():
        rows = rows.alias(folded_title=folded("attempt__order__provider__title")).filter(
            _named(query, "attempt__order__code")
        )
    return rows.order_by("-day", "-pk")


def _named(query: str, code_field: str) -> Q:
    text = query.strip()
    condition = holds_words("folded_title", text) | Q(payment_id=text) | Q(conversation_id=text.lower())
    code = codes.parse(text)
    return condition | Q(**{code_field: code}) if code else condition


def difference_with(pk: int) -> CardDifference | None:
    """Return a difference with its attempt, order and provider, or None."""
    return CardDifference.objects.select_related("attempt__order__provider", "closed_by").filter(pk=pk).first()


def open_difference_count() -> int:
    """Return how many differences wait for an accountant."""
    return CardDifference.objects.filter(closed_at=None).count()


def unknown_attempt_count() -> int:
    """Return how many attempts' results the bank has not told yet."""
    return CardAttempt.objects.filter(state=AttemptState.UNKNOWN).count()


def attempts(*, state: str = "", query: str = "") -> QuerySet[Any]:
    """Return all card attempts: those without a result first, then the other live ones, then the newest.

    `query` as in `differences`.
    """
    rows: QuerySet[Any] = CardAttempt.objects.select_related("order__provider")
    if state in AttemptState.values:
        rows = rows.filter(state=state)
    if query.strip():
        rows = rows.alias(folded_title=folded("order__provider__title")).filter(_named(query, "order__code"))
    urgency = Case(
        When(state=AttemptState.UNKNOWN, then=Value(0)), When(state__in=LIVE_ATTEMPTS, then=Value(1)), default=Value(2)
    )
    return rows.order_by(urgency, "-pk")
