"""The price page as data: its columns, the free packages in words, the scale of address counts.

Built from an address count and a day, so that the preview in /yonetim/ shows what a customer would see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from iys_portal.shared.money import format_lira
from packages.models import Package, Tariff
from packages.rules import fits
from packages.scale import Scale, scale_of
from packages.selectors import packages_on_sale
from payments.rules import refusal_of_choice

Priced = tuple[Package, Tariff | None]


@dataclass(frozen=True)
class Column:
    """One column of the price page. `too_small` holds the reason, or None when the package may be chosen."""

    package: Package
    tariff: Tariff | None
    day: date
    is_active: bool
    is_recommended: bool
    too_small: str | None

    @property
    def heading(self) -> str:
        return self.package.heading

    @property
    def addresses(self) -> str:
        return self.package.addresses

    @property
    def by_offer(self) -> bool:
        return self.package.by_offer

    @property
    def price_text(self) -> str:
        """The price as the guide prints it; empty for Temel Hizmetler, which is no product."""
        if self.by_offer:
            return "Teklif isteyin"
        if self.package.is_basic or self.tariff is None:
            return ""
        price = self.tariff.price_on(self.day)
        return format_lira(price) if price else "Ücretsiz"

    @property
    def list_price(self) -> Decimal | None:
        """The list price where a campaign struck it out, else None."""
        if self.tariff is None or self.tariff.price_on(self.day) == self.tariff.gross:
            return None
        return self.tariff.gross

    @property
    def campaign_text(self) -> str:
        """What the campaign of the day says of itself, ``geçici süreyle ücretsiz``; empty where none runs."""
        return self.tariff.campaign_text if self._campaign_runs and self.tariff else ""

    @property
    def campaign_last_day(self) -> date | None:
        """The last day of the campaign of the day; None where none runs or it has no end yet."""
        return self.tariff.campaign_last_day if self._campaign_runs and self.tariff else None

    @property
    def has_no_price(self) -> bool:
        """The package is sold here and has no tariff on the day."""
        return self.tariff is None and not is_no_choice(self.package)

    @property
    def _campaign_runs(self) -> bool:
        return self.tariff is not None and self.tariff.campaign_on(self.day) is not None


@dataclass(frozen=True)
class PricePage:
    """The price page of a day for an address count."""

    day: date
    columns: list[Column]
    scale: Scale | None
    free_sentence: str
    free_names: str


def price_page(*, addresses: int, active: Package | None, day: date) -> PricePage:
    """Return the price page as a provider with `addresses` addresses and the package `active` sees it; two queries."""
    packages = packages_on_sale(day=day)
    fitting = _recommended(packages, addresses=addresses, day=day)
    columns = [
        Column(
            package=package,
            tariff=tariff,
            day=day,
            is_active=package == active,
            is_recommended=package == fitting,
            too_small=None if is_no_choice(package) else refusal_of_choice(package, tariff, addresses=addresses),
        )
        for package, tariff in packages
    ]
    always, for_now = _free(packages, day)
    return PricePage(
        day=day,
        columns=columns,
        scale=scale_of([package for package, _ in packages], addresses=addresses),
        free_sentence=free_sentence(always, for_now),
        free_names=joined([*always, *for_now]),
    )


def is_no_choice(package: Package) -> bool:
    """Return whether the package has no Seç button whatever the address count: Temel Hizmetler and İLETİ+."""
    return package.is_basic or package.by_offer


def _recommended(packages: Sequence[Priced], *, addresses: int, day: date) -> Package | None:
    """Return the cheapest package with integration that fits; a smaller one of two that cost the same."""
    prices = {
        package: tariff.price_on(day)
        for package, tariff in packages
        if tariff and package.has_integration and not is_no_choice(package) and fits(package, addresses=addresses)
    }
    by_offer = (p for p, _ in packages if p.by_offer and p.has_integration and fits(p, addresses=addresses))
    return min(prices, key=lambda package: (prices[package], package.position), default=next(by_offer, None))


def _free(packages: Sequence[Priced], day: date) -> tuple[list[str], list[str]]:
    """Return the names of the packages that are free by their list price, and of those free by a campaign."""
    free = [
        (package.name, tariff.gross)
        for package, tariff in packages
        if tariff and not is_no_choice(package) and tariff.price_on(day) == 0
    ]
    return [name for name, gross in free if gross == 0], [name for name, gross in free if gross > 0]


def free_names(*, day: date) -> str:
    """Return the packages that cost nothing on a day as a Turkish list; empty when none is free."""
    always, for_now = _free(packages_on_sale(day=day), day)
    return joined([*always, *for_now])


def free_sentence(always: Sequence[str], for_now: Sequence[str]) -> str:
    """Return which packages are free, in the guide's words as far as they are true that day; empty when none is."""
    if not always and not for_now:
        return ""
    permanent = f"{joined(always)} her zaman" if always else ""
    noun = "paketi" if len(for_now) == 1 else "paketleri"
    temporary = f"{joined(for_now)} {noun}{' ise' if always else ''} geçici süreyle" if for_now else ""
    return f"{', '.join(part for part in (permanent, temporary) if part)} ücretsiz olarak sunulmuştur."


def joined(names: Sequence[str]) -> str:
    """Return names as a Turkish list: ``İLETİ-5, İLETİ-25 ve İLETİ-75``."""
    *others, last = names or [""]
    return f"{', '.join(others)} ve {last}" if others else last
