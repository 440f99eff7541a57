"""Orders held in memory and indexed, so that the cost of a line does not grow with the number of orders."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from heapq import nsmallest
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar

from payments.matching.normalise import BOILERPLATE, title_words
from payments.matching.views import OrderView
from payments.matching.vocabulary import Vocabulary

LIKELIEST = 10
"""So many orders are weighed because of their title."""

_SHARE_OF_MOST = 3
"""An order that shares less than a third of the words the likeliest shares is not weighed."""

_WEIGHED = 240
"""So many orders are looked at because they share the rarest words; a title is told apart by those."""

T = TypeVar("T")


class OrderBook:
    """An `OrderLookup` over a snapshot: all open orders, and those that prefetched codes belong to.

    `put` keeps it true while lines settle orders. The index of titles is built when a title is first asked for.
    """

    def __init__(self, orders: Iterable[OrderView]) -> None:
        self._by_code: dict[str, OrderView] = {}
        self._by_tax_number: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_iban: dict[str, dict[str, None]] = defaultdict(dict)
        self._awaited: Counter[Decimal] = Counter()
        self._titles: _Titles | None = None
        for order in orders:
            if order.code not in self._by_code:
                self._add(order)

    def put(self, order: OrderView) -> None:
        """Hold `order` instead of what was held under its code."""
        held = self._by_code.get(order.code)
        if held is not None and not held.closed:
            self._awaited[held.amount_due] -= 1
            del self._by_tax_number[held.tax_number][held.code]
            for iban in held.known_ibans:
                del self._by_iban[iban][held.code]
            if self._titles is not None:
                self._titles.remove(held)
        self._add(order)

    def _add(self, order: OrderView) -> None:
        self._by_code[order.code] = order
        if order.closed:
            return
        self._awaited[order.amount_due] += 1
        self._by_tax_number[order.tax_number][order.code] = None
        for iban in order.known_ibans:
            self._by_iban[iban][order.code] = None
        if self._titles is not None:
            self._titles.add(order)

    def orders_by_codes(self, codes: Collection[str]) -> list[OrderView]:
        """Return the orders that have one of these codes, in the order of their codes."""
        return [self._by_code[code] for code in sorted(code for code in codes if code in self._by_code)]

    def open_orders_of_payer(self, *, tax_numbers: Collection[str], ibans: Collection[str]) -> list[OrderView]:
        """Return the orders awaiting money whose provider has one of the numbers or has paid from one of the IBANs."""
        found = {code for number in tax_numbers for code in self._by_tax_number.get(number, ())}
        found.update(code for iban in ibans for code in self._by_iban.get(iban, ()))
        return self.orders_by_codes(found)

    def open_orders_titled(self, amount: Decimal, words: Sequence[str]) -> list[OrderView]:
        """Return orders awaiting exactly `amount` whose titles share most with the words, in whatever order."""
        if not self._awaited[amount]:
            return []
        if self._titles is None:
            self._titles = _Titles(order for order in self._by_code.values() if not order.closed)
        return self.orders_by_codes(self._titles.like(amount, words))


class _Titles:
    """Codes by the words of titles, and by two words that stand together or around a third.

    Pairs tell companies apart where every single word is shared by hundreds, and find glued words too.
    """

    def __init__(self, orders: Iterable[OrderView]) -> None:
        self._codes: dict[Decimal, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
        self._keys_of: dict[str, int] = {}
        self._vocabulary = Vocabulary()
        for order in orders:
            self.add(order)

    def add(self, order: OrderView) -> None:
        own = title_words(order.title)
        keys = _keys(own)
        self._keys_of[order.code] = len(keys)
        codes = self._codes[order.amount_due]
        for key in keys:
            codes[key][order.code] = None
        for word in own:
            self._vocabulary.add(word)

    def remove(self, order: OrderView) -> None:
        codes = self._codes[order.amount_due]
        for key in _keys(title_words(order.title)):
            codes[key].pop(order.code, None)

    def like(self, amount: Decimal, typed: Sequence[str]) -> list[str]:
        """Follow the rarest keys until enough orders are seen, and count what the others say of those.

        All three of three words come before two of two, and those before three of eight.
        """
        codes_of = self._codes[amount]
        sharing = [(len(codes), key, codes) for key in self._typed_keys(typed) if (codes := codes_of.get(key))]
        sharing.sort(key=itemgetter(0, 1))
        seen: Counter[str] = Counter()
        for _, _, codes in sharing:
            if len(seen) + len(codes) > _WEIGHED and seen:
                seen.update([code for code in seen if code in codes])
            else:
                seen.update(list(codes) if len(codes) <= _WEIGHED else nsmallest(_WEIGHED, codes))
        most = max(seen.values(), default=0)
        likely = [
            (-count * count / self._keys_of[code], code)
            for code, count in seen.items()
            if _SHARE_OF_MOST * count >= most
        ]
        return [code for _, code in nsmallest(LIKELIEST, likely)]

    def _typed_keys(self, typed: Sequence[str]) -> set[str]:
        options = [self._vocabulary.meant(word) for word in typed if word not in BOILERPLATE]
        keys = {word for meant in options for word in meant}
        for left, right in _neighbours(options):
            keys.update(first + second for first in left for second in right)
        return keys


def _keys(own: Sequence[str]) -> set[str]:
    return {*own, *(left + right for left, right in _neighbours(own))}


def _neighbours(items: Sequence[T]) -> list[tuple[T, T]]:
    return [*pairwise(items), *zip(items, items[2:], strict=False)]
