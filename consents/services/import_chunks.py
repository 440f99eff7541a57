"""Record the staged rows of a file, a chunk at a time: each in one transaction that also says how far it came.

So a killed worker goes on exactly where it stood, a cancelled file ends at the end of a chunk, and other writers of
the provider wait for no longer than a chunk takes. Rows are new, changed or rejected as `record_consent` would have
it of them one by one in the order of their keys; a test compares both.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from consents.enums import IMPORT_TRANSITIONS, ImportState, Way
from consents.models import ImportJob
from consents.selectors import count_with, policy
from consents.services.import_check import locked_job
from consents.services.import_sql import CHANGED, KNOWS, NEW, SAME, STAGED, values_of
from consents.services.recording import INSTANT
from iys_portal.audit.services import move
from packages.rules import fits
from packages.selectors import active_package, address_usage
from packages.usage import add_delta, lock_addresses

CHUNK = 50_000
_LIMIT_REACHED = "H525"


class StagedRowsLost(Exception):
    """The rows that waited are not there: the database server crashed, and they were not logged."""


# The planner, which has seen neither the temporary tables nor how few rows a chunk has beside the provider's, would
# hash whole partitions: only the key finds a chunk's consents. What is switched off costs it so much in its own
# eyes that it would compile every statement, which takes longer than they do.
_OFF = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")
_SETTINGS = {"app.bulk": "on", **dict.fromkeys(_OFF, "off")}

# Held until the chunk is recorded, so that none of them is deleted meanwhile.
_DEALERS = """
    SELECT code FROM brands_retailer WHERE provider_id = %(provider)s AND brand_id = %(brand)s AND code IN (
        SELECT retailer_code FROM consent_import_row
        WHERE provider_id = %(provider)s AND job_id = %(job)s AND position > %(after)s AND position <= %(until)s
    ) FOR KEY SHARE
"""
_CHUNK = {
    all_new: f"""
        CREATE TEMPORARY TABLE import_chunk AS
        {STAGED[all_new]} AND s.position > %(after)s AND s.position <= %(until)s ORDER BY s.position
    """
    for all_new in (False, True)
}
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
_APPROVED_AFTERWARDS = """
        CROSS JOIN LATERAL (
            SELECT count(*) AS approved FROM consent
            WHERE provider_id = %(provider)s AND consent.recipient = address.recipient AND (channel = 3) = mail
                AND status = 1
        ) AS afterwards
"""
# All that there is of the address was just written.
_APPROVED_NOW = "CROSS JOIN LATERAL (SELECT change AS approved) AS afterwards"
_GAINED = """
    SELECT coalesce(sum(gained) FILTER (WHERE NOT mail), 0), coalesce(sum(gained) FILTER (WHERE mail), 0)
    FROM (
        SELECT mail, (approved > 0)::int - (approved - change > 0)::int AS gained
        FROM (
            SELECT recipient, channel = 3 AS mail, sum((status = 1)::int - (was IS NOT DISTINCT FROM 1)::int) AS change
            FROM import_write GROUP BY recipient, channel = 3
        ) AS address
        {afterwards}
        WHERE change <> 0
    ) AS gains
"""
_REJECTED = """
    INSERT INTO consent_import_problem (provider_id, job_id, line, codes, recipient, channel, recipient_type, status,
        source, consent_at, retailer_code)
    SELECT %(provider)s, %(job)s, line, verdict, recipient, channel, recipient_type, status, source, consent_at,
        retailer_code
    FROM import_chunk WHERE verdict NOT IN ('new', 'changed', 'same')
