"""The purchase in the browser: what each page shows, and what a second tab, the back button and a rival get."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Person, Provider
from contracts.issuing import issue_document
from contracts.models import SignedDocument
from packages.models import Subscription, Tariff
from payments.enums import OrderState
from payments.models import BankAccount, Order, Statement
from tests import factories
from tests.payments.mt940 import Transfer

Make = Callable[..., Order]


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def rival(bob: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(bob)


def hidden(response: HttpResponse, name: str) -> str:
    """Return the value of a hidden field of the page's form."""
    value: str = response.context["form"][name].value()  # type: ignore[attr-defined]
    return value


def choose(browser: Client, slug: str = "ileti-150") -> Order:
    page = browser.get(f"/paket/{slug}/")
    browser.post(f"/paket/{slug}/", {"nonce": hidden(page, "nonce")})
    return Order.objects.latest("pk")


def test_two_tabs_and_a_double_click_make_one_order(browser: Client) -> None:
    first, second = browser.get("/paket/ileti-150/"), browser.get("/paket/ileti-150/")
    answers = [browser.post("/paket/ileti-150/", {"nonce": hidden(tab, "nonce")}) for tab in (first, first, second)]
    order = Order.objects.get()
    assert {answer.headers["Location"] for answer in answers} == {f"/siparis/{order.code_display}/sozlesme/"}


def test_two_tabs_approve_once_and_order_once(browser: Client) -> None:
    order = choose(browser)
    url = f"/siparis/{order.code_display}"
    first, second = browser.get(f"{url}/sozlesme/"), browser.get(f"{url}/sozlesme/")
    for tab in (first, second, first):
        answer = browser.post(f"{url}/sozlesme/", {"shown": hidden(tab, "shown"), "approve": "on"})
        assert answer.headers["Location"] == f"{url}/odeme/"
    for _ in range(2):
        answer = browser.post(f"{url}/odeme/havale/onay/")
        assert answer.headers["Location"] == f"{url}/"
    assert Order.objects.get().state == OrderState.TRANSFER_PENDING


def test_the_contract_must_be_ticked(browser: Client) -> None:
    order = choose(browser)
    url = f"/siparis/{order.code_display}/sozlesme/"
    shown = hidden(browser.get(url), "shown")
    answer = browser.post(url, {"shown": shown})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("Devam etmek için sözleşmeyi onaylayın.") == 2  # in the summary and beside the box
    assert "<title>Hata: " in text
    assert 'data-testid="error-summary"' in text
    assert Order.objects.get().state == OrderState.DRAFT


def test_a_price_that_changed_is_read_again_and_nothing_is_charged(browser: Client, account: BankAccount) -> None:
    order = choose(browser)
    url = f"/siparis/{order.code_display}/sozlesme/"
    shown = hidden(browser.get(url), "shown")
    Tariff.objects.filter(pk=order.tariff_id).update(valid_to=date(2026, 11, 22))
    Tariff.objects.create(
        package=order.package,
        valid_from=date(2026, 11, 23),
        net=Decimal("4320.00"),
        kdv_rate=Decimal(20),
        kdv=Decimal("864.00"),
        gross=Decimal("5184.00"),
    )
    page = browser.post(url, {"shown": shown, "approve": "on"}, follow=True).content.decode()
    assert "Lütfen güncel sözleşmeyi yeniden okuyunuz." in page
    assert "5.184,00 ₺" in page
    assert Order.objects.get().state == OrderState.DRAFT


def test_a_free_package_ends_at_tamamla(browser: Client, provider: Provider) -> None:
    order = choose(browser, "ileti-75")
    url = f"/siparis/{order.code_display}/sozlesme/"
    page = browser.get(url)
    assert "Tamamla" in page.content.decode()
    answer = browser.post(url, {"shown": hidden(page, "shown"), "approve": "on"}, follow=True)
    text = answer.content.decode()
    assert "İLETİ-75 paketiniz tanımlandı." in text
    assert Subscription.objects.get(provider=provider).package.slug == "ileti-75"
    assert 'data-testid="active-package"' in browser.get("/markalar/").content.decode()


def test_the_order_page_holds_all_that_a_payer_needs(browser: Client, awaiting: Make, account: BankAccount) -> None:
    order = awaiting("ileti-150")
    text = browser.get(f"/siparis/{order.code_display}/").content.decode()
    assert f">{order.code_display}<" in text
    assert 'data-state="transfer_pending"' in text
    assert "5.097,60 ₺" in text
    assert "TR82 0001 0007 6012 3456 7850 01" in text
    assert "07.12.2026" in text
    assert "ÇAĞRI İLETİŞİM" in text
    assert order.code_display in browser.get("/paket/").content.decode()


@pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", ""), str])
def test_any_spelling_of_the_code_leads_to_the_order(
    browser: Client, awaiting: Make, write: Callable[[str], str]
) -> None:
    order = awaiting("ileti-150")
    assert browser.get(f"/siparis/{write(order.code_display)}/").status_code == 200


@pytest.mark.parametrize("code", ["KM7-T3R-AWC", "yok", "333-333-334"])
def test_an_unknown_code_is_not_found(browser: Client, code: str) -> None:
    assert browser.get(f"/siparis/{code}/").status_code == 404


