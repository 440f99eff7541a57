"""Consents written as SQL, and what a count of them gives."""

from django.db import connection

from packages.selectors import AddressCounts, address_usage

KEY = "provider_id, recipient, brand_id, channel, recipient_type"
COLUMNS = f"({KEY}, status, consent_at, source)"
APPROVED, REFUSED, WAITING = 1, 2, 3
PHONES = ("+905992000001", "+905992000002")
MAILS = ("alici1@ornek.example", "alici2@ornek.example")


def run(sql: str, *parameters: object) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def give(
    provider_id: int, recipient: str, *, brand: int = 1, channel: int = 2, kind: int = 1, status: int = APPROVED
) -> None:
    """Write one consent, whether it exists or not."""
    run(
        f"INSERT INTO consent {COLUMNS} VALUES (%s, %s, %s, %s, %s, %s, now(), 8) ON CONFLICT ({KEY})"
        " DO UPDATE SET status = excluded.status",
        provider_id,
        recipient,
        brand,
        channel,
        kind,
        status,
    )


def recount() -> dict[int, AddressCounts]:
    """Return the counts of all providers as Python counts the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT provider_id, recipient, channel FROM consent WHERE status = 1")
        approved = {(provider_id, recipient, channel == 3) for provider_id, recipient, channel in cursor.fetchall()}
    return {
        provider_id: AddressCounts(
            phones=sum(owner == provider_id and not mail for owner, _, mail in approved),
            emails=sum(owner == provider_id and mail for owner, _, mail in approved),
        )
        for provider_id, _, _ in approved
    }


def kept(*provider_ids: int) -> dict[int, AddressCounts]:
    """Return the kept counts of the providers that have addresses."""
    counts = {provider_id: address_usage(provider_id) for provider_id in provider_ids}
    return {provider_id: found for provider_id, found in counts.items() if found != AddressCounts(0, 0)}


def forget_consents() -> None:
    """Empty these tables, as the test runner empties those of its models between tests with real transactions."""
    run("DELETE FROM consent")
    run("TRUNCATE consent_event, consent_access, consent_batch, consent_batch_item")
