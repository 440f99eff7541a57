"""A brand of Alice's with a day of movements that is over, and its files."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Provider
from brands.models import Brand
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from reports.services.roll_up import close_days
from tests import factories
from tests.reports.scene import events

DAY = date(2026, 11, 22)


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def keys(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development PKI of the test's own."""
    settings.DATA_DIR = tmp_path_factory.mktemp("data")
    return settings.DATA_DIR


@pytest.fixture
def moved(brand: Brand, now: datetime) -> Brand:
    """The brand after a day with five movements in two seconds, none of them today."""
    at = now - timedelta(days=1)
    events(brand.provider_id, at, brand=brand.pk, number=3)
    events(brand.provider_id, at + timedelta(seconds=1), brand=brand.pk, status=2, source=103, is_first=False)
    events(brand.provider_id, at + timedelta(seconds=1), brand=brand.pk, kind=2, source=None)
    return brand


@pytest.fixture
def made(moved: Brand, keys: Path, now: datetime) -> Brand:
    """The same with its daily file, as beat and a worker make it."""
    del keys
    close_days(now=now)
    work()
    return moved


def work() -> None:
    """Do what was promised about reports, as a worker does."""
    for message in OutboxMessage.objects.filter(done_at=None, topic__startswith="reports.").order_by("pk"):
        outbox.run(message.pk)
