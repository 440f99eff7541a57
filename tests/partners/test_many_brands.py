"""One submission for many brands: a grant for each of them, or for none."""

import re
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from packages.models import Subscription
from partners.enums import Channel, Right
from partners.models import IntermediaryGrant, Partner, PartnerGrant
from partners.rules import BRAND_PASSIVE, BrandsRefused
from partners.services.grants import authorise_intermediary_for, authorise_partner_for
from tests import factories
from tests.partners import scene


@pytest.fixture
def others(provider: Provider, brand: Brand) -> list[Brand]:
    """Three more brands of Alice's company, the last of them passive."""
    made = [factories.BrandFactory.create(provider=provider, name=f"Marka {letter}") for letter in "ABC"]
    Brand.objects.filter(pk=made[2].pk).update(state="passive")
    return made


def given() -> list[tuple[int, str, date | None]]:
    return list(PartnerGrant.objects.order_by("brand__name").values_list("brand_id", "mesaj", "ends_on"))


def test_the_chosen_brands_get_the_same_rights(
    client: Client, brand: Brand, others: list[Brand], partner: Partner, package: Subscription
) -> None:
    address = scene.url("partner_add", brand, party=partner)
    form = client.get(address).context["form"]
    assert [other.brand for other in form.others.values()] == others[:2]
    posted = {"mesaj_write": "on", "ends_on": "31.01.2027", "brands": [str(others[1].code)]}
    assert client.post(address, posted).status_code == 302
    last = date(2027, 1, 31)
    assert given() == [(brand.pk, "write", last), (others[1].pk, "write", last)]
    events = AuditEvent.objects.filter(object_type="partners.partnergrant").order_by("pk")
    assert [(e.action, e.detail["after"]["brand_id"]) for e in events] == [
        ("grant", brand.pk),
        ("grant", others[1].pk),
    ]
    message = (
        "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ Deneme Marka 1 ve 1 markanız için yetkilendirildi."
        " Yazma yetkisi verilen kanallara Okuma yetkisi de eklendi."
    )
    assert scene.notice(client.get("/markalar/")) == message


def test_all_brands_are_the_active_ones_and_a_second_submission_changes_nothing(
    client: Client, brand: Brand, others: list[Brand], partner: Partner, package: Subscription
) -> None:
    address = scene.url("partner_add", brand, party=partner)
    for _ in range(2):
        assert client.post(address, {"mesaj_read": "on", "all_brands": "on"}).status_code == 302
        assert given() == [(brand.pk, "read", None), *((other.pk, "read", None) for other in others[:2])]
    assert AuditEvent.objects.filter(object_type="partners.partnergrant").count() == 3


def test_a_standing_grant_is_shown_and_changed(
    client: Client,
    alice: Person,
    brand: Brand,
    others: list[Brand],
    partner: Partner,
    package: Subscription,
    now: datetime,
) -> None:
    standing = scene.authorise(others[0], partner, person=alice, now=now, agreement=True)
    page = client.get(scene.url("partner_add", brand, party=partner))
    assert [held for _, held in page.context["form"].brand_options] == [["Mutabakat Yönetimi"], []]
    client.post(scene.url("partner_add", brand, party=partner), {"arama_read": "on", "brands": [str(others[0].code)]})
    standing.refresh_from_db()
    assert (standing.agreement, standing.arama, PartnerGrant.objects.count()) == (False, "read", 2)
    assert [action for action, _, _ in scene.events(standing)] == ["grant", "change"]


def test_one_brand_that_refuses_refuses_all_and_is_named(
    alice: Person, brand: Brand, others: list[Brand], partner: Partner, package: Subscription, now: datetime
) -> None:
    with pytest.raises(BrandsRefused) as caught:
        authorise_partner_for(
            brands=[brand, *others],
            partner=partner,
            agreement=True,
            rights=scene.NO_RIGHTS,
            ends_on=None,
            person=alice,
            now=now,
            template_name="Mutabakat",
        )
    code = others[2].code
    assert caught.value.lines == [f"Hiçbir marka için yetki verilmedi. Marka C ({code}): {BRAND_PASSIVE}"]
    assert (PartnerGrant.objects.count(), AuditEvent.objects.filter(action="template:save").count()) == (0, 0)


def test_a_passive_or_foreign_brand_cannot_be_chosen(
    client: Client, brand: Brand, others: list[Brand], partner: Partner, package: Subscription
) -> None:
    foreign = factories.BrandFactory.create()
    for code in (others[2].code, foreign.code):
        posted = {"mesaj_read": "on", "brands": [str(others[0].code), str(code)]}
        answer = client.post(scene.url("partner_add", brand, party=partner), posted)
        problem = "Seçtiğiniz markalardan biri artık etkin değil; seçiminizi denetleyin."
        assert scene.errors(answer) == [problem]
        assert re.search(rf'<input[^>]*value="{others[0].code}"[^>]*checked', answer.content.decode())
    assert PartnerGrant.objects.count() == 0


def test_brands_of_two_providers_are_never_taken_together(alice: Person, brand: Brand, now: datetime) -> None:
    with pytest.raises(Brand.DoesNotExist):
        authorise_intermediary_for(
            brands=[brand, factories.BrandFactory.create()],
            intermediary=factories.IntermediaryFactory.create(),
            channels=frozenset({Channel.MESAJ}),
            ends_on=None,
            person=alice,
            now=now,
        )
    assert IntermediaryGrant.objects.count() == 0


def test_a_hundred_brands_cost_as_many_queries_as_two(
    alice: Person, provider: Provider, partner: Partner, package: Subscription, now: datetime
) -> None:
    costs = []
    for count, right in ((2, Right.READ), (100, Right.WRITE)):
        brands = factories.BrandFactory.create_batch(count, provider=provider)
        with CaptureQueriesContext(connection) as queries:
            authorise_partner_for(
                brands=brands,
                partner=partner,
                agreement=False,
                rights={Channel.MESAJ: right},
                ends_on=None,
                person=alice,
                now=now,
            )
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert PartnerGrant.objects.count() == 102


def test_a_grant_begins_after_the_revocation_it_waited_for(
    alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    """Another server's clock is ahead: what it revoked “later” than now does not overlap the new grant."""
    later = now.replace(second=5)
    old = scene.authorise(brand, partner, person=alice, now=now)
    PartnerGrant.objects.filter(pk=old.pk).update(revoked_at=later)
    new = scene.authorise(brand, partner, person=alice, now=now)
    assert (new.pk == old.pk, new.granted_at) == (False, later)


def test_five_thousand_ticked_brands_are_read(
    client: Client, brand: Brand, partner: Partner, package: Subscription
) -> None:
    posted = {"mesaj_read": "on", "brands": [str(number) for number in range(5_000)]}
    answer = client.post(scene.url("partner_add", brand, party=partner), posted)
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["brands"])
