"""The scale of address counts: one part for each tier, all of the same width, and the provider's own mark.

Places are percentages of the drawing's width, as SVG takes them: the template writes them into attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from iys_portal.shared.numerals import grouped
from packages.models import Package

_OPEN_END = 0.5
"""How far into the part without an upper bound the mark of twice its lower bound stands."""
_NEAR_EDGE = 25.0


@dataclass(frozen=True)
class Part:
    """A tier on the scale."""

    name: str
    start: str
    width: str
    middle: str
    is_own: bool


@dataclass(frozen=True)
class Tick:
    """A bound between two tiers, in thousands of addresses."""

    label: str
    place: str
    anchor: str


@dataclass(frozen=True)
class Scale:
    """The drawing, and the same in a sentence."""

    addresses: int
    parts: list[Part]
    ticks: list[Tick]
    mark: str
    mark_anchor: str
    sentence: str


def scale_of(packages: Sequence[Package], *, addresses: int) -> Scale | None:
    """Return the scale of the packages with integration; None where there are no tiers to compare."""
    tiers = sorted((p for p in packages if p.has_integration), key=_upper)
    if not tiers:
        return None
    bounds = [0, *(tier.max_addresses for tier in tiers if tier.max_addresses is not None)]
    width = 100 / len(tiers)
    own = next((i for i, tier in enumerate(tiers) if addresses <= _upper(tier)), len(tiers) - 1)
    mark = width * (own + _share(bounds, own, addresses))
    return Scale(
        addresses=addresses,
        parts=[
            Part(tier.name, _percent(width * i), _percent(width), _percent(width * (i + 0.5)), is_own=i == own)
            for i, tier in enumerate(tiers)
        ],
        ticks=[Tick(_thousands(bound), _percent(width * i), _anchor(width * i, 1)) for i, bound in enumerate(bounds)],
        mark=_percent(mark),
        mark_anchor=_anchor(mark, _NEAR_EDGE),
        sentence=_sentence(tiers[own], addresses),
    )


def _upper(tier: Package) -> float:
    return float("inf") if tier.max_addresses is None else tier.max_addresses


def _share(bounds: Sequence[int], own: int, addresses: int) -> float:
    """Return how far into its part the count stands, 0 to 1."""
    lower = bounds[own]
    if own + 1 < len(bounds):
        return min(1.0, (addresses - lower) / (bounds[own + 1] - lower))
    beyond = (addresses - lower) / max(lower, 1)
    return beyond / (beyond + 1 / _OPEN_END - 1)


def _percent(place: float) -> str:
    return f"{place:.2f}%"


def _anchor(place: float, edge: float) -> str:
    """Return where a label hangs so that it stays inside the drawing."""
    if place < edge:
        return "start"
    return "end" if place > 100 - edge else "middle"


def _thousands(bound: int) -> str:
    return f"{bound / 1000:g}".replace(".", ",")


def _sentence(tier: Package, addresses: int) -> str:
    count = grouped(addresses)
    if tier.max_addresses is None:
        return f"Adres sayınız {count}: {tier.name} aralığında."
    if addresses > tier.max_addresses:
        return f"Adres sayınız {count}: en büyük paketin sınırının üzerinde."
    left = grouped(tier.max_addresses - addresses)
    return f"Adres sayınız {count}: {tier.name} aralığında, üst sınıra {left} adres var."
