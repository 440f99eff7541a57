"""Read what programs ask for by the thousand; the provider comes first.

Ids of transactions are not stored but derived (consents/rules/transaction.py); here the database derives them, in the
same words, since an answer names a thousand. A test holds both to each other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from brands.enums import RetailerState
from brands.models import Brand
from consents.access_selectors import Kind
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.rules.requests import After


def written_sql(instant: str) -> str:
    """Return the SQL of an instant as İYS writes it, of a column's name."""
    return f"to_char({instant} AT TIME ZONE 'Europe/Istanbul', 'YYYY-MM-DD HH24:MI:SS')"


def _name_of(column: str, choices: type[Channel | RecipientType | ConsentStatus]) -> str:
    return f"CASE {column} " + " ".join(f"WHEN {each.value} THEN '{each.name}'" for each in choices) + " END"


TYPE = _name_of("e.channel", Channel)
RECIPIENT_TYPE = _name_of("e.recipient_type", RecipientType)
STATUS = _name_of("e.status", ConsentStatus)
TRANSACTION_ID = f"""
    encode(sha256(convert_to(
        %(iys_code)s || '|' || %(brand_code)s || '|' || {RECIPIENT_TYPE} || '|' || {TYPE} || '|' || e.recipient
        || '|' || {STATUS} || '|' || coalesce({written_sql("e.consent_at")}, '')
        || '|' || {written_sql("e.created_at")},
    'UTF8')), 'hex')
"""
"""Of an event `e` of the brand that `iys_code` and `brand_code`, both texts, name."""


# --- Status -----------------------------------------------------------------------------------------------------------
APPROVED = (
    "SELECT recipient FROM consent WHERE provider_id = %s AND recipient = ANY(string_to_array(%s, ' '))"
    " AND brand_id = %s AND channel = %s AND recipient_type = %s AND status = 1"
)
"""The recipients are one text with spaces between them, which no recipient holds: a thousand are written at once."""


def approved_among(brand: Brand, recipients: Sequence[str], *, channel: int, recipient_type: int) -> list[str]:
    """Return which of the recipients, as the store has them, have approved, in the order asked; one query."""
    with connection.cursor() as cursor:
        cursor.execute(APPROVED, [brand.provider_id, " ".join(recipients), brand.pk, channel, recipient_type])
        approved = {recipient for (recipient,) in cursor.fetchall()}
    return [recipient for recipient in recipients if recipient in approved]


def newest_approvals(kind: Kind, recipients: Collection[str]) -> dict[str, int]:
    """Return the number of the newest movement of those of the recipients, as stored, who have approved; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recipient, last_seq FROM consent WHERE provider_id = %s AND recipient = ANY(%s)"
            " AND brand_id = %s AND channel = %s AND recipient_type = %s AND status = %s",
            [
                *(kind.brand.provider_id, list(recipients), kind.brand.pk),
                *(kind.channel.value, kind.recipient_type.value, ConsentStatus.ONAY.value),
            ],
        )
        return dict(cursor.fetchall())


def active_dealers(brand: Brand, codes: Collection[int]) -> set[int]:
    """Return which of these codes name an active dealer of the brand; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM brands_retailer"
            " WHERE provider_id = %s AND brand_id = %s AND code = ANY(%s) AND state = %s",
            [brand.provider_id, brand.pk, list(codes), RetailerState.ACTIVE],
        )
        return {code for (code,) in cursor.fetchall()}


# --- Changes ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Change:
    """A movement as the change feed tells it, all in İYS's words; `second` counts from 1970.

    `citizen_encrypted`: the name of a citizen who added the brand by themselves.
    """

    second: int
    created_at: str
    consent_at: str | None
    recipient: str
    recipient_type: str
    channel: str
    status: str
    source: int | None
    transaction_id: str
    citizen_encrypted: bytes | None


