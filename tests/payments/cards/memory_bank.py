"""A bank in memory, the other side of the wire of a `Gateway`: it keeps a ledger of its own, and fails on order.

Its ledger is the truth that a schedule is judged by. It does what the protocols of real banks do (ADR 22): each
payment of its three ways goes as one of our adapters would see it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from threading import Lock

from iys_portal.shared.clock import istanbul_day
from payments.gateways.base import (
    ActionKind,
    Capabilities,
    Capture,
    Charge,
    DeclineGroup,
    Event,
    GatewayUnavailableError,
    Instalment,
    InstalmentTable,
    InvalidSignatureError,
    NextAction,
    Outcome,
    ReportedPayment,
    Result,
)

ZERO, CENT = Decimal("0.00"), Decimal("0.01")
WORKS_FOR = timedelta(minutes=5)
"""How long the bank may go on working on a request whose answer timed out."""
PAGE_LIVES = timedelta(hours=2)
"""After this nobody can pay on a page that was left open."""
ABANDONED_AFTER = timedelta(minutes=30)
"""From then on an attempt counts as left, although its page is still open."""
BIN = "552879"


class Fault(StrEnum):
    """What becomes of the next call to the bank."""

    NONE = "none"
    DROPPED_BEFORE = "dropped before"
    DROPPED_AFTER = "dropped after"
    LATE = "late"
    MISREPORTED = "misreported"
    REFUSED = "refused"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


class Way(StrEnum):
    """How a payment goes: on a page that the bank opened, by a form posted to it, or authorised by our own call."""

    PAGE = "page"
    POST = "post"
    DIRECT = "direct"


class Card(StrEnum):
    """What the payer does on the bank's page."""

    PAYS = "pays"
    PAYS_LESS = "pays less"
    PAYS_MORE = "pays more"
    DECLINED = "declined"
    WRONG_CODE = "wrong code"
    GIVES_UP = "gives up"


class Killed(BaseException):
    """Our own process died while it spoke to the bank."""


@dataclass
class Payment:
    """One payment as the bank's books have it; `taken` and `given_back` are its ledger."""

    charge: Charge
    way: Way
    number: str
    opened_at: datetime
    reachable: bool = False
    known: bool = False
    authenticated: bool = False
    taken: Decimal = ZERO
    will_take: Decimal = ZERO
    declined: DeclineGroup | None = None
    will_decline: DeclineGroup | None = None
    opened: int = 0
    authorisations: int = 0
    taken_at: datetime | None = None
    given_back: list[tuple[str, Decimal]] = field(default_factory=list)
    misreported: bool = False

    @property
    def token(self) -> str:
        """What the browser brings back as a sign that it comes from the bank."""
        return f"imza-{self.number}"

    @property
    def is_over(self) -> bool:
        """The bank has decided."""
        return bool(self.taken) or self.declined is not None

    @property
    def back(self) -> Decimal:
        """How much of what was taken went back."""
        return sum((amount for _, amount in self.given_back), ZERO)


_GROUPS = {
    Card.DECLINED: DeclineGroup.INSUFFICIENT_FUNDS,
    Card.WRONG_CODE: DeclineGroup.AUTHENTICATION,
    Card.GIVES_UP: DeclineGroup.GAVE_UP,
}


def _is(result: Result, group: DeclineGroup | None = None) -> Outcome:
    return Outcome(result=result, group=group, reference="BANKA")


_LOST = _is(Result.UNKNOWN)
_NOTHING = _is(Result.DECLINED, DeclineGroup.ABANDONED)


