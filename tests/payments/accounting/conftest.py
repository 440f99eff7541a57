"""An accountant's browser, with the clock standing still at `now`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Person


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(accountant: Person, client_of: Callable[[Person], Client]) -> Client:
    """The accountant's browser."""
    return client_of(accountant)
