"""Record movements of consents, one at a time. The event table is their audit trail: who, by which way, when."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Person, Provider
from brands.enums import RetailerState
from brands.models import Brand
from consents.access_selectors import Kind, access_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.models import CitizenName, Consent
from consents.rules.faults import Fault
from consents.rules.fields import Movement, Policy
from consents.rules.state import Standing, judge, judge_citizens
from consents.rules.transaction import transaction_id
from consents.selectors import (
    Address,
    beyond_limit,
    last_event,
    place_of,
    said_by,
    says,
)
from consents.services.access import RetailersUnknown, hold_dealers, open_consent, open_rows
from consents.services.holding import append, append_first_approval, hold
from iys_portal.audit.services import Actor, Program
from iys_portal.audit.short import ShortTransaction, short_transaction
from iys_portal.shared.crypto import encrypt
from packages.usage import lock_addresses


class ConsentRefused(Exception):
    """A movement that may not be recorded; `faults` are all reasons, in İYS's words."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.code for fault in faults))
        self.faults = list(faults)


@dataclass(frozen=True)
class Recorded:
    """An accepted movement; `is_new` is False when the same one had been recorded before."""

    seq: int
    transaction_id: str
    created_at: datetime
    is_new: bool = True


@dataclass(frozen=True)
class Origin:
    """Where a provider's movement comes from: a person at a screen or with a file, or a program (no person)."""

    way: Way
    person: Person | None = None
    program: Program | None = None

    @property
    def actor(self) -> Actor | None:
        """Who is written into the audit trail."""
        return self.person or self.program


_ONAY = ConsentStatus.ONAY


def record_consent(
    *,
    provider: Provider,
    brand: Brand,
    movement: Movement,
    origin: Origin,
    policy: Policy,
    now: datetime,
    retailer_code: int | None = None,
    retailer_access: Sequence[int] = (),
    repeats: bool = False,
) -> Recorded:
    """Record a provider's movement of one consent, whose fields were read by `consents.rules.fields.read`.

    Waits for whoever else writes consents of the provider, and is judged on what it will follow: neither can two
    writers take the last place of a package, nor is a number of the feed committed after a greater one
    (docs/adr/0032-consent-store.md). One movement a transaction: a caller that has more of them opens none around.

    The consent is opened to the dealers of `retailer_access`, beside those who see it already.
    `repeats`: the movement that was recorded last, sent again, is answered with its old transaction id; dealers who do
    not see the consent yet are given access.
    Raises ConsentRefused with all faults of the gate (H180, H525), or, where it lets the movement pass, of the state
    (H174, H175, H178, H462, H463).
    """
    job = _Job(provider, brand, movement, origin, now, retailer_code)
    # Dealers are asked for in between: that is more than two questions.
    named = retailer_code is not None or bool(retailer_access)
    if not named and movement.status == _ONAY and (first := _first(job, policy)):
        return first
    with transaction.atomic() if named else nullcontext(), short_transaction() as short:
        held = hold(short, provider.pk, movement.recipient, room_at=now if movement.status == _ONAY else None)
        current = _current(job, held.address)
        if repeats and (last := last_event(current)) is not None and says(last) == said_by(movement, retailer_code):
            _open_more(job, retailer_access)
            return _recorded(job, last.seq, created_at=last.created_at, is_new=False)
        faults = beyond_limit(held.address, movement, held.room)
        if retailer_code is not None and not _keep_retailer(brand, retailer_code):
            faults.append(Fault("H180", "retailerCode"))
        if retailer_access:
            faults += _unknown(brand, retailer_access)
        if faults := faults or judge(_standing(current), movement, policy=policy):
            raise ConsentRefused(faults)
        recorded = _write(short, job, held.address)
        if retailer_access:
            kind = Kind(brand, movement.channel, movement.recipient_type)
            open_rows(kind, [movement.recipient], retailer_access)
        return recorded


def _first(job: "_Job", policy: Policy) -> Recorded | None:
    """Record an approval that is good if nothing is known of its address; None where something is, or may be too much.

    Most approvals of programs and forms are of somebody new: they are judged on that premise, and the database, which
    looks whether it holds, appends them in the same journey.
    """
    if judge(None, job.movement, policy=policy):
        return None
    made = append_first_approval(**_values(job))
    return None if made is None else _recorded(job, made[0], created_at=made[1])


def _open_more(job: "_Job", codes: Sequence[int]) -> None:
    """Open a consent that is recorded to those of the dealers who do not see it yet; raise ConsentRefused (H180)."""
    if not codes:
        return
    movement = job.movement
    kind = Kind(job.brand, movement.channel, movement.recipient_type)
    more = set(codes) - set(access_of(kind, [movement.recipient]).values_list("retailer_code", flat=True))
    if not more:
        return
    try:
        open_consent(kind=kind, recipient=movement.recipient, codes=sorted(more), actor=job.origin.actor, now=job.now)
    except RetailersUnknown:
        raise ConsentRefused([Fault("H180", "retailerAccess")]) from None


def _unknown(brand: Brand, codes: Sequence[int]) -> list[Fault]:
    """Return the gate's fault of a list with dealers that are not active ones of the brand; keep the others."""
    try:
        hold_dealers(brand, codes)
    except RetailersUnknown:
        return [Fault("H180", "retailerAccess")]
    return []


@dataclass(frozen=True)
class _Job:
    """What is written when it may be."""

    provider: Provider
    brand: Brand
    movement: Movement
    origin: Origin
    now: datetime
    retailer_code: int | None = None


