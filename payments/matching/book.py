"""Orders held in memory and indexed, so that the cost of a line does not grow with the number of orders."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from heapq import nsmallest

from payments.matching.normalise import title_words
from payments.matching.views import OrderView

COMMON = 2_000
"""A title word that more orders share says nothing about who paid."""

LIKELIEST = 20
"""So many orders are weighed because of their title."""


class OrderBook:
    """An `OrderLookup` over a snapshot: all open orders, and those that prefetched codes belong to."""

    def __init__(self, orders: Iterable[OrderView]) -> None:
        self._by_code: dict[str, OrderView] = {}
        self._by_tax_number: dict[tuple[Decimal, str], list[str]] = defaultdict(list)
        self._by_word: dict[tuple[Decimal, str], list[str]] = defaultdict(list)
        for order in orders:
            if order.code not in self._by_code:
                self._add(order)

    def _add(self, order: OrderView) -> None:
        self._by_code[order.code] = order
        if not order.closed:
            self._by_tax_number[order.amount_due, order.tax_number].append(order.code)
            for word in set(title_words(order.title)):
                self._by_word[order.amount_due, word].append(order.code)

    def orders_by_codes(self, codes: Collection[str]) -> list[OrderView]:
        """Return the orders that have one of these codes."""
        return [self._by_code[code] for code in sorted(codes) if code in self._by_code]

    def open_orders_by_amount(
        self, amount: Decimal, *, tax_numbers: Collection[str], words: Collection[str]
    ) -> list[OrderView]:
        """Return the orders awaiting exactly `amount` with one of the numbers, or a title like the words."""
        codes = {code for number in tax_numbers for code in self._by_tax_number.get((amount, number), ())}
        return self.orders_by_codes(codes.union(self._with_title_like(amount, words)))

    def _with_title_like(self, amount: Decimal, words: Collection[str]) -> list[str]:
        """The orders with the most and the fullest agreement: 3 words of 3 before 2 of 2 before 3 of 8."""
        shared: Counter[str] = Counter()
        for word in set(words):
            sharing = self._by_word.get((amount, word), ())
            if len(sharing) <= COMMON:
                shared.update(sharing)

        def rank(code: str) -> tuple[float, str]:
            return -(shared[code] ** 2) / len(title_words(self._by_code[code].title)), code

        most = max(shared.values(), default=0)
        return nsmallest(LIKELIEST, (code for code, count in shared.items() if 2 * count > most), key=rank)
