"""What every test shares: people of two rival providers, clients that are logged in, no network."""

import fcntl
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import caches
from django.db import connection
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings
from pytest_socket import socket_allow_hosts
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from accounts.models import Person, Provider
from applications import files
from contracts import sandbox
from iys_portal.bench.scratch import drop_database
from tests import factories
from tests.pristine import Pristine

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

_OF_JOURNEYS = "tests/journeys/"
_PORTALS = (("test_card",), ("test_every_page", "test_transfer"), ("",))
"""Whose names begin with one of these share a running portal: three that take about the same time."""
SHARING = ("tests/contracts/", "tests/runner/test_servers.py", "tests/simulators/", "tests/payments/fetching/")
"""Here the tests of a module share what is slow to make: a simulator's process, a sealed contract."""


class TogetherWhatShares(LoadScopeScheduling):
    """Give tests that share something to one worker, the journeys first. Every other test goes its own way."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_OF_JOURNEYS):
            name = nodeid.removeprefix(_OF_JOURNEYS)
            return next(f"{_OF_JOURNEYS}{names[0]}" for names in _PORTALS if name.startswith(names))
        return nodeid.partition("::")[0] if nodeid.startswith(SHARING) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherWhatShares:
    """Schedule by path: the groups of xdist 3.8 come to nothing with pytest 9.2, which has no `_nodeid` any more."""
    config.option.loadscopereorder = False  # in the order of pytest_collection_modifyitems
    return TogetherWhatShares(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest in one piece."""
    items.sort(key=lambda item: (not item.nodeid.startswith(_OF_JOURNEYS), not item.nodeid.startswith(SHARING)))


def pytest_runtest_setup() -> None:
    """Only the loopback servers of the test run may be spoken to."""
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def own_cache() -> None:
    """Count and cache apart from every other run: limits would be reached by tests that ran a minute ago."""
    prefix = f"test-{uuid4().hex[:12]}:"
    django_settings.API_STANDING_SECONDS = 0  # nor is a standing remembered that a test changes
    django_settings.COUNTED_SECONDS = 0
    django_settings.API_LOG_SECONDS = 0  # a thread's connection would not see what a test has not committed
    django_settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix  # a module that was collected may have opened it


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Argon2 as ever, at its lowest cost: hundreds of tests make a member of staff. The journeys pay the real one."""
    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 8


@pytest.fixture(scope="session", autouse=True)
def patient_examiners() -> None:
    """A file is bounded by the processor time and the memory that it takes; the clock runs for the whole machine."""
    sandbox.WAIT_SECONDS = files.WAIT_SECONDS = 180


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> str:
    """Return the name of a database with all migrations applied, which the first of several workers makes."""
    options, name = connection.settings_dict["TEST"], template_name()
    folder = tmp_path_factory.getbasetemp().parent  # shared by the workers of this run
    with (folder / "template.lock").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "template.made").exists():
            configured, own_name = connection.settings_dict["NAME"], options["NAME"]
            options["NAME"] = name
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            connection.settings_dict["NAME"], options["NAME"] = configured, own_name
            (folder / "template.made").touch()
    return name


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> None:
    """Of several workers each copies the template."""
    if hasattr(request.config, "workerinput") and (django_db_createdb or not django_db_keepdb):
        connection.settings_dict["TEST"]["TEMPLATE"] = request.getfixturevalue("migrated_template")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Have the database of the tests cleaned by what they touched, where its user may do that."""
    with django_db_blocker.unblock():
        pristine = Pristine()
        can_restore = pristine.can_restore
    with pytest.MonkeyPatch.context() as patch:
        if can_restore:
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: pristine.restore())
        yield


def template_name() -> str:
    return f"test_{urlsplit(os.environ['DATABASE_URL']).path[1:]}_template"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop, when every worker has gone, what they copied."""
    if hasattr(session.config, "workerinput") or not getattr(session.config.option, "numprocesses", None):
        return
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        drop_database(server.cursor(), template_name())


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