def test_a_rivals_order_does_not_exist(rival: Client, awaiting: Make) -> None:
    order = awaiting("ileti-150")
    asking = ("sozlesme/", "odeme/", "odeme/havale/onay/", "odeme/degistir/", "iptal/")
    for path in ("", "sozlesme.pdf", "odeme/havale/", *asking):
        assert rival.get(f"/siparis/{order.code_display}/{path}").status_code == 404
    for path in asking:
        assert rival.post(f"/siparis/{order.code_display}/{path}").status_code == 404
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING


def test_no_payment_method_chosen(browser: Client, accepted: Make) -> None:
    order = accepted("ileti-150")
    text = browser.post(f"/siparis/{order.code_display}/odeme/", {}).content.decode()
    assert text.count("Bir ödeme yöntemi seçin.") == 2


@pytest.mark.parametrize("key", ["", "a-key"], ids=["no gateway", "a gateway"])
def test_a_card_can_be_chosen_where_there_is_a_gateway(
    browser: Client, accepted: Make, settings: Settings, key: str
) -> None:
    settings.IYZICO_API_KEY = key
    step = f"/siparis/{accepted('ileti-150').code_display}/odeme/"
    answer = browser.post(step, {"method": "kart"})
    if key:
        assert answer.headers["Location"] == f"{step}kart/"
    else:
        assert "Bu kurulumda kartla ödeme kapalı. Lütfen Banka Transferi" in answer.content.decode()
        assert browser.get(f"{step}kart/onay/?taksit=1&kart=").headers["Location"] == f"{step}kart/"
        assert browser.get(f"{step}kart/").headers["Location"] == step


def test_steps_cannot_be_skipped(browser: Client) -> None:
    order = choose(browser)
    url = f"/siparis/{order.code_display}"
    for path in ("odeme/", "odeme/havale/", "odeme/havale/onay/", ""):
        assert browser.get(f"{url}/{path}").headers["Location"] == f"{url}/sozlesme/"
    browser.post(f"{url}/odeme/havale/onay/")
    assert Order.objects.get().state == OrderState.DRAFT


def test_the_way_of_paying_is_chosen_again(browser: Client, awaiting: Make) -> None:
    order = awaiting("ileti-150")
    url = f"/siparis/{order.code_display}/"
    assert "Ödeme yöntemini değiştir" in browser.get(url).content.decode()
    assert "Havale/EFT yaptıysanız değiştirmeyin" in browser.get(f"{url}odeme/degistir/").content.decode()
    for _ in range(2):
        assert browser.post(f"{url}odeme/degistir/").headers["Location"] == f"{url}odeme/"
    assert browser.get(f"{url}odeme/degistir/").headers["Location"] == url
    order.refresh_from_db()
    assert (order.state, order.pay_by) == (OrderState.CONTRACT_ACCEPTED, None)


def test_the_way_of_paying_stays_once_money_came(
    browser: Client, awaiting: Make, imported: Callable[..., Statement]
) -> None:
    order = awaiting("ileti-150")
    imported(Transfer(order.code_display, Decimal("1.00")))
    Order.objects.update(state=OrderState.TRANSFER_PENDING)
    url = f"/siparis/{order.code_display}/"
    assert "Ödeme yöntemini değiştir" not in browser.get(url).content.decode()
    text = browser.post(f"{url}odeme/degistir/", follow=True).content.decode()
    assert "koduyla bir ödeme geldi" in text
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING


def test_giving_up_asks_first(browser: Client, awaiting: Make) -> None:
    order = awaiting("ileti-150")
    url = f"/siparis/{order.code_display}/iptal/"
    assert order.code_display in browser.get(url).content.decode()
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING
    text = browser.post(url, follow=True).content.decode()
    assert f"{order.code_display} kodlu sipariş iptal edildi." in text


def test_the_sealed_contract_is_downloaded(
    browser: Client, accepted: Make, now: datetime, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    order = accepted("ileti-75")
    url = f"/siparis/{order.code_display}/sozlesme.pdf"
    assert browser.get(url).status_code == 404
    document = SignedDocument.objects.get()
    issue_document(document_id=document.pk, now=now)
    answer = browser.get(url)
    assert answer.content.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{document.number}.pdf"'
    assert 'data-testid="contract-pdf"' in browser.get(f"/siparis/{order.code_display}/").content.decode()


def test_the_draft_contract_can_be_read_before_approving(browser: Client) -> None:
    order = choose(browser)
    answer = browser.get(f"/siparis/{order.code_display}/sozlesme/taslak.pdf")
    assert answer.content.startswith(b"%PDF-1.7")


def test_another_person_of_the_company_sees_the_order(
    provider: Provider, awaiting: Make, client_of: Callable[[Person], Client]
) -> None:
    colleague = factories.PersonFactory.create()
    factories.MembershipFactory.create(provider=provider, person=colleague)
    order = awaiting("ileti-150")
    assert client_of(colleague).get(f"/siparis/{order.code_display}/").status_code == 200


def test_the_overview_asks_the_database_the_same_however_many_orders(browser: Client, awaiting: Make) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            awaiting("ileti-150")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/paket/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
