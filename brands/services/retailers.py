"""Add, change, suspend and remove dealers (bayi).

Locks are taken in one order: provider, brand, dealer. The provider's lock lets one person at a time change its
dealers, so that two with the same TCKN are told apart by a sentence and not by an error of the database.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Person, Provider
from brands.enums import RETAILER_TRANSITIONS, BrandState, RetailerState
from brands.models import Brand, Retailer
from brands.rules import (
    BRAND_PASSIVE,
    DETAILS_MISSING,
    MERSIS_TAKEN,
    NO_CODE_LEFT,
    PASSIVE_WITH_MERSIS,
    PASSIVE_WITH_TCKN,
    STILL_LINKED,
    TCKN_TAKEN,
    BrandRefused,
    Details,
    Fault,
    RetailerRefused,
)
from brands.services.brands import lock as lock_brand
from iys_portal.audit.bulk import any_of
from iys_portal.audit.services import Actor, move, record
from iys_portal.shared.crypto import encrypt, lookup_hash

CODES = range(10_000_000, 100_000_000)
_DRAWS = 64
_RANDOM = secrets.SystemRandom()

PLAIN = ("title", "alias", "name", "tax_number", "mersis", "town_code")
"""Fields whose values may stand in the audit trail."""
SECRET = ("tckn_hash", "tckn_encrypted", "tax_tckn_encrypted", "mobile")


@transaction.atomic
def add(*, brand: Brand, details: Details, person: Actor | None, now: datetime, codes: range = CODES) -> Retailer:
    """Add a dealer with a new random code and return it.

    Raises BrandRefused for a passive brand; RetailerRefused for a TCKN or MERSİS that another dealer of the provider
    has (H230, H231, H253), or when no code is left in `codes` (H067).
    """
    lock_provider(brand.provider_id)
    open_brand(brand)
    faults = taken(brand.provider_id, details)
    if faults:
        raise RetailerRefused(*faults)
    retailer = Retailer(
        provider_id=brand.provider_id,
        brand=brand,
        code=free_codes(1, codes=codes)[0],
        state=details.status,
        created_at=now,
        **columns(details),
    )
    retailer.save(force_insert=True)
    record(action="dealer_added", subject=retailer, actor=person, before=None, after=snapshot(retailer))
    return retailer


@transaction.atomic
def change(*, retailer: Retailer, details: Details, person: Person) -> Retailer:
    """Write the details of a dealer, but for its state, and return it; what is already so is not written again.

    Raises RetailerRefused for a TCKN or MERSİS that another dealer of the provider has.
    """
    lock_provider(retailer.provider_id)
    locked = _lock(retailer)
    faults = taken(locked.provider_id, details, but=locked)
    if faults:
        raise RetailerRefused(*faults)
    before, secrets_before = snapshot(locked), _secrets(locked)
    for name, value in columns(details).items():
        setattr(locked, name, value)
    after, secrets_after = snapshot(locked), _secrets(locked)
    changed = [name for name in PLAIN if before[name] != after[name]]
    hidden = [name for name, value in secrets_after.items() if value != secrets_before[name]]
    if changed or hidden:
        locked.save(update_fields=[*PLAIN, *SECRET])
        record(
            action="dealer_changed",
            subject=locked,
            actor=person,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            hidden=hidden,
        )
    return locked


@transaction.atomic
def set_state(*, retailer: Retailer, to: RetailerState, person: Person) -> Retailer:
    """Make a dealer active, suspended or passive and return it; asked twice, the second call changes nothing.

    Raises BrandRefused for a dealer whose details are not there and who must stay suspended.
    """
    locked = _lock(retailer)
    if locked.state == to:
        return locked
    if not locked.is_whole:
        raise BrandRefused(DETAILS_MISSING)
    move(locked, to, table=RETAILER_TRANSITIONS, actor=person, reason="")
    return locked


@transaction.atomic
def remove(*, retailer: Retailer, person: Actor | None, linked: Callable[[Retailer], bool]) -> None:
    """Delete a dealer to whom no consent is linked; `linked` says whether any is, and is asked under the dealer's lock.

    A dealer that is no longer there is no error. Raises BrandRefused for one who has consents.
    """
    locked = (
        Retailer.objects.select_for_update(of=("self",))
        .filter(provider_id=retailer.provider_id, pk=retailer.pk)
        .first()
    )
    if locked is None:
        return
    if linked(locked):
        raise BrandRefused(STILL_LINKED)
    record(
        action="dealer_removed",
        subject=locked,
        actor=person,
        before={"code": locked.code, "state": locked.state, **snapshot(locked)},
        after=None,
    )
    locked.delete()


def lock_provider(provider_id: int) -> None:
    """Wait until nobody else changes the provider's dealers."""
    Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider_id)


