"""Consents that are there before a program calls."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.rules.calendar import Calendar
from consents.rules.fields import Movement, Policy
from consents.services import Origin, Recorded, record_consent

PHONE, OTHER = "+905992000001", "+905992000002"


def record(
    brand: Brand,
    recipient: str = PHONE,
    status: ConsentStatus = ConsentStatus.ONAY,
    *,
    channel: Channel = Channel.MESAJ,
    kind: RecipientType = RecipientType.BIREYSEL,
    ago: timedelta = timedelta(hours=1),
    now: datetime | None = None,
    **options: Any,
) -> Recorded:
    """Record an approval by message of the brand, taken on a website an hour ago, unless said."""
    now = now or timezone.now()
    return record_consent(
        provider=brand.provider,
        brand=brand,
        movement=Movement(recipient, channel, kind, status, Source.HS_WEB, now - ago),
        origin=Origin(Way.API),
        policy=Policy(Calendar()),
        now=now,
        **options,
    )
