"""A brand of Alice's, and movements that are well-formed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.rules.calendar import Calendar
from consents.rules.fields import Movement, Policy
from consents.services import Origin, Recorded, record_consent
from tests import factories
from tests.consents.scene import PHONES

Recording = Callable[..., Recorded]
POLICY = Policy(Calendar())


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def recording(provider: Provider, brand: Brand, alice: Person, now: datetime) -> Recording:
    """Record a movement of Alice's; an approval by message of the first phone, `ago` minutes old, unless said."""

    def record(
        status: ConsentStatus = ConsentStatus.ONAY,
        *,
        recipient: str = PHONES[0],
        channel: Channel = Channel.MESAJ,
        kind: RecipientType = RecipientType.BIREYSEL,
        source: Source | None = Source.HS_WEB,
        ago: int | None = 60,
        **options: object,
    ) -> Recorded:
        consent_at = None if ago is None else now - timedelta(minutes=ago)
        values = {
            "provider": provider,
            "brand": brand,
            "movement": Movement(recipient, channel, kind, status, source, consent_at),
            "origin": Origin(Way.SCREEN, alice),
            "policy": POLICY,
            "now": now,
        }
        return record_consent(**(values | options))  # type: ignore[arg-type]

    return record
