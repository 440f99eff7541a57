"""Keep the address counts: fold what the consents' trigger wrote, count anew, remember each day, check.

The trigger (consents/migrations/0002) writes a delta beside every change of a consent; a count is the folded base
plus the deltas, read in one statement. docs/adr/0014-address-count.md says why that is exact.
"""

from datetime import datetime, timedelta
from typing import cast

import structlog
from django.db import IntegrityError, connection, transaction

from accounts.models import Provider
from iys_portal.audit.services import Actor, record
from iys_portal.shared.clock import istanbul_day
from packages.enums import COUNT_DIFFERS, RECOUNTED
from packages.models import AddressDelta, AddressUsage
from packages.selectors import AddressCounts, counted_and_kept

logger = structlog.get_logger(__name__)

# Which of a provider's advisory locks (1 to 64 are those of its addresses): on the whole, and on the folded base.
_PROVIDER, _BASE = 0, 127


def lock_addresses(provider_id: int) -> None:
    """Keep the provider's address count as it is until the caller's transaction ends.

    Waits for the transactions that are changing it; those that come later wait for the caller. To be taken in the
    caller's transaction before its count is judged or its consents are written, and before any lock on a consent:
    the numbers of the provider's events are in the order of the commits because every writer holds it.
    """
    _lock("pg_advisory_xact_lock", provider_id, _PROVIDER)


def _lock(function: str, provider_id: int, bucket: int) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The lock ends with its transaction: open one first.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(address_lock(%s, %s))", [provider_id, bucket])


def add_delta(provider_id: int, *, phones: int, emails: int) -> None:
    """Add what a bulk job, which holds `lock_addresses` and switched the trigger off, has changed of the counts."""
    if phones or emails:
        AddressDelta.objects.create(provider_id=provider_id, phones=phones, emails=emails)


@transaction.atomic
def recount_addresses(provider_id: int, now: datetime, *, actor: Actor | None = None) -> AddressCounts:
    """Count the provider's approved addresses anew, under its exclusive lock, and return the counts.

    They replace the base and all deltas. A bulk job that switched the trigger off calls this in its transaction.
    A difference that this repairs is audited.
    """
    lock_addresses(provider_id)
    _lock("pg_advisory_xact_lock", provider_id, _BASE)
    usage, _ = AddressUsage.objects.get_or_create(provider_id=provider_id)
    counted, kept = counted_and_kept(provider_id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM packages_addressdelta WHERE provider_id = %s", [provider_id])
    usage.phones, usage.emails, usage.folded_at = counted.phones, counted.emails, now
    usage.save(update_fields=["phones", "emails", "folded_at"])
    if actor is not None or counted != kept:
        record(action=RECOUNTED, subject=usage, actor=actor, before=kept.as_json(), after=counted.as_json())
    return counted


def fold_deltas(now: datetime) -> int:
    """Fold the deltas of every provider into its base, each in its own transaction; return how many were folded.

    Two foldings at once share the providers between them; one whose count would fall below zero is left as it is.
    """
    with connection.cursor() as cursor:
        # A consent may name a provider that does not exist; its deltas stay deltas.
        cursor.execute(
            "SELECT DISTINCT d.provider_id FROM packages_addressdelta d"
            " JOIN accounts_provider p ON p.id = d.provider_id ORDER BY 1"
        )
        provider_ids = [row[0] for row in cursor.fetchall()]
    return sum(_folded(provider_id, now) for provider_id in provider_ids)


def _folded(provider_id: int, now: datetime) -> int:
    try:
        return _fold(provider_id, now)
    except IntegrityError:
        logger.exception("address_count_below_zero", provider_id=provider_id)
        return 0


@transaction.atomic
def _fold(provider_id: int, now: datetime) -> int:
    """Fold all deltas that are committed: together with the base they are a count, some of them alone are not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(address_lock(%s, %s))", [provider_id, _BASE])
        if not cursor.fetchone()[0]:
            return 0
    AddressUsage.objects.get_or_create(provider_id=provider_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS"
            " (DELETE FROM packages_addressdelta WHERE provider_id = %(provider)s RETURNING phones, emails),"
            " total AS (SELECT count(*) AS deltas, sum(phones) AS phones, sum(emails) AS emails FROM gone)"
            " UPDATE packages_addressusage u SET phones = u.phones + total.phones, emails = u.emails + total.emails,"
            " folded_at = %(now)s FROM total WHERE u.provider_id = %(provider)s AND total.deltas > 0"
            " RETURNING total.deltas",
            {"provider": provider_id, "now": now},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def record_usage_days(now: datetime) -> int:
    """Remember yesterday's counts of every provider that ever had an address; return how many were new.

    Runs soon after midnight in Istanbul. Once written a day stays as it is, however often this runs.
    """
    yesterday = istanbul_day(now) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO packages_addressusageday (provider_id, day, phones, emails)"
            " SELECT part.provider_id, %s, greatest(sum(part.phones), 0), greatest(sum(part.emails), 0)"
            " FROM (SELECT provider_id, phones, emails FROM packages_addressusage"
            " UNION ALL SELECT provider_id, phones, emails FROM packages_addressdelta) AS part"
            " JOIN accounts_provider p ON p.id = part.provider_id AND p.sandbox_of_id IS NULL"
            " GROUP BY part.provider_id ON CONFLICT (provider_id, day) DO NOTHING",
            [yesterday],
        )
        return cast("int", cursor.rowcount)


def check_counts(now: datetime, *, sample: int = 50) -> list[int]:
    """Count the consents of some providers, others each day, and return those whose kept count differs.

    Each difference is logged as an error and audited: staff see it in /yonetim/ beside the count, and count anew
    there.
    """
    everybody = list(Provider.objects.order_by("pk").values_list("pk", flat=True))
    start = istanbul_day(now).toordinal() * sample % max(len(everybody), 1)
    turn = (everybody[start:] + everybody[:start])[:sample]
    return [provider_id for provider_id in turn if not _agrees(provider_id)]


@transaction.atomic
def _agrees(provider_id: int) -> bool:
    counted, kept = counted_and_kept(provider_id)
    if counted == kept:
        return True
    logger.error("address_count_differs", provider_id=provider_id, kept=kept.as_json(), counted=counted.as_json())
    usage, _ = AddressUsage.objects.get_or_create(provider_id=provider_id)
    record(
        action=COUNT_DIFFERS,
        subject=usage,
        actor=None,
        reason="Tutulan adres sayısı izin kayıtlarıyla uyuşmuyor.",
        kept=kept.as_json(),
        counted=counted.as_json(),
    )
    return False