# Of a provider the instants of recording follow the numbers (docs/adr/0032-consent-store.md): the number before an
# instant is found by halving, in as many reads of the key as it has digits. Of what lies above `lo` nothing is known to
# be older, of what lies above `hi` everything to be younger.
_BEFORE = """
    WITH RECURSIVE half AS (
        SELECT 0::bigint AS lo,
            coalesce((SELECT max(seq) FROM consent_event WHERE provider_id = %(provider)s), 0) AS hi
        UNION ALL
        SELECT CASE WHEN first.created_at < %(instant)s THEN first.seq ELSE half.lo END,
            CASE WHEN first.created_at < %(instant)s THEN half.hi ELSE middle.seq END
        FROM half
        CROSS JOIN LATERAL (SELECT (half.lo + half.hi) / 2 AS seq) AS middle
        CROSS JOIN LATERAL (
            SELECT seq, created_at FROM consent_event
            WHERE provider_id = %(provider)s AND seq > middle.seq ORDER BY seq LIMIT 1
        ) AS first
        WHERE half.lo < half.hi
    )
    SELECT max(lo) FROM half
"""
_NUMBER = f"""
    SELECT e.seq FROM consent_event e
    WHERE e.provider_id = %(provider)s AND e.brand_id = %(brand)s AND e.seq > %(lowest)s AND e.seq <= %(highest)s
        AND {TRANSACTION_ID} = %(number)s
    ORDER BY e.seq LIMIT 1
"""  # noqa: S608  (constants of our own)
_CHANGES = f"""
    SELECT floor(extract(epoch FROM e.created_at))::bigint, {written_sql("e.created_at")},
        {written_sql("e.consent_at")}, e.recipient, {RECIPIENT_TYPE}, {TYPE}, {STATUS}, e.source, {TRANSACTION_ID},
        {{citizen}}
    FROM (
        SELECT * FROM consent_event
        WHERE provider_id = %(provider)s AND seq > %(after)s AND seq <= %(last)s AND brand_id = %(brand)s
            AND channel = ANY(%(channels)s) AND {{side}}
        ORDER BY seq LIMIT %(limit)s
    ) AS e
    ORDER BY e.seq
"""  # noqa: S608  (constants of our own)
_SIDES = {True: "source > 100", False: "(source <= 100 OR source IS NULL)"}
_CITIZEN = {
    True: f"""(
        SELECT name_encrypted FROM consent_citizen_name c
        WHERE e.source = {Source.IYS_WEB_YENI.value} AND c.provider_id = e.provider_id AND c.seq = e.seq
    )""",  # noqa: S608  (constants of our own)
    False: "NULL",
}


def changes_of(
    brand: Brand,
    *,
    iys_code: int,
    after: After | None,
    channels: Collection[int],
    citizens: bool,
    limit: int,
    now: datetime,
) -> list[Change] | None:
    """Return the brand's next movements on these channels, oldest first; None where `after` names none of them.

    `citizens`: those of citizens, else those of the provider. They are of the last days but for the last minutes, as
    the settings say; what a program has seen last and is older is passed over.
    """
    since = now - timedelta(days=settings.CHANGES_DAYS)
    until = now - timedelta(minutes=settings.CHANGES_WITHHELD_MINUTES)
    values: dict[str, Any] = {
        "provider": brand.provider_id,
        "brand": brand.pk,
        "iys_code": str(iys_code),
        "brand_code": str(brand.code),
        "channels": list(channels),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        start, last = (_number_before(brand.provider_id, instant) for instant in (since, until))
        if after is not None:
            second = (after.second, after.second + timedelta(seconds=1))
            lowest, highest = (_number_before(brand.provider_id, instant) for instant in second)
            cursor.execute(_NUMBER, {**values, "lowest": lowest, "highest": highest, "number": after.number})
            found = cursor.fetchone()
            if found is None:
                return None
            start = max(start, found[0])
        if start >= last:
            return []
        cursor.execute(
            _CHANGES.format(side=_SIDES[citizens], citizen=_CITIZEN[citizens]), {**values, "after": start, "last": last}
        )
        return [Change(*row) for row in cursor.fetchall()]


def _number_before(provider_id: int, instant: datetime) -> int:
    """Return the number of the provider's last movement before an instant, or 0."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, {"provider": provider_id, "instant": instant})
        return int(cursor.fetchone()[0])
