"""Authorise and revoke partners and intermediaries. Every change is audited with before and after."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction

from accounts.models import Person
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.audit.services import record
from iys_portal.shared.clock import istanbul_day
from partners.enums import Channel, Right
from partners.models import DirectoryEntry, Grant, Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import (
    BRAND_PASSIVE,
    ENDS_IN_THE_PAST,
    NOT_LISTED,
    NOTHING_TICKED,
    GrantRefused,
    is_empty,
)
from partners.selectors import partner_refusal

G = TypeVar("G", bound=Grant)


@transaction.atomic
def authorise_partner(
    *,
    brand: Brand,
    partner: Partner,
    agreement: bool,
    rights: Mapping[Channel, Right],
    ends_on: date | None,
    person: Person,
    now: datetime,
) -> PartnerGrant:
    """Give a partner these rights for a brand, or change those it has, and return the grant.

    Locks the brand, then its grant to this partner: two submissions at once make one grant, and a grant that
    is revoked meanwhile stays revoked. Raises GrantRefused without a package that allows it, for a passive
    brand, when nothing is granted, for a last day in the past, or when the partner left the directory.
    """
    _lock_open_brand(brand)
    if refusal := partner_refusal(brand.provider_id, now=now):
        raise GrantRefused(refusal)
    if is_empty(rights, agreement=agreement):
        raise GrantRefused(NOTHING_TICKED)
    _check_party_and_term(partner, ends_on, now=now)
    grants = PartnerGrant.objects.select_for_update(of=("self",), no_key=True)
    grant = grants.filter(
        provider_id=brand.provider_id, brand=brand, partner=partner, revoked_at=None
    ).first() or PartnerGrant(brand=brand, partner=partner)
    values: dict[str, object] = {channel.value: right for channel, right in rights.items()}
    values |= {"agreement": agreement, "ends_on": ends_on}
    return _write(grant, values, brand=brand, person=person, now=now)


@transaction.atomic
def authorise_intermediary(
    *,
    brand: Brand,
    intermediary: Intermediary,
    channels: frozenset[Channel],
    ends_on: date | None,
    person: Person,
    now: datetime,
) -> IntermediaryGrant:
    """Let an intermediary read these channels of a brand, or change those it reads, and return the grant.

    Works without a package. Locks the brand, then its grant to this intermediary. Raises GrantRefused for a
    passive brand, when no channel is named, for a last day in the past, or when the intermediary left the
    directory.
    """
    _lock_open_brand(brand)
    if not channels:
        raise GrantRefused(NOTHING_TICKED)
    _check_party_and_term(intermediary, ends_on, now=now)
    grants = IntermediaryGrant.objects.select_for_update(of=("self",), no_key=True)
    grant = grants.filter(
        provider_id=brand.provider_id, brand=brand, intermediary=intermediary, revoked_at=None
    ).first() or IntermediaryGrant(brand=brand, intermediary=intermediary)
    values = {"ends_on": ends_on, **{f"{channel.value}_read": channel in channels for channel in Channel}}
    return _write(grant, values, brand=brand, person=person, now=now)


@transaction.atomic
def revoke(*, grant: Grant, person: Person, now: datetime) -> None:
    """Take a grant back at once; asked twice, the second call changes nothing. Locks the grant."""
    grant = type(grant)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
    if grant.revoked_at is not None:
        return
    grant.revoked_at = now
    grant.save(update_fields=["revoked_at"])
    record(action="revoke", subject=grant, actor=person, before=snapshot(grant), after=None)


def note_forged_right(*, brand: Brand, fields: list[str], person: Person) -> None:
    """Audit that somebody asked for rights which the form does not offer; nothing else is written."""
    record(action="forged_right", subject=brand, actor=person, fields=fields)


def snapshot(grant: Grant) -> dict[str, object]:
    """Return what a grant allows, as it is audited."""
    if isinstance(grant, PartnerGrant):
        names = ["partner_id", "agreement", "mesaj", "arama", "eposta"]
    else:
        names = ["intermediary_id", "mesaj_read", "arama_read", "eposta_read"]
    return {name: getattr(grant, name) for name in ["brand_id", *names, "ends_on"]}


def _lock_open_brand(brand: Brand) -> None:
    locked = Brand.objects.select_for_update(of=("self",), no_key=True).get(pk=brand.pk)
    if locked.state != BrandState.ACTIVE:
        raise GrantRefused(BRAND_PASSIVE)


def _check_party_and_term(party: DirectoryEntry, ends_on: date | None, *, now: datetime) -> None:
    if not party.is_listed:
        raise GrantRefused(NOT_LISTED)
    if ends_on is not None and ends_on < istanbul_day(now):
        raise GrantRefused(ENDS_IN_THE_PAST)


def _write(grant: G, values: Mapping[str, object], *, brand: Brand, person: Person, now: datetime) -> G:
    before = snapshot(grant) if grant.pk else None
    for name, value in values.items():
        setattr(grant, name, value)
    if before is None:
        grant.provider_id, grant.granted_by, grant.granted_at = brand.provider_id, person, now
    after = snapshot(grant)
    if before == after:
        return grant
    grant.save()
    action = "grant" if before is None else "change"
    record(action=action, subject=grant, actor=person, before=before, after=after)
    return grant
