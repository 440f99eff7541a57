"""What every test shares: people of two rival providers, clients that are logged in, no network."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from accounts.models import Person, Provider
from django.test import Client
from pytest_socket import socket_allow_hosts

from tests import factories


def pytest_runtest_setup() -> None:
    """Only the loopback servers of the test run may be spoken to."""
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture
def now() -> datetime:
    """An ordinary Monday at noon in Istanbul."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def provider(db: None) -> Provider:
    """Alice's company."""
    return factories.ProviderFactory.create()


@pytest.fixture
def alice(provider: Provider) -> Person:
    """Authorised for `provider`."""
    person = factories.PersonFactory.create()
    factories.MembershipFactory.create(provider=provider, person=person)
    return person


@pytest.fixture
def bob(db: None) -> Person:
    """Authorised for another provider: whatever is Alice's must not exist for Bob."""
    person = factories.PersonFactory.create()
    factories.MembershipFactory.create(person=person)
    return person


@pytest.fixture
def accountant(db: None) -> Person:
    """Staff of the group Muhasebe."""
    return factories.accountant()


@pytest.fixture
def client_of() -> Callable[[Person], Client]:
    """Return a browser in which a person is logged in."""

    def login(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return login
