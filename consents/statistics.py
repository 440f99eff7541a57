"""The movements of one day as İYS's daily summary counts them (Mutabakat Özeti)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from brands.models import Brand
from consents.enums import Channel, RecipientType
from iys_portal.shared.clock import day_bounds


@dataclass(frozen=True)
class DayFigures:
    """Movements of one channel from one side.

    `approvals` are new approvals (first records, and what was a refusal before), `rejections` refusals of what was
    approved, `pending` what waits in a batch or for a citizen; `total` all movements, and what is pending.
    """

    channel: Channel
    is_citizens: bool
    approvals: int = 0
    rejections: int = 0
    pending: int = 0
    total: int = 0


# The instant narrows to the day (BRIN), the number and its chain to what was before.
_MOVED = """
    SELECT e.channel, coalesce(e.source > 100, false),
        count(*) FILTER (WHERE e.status = 1 AND (p.status IS NULL OR p.status = 2)),
        count(*) FILTER (WHERE e.status = 2 AND p.status = 1),
        count(*) FILTER (WHERE e.status = 3),
        count(*)
    FROM consent_event e
    LEFT JOIN consent_event p ON p.provider_id = e.provider_id AND p.seq = e.prev_seq
    WHERE e.provider_id = %(provider)s AND e.brand_id = %(brand)s AND e.recipient_type = %(kind)s
        AND e.created_at >= %(start)s AND e.created_at < %(end)s
    GROUP BY 1, 2
"""
_WAITING = """
    SELECT channel, sum(waiting[3 * (%(kind)s - 1) + channel])
    FROM consent_batch CROSS JOIN generate_series(1, 3) AS channel
    WHERE provider_id = %(provider)s AND brand_id = %(brand)s AND finished_at IS NULL
        AND received_at >= %(start)s AND received_at < %(end)s
    GROUP BY channel
"""


def day_figures(brand: Brand, day: date, recipient_type: RecipientType) -> list[DayFigures]:
    """Return the figures of an Istanbul day by channel, the provider's own first and the citizens' second."""
    start, end = day_bounds(day)
    values: dict[str, int | datetime] = {
        "provider": brand.provider_id,
        "brand": brand.pk,
        "kind": recipient_type.value,
        "start": start,
        "end": end,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, values)
        moved = {(channel, citizens): figures for channel, citizens, *figures in cursor.fetchall()}
        cursor.execute(_WAITING, values)
        waiting = dict(cursor.fetchall())
    return list(_figures(moved, waiting))


def _figures(moved: dict[tuple[int, bool], list[int]], waiting: dict[int, int]) -> Iterator[DayFigures]:
    for channel in Channel:
        for citizens in (False, True):
            approvals, rejections, pending, total = moved.get((channel.value, citizens), [0, 0, 0, 0])
            queued = 0 if citizens else waiting.get(channel.value, 0)
            yield DayFigures(channel, citizens, approvals, rejections, pending + queued, total + queued)