def open_brand(brand: Brand) -> None:
    """Lock the brand; raise BrandRefused where it is passive."""
    if lock_brand(brand).state != BrandState.ACTIVE:
        raise BrandRefused(BRAND_PASSIVE)


def taken(provider_id: int, details: Details, *, but: Retailer | None = None) -> list[Fault]:
    """Return which of the dealer's numbers another dealer of the provider has; a passive one is said to be passive."""
    others = Retailer.objects.filter(provider_id=provider_id)
    if but is not None:
        others = others.exclude(pk=but.pk)
    tckn = others.filter(tckn_hash=lookup_hash(details.tckn)).values_list("state", flat=True).first()
    mersis = others.filter(mersis=details.mersis).values_list("state", flat=True).first() if details.mersis else None
    return taken_faults(tckn, mersis)


def taken_faults(tckn: str | None, mersis: str | None) -> list[Fault]:
    """Return the faults for the states of the dealers that have the same TCKN and the same MERSİS (None for none)."""
    faults = []
    if tckn is not None:
        faults.append(Fault(PASSIVE_WITH_TCKN if tckn == RetailerState.PASSIVE else TCKN_TAKEN, "tckn"))
    if mersis is not None:
        faults.append(Fault(PASSIVE_WITH_MERSIS if mersis == RetailerState.PASSIVE else MERSIS_TAKEN, "mersis"))
    return faults


def free_codes(count: int, *, codes: range = CODES) -> list[int]:
    """Return `count` random codes that no dealer of any provider has; raise RetailerRefused when none are left.

    As many draws again, and 64 more, make a failure unlikely until nearly all codes are given out.
    """
    drawn = _RANDOM.sample(codes, min(len(codes), 2 * count + _DRAWS))
    given = set(Retailer.objects.filter(code__in=any_of(drawn, "integer")).values_list("code", flat=True))
    free = [code for code in drawn if code not in given][:count]
    if len(free) < count:
        raise RetailerRefused(Fault(NO_CODE_LEFT, ""))
    return free


def columns(details: Details) -> dict[str, Any]:
    """Return the values of the columns that hold the details."""
    is_person = len(details.tin) == 11
    return {
        "title": details.title,
        "alias": details.alias,
        "name": details.name,
        "tckn_hash": lookup_hash(details.tckn),
        "tckn_encrypted": encrypt(details.tckn.encode()),
        "tax_number": "" if is_person else details.tin,
        "tax_tckn_encrypted": encrypt(details.tin.encode()) if is_person else None,
        "mersis": details.mersis,
        "town_code": details.town.code,
        "mobile": details.mobile,
    }


def snapshot(retailer: Retailer) -> dict[str, Any]:
    """Return what of a dealer is audited by value."""
    return {name: getattr(retailer, name) for name in PLAIN}


def _secrets(retailer: Retailer) -> dict[str, str]:
    sole_trader = retailer.tin if retailer.tax_tckn_encrypted else ""
    return {"tckn": retailer.tckn_hash or "", "tax_tckn": sole_trader, "mobile": retailer.mobile}


def _lock(retailer: Retailer) -> Retailer:
    rows = Retailer.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(provider_id=retailer.provider_id, pk=retailer.pk)
