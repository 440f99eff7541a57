"""Count the approvals of each provider by their age: from the current state, now and then, not with each movement.

To keep such sums with every movement, each approval that changes would have to be found in its old month. A count reads
the provider's consents once, in one range of their key.
"""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

logger = structlog.get_logger(__name__)

PAUSE = timedelta(hours=6)
"""A provider is not counted more often: in so few hours nothing grows visibly older."""

_BEGIN = """
    INSERT INTO reports_consentagecount AS kept (provider_id, seq, counted_at)
    SELECT %(provider)s, coalesce(max(seq), 0), %(now)s FROM consent_event WHERE provider_id = %(provider)s
    ON CONFLICT (provider_id) DO UPDATE SET seq = excluded.seq, counted_at = excluded.counted_at
"""
_FORGET = "DELETE FROM reports_consentage WHERE provider_id = %(provider)s"
_COUNT = """
    INSERT INTO reports_consentage (provider_id, brand_id, channel, month, approvals)
    SELECT %(provider)s, brand_id, channel,
        coalesce((extract(year FROM given) * 12 + extract(month FROM given) - 1)::int, 0), count(*)
    FROM (SELECT brand_id, channel, date_trunc('month', consent_at AT TIME ZONE 'Europe/Istanbul') AS given
        FROM consent WHERE provider_id = %(provider)s AND status = 1) AS approval
    GROUP BY brand_id, channel, given
"""
_DUE = """
    SELECT p.id FROM accounts_provider p LEFT JOIN reports_consentagecount c ON c.provider_id = p.id
    CROSS JOIN LATERAL (SELECT seq FROM consent_event e WHERE e.provider_id = p.id ORDER BY seq DESC LIMIT 1) newest
    WHERE newest.seq > coalesce(c.seq, 0) AND (c.counted_at IS NULL OR c.counted_at <= %(before)s) ORDER BY p.id
"""


@transaction.atomic
def count_ages(*, provider_id: int, now: datetime) -> None:
    """Count the approvals of a provider anew by the month in which they were given. Two counts wait for each other."""
    with connection.cursor() as cursor:
        for statement in (_BEGIN, _FORGET, _COUNT):
            cursor.execute(statement, {"provider": provider_id, "now": now})


def count_all(*, now: datetime) -> int:
    """Count the providers whose consents have moved since they were counted; return how many.

    What goes wrong with one provider is logged and holds up nobody else.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"before": now - PAUSE})
        due = [row[0] for row in cursor.fetchall()]
    return sum(_counted(provider_id, now) for provider_id in due)


def _counted(provider_id: int, now: datetime) -> bool:
    try:
        count_ages(provider_id=provider_id, now=now)
    except DatabaseError:
        logger.exception("ages_failed", provider_id=provider_id)
        return False
    return True
