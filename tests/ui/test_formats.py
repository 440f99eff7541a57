"""What a reader sees of money, days, numbers, codes and IBANs."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from iys_portal import ui


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("5097.60"), "5.097,60 ₺"),
        (Decimal("0.00"), "0,00 ₺"),
        (Decimal("-1234567.05"), "-1.234.567,05 ₺"),
        (None, ""),
    ],
)
def test_lira(amount: Decimal | None, text: str) -> None:
    assert ui.lira(amount) == text


def test_a_day_is_the_day_in_istanbul() -> None:
    assert ui.tarih(date(2026, 11, 23)) == "23.11.2026"
    assert ui.tarih(datetime(2026, 11, 23, 20, 59, tzinfo=UTC)) == "23.11.2026"
    assert ui.tarih(datetime(2026, 11, 23, 21, 0, tzinfo=UTC)) == "24.11.2026"
    assert ui.tarih(None) == ""


def test_an_instant_is_istanbul_wall_time() -> None:
    assert ui.tarih_saat(datetime(2026, 11, 23, 11, 5, tzinfo=UTC)) == "23.11.2026 14:05"
    assert ui.tarih_saat(None) == ""


def test_the_last_day_of_a_term_is_the_one_before_its_end() -> None:
    midnight_in_istanbul = datetime(2027, 11, 22, 21, 0, tzinfo=UTC)
    assert ui.son_gun(midnight_in_istanbul) == "22.11.2027"
    assert ui.son_gun(date(2027, 11, 22)) == "22.11.2027"
    assert ui.son_gun(None) == ""


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1234, "1.234"), (1500000, "1.500.000"), (None, "")]
)
def test_sayi(number: int | None, text: str) -> None:
    assert ui.sayi(number) == text


@pytest.mark.parametrize("written", ["TR820001000760123456785001", "TR82 0001 0007 6012 3456 7850 01"])
def test_an_iban_is_shown_in_fours(written: str) -> None:
    assert ui.iban(written) == "TR82 0001 0007 6012 3456 7850 01"


def test_an_order_code_is_shown_in_threes() -> None:
    assert ui.kod("KM7T3RAWC") == "KM7-T3R-AWC"
