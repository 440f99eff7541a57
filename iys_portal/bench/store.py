"""A register for benches that read it: consents and their first movements, made by the database in the key's order.

Numbered from 0; every fourth is an e-mail address, every fifth refuses. Phones leave room for new ones between them.
"""

from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone

from accounts.models import Provider
from brands.models import Brand
from packages.models import Package
from packages.services import activate
from packages.usage import recount_addresses

APART = 7
"""So many phone numbers lie between two of the register's."""

RECORDED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the first movement was recorded; a thousand more were every second."""

_FIRST_PHONE = 300_000_000
_COLUMNS = "provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source"
# In the order of the key: phones come before e-mail addresses.
_EVENTS = f"""
    INSERT INTO consent_event ({_COLUMNS}, seq, created_at, way) OVERRIDING SYSTEM VALUE
    SELECT %(provider)s, recipient, %(brand)s, CASE WHEN mail THEN 3 ELSE 2 END, 1, 1 + (n %% 5 = 0)::int, %(at)s, 8,
        %(seq)s + place, %(at)s + place / 1000 * interval '1 second', 1
    FROM (
        SELECT n, mail, row_number() OVER (ORDER BY mail, n) AS place, CASE WHEN mail
            THEN 'kisi' || lpad(n::text, 8, '0') || '@ornek.example' ELSE '+905' || {_FIRST_PHONE} + n * {APART} END
            AS recipient
        FROM generate_series(%(first)s::bigint, %(last)s - 1) AS n, LATERAL (SELECT n %% 4 = 0 AS mail) AS kind
    ) AS consent
    ORDER BY place
"""  # noqa: S608  (constants of our own)
_CONSENTS = f"""
    INSERT INTO {{table}} ({_COLUMNS}, last_seq)
    SELECT {_COLUMNS}, seq FROM consent_event WHERE provider_id = %(provider)s AND seq > %(seq)s ORDER BY seq
"""  # noqa: S608  (constants of our own)


def company(number: int) -> Brand:
    """Make a provider with the package that has no limit, and return its brand."""
    provider = Provider.objects.create(
        iys_code=50_000_000 + number,
        title=f"Ölçüm Hizmet Sağlayıcısı {number}",
        tax_number=f"{10**9 + number}",
        address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
        phone="+903120000000",
        email=f"olcum{number}@ornek.example",
    )
    package = Package.objects.filter(has_integration=True, max_addresses=None).get()
    activate(provider=provider, package=package, actor=None, reason="Ölçüm", now=timezone.now())
    return Brand.objects.create(provider=provider, code=5_000_000 + number, name="Ölçüm")


def is_mail(number: int) -> bool:
    """Return whether a consent is of an e-mail address, else of a phone."""
    return number % 4 == 0


def recipient(number: int) -> str:
    """Return whose the consent of this number is."""
    return f"kisi{number:08d}@ornek.example" if is_mail(number) else phone(number * APART)


def phone(number: int) -> str:
    """Return a phone in the order of its number."""
    return f"+905{_FIRST_PHONE + number}"


def approves(number: int) -> bool:
    """Return whether the consent of this number is an approval."""
    return number % 5 != 0


def partition_of(provider_id: int) -> str:
    """Return the table that holds the provider's consents."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'consent'::regclass")
        tables = [str(name) for (name,) in cursor.fetchall()]
        for table in tables:
            remainder = int(table.rpartition("_")[2])
            cursor.execute(
                "SELECT satisfies_hash_partition('consent'::regclass, %s, %s, %s::bigint)",
                [len(tables), remainder, provider_id],
            )
            if cursor.fetchone()[0]:
                return table
    raise LookupError(f"No partition takes provider {provider_id}.")


def fill(brand: Brand, first: int, last: int) -> None:
    """Add the consents from `first` to before `last`, each with one movement; their numbers follow one another.

    Into the partition itself, past its triggers; the addresses are counted at the end.
    """
    table = partition_of(brand.provider_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM consent_event_seq_seq")
        (seq,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        values = {"provider": brand.provider_id, "brand": brand.pk, "first": first, "last": last, "seq": seq}
        cursor.execute(_EVENTS, {**values, "at": RECORDED})
        cursor.execute(_CONSENTS.format(table=table), values)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SELECT setval('consent_event_seq_seq', %s)", [seq + last - first])
        # Phones were added in the middle of the key, where pages split in halves: it shall be as after one import.
        cursor.execute(f"REINDEX TABLE {table}")
        cursor.execute(f"VACUUM (ANALYZE) {table}, consent_event")
    recount_addresses(brand.provider_id, timezone.now())
