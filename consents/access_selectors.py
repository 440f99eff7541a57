"""Read which dealers (bayi) a consent is open to, and how many consents a dealer sees. The provider comes first."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from brands.models import Brand, Retailer
from consents.enums import Channel, RecipientType
from consents.models import RetailerAccess
from iys_portal.audit.bulk import any_of


@dataclass(frozen=True)
class Kind:
    """Which of a brand's consents are meant: with the recipient it is a consent's key."""

    brand: Brand
    channel: Channel
    recipient_type: RecipientType


def access_of(kind: Kind, recipients: Collection[str]) -> QuerySet[RetailerAccess]:
    """Return the access to the consents of these recipients."""
    return RetailerAccess.objects.filter(
        provider_id=kind.brand.provider_id,
        brand_id=kind.brand.pk,
        channel=kind.channel,
        recipient_type=kind.recipient_type,
        recipient__in=any_of(list(recipients), "text"),
    )


def retailers_with_access(kind: Kind, recipient: str) -> QuerySet[Retailer]:
    """Return the dealers to whom a consent is open, in Turkish order; none where there is no such consent."""
    codes = access_of(kind, [recipient]).values("retailer_code")
    return Retailer.objects.filter(provider_id=kind.brand.provider_id, brand=kind.brand, code__in=codes).order_by(
        "title", "code"
    )


def access_count(kind: Kind, recipient: str) -> int:
    """Return to how many dealers a consent is open."""
    return access_of(kind, [recipient]).count()


def consents_seen_by(provider_id: int, retailer_codes: Collection[int]) -> dict[int, int]:
    """Return how many consents each of these dealers sees, of those that see any; one query."""
    rows = RetailerAccess.objects.filter(
        provider_id=provider_id, retailer_code__in=any_of(list(retailer_codes), "integer")
    )
    return dict(rows.values_list("retailer_code").annotate(Count("recipient")))
