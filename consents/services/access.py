"""Open consents to dealers (bayi) and close them again, set-wise: up to a hundred consents and dealers at once.

Whoever does holds the lock under which the provider's consents are written (`packages.usage.lock_addresses`), so that
of two that replace each other's lists the later one stands. Consents that are not there are passed over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from brands.enums import RetailerState
from brands.models import Brand
from consents.access_selectors import Kind, access_of
from consents.models import Consent
from iys_portal.audit.bulk import any_of
from iys_portal.audit.services import Actor, record
from packages.usage import lock_addresses


class RetailersUnknown(Exception):
    """Dealers who are not the brand's, or who are not active where they must be; `codes` names them."""

    def __init__(self, codes: Collection[int]) -> None:
        super().__init__(", ".join(map(str, sorted(codes))))
        self.codes = frozenset(codes)


class NoSuchConsent(Exception):
    """The consent that was to be opened is not recorded (H401)."""


@dataclass(frozen=True)
class Changed:
    """How many rows of access came and went, and when."""

    at: datetime
    opened: int = 0
    closed: int = 0


@transaction.atomic
def open_consent(
    *, kind: Kind, recipient: str, codes: Collection[int], actor: Actor | None, now: datetime, reference: str = ""
) -> Changed:
    """Open one consent to dealers, beside those who see it already.

    Raises RetailersUnknown for dealers that are not active ones of the brand, NoSuchConsent when nothing is recorded.
    `reference` is what the caller is answered with, kept in the audit trail.
    """
    lock_addresses(kind.brand.provider_id)
    hold_dealers(kind.brand, codes)
    numbers = _numbers(kind, [recipient])
    if not numbers:
        raise NoSuchConsent
    opened = open_rows(kind, list(numbers), codes)
    return note_access("access_opened", kind.brand, numbers.values(), codes, Changed(now, opened), actor, reference)


@transaction.atomic
def replace(
    *, kind: Kind, recipients: Collection[str], codes: Collection[int], actor: Actor | None, now: datetime
) -> Changed:
    """Open consents to these dealers and to nobody else: the dealer that collected one loses it, too.

    Raises RetailersUnknown for dealers that are not active ones of the brand.
    """
    lock_addresses(kind.brand.provider_id)
    hold_dealers(kind.brand, codes)
    numbers = _numbers(kind, recipients)
    others = access_of(kind, numbers).exclude(retailer_code__in=any_of(codes, "integer"))
    closed = others.delete()[0]
    opened = open_rows(kind, list(numbers), codes)
    return note_access("access_replaced", kind.brand, numbers.values(), codes, Changed(now, opened, closed), actor)


@transaction.atomic
def close(
    *, kind: Kind, recipients: Collection[str], codes: Collection[int] | None, actor: Actor | None, now: datetime
) -> Changed:
    """Close consents to these dealers, or to all (None). Raises RetailersUnknown for dealers of another brand."""
    lock_addresses(kind.brand.provider_id)
    if codes is not None:
        hold_dealers(kind.brand, codes, active=False)
    numbers = _numbers(kind, recipients)
    rows = access_of(kind, numbers)
    if codes is not None:
        rows = rows.filter(retailer_code__in=any_of(codes, "integer"))
    return note_access(
        "access_closed", kind.brand, numbers.values(), codes or [], Changed(now, closed=rows.delete()[0]), actor
    )


def hold_dealers(brand: Brand, codes: Collection[int], *, active: bool = True) -> None:
    """Keep the brand's dealers from being deleted until the caller's transaction ends; raise RetailersUnknown.

    Whoever deletes a dealer locks its row before asking for its consents (docs/adr/0033-dealers.md).
    """
    states = [RetailerState.ACTIVE.value] if active else [state.value for state in RetailerState]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM brands_retailer WHERE provider_id = %s AND brand_id = %s AND code = ANY(%s)"
            " AND state = ANY(%s) ORDER BY code FOR KEY SHARE",
            [brand.provider_id, brand.pk, list(codes), states],
        )
        found = {code for (code,) in cursor.fetchall()}
    if unknown := set(codes) - found:
        raise RetailersUnknown(unknown)


def _numbers(kind: Kind, recipients: Collection[str]) -> dict[str, int]:
    """Return the recorded consents among these: recipient and number of the newest movement."""
    found = Consent.objects.filter(
        provider_id=kind.brand.provider_id,
        recipient__in=any_of(recipients),
        brand_id=kind.brand.pk,
        channel=kind.channel,
        recipient_type=kind.recipient_type,
    )
    return {recipient: number or 0 for recipient, number in found.values_list("recipient", "last_seq")}


def open_rows(kind: Kind, recipients: list[str], codes: Collection[int]) -> int:
    """Write the access of dealers, whom the caller holds, to consents that are there; return how many rows are new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO consent_access (provider_id, recipient, brand_id, channel, recipient_type, retailer_code)"
            " SELECT %s, recipient, %s, %s, %s, code FROM unnest(%s::text[]) recipient, unnest(%s::integer[]) code"
            " ON CONFLICT DO NOTHING",
            [
                kind.brand.provider_id,
                kind.brand.pk,
                kind.channel.value,
                kind.recipient_type.value,
                recipients,
                list(codes),
            ],
        )
        return int(cursor.rowcount)


def note_access(
    action: str,
    brand: Brand,
    numbers: Collection[int],
    codes: Collection[int],
    changed: Changed,
    actor: Actor | None,
    reference: str = "",
) -> Changed:
    """Audit what changed: consents are named by their newest movements, so that no address stands in the trail."""
    if changed.opened or changed.closed:
        record(
            action=action,
            subject=brand,
            actor=actor,
            consents=sorted(numbers),
            dealers=sorted(codes),
            opened=changed.opened,
            closed=changed.closed,
            reference=reference,
        )
    return changed
