"""What was agreed with a bank about instalments: NestPay quotes none, so the installation says it.

The rule, exact to the kuruş: a month is the price with its surcharge, divided by the months and rounded **up**; the
card is charged with the month times the months. So no kuruş is left over, and the total is never below the price.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from payments.gateways.base import Instalment

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_PREFIX = re.compile(r"[0-9]{4,8}")
_COUNTS = frozenset(str(count) for count in range(2, 13))
EXAMPLE = '{"Maximum": {"bins": ["454359", "4508"], "rates": {"3": "2.85", "6": "5.60"}}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFamily:
    """A card family: the first digits of its cards, and the surcharge in percent for each number of months."""

    name: str
    bins: tuple[str, ...]
    rates: Mapping[int, Decimal]

    def rows(self, price: Decimal) -> tuple[Instalment, ...]:
        """Return the ways of paying `price`, the single payment first."""
        months = (instalment(price, count, rate) for count, rate in sorted(self.rates.items()))
        return (Instalment(count=1, total=price, monthly=price), *months)


def instalment(price: Decimal, count: int, rate: Decimal) -> Instalment:
    """Return what `count` months of `price` cost at `rate` percent; see the rule above."""
    monthly = (price * (_HUNDRED + rate) / _HUNDRED / count).quantize(_CENT, ROUND_CEILING)
    return Instalment(count=count, total=monthly * count, monthly=monthly)


def family_of(families: tuple[CardFamily, ...], bin_number: str) -> CardFamily | None:
    """Return the family whose longest first digits a card has, or None."""
    found = [(len(each), family) for family in families for each in family.bins if bin_number.startswith(each)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


@lru_cache(maxsize=8)
def parse(text: str) -> tuple[CardFamily, ...]:
    """Return the families of the setting's text (JSON, see EXAMPLE); empty text: none.

    Raises ValueError in a sentence for whoever sets the installation up.
    """
    if not text.strip():
        return ()
    try:
        said = json.loads(text, object_pairs_hook=_once, parse_float=Decimal)
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error}). Example: {EXAMPLE}") from None
    if not isinstance(said, dict) or not said:
        raise ValueError(f"it must name card families. Example: {EXAMPLE}")
    families = tuple(_family(name, each) for name, each in said.items())
    prefixes = [prefix for family in families for prefix in family.bins]
    twice = {prefix for prefix in prefixes if prefixes.count(prefix) > 1}
    if twice:
        raise ValueError(f"first digits stand twice: {', '.join(sorted(twice))}.")
    return families


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _family(name: str, said: Any) -> CardFamily:
    if not 0 < len(name) <= 40:
        raise ValueError(f"a card family's name has 1 to 40 letters, not {name!r}.")
    if not isinstance(said, dict) or said.keys() != {"bins", "rates"}:
        raise ValueError(f"{name}: it needs exactly «bins» and «rates». Example: {EXAMPLE}")
    bins, rates = said["bins"], said["rates"]
    if not isinstance(bins, list) or not bins or not all(isinstance(b, str) and _PREFIX.fullmatch(b) for b in bins):
        raise ValueError(f"{name}: «bins» is a list of texts of 4 to 8 digits.")
    if not isinstance(rates, dict) or not rates or not rates.keys() <= _COUNTS:
        raise ValueError(f"{name}: «rates» names the months, from 2 to 12.")
    return CardFamily(
        name=name, bins=tuple(bins), rates={int(count): _rate(name, count, rate) for count, rate in rates.items()}
    )


def _rate(name: str, count: str, said: Any) -> Decimal:
    try:
        rate = Decimal(said) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else Decimal("NaN")
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not 0 <= rate <= _HUNDRED or rate != rate.quantize(_CENT):
        raise ValueError(f'{name}, {count} months: a rate is a percentage from 0 to 100 like "2.85", not {said!r}.')
    return rate
