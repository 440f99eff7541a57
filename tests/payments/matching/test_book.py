"""The snapshot of orders that lines are judged against."""

from dataclasses import replace
from decimal import Decimal

from payments.matching import OrderBook, OrderView
from payments.matching.book import COMMON, LIKELIEST
from tests.payments.matching.examples import DUE, ORDER, OTHER

PAID = replace(ORDER, code="467" + "9ACD7P", state="paid")


def test_orders_of_any_state_are_found_by_code() -> None:
    book = OrderBook([ORDER, OTHER, PAID])
    assert book.orders_by_codes({PAID.code, ORDER.code, "333333333"}) == [PAID, ORDER]
    assert book.orders_by_codes(set()) == []


def open_orders(book: OrderBook, amount: Decimal, *, numbers: str = "", words: str = "") -> list[OrderView]:
    return book.open_orders_by_amount(amount, tax_numbers=numbers.split(), words=words.split())


def test_open_orders_are_found_by_amount_and_payer() -> None:
    book = OrderBook([ORDER, OTHER, PAID])
    assert open_orders(book, DUE, numbers="1234567890") == [ORDER]
    assert open_orders(book, DUE, words="HIZMET") == [ORDER]
    assert open_orders(book, DUE, numbers="1234567890", words="DENEME SAGLAYICI") == [OTHER, ORDER]


def test_another_amount_or_payer_finds_nothing() -> None:
    book = OrderBook([ORDER])
    assert open_orders(book, Decimal("5097.59"), numbers="1234567890", words="HIZMET") == []
    assert open_orders(book, DUE, numbers="1234567891", words="ANONIM SIRKETI") == []


def test_a_word_that_too_many_share_finds_nothing() -> None:
    def sharing(count: int) -> OrderBook:
        return OrderBook(replace(ORDER, code=f"{number:09}") for number in range(count))

    assert len(open_orders(sharing(COMMON), DUE, words="HIZMET")) == LIKELIEST
    assert open_orders(sharing(COMMON + 1), DUE, words="HIZMET") == []


def test_the_titles_that_agree_most_and_most_fully_come_first() -> None:
    full = replace(ORDER, code="FULL", title="GÜNEŞ GIDA LTD. ŞTİ.")
    fuller = replace(ORDER, code="FULLER", title="GÜNEŞ GIDA TURİZM A.Ş.")
    long = replace(ORDER, title="GÜNEŞ GIDA TURİZM OTO LASTİK İNŞAAT EMLAK SİGORTA")
    book = OrderBook([*(replace(long, code=f"LONG{number}") for number in range(30)), full, fuller])
    found = open_orders(book, DUE, words="GUNES GIDA TURIZM GUNES")
    assert len(found) == LIKELIEST
    assert {full.code, fuller.code} <= {order.code for order in found}


def test_an_order_given_twice_is_one_order() -> None:
    book = OrderBook([ORDER, ORDER])
    assert book.orders_by_codes([ORDER.code]) == [ORDER]
    assert open_orders(book, DUE, numbers="1234567890") == [ORDER]
