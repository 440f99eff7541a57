"""An accountant's browser, with the clock standing still at `now`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from tests.payments.card_days.conftest import captured, order  # noqa: F401  (fixtures)
from tests.payments.decisions.conftest import order_of, second, waiting  # noqa: F401  (fixtures)


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(accountant: Person, client_of: Callable[[Person], Client]) -> Client:
    """The accountant's browser."""
    return client_of(accountant)
