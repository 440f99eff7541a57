"""Orders held in memory and indexed, so that the cost of a line does not grow with the number of orders."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal

from payments.matching.normalise import title_words
from payments.matching.views import OrderView

COMMON = 500
"""A title word that more orders share says nothing about who paid."""


class OrderBook:
    """An `OrderLookup` over a snapshot: all open orders, and those that prefetched codes belong to."""

    def __init__(self, orders: Iterable[OrderView]) -> None:
        self._by_code: dict[str, OrderView] = {}
        self._by_tax_number: dict[tuple[Decimal, str], list[OrderView]] = defaultdict(list)
        self._by_word: dict[tuple[Decimal, str], list[OrderView]] = defaultdict(list)
        for order in orders:
            if order.code not in self._by_code:
                self._add(order)

    def _add(self, order: OrderView) -> None:
        self._by_code[order.code] = order
        if not order.closed:
            self._by_tax_number[order.amount_due, order.tax_number].append(order)
            for word in set(title_words(order.title)):
                self._by_word[order.amount_due, word].append(order)

    def orders_by_codes(self, codes: Collection[str]) -> list[OrderView]:
        """Return the orders that have one of these codes."""
        return [self._by_code[code] for code in sorted(codes) if code in self._by_code]

    def open_orders_by_amount(
        self, amount: Decimal, *, tax_numbers: Collection[str], words: Collection[str]
    ) -> list[OrderView]:
        """Return the orders awaiting exactly `amount` with one of the tax numbers or rarer title words."""
        found = {
            order.code: order
            for number in tax_numbers
            for order in self._by_tax_number.get((amount, number), ())
        }
        for word in words:
            sharing = self._by_word.get((amount, word), ())
            if len(sharing) <= COMMON:
                found |= {order.code: order for order in sharing}
        return [found[code] for code in sorted(found)]
