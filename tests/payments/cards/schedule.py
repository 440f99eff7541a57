"""One schedule: a few orders, a bank in memory, and everything that may happen to them, as a hypothesis machine.

Each schedule is one transaction that is rolled back. Our services are the real ones; only the bank is ours, too.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, TypeVar

import structlog
import time_machine
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.shared.clock import istanbul_day
from payments.enums import AttemptState, Consequence, RefundState
from payments.gateways.base import InvalidSignatureError
from payments.models import CardAttempt, Order, Refund
from payments.rules import OrderRefused
from payments.services import activation, cards, orders, refund_sweep, refunds, statements, webhooks
from payments.services.cards import Chosen
from payments.services.refunds import RefundRefused
from tests.payments.cards import judge
from tests.payments.cards.memory_bank import ABANDONED_AFTER, BIN, Card, Fault, Killed, MemoryBank, Payment, Way
from tests.payments.cards.stage import Stage
from tests.payments.mt940 import Transfer, mt940

T = TypeVar("T")
BEAT = timedelta(minutes=5)
"""How long after the bank's return nothing that it knows may still be unknown here (goal P11)."""
PAUSES = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=11), timedelta(minutes=31)]
LONG_PAUSES = [timedelta(hours=4), timedelta(hours=25), timedelta(days=8), timedelta(days=15)]

any_fault = st.sampled_from(list(Fault))
rare_fault = st.sampled_from([Fault.NONE] * 8 + list(Fault))
any_way = st.sampled_from(list(Way))
any_card = st.sampled_from([Card.PAYS] * 5 + list(Card))
any_part = st.sampled_from(["left", "left", "half", "more"])
any_months = st.sampled_from([1, 3])
index = st.integers(0, 5)
which = st.sampled_from([0, 0, 0, 1, 2])
pause = st.sampled_from(PAUSES * 3 + LONG_PAUSES)


