"""A gateway whose report of each day is what a test says, and captures of ours beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import Person
from payments.models import CardAttempt, Order, Refund
from tests.payments.conftest import accepted, account, awaiting, draft, imported  # noqa: F401  (fixtures)
from tests.payments.gateways.faultbank import serving
from tests.payments.gateways.faultbank_iyzico import API_KEY, SECRET_KEY, IyzicoBank

GROSS = Decimal("5097.60")


@dataclass
class Reports(IyzicoBank):
    """An iyzico that reports the lines it is given, by their day."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def transactions(self, data: dict[str, Any]) -> tuple[dict[str, Any], str]:
        lines = [line for line in self.lines if line["transactionDate"].startswith(data["transactionDate"])]
        return {"transactions": lines, "currentPage": 1, "totalPageCount": 1}, ""

    def tell(
        self,
        payment_id: str,
        conversation_id: str,
        at: str,
        *,
        amount: Decimal = GROSS,
        kind: str = "PAYMENT",
        currency: str = "TRY",
    ) -> None:
        """Add a line to the report of a day; `at` is Istanbul's time."""
        line = {"transactionType": kind, "transactionDate": at, "transactionCurrency": currency}
        line |= {"paymentId": payment_id, "conversationId": conversation_id, "price": str(amount)}
        self.lines.append(line | {"paidPrice": str(amount), "transactionStatus": 2})


@pytest.fixture
def bank(settings: Settings) -> Iterator[Reports]:
    """The gateway that the portal asks."""
    bank = Reports()
    with serving(bank) as url:
        settings.IYZICO_URL, settings.NESTPAY_STORE_KEY, settings.CARD_TIMEOUT_SECONDS = url, "", 1.5
        settings.IYZICO_API_KEY, settings.IYZICO_SECRET_KEY = API_KEY, SECRET_KEY
        yield bank


@pytest.fixture
def clock(now: datetime) -> Iterator[None]:
    """Let the clock stand still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def order(accepted: Callable[..., Order]) -> Order:
    return accepted("ileti-150")


@pytest.fixture
def captured(order: Order) -> Callable[..., CardAttempt]:
    """Return an attempt that took money (or became what `changes` say) at an instant."""
    numbers = count(1)

    def make(at: datetime, **changes: object) -> CardAttempt:
        number = next(numbers)
        values = {
            "provider_id": order.provider_id,
            "order": order,
            "person": order.person,
            "gateway": "iyzico",
            "conversation_id": f"{number:032x}",
            "form_nonce": f"{number:064x}",
            "amount": GROSS,
            "paid_amount": GROSS,
            "state": "succeeded",
            "surplus": number > 1,
            "payment_id": f"{number}",
            "created_at": at,
            "settled_at": at,
        }
        return CardAttempt.objects.create(**values | changes)

    return make


@pytest.fixture
def given_back(alice: Person) -> Callable[..., Refund]:
    """Return a confirmed refund of a capture."""

    def make(attempt: CardAttempt, key: str, amount: Decimal, at: datetime) -> Refund:
        return Refund.objects.create(
            provider_id=attempt.provider_id,
            order_id=attempt.order_id,
            attempt=attempt,
            key=key,
            amount=amount,
            reason="Deneme",
            state="confirmed",
            sent_at=at,
            requested_by=alice,
            created_at=at,
            confirmed_at=at,
        )

    return make
