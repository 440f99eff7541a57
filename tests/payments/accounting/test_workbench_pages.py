"""The queue and the page of one movement, as a browser without JavaScript uses them."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from payments.enums import DecisionKind, LineState, OrderState
from payments.models import BankAccount, BankRefund, LineComment, LineDecision, Order, Statement, StatementLine
from payments.selectors.lines import seen_of
from payments.services import decisions
from tests.payments.decisions.conftest import IBAN
from tests.payments.mt940 import Transfer

Import = Callable[..., Statement]
Make = Callable[..., Order]


def page_of(line: StatementLine) -> str:
    return f"/muhasebe/hareketler/{line.pk}/"


def post(browser: Client, line: StatementLine, act: str, **values: str) -> Any:
    """Send one of the page's forms as it stands there now."""
    return browser.post(page_of(line), {"islem": act, "gorulen": seen_of(line), **values})


@pytest.fixture
def short(imported: Import, order_of: Make) -> tuple[StatementLine, Order]:
    """An order, and a transfer with its code that is one kuruş short."""
    order = order_of()
    imported(Transfer(f"{order.code_display} ÖDEME", Decimal("5097.59")))
    return StatementLine.objects.get(), order


def test_the_page_compares_and_marks(short: tuple[StatementLine, Order], browser: Client) -> None:
    line, order = short
    html = browser.get(page_of(line)).content.decode()
    assert html.count(f'<mark data-kind="kod">{order.code_display}</mark>') == 1
    assert html.count("0,01 ₺ eksik") >= 1
    assert html.count('data-testid="candidate"') == 1
    assert html.count(f'href="/muhasebe/siparisler/{order.code_display}/"') == 1


def test_a_short_payment_is_written_only_when_it_is_meant(short: tuple[StatementLine, Order], browser: Client) -> None:
    line, order = short
    told = post(browser, line, "esle", aday=order.code).content.decode()
    assert told.count("Gelen tutar eksik.") == 1
    answer = post(browser, line, "esle", aday=order.code, eksik="1", gerekce="Müşteri gerisini yatıracak")
    order.refresh_from_db()
    assert (answer["Location"], order.state) == ("/muhasebe/kuyruk/", OrderState.PARTIALLY_PAID)
    assert LineDecision.objects.get().reason == "Müşteri gerisini yatıracak"


def test_the_next_movement_opens_with_a_way_back(
    imported: Import,
    order_of: Make,
    browser: Client,
) -> None:
    imported(*(Transfer(f"KİRA {number}", Decimal(number)) for number in (1, 2, 3)))
    first, middle, last = StatementLine.objects.order_by("pk")
    address = page_of(middle) + "?sira=eski"
    answer = browser.post(address, {"islem": "yoksay", "gorulen": seen_of(middle), "gerekce": "Kira geliri"})
    assert answer["Location"] == page_of(last) + "?sira=eski"
    html = browser.get(answer["Location"]).content.decode()
    assert html.count(f'href="{page_of(middle)}?geri=1&amp;sira=eski"') == 1
    post(browser, last, "yoksay", gerekce="Kira geliri")
    middle.refresh_from_db()
    assert middle.state == LineState.IGNORED
    post(browser, middle, "geri", gerekce="Yanlış")
    middle.refresh_from_db()
    assert (middle.state, first.state) == (LineState.UNMATCHED, LineState.UNMATCHED)


def test_who_was_slower_keeps_what_was_typed(
    waiting: Callable[..., StatementLine],
    browser: Client,
    second: Person,
    now: datetime,
) -> None:
    line = waiting()
    seen = seen_of(line)
    decisions.decide(line_id=line.pk, kind=DecisionKind.IGNORE, reason="Kira", person=second, now=now, seen=seen)
    told = browser.post(
        page_of(line), {"islem": "iade", "gorulen": seen, "gerekce": "Gönderen istedi", "iban": IBAN, "ad": "Ayşe"}
    )
    html = told.content.decode()
    assert html.count("Bu hareket az önce Ömer Çelik tarafından işlendi") == 1
    assert BankRefund.objects.count() == 0
    assert told.context["forms"]["iade"]["gerekce"].value() == "Gönderen istedi"