class Schedule(RuleBasedStateMachine):
    """{start, pay, callback, duplicate, replay, forge, webhook, time-out, sweep, refund, cancel, transfer, expire}."""

    stage: ClassVar[Stage]

    def __init__(self) -> None:
        super().__init__()
        self.bank = self.stage.bank = MemoryBank(self.stage.now)
        self.bank.called = _outside_of_transactions
        self.returns: list[tuple[str, dict[str, str]]] = []
        self.nonces: dict[int, str] = {}
        self.attempts: list[judge.AttemptRow] = []
        self.counter = 0
        self.broken = False
        self.schedule = transaction.atomic()
        self.schedule.__enter__()

    def teardown(self) -> None:
        try:
            if not self.broken:
                self._come_to_rest()
                judge.at_the_end(self.bank)
                self.stage.count()
        finally:
            transaction.set_rollback(True)
            self.schedule.__exit__(None, None, None)

    @contextmanager
    def step(self, name: str, fault: Fault = Fault.NONE) -> Iterator[None]:
        """Do one step with a fault on its first call to the bank; judge what must hold after it."""
        self.bank.fault = fault
        try:
            yield
            self.bank.fault = Fault.NONE
            self.attempts = judge.after_step(self.bank)
        except BaseException:
            self.broken = True
            raise
        self.stage.rules[name] += 1

    # --- the customer -----------------------------------------------------------------------------------------------

    @initialize(way=any_way, fault=rare_fault, card=any_card, then=st.sampled_from(["back", "paid", "left", "left"]))
    def first_start(self, way: Way, fault: Fault, card: Card, then: str) -> None:
        """A schedule about card money begins with a card: the payer comes back, does not yet, or stays away."""
        self._start(0, way=way, fault=Fault.NONE, again=False, months=1)
        if then == "left":
            self._leave()
            return
        self._pay(0, card)
        if then == "back":
            with self.step("callback", fault):
                self._return(*self.returns[-1])

    @rule(number=which, way=any_way, fault=rare_fault, again=st.booleans(), months=any_months, card=any_card)
    def start(self, number: int, way: Way, fault: Fault, *, again: bool, months: int, card: Card) -> None:
        """Press “Ödemeyi Tamamla”, and go on at the bank."""
        self._start(number, way=way, fault=fault, again=again, months=months)
        self._pay(-1, card)

    @rule(number=which, way=any_way, fault=any_fault, again=st.booleans(), left=st.booleans())
    def start_and_wait(self, number: int, way: Way, fault: Fault, *, again: bool, left: bool) -> None:
        """Press “Ödemeyi Tamamla”, and leave the bank's page open, perhaps until it counts as left."""
        self._start(number, way=way, fault=fault, again=again, months=1)
        if left:
            self._leave()

    def _leave(self) -> None:
        with self.step("half an hour and a sweep"):
            self.bank.now += ABANDONED_AFTER
            self._sweep()

    def _start(self, number: int, *, way: Way, fault: Fault, again: bool, months: int) -> None:
        """The nonce is that of the page before (`again`), or a new page's."""
        order = self._order(number)
        if not (again and order.pk in self.nonces):
            self.nonces[order.pk] = f"{order.pk}-{self._next()}"
        self.bank.way = way
        with self.step("start", fault), _may(OrderRefused, Killed):
            cards.start(
                order=order,
                person=self.stage.alice,
                chosen=Chosen(instalments=months, bin_number=BIN),
                nonce=self.nonces[order.pk],
                ip="192.0.2.7",
                now=self.bank.now,
            )

    @precondition(lambda self: self._pages())
    @rule(number=index, card=any_card)
    def pay(self, number: int, card: Card) -> None:
        """The payer comes to the card after a while."""
        self._pay(number, card)

    def _pay(self, number: int, card: Card) -> None:
        """Type the card on a page that is open at the bank; the browser is on its way back."""
        if not self._pages():
            return
        payment = _pick(self._pages(), number)
        with self.step("pay"):
            self.returns.append((payment.charge.conversation_id, self.bank.pay(payment, card)))

    @precondition(lambda self: self.returns)
    @rule(fault=any_fault)
    def callback(self, fault: Fault) -> None:
        """The browser that left the bank last comes back."""
        with self.step("callback", fault):
            self._return(*self.returns[-1])

    @precondition(lambda self: self.returns)
    @rule(number=index, fault=any_fault)
    def replay(self, number: int, fault: Fault) -> None:
        """A return that may have come before, at any time later."""
        with self.step("replay", fault):
            self._return(*_pick(self.returns, number))

    @precondition(lambda self: self.returns)
    @rule(fault=any_fault, other=any_fault)
    def duplicate(self, fault: Fault, other: Fault) -> None:
        """A browser comes back twice."""
        with self.step("duplicate", fault):
            self._return(*self.returns[-1])
            self.bank.fault = other
            self._return(*self.returns[-1])

    @precondition(lambda self: self.bank.payments)
    @rule(number=index, own=st.booleans())
    def forge(self, number: int, *, own: bool) -> None:
        """A return that the bank did not sign, or that it signed for another payment."""
        conversation = _pick(list(self.bank.payments), number)
        foreign = [fields for of, fields in self.returns if of != conversation]
        fields = foreign[0] if foreign and not own else {"token": "sahte", "group": "", "amount": "5097.60"}
        was_awaited = conversation in self._awaited()
        with self.step("forge"):
            with _may(InvalidSignatureError):
                self._return(conversation, fields)
            assert not was_awaited or conversation in self._awaited(), "a forged return was believed"

    def _return(self, conversation: str, fields: dict[str, str]) -> None:
        attempt = CardAttempt.objects.select_related("order__provider").get(conversation_id=conversation)
        with _may(Killed):
            cards.finish(attempt=attempt, callback=fields, now=self.bank.now)

    @rule(number=which)
    def choose_transfer(self, number: int) -> None:
        with self.step("choose transfer"), _may(OrderRefused):
            orders.choose_transfer(order=self._order(number), person=self.stage.alice, now=self.bank.now)

    @rule(number=which, amount=st.sampled_from(["exact", "exact", "less", "more"]))
    def transfer(self, number: int, amount: str) -> None:
        """Money arrives by transfer, whatever the order is waiting for."""
        order = self._order(number)
        value = order.gross + {"exact": 0, "less": -100, "more": 100}[amount]
        count = "".join("01258"[int(digit) % 5] for digit in f"{self._next():03d}")  # no glyphs of codes
        move = Transfer(f"{order.code_display} SIPARIS {count}", Decimal(value), day=istanbul_day(self.bank.now))
        with self.step("transfer arrives"):
            statements.receive(
                account=self.stage.account,
                format="mt940",
                filename="ekstre.sta",
                content=mt940(self.stage.account.iban, move, reference=f"EKSTRE{count}"),
                person=None,
                now=self.bank.now,
            )
            self._work("statement.process")

    @rule(number=which)
    def cancel(self, number: int) -> None:
        with self.step("cancel"), _may(OrderRefused):
            orders.cancel(order=self._order(number), person=self.stage.alice)

    # --- the machines -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self._known())
    @rule(number=index, fault=any_fault, worked_off=st.booleans())
    def webhook(self, number: int, fault: Fault, *, worked_off: bool) -> None:
        """The bank sends word; the worker asks it now, or later."""
        payment = _pick(self._known(), number)
        with self.step("webhook", fault):
            event = self.bank.verify_webhook(body=self.bank.webhook(payment), headers={"X-Imza": "gerçek"})
            webhooks.receive(gateway_name=self.bank.name, event=event, now=self.bank.now)
            if worked_off:
                self._work("card.settle")

    @rule(fault=any_fault)
    def worker(self, fault: Fault) -> None:
        with self.step("worker", fault):
            self._work("card.settle", "refund.send")

    @rule(fault=any_fault, after=st.sampled_from(PAUSES))
    def sweep(self, fault: Fault, after: timedelta) -> None:
        with self.step("sweep", fault):
            self.bank.now += after
            self._sweep()

    @rule(length=pause)
    def time_passes(self, length: timedelta) -> None:
        with self.step("time passes"):
            self.bank.now += length

    @rule()
    def expire(self) -> None:
        with self.step("expire"):
            orders.expire_due(now=self.bank.now)
            activation.complete_paid(now=self.bank.now)

    @precondition(lambda self: not self.bank.away)
    @rule()
    def bank_goes_away(self) -> None:
        with self.step("time-out of everything"):
            self.bank.away = True

    @precondition(lambda self: self.bank.away)
    @rule()
    def bank_returns(self) -> None:
        """One sweep of those that beat makes within five minutes, and nothing that the bank knows is unknown."""
        with self.step("return of the bank"):
            self.bank.away = False
            self.bank.now += BEAT
            self._sweep()
            self._sweep(refund_sweep.sweep)
            left = judge.unknowns(self.bank)
            assert not left, f"not resolved by one sweep: {left}"

    # --- accounting -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self._captured())
    @rule(number=index, part=any_part, end=st.booleans(), who=st.booleans(), fault=any_fault, approved=st.booleans())
    def request_refund(self, number: int, part: str, fault: Fault, *, end: bool, who: bool, approved: bool) -> None:
        """Ask for all of it, a part, or too much; perhaps the second person is there and approves."""
        attempt = _pick(self._captured(), number)
        left = attempt.said - attempt.held
        amount = {"left": left, "half": (left / 2).quantize(Decimal("0.01")), "more": left + 1}[part]
        with self.step("refund: request"), _may(RefundRefused):
            refunds.request(
                attempt_id=attempt.pk,
                amount=amount,
                reason="Müşteri vazgeçti",
                consequence=Consequence.END if end else Consequence.KEEP,
                person=self.stage.accountants[who],
                now=self.bank.now,
            )
        if approved:
            self._approve(-1, fault, who=not who)

    @precondition(lambda self: self._held())
    @rule(number=index, who=st.booleans(), fault=any_fault)
    def approve_refund(self, number: int, fault: Fault, *, who: bool) -> None:
        self._approve(number, fault, who=who)

    def _approve(self, number: int, fault: Fault, *, who: bool) -> None:
        """Approve what waits, or send again what the bank refused, and let the worker send it."""
        for refund in self._waiting(number):
            with self.step("refund: approve and send", fault), _may(RefundRefused):
                refunds.approve(refund_id=refund.pk, person=self.stage.accountants[who], now=self.bank.now)
                self._work("refund.send")

    @precondition(lambda self: self._held())
    @rule(number=index)
    def reject_refund(self, number: int) -> None:
        first, _ = self.stage.accountants
        for refund in self._waiting(number):
            with self.step("refund: reject"), _may(RefundRefused):
                refunds.reject(refund_id=refund.pk, person=first, reason="Yanlış kayıt", now=self.bank.now)

    @precondition(lambda self: self._held())
    @rule(fault=any_fault)
    def sweep_refunds(self, fault: Fault) -> None:
        with self.step("refund: sweep", fault):
            self._sweep(refund_sweep.sweep)

    # --- how it is done ---------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self.counter += 1
        return self.counter

    def _order(self, number: int) -> Order:
        """Return an order as somebody read it before: every service reads it again under its lock."""
        return _pick(self.stage.orders, number)

    def _pages(self) -> list[Payment]:
        return [payment for payment in self.bank.payments.values() if self.bank.can_pay(payment)]

    def _known(self) -> list[Payment]:
        return [payment for payment in self.bank.payments.values() if payment.is_over]

    def _captured(self) -> list[judge.AttemptRow]:
        return [attempt for attempt in self.attempts if attempt.state == AttemptState.SUCCEEDED]

    def _held(self) -> bool:
        return any(attempt.held for attempt in self.attempts)

    def _waiting(self, number: int) -> list[Refund]:
        """Return one of the refunds that wait for a person, if there are any."""
        waiting = Refund.objects.filter(state__in=[RefundState.REQUESTED, RefundState.FAILED]).order_by("pk")
        return [_pick(waiting, number)] if waiting else []

    def _awaited(self) -> list[str]:
        """Whose next return is judged; after the first one, a return only has the bank asked."""
        live = [AttemptState.NEEDS_3DS, AttemptState.UNKNOWN]
        awaited = CardAttempt.objects.filter(state__in=live, returned_at=None, action__isnull=False)
        return list(awaited.values_list("conversation_id", flat=True))

    def _work(self, *topics: str) -> None:
        """Do what the outbox promises of these topics, as the worker would."""
        messages = OutboxMessage.objects.filter(done_at=None, failed_at=None, topic__in=topics).order_by("pk")
        for pk in list(messages.values_list("pk", flat=True)):
            with time_machine.travel(self.bank.now, tick=False), _may(Killed):
                outbox.run(pk)
            message = OutboxMessage.objects.get(pk=pk)
            assert not message.last_error, message.last_error

    def _sweep(self, sweep: Callable[..., int] = cards.sweep) -> None:
        with structlog.testing.capture_logs() as logs, _may(Killed):
            sweep(now=self.bank.now)
        assert not [line for line in logs if line["event"].endswith("sweep_failed")], logs

    def _come_to_rest(self) -> None:
        """The bank is there, messages arrive, beat beats: from now on nothing may stay unknown."""
        self.bank.away, self.bank.fault = False, Fault.NONE
        self.bank.now += 2 * BEAT  # a refund that is not heard of is believed to be lost only then
        self.bank.work()
        self._work("card.settle", "refund.send")
        self._sweep()
        self._sweep(refund_sweep.sweep)
        left = judge.unknowns(self.bank)
        assert not left, f"still unknown at the end: {left}"


@contextmanager
def _may(*errors: type[BaseException]) -> Iterator[None]:
    """A refusal, or the death of our own process at this point, is part of the schedule."""
    with suppress(*errors):
        yield


def _pick(items: Sequence[T], number: int) -> T:
    return items[number % len(items)]


def _outside_of_transactions() -> None:
    """A schedule is one transaction; any within it is a service's own."""
    assert not connection.savepoint_ids, "the gateway is spoken to inside a transaction"
