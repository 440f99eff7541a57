"""Count consents."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q

from consents.enums import ConsentStatus
from consents.models import Consent


@dataclass(frozen=True)
class BrandCounts:
    """The three counters of Marka Yönetimi; what is missing to the total is BEKLİYOR."""

    total: int = 0
    approval: int = 0
    rejection: int = 0


def counts_by_brand(provider_id: int, brand_ids: list[int]) -> dict[int, BrandCounts]:
    """Return the counters of each of the brands that has consents; one query."""
    rows = (
        Consent.objects.filter(provider_id=provider_id, brand_id__in=brand_ids)
        .values("brand_id")
        .annotate(
            total=Count("recipient"),
            approval=Count("recipient", filter=Q(status=ConsentStatus.ONAY)),
            rejection=Count("recipient", filter=Q(status=ConsentStatus.RET)),
        )
    )
    return {row["brand_id"]: BrandCounts(row["total"], row["approval"], row["rejection"]) for row in rows}


def address_count(provider_id: int) -> int:
    """Return the *adres sayısı*: the larger of distinct approved phones and distinct approved e-mail addresses."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(count(DISTINCT recipient) FILTER (WHERE channel <> 3),"
            " count(DISTINCT recipient) FILTER (WHERE channel = 3))"
            " FROM consent WHERE provider_id = %s AND status = %s",
            [provider_id, ConsentStatus.ONAY],
        )
        return int(cursor.fetchone()[0])
