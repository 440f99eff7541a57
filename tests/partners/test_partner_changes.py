"""Changing and taking back the rights of an iş ortağı; what the package and the brand have to say."""

from collections.abc import Callable
from datetime import date, datetime
from itertools import product

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from packages.services import expire_due
from partners.enums import Right
from partners.models import Partner, PartnerGrant
from partners.rules import BRAND_PASSIVE, PACKAGE_OVER, PACKAGE_PAUSED, PACKAGE_REQUIRED
from tests import factories
from tests.partners import scene

HOME = "/markalar/"


def rights(grant: PartnerGrant) -> tuple[bool, str, str, str]:
    return grant.agreement, grant.mesaj, grant.arama, grant.eposta


def test_the_same_partner_again_is_edited_with_its_present_rights(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    held = {"agreement": True, "mesaj": Right.WRITE, "arama": Right.READ, "ends_on": date(2027, 1, 31)}
    grant = scene.authorise(brand, partner, person=alice, now=now, **held)
    chosen = client.get(scene.url("partner_add", brand, party=partner))
    edit = scene.url("partner_grant_edit", brand, grant.pk)
    assert (chosen.status_code, chosen.url) == (302, edit)
    page = client.get(edit)
    assert scene.ticked(page) == {"agreement", "mesaj_read", "mesaj_write", "arama_read"}
    assert scene.field_value(page, "ends_on") == "31.01.2027"
    answer = client.post(edit, {"eposta_read": "on"})
    assert (answer.status_code, answer.url) == (302, HOME)
    grant.refresh_from_db()
    assert (rights(grant), grant.ends_on) == ((False, "none", "none", "read"), None)
    message = "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ için Deneme Marka 1 yetkileri güncellendi."
    assert scene.notice(client.get(HOME)) == message


def test_a_partner_of_another_brand_or_of_the_past_starts_without_rights(
    client: Client,
    provider: Provider,
    alice: Person,
    brand: Brand,
    partner: Partner,
    package: Subscription,
    now: datetime,
) -> None:
    other = factories.BrandFactory.create(provider=provider)
    scene.authorise(other, partner, person=alice, now=now)
    past = scene.authorise(brand, partner, person=alice, now=now)
    client.post(scene.url("partner_grant_revoke", brand, past.pk))
    page = client.get(scene.url("partner_add", brand, party=partner))
    assert (page.status_code, scene.ticked(page)) == (200, set())


def test_an_edit_refuses_what_a_grant_refuses(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    response = client.post(scene.url("partner_grant_edit", brand, grant.pk), {})
    assert scene.errors(response) == ["En az bir yetki seçin."]
    grant.refresh_from_db()
    assert rights(grant) == (False, "read", "none", "none")


def test_a_grant_to_a_company_that_left_the_directory_is_narrowed_and_not_widened(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    ends_on = date(2027, 1, 31)
    grant = scene.authorise(brand, partner, person=alice, now=now, mesaj=Right.WRITE, arama=Right.READ, ends_on=ends_on)
    Partner.objects.filter(pk=partner.pk).update(is_listed=False)
    edit, last = scene.url("partner_grant_edit", brand, grant.pk), {"ends_on": "31.01.2027"}
    for wider in ({"agreement": "on"} | last, {"arama_write": "on"} | last, {"mesaj_read": "on"}):
        assert scene.errors(client.post(edit, wider)) == ["Bu kuruluş şu anda yetkilendirilemez."]
    grant.refresh_from_db()
    assert (rights(grant), grant.ends_on) == ((False, "write", "read", "none"), ends_on)
    assert client.post(edit, {"mesaj_read": "on", "ends_on": "30.01.2027"}).status_code == 302
    grant.refresh_from_db()
    assert (rights(grant), grant.ends_on) == ((False, "read", "none", "none"), date(2027, 1, 30))
    scene.suspend(partner, now=now)
    assert "askıya alındığı için" in scene.errors(client.post(edit, {"mesaj_read": "on", "ends_on": "29.01.2027"}))[0]


def test_narrowing_for_a_brand_is_no_way_to_widen_another(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    other = factories.BrandFactory.create(provider=brand.provider)
    Partner.objects.filter(pk=partner.pk).update(is_listed=False)
    posted = {"mesaj_read": "on", "brands": [str(other.code)]}
    response = client.post(scene.url("partner_grant_edit", brand, grant.pk), posted)
    assert scene.errors(response) == ["Bu kuruluş şu anda yetkilendirilemez."]
    assert PartnerGrant.objects.count() == 1


def test_what_a_colleague_changed_meanwhile_is_not_overwritten_unseen(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    edit = scene.url("partner_grant_edit", brand, grant.pk)
    seen = scene.field_value(client.get(edit), "seen")
    scene.authorise(brand, partner, person=alice, now=now, arama=Right.WRITE, ends_on=date(2027, 1, 31))
    page = client.post(edit, {"agreement": "on", "seen": seen})
    assert "Şimdiki yetkileri: Arama: okuma ve yazma, bitiş 31.01.2027." in scene.errors(page)[0]
    grant.refresh_from_db()
    assert rights(grant) == (False, "none", "write", "none")
    again = {"agreement": "on", "seen": scene.field_value(page, "seen")}
    for _ in range(2):  # sent twice, the second changes nothing and is no other's change
        assert client.post(edit, again).status_code == 302
    grant.refresh_from_db()
    assert rights(grant) == (True, "none", "none", "none")


def test_a_first_grant_does_not_overwrite_the_one_that_a_colleague_gave_meanwhile(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    address = scene.url("partner_add", brand, party=partner)
    form = {"agreement": "on", "seen": scene.field_value(client.get(address), "seen")}
    grant = scene.authorise(brand, partner, person=alice, now=now)
    assert "Şimdiki yetkileri: Mesaj: okuma." in scene.errors(client.post(address, form))[0]
    grant.refresh_from_db()
    assert rights(grant) == (False, "read", "none", "none")


def said(client: Client, brand: Brand, partner: Partner, grant: PartnerGrant | None = None) -> str:
    """Ask for every page that needs a package; check that none grants, and return the reason."""
    address = scene.url("partner_add", brand)
    addresses = [address, scene.url("partner_add", brand, party=partner)]
    if grant is not None:
        addresses.append(scene.url("partner_grant_edit", brand, grant.pk))
    before = list(PartnerGrant.objects.values())
    answers = [client.get(a) for a in addresses] + [client.post(a, {"agreement": "on"}) for a in addresses]
    assert [a.status_code for a in answers] == [200] * len(addresses) + [403] * len(addresses)
    assert [f'href="{reverse("packages:choose")}"' in a.content.decode() for a in answers] == [True] * len(answers)
    assert [PACKAGE_REQUIRED in a.content.decode() for a in answers] == [True] * len(answers)
    assert list(PartnerGrant.objects.values()) == before
    reasons = {a.context["reason"] for a in answers}
    assert len(reasons) == 1
    return str(reasons.pop())


def test_without_a_package_the_page_says_why_and_leads_to_the_packages(
    client: Client, brand: Brand, partner: Partner
) -> None:
    assert said(client, brand, partner) == ""


def test_temel_hizmetler_is_no_package_for_partners(
    client: Client, provider: Provider, brand: Brand, partner: Partner, now: datetime
) -> None:
    factories.subscription(provider, "temel-hizmetler", now=now)
    assert said(client, brand, partner) == ""


def test_a_paused_package_is_named(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    Subscription.objects.filter(pk=package.pk).update(state="paused", paused_at=now)
    assert said(client, brand, partner, grant) == PACKAGE_PAUSED


@pytest.mark.parametrize("swept", [True, False])
def test_an_expired_package_is_named_before_and_after_the_sweep(
    client_of: Callable[[Person], Client],
    alice: Person,
    brand: Brand,
    partner: Partner,
    package: Subscription,
    now: datetime,
    swept: bool,
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    with time_machine.travel(package.ends_at, tick=False):
        if swept:
            assert expire_due(now=package.ends_at) == 1
        assert said(client_of(alice), brand, partner, grant) == PACKAGE_OVER


def test_a_passive_brand_gives_no_new_rights_but_takes_old_ones_back(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    Brand.objects.filter(pk=brand.pk).update(state="passive")
    home = reverse("brands:detail", args=[brand.code])
    addresses = [
        scene.url("partner_add", brand, party=partner),
        scene.url("partner_grant_edit", brand, grant.pk),
    ]
    for send, address in product([client.get, client.post], addresses):
        answer = send(address, {"agreement": "on"})
        assert (answer.status_code, answer.url) == (302, home)
        assert scene.notice(client.get(home)) == BRAND_PASSIVE
    grant.refresh_from_db()
    assert (rights(grant), grant.revoked_at) == ((False, "read", "none", "none"), None)
    assert client.post(scene.url("partner_grant_revoke", brand, grant.pk)).status_code == 302
    grant.refresh_from_db()
    assert grant.revoked_at == now


def test_the_check_page_names_all_and_changes_nothing(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now, agreement=True, mesaj=Right.WRITE)
    response = client.get(scene.url("partner_grant_revoke", brand, grant.pk))
    html = response.content.decode()
    named = [partner.title, "Deneme Marka 1", "Mutabakat Yönetimi, Mesaj: okuma ve yazma", "artık erişemez"]
    assert [text in html for text in named] == [True] * 4
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_revoking_lands_on_the_brand_and_says_so(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    address, home = (
        scene.url("partner_grant_revoke", brand, grant.pk),
        reverse("brands:detail", args=[brand.code]),
    )
    message = "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ için Deneme Marka 1 yetkileri kaldırıldı."
    for _ in range(2):
        answer = client.post(address)
        assert (answer.status_code, answer.url) == (302, home)
        page = client.get(home)
        assert (scene.notice(page), page.context["partner_grants"]) == (message, [])
    grant.refresh_from_db()
    assert grant.revoked_at == now
    assert [action for action, _, _ in scene.events(grant)] == ["grant", "revoke"]


def test_revoking_on_an_old_page_leads_to_what_was_given_since(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    first = scene.authorise(brand, partner, person=alice, now=now)
    client.post(scene.url("partner_grant_revoke", brand, first.pk))
    second = scene.authorise(brand, partner, person=alice, now=now, agreement=True)
    client.get(reverse("brands:detail", args=[brand.code]))
    page = client.post(scene.url("partner_grant_revoke", brand, first.pk), follow=True)
    assert page.redirect_chain == [(scene.url("partner_grant_revoke", brand, second.pk), 302)]
    assert "yeniden verilmiş ve sürüyor" in scene.notice(page)
    second.refresh_from_db()
    assert second.revoked_at is None


@pytest.mark.parametrize("name", ["partner_grant_revoke", "partner_grant_edit"])
def test_the_pages_of_a_revoked_grant_lead_home(
    client: Client,
    alice: Person,
    brand: Brand,
    partner: Partner,
    package: Subscription,
    now: datetime,
    name: str,
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    client.post(scene.url("partner_grant_revoke", brand, grant.pk))
    home = reverse("brands:detail", args=[brand.code])
    client.get(home)
    answer = client.get(scene.url(name, brand, grant.pk))
    assert (answer.status_code, answer.url) == (302, home)
    assert scene.notice(client.get(home)) == "Bu yetki daha önce kaldırılmış."


def test_an_edit_of_a_revoked_grant_grants_nothing(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    client.post(scene.url("partner_grant_revoke", brand, grant.pk))
    client.post(scene.url("partner_grant_edit", brand, grant.pk), {"agreement": "on"})
    assert list(PartnerGrant.objects.values_list("pk", "agreement", "revoked_at")) == [(grant.pk, False, now)]
