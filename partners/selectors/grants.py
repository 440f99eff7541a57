"""Read what brands granted: to whom, with which rights, and what stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Person
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brands_of
from iys_portal.shared.turkish import sort_key
from packages.selectors import live_subscription, term_that_counts
from partners.enums import Channel, PartyKind, PartyState, Right
from partners.models import GrantTemplate, Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import Sleep, is_in_force, refusal_of_package, right_held, short, sleep_of, words_of


def partner_refusal(provider_id: int, *, now: datetime) -> str:
    """Return why the provider's package does not let it authorise partners, or an empty text."""
    live = live_subscription(provider_id, now=now)
    return refusal_of_package(live, term_that_counts(provider_id, now=now), now=now)


def partner_sleep(provider_id: int, *, now: datetime) -> Sleep | None:
    """Return why the provider's grants to partners sleep, or None when they are awake."""
    return sleep_of(term_that_counts(provider_id, now=now), now=now)


def in_force(today: date) -> Q:
    """Return the condition of grants that are neither revoked nor over; the twin of rules.is_in_force."""
    return Q(revoked_at=None) & (Q(ends_on=None) | Q(ends_on__gte=today))


def newest_of(grants: QuerySet[Any], party: str) -> QuerySet[Any]:
    """Return of each brand and company the newest grant, and that only if it was not revoked.

    A grant whose last day is over is shown until the company is authorised anew, or the grant is revoked.
    """
    same = {name: OuterRef(name) for name in ("provider_id", "brand_id", f"{party}_id")}
    newer = grants.model._default_manager.filter(**same, granted_at__gt=OuterRef("granted_at"))
    return grants.filter(~Exists(newer), revoked_at=None)


def partner_grants_of(brand: Brand) -> QuerySet[PartnerGrant]:
    """Return the brand's newest grant to each partner unless it was revoked, by the partner's title."""
    grants = PartnerGrant.objects.filter(provider_id=brand.provider_id, brand=brand)
    return newest_of(grants, "partner").select_related("partner", "granted_by").order_by("partner__title")


def intermediary_grants_of(brand: Brand) -> QuerySet[IntermediaryGrant]:
    """Return the brand's newest grant to each intermediary unless it was revoked, by the intermediary's title."""
    grants = IntermediaryGrant.objects.filter(provider_id=brand.provider_id, brand=brand)
    newest = newest_of(grants, "intermediary")
    return newest.select_related("intermediary", "granted_by").order_by("intermediary__title")


def partner_grant_with_id(brand: Brand, grant_id: int) -> QuerySet[PartnerGrant]:
    """Return the brand's grant to a partner with this id (at most one), a revoked one too."""
    grants = PartnerGrant.objects.filter(provider_id=brand.provider_id, brand=brand, pk=grant_id)
    return grants.select_related("partner")


def intermediary_grant_with_id(brand: Brand, grant_id: int) -> QuerySet[IntermediaryGrant]:
    """Return the brand's grant to an intermediary with this id (at most one), a revoked one too."""
    grants = IntermediaryGrant.objects.filter(provider_id=brand.provider_id, brand=brand, pk=grant_id)
    return grants.select_related("intermediary")


def rights_in_words(grant: PartnerGrant | IntermediaryGrant) -> list[str]:
    """Return what the grant allows, as pages show it: “Mutabakat Yönetimi”, “Mesaj: okuma ve yazma”."""
    rights = {channel: right_held(grant, channel) for channel in Channel}
    return words_of(rights, agreement=isinstance(grant, PartnerGrant) and grant.agreement)


@dataclass(frozen=True)
class GrantRow:
    """A grant as the brand's page shows it.

    `ended`: its last day is over; `sleeping`: the package holds it back.
    """

    id: int
    rights: list[str]
    granted_at: datetime
    granted_by: Person
    ends_on: date | None
    ended: bool
    sleeping: bool


@dataclass(frozen=True)
class PartnerGrantRow(GrantRow):
    partner: Partner


@dataclass(frozen=True)
class IntermediaryGrantRow(GrantRow):
    intermediary: Intermediary


def partner_grant_rows(brand: Brand, *, asleep: bool, today: date) -> list[PartnerGrantRow]:
    """Return the brand's grants to partners; `asleep` says that the package does not allow them now."""
    return [
        PartnerGrantRow(**_row(grant, asleep=asleep, today=today), partner=grant.partner)
        for grant in partner_grants_of(brand)
    ]


def intermediary_grant_rows(brand: Brand, *, today: date) -> list[IntermediaryGrantRow]:
    """Return the brand's grants to intermediaries, which need no package and never sleep."""
    return [
        IntermediaryGrantRow(**_row(grant, asleep=False, today=today), intermediary=grant.intermediary)
        for grant in intermediary_grants_of(brand)
    ]


def _row(grant: PartnerGrant | IntermediaryGrant, *, asleep: bool, today: date) -> dict[str, Any]:
    ended = not is_in_force(grant, today=today)
    return {
        "id": grant.pk,
        "rights": rights_in_words(grant),
        "granted_at": grant.granted_at,
        "granted_by": grant.granted_by,
        "ends_on": grant.ends_on,
        "ended": ended,
        "sleeping": asleep and not ended,
    }


def standing_grant_to(
    party: Partner | Intermediary, brand: Brand, *, today: date
) -> PartnerGrant | IntermediaryGrant | None:
    """Return the grant of a brand to this company that is in force, or None."""
    grants: QuerySet[Any] = party.grants.all()
    return grants.filter(in_force(today), provider_id=brand.provider_id, brand=brand).first()


