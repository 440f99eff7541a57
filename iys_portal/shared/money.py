"""Money: Turkish lira as `Decimal` with exactly two places. No floats, no rounding but at the KDV split."""

from decimal import ROUND_HALF_UP, Decimal

KURUS = Decimal("0.01")
ZERO = Decimal("0.00")


def lira(amount: str | int | Decimal) -> Decimal:
    """Return the amount with two places; raise ValueError when it is finer than a kuruş."""
    value = Decimal(amount)
    rounded = value.quantize(KURUS)
    if rounded != value:
        raise ValueError(f"{amount} is finer than a kuruş")
    return rounded


def split_gross(gross: Decimal, kdv_rate: Decimal) -> tuple[Decimal, Decimal]:
    """Split a price with KDV into (net, kdv), both in lira; net + kdv == gross to the kuruş.

    `kdv_rate` is a percentage (18 means %18). The only place where money is rounded (half up, VUK practice).
    """
    net = (gross * 100 / (100 + kdv_rate)).quantize(KURUS, rounding=ROUND_HALF_UP)
    return net, gross - net


def format_lira(amount: Decimal) -> str:
    """Return the amount as Turkish readers write it: ``5.097,60 ₺``."""
    text = f"{amount:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) + " ₺"
