"""What a card is charged with when it is paid in instalments: one table of rates per card family."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from simulators.bank.cards import CREDIT, MASTER, TROY, VISA, Bin

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Row:
    """So many months, the sum of them, and each of them."""

    count: int
    total: Decimal
    monthly: Decimal


@dataclass(frozen=True)
class Family:
    """A card family: its bank, and its surcharge for each number of months in hundredths of a percent."""

    name: str
    bank: str
    bank_code: int
    association: str
    rates: dict[int, int]


FAMILIES = {
    family.name: family
    for family in (
        Family("Bonus", "Garanti Bankası", 62, MASTER, {2: 136, 3: 272, 6: 544, 9: 816, 12: 1224}),
        Family("World", "Yapı ve Kredi Bankası", 67, MASTER, {2: 150, 3: 290, 6: 570, 9: 850, 12: 1260}),
        Family("Axess", "Akbank", 46, MASTER, {2: 140, 3: 280, 6: 555, 9: 830, 12: 1240}),
        Family("Maximum", "Türkiye İş Bankası", 64, VISA, {2: 145, 3: 285, 6: 560, 9: 840, 12: 1250}),
        Family("Paraf", "Halkbank", 12, MASTER, {2: 130, 3: 260, 6: 520, 9: 790, 12: 1190}),
        Family("Bankkart Combo", "Ziraat Bankası", 10, VISA, {2: 120, 3: 245, 6: 500, 9: 760, 12: 1150}),
        Family("CardFinans", "QNB", 111, TROY, {2: 155, 3: 300, 6: 590, 9: 870, 12: 1290}),
        Family("Advantage", "HSBC Bank", 123, MASTER, {2: 160, 3: 310, 6: 610}),
    )
}


def rows(price: Decimal, family: str) -> list[Row]:
    """Return the ways of paying `price` with a card of a family, the single payment first.

    A card without a family (debit, foreign) can only be paid at once.
    """
    known = FAMILIES.get(family)
    rates = known.rates if known else {}
    return [Row(1, price, price), *(_row(price, count, rate) for count, rate in sorted(rates.items()))]


def row(price: Decimal, family: str, count: int) -> Row | None:
    """Return the row for a number of months, None where the family does not offer it."""
    return next((entry for entry in rows(price, family) if entry.count == count), None)


def family_of(card: Bin | None) -> str:
    """Return the family whose instalments a card has, empty for none."""
    return card.family if card and card.card_type == CREDIT else ""


def _row(price: Decimal, count: int, rate: int) -> Row:
    total = (price * (10_000 + rate) / 10_000).quantize(CENT, ROUND_HALF_UP)
    return Row(count, total, (total / count).quantize(CENT, ROUND_HALF_UP))