def grant_counts(provider_id: int, brand_ids: list[int], *, today: date) -> dict[int, tuple[int, int]]:
    """Return (partners, intermediaries) with a live grant, by brand; two queries."""
    counts: dict[int, list[int]] = {brand_id: [0, 0] for brand_id in brand_ids}
    models: tuple[type[PartnerGrant | IntermediaryGrant], ...] = (PartnerGrant, IntermediaryGrant)
    for column, model in enumerate(models):
        grants = _live(model, provider_id, brand_ids, today)
        for brand_id, count in grants.values_list("brand_id").annotate(Count("pk")):
            counts[brand_id][column] = count
    return {brand_id: (partners, intermediaries) for brand_id, (partners, intermediaries) in counts.items()}


def _live(
    model: type[PartnerGrant | IntermediaryGrant], provider_id: int, brand_ids: list[int], today: date
) -> QuerySet[Any]:
    party = "partner" if model is PartnerGrant else "intermediary"
    active = Q(**{f"{party}__state": PartyState.ACTIVE})
    grants: QuerySet[Any] = model._default_manager.filter(provider_id=provider_id, brand_id__in=brand_ids)
    return grants.filter(in_force(today) & active)


def live_grant_count(party: Partner | Intermediary, *, today: date) -> int:
    """Return how many brands' grants to the company are in force, whether it is suspended or not."""
    grants: QuerySet[Any] = party.grants.all()
    return grants.filter(in_force(today)).count()


def channels_without_reader(provider_id: int, brand_ids: list[int], *, today: date) -> dict[int, list[str]]:
    """Return of each brand the channels that no AHS may read now (“Arama”); one query."""
    grants = _live(IntermediaryGrant, provider_id, brand_ids, today)
    by_brand = grants.values("brand_id").annotate(**{channel.value: BoolOr(f"{channel}_read") for channel in Channel})
    read: dict[int, dict[str, Any]] = {row["brand_id"]: row for row in by_brand}
    return {
        brand_id: [short(channel) for channel in Channel if not read.get(brand_id, {}).get(channel)]
        for brand_id in brand_ids
    }


@dataclass(frozen=True)
class OtherBrand:
    """Another active brand of the provider, and what the company holds there already."""

    brand: Brand
    held: list[str]


def other_brands(brand: Brand, party: Partner | Intermediary, *, today: date) -> list[OtherBrand]:
    """Return the provider's other active brands in Turkish order, with the company's rights there; two queries."""
    grants: QuerySet[Any] = party.grants.all()
    standing = grants.filter(in_force(today), provider_id=brand.provider_id).select_related(None)
    held = {grant.brand_id: rights_in_words(grant) for grant in standing}
    others = brands_of(brand.provider_id).filter(state=BrandState.ACTIVE).exclude(pk=brand.pk)
    return [OtherBrand(other, held.get(other.pk, [])) for other in others]


def templates_of(provider_id: int, kind: PartyKind | None = None) -> QuerySet[GrantTemplate]:
    """Return the provider's templates, of one kind or all, by name in Turkish order."""
    templates = GrantTemplate.objects.filter(provider_id=provider_id, **({"kind": kind} if kind else {}))
    return templates.select_related("created_by").order_by("name", "pk")


def template_with_id(provider_id: int, pk: int) -> GrantTemplate | None:
    """Return the provider's template with this id, or None."""
    return templates_of(provider_id).filter(pk=pk).first()


def template_in_words(template: GrantTemplate) -> list[str]:
    """Return the rights of a template as pages show them."""
    return words_of({c: Right(getattr(template, c)) for c in Channel}, agreement=template.agreement)


@dataclass(frozen=True)
class Standing:
    """What a company may do for a brand today; a partner's rights sleep while the package does not allow them."""

    brand_code: int
    brand_name: str
    kind: PartyKind
    party_id: int
    title: str
    rights: Mapping[Channel, Right]
    agreement: bool
    ends_on: date | None


def standing_grants(provider_id: int, *, today: date, brand_id: int | None = None) -> list[Standing]:
    """Return the live grants of all the provider's brands or of one, by brand and company; two queries."""
    found: list[Standing] = []
    kinds: tuple[tuple[PartyKind, Any], ...] = (
        (PartyKind.PARTNER, PartnerGrant),
        (PartyKind.INTERMEDIARY, IntermediaryGrant),
    )
    for kind, model in kinds:
        active = Q(**{f"{kind}__state": PartyState.ACTIVE})
        grants = model._default_manager.filter(in_force(today) & active, provider_id=provider_id)
        if brand_id is not None:
            grants = grants.filter(brand_id=brand_id)
        found += [_standing(grant, kind) for grant in grants.select_related("brand", kind.value)]
    return sorted(found, key=lambda row: (sort_key(row.brand_name), row.brand_code, row.kind, sort_key(row.title)))


def _standing(grant: PartnerGrant | IntermediaryGrant, kind: PartyKind) -> Standing:
    return Standing(
        brand_code=grant.brand.code,
        brand_name=grant.brand.name,
        kind=kind,
        party_id=grant.party.pk,
        title=grant.party.title,
        rights={channel: right_held(grant, channel) for channel in Channel},
        agreement=isinstance(grant, PartnerGrant) and grant.agreement,
        ends_on=grant.ends_on,
    )
