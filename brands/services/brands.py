"""Rename a brand, make it passive and active again."""

from django.db import transaction

from accounts.models import Person, Provider
from brands.enums import BRAND_TRANSITIONS, BrandState
from brands.models import Brand
from brands.rules import (
    MASTER_STAYS,
    MAX_TEXT,
    NAME_MISSING,
    NAME_TAKEN,
    NAME_TOO_LONG,
    NAME_UNPROVEN,
    BrandRefused,
    needs_certificate,
)
from brands.selectors import has_brand_named
from iys_portal.audit.services import Actor, move, record


@transaction.atomic
def respell(*, brand: Brand, name: str, person: Person) -> Brand:
    """Give the brand a name that needs no review and return it; the same name again changes nothing.

    Locks the provider, then the brand. Raises BrandRefused for an empty name, for one that is too long, that another
    brand of the provider has, or that needs a certificate.
    """
    provider = Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=brand.provider_id)
    locked = lock(brand)
    locked.provider = provider
    name = " ".join(name.split())
    if not name:
        raise BrandRefused(NAME_MISSING)
    if len(name) > MAX_TEXT:
        raise BrandRefused(NAME_TOO_LONG)
    if needs_certificate(locked, name):
        raise BrandRefused(NAME_UNPROVEN)
    if has_brand_named(provider.pk, name, besides=locked):
        raise BrandRefused(NAME_TAKEN)
    return rename(brand=locked, name=name, actor=person)


@transaction.atomic
def rename(*, brand: Brand, name: str, actor: Actor) -> Brand:
    """Give the brand a name that was judged, and return it; the same name again changes nothing. Locks the brand."""
    locked = lock(brand)
    if name != locked.name:
        before, locked.name = locked.name, name
        locked.save(update_fields=["name"])
        record(action="rename", subject=locked, actor=actor, before=before, after=name)
    return locked


@transaction.atomic
def set_state(*, brand: Brand, to: BrandState, person: Person) -> Brand:
    """Make the brand passive or active and return it; asked twice, the second call changes nothing. Locks the brand.

    Raises BrandRefused where the master brand is to become passive.
    """
    locked = lock(brand)
    if locked.state == to:
        return locked
    if locked.is_master and to == BrandState.PASSIVE:
        raise BrandRefused(MASTER_STAYS)
    move(locked, to, table=BRAND_TRANSITIONS, actor=person, reason="")
    return locked


def lock(brand: Brand) -> Brand:
    """Return the brand as it is now, locked."""
    return Brand.objects.select_for_update(of=("self",), no_key=True).get(provider_id=brand.provider_id, pk=brand.pk)
