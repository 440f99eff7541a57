"""A receiver that our server trusts, and connections of Alice's brand to it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.services import Recorded, record_citizens_movement
from push.models import PushConnection
from push.rules import Wanted
from push.services import connections
from tests import factories
from tests.push.receiver import PASSWORD, USER, Receiver, make_certificate, receiving

Citizen = Callable[..., Recorded]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def receiver(certificate: Path, settings: Settings) -> Iterator[Receiver]:
    settings.DEMO_MODE, settings.PUSH_CA_FILE = True, str(certificate)
    with receiving(certificate) as found:
        yield found


@pytest.fixture
def brand(provider: Provider, now: datetime) -> Brand:
    """A brand of a provider whose package has the API."""
    factories.subscription(provider, now=now)
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def connection(brand: Brand, receiver: Receiver, alice: Person, now: datetime) -> PushConnection:
    """An active connection for messages; what the receiver got at its registration is forgotten."""
    wanted = Wanted(receiver.url, Channel.MESAJ, USER, PASSWORD)
    (made,) = connections.register(brand=brand, wanted=[wanted], actor=alice, now=now)
    receiver.got.clear()
    return made


@pytest.fixture
def citizen(provider: Provider, brand: Brand, now: datetime) -> Citizen:
    """Record a citizen's movement: an approval by message of the first number, unless said."""

    def record(number: int = 1, *, ago: int = 60, **options: object) -> Recorded:
        values = {
            "provider": provider,
            "brand": brand,
            "recipient": f"+90599200{number:04d}",
            "channel": Channel.MESAJ,
            "recipient_type": RecipientType.BIREYSEL,
            "status": ConsentStatus.ONAY,
            "source": Source.IYS_MOBIL,
            "consent_at": now - timedelta(minutes=ago),
            "now": now,
        }
        return record_citizens_movement(**(values | options))  # type: ignore[arg-type]

    return record
