"""Alice's browser on an ordinary Monday."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Person


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def client(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)
