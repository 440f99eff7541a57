"""The accountants' pictures: how long movements wait, and how much settles by itself."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.test import Client
from django.urls import reverse

from payments.models import Order, Statement
from tests.payments.mt940 import Transfer
from tests.reports.pages import drawn, finding, table


def page(browser: Client, slug: str, **query: str) -> object:
    return browser.get(reverse("accounting:picture", args=[slug]), query)


def test_waiting_movements_by_age(browser: Client, imported: Callable[..., Statement]) -> None:
    imported(
        Transfer("KİRA", Decimal("1000.00")),
        Transfer("AİDAT", Decimal("10.00"), day=date(2026, 11, 20)),
        Transfer("BİLİNMEYEN", Decimal("0.50"), day=date(2026, 10, 1)),
    )
    answer = page(browser, "yaslandirma")
    assert finding(answer) == "3 hareket (1.010,50 ₺) bekliyor; 1 hareket üç günden eski."
    assert [row[:2] for row in table(answer)[1:]] == [
        ["Bugün", "1"],
        ["1–3 gün", "1"],
        ["4–7 gün", "0"],
        ["8–30 gün", "0"],
        ["30 günden eski", "1"],
    ]
    assert [words for _, words in drawn(answer)] == ["1", "1", "0", "0", "1"]
    assert "Hareketler ne zamandır bekliyor?" in browser.get(reverse("accounting:dashboard")).content.decode()


def test_payments_that_settle_by_themselves(
    browser: Client, imported: Callable[..., Statement], awaiting: Callable[..., Order]
) -> None:
    order = awaiting()
    imported(
        Transfer(order.code_display, order.gross),
        Transfer("KİRA", Decimal("1000.00")),
        Transfer("AİDAT", Decimal("10.00")),
        Transfer("MASRAF", Decimal("-5.00")),
    )
    answer = page(browser, "eslesme")
    assert finding(answer) == "3 ödemenin %33,3'ü kendiliğinden eşleşti."
    assert table(answer)[1:] == [["23.11.2026", "3", "1", "%33,3"]]
    file = browser.get(reverse("accounting:picture_csv", args=["eslesme"])).content.decode("utf-8-sig")
    assert list(csv.reader(file.splitlines(), delimiter=";"))[1:] == [["23.11.2026", "3", "1", "%33,3"]]
    past = page(browser, "eslesme", ilk="2026-10-01", son="2026-11-22")
    assert finding(past) == "Bu günlerde ödeme içeren bir ekstre gelmedi."


def test_nothing_waits_and_nobody_else_reads(browser: Client, client_of: Callable[..., Client], alice: object) -> None:
    assert finding(page(browser, "yaslandirma")) == "İşlem bekleyen hareket yok."
    assert page(browser, "onay-ret").status_code == 404
    assert browser.get(reverse("accounting:picture_xlsx", args=["eslesme"]), {"ilk": "1"}).status_code == 404
    assert page(client_of(alice), "yaslandirma").status_code == 403
