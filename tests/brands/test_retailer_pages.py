"""The pages of dealers: list, form with and without script, one dealer, check pages; and those of a brand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from brands.rules import NAME_UNPROVEN
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.brands.dealers import FORM, TCKN
from tests.locks import PATIENCE, wait_until_blocked
from tests.partners import scene


@pytest.fixture
def brand(provider: Provider) -> Brand:
    return factories.BrandFactory.create(provider=provider, name="Deneme Marka 1")


@pytest.fixture
def retailer(brand: Brand) -> Retailer:
    return factories.RetailerFactory.create(brand=brand, title="Örnek Bayi", tckn=TCKN)


def url(name: str, brand: Brand, *arguments: object) -> str:
    return reverse(f"brands:{name}", args=[brand.code, *arguments])


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    """Return the field errors' codes, which stand at the end of each sentence."""
    return {field: [text[-5:-1] for text in texts] for field, texts in answer.context["form"].errors.items()}


def notices(answer: HttpResponse) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_a_dealer_is_added_and_its_code_shown(client: Client, brand: Brand) -> None:
    answer = client.post(url("retailer_add", brand), FORM, follow=True)
    retailer = Retailer.objects.get()
    assert answer.redirect_chain == [(url("retailer", brand, retailer.code), 302)]
    assert notices(answer) == [f"XYZ Ticaret eklendi. Bayi kodu: {retailer.code}"]
    html = answer.content.decode()
    assert ("100******46" in html, TCKN in html, "İstanbul / Şişli" in html) == (True, False, True)


def test_the_same_form_twice_makes_one_dealer(client: Client, brand: Brand) -> None:
    client.post(url("retailer_add", brand), FORM)
    answer = client.post(url("retailer_add", brand), FORM, follow=True)
    retailer = Retailer.objects.get()
    assert notices(answer)[-1] == f"Bu bayi zaten kayıtlı. Bayi kodu: {retailer.code}"
    answer = client.post(url("retailer_add", brand), {**FORM, "title": "Başka Unvan"})
    assert errors(answer) == {"tckn": ["H231"], "mersis": ["H230"]}
    assert Retailer.objects.count() == 1


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(client: Client, brand: Brand) -> None:
    sent = {**FORM, "title": "A.Ş.", "tckn": "1", "town": "63", "mobile": "yok"}
    answer = client.post(url("retailer_add", brand), sent)
    assert errors(answer) == {"title": ["H229"], "tckn": ["H226"], "town": ["H220"], "mobile": ["H224"]}
    form, html = answer.context["form"], answer.content.decode()
    assert [form[name].value() for name in ("title", "tckn", "name", "mobile", "city")] == [
        *("A.Ş.", "1", "Adım Soyadım", "yok", "34"),
    ]
    assert 'data-testid="error-summary"' in html
    assert '<a href="#id_title">Bayi Unvanı alfanümerik olmalıdır.' in html
    assert Retailer.objects.count() == 0


def options(answer: HttpResponse) -> list[str]:
    return [label for _, label in answer.context["form"].fields["town"].choices]


def test_towns_follow_the_city_with_script_and_without(client: Client, brand: Brand) -> None:
    address = url("retailer_add", brand)
    assert options(client.get(address)) == ["Önce il seçin"]
    bayburt = ["İlçe seçin", "Aydıntepe", "Bayburt Merkez", "Demirözü"]
    piece = client.get(address, {"city": "69"}, headers={"HX-Request": "true"})
    assert (options(piece), "<html" in piece.content.decode()) == (bayburt, False)
    asked = client.post(address, {"title": "Yarım Bayi", "city": "69", "ilceler": "1"})
    assert (options(asked), asked.context["form"].errors) == (bayburt, {})
    assert asked.context["form"]["title"].value() == "Yarım Bayi"
    assert options(client.post(address, {"city": "x"})) == ["Önce il seçin"]


def test_an_edit_keeps_the_tckn_that_is_not_typed(client: Client, brand: Brand, retailer: Retailer) -> None:
    address = url("retailer_edit", brand, retailer.code)
    html = client.get(address).content.decode()
    assert ("Kayıtlı: 100******46" in html, TCKN in html) == (True, False)
    sent = {**FORM, "tckn": "", "title": "Yeni Unvan"}
    assert client.post(address, sent).status_code == 302
    retailer.refresh_from_db()
    assert (retailer.title, retailer.tckn, retailer.state) == ("Yeni Unvan", TCKN, "active")
    assert errors(client.post(address, {**sent, "name": ""})) == {"name": ["H215"]}


def test_the_list_is_searched_filtered_and_paged_by_its_address(client: Client, brand: Brand) -> None:
    for number in range(30):
        factories.RetailerFactory.create(brand=brand, title=f"Bayi {number:02d}")
    found = factories.RetailerFactory.create(
        brand=brand, title="Şişli Çiçekçilik", alias="Merkez", state="suspended", code=87_654_321
    )
    factories.RetailerFactory.create(title="Şişli Çiçekçilik")

    def titles(**query: str) -> list[str]:
        return [retailer.title for retailer in client.get(url("retailers", brand), query).context["page"]]

    assert (len(titles()), len(titles(sayfa="2")), len(titles(adet="50"))) == (25, 6, 31)
    for query in ("cicekcilik sisli", "merkez", "87654321", found.tax_number, "gokce cicek"):
        assert titles(ara=query) == [found.title]
    assert titles(durum="suspended") == [found.title]
    assert (titles(durum="passive"), titles(ara="yok\0 böyle")) == ([], [])


