"""One brand: who may do what with it, whether the package holds it back, and its retailers."""

from dataclasses import astuple
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from consents.selectors import BrandCounts
from packages.services import expire_due
from partners.enums import Channel, Right
from partners.models import PartnerGrant
from tests import factories
from tests.brands.test_list import add_consents, add_retailers
from tests.partners import scene

ASLEEP = (
    "Bu yetki saklanıyor, şu anda kullanılamıyor; yeniden bir İLETİ paketiniz olduğunda kendiliğinden yeniden çalışır."
)


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider, code=2_222_232, name="Deneme Marka 1")


def page_of(brand: Brand) -> str:
    return reverse("brands:detail", args=[brand.code])


def test_the_page_tells_who_may_do_what(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    add_consents(brand, approved=2, rejected=1, waiting=1)
    add_retailers(brand, 2)
    zeytin = factories.PartnerFactory.create(title="ZEYTİN A.Ş.")
    cinar = factories.PartnerFactory.create(title="ÇINAR A.Ş.")
    ahs = factories.IntermediaryFactory.create()
    first = scene.authorise(brand, zeytin, person=alice, now=now, agreement=True, mesaj=Right.WRITE, eposta=Right.READ)
    second = scene.authorise(brand, cinar, person=alice, now=now, arama=Right.WRITE, ends_on=date(2027, 1, 31))
    third = scene.let_read(brand, ahs, Channel.MESAJ, Channel.EPOSTA, person=alice, now=now)
    context = client.get(page_of(brand)).context
    assert context["brand"] == brand
    assert context["counts"] == BrandCounts(total=4, approval=2, rejection=1)
    assert [astuple(row) for row in context["partner_grants"]] == [
        (second.pk, ["Arama: okuma ve yazma"], now, alice, date(2027, 1, 31), False, False, cinar),
        (
            first.pk,
            ["Mutabakat Yönetimi", "Mesaj: okuma ve yazma", "E-posta: okuma"],
            now,
            alice,
            None,
            False,
            False,
            zeytin,
        ),
    ]
    assert [astuple(row) for row in context["intermediary_grants"]] == [
        (third.pk, ["Mesaj: okuma", "E-posta: okuma"], now, alice, None, False, False, ahs)
    ]
    assert list(context["retailers"]) == list(Retailer.objects.order_by("title"))


def test_grants_of_other_brands_and_revoked_ones_are_not_shown(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    other = factories.BrandFactory.create(provider=provider)
    partner = factories.PartnerFactory.create()
    scene.authorise(other, partner, person=alice, now=now)
    scene.let_read(other, factories.IntermediaryFactory.create(), person=alice, now=now)
    add_retailers(other, 1)
    revoked = scene.authorise(brand, partner, person=alice, now=now)
    PartnerGrant.objects.filter(pk=revoked.pk).update(revoked_at=now)
    context = client.get(page_of(brand)).context
    assert (context["partner_grants"], context["intermediary_grants"], list(context["retailers"])) == (
        [],
        [],
        [],
    )
    assert context["counts"] == BrandCounts()


def test_partner_grants_sleep_when_the_package_expires_and_wake_with_a_new_one(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    subscription = factories.subscription(provider, now=now)
    grant = scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now, mesaj=Right.WRITE)
    scene.let_read(brand, factories.IntermediaryFactory.create(), person=alice, now=now)
    rights = PartnerGrant.objects.values("mesaj", "arama", "eposta", "agreement", "revoked_at").get(pk=grant.pk)

    def shown() -> tuple[list[bool], list[bool], int]:
        client.force_login(alice)
        response = client.get(page_of(brand))
        partners, intermediaries = response.context["partner_grants"], response.context["intermediary_grants"]
        return (
            [row.sleeping for row in partners],
            [row.sleeping for row in intermediaries],
            response.content.decode().count(ASLEEP),
        )

    assert shown() == ([False], [False], 0)
    with time_machine.travel(subscription.ends_at - timedelta(seconds=1), tick=False):
        assert shown() == ([False], [False], 0)
    with time_machine.travel(subscription.ends_at, tick=False):
        assert shown() == ([True], [False], 1)
        expire_due(now=subscription.ends_at)
        assert shown() == ([True], [False], 1)
        factories.subscription(provider, "ileti-5", now=subscription.ends_at)
        assert shown() == ([False], [False], 0)
    assert PartnerGrant.objects.values(*rights).get(pk=grant.pk) == rights


def test_a_grant_that_ended_says_so_and_does_not_sleep(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    subscription = factories.subscription(provider, now=now)
    scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now, ends_on=date(2026, 12, 31))
    with time_machine.travel(subscription.ends_at, tick=False):
        client.force_login(alice)
        response = client.get(page_of(brand))
    assert [(row.ended, row.sleeping) for row in response.context["partner_grants"]] == [(True, False)]
    assert "Bu yetkinin süresi 31.12.2026 günü doldu." in response.content.decode()


def test_a_passive_brand_offers_revoking_only(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    partner_grant = scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now)
    ahs_grant = scene.let_read(brand, factories.IntermediaryFactory.create(), person=alice, now=now)
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    html = client.get(page_of(brand)).content.decode()
    offered = {
        "partner_add": scene.url("partner_add", brand),
        "intermediary_add": scene.url("intermediary_add", brand),
        "partner_grant_edit": scene.url("partner_grant_edit", brand, partner_grant.pk),
        "intermediary_grant_edit": scene.url("intermediary_grant_edit", brand, ahs_grant.pk),
        "partner_grant_revoke": scene.url("partner_grant_revoke", brand, partner_grant.pk),
        "intermediary_grant_revoke": scene.url("intermediary_grant_revoke", brand, ahs_grant.pk),
    }
    assert {name for name, address in offered.items() if f'href="{address}"' in html} == {
        "partner_grant_revoke",
        "intermediary_grant_revoke",
    }


def test_three_grants_cost_as_many_queries_as_one(
    client: Client, provider: Provider, alice: Person, brand: Brand, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            scene.authorise(brand, factories.PartnerFactory.create(), person=alice, now=now)
            scene.let_read(brand, factories.IntermediaryFactory.create(), person=alice, now=now)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page_of(brand))
        counts.append((len(response.context["partner_grants"]), len(queries)))
    (one, first), (three, second) = counts
    assert (one, three) == (1, 3)
    assert first == second
