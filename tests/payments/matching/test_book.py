"""The snapshot of orders that lines are judged against."""

from decimal import Decimal

import pytest

from payments.matching import OrderBook, OrderView
from payments.matching.book import LIKELIEST
from payments.matching.vocabulary import Vocabulary
from tests.payments.matching.examples import DUE, ORDER, OTHER

IBAN = "TR330006100519786457841326"
PAID = ORDER._replace(code="467" + "9ACD7P", state="paid")
GUNES = ORDER._replace(code="GUNES", title="ANADOLU GÜNEŞ BİLİŞİM LTD. ŞTİ.")
TOROS = ORDER._replace(code="TOROS", title="TOROS GIDA TURİZM A.Ş.")


def titled(book: OrderBook, words: str, amount: Decimal = DUE) -> list[OrderView]:
    return book.open_orders_titled(amount, words.split())


def test_orders_of_any_state_are_found_by_code() -> None:
    book = OrderBook([ORDER, OTHER, PAID])
    assert book.orders_by_codes({PAID.code, ORDER.code, "333333333"}) == [PAID, ORDER]
    assert book.orders_by_codes(set()) == []


def test_open_orders_are_found_by_number_and_account() -> None:
    known = OTHER._replace(known_ibans=frozenset({IBAN}))
    book = OrderBook([ORDER, known, PAID])
    assert book.open_orders_of_payer(tax_numbers=["1234567890"], ibans=[]) == [ORDER]
    assert book.open_orders_of_payer(tax_numbers=[], ibans=[IBAN]) == [known]
    assert book.open_orders_of_payer(tax_numbers=["1234567890"], ibans=[IBAN]) == [known, ORDER]
    assert book.open_orders_of_payer(tax_numbers=["1234567891"], ibans=["TR1"]) == []


@pytest.mark.parametrize(
    "words",
    [
        "ANADOLU GUNES BILISIM",
        "BILISIM ANADOLU",
        "ANADOLUGUNES",
        "ANADOLUGUNESBILISIM",
        "ANADOLU GUNSE",
        "ANDOLU",
        "ANADOL GUNEES",
        "GUN BILI",
    ],
)
def test_open_orders_are_found_by_title_however_it_is_written(words: str) -> None:
    assert titled(OrderBook([GUNES, TOROS, PAID]), words) == [GUNES]


def test_another_amount_another_title_or_boilerplate_finds_nothing() -> None:
    book = OrderBook([GUNES, TOROS])
    assert titled(book, "ANADOLU GUNES", Decimal("5097.59")) == []
    assert titled(book, "KAPADOKYA LIMITED ODEME FAST 12345") == []


def test_the_titles_that_agree_most_come_first_of_very_many() -> None:
    crowd = [GUNES._replace(code=f"C{number:05}", title=f"GÜNEŞ X{number:05} BİLİŞİM") for number in range(2_000)]
    found = titled(OrderBook([*crowd, GUNES]), "ANADOLU GUNES BILISIM")
    assert GUNES in found
    assert len(titled(OrderBook(crowd), "GUNES BILISIM")) == LIKELIEST


def test_what_is_found_does_not_depend_on_the_order_of_the_orders() -> None:
    crowd = [GUNES._replace(code=f"C{number:05}", title=f"GÜNEŞ Y{number % 7} BİLİŞİM") for number in range(900)]
    assert titled(OrderBook(crowd), "GUNES BILISIM Y3") == titled(OrderBook(crowd[::-1]), "GUNES BILISIM Y3")


def test_an_order_given_twice_is_one_order() -> None:
    book = OrderBook([ORDER, ORDER])
    assert book.orders_by_codes([ORDER.code]) == [ORDER]
    assert titled(book, "SAGLAYICI") == [ORDER]


@pytest.mark.parametrize("asked_before", [True, False])
def test_an_order_that_was_settled_is_open_no_more(asked_before: bool) -> None:
    known = ORDER._replace(known_ibans=frozenset({IBAN}))
    book = OrderBook([known, OTHER])
    if asked_before:
        assert titled(book, "SAGLAYICI") == [known]
    paid = known._replace(state="paid", amount_due=Decimal("0.00"))
    book.put(paid)
    assert titled(book, "SAGLAYICI") == []
    assert book.open_orders_of_payer(tax_numbers=[ORDER.tax_number], ibans=[IBAN]) == []
    assert book.orders_by_codes([ORDER.code]) == [paid]
    part = known._replace(state="partially_paid", amount_due=Decimal("97.60"))
    book.put(part)
    assert titled(book, "SAGLAYICI", Decimal("97.60")) == [part]
    assert book.open_orders_of_payer(tax_numbers=[ORDER.tax_number], ibans=[]) == [part]


def test_a_vocabulary_guesses_only_what_it_does_not_know() -> None:
    vocabulary = Vocabulary()
    for word in ("GUNES", "GUNEY", "GIDA", "TEKNOLOJI"):
        vocabulary.add(word)
    assert vocabulary.meant("GUNES") == ("GUNES",)
    assert vocabulary.meant("GUNEZ") == ("GUNEZ", "GUNES", "GUNEY")
    assert vocabulary.meant("TEKN") == ("TEKN", "TEKNOLOJI")
    assert vocabulary.meant("GUNESGIDA") == ("GUNESGIDA", "GUNES", "GIDA", "GUNESGIDA")
    assert vocabulary.meant("4467") == ("4467",)
    vocabulary.add("GUNEZ")
    assert vocabulary.meant("GUNEZ") == ("GUNEZ",)
