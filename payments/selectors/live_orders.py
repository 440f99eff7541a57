"""The orders that bank movements are judged against: held in memory, read anew where it counts.

A statement's lines are judged as if they came one after the other: what an earlier line settled is settled for the
later ones (`paid`, `reviewed`), and the IBAN it came from is known from then on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from contracts.enums import TextKind
from contracts.selectors import text_in_force
from iys_portal.audit.bulk import any_of
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.crypto import decrypt
from iys_portal.shared.money import ZERO
from packages.models import Tariff
from payments.enums import OrderState
from payments.matching import AWAITING_MONEY, OrderBook, OrderView
from payments.models import Allocation, Order
from payments.rules import late_until

_COLUMNS: tuple[str | Case, ...] = (
    *("pk", "code", "state", "gross", "provider_id", "provider__title"),
    *("provider__tax_number", "provider__tax_tckn_encrypted"),
    *(Case(When(state=OrderState.EXPIRED, then=name)) for name in ("pay_by", "accepted_at")),  # slow to read
    *("tariff_id", "approval__text_id", "approval__information_id"),
)

_ALLOCATED = Subquery(
    Allocation.objects.filter(order=OuterRef("pk")).order_by().values("order").values(total=Sum("amount"))
)


class Held(NamedTuple):
    """An order as it was read, and what the lines before have made of it (`view`)."""

    pk: int
    provider_id: int
    state: str
    due: Decimal
    view: OrderView


class LiveOrders:
    """All orders that await money, and those that codes of lines belong to, whatever their state."""

    def __init__(self, *, now: datetime) -> None:
        self.book = OrderBook(())
        self._day = istanbul_day(now)
        self._held: dict[str, Held] = {}
        self._open_of: dict[int, set[str]] = defaultdict(set)
        self._ibans: dict[int, frozenset[str]] = {}
        self._as_sold_today: dict[tuple[Any, ...], bool] = {}
        self._read(Order.objects.filter(state__in=AWAITING_MONEY))

    def held(self, code: str) -> Held:
        """Return the order with this code, which was read before."""
        return self._held[code]

    def refresh(self, codes: Collection[str]) -> None:
        """Read the orders with these codes as they are now; what was made of them is forgotten. One query."""
        if codes:
            self._read(Order.objects.filter(code__in=any_of(codes)))

    def learn(self, ibans: Collection[str]) -> None:
        """Let the orders know which of these IBANs have paid for their providers before; one query."""
        if not ibans:
            return
        undone = Exists(Allocation.objects.filter(reverses=OuterRef("pk")))
        live = Allocation.objects.filter(~undone, line__payer_iban__in=ibans, reverses=None)
        for provider_id, iban in live.values_list("order__provider_id", "line__payer_iban").distinct():
            self._know(provider_id, iban)

    def paid(self, code: str, *, iban: str) -> None:
        """Hold the order as settled, by money from `iban`."""
        held = self._held[code]
        self._put(held._replace(view=held.view._replace(state=OrderState.PAID.value, amount_due=ZERO)))
        if iban:
            self._know(held.provider_id, iban)

    def reviewed(self, code: str) -> None:
        """Hold the order as one that an accountant looks into."""
        held = self._held[code]
        self._put(held._replace(view=held.view._replace(state=OrderState.IN_REVIEW.value)))

    def _know(self, provider_id: int, iban: str) -> None:
        known = self._ibans.get(provider_id, frozenset())
        if iban in known:
            return
        self._ibans[provider_id] = known | {iban}
        for code in sorted(self._open_of[provider_id]):
            held = self._held[code]
            self._put(held._replace(view=held.view._replace(known_ibans=self._ibans[provider_id])))

    def _read(self, orders: QuerySet[Order]) -> None:
        """States and sums come from one query, thus from one moment: between two an order may be paid."""
        for *row, allocated in orders.order_by().values_list(*_COLUMNS, Coalesce(_ALLOCATED, ZERO)):
            self._put(self._hold(tuple(row), allocated))

    def _hold(self, row: tuple[Any, ...], allocated: Decimal) -> Held:
        pk, code, state, gross, provider_id, title, tax_number, tckn, pay_by, accepted_at, *sold = row
        if tckn:
            tax_number = decrypt(tckn).decode()
        late: date | None = None
        if state == OrderState.EXPIRED and self._is_as_sold_today(*sold):
            late = late_until(pay_by=pay_by, accepted_at=accepted_at)
        due = gross - allocated
        ibans = self._ibans.get(provider_id, frozenset())
        return Held(pk, provider_id, state, due, OrderView(code, due, state, title, tax_number, ibans, late))

    def _put(self, held: Held) -> None:
        code = held.view.code
        if self._held.get(code) == held:
            return
        self._held[code] = held
        (self._open_of[held.provider_id].discard if held.view.closed else self._open_of[held.provider_id].add)(code)
        self.book.put(held.view)

    def _is_as_sold_today(self, *sold: Any) -> bool:
        """Whether tariff row and contract texts of an approved order are those of today."""
        if sold not in self._as_sold_today:
            tariff_id, text_id, information_id = sold
            self._as_sold_today[sold] = (
                text_id is not None
                and Tariff.objects.get(pk=tariff_id).covers(self._day)
                and text_id == text_in_force(TextKind.SERVICES, day=self._day).pk
                and information_id == text_in_force(TextKind.INFORMATION, day=self._day).pk
            )
        return self._as_sold_today[sold]


def paying_movements(codes: Collection[str]) -> set[tuple[str, date, Decimal]]:
    """Return code, value date and amount (TRY, of the whole movement) of what pays these orders now; one query."""
    live = Allocation.objects.filter(order__code__in=codes, line__isnull=False, reverses=None, reversed_by=None)
    return set(live.values_list("order__code", "line__value_on", "line__amount"))


def sums_of(allocations: QuerySet[Allocation]) -> Iterable[tuple[int, Decimal]]:
    """Return what was allocated to each order of these allocations, by its number."""
    return allocations.order_by().values_list("order_id").annotate(total=Sum("amount"))
