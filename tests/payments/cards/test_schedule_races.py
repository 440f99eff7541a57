"""The same steps at the same time, in threads with real commits: whoever comes first, the same rules hold.

RACES=300 RACES_SEED=7 python3 run.py test tests/payments/cards/test_schedule_races.py -n 0 -s
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections
from pytest_django import Settings

from accounts.models import Person
from iys_portal.shared.clock import istanbul_day
from payments.contract_terms import contract_for
from payments.enums import AttemptState, Consequence, RefundState
from payments.gateways import registry
from payments.models import BankAccount, CardAttempt, Order, Refund
from payments.services import activation, cards, orders, refund_sweep, refunds, statements, webhooks
from payments.services.cards import Chosen
from payments.services.refunds import RefundRefused
from tests import factories
from tests.payments.cards import judge
from tests.payments.cards.memory_bank import BIN, Card, Fault, MemoryBank, Way
from tests.payments.conftest import VISITOR
from tests.payments.mt940 import Transfer, mt940

ROUNDS = int(os.environ.get("RACES", "40"))
SEED = int(os.environ.get("RACES_SEED", "1"))
PATIENCE = 30.0
FAULTS = [Fault.NONE] * 4 + [Fault.DROPPED_AFTER, Fault.DROPPED_BEFORE]

Work = Callable[[], object]


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    """Pay at the bank in memory, not at the simulator."""
    settings.CARD_GATEWAY = MemoryBank.name


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch, now: datetime) -> MemoryBank:
    bank = MemoryBank(now)
    bank.called = _takes_its_time
    monkeypatch.setattr(registry, "_gateways", lambda: {MemoryBank.name: bank})
    return bank


@pytest.fixture
def people(db: None) -> tuple[Person, Person, Person]:
    """A payer and two accountants."""
    return factories.PersonFactory.create(), factories.accountant(), factories.accountant("muhasebe2")


def _takes_its_time() -> None:
    assert not connection.in_atomic_block, "the gateway is spoken to inside a transaction"
    time.sleep(random.random() / 200)


def _accepted(person: Person, now: datetime) -> Order:
    """Return an order of a new provider, with its contract approved."""
    provider, package = factories.ProviderFactory.create(), factories.package("ileti-150")
    factories.MembershipFactory.create(provider=provider, person=person)
    nonce = orders.form_nonce(provider=provider, package=package)
    order = orders.choose_package(provider=provider, person=person, package=package, nonce=nonce, addresses=0, now=now)
    shown = contract_for(order, person=person, now=now)
    return orders.accept_contract(order=order, person=person, shown_sha256=shown.sha256, visitor=VISITOR, now=now)


def _at_once(works: list[tuple[str, Work]]) -> list[str]:
    """Run all from one starting line, each in a connection of its own; return who was refused."""
    line = threading.Barrier(len(works))

    def run(name: str, work: Work) -> Iterator[str]:
        line.wait(PATIENCE)
        try:
            work()
        except RefundRefused:
            yield name
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        runs = [pool.submit(lambda n=name, w=work: list(run(n, w))) for name, work in works]
        return [name for each in runs for name in each.result(PATIENCE)]


class Round:
    """One order and what may happen to it at the same time."""

    def __init__(self, bank: MemoryBank, people: tuple[Person, Person, Person], account: BankAccount) -> None:
        self.bank, self.account = bank, account
        self.payer, *self.accountants = people
        self.order = _accepted(self.payer, bank.now)
        self.bank.way = random.choice([Way.PAGE, Way.POST])
        self.start()
        self.attempt = CardAttempt.objects.get(order=self.order)
        self.payment = bank.payments[self.attempt.conversation_id]
        self.fields = bank.pay(self.payment, random.choice([Card.PAYS, Card.PAYS, Card.DECLINED]))

    def start(self) -> None:
        cards.start(
            order=self.order,
            person=self.payer,
            chosen=Chosen(instalments=1, bin_number=BIN),
            nonce=f"runde-{self.order.pk}",
            ip=None,
            now=self.bank.now,
        )

    def callback(self) -> None:
        attempt = CardAttempt.objects.select_related("order__provider").get(pk=self.attempt.pk)
        cards.finish(attempt=attempt, callback=self.fields, now=self.bank.now)

    def webhook(self) -> None:
        event = self.bank.verify_webhook(body=self.bank.webhook(self.payment), headers={"X-Imza": "gerçek"})
        webhooks.receive(gateway_name=self.bank.name, event=event, now=self.bank.now)
        cards.settle_by_id(attempt_id=self.attempt.pk, now=self.bank.now)

    def sweep(self) -> None:
        cards.sweep(now=self.bank.now)

    def transfer(self) -> None:
        move = Transfer(self.order.code_display, self.order.gross, day=istanbul_day(self.bank.now))
        content = mt940(self.account.iban, move, reference=f"E{self.order.pk}")
        statement, _ = statements.receive(
            account=self.account, format="mt940", filename="e.sta", content=content, person=None, now=self.bank.now
        )
        statements.process(statement_id=statement.pk, now=self.bank.now)

    def expire(self) -> None:
        orders.expire_due(now=self.bank.now)
        activation.complete_paid(now=self.bank.now)

    def ask_for_refund(self, number: int) -> None:
        refunds.request(
            attempt_id=self.attempt.pk,
            amount=self.attempt.paid_amount,
            reason="Müşteri vazgeçti",
            consequence=Consequence.END,
            person=self.accountants[number],
            now=self.bank.now,
        )

    def approve(self, number: int) -> None:
        """Approve what waits, as a worker picks it up in the same instant."""
        for pk in Refund.objects.filter(attempt=self.attempt).values_list("pk", flat=True):
            try:
                refunds.approve(refund_id=pk, person=self.accountants[number], now=self.bank.now)
            finally:
                refunds.send(refund_id=pk, now=self.bank.now)

    def reject(self) -> None:
        for pk in Refund.objects.filter(attempt=self.attempt).values_list("pk", flat=True):
            refunds.reject(refund_id=pk, person=self.accountants[0], reason="Yanlış kayıt", now=self.bank.now)

    def sweep_refunds(self) -> None:
        refund_sweep.sweep(now=self.bank.now)

    def paying(self) -> list[tuple[str, Work]]:
        """Return what races for the payment: two to four of these, none of them twice but the callback."""
        names = ["start", "callback", "callback", "webhook", "sweep", "transfer", "expire"]
        chosen = random.sample(names, random.randint(2, 4))
        return [(name, getattr(self, name)) for name in chosen]

    def going_back(self) -> list[tuple[str, Work]]:
        """Return what races for the money's way back."""
        works: list[tuple[str, Work]] = [
            ("approve", lambda: self.approve(0)),
            ("approve", lambda: self.approve(1)),
            ("request", lambda: self.ask_for_refund(1)),
            ("reject", self.reject),
            ("sweep refunds", self.sweep_refunds),
            ("callback", self.callback),
            ("sweep", self.sweep),
        ]
        return random.sample(works, random.randint(2, 4))


