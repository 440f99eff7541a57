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
from payments.enums import LineState
from payments.models import BankAccount, Order, SourceRun, Statement, StatementLine
from payments.selectors.accounting import Figures, pending_orders
from payments.selectors.today import ages
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
    assert html.count("Sizi bekleyen iş yok") == 1
    assert browser.get("/muhasebe/kuyruk/").content.decode().count("İşlem bekleyen hareket yok") == 1
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
        suggested_count=1,
        oldest_line=date(2026, 11, 23),
    )
    assert list(answer.context["pending_orders"]) == [first]
    assert (answer.context["today"].matched, answer.context["today"].payments) == (1, 3)
    assert answer.context["month"].percent == Decimal("33.3")
    assert [(task.count, task.words) for task in answer.context["tasks"]] == [
        (1, "Önerisi hazır hareket"),
        (1, "Önerisi olmayan hareket"),
    ]
    assert [age.count for age in answer.context["ages"]] == [2, 0, 0, 0, 0]
    rows = browser.get("/muhasebe/kuyruk/").context["slice"].rows
    assert [line.text for line in rows] == ["KİRA", first.code_display]


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
    assert matched == {"new": 0, "matched": 1, "suggested": 0, "unmatched": 1, "refund": 0, "ignored": 1}
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


def test_a_settled_movement_names_its_order(awaiting: Make, imported: Import, browser: Client) -> None:
    order = awaiting()
    imported(Transfer(order.code_display))
    line = StatementLine.objects.get()
    assert line.state == LineState.MATCHED
    answer = browser.get(f"/muhasebe/hareketler/{line.pk}/")
    assert [allocation.order for allocation in answer.context["allocations"]] == [order]
    html = answer.content.decode()
    assert html.count(f'href="/muhasebe/siparisler/{order.code_display}/"') == 1


def test_text_of_a_bank_is_never_markup(imported: Import, browser: Client) -> None:
    statement = imported(Transfer("<script>alert(1)</script>"))
    line = StatementLine.objects.get()
    for address in ("", f"ekstreler/{statement.pk}/", f"hareketler/{line.pk}/"):
        html = browser.get(f"/muhasebe/{address}").content.decode()
        assert html.count("<script>alert(1)") == 0
        assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == (1 if address else 0), address


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
    assert [query for query in captured.captured_queries if "statementchunk" in query["sql"]] == []


def test_a_source_that_fails_is_told_until_it_is_back(account: BankAccount, browser: Client, now: datetime) -> None:
    run = SourceRun.objects.create(
        source="ziraat", account=account, problem="Bankanın ekstre servisine ulaşılamadı.", failing_since=now
    )
    html = browser.get("/muhasebe/").content.decode()
    assert html.count("23.11.2026 12:00 tarihinden beri alınamıyor.") == 1
    assert html.count("Bankanın ekstre servisine ulaşılamadı.") == 1
    run.problem, run.failing_since, run.succeeded_at = "", None, now
    run.save()
    assert "tarihinden beri alınamıyor" not in browser.get("/muhasebe/").content.decode()


def test_a_search_with_nul_finds_nothing_and_does_not_fail(imported: Import, browser: Client) -> None:
    statement = imported(Transfer("KİRA"))
    line = StatementLine.objects.get()
    for address in ("?ara=%00", f"ekstreler/{statement.pk}/?ara=K%00", f"hareketler/{line.pk}/?siparis=%00"):
        assert browser.get(f"/muhasebe/{address}").status_code == 200


def test_only_money_that_came_is_summed_up(imported: Import, browser: Client, now: datetime) -> None:
    imported(Transfer("KİRA", Decimal("1000.00")), Transfer("A", Decimal("30.00")), Transfer("B", Decimal("20.00")))
    StatementLine.objects.filter(text="A").update(amount=Decimal("-30.00"))
    StatementLine.objects.filter(text="B").update(currency="EUR")
    figures = browser.get("/muhasebe/").context["figures"]
    assert (figures.line_count, figures.line_sum) == (3, Decimal("1000.00"))
    assert next((age.count, age.total) for age in ages(now=now)) == (3, Decimal("1000.00"))


def test_of_many_problems_the_first_are_shown(imported: Import, browser: Client) -> None:
    statement = imported(Transfer("KİRA"))
    statement.problems = [{"line": n, "message": f"Okunamadı ({n})."} for n in range(1, 251)]
    statement.save()
    html = browser.get(f"/muhasebe/ekstreler/{statement.pk}/").content.decode()
    assert (html.count("Okunamadı ("), html.count("Okunamadı (100).")) == (100, 1)
    assert "250 kayıt; ilk 100 tanesi gösteriliyor, 150 tane daha var" in html


def test_reading_again_says_what_came_of_it(imported: Import, browser: Client) -> None:
    def told(statement: Statement) -> str:
        answer = browser.post(f"/muhasebe/ekstreler/{statement.pk}/", follow=True)
        return ", ".join(str(message) for message in answer.context["messages"])

    read, refused = imported(Transfer("KİRA")), imported(content=b"no statement")
    assert told(read) == "Dosya güncel okuyucuyla okundu; yeni hareket yok."
    assert told(refused) == "Dosya sıraya alındı; birazdan yeniden okunacak."
    Statement.objects.filter(pk=read.pk).update(format="camt053")
    assert told(read).startswith("Dosya güncel okuyucuyla okunamadı, hareketler değişmedi: ")
