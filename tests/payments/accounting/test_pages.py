"""The accountants' pages: who sees them, what they show, what a list costs."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from payments.enums import LineState, OrderState
from payments.models import BankAccount, Order, Statement, StatementLine
from payments.selectors.accounting import Figures, pending_orders
from tests import factories
from tests.payments.mt940 import Transfer

Make = Callable[..., Order]
Import = Callable[..., Statement]
ZERO = Decimal("0.00")


def test_strangers_are_sent_to_the_staffs_login(db: None) -> None:
    for address in (
        "/muhasebe/",
        "/muhasebe/ekstreler/",
        "/muhasebe/ekstreler/1/",
        "/muhasebe/hareketler/1/",
    ):
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/yonetim/login/?next={address}")


def test_a_providers_person_is_refused(alice: Person, imported: Import, client_of: Callable[[Person], Client]) -> None:
    statement = imported(Transfer("MERHABA"))
    line = StatementLine.objects.get()
    browser = client_of(alice)
    for address in ("", "ekstreler/", f"ekstreler/{statement.pk}/", f"hareketler/{line.pk}/"):
        assert browser.get(f"/muhasebe/{address}").status_code == 403, address


def test_an_administrator_may_do_an_accountants_work(client_of: Callable[[Person], Client], db: None) -> None:
    assert client_of(factories.administrator()).get("/muhasebe/").status_code == 200


@pytest.mark.parametrize("address", ["ekstreler/1/", "hareketler/1/"])
def test_what_is_not_there_is_not_found(browser: Client, address: str) -> None:
    assert browser.get(f"/muhasebe/{address}").status_code == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(browser: Client, method: str) -> None:
    assert getattr(browser, method)("/muhasebe/").status_code == 405
    assert browser.post("/muhasebe/ekstreler/").status_code == 405


def test_an_empty_house_says_so(browser: Client) -> None:
    answer = browser.get("/muhasebe/")
    assert answer.context["figures"] == Figures(0, ZERO, 0, None, 0, ZERO)
    html = answer.content.decode()
    assert html.count("İşlem bekleyen hareket yok") == 1
    assert html.count("Ödemesi beklenen sipariş yok") == 1
    assert browser.get("/muhasebe/ekstreler/").content.decode().count("Henüz ekstre yüklenmedi") == 1


def test_figures_count_what_waits(
    awaiting: Make, draft: Make, imported: Import, now: datetime, browser: Client
) -> None:
    first = awaiting("ileti-150")
    second = awaiting("ileti-250", at=now + timedelta(hours=1))
    draft("ileti-250", at=now + timedelta(hours=2))
    imported(
        Transfer(second.code_display, Decimal("5805.60")),
        Transfer("KİRA", Decimal("1000.00")),
        Transfer(first.code_display, Decimal("5097.59")),
        Transfer("MASRAF", Decimal("-5.00")),
    )
    answer = browser.get("/muhasebe/")
    assert answer.context["figures"] == Figures(
        order_count=1,
        order_sum=Decimal("5097.60"),
        overdue_count=0,
        oldest=first.accepted_at,
        line_count=2,
        line_sum=Decimal("6097.59"),
    )
    assert list(answer.context["pending_orders"]) == [first]
    assert [line.text for line in answer.context["lines"]] == ["KİRA", first.code_display]


def test_an_overdue_order_is_marked(
    awaiting: Make, browser: Client, accountant: Person, client_of: Callable[[Person], Client]
) -> None:
    order = awaiting()
    assert order.pay_by is not None
    assert browser.get("/muhasebe/").content.decode().count("Geçti") == 0
    with time_machine.travel(order.pay_by, tick=False):
        assert [row.overdue for row in pending_orders(now=order.pay_by)] == [True]
        assert client_of(accountant).get("/muhasebe/").content.decode().count("Geçti") == 1
    assert [row.overdue for row in pending_orders(now=order.pay_by - timedelta(seconds=1))] == [False]


def test_what_is_still_due_is_what_has_not_come(awaiting: Make, imported: Import, now: datetime) -> None:
    order = awaiting()
    statement = imported(Transfer("KİRA", Decimal("1000.00")))
    line = StatementLine.objects.get(statement=statement)
    line.allocations.create(order=order, amount=Decimal("1000.00"), rule="test", reason="Deneme")
    assert [row.due for row in pending_orders(now=now)] == [Decimal("4097.60")]


@pytest.fixture
def two_orders(awaiting: Make, provider: Provider, now: datetime) -> tuple[Order, Order]:
    """Two orders of one provider whose title has Turkish letters."""
    provider.title = "İSTANBUL IŞIK A.Ş."
    provider.save()
    return awaiting("ileti-150"), awaiting("ileti-250", at=now + timedelta(hours=1))


def test_orders_are_found_by_code_title_and_number(
    two_orders: tuple[Order, Order], provider: Provider, browser: Client
) -> None:
    first, second = two_orders

    def found(query: str) -> list[Order]:
        return list(browser.get("/muhasebe/", {"ara": query}).context["pending_orders"])

    assert found(first.code_display.lower()) == [first]
    assert found(second.code) == [second]
    assert found("istanbul ışık") == [first, second]
    assert found("isik") == [first, second]
    assert found(str(provider.iys_code)) == [first, second]
    assert found("ankara") == []
    assert found("9" * 90) == []


def test_movements_are_found_by_text_payer_candidate_and_state(
    two_orders: tuple[Order, Order], imported: Import, browser: Client
) -> None:
    first, _ = two_orders
    imported(Transfer("ŞUBAT KİRASI", Decimal("1.00")), Transfer(first.code_display, Decimal("5097.59")))
    StatementLine.objects.filter(text="ŞUBAT KİRASI").update(payer_name="Çınar Işık")

    def found(**parameters: str) -> list[str]:
        return [line.text for line in browser.get("/muhasebe/", parameters).context["lines"]]

    rent, short = "ŞUBAT KİRASI", first.code_display
    assert found() == [rent, short]
    assert found(ara="subat kirasi") == [rent]
    assert found(ara="şubat ışık") == []
    assert found(ara="çınar ışık") == [rent]
    assert found(ara=first.code) == [short]
    assert found(durum="suggested") == [short]
    assert found(durum="unmatched") == [rent]
    assert found(durum="matched") == [rent, short], "a state that never waits filters nothing"
    assert found(durum="suggested", ara="subat") == []


def test_lists_are_paged(account: BankAccount, imported: Import, browser: Client) -> None:
    statement = imported(*(Transfer(f"HAREKET {n:02d}", Decimal(n)) for n in range(1, 62)))
    for address in ("/muhasebe/", f"/muhasebe/ekstreler/{statement.pk}/"):
        texts = [line.text for line in browser.get(address).context["lines"]]
        assert texts == [f"HAREKET {n:02d}" for n in range(1, 26)]
        last = browser.get(address, {"sayfa": "3"}).context["lines"]
        assert [line.text for line in last] == [f"HAREKET {n:02d}" for n in range(51, 62)]
        fifty = browser.get(address, {"adet": "50", "sayfa": "2"}).context["lines"]
        assert [line.text for line in fifty] == [f"HAREKET {n:02d}" for n in range(51, 62)]
        odd = browser.get(address, {"adet": "1000000", "sayfa": "elma", "durum": "'"}).context["lines"]
        assert len(odd) == 25


def test_a_statement_shows_what_became_of_its_movements(awaiting: Make, imported: Import, browser: Client) -> None:
    order = awaiting()
    statement = imported(
        Transfer(order.code_display),
        Transfer("KİRA", Decimal("1000.00")),
        Transfer("MASRAF", Decimal("-5.00")),
        closing=Decimal("1.00"),
    )
    answer = browser.get(f"/muhasebe/ekstreler/{statement.pk}/")
    matched = answer.context["counts"]
    assert matched == {"new": 0, "matched": 0, "suggested": 1, "unmatched": 1, "ignored": 1}
    html = answer.content.decode()
    assert html.count("kapanış bakiyesini vermiyor") == 1
    assert [html.count(problem["message"]) for problem in statement.problems] == [1] * len(statement.problems)
    assert len(statement.problems) == 1
    assert html.count("1.000,00 ₺") == 3, "the opening balance, the rent, and its link"


def test_the_list_of_statements_says_what_waits(imported: Import, browser: Client) -> None:
    first = imported(Transfer("KİRA"), Transfer("AİDAT"))
    second = imported(Transfer("MASRAF", Decimal("-5.00")), reference="EKSTRE2")
    page = browser.get("/muhasebe/ekstreler/").context["page"]
    assert [(row, row.waiting) for row in page] == [(second, 0), (first, 2)]


def test_a_waiting_movement_says_plainly_what_to_do(awaiting: Make, imported: Import, browser: Client) -> None:
    order = awaiting()
    imported(Transfer(f"{order.code_display} ŞULE IŞIK", Decimal("5097.59")))
    line = StatementLine.objects.get()
    answer = browser.get(f"/muhasebe/hareketler/{line.pk}/")
    (candidate,) = answer.context["candidates"]
    assert (candidate.order, candidate.due, candidate.difference) == (
        order,
        Decimal("5097.60"),
        Decimal("-0.01"),
    )
    html = answer.content.decode()
    assert html.count("Bu hareket kuyrukta bekliyor.") == 1
    assert html.count(line.verdict) >= 1
    assert html.count("5.097,59 ₺") >= 1
    assert html.count("-0,01 ₺") == 1
    assert html.count("<form") == 1, "only logging out can be pressed, no decision"
    order.refresh_from_db()
    assert order.state == OrderState.TRANSFER_PENDING


def test_a_settled_movement_names_its_order(awaiting: Make, imported: Import, browser: Client) -> None:
    order = awaiting()
    imported(Transfer(order.code_display))
    line = StatementLine.objects.get()
    assert line.state == LineState.MATCHED
    answer = browser.get(f"/muhasebe/hareketler/{line.pk}/")
    assert [allocation.order for allocation in answer.context["allocations"]] == [order]
    html = answer.content.decode()
    assert html.count(f"/yonetim/payments/order/{order.pk}/change/") == 1
    assert html.count("kuyrukta bekliyor") == 0


def test_text_of_a_bank_is_never_markup(imported: Import, browser: Client) -> None:
    statement = imported(Transfer("<script>alert(1)</script>"))
    line = StatementLine.objects.get()
    for address in ("", f"ekstreler/{statement.pk}/", f"hareketler/{line.pk}/"):
        html = browser.get(f"/muhasebe/{address}").content.decode()
        assert html.count("<script>alert(1)") == 0
        assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 1


def queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_lists_cost_the_same_for_one_row_and_for_three(
    awaiting: Make, imported: Import, browser: Client, now: datetime
) -> None:
    def add(number: int) -> Statement:
        order = awaiting("ileti-150", at=now + timedelta(minutes=number))
        day = date(2026, 11, number)
        return imported(Transfer(order.code_display, Decimal("5097.59"), day=day), reference=f"E{number}")

    statement = add(1)
    addresses = ["/muhasebe/", "/muhasebe/ekstreler/"]
    browser.get("/muhasebe/")
    one = [queries(browser, address) for address in addresses]
    add(2)
    add(3)
    assert [queries(browser, address) for address in addresses] == one
    small = queries(browser, f"/muhasebe/ekstreler/{statement.pk}/")
    day = date(2026, 11, 4)
    big = imported(*(Transfer(f"HAREKET {n}", Decimal(n), day=day) for n in (1, 2, 3)), reference="E4")
    assert queries(browser, f"/muhasebe/ekstreler/{big.pk}/") == small


def test_no_page_reads_the_file_itself(imported: Import, browser: Client) -> None:
    statement = imported(Transfer("KİRA"))
    line = StatementLine.objects.get()
    with CaptureQueriesContext(connection) as captured:
        for address in ("", "ekstreler/", f"ekstreler/{statement.pk}/", f"hareketler/{line.pk}/"):
            browser.get(f"/muhasebe/{address}")
    assert [query for query in captured.captured_queries if "content_encrypted" in query["sql"]] == []