"""


def apply_chunk(job: ImportJob, *, now: datetime, size: int = CHUNK) -> bool:
    """Record the next rows of a job; return whether there are more. Its last chunk makes it `done`.

    Locks the provider's addresses, then the job. Does nothing unless the job is `applying`.
    """
    with transaction.atomic():
        lock_addresses(job.provider_id)
        locked = locked_job(job)
        if locked.state != ImportState.APPLYING:
            return False
        verdicts: Counter[str] = Counter()
        if locked.position < locked.staged:
            with for_many_rows():
                verdicts = _recorded(locked, now=now, size=size)
        _note(locked, verdicts, now=now)
    return locked.state == ImportState.APPLYING


def _recorded(job: ImportJob, *, now: datetime, size: int) -> Counter[str]:
    """Write what the next rows change, and return how many there are of each verdict."""
    until = min(job.position + size, job.staged)
    values = {
        **values_of(job, policy=policy(), now=now),
        "after": job.position,
        "until": until,
        "now": now,
        "person": job.person_id,
        "way": Way.UPLOAD.value,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_chunk, pg_temp.import_write")
        cursor.execute(_DEALERS, values)
        cursor.execute(KNOWS, values)
        all_new = not cursor.fetchone()[0]
        cursor.execute(_CHUNK[all_new], values)
        if cursor.rowcount != until - job.position:
            raise StagedRowsLost(f"job {job.pk}: {cursor.rowcount} rows after {job.position}, not up to {until}")
        write_chunk(job.provider_id, values, now=now, all_new=all_new)
        cursor.execute(_REJECTED, values)
        cursor.execute("SELECT verdict, count(*) FROM import_chunk GROUP BY verdict")
        verdicts = Counter(dict(cursor.fetchall()))
        cursor.execute("DROP TABLE import_chunk, import_write")
    return verdicts


def write_chunk(provider_id: int, values: dict[str, Any], *, now: datetime, all_new: bool = False) -> None:
    """Record the judged rows of the temporary table `import_chunk`, all that fit into the package.

    `all_new` says that the provider has no consent of any of their recipients. Numbers of the new events stand in
    `import_write` afterwards. The caller holds the provider's addresses and works `for_many_rows`.
    """
    with connection.cursor() as cursor:
        if beyond := _beyond_limit(provider_id, now=now):
            cursor.execute("UPDATE import_chunk SET verdict = %s WHERE position = ANY(%s)", [_LIMIT_REACHED, beyond])
        cursor.execute(_WRITE)
        cursor.execute("ANALYZE import_write")
        for statement in (_EVENTS, _INSERT, _UPDATE):
            cursor.execute(statement, values)
        afterwards = _APPROVED_NOW if all_new else _APPROVED_AFTERWARDS
        cursor.execute(_GAINED.format(afterwards=afterwards), values)
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


def _beyond_limit(provider_id: int, *, now: datetime) -> list[int]:
    """Return the places of the rows that the package has no room for: those that come when it is full, in order.

    As long as all rows together fit, no row is looked at.
    """
    counts, package = address_usage(provider_id), active_package(provider_id, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_MOST_GAINS)
        phones, emails = cursor.fetchone()
        most = max(counts.phones + phones, counts.emails + emails)
        if most <= counts.count or fits(package, addresses=most):
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


def _note(job: ImportJob, verdicts: Counter[str], *, now: datetime) -> None:
    """Count what became of the chunk's rows; the last chunk ends the job."""
    faults = Counter(job.faults)
    rejected = 0
    for verdict, count in verdicts.items():
        if verdict not in (NEW, CHANGED, SAME):
            rejected += count
            faults.update(dict.fromkeys(verdict.split(","), count))
    changes = {
        "position": job.position + verdicts.total(),
        "new_count": job.new_count + verdicts[NEW],
        "changed_count": job.changed_count + verdicts[CHANGED],
        "same_count": job.same_count + verdicts[SAME],
        "rejected_count": job.rejected_count + rejected,
        "faults": dict(faults),
        "failures": 0,
    }
    if changes["position"] == job.staged:
        move(
            job,
            ImportState.DONE,
            table=IMPORT_TRANSITIONS,
            actor=None,
            reason="Dosyadaki bütün satırlar işlendi.",
            finished_at=now,
            **changes,
        )
        return
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=list(changes))