def test_a_split_with_a_rest(imported: Import, order_of: Make, browser: Client) -> None:
    one, two = order_of("ileti-150"), order_of("ileti-250")
    imported(Transfer("TOPLU", Decimal("11000.00")))
    line = StatementLine.objects.get()
    wrong = post(browser, line, "bol", kod1="KM7", tutar1="elma", gerekce="İkisi")
    html = wrong.content.decode()
    assert html.count("“KM7” bir sipariş kodu değil; KM7-T3R-AWC gibi yazın.") == 2
    assert html.count("“elma” bir tutar değil; 5.097,60 gibi yazın.") == 2
    assert html.count('value="elma"') == 1
    values = {"kod1": one.code_display, "tutar1": "5.097,60", "kod2": two.code.lower(), "tutar2": "5805,60"}
    post(browser, line, "bol", **values, gerekce="İkisi de aynı müşterinin", iban=IBAN, ad="Ayşe")
    assert [(r.amount, r.iban, r.name) for r in BankRefund.objects.all()] == [(Decimal("96.80"), IBAN, "Ayşe")]
    one.refresh_from_db()
    assert one.state == OrderState.COMPLETED


def test_another_order_is_found_and_matched(
    waiting: Callable[..., StatementLine], order_of: Make, browser: Client
) -> None:
    order, line = order_of(), waiting()
    found = browser.get(page_of(line), {"siparis": order.code_display})
    assert [c.order for c in found.context["place"].candidates] == [order]
    address = f"{page_of(line)}?siparis={order.code_display}"
    browser.post(address, {"islem": "esle", "gorulen": seen_of(line), "aday": order.code})
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED


def test_four_eyes_on_the_page(
    waiting: Callable[..., StatementLine],
    browser: Client,
    second: Person,
    client_of: Callable[[Person], Client],
    settings: Any,
) -> None:
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("1.00")
    line = waiting()
    post(browser, line, "yoksay", gerekce="Kira geliri")
    assert browser.get(page_of(line)).content.decode().count("Onayla ve uygula") == 0
    refused = post(browser, line, "onay").content.decode()
    assert refused.count("Kendi kararınızı onaylayamazsınız") == 1
    other = client_of(second)
    assert [row.pk for row in other.get("/muhasebe/kuyruk/", {"ikinci": "on"}).context["slice"].rows] == [line.pk]
    post(other, line, "onay")
    line.refresh_from_db()
    assert line.state == LineState.IGNORED


def test_notes_stay_on_the_page(waiting: Callable[..., StatementLine], browser: Client) -> None:
    line = waiting()
    assert post(browser, line, "not", metin="")["Content-Type"].startswith("text/html")
    post(browser, line, "not", metin="<b>Arandı</b>")
    assert LineComment.objects.get().text == "<b>Arandı</b>"
    assert browser.get(page_of(line)).content.decode().count("&lt;b&gt;Arandı&lt;/b&gt;") == 1


def test_an_unknown_act_is_not_found(waiting: Callable[..., StatementLine], browser: Client) -> None:
    assert post(browser, waiting(), "uydur").status_code == 404


@pytest.fixture
def many(imported: Import, account: BankAccount) -> None:
    """Five thousand movements that wait, copied from one."""
    imported(Transfer("KİRA 0", Decimal("10.00")))
    first = StatementLine.objects.get()
    StatementLine.objects.bulk_create(
        StatementLine(
            account=account,
            statement=first.statement,
            position=number,
            digest=f"{number:064d}",
            occurrence=0,
            booked_on=date(2026, 11, 1 + number % 20),
            value_on=date(2026, 11, 1),
            amount=Decimal(number % 700 + 1),
            currency="TRY",
            text=f"KİRA {number}",
            state=LineState.SUGGESTED if number % 3 else LineState.UNMATCHED,
            rule="nothing",
            verdict="Bir iz yok.",
        )
        for number in range(2, 5001)
    )


@pytest.mark.parametrize("sort", ["eski", "yeni", "tarih", "tutar", "buyuk"])
def test_every_movement_is_on_exactly_one_page(many: None, browser: Client, sort: str) -> None:
    seen, address = [], f"/muhasebe/kuyruk/?adet=100&sira={sort}&durum=unmatched"
    after = ""
    while True:
        shown = browser.get(address + after).context["slice"]
        seen += [row.pk for row in shown.rows]
        if shown.after is None:
            break
        after = f"&sonra={shown.after}"
    expected = StatementLine.objects.filter(state=LineState.UNMATCHED)
    assert (len(seen), set(seen)) == (expected.count(), set(expected.values_list("pk", flat=True)))
    back = browser.get(f"{address}&geri={shown.rows[0].pk}").context["slice"]
    assert [row.pk for row in back.rows] == seen[-100 - len(shown.rows) : -len(shown.rows)]


