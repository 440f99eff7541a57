"""Read what the link in an e-mail lets its recipient refuse."""

from dataclasses import dataclass

from brands.models import Brand
from consents.access_selectors import Kind
from consents.enums import Channel, ConsentStatus, RecipientType
from consents.models import ConsentEvent
from consents.selectors import address_rows


@dataclass(frozen=True)
class Refusable:
    """A consent that its recipient may refuse, or has refused."""

    kind: Kind
    recipient: str
    is_refused: bool


def refusable(provider_id: int, seq: int) -> Refusable | None:
    """Return the consent of a movement as it stands now, or None."""
    event = ConsentEvent.objects.filter(provider_id=provider_id, seq=seq).first()
    if event is None:
        return None
    current = address_rows(provider_id, event.recipient).consent(event.brand_id, event.channel, event.recipient_type)
    if current is None:
        return None
    brand = Brand.objects.select_related("provider").get(provider_id=provider_id, pk=event.brand_id)
    kind = Kind(brand, Channel(event.channel), RecipientType(event.recipient_type))
    return Refusable(kind, event.recipient, current.status == ConsentStatus.RET)
