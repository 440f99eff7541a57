"""Lists of consents that programs send: accepted at once, recorded by a worker, each once.

What a list says was read and found good before it is accepted; what it meets in the register decides each of its
consents when it is recorded. Until then a list is one value of its batch, as COPY reads it; recorded, each consent is
a row with what came of it. A provider's lists are recorded in the order in which they came, each in one transaction
that also notes what came of it: a killed worker has recorded a list as a whole or not at all
(docs/adr/0040-consents-over-the-api.md).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from accounts.models import ApiAccount
from brands.enums import RetailerState
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.models import ConsentBatch
from consents.rules.requests import RESULTS_KEPT
from consents.selectors import policy
from consents.services.access import Changed, note_access
from consents.services.import_sql import CHANGED, NEW, SAME, has_dealers, judged
from consents.services.import_writing import for_many_rows, write_chunk
from iys_portal.audit.locks import exclusive
from iys_portal.audit.outbox import promise, promise_beside
from iys_portal.audit.services import Program
from packages.usage import lock_addresses

logger = structlog.get_logger(__name__)

MOST_FAILURES = 3
GIVEN_UP = "H470"
"""What is answered for consents that a fault of ours kept from being recorded."""

_LOCK_SPACE = 0x1391
_FORGOTTEN_AT_ONCE = 200
_SLOT = timedelta(seconds=10)


class Item(msgspec.Struct, gc=False):
    """One consent of a batch, whose fields were read and found good; the date in ISO form with its offset.

    A thousand of them come with each call, which is why they are nothing that the garbage collector looks at.
    """

    recipient: str
    channel: int
    recipient_type: int
    status: int
    source: int | None
    consent_at: str | None
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] = ()


def accept(
    *,
    brand: Brand,
    items: Sequence[Item],
    repeats: bool,
    account_id: int | None,
    now: datetime,
    request_id: UUID | None = None,
) -> ConsentBatch:
    """Keep a list of consents, no two of the same key, and promise its recording; return the batch.

    `repeats`: what was recorded before, word by word, counts as recorded again (v2). `account_id` is the program's,
    `request_id` the number of its call, under which the results can be asked for.
    """
    batch = ConsentBatch(
        provider_id=brand.provider_id,
        brand_id=brand.pk,
        account_id=account_id,
        received_at=now,
        request_id=request_id or uuid4(),
        size=len(items),
        repeats=repeats,
        items=_lines(items),
        waiting=_by_kind(items),
    )
    row = {name: getattr(batch, name) for name in _BATCH_COLUMNS}
    (batch.number,) = promise_beside(_BATCH, row, "consents.batch", provider_id=brand.provider_id)
    return batch


_BATCH_COLUMNS = (
    *("provider_id", "brand_id", "account_id", "received_at", "request_id", "size", "repeats", "items", "waiting"),
)
_BATCH = (
    f"INSERT INTO consent_batch ({', '.join(_BATCH_COLUMNS)})"  # noqa: S608  (constants of our own)
    f" VALUES ({', '.join(f'%({name})s' for name in _BATCH_COLUMNS)}) RETURNING number"
)


def _lines(items: Sequence[Item]) -> str:
    """Return the items as COPY reads them, `\\N` for what is absent; no recipient holds what would need escaping."""
    return "".join(
        [
            f"{position}\t{item.recipient}\t{_ENUM[item.channel]}\t{_ENUM[item.recipient_type]}\t{_ENUM[item.status]}"
            f"\t{_ENUM[item.source]}\t{item.consent_at or _NULL}\t{item.retailer_code or _NULL}"
            f"\t{_array(item.retailer_access) if item.retailer_access else _NULL}\n"
            for position, item in enumerate(items)
        ]
    )


_NULL = "\\N"
_ENUM: dict[int | None, str] = {
    None: _NULL,
    **{member.value: str(member.value) for kind in (Channel, RecipientType, ConsentStatus, Source) for member in kind},
}
"""How a member of an enumeration is written; thousands of numbers need not be made texts anew."""


def _array(codes: Sequence[int]) -> str:
    return f"{{{','.join(map(str, codes))}}}"


def _by_kind(items: Sequence[Item]) -> list[int]:
    """Return how many there are of each recipient type and channel, in the order of their numbers."""
    counts = Counter([(item.channel, item.recipient_type) for item in items])
    return [counts[channel.value, kind.value] for kind in RecipientType for channel in Channel]


# --- The work ---------------------------------------------------------------------------------------------------------
def work(*, provider_id: int, clock: Callable[[], datetime]) -> None:
    """Record all batches of the provider that wait, oldest first; safe to repeat, and by two at once.

    Who finds somebody else at it leaves: the other one looks again after it has let go. After `_SLOT` it promises the
    rest: other providers' lists and deliveries wait for the same workers.
    """
    turn_ends = clock() + _SLOT
    while _next(provider_id) is not None:
        with exclusive(_LOCK_SPACE, provider_id) as owned:
            if not owned:
                return
            while (number := _next(provider_id)) is not None:
                if clock() >= turn_ends:
                    promise("consents.batch", provider_id=provider_id)
                    return
                _advance(provider_id, number, clock)


def _next(provider_id: int) -> int | None:
    waiting = ConsentBatch.objects.filter(provider_id=provider_id, finished_at=None).order_by("number")
    return waiting.values_list("number", flat=True).first()


def _advance(provider_id: int, number: int, clock: Callable[[], datetime]) -> None:
    try:
        apply(provider_id=provider_id, number=number, now=clock())
    except (OperationalError, SoftTimeLimitExceeded):  # the server's fault or the clock's: tried again, not counted
        raise
    except Exception:
        logger.exception("batch_failed", provider_id=provider_id, number=number)
        if not _give_up(provider_id, number, now=clock()):
            raise


def apply(*, provider_id: int, number: int, now: datetime) -> bool:
    """Record a batch that waits; return whether that was done now. Locks the provider's addresses, then the batch."""
    with transaction.atomic():
        lock_addresses(provider_id)
        batch = _locked(provider_id, number)
        if batch is None:
            return False
        _record(batch, now=now)
        _finish(batch, now=now)
    return True


