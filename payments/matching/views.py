"""What the matching sees and says: frozen values without a database behind them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

MATCHING_VERSION = 2
"""Goes up whenever the same line and orders may be judged otherwise; stored with each decision."""

CURRENCY = "TRY"
CONTRACT_ACCEPTED = "contract_accepted"
TRANSFER_PENDING = "transfer_pending"
PARTIALLY_PAID = "partially_paid"
EXPIRED = "expired"
AWAITING_MONEY = frozenset({TRANSFER_PENDING, CONTRACT_ACCEPTED, PARTIALLY_PAID})
"""States of orders that transferred money can still settle."""

NOTHING_LEFT = Decimal("0.00")


class Kind(StrEnum):
    """What may happen to a line. Only AUTO moves money without a person."""

    AUTO = "auto"
    SUGGEST = "suggest"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"


class Rule(StrEnum):
    """The rule that decided, kept with the decision: identifiers never change their meaning."""

    EXACT_CODE = "exact-code"
    NORMALISED_CODE = "normalised-code"
    EMBEDDED_CODE = "embedded-code"
    CORRECTED_CODE = "corrected-code"
    SEVERAL_CODES_ADD_UP = "several-codes-add-up"
    LATE_PAYMENT = "late-payment"

    SEVERAL_CODES = "several-codes"
    AMOUNT_SHORT = "amount-short"
    AMOUNT_OVER = "amount-over"
    ORDER_PAID = "order-paid"
    ORDER_EXPIRED = "order-expired"
    ORDER_CANCELLED = "order-cancelled"
    ORDER_REFUNDED = "order-refunded"
    ORDER_STATE = "order-state"
    OTHER_PAYER = "other-payer"
    RETURNED_MONEY = "returned-money"
    BALANCE_MISMATCH = "balance-mismatch"
    NEAR_CODE = "near-code"
    AMBIGUOUS_CODE = "ambiguous-code"
    TAX_NUMBER = "tax-number"
    TAX_NUMBER_OTHER_AMOUNT = "tax-number-other-amount"
    KNOWN_IBAN = "known-iban"
    TITLE = "title"
    NOTHING = "nothing"

    REVERSAL = "reversal"
    ZERO = "zero"
    OUTGOING = "outgoing"
    CURRENCY = "currency"


class Proof(StrEnum):
    """Something besides code and amount that says who paid."""

    TAX_NUMBER = "tax-number"
    IBAN = "iban"
    TITLE = "title"


class LineView(NamedTuple):
    """A bank line. `amount` is signed, in units of `currency`; `balance_ok` is that of its statement."""

    amount: Decimal
    currency: str
    text: str
    value_on: date
    reversal: bool = False
    payer_name: str = ""
    payer_tax_number: str = ""
    payer_iban: str = ""
    balance_ok: bool | None = None


class OrderView(NamedTuple):
    """An order. `amount_due` is what is still open, in TRY; `state` is the identifier of its state.

    `known_ibans` paid for the provider before, and somebody accepted it. `late_until` is the last value date on
    which exact money still settles the order although it has expired.
    """

    code: str
    amount_due: Decimal
    state: str
    title: str
    tax_number: str
    known_ibans: frozenset[str] = frozenset()
    late_until: date | None = None

    @property
    def closed(self) -> bool:
        """Whether transferred money cannot settle it, at least not in its present state."""
        return self.state not in AWAITING_MONEY


class OrderLookup(Protocol):
    """Where orders come from: a snapshot in memory, or prefetched rows."""

    def orders_by_codes(self, codes: Collection[str]) -> Sequence[OrderView]:
        """Return the orders, in any state, that have one of these codes, in the order of their codes."""

    def open_orders_of_payer(self, *, tax_numbers: Collection[str], ibans: Collection[str]) -> Sequence[OrderView]:
        """Return the orders awaiting money, of any amount, whose provider has one of the numbers or IBANs."""

    def open_orders_titled(self, amount: Decimal, words: Sequence[str]) -> Sequence[OrderView]:
        """Return orders awaiting exactly `amount` whose titles may be meant by the words, misspelt ones too."""


class Share(NamedTuple):
    """A part of a line's money and the order it goes to."""

    code: str
    amount: Decimal


class Candidate(NamedTuple):
    """An order that the line may mean: why, in a Turkish sentence, and what speaks for it.

    `score` runs from 0 to 1 and only orders candidates; no score moves money.
    """

    code: str
    reason: str
    amount_equal: bool
    proofs: tuple[Proof, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one line, with a Turkish sentence; `candidates` are at most three, best first.

    `shares` is the money moved without a person: set for AUTO only, and its amounts add up to the line.
    `suggested` is the split that a person may accept as it stands, `excess` what it leaves over, for a refund.
    `features` are plain JSON values for the record.
    """

    kind: Kind
    rule: Rule
    reason: str
    shares: tuple[Share, ...] = ()
    suggested: tuple[Share, ...] = ()
    excess: Decimal = NOTHING_LEFT
    candidates: tuple[Candidate, ...] = ()
    features: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def order(self) -> str | None:
        """The code of the order that is settled without a person, the first of several; None if none is."""
        return self.shares[0].code if self.shares else None
