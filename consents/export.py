"""The rows of the exported list, in İYS's own words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from consents.rules.transaction import written
from iys_portal.shared.tables import Cell

HEAD: Sequence[Cell] = (
    "Alıcı",
    "Marka Kodu",
    "Marka",
    "Kanal",
    "Alıcı Tipi",
    "Durum",
    "Kaynak",
    "İzin Tarihi",
)


def rows_of(consents: Iterable[Consent], brands: Mapping[int, Brand]) -> Iterator[Sequence[Cell]]:
    """Yield the head and a row for each consent, in the list's order."""
    yield HEAD
    for row in consents:
        brand = brands.get(row.brand_id)
        yield (
            row.recipient,
            brand.code if brand else "",
            brand.name if brand else "",
            Channel(row.channel).name,
            RecipientType(row.recipient_type).name,
            ConsentStatus(row.status).name,
            "" if row.source is None else Source(row.source).name,
            written(row.consent_at),
        )
