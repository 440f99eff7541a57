"""Read the directories and the grants of brands."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet

from accounts.models import Person
from brands.models import Brand
from iys_portal.shared.turkish import lower, search_key
from packages.selectors import live_subscription, subscriptions_of
from partners.enums import Channel, Right
from partners.models import DirectoryEntry, Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import is_live, refusal_of_package

Entry = TypeVar("Entry", bound=DirectoryEntry)


def partners_matching(query: str) -> QuerySet[Partner]:
    """Return the listed partners whose title holds every word of `query`, in Turkish order."""
    return _matching(Partner.objects.all(), query)


def intermediaries_matching(query: str) -> QuerySet[Intermediary]:
    """Return the listed intermediaries whose title holds every word of `query`, in Turkish order."""
    return _matching(Intermediary.objects.all(), query)


def _matching(entries: QuerySet[Entry], query: str) -> QuerySet[Entry]:
    condition = Q(is_listed=True)
    # PostgreSQL refuses a text with a NUL, whoever typed it.
    for word in query.replace("\0", " ").split():
        condition &= Q(search_key__contains=search_key(word))
    return entries.filter(condition).order_by("title")


def partner_refusal(provider_id: int, *, now: datetime) -> str:
    """Return why the provider's package does not let it authorise partners, or an empty text."""
    live = live_subscription(provider_id, now=now)
    latest = subscriptions_of(provider_id).first()
    return refusal_of_package(live, latest, now=now)


def partner_grants_of(brand: Brand) -> QuerySet[PartnerGrant]:
    """Return the grants of a brand to partners that were not revoked, by the partner's title."""
    grants = PartnerGrant.objects.filter(provider_id=brand.provider_id, brand=brand, revoked_at=None)
    return grants.select_related("partner", "granted_by").order_by("partner__title")


def intermediary_grants_of(brand: Brand) -> QuerySet[IntermediaryGrant]:
    """Return the grants of a brand to intermediaries that were not revoked, by the intermediary's title."""
    grants = IntermediaryGrant.objects.filter(provider_id=brand.provider_id, brand=brand, revoked_at=None)
    return grants.select_related("intermediary", "granted_by").order_by("intermediary__title")


def partner_grant_with_id(brand: Brand, grant_id: int) -> QuerySet[PartnerGrant]:
    """Return the brand's grant to a partner with this id (at most one), a revoked one too."""
    grants = PartnerGrant.objects.filter(provider_id=brand.provider_id, brand=brand, pk=grant_id)
    return grants.select_related("partner")


def intermediary_grant_with_id(brand: Brand, grant_id: int) -> QuerySet[IntermediaryGrant]:
    """Return the brand's grant to an intermediary with this id (at most one), a revoked one too."""
    grants = IntermediaryGrant.objects.filter(provider_id=brand.provider_id, brand=brand, pk=grant_id)
    return grants.select_related("intermediary")


def party_of(grant: PartnerGrant | IntermediaryGrant) -> Partner | Intermediary:
    """Return whom the grant authorises."""
    return grant.partner if isinstance(grant, PartnerGrant) else grant.intermediary


def rights_in_words(grant: PartnerGrant | IntermediaryGrant) -> list[str]:
    """Return what the grant allows, as pages show it: “Mutabakat Yönetimi”, “Mesaj: okuma ve yazma”."""
    if isinstance(grant, PartnerGrant):
        words = ["Mutabakat Yönetimi"] if grant.agreement else []
        rights = {channel: Right(getattr(grant, channel)) for channel in Channel}
        return words + [_phrase(channel, right) for channel, right in rights.items() if right != Right.NONE]
    return [_phrase(channel, Right.READ) for channel in Channel if getattr(grant, f"{channel}_read")]


def _phrase(channel: Channel, right: Right) -> str:
    return f"{str(channel.label).removesuffix(' İzinleri')}: {lower(str(right.label))}"


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
    ended = not is_live(grant, today=today)
    return {
        "id": grant.pk,
        "rights": rights_in_words(grant),
        "granted_at": grant.granted_at,
        "granted_by": grant.granted_by,
        "ends_on": grant.ends_on,
        "ended": ended,
        "sleeping": asleep and not ended,
    }


def standing_grant_to(party: Partner | Intermediary, brand: Brand) -> PartnerGrant | IntermediaryGrant | None:
    """Return the grant of a brand to this company that was not revoked, or None."""
    grants: QuerySet[Any] = party.grants.all()
    return grants.filter(provider_id=brand.provider_id, brand=brand, revoked_at=None).first()


def grant_counts(provider_id: int, brand_ids: list[int], *, today: date) -> dict[int, tuple[int, int]]:
    """Return (partners, intermediaries) with a live grant, by brand; two queries."""
    live = Q(revoked_at=None) & (Q(ends_on=None) | Q(ends_on__gte=today))
    counts: dict[int, list[int]] = {brand_id: [0, 0] for brand_id in brand_ids}
    for column, model in enumerate((PartnerGrant, IntermediaryGrant)):
        grants = model._default_manager.filter(live, provider_id=provider_id, brand_id__in=brand_ids)
        for brand_id, count in grants.values_list("brand_id").annotate(Count("pk")):
            counts[brand_id][column] = count
    return {brand_id: (partners, intermediaries) for brand_id, (partners, intermediaries) in counts.items()}
