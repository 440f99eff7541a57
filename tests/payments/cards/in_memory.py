"""Orders that were paid by card at the bank in memory: no sockets, and the bank says how often it was called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Person
from payments.gateways import registry
from payments.gateways.base import Capabilities, Capture, Charge, Outcome
from payments.models import CardAttempt, Order
from payments.services import cards
from payments.services.cards import Chosen
from tests.payments.cards.memory_bank import BIN, Card, MemoryBank, Way


class WatchedBank(MemoryBank):
    """The bank in memory.

    `calls` are the ways in which money was asked back, `partial` says whether parts may be; `told` is what it says
    otherwise of a capture.
    """

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.calls: list[str] = []
        self.partial = True
        self.told: dict[str, Any] = {}

    def capabilities(self) -> Capabilities:
        return Capabilities(
            instalments=True, cancel=True, refund=True, partial_refund=self.partial, webhook=True, report=True
        )

    def query(self, charge: Charge) -> Outcome:
        outcome = super().query(charge)
        return replace(outcome, capture=replace(outcome.capture, **self.told)) if outcome.capture else outcome

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:
        self.calls.append("cancel")
        return super().cancel(capture, key=key, ip=ip)

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:
        self.calls.append("refund")
        return super().refund(capture, amount=amount, key=key, ip=ip)


@pytest.fixture
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch, now: datetime) -> WatchedBank:
    """Pay at a bank in memory."""
    settings.CARD_GATEWAY = WatchedBank.name
    bank = WatchedBank(now)
    monkeypatch.setattr(registry, "_gateways", lambda: {WatchedBank.name: bank})
    return bank


@dataclass
class PayByCard:
    """Pay an order of Alice's, a new one unless it is given; `card=None` leaves the bank's page open."""

    bank: WatchedBank
    accepted: Callable[..., Order]
    alice: Person
    numbers: "count[int]"

    def __call__(self, order: Order | None = None, *, card: Card | None = Card.PAYS, months: int = 1) -> CardAttempt:
        self.bank.way = Way.PAGE
        attempt = cards.start(
            order=order or self.accepted(),
            person=self.alice,
            chosen=Chosen(instalments=months, bin_number=BIN),
            nonce=str(next(self.numbers)),
            ip=None,
            now=self.bank.now,
        )
        return self.come_back(attempt, card) if card else attempt

    def come_back(self, attempt: CardAttempt, card: Card) -> CardAttempt:
        """Type the card on the page of an attempt, and return from the bank."""
        attempt = CardAttempt.objects.select_related("order__provider").get(pk=attempt.pk)
        fields: Mapping[str, str] = self.bank.pay(self.bank.payments[attempt.conversation_id], card)
        return cards.finish(attempt=attempt, callback=dict(fields), now=self.bank.now)


@pytest.fixture
def pay(shop: WatchedBank, accepted: Callable[..., Order], alice: Person) -> PayByCard:
    return PayByCard(shop, accepted, alice, count(1))
