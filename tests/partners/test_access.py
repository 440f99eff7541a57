"""Whose pages these are: another provider's brand, another brand's grant and the other kind do not exist."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from tests import factories
from tests.partners import scene

METHODS = ["get", "post"]
TICKS = {"mesaj_read": "on", "agreement": "on"}


@pytest.fixture
def grants(
    brand: Brand,
    partner: Partner,
    intermediary: Intermediary,
    package: Subscription,
    alice: Person,
    now: datetime,
) -> tuple[PartnerGrant, IntermediaryGrant]:
    return (
        scene.authorise(brand, partner, person=alice, now=now),
        scene.let_read(brand, intermediary, person=alice, now=now),
    )


def addresses(brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]) -> list[str]:
    """Return every address of a brand, with grants that may be those of another."""
    partner_grant, intermediary_grant = grants
    return [
        reverse("brands:detail", args=[brand.code]),
        scene.url("partner_add", brand),
        scene.url("partner_add", brand, party=partner_grant.partner),
        scene.url("intermediary_add", brand),
        scene.url("intermediary_add", brand, party=intermediary_grant.intermediary),
        *grant_addresses(brand, grants),
    ]


def grant_addresses(brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]) -> list[str]:
    partner_grant, intermediary_grant = grants
    return [
        scene.url("partner_grant_edit", brand, partner_grant.pk),
        scene.url("partner_grant_revoke", brand, partner_grant.pk),
        scene.url("intermediary_grant_edit", brand, intermediary_grant.pk),
        scene.url("intermediary_grant_revoke", brand, intermediary_grant.pk),
    ]


def rows() -> list[dict[str, object]]:
    return [*PartnerGrant.objects.values(), *IntermediaryGrant.objects.values()]


def test_alice_sees_all_of_them(client: Client, brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]) -> None:
    statuses = [client.get(address, follow=True).status_code for address in addresses(brand, grants)]
    assert statuses == [200] * 9


def test_for_bob_alices_brand_does_not_exist(
    bob: Person,
    client_of: Callable[[Person], Client],
    brand: Brand,
    grants: tuple[PartnerGrant, IntermediaryGrant],
) -> None:
    factories.subscription(bob.membership_set.get().provider, now=grants[0].granted_at)
    before, client = rows(), client_of(bob)
    pages, *forms = addresses(brand, grants)
    statuses = [client.get(address).status_code for address in [pages, *forms]]
    statuses += [client.post(address, TICKS).status_code for address in forms]
    assert statuses == [404] * 17
    assert rows() == before


def test_bob_cannot_reach_alices_grants_by_his_own_brand(
    bob: Person, client_of: Callable[[Person], Client], grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    company = bob.membership_set.get().provider
    factories.subscription(company, now=grants[0].granted_at)
    his = factories.BrandFactory.create(provider=company)
    before, client = rows(), client_of(bob)
    statuses = [getattr(client, m)(a).status_code for a in grant_addresses(his, grants) for m in METHODS]
    assert statuses == [404] * 8
    assert rows() == before


def test_a_grant_is_reached_by_its_own_brand_only(
    client: Client, provider: Provider, grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    other = factories.BrandFactory.create(provider=provider)
    before = rows()
    statuses = [getattr(client, m)(a).status_code for a in grant_addresses(other, grants) for m in METHODS]
    assert statuses == [404] * 8
    assert rows() == before


def test_a_grant_is_reached_by_its_own_kind_only(
    client: Client, brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    partner_grant, intermediary_grant = grants
    IntermediaryGrant.objects.filter(pk=intermediary_grant.pk).update(id=partner_grant.pk + 1000)
    swapped = [
        scene.url("partner_grant_revoke", brand, partner_grant.pk + 1000),
        scene.url("intermediary_grant_revoke", brand, partner_grant.pk),
    ]
    before = rows()
    assert [client.post(address).status_code for address in swapped] == [404] * 2
    assert rows() == before


@pytest.mark.parametrize("code", [0, 1, 99_999_999_999_999_999_999])
def test_an_unknown_code_is_not_found(client: Client, brand: Brand, code: int) -> None:
    names = ["brands:detail", "partners:partner_add", "partners:intermediary_add"]
    assert [client.get(reverse(name, args=[code])).status_code for name in names] == [404] * 3


def test_an_unknown_grant_is_not_found(client: Client, brand: Brand, package: Subscription) -> None:
    names = [
        "partner_grant_edit",
        "partner_grant_revoke",
        "intermediary_grant_edit",
        "intermediary_grant_revoke",
    ]
    pages = [scene.url(name, brand, number) for name in names for number in (0, 10**20)]
    assert [client.get(page).status_code for page in pages] == [404] * 8


def test_whoever_is_not_logged_in_is_sent_to_log_in(
    brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    before, nobody = rows(), Client()
    pages = ["/markalar/", *addresses(brand, grants)]
    answers = [getattr(nobody, m)(page, TICKS) for page in pages for m in METHODS]
    assert {(a.status_code, a.url.partition("?")[0]) for a in answers} == {(302, reverse("accounts:login"))}
    assert rows() == before


def test_whoever_acts_for_nobody_is_sent_to_choose(
    accountant: Person,
    client_of: Callable[[Person], Client],
    brand: Brand,
    grants: tuple[PartnerGrant, IntermediaryGrant],
) -> None:
    client = client_of(accountant)
    answers = [client.get(page) for page in ["/markalar/", *addresses(brand, grants)]]
    assert {(a.status_code, a.url.partition("?")[0]) for a in answers} == {(302, reverse("accounts:choose"))}


def test_nothing_changes_by_get_and_other_methods_are_refused(
    client: Client, brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    before = rows()
    pages = addresses(brand, grants)
    assert [client.put(page).status_code for page in pages] == [405] * 9
    assert [client.delete(page).status_code for page in pages] == [405] * 9
    for page in pages:
        client.get(page, TICKS)
        client.head(page)
    assert rows() == before


def test_a_post_without_the_forms_token_is_refused(
    alice: Person, brand: Brand, grants: tuple[PartnerGrant, IntermediaryGrant]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = rows()
    _, *forms = addresses(brand, grants)
    assert [client.post(page, TICKS).status_code for page in forms] == [403] * 8
    assert rows() == before
