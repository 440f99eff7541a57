"""Reviewers, and the clock standing still at `now`."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from accounts.models import Person
from tests import factories


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def reviewer(db: None) -> Person:
    return factories.administrator()


@pytest.fixture
def second(db: None) -> Person:
    """Another reviewer."""
    person = factories.administrator("yonetici2")
    person.given_name, person.family_name = "Zeki", "Demir"
    person.save()
    return person
