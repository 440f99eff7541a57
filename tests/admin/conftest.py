"""An administrator's browser, and the clock standing still at `now`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from tests import factories


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def administrator(db: None) -> Person:
    return factories.administrator()


@pytest.fixture
def browser(administrator: Person, client_of: Callable[[Person], Client]) -> Client:
    """The administrator's browser."""
    return client_of(administrator)
