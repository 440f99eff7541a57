"""What comes of the staged rows of a file, in SQL: the same verdicts that `record_consent` gives one by one.

A verdict is `new`, `changed`, `same` (recorded before, word by word), or İYS's codes with commas between them. The
order is that of the rules: the date's age (field), the repetition, the dealer (gate), then the state
(consents/rules/state.py). The address limit comes after, in consents/services/import_writing.py: only
rows that would be recorded take room.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

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
        AND c.source IS NOT DISTINCT FROM s.source AND s.retailer_code IS NOT DISTINCT FROM CASE WHEN %(dealers)s THEN (
            SELECT e.retailer_code FROM consent_event e WHERE e.provider_id = %(provider)s AND e.seq = c.last_seq
        ) END THEN '{SAME}'
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
# Where the provider has not many more consents between the first and the last row than there are rows: all at once.
_KEPT_NEAR = """
    LEFT JOIN (
        SELECT recipient, channel, recipient_type, status, consent_at, source, last_seq FROM consent
        WHERE provider_id = %(provider)s AND brand_id = %(brand)s AND recipient BETWEEN %(first)s AND %(last)s
    ) AS c ON c.recipient = s.recipient AND c.channel = s.channel AND c.recipient_type = s.recipient_type
"""
_NOTHING_KEPT = """
    CROSS JOIN (
        SELECT NULL::smallint AS status, NULL::timestamptz AS consent_at, NULL::smallint AS source,
            NULL::bigint AS last_seq
    ) AS c
"""


class Known(StrEnum):
    """What a provider has recorded between the first and the last of some rows."""

    NOTHING = "nothing"
    AS_MUCH = "as much"
    FAR_MORE = "far more"


_LOOK_UP = {Known.NOTHING: _NOTHING_KEPT, Known.AS_MUCH: _KEPT_NEAR, Known.FAR_MORE: _KEPT}


def judged(table: str, *, where: str, more: str, known: Known = Known.FAR_MORE) -> str:
    """Return the SQL of the verdicts on the rows of a table: those that `where` holds, and with `more` columns."""
    return f"""
    SELECT s.position, {more}, s.recipient, s.channel, s.recipient_type, s.status, s.source, s.consent_at,
        s.retailer_code, c.status AS was, c.last_seq AS before, {_VERDICT} AS verdict
    FROM {table} s {_LOOK_UP[known]}
    WHERE {where}
    """  # noqa: S608  (constants of our own)


STAGED_TABLE = """
    CREATE TEMPORARY TABLE import_staged (
        position integer, line integer, recipient text COLLATE "C", channel smallint, recipient_type smallint,
        status smallint, source smallint, consent_at timestamptz, retailer_code integer
    )
"""
CHUNK_TABLE = {
    known: f"""
        CREATE TEMPORARY TABLE import_chunk AS
        {judged("import_staged", where="true", more="s.line", known=known)}
    """
    for known in Known
}
"""The rows of `import_staged` with their verdicts, by what is recorded between the first and the last."""

_REJECTED = """
    INSERT INTO consent_import_problem (provider_id, job_id, line, codes, recipient, channel, recipient_type, status,
        source, consent_at, retailer_code)
    SELECT %(provider)s, %(job)s, line, verdict, recipient, channel, recipient_type, status, source, consent_at,
        retailer_code
    FROM import_chunk WHERE verdict NOT IN ('new', 'changed', 'same')
"""


def keep_rejected(job: ImportJob) -> None:
    """Keep the rows of `import_chunk` that are refused with the job's bad rows."""
    with connection.cursor() as cursor:
        cursor.execute(_REJECTED, {"provider": job.provider_id, "job": job.pk})


KNOWS = """
    SELECT count(*) FROM (
        SELECT 1 FROM consent WHERE provider_id = %s AND recipient BETWEEN %s AND %s LIMIT %s
    ) AS found
"""
"""How many consents of recipients from one to another a provider has, up to a number."""

NEWEST = "SELECT coalesce(max(seq), 0) FROM consent_event WHERE provider_id = %s"
"""The number of a provider's newest event: while it is the same, so are the provider's consents."""

_PARTITION = """
    SELECT inhrelid::regclass::text
    FROM pg_inherits JOIN pg_class ON oid = inhrelid CROSS JOIN LATERAL (
        SELECT regexp_match(pg_get_expr(relpartbound, oid), 'modulus ([0-9]+), remainder ([0-9]+)')::int[] AS part
    ) AS bound
    WHERE inhparent = 'consent'::regclass AND satisfies_hash_partition(inhparent, part[1], part[2], %s::bigint)
"""


def partition_of(provider_id: int) -> str:
    """Return the name of the part of `consent` that holds the provider's, as it stands in SQL.

    Into the whole, whose triggers see what is new, COPY writes row by row; into a part, a page at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PARTITION, [provider_id])
        return str(cursor.fetchone()[0])


_DEALERS = (
    "SELECT min(retailer_code) IS NOT NULL FROM consent_event WHERE provider_id = %s AND retailer_code IS NOT NULL"
)


def has_dealers(provider_id: int) -> bool:
    """Return whether any movement of the provider names a dealer; where none does, no event is looked up for it."""
    with connection.cursor() as cursor:
        cursor.execute(_DEALERS, [provider_id])
        return bool(cursor.fetchone()[0])


def values_of(job: ImportJob, *, policy: Policy, now: datetime) -> dict[str, Any]:
    """Return the values that the queries take."""
    return {
        "provider": job.provider_id,
        "brand": job.brand_id,
        "earliest": earliest_allowed(now, policy.calendar),
        "transition": policy.transition_open,
        "dealers": has_dealers(job.provider_id),
        "free": policy.tacir_first_ret,
        "repeats": True,
    }
