"""Money: exact to the kuruş, written as Turkish readers write it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared.money import format_lira, lira, split_gross

amounts = st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("5097.60", "5.097,60 ₺"),
        ("0", "0,00 ₺"),
        ("1234567.8", "1.234.567,80 ₺"),
        ("-40.05", "-40,05 ₺"),
    ],
)
def test_format(amount: str, text: str) -> None:
    assert format_lira(Decimal(amount)) == text


def test_lira_refuses_what_is_finer_than_a_kurus() -> None:
    assert lira("5097.6") == Decimal("5097.60")
    with pytest.raises(ValueError, match="finer"):
        lira("5097.601")


@given(gross=amounts, rate=st.sampled_from([Decimal(r) for r in ("0", "1", "8", "10", "18", "20")]))
def test_net_and_kdv_add_up_to_the_kurus(gross: Decimal, rate: Decimal) -> None:
    net, kdv = split_gross(gross, rate)
    assert net + kdv == gross
    assert net == net.quantize(Decimal("0.01"))
    assert abs(net * rate / 100 - kdv) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("gross", "net"),
    [("5097.60", "4320.00"), ("5805.60", "4920.00"), ("2336.40", "1980.00"), ("722.16", "612.00")],
)
def test_the_guides_prices(gross: str, net: str) -> None:
    assert split_gross(Decimal(gross), Decimal(18)) == (Decimal(net), Decimal(gross) - Decimal(net))