def _come_to_rest(bank: MemoryBank) -> None:
    bank.fault = Fault.NONE
    for _ in range(2):
        bank.now += timedelta(minutes=10)
        cards.sweep(now=bank.now)
        for pk in Refund.objects.filter(state=RefundState.APPROVED).values_list("pk", flat=True):
            refunds.send(refund_id=pk, now=bank.now)
        refund_sweep.sweep(now=bank.now)
    assert judge.unknowns(bank) == []


@pytest.mark.django_db(transaction=True)
def test_steps_at_the_same_time(
    bank: MemoryBank,
    people: tuple[Person, Person, Person],
    account: BankAccount,
    caplog: pytest.LogCaptureFixture,
) -> None:
    random.seed(SEED)
    counts: Counter[str] = Counter()
    began = time.monotonic()
    print(f"\n{ROUNDS} rounds, seed {SEED}")
    for _ in range(ROUNDS):
        each = Round(bank, people, account)
        bank.now += timedelta(minutes=1)
        bank.fault = random.choice(FAULTS)
        works = each.paying()
        _at_once(works)
        judge.after_step(bank)
        if CardAttempt.objects.filter(pk=each.attempt.pk, state=AttemptState.SUCCEEDED).exists():
            if not Refund.objects.filter(attempt=each.attempt).exists():
                each.ask_for_refund(0)
            bank.fault = random.choice(FAULTS)
            back = each.going_back()
            _at_once(back)
            works += back
        counts.update(name for name, _ in works)
        _come_to_rest(bank)
        judge.at_the_end(bank)
    print(f"{ROUNDS} rounds, {counts.total()} steps at once, {time.monotonic() - began:.0f} s: {dict(counts)}")
    assert [record for record in caplog.records if "sweep_failed" in record.getMessage()] == []
