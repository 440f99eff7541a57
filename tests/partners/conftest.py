"""A brand of Alice's company on an ordinary Monday, a partner and an intermediary to authorise."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from partners.models import Intermediary, Partner
from tests import factories


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider, code=2_222_232, name="Deneme Marka 1")


@pytest.fixture
def package(provider: Provider, now: datetime) -> Subscription:
    """İLETİ-150, active for a year from now."""
    return factories.subscription(provider, now=now)


@pytest.fixture
def partner(db: None) -> Partner:
    return factories.PartnerFactory.create(title="ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ")


@pytest.fixture
def intermediary(db: None) -> Intermediary:
    return factories.IntermediaryFactory.create(title="ABCDE Bilişim Anonim Şirketi")


@pytest.fixture
def client(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    """Alice's browser."""
    return client_of(alice)
