"""Screens 14 and 15: aracı hizmet sağlayıcılar only read, need no package, and nobody makes them write."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from brands.models import Brand
from partners.enums import Channel
from partners.models import Intermediary, IntermediaryGrant, PartnerGrant
from tests import factories
from tests.partners import scene

HOME = "/markalar/"


def reads(grant: IntermediaryGrant) -> tuple[bool, bool, bool]:
    return grant.mesaj_read, grant.arama_read, grant.eposta_read


def test_the_directory_is_searched_in_turkish(client: Client, brand: Brand) -> None:
    for title in ["TÜRK TELEKOMÜNİKASYON A.Ş.", "DORUK İLETİŞİM A.Ş.", "Mobilişim İletişim A.Ş."]:
        factories.IntermediaryFactory.create(title=title)
    factories.PartnerFactory.create(title="BAŞKA İLETİŞİM A.Ş.")
    address = scene.url("intermediary_add", brand)
    everybody = ["DORUK İLETİŞİM A.Ş.", "Mobilişim İletişim A.Ş.", "TÜRK TELEKOMÜNİKASYON A.Ş."]
    assert scene.options_of(client.get(address)) == everybody
    response = client.get(address, {"ara": "iletisim"})
    assert scene.options_of(response) == ["DORUK İLETİŞİM A.Ş.", "Mobilişim İletişim A.Ş."]
    assert response.context["kind"] == "ahs"


def test_the_form_offers_no_writing_and_says_which_channel_is_for_whom(
    client: Client, brand: Brand, intermediary: Intermediary
) -> None:
    response = client.get(scene.url("intermediary_add", brand, party=intermediary))
    names = ["all_brands", "arama_read", "brands", "ends_on", "eposta_read", "mesaj_read", "save_as", "seen"]
    assert sorted(response.context["form"].fields) == names
    heading = "ABCDE Bilişim Anonim Şirketi Aracı Hizmet Sağlayıcısının Deneme Marka 1 için yetkilerini belirleyiniz."
    page = response.content.decode()
    assert f"<h1>{heading}</h1>" in page
    assert "yalnızca SMS gönderimine aracılık eden bir mobil operatör için mesaj izinlerine" in page


def test_rights_are_given_without_a_package(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime
) -> None:
    posted = {"mesaj_read": "on", "eposta_read": "on", "ends_on": "31.01.2027"}
    response = client.post(scene.url("intermediary_add", brand, party=intermediary), posted)
    assert (response.status_code, response.url) == (302, HOME)
    grant = IntermediaryGrant.objects.get()
    assert (grant.brand, grant.intermediary, grant.granted_by, grant.granted_at) == (
        brand,
        intermediary,
        alice,
        now,
    )
    assert (reads(grant), grant.ends_on) == ((True, False, True), date(2027, 1, 31))
    message = "ABCDE Bilişim Anonim Şirketi Deneme Marka 1 için yetkilendirildi."
    assert scene.notice(client.get(HOME)) == message


def test_a_brand_has_several(client: Client, brand: Brand) -> None:
    for intermediary in factories.IntermediaryFactory.create_batch(2):
        client.post(scene.url("intermediary_add", brand, party=intermediary), {"arama_read": "on"})
    assert IntermediaryGrant.objects.filter(brand=brand).count() == 2


@pytest.mark.parametrize(
    ("posted", "problems"),
    [
        ({}, ["En az bir yetki seçin."]),
        ({"mesaj_read": "on", "ends_on": "22.11.2026"}, ["Bitiş tarihi bugünden önce olamaz."]),
        ({"ends_on": "22.11.2026"}, ["En az bir yetki seçin.", "Bitiş tarihi bugünden önce olamaz."]),
    ],
)
def test_bad_input_is_said_and_grants_nothing(
    client: Client, brand: Brand, intermediary: Intermediary, posted: dict[str, str], problems: list[str]
) -> None:
    response = client.post(scene.url("intermediary_add", brand, party=intermediary), posted)
    assert scene.errors(response) == problems
    assert scene.ticked(response) == set(posted) - {"ends_on"}
    assert IntermediaryGrant.objects.count() == 0


@pytest.mark.parametrize("chosen", ["", "yok", "0"])
def test_somebody_must_be_chosen(client: Client, brand: Brand, intermediary: Intermediary, chosen: str) -> None:
    address = reverse("partners:intermediary_add", args=[brand.code], query={"kurulus": chosen})
    assert scene.errors(client.post(address, {"mesaj_read": "on"})) == ["Bir aracı hizmet sağlayıcı seçin."]
    assert IntermediaryGrant.objects.count() == 0


@pytest.mark.parametrize(
    ("forged", "named"),
    [
        ({"mesaj_write": "on"}, ["mesaj_write"]),
        ({"eposta_write": "on", "arama_write": "on", "arama_read": "on"}, ["arama_write", "eposta_write"]),
        ({"mesaj_read": "on", "agreement": ""}, ["agreement"]),
    ],
)
@pytest.mark.parametrize("page", ["add", "edit"])
def test_a_forged_right_is_refused_and_audited(
    client: Client,
    alice: Person,
    brand: Brand,
    intermediary: Intermediary,
    now: datetime,
    forged: dict[str, str],
    named: list[str],
    page: str,
) -> None:
    address = scene.url("intermediary_add", brand, party=intermediary)
    if page == "edit":
        grant = scene.let_read(brand, intermediary, Channel.EPOSTA, person=alice, now=now)
        address = scene.url("intermediary_grant_edit", brand, grant.pk)
    before = list(IntermediaryGrant.objects.values())
    response = client.post(address, forged)
    assert response.status_code == 400
    assert list(IntermediaryGrant.objects.values()) == before
    assert PartnerGrant.objects.count() == 0
    assert scene.events(brand) == [("forged_right", alice.pk, {"fields": named})]


def test_the_same_one_again_is_edited(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime
) -> None:
    grant = scene.let_read(
        brand, intermediary, Channel.MESAJ, Channel.ARAMA, person=alice, now=now, ends_on=date(2027, 1, 31)
    )
    edit = scene.url("intermediary_grant_edit", brand, grant.pk)
    chosen = client.get(scene.url("intermediary_add", brand, party=intermediary))
    assert (chosen.status_code, chosen.url) == (302, edit)
    page = client.get(edit)
    assert (scene.ticked(page), scene.field_value(page, "ends_on")) == (
        {"mesaj_read", "arama_read"},
        "31.01.2027",
    )
    client.post(edit, {"eposta_read": "on"})
    grant.refresh_from_db()
    assert (reads(grant), grant.ends_on) == ((False, False, True), None)


@pytest.mark.parametrize("page", ["add", "edit"])
def test_a_grant_that_ended_stays_as_it_was_and_a_new_one_begins(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime, page: str
) -> None:
    over = scene.let_read(brand, intermediary, person=alice, now=now - timedelta(days=30), ends_on=date(2026, 11, 1))
    edit = scene.url("intermediary_grant_edit", brand, over.pk)
    address = edit if page == "edit" else scene.url("intermediary_add", brand, party=intermediary)
    blank = client.get(address)
    assert (blank.status_code, scene.field_value(blank, "ends_on")) == (200, "")
    client.post(address, {"arama_read": "on"})
    new = IntermediaryGrant.objects.get(granted_at=now)
    assert client.get(edit).url == scene.url("intermediary_grant_edit", brand, new.pk)
    kept = IntermediaryGrant.objects.order_by("pk").values_list("granted_at", "ends_on", "mesaj_read", "arama_read")
    assert list(kept) == [
        (now - timedelta(days=30), date(2026, 11, 1), True, False),
        (now, None, False, True),
    ]
    shown = client.get(reverse("brands:detail", args=[brand.code])).context["intermediary_grants"]
    assert [(row.rights, row.ended) for row in shown] == [(["Arama: okuma"], False)]


def test_revoking_asks_and_then_does(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime
) -> None:
    grant = scene.let_read(brand, intermediary, Channel.MESAJ, Channel.EPOSTA, person=alice, now=now)
    address = scene.url("intermediary_grant_revoke", brand, grant.pk)
    html = client.get(address).content.decode()
    named = [intermediary.title, "Deneme Marka 1", "Mesaj: okuma, E-posta: okuma", "Aracı hizmet sağlayıcı"]
    assert [text in html for text in named] == [True] * 4
    grant.refresh_from_db()
    assert grant.revoked_at is None
    answer = client.post(address)
    assert (answer.status_code, answer.url) == (302, reverse("brands:detail", args=[brand.code]))
    grant.refresh_from_db()
    assert grant.revoked_at == now
