"""A bank on a socket of its own, and the portal that pays there."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from accounts.models import Person
from payments.models import Order
from tests.payments.conftest import accepted, account, awaiting, draft, package  # noqa: F401  (fixtures)
from tests.simulators.bank import API_KEY, SECRET_KEY, Bank, served


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """One bank simulator for all tests of paying by card."""
    with served(tmp_path_factory.mktemp("bank") / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def shop(settings: Settings, bank: Bank) -> Iterator[None]:
    """Pay at that bank; whatever fault a test ordered is gone after it."""
    settings.IYZICO_URL, settings.NESTPAY_STORE_KEY = bank.url, ""
    settings.IYZICO_API_KEY, settings.IYZICO_SECRET_KEY = API_KEY, SECRET_KEY
    settings.CARD_TIMEOUT_SECONDS = 3.0
    yield
    assert bank.http.post(f"{bank.url}/anahtar/", json={"fault": "none"}).status_code == 200


@pytest.fixture
def payer(client_of: Callable[[Person], Client], alice: Person, now: datetime) -> Any:
    """Alice's browser."""
    with time_machine.travel(now, tick=True):
        yield client_of(alice)


@pytest.fixture
def order(accepted: Callable[..., Order]) -> Order:
    """An order of Alice's that is to be paid."""
    return accepted("ileti-150")