def _keep_retailer(brand: Brand, code: int) -> bool:
    """Return whether an active dealer of this code works for the brand; nobody deletes it until the caller is done.

    Whoever deletes a dealer locks its row before asking for its consents (docs/adr/0033-dealers.md): here it waits, or
    it is waited for and the dealer is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM brands_retailer WHERE provider_id = %s AND brand_id = %s AND code = %s AND state = %s"
            " FOR KEY SHARE",
            [brand.provider_id, brand.pk, code, RetailerState.ACTIVE],
        )
        return cursor.fetchone() is not None


def _current(job: _Job, address: Address) -> Consent | None:
    return address.consent(job.brand.pk, job.movement.channel, job.movement.recipient_type)


def _standing(current: Consent | None) -> Standing | None:
    return None if current is None else Standing(ConsentStatus(current.status), current.consent_at)


# A caller read its clock before it waited for the lock: who comes later is never recorded earlier. So a feed that is
# cut at an instant is cut at a number, too.
INSTANT = """GREATEST(%(now)s, (
            SELECT created_at FROM consent_event WHERE provider_id = %(provider)s ORDER BY seq DESC LIMIT 1
        ))"""


def _write(short: ShortTransaction, job: _Job, address: Address) -> Recorded:
    """Append the event, make it the current state, and commit; return what was recorded."""
    current = _current(job, address)
    seq, created_at = append(
        short,
        **_values(job),
        is_there=current is not None,
        previous=None if current is None else current.last_seq,
        status=job.movement.status.value,
        retailer=job.retailer_code,
        gained=address.gain(job.movement, current),
    )
    return _recorded(job, seq, created_at=created_at)


def _values(job: _Job) -> dict[str, Any]:
    """Return what a movement says, as both ways of appending it take it."""
    movement, person = job.movement, job.origin.person
    return {
        "provider": job.provider.pk,
        "recipient": movement.recipient,
        "brand": job.brand.pk,
        "channel": movement.channel.value,
        "recipient_type": movement.recipient_type.value,
        "source": None if movement.source is None else movement.source.value,
        "consent_at": movement.consent_at,
        "now": job.now,
        "person": None if person is None else person.pk,
        "way": job.origin.way.value,
    }


def _recorded(job: _Job, seq: int, *, created_at: datetime, is_new: bool = True) -> Recorded:
    number = transaction_id(
        job.movement, iys_code=job.provider.iys_code, brand_code=job.brand.code, created_at=created_at
    )
    return Recorded(seq, number, created_at, is_new)


def record_citizens_movement(
    *,
    provider: Provider,
    brand: Brand,
    recipient: str,
    channel: Channel,
    recipient_type: RecipientType,
    status: ConsentStatus,
    source: Source,
    consent_at: datetime,
    now: datetime,
    citizen_name: str = "",
) -> Recorded:
    """Record what a citizen did at İYS's own places: it wins by its date alone, and no limit of a package stops it.

    `citizen_name`: of a citizen who adds the brand by themselves (IYS_WEB_YENI) the register tells the name.
    Raises ConsentRefused (H178) when what is recorded is newer, or as new and no approval that the citizen refuses.
    """
    if not source.is_citizens:
        raise ValueError(f"{source.name} is a provider's source.")
    if citizen_name and source != Source.IYS_WEB_YENI:
        raise ValueError(f"{source.name} tells no citizen's name.")
    movement = Movement(recipient, channel, recipient_type, status, source, consent_at.replace(microsecond=0))
    job = _Job(provider, brand, movement, Origin(Way.CITIZEN), now)
    with transaction.atomic() if citizen_name else nullcontext():
        with short_transaction() as short:
            address = hold(short, provider.pk, recipient).address
            if faults := judge_citizens(_standing(_current(job, address)), movement):
                raise ConsentRefused(faults)
            recorded = _write(short, job, address)
        if citizen_name:
            CitizenName.objects.create(
                provider_id=provider.pk,
                seq=recorded.seq,
                created_at=recorded.created_at,
                name_encrypted=encrypt(citizen_name.encode()),
            )
        return recorded


def forget_citizens(*, now: datetime) -> int:
    """Drop the names of citizens whose movements the change feed tells no more; return how many."""
    return CitizenName.objects.filter(created_at__lt=now - timedelta(days=settings.CHANGES_DAYS)).delete()[0]


@transaction.atomic
def take_over(*, consents: Sequence[Consent], now: datetime) -> None:
    """Bring in consents of one provider that were recorded elsewhere before, each with one event (Devreden kayıt).

    No rule judges them: what they say has happened. Waits for other writers; the address count follows by itself.
    """
    if not consents:
        return
    (provider_id,) = {consent.provider_id for consent in consents}
    lock_addresses(provider_id)
    Consent.objects.bulk_create(sorted(consents, key=place_of))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, {"provider": provider_id, "now": now, "way": Way.FIRST_RECORD.value})


_TAKE_OVER = f"""
    WITH event AS (
        INSERT INTO consent_event (provider_id, created_at, consent_at, brand_id, channel, recipient_type, status,
            source, way, recipient)
        SELECT provider_id, {INSTANT}, consent_at, brand_id, channel, recipient_type, status, source, %(way)s,
            recipient FROM consent WHERE provider_id = %(provider)s AND last_seq IS NULL
        ORDER BY recipient, brand_id, channel, recipient_type
        RETURNING *
    )
    UPDATE consent c SET last_seq = event.seq FROM event
    WHERE c.provider_id = %(provider)s AND c.recipient = event.recipient AND c.brand_id = event.brand_id
        AND c.channel = event.channel AND c.recipient_type = event.recipient_type
"""  # noqa: S608  (constants of our own)
