"""Providers and their orders for noisy bank lines (noises.py): the same for the same seed.

The orders cost one of two prices, so that an amount tells hardly anything; titles share their words and have
near-duplicates.
"""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from iys_portal.bench.reconcile.names import sibling, title
from iys_portal.shared import codes
from payments.matching import OrderView
from payments.matching.normalise import title_words

PRICES = (Decimal("5097.60"), Decimal("5805.60"))
DAY = date(2026, 11, 23)

_SIBLINGS = 0.05
_SECOND_ORDERS = 0.02
_KNOWN_ACCOUNTS = 0.3
_CLOSED = ("paid", "completed", "expired", "cancelled", "refunded")
_CLOSED_SHARE = 0.02
"""Of the live orders, for each closed state."""


class Corpus:
    """Providers with their orders, and what lines are made of."""

    def __init__(self, seed: int, live: int) -> None:
        self.chosen = random.Random(seed)
        self.live: list[OrderView] = []
        self._titles: list[str] = []
        while len(self.live) < live:
            self.live.append(self._order())
        count = max(4, int(live * _CLOSED_SHARE))
        self.closed = {state: [self._order(state) for _ in range(count)] for state in _CLOSED}
        self.late = [
            order._replace(late_until=DAY + timedelta(days=self.chosen.randrange(7)))
            for order in (self._order("expired") for _ in range(count))
        ]
        self._twins = Counter(title_words(order.title) for order in self.live)
        self.in_step: dict[Decimal, list[OrderView]] = {
            price: [order for order in self.live if order.amount_due == price] for price in PRICES
        }

    @property
    def orders(self) -> list[OrderView]:
        """Every order there is, live and closed."""
        return [*self.live, *(order for orders in self.closed.values() for order in orders), *self.late]

    def other(self, order: OrderView) -> OrderView:
        """Return a live order of the same amount and another provider."""
        while True:
            other = self.chosen.choice(self.in_step[order.amount_due])
            if other.tax_number != order.tax_number:
                return other

    def has_twin(self, order: OrderView) -> bool:
        """Whether another live order's title differs by its legal form at most."""
        return self._twins[title_words(order.title)] > 1

    def digits(self, count: int) -> str:
        """Return random digits."""
        return "".join(self.chosen.choice("0123456789") for _ in range(count))

    def glyphs(self, count: int) -> str:
        """Return random glyphs of the codes' alphabet, as foreign references have them."""
        return "".join(self.chosen.choice(codes.ALPHABET) for _ in range(count))

    def _order(self, state: str = "transfer_pending") -> OrderView:
        chosen = self.chosen
        if self.live and chosen.random() < _SECOND_ORDERS:
            first = chosen.choice(self.live)
            return first._replace(code=codes.generate(chosen.choice), amount_due=chosen.choice(PRICES), state=state)
        near = self._titles and chosen.random() < _SIBLINGS
        own = sibling(chosen, chosen.choice(self._titles)) if near else title(chosen)
        self._titles.append(own)
        accounts = frozenset({f"TR{self.digits(24)}"}) if chosen.random() < _KNOWN_ACCOUNTS else frozenset()
        number = str(chosen.randrange(1, 10)) + self.digits(10 if chosen.random() < 0.1 else 9)
        return OrderView(codes.generate(chosen.choice), chosen.choice(PRICES), state, own, number, known_ibans=accounts)
