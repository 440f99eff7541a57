"""Screens 12 and 13: choose an iş ortağı and tick its rights."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from brands.models import Brand
from packages.models import Subscription
from partners.models import Partner, PartnerGrant
from tests import factories
from tests.partners import scene

RIGHT_NAMES = [
    "agreement",
    "mesaj_read",
    "mesaj_write",
    "arama_read",
    "arama_write",
    "eposta_read",
    "eposta_write",
]
HOME = "/markalar/"
NONE_CHOSEN = ["Bir iş ortağı seçin."]


def rights(grant: PartnerGrant) -> tuple[bool, str, str, str]:
    return grant.agreement, grant.mesaj, grant.arama, grant.eposta


def test_the_directory_is_listed_in_turkish_order(client: Client, brand: Brand, package: Subscription) -> None:
    for title in ["ZEYTİN A.Ş.", "İNCİ A.Ş.", "ILICA A.Ş.", "ÇAM A.Ş.", "CEVİZ A.Ş."]:
        factories.PartnerFactory.create(title=title)
    factories.PartnerFactory.create(title="AYRILAN A.Ş.", is_listed=False)
    response = client.get(scene.url("partner_add", brand))
    assert scene.options_of(response) == ["CEVİZ A.Ş.", "ÇAM A.Ş.", "ILICA A.Ş.", "İNCİ A.Ş.", "ZEYTİN A.Ş."]
    assert response.context["kind"] == "is-ortagi"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("asist", ["ASİST BİLGİ LİMİTED ŞİRKETİ", "ASİSTEL İLETİŞİM LİMİTED ŞİRKETİ"]),
        ("asıst", ["ASİST BİLGİ LİMİTED ŞİRKETİ", "ASİSTEL İLETİŞİM LİMİTED ŞİRKETİ"]),
        ("ASISTEL", ["ASİSTEL İLETİŞİM LİMİTED ŞİRKETİ"]),
        ("istanbul", ["İSTANBUL TEKNOLOJİ A.Ş."]),
        ("  ŞIRKETI   bilgi ", ["ASİST BİLGİ LİMİTED ŞİRKETİ"]),
        ("a%s", []),
        ("_", []),
        ("yok", []),
    ],
)
def test_the_search_knows_turkish(
    client: Client, brand: Brand, package: Subscription, query: str, found: list[str]
) -> None:
    for title in [
        "ASİST BİLGİ LİMİTED ŞİRKETİ",
        "ASİSTEL İLETİŞİM LİMİTED ŞİRKETİ",
        "İSTANBUL TEKNOLOJİ A.Ş.",
    ]:
        factories.PartnerFactory.create(title=title)
    response = client.get(scene.url("partner_add", brand), {"ara": query})
    assert scene.options_of(response) == found
    assert response.context["query"] == query.strip()


def test_a_search_with_a_nul_finds_as_without(
    client: Client, brand: Brand, partner: Partner, package: Subscription
) -> None:
    response = client.get(scene.url("partner_add", brand), {"ara": "\0asist"})
    assert scene.options_of(response) == [partner.title]


def test_the_directory_has_pages(client: Client, brand: Brand, package: Subscription) -> None:
    factories.PartnerFactory.create_batch(27)
    first = client.get(scene.url("partner_add", brand))
    last = client.get(scene.url("partner_add", brand), {"sayfa": "2"})
    assert (len(scene.options_of(first)), len(scene.options_of(last))) == (25, 2)
    assert not set(scene.options_of(first)) & set(scene.options_of(last))
    assert 'href="?sayfa=2"' in first.content.decode()


def test_an_option_leads_to_the_rights(client: Client, brand: Brand, partner: Partner, package: Subscription) -> None:
    choose = client.get(scene.url("partner_add", brand))
    assert f'<a href="?kurulus={partner.pk}" data-testid="partner-option">' in choose.content.decode()
    response = client.get(scene.url("partner_add", brand, party=partner))
    assert response.status_code == 200
    assert (response.context["brand"], response.context["party"]) == (brand, partner)
    assert sorted(response.context["form"].fields) == sorted(
        [*RIGHT_NAMES, "ends_on", "brands", "all_brands", "save_as", "seen"]
    )
    assert scene.ticked(response) == set()


@pytest.mark.parametrize("chosen", ["", "abc", "0", "-1", "9" * 30, "1.5", "²"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_no_partner_cannot_be_chosen(
    client: Client, brand: Brand, partner: Partner, package: Subscription, chosen: str, method: str
) -> None:
    address = reverse("partners:partner_add", args=[brand.code], query={"kurulus": chosen})
    response = getattr(client, method)(address, {"mesaj_read": "on"} if method == "post" else None)
    assert (response.status_code, scene.errors(response)) == (200, NONE_CHOSEN)
    assert scene.options_of(response) == [partner.title]
    assert (
        "<title>Hata: Deneme Marka 1 için iş ortağı ekleme – İleti Yönetim Sistemi</title>" in response.content.decode()
    )
    assert PartnerGrant.objects.count() == 0


def test_without_a_choice_nothing_is_granted(
    client: Client, brand: Brand, partner: Partner, package: Subscription
) -> None:
    response = client.post(scene.url("partner_add", brand), {"mesaj_read": "on"})
    assert scene.errors(response) == NONE_CHOSEN
    assert PartnerGrant.objects.count() == 0


def test_who_left_the_directory_meanwhile_cannot_be_chosen(client: Client, brand: Brand, package: Subscription) -> None:
    gone = factories.PartnerFactory.create(is_listed=False)
    response = client.post(scene.url("partner_add", brand, party=gone), {"mesaj_read": "on"})
    assert scene.errors(response) == NONE_CHOSEN
    assert PartnerGrant.objects.count() == 0


def test_rights_are_given_and_said(
    client: Client, alice: Person, brand: Brand, partner: Partner, package: Subscription, now: datetime
) -> None:
    ticks = {"agreement": "on", "mesaj_read": "on", "eposta_read": "on", "eposta_write": "on"}
    response = client.post(scene.url("partner_add", brand, party=partner), ticks)
    assert (response.status_code, response.url) == (302, HOME)
    grant = PartnerGrant.objects.get()
    assert (grant.provider_id, grant.brand, grant.partner, grant.granted_by, grant.granted_at) == (
        brand.provider_id,
        brand,
        partner,
        alice,
        now,
    )
    assert (rights(grant), grant.ends_on) == ((True, "read", "none", "write"), None)
    message = "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ Deneme Marka 1 için yetkilendirildi."
    assert scene.notice(client.get(HOME)) == message


def test_writing_brings_reading_and_the_page_says_so(
    client: Client, brand: Brand, partner: Partner, package: Subscription
) -> None:
    client.post(scene.url("partner_add", brand, party=partner), {"arama_write": "on"})
    assert rights(PartnerGrant.objects.get()) == (False, "none", "write", "none")
    message = (
        "ASİST BİLGİ TEKNOLOJİLERİ LİMİTED ŞİRKETİ Deneme Marka 1 için yetkilendirildi."
        " Yazma yetkisi verilen kanallara Okuma yetkisi de eklendi."
    )
    assert scene.notice(client.get(HOME)) == message


def test_agreement_alone_is_a_grant(client: Client, brand: Brand, partner: Partner, package: Subscription) -> None:
    client.post(scene.url("partner_add", brand, party=partner), {"agreement": "on"})
    assert rights(PartnerGrant.objects.get()) == (True, "none", "none", "none")


@pytest.mark.parametrize("typed", ["31.1.2027", "31.01.2027", "2027-01-31", " 31.01.2027 "])
def test_a_last_day_is_read_in_both_spellings(
    client: Client, brand: Brand, partner: Partner, package: Subscription, typed: str
) -> None:
    client.post(scene.url("partner_add", brand, party=partner), {"agreement": "on", "ends_on": typed})
    assert PartnerGrant.objects.get().ends_on == date(2027, 1, 31)


def test_today_may_be_the_last_day(client: Client, brand: Brand, partner: Partner, package: Subscription) -> None:
    posted = {"agreement": "on", "ends_on": "23.11.2026"}
    client.post(scene.url("partner_add", brand, party=partner), posted)
    assert PartnerGrant.objects.get().ends_on == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("posted", "problems"),
    [
        ({}, ["En az bir yetki seçin."]),
        ({"mesaj_read": ""}, ["En az bir yetki seçin."]),
        ({"ends_on": "01.01.2027"}, ["En az bir yetki seçin."]),
        ({"agreement": "on", "ends_on": "22.11.2026"}, ["Bitiş tarihi bugünden önce olamaz."]),
        (
            {"agreement": "on", "ends_on": "31.02.2027"},
            ["Bitiş tarihini gün.ay.yıl olarak yazın, örneğin 31.12.2027."],
        ),
        (
            {"agreement": "on", "ends_on": "yarın"},
            ["Bitiş tarihini gün.ay.yıl olarak yazın, örneğin 31.12.2027."],
        ),
        (
            {"ends_on": "22.11.2026"},
            ["En az bir yetki seçin.", "Bitiş tarihi bugünden önce olamaz."],
        ),
    ],
)
def test_what_is_wrong_stands_on_top_and_beside(
    client: Client,
    brand: Brand,
    partner: Partner,
    package: Subscription,
    posted: dict[str, str],
    problems: list[str],
) -> None:
    response = client.post(scene.url("partner_add", brand, party=partner), posted)
    assert (response.status_code, scene.errors(response)) == (200, problems)
    html = response.content.decode()
    assert [html.count(problem) for problem in problems] == [2] * len(problems)
    assert html.count("<title>Hata: ") == 1
    assert PartnerGrant.objects.count() == 0


def test_nothing_typed_is_lost(client: Client, brand: Brand, partner: Partner, package: Subscription) -> None:
    posted = {"agreement": "on", "arama_read": "on", "eposta_write": "on", "ends_on": "1 Ocak"}
    response = client.post(scene.url("partner_add", brand, party=partner), posted)
    assert scene.ticked(response) == {"agreement", "arama_read", "eposta_write"}
    assert scene.field_value(response, "ends_on") == "1 Ocak"
    assert response.context["party"] == partner


def test_the_same_form_twice_makes_one_grant(
    client: Client, brand: Brand, partner: Partner, package: Subscription
) -> None:
    address = scene.url("partner_add", brand, party=partner)
    answers = [client.post(address, {"mesaj_read": "on"}) for _ in range(2)]
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, HOME)] * 2
    grant = PartnerGrant.objects.get()
    assert [action for action, _, _ in scene.events(grant)] == ["grant"]


def test_three_companies_cost_as_many_queries_as_one(client: Client, brand: Brand, package: Subscription) -> None:
    counts = []
    for more in (1, 2):
        factories.PartnerFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(scene.url("partner_add", brand), {"ara": "istanbul"})
        counts.append((len(scene.options_of(response)), len(queries)))
    (one, first), (three, second) = counts
    assert (one, three) == (1, 3)
    assert first == second


def test_an_endless_search_is_cut(client: Client, brand: Brand, package: Subscription) -> None:
    response = client.get(scene.url("partner_add", brand), {"ara": "a" * 5000})
    assert response.context["query"] == "a" * 100
