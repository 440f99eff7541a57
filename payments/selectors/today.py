"""What an accountant should do first, how much settles by itself, and how long movements have been waiting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Aggregate, Count, Q, Sum
from django.db.models.functions import TruncDate

from accounts.models import Person
from iys_portal.shared.clock import ISTANBUL, end_of_istanbul_day, istanbul_day
from iys_portal.shared.money import ZERO
from payments.enums import BankRefundState, DecisionState, LineState, RefundState
from payments.models import BankRefund, LineDecision, Refund, StatementLine
from payments.selectors.accounting import Figures
from payments.selectors.lines import AWAITING_A_PERSON, MONEY_IN

_BY_HAND = ("person", "undo")
_BY_ITSELF = Q(state=LineState.MATCHED) & ~Q(rule__in=_BY_HAND)


@dataclass(frozen=True)
class Share:
    """How many payments of some days settled their orders by themselves; `percent` is None without payments."""

    matched: int
    payments: int

    @property
    def percent(self) -> Decimal | None:
        """The share in percent, with one place."""
        if not self.payments:
            return None
        return (Decimal(100) * self.matched / self.payments).quantize(Decimal("0.1"))


def matched_by_itself(*, now: datetime, days: int) -> Share:
    """Return the share among the payments of the statements of the last `days` Istanbul days, today included."""
    since = end_of_istanbul_day(istanbul_day(now) - timedelta(days=days))
    payments = StatementLine.objects.filter(statement__received_at__gte=since, amount__gt=0)
    payments = payments.exclude(state__in=[LineState.IGNORED, LineState.NEW])
    counts = payments.aggregate(payments=Count("pk"), matched=Count("pk", filter=_BY_ITSELF))
    return Share(counts["matched"], counts["payments"])


def matched_by_day(first: date, last: date) -> list[tuple[date, Share]]:
    """Return the same of each Istanbul day on which a statement with payments came, oldest first; one query."""
    since, until = end_of_istanbul_day(first - timedelta(days=1)), end_of_istanbul_day(last)
    payments = StatementLine.objects.filter(
        statement__received_at__gte=since, statement__received_at__lt=until, amount__gt=0
    ).exclude(state__in=[LineState.IGNORED, LineState.NEW])
    days = payments.order_by().values(day=TruncDate("statement__received_at", tzinfo=ISTANBUL)).annotate(
        payments=Count("pk"), matched=Count("pk", filter=_BY_ITSELF)
    )  # fmt: skip
    return [(row["day"], Share(row["matched"], row["payments"])) for row in days.order_by("day")]


@dataclass(frozen=True)
class Task:
    """Something to do: how often, in words, and where (a route's name with an address after it)."""

    count: int
    words: str
    route: str
    query: str = ""


def tasks(figures: Figures, *, person: Person) -> list[Task]:
    """Return what is to be done, the most urgent first; three queries."""
    second = LineDecision.objects.filter(state=DecisionState.AWAITING).exclude(requested_by=person).count()
    cards = _card_refunds(person)
    owed = BankRefund.objects.filter(state=BankRefundState.OWED).count()
    unaided = figures.line_count - figures.suggested_count
    found = [
        Task(second, "İkinci onayınızı bekleyen karar", "accounting:queue", "?durum=hepsi&ikinci=on"),
        Task(figures.unknown_count, "Sonucu bilinmeyen kart ödemesi", "accounting:card_attempts", "?durum=unknown"),
        Task(cards["failed"], "Bankanın yapmadığı kart iadesi", "accounting:card_refunds", "?durum=failed"),
        Task(cards["requested"], "Onayınızı bekleyen kart iadesi", "accounting:card_refunds", "?durum=requested"),
        Task(cards["by_hand"], "Elle ödendiğini onaylayacağınız iade", "accounting:card_refunds", "?durum=by_hand"),
        Task(figures.difference_count, "Açık kart mutabakatı farkı", "accounting:card_days"),
        Task(figures.review_count, "İncelemedeki sipariş", "accounting:reviews"),
        Task(figures.suggested_count, "Önerisi hazır hareket", "accounting:queue", "?durum=suggested"),
        Task(unaided, "Önerisi olmayan hareket", "accounting:queue", "?durum=unmatched"),
        Task(owed, "Bankaya gönderilecek iade", "accounting:bank_refunds", "?durum=owed"),
        Task(figures.overdue_count, "Son günü geçen sipariş", "accounting:dashboard", "#bekleyen"),
        Task(figures.resting_count, "Ödenmiş, paketi başlamayan sipariş", "accounting:dashboard", "#tanimlanamayan"),
    ]
    return [task for task in found if task.count > 0]


def _card_refunds(person: Person) -> dict[str, int]:
    """Return how many card refunds the person can move on, by state: what is theirs another one confirms."""
    is_own = Q(state=RefundState.REQUESTED, needs_second=True, requested_by=person)
    is_own |= Q(state=RefundState.BY_HAND, paid_by=person)
    states = (RefundState.REQUESTED, RefundState.FAILED, RefundState.BY_HAND)
    return Refund.objects.exclude(is_own).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in states}
    )


@dataclass(frozen=True)
class Age:
    """The movements that have waited from `first` to `last` days (None: and longer); `total` of what came, in TRY."""

    words: str
    first: int
    last: int | None
    count: int
    total: Decimal

    @property
    def is_old(self) -> bool:
        """Return whether somebody should have looked at them by now."""
        return self.first > _OLD


_OLD = 3
_AGES: Sequence[tuple[str, int, int | None]] = (
    ("Bugün", 0, 0),
    ("1–3 gün", 1, 3),
    ("4–7 gün", 4, 7),
    ("8–30 gün", 8, 30),
    ("30 günden eski", 31, None),
)


def ages(*, now: datetime) -> list[Age]:
    """Return how long the waiting movements have waited, by booking day; one query."""
    today = istanbul_day(now)
    waiting = StatementLine.objects.filter(state__in=AWAITING_A_PERSON)
    wanted: dict[str, Aggregate] = {}
    for _, first, last in _AGES:
        within = _within(today, first, last)
        wanted[f"count{first}"] = Count("pk", filter=within)
        wanted[f"total{first}"] = Sum("amount", filter=within & MONEY_IN)
    found = waiting.aggregate(**wanted)
    return [
        Age(words, first, last, found[f"count{first}"], found[f"total{first}"] or ZERO) for words, first, last in _AGES
    ]


def _within(today: date, first: int, last: int | None) -> Q:
    """A day that has not come yet counts as today."""
    newest = Q() if first == 0 else Q(booked_on__lte=today - timedelta(days=first))
    return newest if last is None else newest & Q(booked_on__gte=today - timedelta(days=last))