def test_empty_lists_say_what_to_do(client: Client, brand: Brand) -> None:
    assert "Bu markanın bayisi yok" in client.get(url("retailers", brand)).content.decode()
    factories.RetailerFactory.create(brand=brand)
    assert "Eşleşen bayi yok" in client.get(url("retailers", brand), {"ara": "zzz"}).content.decode()


def test_three_dealers_cost_as_many_queries_as_one(client: Client, brand: Brand) -> None:
    counts = []
    for more in (1, 2):
        factories.RetailerFactory.create_batch(more, brand=brand)
        for address in (url("retailers", brand), url("detail", brand)):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(("slug", "state"), [("askida", "suspended"), ("pasif", "passive")])
def test_states_change_after_a_check_page(
    client: Client, brand: Brand, retailer: Retailer, slug: str, state: str
) -> None:
    address = url("retailer_state", brand, retailer.code, slug)
    assert "Örnek Bayi" in client.get(address).content.decode()
    for _ in range(2):
        assert client.post(address).status_code == 302
    retailer.refresh_from_db()
    assert (retailer.state, AuditEvent.objects.filter(action=f"state:{state}").count()) == (state, 1)
    assert client.get(url("retailer_state", brand, retailer.code, "yok")).status_code == 404


def test_a_dealer_is_deleted_after_a_check_page(client: Client, brand: Brand, retailer: Retailer) -> None:
    address = url("retailer_delete", brand, retailer.code)
    assert "Bayiyi siliyor musunuz?" in client.get(address).content.decode()
    assert client.post(address, follow=True).redirect_chain == [(url("retailers", brand), 302)]
    assert Retailer.objects.count() == 0
    again = client.post(address, follow=True)
    assert again.redirect_chain == [(url("retailers", brand), 302)]
    assert notices(again) == [f"{retailer.code} kodlu bayi kayıtlı değil; daha önce silinmiş olabilir."]
    assert client.get(address).status_code == 404


def test_anothers_dealer_is_not_there(
    brand: Brand, retailer: Retailer, bob: Person, client_of: Callable[[Person], Client]
) -> None:
    for name, *rest in [("retailer_delete",), ("retailer_edit",), ("retailer_state", "pasif")]:
        assert client_of(bob).post(url(name, brand, retailer.code, *rest), FORM).status_code == 404
    assert Retailer.objects.filter(state="active").count() == 1


def test_a_dealer_of_another_brand_is_not_there(client: Client, brand: Brand, retailer: Retailer) -> None:
    other = factories.BrandFactory.create(provider=brand.provider)
    assert client.get(url("retailer", other, retailer.code)).status_code == 404


def test_a_passive_brand_offers_no_new_dealers(client: Client, brand: Brand, retailer: Retailer) -> None:
    Brand.objects.update(state="passive")
    for name in ("retailer_add", "retailer_upload"):
        for answer in (client.get(url(name, brand)), client.post(url(name, brand), FORM)):
            assert (answer.status_code, answer.headers["Location"]) == (302, url("detail", brand))
    for page in ("retailers", "detail"):
        assert url("retailer_add", brand) not in client.get(url(page, brand)).content.decode()


def test_the_spelling_of_a_brand_is_changed_at_once(client: Client, brand: Brand) -> None:
    form = client.get(url("rename", brand)).context["form"]
    assert form["marka"].value() == "Deneme Marka 1"
    sent = {"nonce": form["nonce"].value(), "marka": " "}
    assert client.post(url("rename", brand), sent).context["form"].errors == {"marka": ["Marka adını yazın."]}
    answer = client.post(url("rename", brand), {**sent, "marka": "DENEME  Marka 1"}, follow=True)
    assert notices(answer) == ["Markanın adı DENEME Marka 1 olarak kaydedildi."]
    other = client.post(url("rename", brand), {**sent, "marka": "Yeni Ad"})
    assert other.context["form"].errors == {"belge": [NAME_UNPROVEN]}


def test_a_brand_rests_after_a_page_that_says_what_stops(
    client: Client, brand: Brand, provider: Provider, alice: Person, now: Any
) -> None:
    factories.subscription(provider, now=now)
    scene.authorise(brand, factories.PartnerFactory.create(title="ZEYTİN A.Ş."), person=alice, now=now)
    html = client.get(url("deactivate", brand)).content.decode()
    assert ("ZEYTİN A.Ş." in html, "yeni iş ortağı ya da AHS yetkilendirilemez" in html) == (True, True)
    for name, state in [("deactivate", "passive"), ("activate", "active")]:
        assert client.post(url(name, brand)).status_code == 302
        brand.refresh_from_db()
        assert brand.state == state


def test_the_master_brand_is_not_offered_to_rest(client: Client, provider: Provider) -> None:
    master = factories.BrandFactory.create(provider=provider, is_master=True)
    assert url("deactivate", master) not in client.get(url("detail", master)).content.decode()
    for answer in (
        client.get(url("deactivate", master), follow=True),
        client.post(url("deactivate", master), follow=True),
    ):
        assert notices(answer) == ["Ana marka pasif yapılamaz; diğer markalarınızı pasif yapabilirsiniz."]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_make_one_dealer(brand: Brand, alice: Person, client_of: Callable[[Person], Client]) -> None:
    def send(client: Client) -> int:
        try:
            return client.post(url("retailer_add", brand), FORM).status_code
        finally:
            connections.close_all()

    clients = [client_of(alice), client_of(alice)]
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Provider.objects.select_for_update(no_key=True).get(pk=brand.provider_id)
            answers = [pool.submit(send, client) for client in clients]
            wait_until_blocked(2)
        assert [answer.result(PATIENCE) for answer in answers] == [302, 302]
    assert Retailer.objects.count() == 1