class MemoryBank:
    """A `Gateway` whose bank lives in this object.

    The schedule sets `now`, whether the bank is `away`, the `fault` of the next call, the `way` of the next payment,
    and what is `called` before each call.
    """

    name = "memory"

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.away = False
        self.fault = Fault.NONE
        self.way = Way.PAGE
        self.payments: dict[str, Payment] = {}
        self.called: Callable[[], None] = lambda: None
        self._late: list[tuple[datetime, Callable[[], Outcome]]] = []
        self._lock = Lock()

    # --- the wire ---------------------------------------------------------------------------------------------------

    def _ask(self, act: Callable[[], Outcome], *, lost: Outcome = _LOST) -> Outcome:
        """Carry one call over the wire with the fault that was ordered for it."""
        self.called()
        with self._lock:
            fault, self.fault = self.fault, Fault.NONE
            self.work()
            if fault == Fault.KILLED_BEFORE:
                raise Killed
            if self.away or fault == Fault.DROPPED_BEFORE:
                return lost
            if fault == Fault.LATE:
                self._late.append((self.now + WORKS_FOR, act))
                return lost
            outcome = act()
            if fault == Fault.KILLED_AFTER:
                raise Killed
            if fault == Fault.DROPPED_AFTER:
                return lost
            return self._misreported(outcome) if fault == Fault.MISREPORTED else outcome

    def _misreported(self, outcome: Outcome) -> Outcome:
        if outcome.capture is None:
            return outcome
        self.payments[outcome.capture.conversation_id].misreported = True
        return replace(outcome, capture=replace(outcome.capture, paid_amount=outcome.capture.paid_amount - 1))

    def work(self) -> None:
        """Do what the bank still works on and what has become due."""
        due = [act for at, act in self._late if at <= self.now]
        self._late = [(at, act) for at, act in self._late if at > self.now]
        for act in due:
            act()

    # --- the Protocol -----------------------------------------------------------------------------------------------

    def capabilities(self) -> Capabilities:
        return Capabilities(instalments=True, cancel=True, refund=True, partial_refund=True, webhook=True, report=True)

    def quote_instalments(self, *, bin_number: str, amount: Decimal) -> tuple[InstalmentTable, ...]:  # noqa: ARG002
        if self.away:
            raise GatewayUnavailableError
        total = (amount * Decimal("1.05")).quantize(CENT, ROUND_HALF_UP)
        monthly = (total / 3).quantize(CENT, ROUND_HALF_UP)
        rows = (Instalment(count=1, total=amount, monthly=amount), Instalment(count=3, total=total, monthly=monthly))
        return (InstalmentTable(family="Deneme", bank="Deneme", card_type="CREDIT_CARD", rows=rows),)

    def start(self, charge: Charge) -> Outcome:
        known = self.payments.get(charge.conversation_id)
        if known is not None:
            known.opened += 1
            return _LOST
        payment = Payment(
            charge=charge, way=self.way, number=f"P{charge.conversation_id[:15]}", opened_at=self.now, opened=1
        )
        self.payments[charge.conversation_id] = payment
        action = NextAction(kind=ActionKind.REDIRECT, url=f"http://127.0.0.1:1/{payment.number}")
        opened = Outcome(result=Result.NEEDS_ACTION, action=action, token=payment.token)

        def act() -> Outcome:
            payment.known = True
            return opened

        if payment.way == Way.POST:  # nothing is sent: the browser brings the signed form
            outcome = opened
        else:  # on a hosted page that did not open, nobody can pay
            lost = _is(Result.DECLINED, DeclineGroup.OTHER) if payment.way == Way.PAGE else _LOST
            outcome = self._ask(act, lost=lost)
        payment.reachable = outcome.result == Result.NEEDS_ACTION
        return outcome

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        payment = self.payments[charge.conversation_id]
        if callback.get("token") != payment.token:
            raise InvalidSignatureError
        if payment.way == Way.PAGE:
            return self.query(charge)
        if payment.way == Way.POST:
            return self._of_callback(payment, callback)
        return self._complete_directly(payment)

    def _complete_directly(self, payment: Payment) -> Outcome:
        if not payment.authenticated:
            return _is(Result.DECLINED, payment.declined)
        if payment.is_over:  # whoever asks first, as our adapter does, finds what was decided
            return self._ask(lambda: self._state(payment))
        return self._ask(lambda: self._authorise(payment))

    def _of_callback(self, payment: Payment, callback: Mapping[str, str]) -> Outcome:
        """Judge the answer that the browser carried; it says what the bank had decided when it was signed."""
        if callback["group"]:
            return _is(Result.DECLINED, DeclineGroup(callback["group"]))
        capture = self._capture(payment)
        return Outcome(result=Result.SUCCEEDED, capture=replace(capture, paid_amount=Decimal(callback["amount"])))

    def query(self, charge: Charge) -> Outcome:
        def act() -> Outcome:
            payment = self.payments.get(charge.conversation_id)
            return self._state(payment) if payment is not None and payment.known else _NOTHING

        return self._ask(act)

    def _state(self, payment: Payment) -> Outcome:
        if payment.taken:
            return Outcome(result=Result.SUCCEEDED, capture=self._capture(payment), reference="BANKA")
        if payment.declined is not None:
            return _is(Result.DECLINED, payment.declined)
        return _is(Result.NEEDS_ACTION) if self.now - payment.opened_at < PAGE_LIVES else _NOTHING

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:  # noqa: ARG002
        payment = self.payments[capture.conversation_id]
        if payment.taken_at is None or istanbul_day(payment.taken_at) != istanbul_day(self.now) or payment.given_back:
            return self._ask(lambda: _is(Result.DECLINED, DeclineGroup.NOT_PERMITTED))
        return self._give_back(payment, payment.taken, key)

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:  # noqa: ARG002
        return self._give_back(self.payments[capture.conversation_id], amount, key)

    def _give_back(self, payment: Payment, amount: Decimal, key: str) -> Outcome:
        """Give money back. A key is known by what the books show: what the bank still works on is not there yet."""
        if any(done == key for done, _ in payment.given_back):
            return self._ask(lambda: _is(Result.SUCCEEDED))
        refused = self.fault == Fault.REFUSED

        def act() -> Outcome:
            if refused or amount > payment.taken - payment.back:
                return _is(Result.DECLINED, DeclineGroup.INVALID_TRANSACTION)
            payment.given_back.append((key, amount))
            return _is(Result.SUCCEEDED)

        return self._ask(act)

    def query_refund(self, capture: Capture, *, key: str) -> Outcome:
        payment = self.payments[capture.conversation_id]
        return self._ask(
            lambda: _is(Result.SUCCEEDED) if any(done == key for done, _ in payment.given_back) else _NOTHING
        )

    def verify_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        if headers.get("X-Imza") != "gerçek":
            raise InvalidSignatureError
        return Event(**json.loads(body))

    def report(self, *, day: date) -> tuple[ReportedPayment, ...]:
        if self.away:
            raise GatewayUnavailableError
        return tuple(
            ReportedPayment(
                kind="payment",
                payment_id=payment.number,
                conversation_id=payment.charge.conversation_id,
                amount=payment.taken,
                currency="TRY",
                at=payment.taken_at,
            )
            for payment in self.payments.values()
            if payment.taken_at is not None and istanbul_day(payment.taken_at) == day
        )

    # --- the payer's and the bank's own side ------------------------------------------------------------------------

    def can_pay(self, payment: Payment) -> bool:
        """Return whether somebody may still stand on the payment's page."""
        is_open = self.now - payment.opened_at < PAGE_LIVES
        return payment.reachable and is_open and not payment.is_over and not payment.authenticated

    def waits_for_the_payer(self, payment: Payment) -> bool:
        """Return whether the payer may still be busy at the bank."""
        return not payment.is_over and self.now - payment.opened_at < ABANDONED_AFTER

    def has_open(self, payment: Payment | None) -> bool:
        """Return whether the bank itself says that it waits for the payer."""
        return payment is not None and (payment.known or payment.reachable) and self.waits_for_the_payer(payment)

    def pay(self, payment: Payment, card: Card) -> dict[str, str]:
        """Let the payer do something on the page; return what the browser then posts to us."""
        paid = payment.charge.paid_amount
        payment.known = True
        payment.will_take = {Card.PAYS_LESS: paid - 100, Card.PAYS_MORE: paid + 100}.get(card, paid)
        payment.will_decline = _GROUPS.get(card)
        payment.authenticated = card not in {Card.WRONG_CODE, Card.GIVES_UP}
        if payment.way != Way.DIRECT or not payment.authenticated:
            self._decide(payment)
        return {"token": payment.token, "group": (payment.declined or ""), "amount": str(payment.taken)}

    def _authorise(self, payment: Payment) -> Outcome:
        payment.authorisations += 1
        if not payment.is_over and self.now - payment.opened_at < PAGE_LIVES:
            self._decide(payment)
        return self._state(payment)

    def _decide(self, payment: Payment) -> None:
        payment.declined = payment.will_decline
        if payment.declined is None:
            payment.taken, payment.taken_at = payment.will_take, self.now

    def _capture(self, payment: Payment) -> Capture:
        charge = payment.charge
        return Capture(
            payment_id=payment.number,
            transaction_id=f"i-{payment.number}",
            conversation_id=charge.conversation_id,
            order_code=charge.order_code,
            amount=charge.amount,
            paid_amount=payment.taken,
            currency="TRY",
            instalments=charge.instalments,
            bin=BIN,
            last4="0008",
        )

    def webhook(self, payment: Payment) -> bytes:
        """Return the body of the message that the bank sends about a payment."""
        return json.dumps(
            {
                "payment_id": payment.number,
                "conversation_id": payment.charge.conversation_id,
                "kind": "PAYMENT",
                "status": "SUCCESS" if payment.taken else "FAILURE",
            }
        ).encode()
