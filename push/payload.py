"""What is sent, in İYS's form: the movements of citizens, oldest first."""

import json
from collections.abc import Iterable
from datetime import datetime

from accounts.models import Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.feed_selectors import FeedEvent
from consents.selectors import id_of
from iys_portal.shared.clock import ISTANBUL

TEST = {
    "list": [
        {
            "iysCode": 121212,
            "brandCode": 121212,
            "consentDate": "2015-05-01 15:00:00",
            "creationDate": "2015-05-01 15:00:00",
            "source": "IYS_MOBIL",
            "recipient": "pushtest@iys.org.tr",
            "recipientType": "BIREYSEL",
            "status": "ONAY",
            "type": "EPOSTA",
            "transactionId": "e52ee30512adfcd2a41fb3b4682f5bd61eee5b1c92bda665fc0b7e56644d429d",
        }
    ]
}
"""İYS's fixed test data, which every address gets when it is registered."""


def body_of(events: Iterable[FeedEvent], *, provider: Provider, brand: Brand) -> bytes:
    """Return the body of a delivery; the same movements give the same bytes."""
    return encoded({"list": [_row(event, provider, brand) for event in events]})


def encoded(content: object) -> bytes:
    """Return JSON as it is sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _row(event: FeedEvent, provider: Provider, brand: Brand) -> dict[str, object]:
    row: dict[str, object] = {
        "iysCode": provider.public_code,
        "brandCode": brand.public_code,
        "creationDate": _time(event.created_at),
        "recipient": event.recipient,
        "recipientType": RecipientType(event.recipient_type).name,
        "status": ConsentStatus(event.status).name,
        "type": Channel(event.channel).name,
        "transactionId": id_of(event, provider, brand.code),
    }
    if event.consent_at is not None:
        row["consentDate"] = _time(event.consent_at)
    if event.source is not None:
        row["source"] = Source(event.source).name
    return row


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"
