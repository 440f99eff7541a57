"""The companies' side: for whom a person works, which brands authorised the company, and why a call is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.enums import ProviderState
from accounts.models import Person
from accounts.searching import folded, holds_words
from brands.enums import BrandState
from brands.models import Brand
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.tin import tin_lookup
from packages.selectors import subscriptions_with_integration, term_that_counts, terms_that_count
from partners.enums import Channel, PartyKind, Right
from partners.models import (
    Intermediary,
    IntermediaryGrant,
    IntermediaryMembership,
    Partner,
    PartnerGrant,
    PartnerMembership,
)
from partners.rules import Refusal, Standing, sleep_of
from partners.selectors.grants import in_force, newest_of, rights_in_words

Party = Partner | Intermediary
_CHUNK = 500


@dataclass(frozen=True)
class PartyChoice:
    """A company for which a person may act."""

    kind: PartyKind
    id: int
    title: str
    code: int

    @property
    def key(self) -> str:
        """The choice as the web session keeps it, `partner-7`."""
        return f"{self.kind}-{self.id}"

    @property
    def kind_label(self) -> str:
        """What the company is, for people."""
        return str(PartyKind(self.kind).label)


def parties_of(person: Person) -> list[PartyChoice]:
    """Return the companies whose live memberships the person has, by kind and code; one query."""
    partners = PartnerMembership.objects.filter(person=person, ended_at=None).values_list(
        Value(PartyKind.PARTNER.value), "partner_id", "partner__title", "partner__code"
    )
    intermediaries = IntermediaryMembership.objects.filter(person=person, ended_at=None).values_list(
        Value(PartyKind.INTERMEDIARY.value), "intermediary_id", "intermediary__title", "intermediary__code"
    )
    rows = partners.union(intermediaries, all=True)
    choices = [PartyChoice(PartyKind(kind), pk, title, code) for kind, pk, title, code in rows]
    return sorted(choices, key=lambda choice: (choice.kind, choice.code))


def party_of_choice(choice: PartyChoice) -> Party:
    """Return the company of a choice as it is now."""
    model: type[Partner | Intermediary] = Partner if choice.kind == PartyKind.PARTNER else Intermediary
    party: Party = model._default_manager.get(pk=choice.id)
    return party


def addresses_of(partner: Partner) -> dict[int, str]:
    """Return the e-mail addresses of the people who look after a partner now, by person; not all of them have one."""
    people = PartnerMembership.objects.filter(partner=partner, ended_at=None, person__is_active=True)
    return dict(people.exclude(person__email="").order_by("pk").values_list("person_id", "person__email"))


def why_refused(*, party: Party, brand: Brand, channel: Channel | None, right: Right, now: datetime) -> Refusal | None:
    """Return why a call of `party` with `right` on a channel of `brand` is refused at `now`, or None.

    Without a channel the call is one of Mutabakat Yönetimi. The one judge: pages and the API ask here.
    """
    return standing_of(party=party, brand=brand, now=now).why_refused(channel, right)


def standing_of(*, party: Party, brand: Brand, now: datetime) -> Standing:
    """Return what decides about the party's calls for a brand, all of it read now; three queries."""
    party = type(party)._default_manager.get(pk=party.pk)
    grants = _grants(party).filter(provider_id=brand.provider_id, brand=brand, revoked_at=None)
    grant = grants.order_by("-granted_at", "-pk").first()
    sleep = None
    if isinstance(grant, PartnerGrant):
        sleep = sleep_of(term_that_counts(brand.provider_id, now=now), now=now)
    return Standing(party, grant, sleep, istanbul_day(now))


def brand_for_party(party: Party, code: int) -> Brand | None:
    """Return the brand with this code if it authorises the party or did so until a last day that is over, or None."""
    grant = newest_of(_grants(party).filter(brand__code=code), _column(party)).first()
    return grant.brand if grant else None


def brands_open_to(party: Party, tax_number: str, *, now: datetime) -> list[Brand]:
    """Return the brands of the provider with this tax number whose grants to the party count now, by code."""
    if party.is_suspended or not (tax_number.isascii() and tax_number.isdecimal()):
        return []
    provider = {f"provider__{column}": value for column, value in tin_lookup(tax_number).items()}
    grants = _grants(party).filter(counting(istanbul_day(now)), **provider)
    return [grant.brand for grant in grants.order_by("brand__code")]


def counting(today: date) -> Q:
    """Return the condition of grants that count today: in force, of an active brand of an active provider."""
    return in_force(today) & Q(provider__state=ProviderState.ACTIVE, brand__state=BrandState.ACTIVE)


@dataclass(frozen=True)
class AuthorisedBrand:
    """A brand that authorised the company, as the company's people see it."""

    brand: Brand
    provider_title: str
    rights: list[str]
    granted_at: datetime
    ends_on: date | None
    refusal: Refusal | None
    may_reconcile: bool


WORKS, RESTS = "calisan", "duran"


def grants_to(party: Party, query: str, state: str, *, now: datetime) -> QuerySet[Any]:
    """Return the newest grant of each brand to the party unless it was revoked, by brand in Turkish order.

    `query`: every word is in the brand's name or code or the provider's title. `state`: WORKS, RESTS or all.
    """
    text = Concat("brand__name", Value(" "), Cast("brand__code", CharField()), Value(" "), "provider__title")
    grants = newest_of(_grants(party), _column(party)).order_by("brand__name", "brand__code")
    if query:
        grants = grants.annotate(text=folded(text)).filter(holds_words("text", query))
    if state not in {WORKS, RESTS}:
        return grants
    works = counting(istanbul_day(now))
    if isinstance(party, Partner):
        works &= Q(provider_id__in=subscriptions_with_integration(now=now).values("provider_id"))
    if party.is_suspended:
        works = Q(pk__in=[])
    return grants.filter(works) if state == WORKS else grants.exclude(works)


def authorised_brands(party: Party, grants: list[Any], *, now: datetime) -> list[AuthorisedBrand]:
    """Return the rows of these grants; one query for the packages of all their providers."""
    terms = terms_that_count({grant.provider_id for grant in grants}, now=now) if isinstance(party, Partner) else {}
    rows = []
    for grant in grants:
        sleep = sleep_of(terms.get(grant.provider_id), now=now) if isinstance(party, Partner) else None
        standing = Standing(party, grant, sleep, istanbul_day(now))
        rows.append(
            AuthorisedBrand(
                brand=grant.brand,
                provider_title=grant.provider.title,
                rights=rights_in_words(grant),
                granted_at=grant.granted_at,
                ends_on=grant.ends_on,
                refusal=standing.why_nothing(),
                may_reconcile=standing.why_refused(None, Right.READ) is None,
            )
        )
    return rows


def all_authorised_brands(party: Party, grants: QuerySet[Any], *, now: datetime) -> Iterator[AuthorisedBrand]:
    """Yield the rows of all these grants, read in pieces."""
    for page in Paginator(grants, _CHUNK):
        yield from authorised_brands(party, list(page), now=now)


def _grants(party: Party) -> QuerySet[Any]:
    model: type[PartnerGrant | IntermediaryGrant]
    model = PartnerGrant if isinstance(party, Partner) else IntermediaryGrant
    grants = model._default_manager.filter(**{_column(party): party})
    return grants.select_related("brand", "provider", _column(party))


def _column(party: Party) -> str:
    return "partner" if isinstance(party, Partner) else "intermediary"
