"""A register for benches that read it: consents and their first movements, by COPY in the order of the key.

Numbered from 0; every fourth is an e-mail address, every fifth refuses. Phones leave room for new ones between them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

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

_BLOCK = 50_000
_GIVEN = "2026-01-05 09:00:00+03"
_CONSENTS = (
    "COPY {} (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source, last_seq)"
    " FROM STDIN"
)
_EVENTS = (
    "COPY consent_event (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source, seq,"
    " created_at, way) FROM STDIN"
)


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
    return f"+905{300_000_000 + number:09d}"


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
        for mail in (False, True):
            numbers = (number for number in range(first, last) if is_mail(number) == mail)
            while block := list(islice(numbers, _BLOCK)):
                _copy(_CONSENTS.format(table), _lines(brand, block, seq, lambda _: ""))
                _copy(_EVENTS, _lines(brand, block, seq, lambda seq: f"\t{_instant(seq)}\t1"))
                seq += len(block)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SELECT setval('consent_event_seq_seq', %s)", [seq])
        cursor.execute(f"VACUUM (ANALYZE) {table}, consent_event")
    recount_addresses(brand.provider_id, timezone.now())


def _lines(brand: Brand, block: list[int], seq: int, rest: Callable[[int], str]) -> Iterator[str]:
    key = f"{brand.provider_id}\t"
    for place, number in enumerate(block, start=seq + 1):
        channel, status = 3 if is_mail(number) else 2, 1 if approves(number) else 2
        said = f"{recipient(number)}\t{brand.pk}\t{channel}\t1\t{status}\t{_GIVEN}\t8\t{place}"
        yield f"{key}{said}{rest(place)}\n"


def _instant(seq: int) -> str:
    return f"{RECORDED + timedelta(seconds=seq // 1000):%Y-%m-%d %H:%M:%S+00}"


def _copy(sql: str, lines: Iterator[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write("".join(lines))