def test_a_page_in_the_middle_costs_what_the_first_does(many: None, browser: Client) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    browser.get("/muhasebe/kuyruk/")
    middle = StatementLine.objects.order_by("pk")[2500].pk
    pages = ["?adet=25", "?adet=100"]
    assert len({cost(f"/muhasebe/kuyruk/{page}") for page in pages}) == 1
    assert cost(f"/muhasebe/kuyruk/?sonra={middle}") == cost("/muhasebe/kuyruk/") + 1, "the row it goes on from"


def test_filters_are_in_the_address(imported: Import, order_of: Make, account: BankAccount, browser: Client) -> None:
    order = order_of()
    imported(
        Transfer("ŞUBAT KİRASI", Decimal("1.00"), day=date(2026, 11, 1)),
        Transfer(order.code_display, Decimal("5097.59")),
        Transfer("MASRAF", Decimal("-5.00")),
    )
    StatementLine.objects.filter(text="ŞUBAT KİRASI").update(payer_name="Çınar Işık")
    rent, short, fee = "ŞUBAT KİRASI", order.code_display, "MASRAF"

    def found(**parameters: str) -> list[str]:
        return [row.text for row in browser.get("/muhasebe/kuyruk/", parameters).context["slice"].rows]

    assert found() == [rent, short]
    assert found(ara="subat kirasi") == [rent]
    assert found(ara="çınar ışık") == [rent]
    assert found(ara=order.code) == [short]
    assert found(durum="suggested") == [short]
    assert found(durum="ignored") == [fee]
    assert found(durum="hepsi", sira="tutar") == [fee, rent, short]
    assert found(en_az="1,01") == [short]
    assert found(en_cok="1.00") == [rent]
    assert found(ilk="2026-11-02") == [short]
    assert found(son="2026-11-01") == [rent]
    assert found(kural="amount-short") == [short]
    assert found(hesap=str(account.pk)) == [rent, short]
    assert found(ikinci="on") == []
    assert found(benim="on") == []
    wrong = browser.get("/muhasebe/kuyruk/", {"en_az": "elma", "durum": "'", "sira": "x", "sonra": "9" * 40})
    assert [row.text for row in wrong.context["slice"].rows] == [rent, short]
    assert wrong.content.decode().count("“elma” bir tutar değil") == 2


def test_exports_hold_the_filtered_list_and_no_formula(imported: Import, browser: Client) -> None:
    imported(Transfer("=HYPERLINK(1)", Decimal("12.50")), Transfer("DİĞER", Decimal("3.00")))
    answer = browser.get("/muhasebe/kuyruk/hareketler.csv", {"en_az": "10"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf")
    head, row = content.decode("utf-8-sig").splitlines()
    assert head.split(";")[:5] == ["Hareket No", "İşlem Tarihi", "Valör", "Hesap", "Tutar"]
    assert row.split(";")[4:10] == ["12,50", "TRY", "", "", "", "'=HYPERLINK(1)"]
    book = browser.get("/muhasebe/kuyruk/hareketler.xlsx", {"en_az": "10"})
    sheet = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row>") == 2
    assert sheet.count('<c t="inlineStr"><is><t xml:space="preserve">=HYPERLINK(1)</t></is></c>') == 1
    assert sheet.count("<f>") == 0


def test_the_page_costs_the_same_for_one_candidate_and_for_three(
    imported: Import,
    order_of: Make,
    browser: Client,
) -> None:
    orders = [order_of() for _ in range(3)]
    imported(
        Transfer(orders[0].code_display, Decimal("10.00")),
        Transfer(" ".join(order.code_display for order in orders), Decimal("20.00")),
    )
    one, three = StatementLine.objects.order_by("pk")
    assert (len(one.candidates), len(three.candidates)) == (1, 3)
    browser.get(page_of(one))

    def cost(line: StatementLine) -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(page_of(line), {"durum": "hepsi"})
        return len(captured)

    assert cost(three) <= cost(one) + 4, "what each candidate is still owed"
