"""What a card gateway is: the Protocol, and the values that go in and come out.

No gateway decides anything about an order: it says what the bank says. `Result.UNKNOWN` never means that nothing
was taken; whoever gets it asks again by `query` until the bank knows, and takes no other payment meanwhile.
Amounts are `Decimal` TRY with two places. A card number or its security code never comes here: the payer types
them on the gateway's own pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Result(StrEnum):
    """What became of a call."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    NEEDS_ACTION = "needs_action"
    UNKNOWN = "unknown"


class DeclineGroup(StrEnum):
    """Why a bank refused, as far as the payer can do something about it.

    ABANDONED: the bank has heard of no payment. GAVE_UP: it says that the payer stopped, or that its page is closed.
    """

    INSUFFICIENT_FUNDS = "insufficient_funds"
    DO_NOT_HONOUR = "do_not_honour"
    EXPIRED_CARD = "expired_card"
    INVALID_CARD = "invalid_card"
    INVALID_CODE = "invalid_code"
    LOST_OR_STOLEN = "lost_or_stolen"
    NOT_PERMITTED = "not_permitted"
    RESTRICTED_BY_LAW = "restricted_by_law"
    FRAUD = "fraud"
    AUTHENTICATION = "authentication"
    ABANDONED = "abandoned"
    GAVE_UP = "gave_up"
    INVALID_TRANSACTION = "invalid_transaction"
    OTHER = "other"


class ActionKind(StrEnum):
    """How the payer's browser goes on: a redirect, or a form that is posted. Card pages are never framed (ADR 22)."""

    REDIRECT = "redirect"
    FORM = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """Where the payer's browser goes next; `fields` are posted by a form."""

    kind: ActionKind
    url: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway can do; the screens offer nothing else."""

    instalments: bool
    cancel: bool
    refund: bool
    partial_refund: bool
    webhook: bool
    report: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One way of paying: `count` months (1: at once), `total` what the card is charged with, `monthly` each time."""

    count: int
    total: Decimal
    monthly: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentTable:
    """The instalments of one card family for one amount, the single payment first."""

    family: str
    bank: str
    card_type: str
    rows: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who pays, as gateways want to know it; the company, not the person. Its data are in no repr."""

    reference: str
    title: str = field(repr=False)
    tax_number: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One attempt to take `amount` for an order. `conversation_id` is ours, unique, and finds the attempt again.

    `instalments` is the number of months, `paid_amount` what the card is charged with for it (the gateway's own
    quote, looked up again on the server). `return_url` takes the browser back. `token` is the gateway's handle of
    a started attempt, empty before `start`.
    """

    conversation_id: str
    order_code: str
    product: str
    amount: Decimal
    paid_amount: Decimal
    instalments: int
    return_url: str
    buyer: Buyer
    ip: str
    token: str = ""
    currency: str = "TRY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Money that the bank took: what the portal compares with the order before it believes it.

    `amount` is the order's price as the bank knows it, `paid_amount` what the card was charged with.
    `transaction_id` is what a refund names; `bin` and `last4` are all that is known of the card.
    """

    payment_id: str
    transaction_id: str
    conversation_id: str
    order_code: str
    amount: Decimal
    paid_amount: Decimal
    currency: str
    instalments: int
    bin: str
    last4: str
    family: str = ""
    association: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the gateway said. `capture` comes with SUCCEEDED, `action` and `token` with NEEDS_ACTION, `group` with
    DECLINED. `reference` is what to quote to the bank; `detail` is for the log, without card data."""

    result: Result
    capture: Capture | None = None
    action: NextAction | None = None
    token: str = ""
    group: DeclineGroup | None = None
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A webhook whose signature holds. It is a hint only: whoever gets it asks `query` what is true."""

    payment_id: str
    conversation_id: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPayment:
    """One line of the gateway's own report of a day: a capture, a cancellation or a refund (`kind`)."""

    kind: str
    payment_id: str
    conversation_id: str
    amount: Decimal
    currency: str
    at: datetime


class InvalidSignatureError(Exception):
    """A callback or a webhook was not signed by the gateway: it is answered 4xx and changes nothing."""


class Gateway(Protocol):
    """One way to take money by card. Implementations hold no state but their configuration and are thread-safe.

    No method raises for what a network or a bank may do: that is an Outcome. Time-outs are strict.
    """

    @property
    def name(self) -> str:
        """The name stored with each attempt: ``iyzico``, ``nestpay-ziraat``."""

    def capabilities(self) -> Capabilities:
        """Return what this gateway can do."""

    def quote_instalments(self, *, bin_number: str, amount: Decimal) -> tuple[InstalmentTable, ...]:
        """Return the tables for a card's first 6–8 digits, or for all families where `bin_number` is empty.

        Raises GatewayUnavailableError when the gateway does not answer.
        """

    def start(self, charge: Charge) -> Outcome:
        """Open an attempt: NEEDS_ACTION with where the browser goes, DECLINED, or UNKNOWN. Takes no money yet."""

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        """Judge the browser's return. Raises InvalidSignatureError for a forged one.

        Money may move here; the outcome is UNKNOWN when the answer is lost, and is never sent twice.
        """

    def query(self, charge: Charge) -> Outcome:
        """Ask what became of an attempt, by our own id. DECLINED (ABANDONED) when the bank took nothing."""

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:
        """Give a whole capture back on its own day; the same `key` again does it once."""

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:
        """Give `amount` of a capture back; the same `key` again does it once."""

    def query_refund(self, capture: Capture, *, key: str) -> Outcome:
        """Ask what became of a refund or cancellation whose answer was lost."""

    def verify_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """Return what a webhook says. Raises InvalidSignatureError unless the gateway signed it."""

    def report(self, *, day: date) -> tuple[ReportedPayment, ...]:
        """Return the gateway's own list of an Istanbul day. Raises GatewayUnavailableError."""


class GatewayUnavailableError(Exception):
    """The gateway did not answer a question that moves no money: ask again later."""
