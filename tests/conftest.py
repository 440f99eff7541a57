"""What every test shares: people of two rival providers, clients that are logged in, no network."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings
from pytest_socket import socket_allow_hosts
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from accounts.models import Person, Provider
from tests import factories


class JourneysTogether(LoadScopeScheduling):
    """Give the journeys, first, to two workers: each has one running portal. Every other test goes its own way."""

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/journeys/"):
            return nodeid
        return "journeys of cards" if nodeid.startswith("tests/journeys/test_card") else "journeys"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> JourneysTogether:
    """Schedule by path: the groups of xdist 3.8 come to nothing with pytest 9.2, which has no `_nodeid` any more."""
    return JourneysTogether(config, log)


def pytest_runtest_setup() -> None:
    """Only the loopback servers of the test run may be spoken to."""
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def own_cache() -> None:
    """Count and cache apart from every other run: limits would be reached by tests that ran a minute ago."""
    prefix = f"test-{uuid4().hex[:12]}:"
    django_settings.API_STANDING_SECONDS = 0  # nor is a standing remembered that a test changes
    django_settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix  # a module that was collected may have opened it


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
