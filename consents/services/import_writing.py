"""Write judged rows of the temporary table `import_chunk`, all that the package has room for.

Files and batches of programs come this way. Rows are new, changed or rejected as `record_consent` would have it of
them one by one in the order of their positions; tests compare both.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from consents.selectors import count_with
from consents.services.recording import INSTANT
from packages.models import Package
from packages.rules import fits
from packages.selectors import AddressCounts, active_package, address_usage
from packages.usage import add_delta

LIMIT_REACHED = "H525"

# The planner, which has seen neither the temporary tables nor how few rows a chunk has beside the provider's, would
# hash whole partitions: only the key finds a chunk's consents. What is switched off costs it so much in its own
# eyes that it would compile every statement, which takes longer than they do.
_OFF = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")
_SETTINGS = {"app.bulk": "on", **dict.fromkeys(_OFF, "off")}

# Numbers of events are drawn under the provider's lock: their order is that of the commits.
_WRITE = """
    CREATE TEMPORARY TABLE import_write AS
    SELECT nextval('consent_event_seq_seq') AS seq, accepted.*
    FROM (SELECT * FROM import_chunk WHERE verdict IN ('new', 'changed') ORDER BY position) AS accepted
"""
_EVENTS = f"""
    INSERT INTO consent_event (provider_id, seq, prev_seq, created_at, consent_at, brand_id, person_id, retailer_code,
        channel, recipient_type, status, source, way, recipient) OVERRIDING SYSTEM VALUE
    SELECT %(provider)s, seq, before, {INSTANT}, consent_at, %(brand)s, %(person)s, retailer_code, channel,
        recipient_type, status, source, %(way)s, recipient
    FROM import_write ORDER BY seq
"""  # noqa: S608  (constants of our own)
_INSERT = """
    INSERT INTO consent
        (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source, last_seq)
    SELECT %(provider)s, recipient, %(brand)s, channel, recipient_type, status, consent_at, source, seq
    FROM import_write WHERE verdict = 'new' ORDER BY seq
"""
# Finds its rows by the key whatever the planner thinks, which a join does not.
_UPDATE = """
    INSERT INTO consent
        (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source, last_seq)
    SELECT %(provider)s, recipient, %(brand)s, channel, recipient_type, status, consent_at, source, seq
    FROM import_write WHERE verdict = 'changed' ORDER BY seq
    ON CONFLICT (provider_id, recipient, brand_id, channel, recipient_type) DO UPDATE SET status = excluded.status,
        consent_at = excluded.consent_at, source = excluded.source, last_seq = excluded.last_seq
"""
# What the statement trigger would have counted: an address counts while it has an approval (ADR 14).
_GAINED = """
    SELECT coalesce(sum(gained) FILTER (WHERE NOT mail), 0), coalesce(sum(gained) FILTER (WHERE mail), 0)
    FROM (
        SELECT mail, (approved > 0)::int - (approved - change > 0)::int AS gained
        FROM (
            SELECT recipient, channel = 3 AS mail, sum((status = 1)::int - (was IS NOT DISTINCT FROM 1)::int) AS change
            FROM import_write GROUP BY recipient, channel = 3
        ) AS address
        CROSS JOIN LATERAL (
            SELECT count(*) AS approved FROM consent
            WHERE provider_id = %(provider)s AND consent.recipient = address.recipient AND (channel = 3) = mail
                AND status = 1
        ) AS afterwards
        WHERE change <> 0
    ) AS gains
"""


def write_chunk(provider_id: int, values: dict[str, Any], *, now: datetime) -> None:
    """Record the judged rows of the temporary table `import_chunk`, all that fit into the package.

    Numbers of the new events stand in `import_write` afterwards. The caller holds the provider's addresses and works
    `for_many_rows`.
    """
    with connection.cursor() as cursor:
        if beyond := _beyond_limit(provider_id, now=now):
            cursor.execute("UPDATE import_chunk SET verdict = %s WHERE position = ANY(%s)", [LIMIT_REACHED, beyond])
        cursor.execute(_WRITE)
        cursor.execute("ANALYZE import_write")
        for statement in (_EVENTS, _INSERT, _UPDATE):
            cursor.execute(statement, values)
        cursor.execute(_GAINED, values)
        phones, emails = cursor.fetchone()
    add_delta(provider_id, phones=phones, emails=emails)


@contextmanager
def for_many_rows() -> Iterator[None]:
    """Switch off what counts row by row and what misleads the planner, for this part of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}', true)" for name in _SETTINGS))
        before = dict(zip(_SETTINGS, cursor.fetchone(), strict=True))
    _set(_SETTINGS)
    yield
    _set({name: value or "off" for name, value in before.items()})


def _set(settings: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


# --- The address limit ------------------------------------------------------------------------------------------------
_MOST_GAINS = """
    SELECT count(DISTINCT recipient) FILTER (WHERE channel <> 3), count(DISTINCT recipient) FILTER (WHERE channel = 3)
    FROM import_chunk WHERE verdict IN ('new', 'changed') AND status = 1 AND was IS DISTINCT FROM 1
"""
_TURNS = """
    SELECT position, recipient, channel = 3, status = 1 FROM import_chunk
    WHERE verdict IN ('new', 'changed') AND (status = 1) <> (was IS NOT DISTINCT FROM 1) ORDER BY position
"""
_APPROVALS = """
    SELECT r.recipient, a.mail, a.approvals
    FROM (SELECT DISTINCT recipient FROM import_chunk WHERE verdict IN ('new', 'changed')) AS r
    CROSS JOIN LATERAL (
        SELECT channel = 3 AS mail, count(*) AS approvals FROM consent
        WHERE provider_id = %s AND recipient = r.recipient AND status = 1 GROUP BY channel = 3
    ) AS a
"""


def is_room(provider_id: int, *, phones: int, emails: int, now: datetime) -> bool:
    """Return whether the provider's package has room for as many more approved addresses."""
    return _is_room(address_usage(provider_id), active_package(provider_id, now=now), phones, emails)


def _is_room(counts: AddressCounts, package: Package, phones: int, emails: int) -> bool:
    most = max(counts.phones + phones, counts.emails + emails)
    return most <= counts.count or fits(package, addresses=most)


def _beyond_limit(provider_id: int, *, now: datetime) -> list[int]:
    """Return the places of the rows that the package has no room for: those that come when it is full, in order.

    As long as all rows together fit, no row is looked at.
    """
    counts, package = address_usage(provider_id), active_package(provider_id, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_MOST_GAINS)
        if _is_room(counts, package, *cursor.fetchone()):
            return []
        cursor.execute(_APPROVALS, [provider_id])
        approvals: Counter[tuple[str, bool]] = Counter({(who, mail): n for who, mail, n in cursor.fetchall()})
        cursor.execute(_TURNS)
        turns = cursor.fetchall()
    beyond = []
    for position, recipient, mail, approves in turns:
        key = (recipient, mail)
        counted = approvals[key] > 0
        if approves and not counted:
            after = count_with(counts, mail=mail, change=1)
            if after > counts.count and not fits(package, addresses=after):
                beyond.append(position)
                continue
        approvals[key] += 1 if approves else -1
        if counted != (approvals[key] > 0):
            counts = counts.changed(mail=mail, change=1 if approves else -1)
    return beyond
