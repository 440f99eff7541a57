"""What every test shares: people of two rival providers, clients that are logged in, no network."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_socket import socket_allow_hosts

from accounts.models import Person, Provider
from tests import factories


def pytest_runtest_setup() -> None:
    """Only the loopback servers of the test run may be spoken to."""
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that stays empty: nothing is collected for tests that draw pages without a web server."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings, empty_folder: Path) -> None:
    """Name static files as they lie in the tree: the packed names exist only after collectstatic."""
    settings.STATIC_ROOT = empty_folder
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


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
