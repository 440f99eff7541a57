"""What comes of the staged rows of a file, in SQL: the same verdicts that `record_consent` gives one by one.

A verdict is `new`, `changed`, `same` (recorded before, word by word), or İYS's codes with commas between them. The
order is that of the rules: the date's age (field), the repetition, the dealer (gate), then the state
(consents/rules/state.py). The address limit comes after, in consents/services/import_chunks.py: only
rows that would be recorded take room.
"""

from datetime import datetime
from typing import Any

from brands.enums import RetailerState
from consents.enums import ConsentStatus, RecipientType, Source
from consents.models import ImportJob
from consents.rules.calendar import earliest_allowed
from consents.rules.fields import Policy

NEW, CHANGED, SAME = "new", "changed", "same"
_REFUSED = ConsentStatus.RET.value

_VERDICT = f"""
    CASE
    WHEN CASE WHEN s.source = {Source.HS_2015.value} THEN NOT %(transition)s ELSE s.consent_at < %(earliest)s END
        THEN 'H467'
    WHEN %(repeats)s AND c.status = s.status AND c.consent_at IS NOT DISTINCT FROM s.consent_at
        AND c.source IS NOT DISTINCT FROM s.source AND s.retailer_code IS NOT DISTINCT FROM (
            SELECT e.retailer_code FROM consent_event e WHERE e.provider_id = %(provider)s AND e.seq = c.last_seq
        ) THEN '{SAME}'
    WHEN s.retailer_code IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM brands_retailer r
        WHERE r.provider_id = %(provider)s AND r.brand_id = %(brand)s AND r.code = s.retailer_code
            AND r.state = '{RetailerState.ACTIVE.value}'
    ) THEN 'H180'
    WHEN c.status IS NULL THEN CASE
        WHEN s.status = {_REFUSED} AND NOT (s.recipient_type = {RecipientType.TACIR.value} AND %(free)s) THEN 'H175'
        ELSE '{NEW}' END
    ELSE coalesce(
        nullif(concat_ws(',',
            CASE WHEN s.status = {_REFUSED} AND c.status = {_REFUSED} THEN 'H174' END,
            CASE WHEN s.source IS NULL THEN 'H463' END,
            CASE WHEN s.consent_at IS NULL THEN 'H462' END), ''),
        CASE WHEN s.consent_at <= c.consent_at THEN 'H178' END,
        '{CHANGED}')
    END
"""  # noqa: S608  (constants of our own)

# LIMIT keeps the planner to the key, row by row: of a table that it has no statistics of, it would think so little
# that it walks through all of a provider's consents for each row.
_KEPT = """
    LEFT JOIN LATERAL (
        SELECT status, consent_at, source, last_seq FROM consent
        WHERE provider_id = %(provider)s AND recipient = s.recipient AND brand_id = %(brand)s
            AND channel = s.channel AND recipient_type = s.recipient_type
        LIMIT 1
    ) AS c ON true
"""
_NOTHING_KEPT = """
    CROSS JOIN (
        SELECT NULL::smallint AS status, NULL::timestamptz AS consent_at, NULL::smallint AS source,
            NULL::bigint AS last_seq
    ) AS c
"""


def judged(table: str, *, key: str, more: str, all_new: bool = False) -> str:
    """Return the SQL of the verdicts on the rows of a table: those with `key`, a condition, and `more` columns.

    With `all_new` (see `KNOWS`) nothing is looked up.
    """
    return f"""
    SELECT s.position, {more}, s.recipient, s.channel, s.recipient_type, s.status, s.source, s.consent_at,
        s.retailer_code, c.status AS was, c.last_seq AS before, {_VERDICT} AS verdict
    FROM {table} s {_NOTHING_KEPT if all_new else _KEPT}
    WHERE s.provider_id = %(provider)s AND {key}
    """  # noqa: S608  (constants of our own)


STAGED = {
    all_new: judged("consent_import_row", key="s.job_id = %(job)s", more="s.line", all_new=all_new)
    for all_new in (False, True)
}
"""The query of the staged rows of a file, by whether all of them are new."""

# The rows lie in the order of their recipients, as the consents do: two look-ups by key, one of a range.
KNOWS = """
    SELECT EXISTS (
        SELECT 1 FROM consent WHERE provider_id = %(provider)s AND recipient BETWEEN
            (SELECT recipient FROM consent_import_row
                WHERE provider_id = %(provider)s AND job_id = %(job)s AND position = %(after)s + 1)
            AND (SELECT recipient FROM consent_import_row
                WHERE provider_id = %(provider)s AND job_id = %(job)s AND position = %(until)s)
    )
"""
"""Whether the provider has a consent of any recipient within a span of the staged rows."""


def values_of(job: ImportJob, *, policy: Policy, now: datetime) -> dict[str, Any]:
    """Return the values that the queries take, but for the span of `KNOWS`."""
    return {
        "provider": job.provider_id,
        "brand": job.brand_id,
        "job": job.pk,
        "earliest": earliest_allowed(now, policy.calendar),
        "transition": policy.transition_open,
        "free": policy.tacir_first_ret,
        "repeats": True,
    }
