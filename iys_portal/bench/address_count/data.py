"""A register of consents for the bench: made by the database itself, in the form that an import's staging has.

Every recipient has two consents, and these lie in different parts, so that a later statement meets recipients of an
earlier one. Phones outweigh e-mail addresses at every other provider: either may be the address count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.models import Provider

PARTS = 2
_FIRST_IYS_CODE = 50_000_000

_STAGE = """
    CREATE UNLOGGED TABLE bench_row AS
    SELECT p.id AS provider_id,
           CASE WHEN email THEN 'kisi' || r || '@ornek' || p.place || '.example' COLLATE "C"
                ELSE '+905' || lpad((300000000 + r * 7)::text, 9, '0') END AS recipient,
           CASE WHEN email THEN p.id * 10 + k ELSE p.id * 10 END AS brand_id,
           (CASE WHEN email THEN 3 WHEN k = 0 THEN 1 ELSE 2 END)::smallint AS channel,
           (1 + (r %% 4 = 0)::int)::smallint AS recipient_type,
           (CASE WHEN dice < 14 THEN 1 WHEN dice < 19 THEN 2 ELSE 3 END)::smallint AS status,
           timestamptz '2026-01-05 09:00+03' + r * interval '1 second' AS consent_at,
           (k + r) %% %s AS part
      FROM unnest(%s::bigint[]) WITH ORDINALITY AS p(id, place),
           generate_series(0::bigint, %s - 1) AS n,
           LATERAL (SELECT n / 2 AS r, n %% 2 AS k) AS a,
           LATERAL (SELECT r %% 10 < 3 + 4 * (p.place %% 2) AS email,
                           (r * 7919 + k * 104729 + p.place) %% 20 AS dice) AS b
"""

_IMPORT = """
    INSERT INTO consent (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source)
    SELECT provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, 8
      FROM bench_row WHERE provider_id = %s AND part = %s
     ORDER BY provider_id, recipient, brand_id, channel, recipient_type
"""
_UPSERT = """
    INSERT INTO consent (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source)
    VALUES (%s, %s, %s, %s, 1, %s, now(), 8)
    ON CONFLICT (provider_id, recipient, brand_id, channel, recipient_type)
    DO UPDATE SET status = excluded.status, consent_at = excluded.consent_at
"""


@dataclass(frozen=True, slots=True)
class Register:
    """The providers of the register, how many consents it has in all, and its parts: (provider, part)."""

    providers: list[int]
    rows: int

    @property
    def phone_provider(self) -> int:
        """Return a provider whose phones outweigh its e-mail addresses, so that every phone counts."""
        return self.providers[1]

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Return what is imported by a statement each."""
        return [(provider, part) for part in range(PARTS) for provider in self.providers]


def make_register(rows: int) -> Register:
    """Make the providers and stage about `rows` consents for them, as even as it goes."""
    count = max(2, min(20, rows // 100))
    each = max(2, rows // count)
    providers = Provider.objects.bulk_create(
        Provider(
            iys_code=_FIRST_IYS_CODE + n,
            title=f"Ölçüm Hizmet Sağlayıcısı {n}",
            tax_number=f"{10**9 + n}",
            address="Örnek Mah. Deneme Cad. No: 1 Çankaya, Ankara",
            phone="+903120000000",
            email=f"olcum{n}@ornek.example",
        )
        for n in range(count)
    )
    register = Register([provider.pk for provider in providers], count * each)
    execute(_STAGE, [PARTS, register.providers, each])
    execute("CREATE INDEX ON bench_row (provider_id, part)")
    execute("ANALYZE bench_row")
    return register


def empty() -> None:
    """Take all consents away, and what is known of their count, past the triggers that keep others from that."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'consent'::regclass")
        tables = ["consent", *(name for (name,) in cursor.fetchall())]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("TRUNCATE consent, packages_addressdelta, packages_addressusage, packages_addressusageday")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def import_all(register: Register, *, bulk: bool) -> None:
    """Import every part in a transaction of its own, sorted by the key; `bulk`: the counting is switched off."""
    for provider, part in register.parts:
        with transaction.atomic():
            switch(bulk=bulk)
            execute(_IMPORT, [provider, part])


def change(provider: int, *, tenth: int) -> int:
    """Turn consents and refusals of a tenth of a provider's recipients round; return how many rows that changed."""
    return execute(
        "UPDATE consent SET status = 3 - status"
        " WHERE provider_id = %s AND status IN (1, 2) AND (hashtext(recipient) & 65535) %% 10 = %s",
        [provider, tenth],
    )


def withdraw(provider: int) -> int:
    """Delete a hundredth of a provider's consents; return how many."""
    return execute(
        "DELETE FROM consent WHERE provider_id = %s AND (hashtext(recipient) & 65535) %% 100 = 7", [provider]
    )


def upsert(provider: int, number: int, *, run: Callable[[str, list[Any]], int] | None = None) -> None:
    """Write one consent as a single write does: a new one, or a newer state of the one that is there.

    Every fourth number is a refusal, and a recipient comes round again after 50 numbers with another channel.
    """
    recipient, channel, status = f"+9055{number % 50:08}", 1 + number // 50 % 2, 2 if number % 4 == 3 else 1
    (run or execute)(_UPSERT, [provider, recipient, provider * 10, channel, status])


def unfolded(provider: int) -> int:
    """Return how many changes of a provider's count wait to be folded into it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM packages_addressdelta WHERE provider_id = %s", [provider])
        return int(cursor.fetchone()[0])


def forget_upserts(provider: int) -> None:
    """Delete what `upsert` has written."""
    execute("DELETE FROM consent WHERE provider_id = %s AND recipient LIKE '+9055%%'", [provider])


def switch(*, bulk: bool) -> None:
    """Switch the counting of this transaction off, or leave it on."""
    if bulk:
        execute("SET LOCAL app.bulk = 'on'")


def execute(sql: str, parameters: list[Any] | None = None) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
