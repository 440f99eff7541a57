"""Grant, change and revoke the rights of partners and intermediaries, for one brand or many, with the audit of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import Person
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.audit.bulk import update_each
from iys_portal.audit.services import Happening, record, record_many
from iys_portal.shared.clock import istanbul_day
from partners.enums import Channel, PartyKind, Right
from partners.models import Grant, Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import (
    BRAND_PASSIVE,
    ENDS_IN_THE_PAST,
    NOTHING_TICKED,
    REVOKED_MEANWHILE,
    BrandsRefused,
    GrantChanged,
    GrantRefused,
    is_empty,
    refusal_of_party,
    widens,
)
from partners.selectors.grants import in_force, partner_refusal, rights_in_words
from partners.services.templates import save_template


@dataclass(frozen=True)
class Authorised:
    """The grants of one submission, one for each brand in the order asked for; which of them are new or changed."""

    grants: list[Any]
    given: int
    changed: int


@transaction.atomic
def authorise_partner_for(
    *,
    brands: Sequence[Brand],
    partner: Partner,
    agreement: bool,
    rights: Mapping[Channel, Right],
    ends_on: date | None,
    person: Person,
    now: datetime,
    template_name: str = "",
    changing: Grant | None = None,
    seen: str | None = None,
) -> Authorised:
    """Give a partner these rights for every one of the provider's brands, or for none.

    A grant that is in force is changed, else a new one begins: but not where the grant that the person sees and
    changes, `changing`, was revoked meanwhile. `seen` is the stamp of the first brand's grant as the page showed it:
    rights that are others now are not overwritten. With `template_name` the rights are kept as a template, too. Locks
    the provider where a template is kept, the brands in the order of their keys, then the grants: two submissions at
    once make one grant a brand, and a grant that is revoked meanwhile stays revoked.
    Raises GrantRefused without a package that allows it, for a passive brand (BrandsRefused when several were asked
    for), when nothing is granted, for a last day in the past, when the partner is suspended, or left the directory and
    would get more than it holds, when `changing` is revoked or the rights are not those that were `seen`
    (GrantChanged), and for a template's name that is taken.
    """
    provider_id = brands[0].provider_id
    if template_name and not is_empty(rights, agreement=agreement):
        save_template(
            provider_id=provider_id,
            kind=PartyKind.PARTNER,
            name=template_name,
            agreement=agreement,
            rights=rights,
            person=person,
        )
    _lock_open_brands(brands)
    _check_unrevoked(changing)
    if refusal := partner_refusal(provider_id, now=now):
        raise GrantRefused(refusal)
    if is_empty(rights, agreement=agreement):
        raise GrantRefused(NOTHING_TICKED)
    party = Partner.objects.get(pk=partner.pk)
    _check_term(ends_on, now=now)
    values: dict[str, object] = {channel.value: right for channel, right in rights.items()}
    values |= {"agreement": agreement, "ends_on": ends_on}
    return _write(PartnerGrant, brands, {"partner": party}, values, seen=seen, person=person, now=now)


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
    """Give a partner rights for one brand and return the grant; see `authorise_partner_for`."""
    done = authorise_partner_for(
        brands=[brand], partner=partner, agreement=agreement, rights=rights, ends_on=ends_on, person=person, now=now
    )
    grant: PartnerGrant = done.grants[0]
    return grant


@transaction.atomic
def authorise_intermediary_for(
    *,
    brands: Sequence[Brand],
    intermediary: Intermediary,
    channels: frozenset[Channel],
    ends_on: date | None,
    person: Person,
    now: datetime,
    template_name: str = "",
    changing: Grant | None = None,
    seen: str | None = None,
) -> Authorised:
    """Let an intermediary read these channels of every one of the provider's brands, or of none.

    Works without a package. Locks and raises as `authorise_partner_for`.
    """
    if template_name and channels:
        save_template(
            provider_id=brands[0].provider_id,
            kind=PartyKind.INTERMEDIARY,
            name=template_name,
            agreement=False,
            rights={channel: Right.READ if channel in channels else Right.NONE for channel in Channel},
            person=person,
        )
    _lock_open_brands(brands)
    _check_unrevoked(changing)
    if not channels:
        raise GrantRefused(NOTHING_TICKED)
    party = Intermediary.objects.get(pk=intermediary.pk)
    _check_term(ends_on, now=now)
    values = {"ends_on": ends_on, **{f"{channel.value}_read": channel in channels for channel in Channel}}
    return _write(IntermediaryGrant, brands, {"intermediary": party}, values, seen=seen, person=person, now=now)


def authorise_intermediary(
    *,
    brand: Brand,
    intermediary: Intermediary,
    channels: frozenset[Channel],
    ends_on: date | None,
    person: Person,
    now: datetime,
) -> IntermediaryGrant:
    """Let an intermediary read channels of one brand and return the grant; see `authorise_intermediary_for`."""
    done = authorise_intermediary_for(
        brands=[brand], intermediary=intermediary, channels=channels, ends_on=ends_on, person=person, now=now
    )
    grant: IntermediaryGrant = done.grants[0]
    return grant


@transaction.atomic
def revoke(*, grant: Grant, person: Person, now: datetime) -> None:
    """Take a grant back at once; asked twice, the second call changes nothing. Locks the grant."""
    grant = _locked(grant)
    if grant.revoked_at is not None:
        return
    # Another server's clock may have given the grant a moment ago.
    grant.revoked_at = max(now, grant.granted_at)
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
    ends_on = grant.ends_on.isoformat() if grant.ends_on else None
    return {**{name: getattr(grant, name) for name in ["brand_id", *names]}, "ends_on": ends_on}


def stamp(grant: Grant | None) -> str:
    """Return what changes with the rights of a grant; empty for none. A page carries it to say what it showed."""
    return sha256(repr(sorted(snapshot(grant).items())).encode()).hexdigest()[:16] if grant else ""


def _lock_open_brands(brands: Sequence[Brand]) -> None:
    ids = [brand.pk for brand in brands]
    rows = Brand.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    locked = list(rows.filter(provider_id=brands[0].provider_id, pk__in=ids))
    if len(locked) != len(set(ids)):
        raise Brand.DoesNotExist
    passive = [brand for brand in locked if brand.state != BrandState.ACTIVE]
    if passive and len(ids) == 1:
        raise GrantRefused(BRAND_PASSIVE)
    if passive:
        raise BrandsRefused([(brand, BRAND_PASSIVE) for brand in passive])


def _check_unrevoked(grant: Grant | None) -> None:
    """Wait for whoever is revoking the grant; raise GrantRefused when it is revoked."""
    if grant is not None and _locked(grant).revoked_at is not None:
        raise GrantRefused(REVOKED_MEANWHILE)


def _locked(grant: Grant) -> Grant:
    locked: Grant = type(grant)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
    return locked


def _check_term(ends_on: date | None, *, now: datetime) -> None:
    if ends_on is not None and ends_on < istanbul_day(now):
        raise GrantRefused(ENDS_IN_THE_PAST)


def _check_party(
    party: Partner | Intermediary, held: Sequence[PartnerGrant | IntermediaryGrant | None], values: Mapping[str, object]
) -> None:
    """Raise GrantRefused for a company that is suspended or, where it would get more than it holds, left the list."""
    narrows = all(grant is not None and not widens(grant, values) for grant in held)
    if (refusal := refusal_of_party(party)) and (party.is_suspended or not narrows):
        raise GrantRefused(refusal)


def _check_seen(seen: str | None, grant: PartnerGrant | IntermediaryGrant | None, values: Mapping[str, object]) -> None:
    """Raise GrantChanged where other rights than those that a page showed would be overwritten."""
    if seen is None or seen == stamp(grant):
        return
    if grant is None or any(getattr(grant, name) != value for name, value in values.items()):
        held = rights_in_words(grant) if grant else []
        ends = [f"bitiş {grant.ends_on:%d.%m.%Y}"] if grant and grant.ends_on else []
        raise GrantChanged([*held, *ends], stamp(grant))


def _write(
    model: type[PartnerGrant | IntermediaryGrant],
    brands: Sequence[Brand],
    party: Mapping[str, Partner | Intermediary],
    values: Mapping[str, object],
    *,
    seen: str | None,
    person: Person,
    now: datetime,
) -> Authorised:
    """Change the grants in force of these locked brands, begin those that are missing, and audit what became other."""
    provider_id, ids = brands[0].provider_id, [brand.pk for brand in brands]
    manager: Any = model._default_manager
    of_party = manager.filter(provider_id=provider_id, brand_id__in=ids, **party)
    rows = of_party.filter(in_force(istanbul_day(now))).select_for_update(of=("self",), no_key=True)
    standing: dict[int, Any] = {grant.brand_id: grant for grant in rows.order_by("pk")}
    (company,) = party.values()
    _check_party(company, [standing.get(pk) for pk in ids], values)
    _check_seen(seen, standing.get(ids[0]), values)
    # A grant that was revoked while this one waited for the lock may have been revoked after `now`.
    revoked = of_party.filter(revoked_at__gt=now).values_list("brand_id").annotate(Max("revoked_at"))
    earliest: dict[int, datetime] = dict(revoked)
    new, changed, happenings = [], [], []
    for brand in brands:
        grant = standing.get(brand.pk)
        before = snapshot(grant) if grant else None
        if grant is None:
            begins = earliest.get(brand.pk, now)
            grant = model(provider_id=provider_id, brand=brand, granted_by=person, granted_at=begins, **party)
            standing[brand.pk] = grant
            new.append(grant)
        for name, value in values.items():
            setattr(grant, name, value)
        after = snapshot(grant)
        if before is not None and before != after:
            changed.append(grant)
        if before != after:
            action = "grant" if before is None else "change"
            happenings.append(Happening(grant, action, detail={"before": before, "after": after}))
    manager.bulk_create(new)
    update_each(changed, list(values))
    record_many(happenings, actor=person)
    return Authorised([standing[brand.pk] for brand in brands], len(new), len(changed))
