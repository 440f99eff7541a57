"""Read what came of batches of consents; the provider comes first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Provider
from brands.models import Brand
from consents.api_selectors import TRANSACTION_ID, written_sql
from consents.rules.requests import RESULTS_KEPT, sub_request_ids


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of one consent of a batch: recorded (`transaction_id`), refused (`code`), or still waiting.

    `created_at` as İYS writes it. `original` names the batch and the part that had recorded the same before, where a
    batch had.
    """

    position: int
    transaction_id: str | None = None
    created_at: str | None = None
    code: str = ""
    original: tuple[UUID, str] | None = None


@dataclass(frozen=True)
class BatchResults:
    """A batch and what came of its consents, in their order."""

    request_id: UUID
    repeats: bool
    items: list[ItemResult]


def accounts_of(provider_id: int, numbers: list[int]) -> dict[int, str]:
    """Return the names of the API accounts that sent these events in a batch, as long as its results are kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.seq, a.name FROM consent_batch_item i JOIN consent_batch b USING (provider_id, number)"
            " JOIN accounts_apiaccount a ON a.id = b.account_id"
            " WHERE i.provider_id = %s AND i.seq = ANY(%s) AND NOT i.is_repeat",
            [provider_id, numbers],
        )
        return dict(cursor.fetchall())


_RESULTS = f"""
    SELECT b.repeats, b.size, i.position, i.codes, {written_sql("e.created_at")}, {TRANSACTION_ID}, original.request_id,
        original.position
    FROM consent_batch b
    LEFT JOIN consent_batch_item i ON i.provider_id = b.provider_id AND i.number = b.number
    LEFT JOIN consent_event e ON e.provider_id = b.provider_id AND e.seq = i.seq
    LEFT JOIN LATERAL (
        SELECT ob.request_id, o.position FROM consent_batch_item o
        JOIN consent_batch ob ON ob.provider_id = o.provider_id AND ob.number = o.number
        WHERE i.is_repeat AND o.provider_id = i.provider_id AND o.seq = i.seq AND NOT o.is_repeat
        LIMIT 1
    ) AS original ON true
    WHERE b.provider_id = %(provider)s AND b.request_id = %(request)s AND b.brand_id = %(brand)s
        AND b.received_at > %(since)s
    ORDER BY i.position
"""  # noqa: S608  (constants of our own)


def results_of(provider: Provider, brand: Brand, request_id: UUID, *, now: datetime) -> BatchResults | None:
    """Return what came of a batch of the brand, or None where there is none of the last 60 days; one query."""
    values: dict[str, Any] = {
        "provider": provider.pk,
        "request": request_id,
        "brand": brand.pk,
        "since": now - RESULTS_KEPT,
        "iys_code": str(provider.iys_code),
        "brand_code": str(brand.code),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    repeats, size, position, *_ = rows[0]
    if position is None:  # it waits
        return BatchResults(request_id, repeats, [ItemResult(place) for place in range(size)])
    items = [
        ItemResult(
            position,
            number,
            created_at,
            codes.partition(",")[0],
            None if request is None else (request, sub_request_ids(request, [part])[0]),
        )
        for _, _, position, codes, created_at, number, request, part in rows
    ]
    return BatchResults(request_id, repeats, items)