def _locked(provider_id: int, number: int) -> ConsentBatch | None:
    waiting = ConsentBatch.objects.filter(provider_id=provider_id, number=number, finished_at=None)
    return waiting.select_for_update(no_key=True).first()


def _finish(batch: ConsentBatch, *, now: datetime) -> None:
    finished_at = max(now, batch.received_at)
    own = ConsentBatch.objects.filter(provider_id=batch.provider_id, number=batch.number)
    own.update(finished_at=finished_at, items=None, waiting=None)


@transaction.atomic
def _give_up(provider_id: int, number: int, *, now: datetime) -> bool:
    """Count a failure; return whether the batch was given up because of it, so that it holds up no others."""
    batch = _locked(provider_id, number)
    if batch is None:
        return True
    failures = batch.failures + 1
    ConsentBatch.objects.filter(provider_id=provider_id, number=number).update(failures=failures)
    if failures < MOST_FAILURES:
        return False
    _spread(batch)
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, {"provider": provider_id, "number": number})
        cursor.execute("DROP TABLE batch_given")
    _finish(batch, now=now)
    return True


def _spread(batch: ConsentBatch) -> None:
    """Make the temporary table `batch_given` of the batch's consents."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN)
        with cursor.copy("COPY batch_given FROM STDIN") as copy:
            copy.write(batch.items)


_GIVEN = """
    CREATE TEMPORARY TABLE batch_given (
        position smallint, recipient text COLLATE "C", channel smallint, recipient_type smallint, status smallint,
        source smallint, consent_at timestamptz, retailer_code integer, retailer_access integer[]
    )
"""
_ITEM = "position, recipient, channel, recipient_type, status, source, consent_at, retailer_code, retailer_access"
_GIVEN_UP = f"""
    INSERT INTO consent_batch_item (provider_id, number, {_ITEM}, codes)
    SELECT %(provider)s, %(number)s, {_ITEM}, '{GIVEN_UP}' FROM batch_given
"""  # noqa: S608  (constants of our own)
# Held until the batch is recorded, so that none of them is deleted meanwhile.
_DEALERS = """
    SELECT code FROM brands_retailer WHERE provider_id = %(provider)s AND brand_id = %(brand)s AND code IN (
        SELECT retailer_code FROM batch_given UNION SELECT unnest(retailer_access) FROM batch_given
    ) ORDER BY code FOR KEY SHARE
"""
_CHUNK = f"""
    CREATE TEMPORARY TABLE import_chunk AS
    {judged("batch_given", where="true", more="s.retailer_access")} ORDER BY s.position
"""
# A dealer that the consent is to be opened to and who is there no more: the gate's fault, before those of the state.
# Of what was recorded before only those are asked for who do not see it yet.
_ACCESS_GONE = f"""
    UPDATE import_chunk c SET verdict = 'H180'
    WHERE c.retailer_access IS NOT NULL AND EXISTS (
        SELECT 1 FROM unnest(c.retailer_access) AS named(code) WHERE NOT EXISTS (
            SELECT 1 FROM brands_retailer r WHERE r.provider_id = %(provider)s AND r.brand_id = %(brand)s
                AND r.code = named.code AND r.state = '{RetailerState.ACTIVE.value}'
        ) AND NOT (c.verdict = '{SAME}' AND EXISTS (
            SELECT 1 FROM consent_access a WHERE a.provider_id = %(provider)s AND a.recipient = c.recipient
                AND a.brand_id = %(brand)s AND a.channel = c.channel AND a.recipient_type = c.recipient_type
                AND a.retailer_code = named.code
        ))
    )
