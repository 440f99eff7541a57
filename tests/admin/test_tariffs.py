"""Dated prices: typed in Turkish, refused in words, followed instead of edited, looked at before they count."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent
from packages.admin import forms
from packages.models import Package, Tariff
from packages.services import hold_tariff
from payments.models import Order
from tests import factories
from tests.admin.test_people import errors
from tests.admin.world import buy, tariff
from tests.locks import wait_until_blocked
from tests.payments.conftest import accepted, draft  # noqa: F401  (fixtures)

TARIFFS = "/yonetim/packages/tariff/"
Make = Callable[..., Order]


@pytest.fixture
def package(db: None) -> Package:
    """A package without a price."""
    return Package.objects.create(slug="ek", name="EK", heading="EK", position=99)


def tariff_form(package: Package, **changes: Any) -> dict[str, Any]:
    return {
        "package": package.pk,
        "valid_from": "01.01.2027",
        "valid_to": "",
        "net": "4.320,00",
        "kdv_rate": "18",
        "campaign_gross": "",
        "campaign_from": "",
        "campaign_to": "",
        "campaign_text": "",
        **changes,
    }


@pytest.mark.parametrize(
    ("net", "rate", "kdv", "gross"),
    [
        ("4320,00", "18", "777.60", "5097.60"),
        ("4920,00", "18", "885.60", "5805.60"),
        ("612,33", "20", "122.47", "734.80"),
        ("0,05", "10", "0.01", "0.06"),
        ("0,00", "20", "0.00", "0.00"),
        ("4.320,00", "18,00", "777.60", "5097.60"),
        ("4320.00", "18.00", "777.60", "5097.60"),
    ],
)
def test_kdv_and_price_follow_from_net_and_rate(
    browser: Client, package: Package, net: str, rate: str, kdv: str, gross: str
) -> None:
    assert browser.post(f"{TARIFFS}add/", tariff_form(package, net=net, kdv_rate=rate)).status_code == 302
    row = Tariff.objects.get(package=package)
    assert (row.kdv, row.gross, row.net + row.kdv) == (Decimal(kdv), Decimal(gross), row.gross)


def test_a_forged_price_is_computed_anew(browser: Client, package: Package) -> None:
    forged = tariff_form(package, kdv="0,00", gross="1,00")
    assert browser.post(f"{TARIFFS}add/", forged).status_code == 302
    assert Tariff.objects.get(package=package).gross == Decimal("5097.60")


@pytest.mark.parametrize("net", ["4.320", "4,320,00", "dört bin", "4320,005"])
def test_an_amount_that_could_mean_two_things_is_refused(browser: Client, package: Package, net: str) -> None:
    assert list(errors(browser.post(f"{TARIFFS}add/", tariff_form(package, net=net)))) == ["net"]
    assert not Tariff.objects.filter(package=package).exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"valid_from": "31.12.2026"},
            {"valid_from": ["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]},
        ),
        ({"valid_to": "31.12.2026"}, {"valid_to": ["Son gün, ilk günden önce olamaz."]}),
        ({"net": "-1,00"}, {"net": ["Net ve KDV eksi olamaz; KDV oranı 100'den küçük olmalıdır."]}),
        (
            {"campaign_gross": "5097,61", "campaign_from": "01.01.2027"},
            {"campaign_gross": ["Eksi veya KDV dahil liste fiyatından yüksek olamaz."]},
        ),
        (
            {"campaign_gross": "-0,01", "campaign_from": "01.01.2027"},
            {"campaign_gross": ["Eksi veya KDV dahil liste fiyatından yüksek olamaz."]},
        ),
        ({"campaign_gross": "0,00"}, {"campaign_from": [forms.PRICE_WITHOUT_DAY]}),
        ({"campaign_text": "geçici süreyle ücretsiz"}, {"campaign_gross": [forms.TEXT_WITHOUT_PRICE]}),
        ({"campaign_from": "01.01.2027"}, {"campaign_gross": [forms.TEXT_WITHOUT_PRICE]}),
        ({"campaign_to": "01.01.2027"}, {"campaign_gross": [forms.TEXT_WITHOUT_PRICE]}),
        (
            {"campaign_gross": "0,00", "campaign_from": "31.12.2026"},
            {"campaign_from": ["Kampanya, tarifenin ilk gününden önce başlayamaz."]},
        ),
        (
            {"campaign_gross": "0,00", "campaign_from": "01.02.2027", "valid_to": "31.01.2027"},
            {"campaign_from": ["Kampanya, tarifenin son gününden sonra başlayamaz."]},
        ),
        (
            {"campaign_gross": "0,00", "campaign_from": "02.01.2027", "campaign_to": "01.01.2027"},
            {"campaign_to": ["Kampanyanın son günü, ilk gününden önce olamaz."]},
        ),
        (
            {
                "campaign_gross": "0,00",
                "campaign_from": "01.01.2027",
                "campaign_to": "01.02.2027",
                "valid_to": "31.01.2027",
            },
            {"campaign_to": ["Kampanya, tarifenin son gününden sonra bitemez."]},
        ),
    ],
)
def test_wrong_prices_are_refused_in_words(
    browser: Client, package: Package, changes: dict[str, str], expected: dict[str, list[str]]
) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    assert errors(browser.post(f"{TARIFFS}add/", tariff_form(package, **changes))) == expected
    assert Tariff.objects.filter(package=package).count() == 1


def test_the_day_after_the_last_one_is_free(browser: Client, package: Package) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    assert browser.post(f"{TARIFFS}add/", tariff_form(package)).status_code == 302
    assert Tariff.objects.filter(package=package).count() == 2


def test_the_database_refuses_overlapping_prices(package: Package) -> None:
    tariff(package, valid_to=date(2026, 12, 31))
    with (
        pytest.raises(IntegrityError, match="tariff_no_overlap"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO packages_tariff (package_id, valid_from, net, kdv_rate, kdv, gross, campaign_text)"
            " VALUES (%s, '2026-12-31', 100, 20, 20, 120, '')",
            [package.pk],
        )


def test_a_campaign_is_typed_with_its_days_and_words(browser: Client, package: Package) -> None:
    campaign = {
        "campaign_gross": "0,00",
        "campaign_from": "01.02.2027",
        "campaign_to": "31.12.2027",
        "campaign_text": "geçici süreyle ücretsiz",
    }
    assert browser.post(f"{TARIFFS}add/", tariff_form(package, **campaign)).status_code == 302
    row = Tariff.objects.get(package=package)
    assert (row.campaign_gross, row.campaign_from, row.campaign_to, row.campaign_text) == (
        Decimal("0.00"),
        date(2027, 2, 1),
        date(2027, 12, 31),
        "geçici süreyle ücretsiz",
    )


# --- What was sold ---


@pytest.fixture
def sold(provider: Provider, alice: Person, now: datetime) -> Tariff:
    """The tariff of İLETİ-150, by which Alice bought on 23.11.2026."""
    return buy(provider, alice, now=now).tariff


def test_of_a_sold_price_only_the_last_day_can_be_set(browser: Client, sold: Tariff) -> None:
    changed = tariff_form(sold.package, net="1,00", valid_from="01.01.2019", valid_to="31.12.2026", campaign_text="x")
    assert browser.post(f"{TARIFFS}{sold.pk}/change/", changed).status_code == 302
    before, sold = sold, Tariff.objects.get(pk=sold.pk)
    assert (sold.net, sold.valid_from, sold.campaign_text) == (before.net, before.valid_from, "")
    assert sold.valid_to == date(2026, 12, 31)
    tariff(sold.package, valid_from=date(2027, 1, 1))
    answer = browser.post(f"{TARIFFS}{sold.pk}/change/", {"valid_to": "01.01.2027"})
    assert list(errors(answer).values()) == [["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]]


def test_a_sold_price_ends_no_earlier_than_its_sale(browser: Client, sold: Tariff) -> None:
    answer = browser.post(f"{TARIFFS}{sold.pk}/change/", {"valid_to": "22.11.2026"})
    assert errors(answer) == {"valid_to": ["23.11.2026 gününde bu tarifeyle satış yapıldı; daha önce bitemez."]}
    assert browser.post(f"{TARIFFS}{sold.pk}/change/", {"valid_to": "23.11.2026"}).status_code == 302


def test_a_campaign_keeps_the_days_on_which_it_was_sold(browser: Client, accepted: Make) -> None:
    row = accepted("ileti-75").tariff
    address = f"{TARIFFS}{row.pk}/change/"
    answer = browser.post(address, {"campaign_to": "22.11.2026"})
    sentence = "23.11.2026 gününde kampanya fiyatıyla satış yapıldı; kampanya daha önce bitemez."
    assert errors(answer) == {"campaign_to": [sentence]}
    assert browser.post(address, {"campaign_to": "23.11.2026"}).status_code == 302
    accepted("ileti-25", at=factories.instant("2026-11-24T08:00:00"))  # what runs is not sold again
    later = factories.instant("2026-11-24T09:00:00")
    assert accepted("ileti-75", at=later).gross == Decimal("2336.40")
    for typed in ("24.11.2026", ""):
        answer = browser.post(address, {"campaign_to": typed})
        sentence = "24.11.2026 gününde liste fiyatıyla satış yapıldı; kampanya o günden önce bitmelidir."
        assert errors(answer) == {"campaign_to": [sentence]}


def test_a_draft_does_not_make_a_price_sold(browser: Client, draft: Make) -> None:
    row = draft("ileti-150").tariff
    changed = tariff_form(row.package, net="5.000,00", valid_from="01.01.2020")
    assert browser.post(f"{TARIFFS}{row.pk}/change/", changed).status_code == 302
    row.refresh_from_db()
    assert row.gross == Decimal("5900.00")


def test_a_sold_price_is_followed(browser: Client, sold: Tariff) -> None:
    page = browser.get(f"{TARIFFS}{sold.pk}/change/").content.decode()
    assert "Satılan fiyat değiştirilmez" in page
    follow = f"{TARIFFS}add/?devam={sold.pk}"
    assert follow in page
    form = browser.get(follow).context["adminform"].form
    first = {name: form.initial[name] for name in ("package", "valid_from", "ends_previous", "net", "kdv_rate")}
    assert first == {
        "package": sold.package_id,
        "valid_from": date(2026, 11, 24),
        "ends_previous": True,
        "net": Decimal("4320.00"),
        "kdv_rate": Decimal("18.00"),
    }
    typed = tariff_form(sold.package, kdv_rate="20", ends_previous="on")
    assert browser.post(follow, typed).status_code == 302
    sold, new = Tariff.objects.filter(package=sold.package).order_by("valid_from")
    assert (sold.valid_to, new.valid_from, new.gross) == (date(2026, 12, 31), date(2027, 1, 1), Decimal("5184.00"))
    event = AuditEvent.objects.get(action="admin:change", object_type="packages.tariff", object_id=str(sold.pk))
    assert event.detail == {
        "before": {"valid_to": None, "campaign_to": None},
        "after": {"valid_to": "2026-12-31", "campaign_to": None},
    }


def test_a_campaign_ends_with_its_tariff(browser: Client) -> None:
    old = Tariff.objects.get(package__slug="ileti-75")
    Tariff.objects.filter(pk=old.pk).update(campaign_to=date(2027, 6, 30))
    assert browser.post(f"{TARIFFS}add/", tariff_form(old.package, ends_previous="on")).status_code == 302
    old.refresh_from_db()
    assert (old.valid_to, old.campaign_to) == (date(2026, 12, 31), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("first_day", "sentence"),
    [
        ("23.11.2026", "Önceki tarifeyle 23.11.2026 gününde satış yapıldı; daha sonraki bir gün yazın."),
        ("01.01.2020", "Bu paketin aynı günleri kapsayan başka bir tarifesi var."),
        ("31.12.2019", "Bu paketin aynı günleri kapsayan başka bir tarifesi var."),
    ],
)
def test_what_was_sold_is_not_cut_short(browser: Client, sold: Tariff, first_day: str, sentence: str) -> None:
    answer = browser.post(f"{TARIFFS}add/", tariff_form(sold.package, valid_from=first_day, ends_previous="on"))
    assert errors(answer) == {"valid_from": [sentence]}
    assert Tariff.objects.get(package=sold.package) == sold


def test_a_campaign_that_begins_later_is_not_cut_off(browser: Client) -> None:
    old = Tariff.objects.get(package__slug="ileti-75")
    Tariff.objects.filter(pk=old.pk).update(campaign_from=date(2027, 3, 1))
    answer = browser.post(f"{TARIFFS}add/", tariff_form(old.package, ends_previous="on"))
    sentence = "Önceki tarifenin kampanyası 01.03.2027 gününde başlıyor; daha sonraki bir gün yazın."
    assert errors(answer) == {"valid_from": [sentence]}


def test_only_the_running_tariff_is_ended(browser: Client, package: Package) -> None:
    tariff(package, valid_to=date(2027, 6, 30))
    tariff(package, valid_from=date(2027, 7, 1))
    answer = browser.post(f"{TARIFFS}add/", tariff_form(package, ends_previous="on"))
    assert errors(answer) == {"valid_from": ["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]}
    allowed = tariff_form(package, ends_previous="on", valid_to="30.06.2027")
    assert browser.post(f"{TARIFFS}add/", allowed).status_code == 302


# --- Days without a price ---


def warnings(browser: Client, answer: Any) -> list[str]:
    """Return the warnings that an accepted form leads to."""
    assert answer.status_code == 302
    page = browser.get(answer.headers["Location"])
    return [str(message) for message in page.context["messages"] if message.level_tag == "warning"]


def test_a_change_that_leaves_days_without_a_price_is_done_and_said(browser: Client) -> None:
    row = Tariff.objects.get(package__slug="ileti-250")
    address = f"{TARIFFS}{row.pk}/change/"
    form = tariff_form(row.package, net="4.920,00", valid_from="01.01.2020", valid_to="31.12.2026")
    answer = browser.post(address, form)
    assert warnings(browser, answer) == [
        "İLETİ-250 satışta, ama 01.01.2027 gününden itibaren fiyatı yok: o günlerde satılamaz."
    ]
    answer = browser.post(f"{TARIFFS}add/", tariff_form(row.package, valid_from="01.02.2027"))
    assert warnings(browser, answer) == [
        "İLETİ-250 satışta, ama 01.01.2027 – 31.01.2027 günlerinde fiyatı yok: o günlerde satılamaz."
    ]
    answer = browser.post(f"{TARIFFS}add/", tariff_form(row.package, valid_from="01.01.2027", valid_to="30.01.2027"))
    assert warnings(browser, answer) == ["İLETİ-250 satışta, ama 31.01.2027 gününde fiyatı yok: o günlerde satılamaz."]
    answer = browser.post(f"{TARIFFS}add/", tariff_form(row.package, valid_from="31.01.2027", valid_to="31.01.2027"))
    assert warnings(browser, answer) == []


def test_a_package_put_on_sale_without_a_price_is_said(browser: Client, package: Package) -> None:
    form = {"name": "EK", "heading": "EK", "addresses": "1", "min_addresses": "0", "position": "99"}
    answer = browser.post(f"/yonetim/packages/package/{package.pk}/change/", {**form, "on_sale": "on"})
    assert warnings(browser, answer) == [
        "EK satışta, ama 23.11.2026 gününden itibaren fiyatı yok: o günlerde satılamaz."
    ]
    answer = browser.post(f"/yonetim/packages/package/{package.pk}/change/", form)
    assert warnings(browser, answer) == []


# --- Preview ---

PREVIEW = f"{TARIFFS}onizleme/"


def test_the_preview_shows_a_day_before_it_comes(browser: Client) -> None:
    Tariff.objects.filter(package__slug="ileti-75").update(campaign_to=date(2026, 12, 31))
    Tariff.objects.filter(package__slug="ileti-250").update(valid_to=date(2027, 1, 31))
    today, later = browser.get(PREVIEW), browser.get(PREVIEW, {"gun": "2027-02-01", "adres": "5001"})
    prices = [{c.package.slug: c.price_text for c in page.context["page"].columns} for page in (today, later)]
    assert prices[0]["ileti-75"] == "Ücretsiz"
    assert (prices[1]["ileti-75"], prices[1]["ileti-250"]) == ("2.336,40 ₺", "")
    assert [c.package.slug for c in later.context["page"].columns if c.is_recommended] == ["ileti-25"]
    assert later.context["gaps_of_the_day"] == ["İLETİ-250"]
    assert "Bu bir önizlemedir." in later.content.decode()
    assert "/paket/ileti-" not in later.content.decode()
    changes = today.context["changes"]
    assert [(change.day, change.package.slug, change.what, change.before, change.after) for change in changes] == [
        (date(2027, 1, 1), "ileti-75", "Kampanya bitiyor", Decimal(0), Decimal("2336.40")),
        (date(2027, 2, 1), "ileti-250", "Tarife bitiyor, yerine tarife yok", Decimal("5805.60"), None),
    ]


@pytest.mark.parametrize(("gun", "sentence"), [("31.31.2027", "Günü 31.12.2026 biçiminde yazın."), ("0", "Günü 31")])
def test_a_day_that_is_none_is_said(browser: Client, gun: str, sentence: str) -> None:
    page = browser.get(PREVIEW, {"gun": gun})
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert page.context["page"].day == date(2026, 11, 23)


@pytest.mark.parametrize("adres", ["-1", "çok", "9" * 30])
def test_a_count_that_is_none_is_said(browser: Client, adres: str) -> None:
    page = browser.get(PREVIEW, {"adres": adres})
    assert (page.status_code, list(page.context["form"].errors)) == (200, ["adres"])


def test_the_preview_is_for_those_who_may_see_prices(
    accountant: Person, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    hers = client_of(accountant)
    assert hers.get(PREVIEW).status_code == 403
    accountant.user_permissions.add(Permission.objects.get(codename="view_tariff"))
    assert hers.get(PREVIEW).status_code == 200
    assert "Tarife ekle" not in hers.get(PREVIEW).content.decode()
    assert client_of(alice).get(PREVIEW).status_code == 302
    assert Client().get(PREVIEW).headers["Location"].startswith("/yonetim/login/")


def test_the_preview_costs_the_same_with_more_prices(browser: Client, package: Package) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(PREVIEW).status_code == 200
        return len(captured)

    tariff(package, valid_to=date(2026, 12, 31))
    one = queries()
    tariff(package, valid_from=date(2027, 1, 1), valid_to=date(2027, 12, 31))
    tariff(package, valid_from=date(2028, 1, 1))
    assert queries() == one


# --- At the same instant ---


def submit(client: Client, address: str, form: dict[str, Any]) -> Any:
    try:
        return client.post(address, form)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_save_the_same_days_at_once(client_of: Callable[[Person], Client]) -> None:
    package = Package.objects.create(slug="ek", name="EK", heading="EK", position=99)
    clients = [client_of(factories.administrator(name)) for name in ("birinci", "ikinci")]
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Package.objects.select_for_update(no_key=True).get(pk=package.pk)
            waiting = [pool.submit(submit, c, f"{TARIFFS}add/", tariff_form(package)) for c in clients]
            wait_until_blocked(2)
        first, second = sorted((answer.result(10) for answer in waiting), key=lambda answer: -answer.status_code)
    assert first.status_code == 302
    assert errors(second) == {"valid_from": ["Bu paketin aynı günleri kapsayan başka bir tarifesi var."]}
    assert Tariff.objects.filter(package=package).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_price_that_is_sold_while_it_is_edited(
    client_of: Callable[[Person], Client],
    accepted: Make,
) -> None:
    browser = client_of(factories.administrator())
    row = Tariff.objects.get(package__slug="ileti-150")
    form = tariff_form(row.package, net="1,00", valid_from="01.01.2020")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            hold_tariff(row.pk)
            waiting = pool.submit(submit, browser, f"{TARIFFS}{row.pk}/change/", form)
            wait_until_blocked(1)
            accepted("ileti-150")
        answer = waiting.result(10)
    assert errors(answer) == {
        "__all__": [
            "Bu tarifeyle satış yapıldı: yalnız son günleri değişir. Yeni bir fiyat için devam tarifesi ekleyin."
        ]
    }
    row.refresh_from_db()
    assert row.net == Decimal("4320.00")
