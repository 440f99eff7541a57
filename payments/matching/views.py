"""What the matching sees and says: frozen values without a database behind them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

CURRENCY = "TRY"
TRANSFER_PENDING = "transfer_pending"
AWAITING_MONEY = frozenset({TRANSFER_PENDING, "contract_accepted", "partially_paid"})
"""States of orders that transferred money can still settle."""


class Kind(StrEnum):
    """What may happen to a line. Only AUTO moves money without a person."""

    AUTO = "auto"
    SUGGEST = "suggest"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"


class Rule(StrEnum):
    """The rule that decided, kept with the decision."""

    EXACT_CODE = "exact-code"
    NORMALISED_CODE = "normalised-code"
    EMBEDDED_CODE = "embedded-code"
    SEVERAL_CODES = "several-codes"
    AMOUNT_SHORT = "amount-short"
    AMOUNT_OVER = "amount-over"
    ORDER_STATE = "order-state"
    RETURNED_MONEY = "returned-money"
    BALANCE_MISMATCH = "balance-mismatch"
    NEAR_CODE = "near-code"
    TAX_NUMBER = "tax-number"
    TITLE = "title"
    NOTHING = "nothing"
    REVERSAL = "reversal"
    ZERO = "zero"
    OUTGOING = "outgoing"
    CURRENCY = "currency"


class Proof(StrEnum):
    """Something besides code and amount that says who paid."""

    TAX_NUMBER = "tax-number"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class LineView:
    """A bank line. `amount` is signed, in units of `currency`; `balance_ok` is that of its statement."""

    amount: Decimal
    currency: str
    text: str
    value_on: date
    reversal: bool = False
    payer_name: str = ""
    payer_tax_number: str = ""
    balance_ok: bool | None = None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order. `amount_due` is what is still open, in TRY; `state` is the identifier of its state."""

    code: str
    amount_due: Decimal
    state: str
    title: str
    tax_number: str

    @property
    def closed(self) -> bool:
        """Whether transferred money cannot settle it, at least not in its present state."""
        return self.state not in AWAITING_MONEY


class OrderLookup(Protocol):
    """Where orders come from: a snapshot in memory, or prefetched rows."""

    def orders_by_codes(self, codes: Collection[str]) -> Sequence[OrderView]:
        """Return the orders, in any state, that have one of these codes."""

    def open_orders_by_amount(
        self, amount: Decimal, *, tax_numbers: Collection[str], words: Collection[str]
    ) -> Sequence[OrderView]:
        """Return orders awaiting exactly `amount` with one of the tax numbers, or a title like the words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that the line may mean: why, in a Turkish sentence, and what speaks for it."""

    code: str
    reason: str
    amount_equal: bool
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one line. `order` is set for AUTO only; `candidates` are at most three, best first."""

    kind: Kind
    rule: Rule
    reason: str
    order: str | None = None
    candidates: tuple[Candidate, ...] = ()