"""  # noqa: S608  (constants of our own)
_ACCESS = f"""
    INSERT INTO consent_access (provider_id, recipient, brand_id, channel, recipient_type, retailer_code)
    SELECT DISTINCT %(provider)s, recipient, %(brand)s, channel, recipient_type, unnest(retailer_access)
    FROM import_chunk WHERE retailer_access IS NOT NULL AND verdict IN ('{NEW}', '{CHANGED}')
    ON CONFLICT DO NOTHING
"""  # noqa: S608  (constants of our own)
# No movement tells of these: the audit trail does.
_ACCESS_AGAIN = f"""
    WITH opened AS (
        INSERT INTO consent_access (provider_id, recipient, brand_id, channel, recipient_type, retailer_code)
        SELECT DISTINCT %(provider)s, recipient, %(brand)s, channel, recipient_type, unnest(retailer_access)
        FROM import_chunk WHERE retailer_access IS NOT NULL AND verdict = '{SAME}'
        ON CONFLICT DO NOTHING
        RETURNING recipient, channel, recipient_type, retailer_code
    )
    SELECT array_agg(DISTINCT c.before), array_agg(DISTINCT o.retailer_code), count(*)
    FROM opened o JOIN import_chunk c USING (recipient, channel, recipient_type)
"""  # noqa: S608  (constants of our own)
_RESULTS = f"""
    INSERT INTO consent_batch_item (provider_id, number, {_ITEM}, seq, is_repeat, codes)
    SELECT %(provider)s, %(number)s, {", ".join(f"c.{name}" for name in _ITEM.split(", "))},
        coalesce(w.seq, CASE WHEN c.verdict = '{SAME}' THEN c.before END), c.verdict = '{SAME}',
        CASE WHEN c.verdict IN ('{NEW}', '{CHANGED}', '{SAME}') THEN '' ELSE c.verdict END
    FROM import_chunk c LEFT JOIN import_write w USING (position) ORDER BY c.position
"""  # noqa: S608  (constants of our own)


def _record(batch: ConsentBatch, *, now: datetime) -> None:
    """Write what the batch changes and note at each of its consents what came of it.

    Whether a consent is too old was judged when the batch came; that a worker took it up after midnight changes
    nothing.
    """
    values: dict[str, Any] = {
        "provider": batch.provider_id,
        "brand": batch.brand_id,
        "number": batch.number,
        "earliest": "-infinity",
        "transition": True,
        "free": policy().tacir_first_ret,
        "repeats": batch.repeats,
        "dealers": has_dealers(batch.provider_id),
        "now": now,
        "person": None,
        "way": Way.API.value,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.batch_given, pg_temp.import_chunk, pg_temp.import_write")
        _spread(batch)
        cursor.execute(_DEALERS, values)
        with for_many_rows():
            cursor.execute(_CHUNK, values)
            cursor.execute(_ACCESS_GONE, values)
            write_chunk(batch.provider_id, values, now=now)
            cursor.execute(_ACCESS, values)
            cursor.execute(_ACCESS_AGAIN, values)
            consents, dealers, opened = cursor.fetchone()
        cursor.execute(_RESULTS, values)
        if cursor.rowcount != batch.size:
            raise RuntimeError(f"batch {batch.number}: {cursor.rowcount} results for {batch.size} consents")
        cursor.execute("DROP TABLE batch_given, import_chunk, import_write")
    if opened:
        brand = Brand.objects.get(pk=batch.brand_id, provider_id=batch.provider_id)
        changed = Changed(now, opened)
        note_access("access_opened", brand, consents, dealers, changed, _actor(batch), str(batch.request_id))


def _actor(batch: ConsentBatch) -> Program | None:
    account = batch.account_id and ApiAccount.objects.filter(pk=batch.account_id).first()
    return Program(account.as_actor) if account else None


_FORGOTTEN = """
    WITH old AS (
        SELECT provider_id, number FROM consent_batch WHERE received_at < %s AND finished_at IS NOT NULL LIMIT %s
    ), items AS (
        DELETE FROM consent_batch_item i USING old WHERE i.provider_id = old.provider_id AND i.number = old.number
    ), batches AS (
        DELETE FROM consent_batch b USING old WHERE b.provider_id = old.provider_id AND b.number = old.number
        RETURNING 1
    )
    SELECT count(*) FROM batches
"""


def forget(*, now: datetime) -> int:
    """Drop batches whose results can be asked for no more; return how many."""
    forgotten = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FORGOTTEN, [now - RESULTS_KEPT, _FORGOTTEN_AT_ONCE])
            gone = int(cursor.fetchone()[0])
        forgotten += gone
        if gone < _FORGOTTEN_AT_ONCE:
            return forgotten
