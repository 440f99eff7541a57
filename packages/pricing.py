"""What tariff rows say about days: the days without a price, and the days on which a price changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from packages.models import Package, Tariff

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Gap:
    """Days on which a package has no price, both included; `last` is None when they have no end."""

    package: Package
    first: date
    last: date | None


@dataclass(frozen=True)
class PriceChange:
    """A day from which a package costs something else; prices with KDV, None where there is no tariff."""

    package: Package
    day: date
    what: str
    before: Decimal | None
    after: Decimal | None


def in_force(rows: Iterable[Tariff], day: date) -> Tariff | None:
    """Return the row of one package that covers a day, or None."""
    return next((row for row in rows if row.covers(day)), None)


def overlaps(rows: Iterable[Tariff], first: date, last: date | None) -> bool:
    """Return whether one of the rows covers a day from `first` to `last`, both included; None has no end."""
    return any(
        (last is None or row.valid_from <= last) and (row.valid_to is None or row.valid_to >= first) for row in rows
    )


def gaps(package: Package, rows: Iterable[Tariff], *, since: date) -> list[Gap]:
    """Return the days from `since` on that no row of the package covers, in order."""
    found, cursor = [], since
    for row in sorted(rows, key=lambda row: row.valid_from):
        if row.valid_to is not None and row.valid_to < cursor:
            continue
        if row.valid_from > cursor:
            found.append(Gap(package, cursor, row.valid_from - ONE_DAY))
        if row.valid_to is None:
            return found
        cursor = row.valid_to + ONE_DAY
    return [*found, Gap(package, cursor, None)]


def changes(package: Package, rows: Sequence[Tariff], *, after: date) -> list[PriceChange]:
    """Return the starts and ends of the package's tariffs and campaigns after a day, in order."""
    days = {day for row in rows for day in _turning_days(row) if day > after}
    found = (_change(package, rows, day) for day in sorted(days))
    return [change for change in found if change is not None]


def _turning_days(row: Tariff) -> Iterable[date]:
    """Yield the first days of what starts with the row, and the days after what ends with it."""
    yield row.valid_from
    if row.campaign_from is not None:
        yield row.campaign_from
    for last in (row.valid_to, row.campaign_to):
        if last is not None:
            yield last + ONE_DAY


def _change(package: Package, rows: Sequence[Tariff], day: date) -> PriceChange | None:
    before, after = day - ONE_DAY, day
    old, new = in_force(rows, before), in_force(rows, after)
    words = [word for word in (_tariff_words(old, new), _campaign_words(_runs(old, before), _runs(new, after))) if word]
    if not words:
        return None
    return PriceChange(
        package=package,
        day=day,
        what=" · ".join(words),
        before=old.price_on(before) if old else None,
        after=new.price_on(after) if new else None,
    )


def _tariff_words(old: Tariff | None, new: Tariff | None) -> str | None:
    if old == new:
        return None
    if new is None:
        return "Tarife bitiyor, yerine tarife yok"
    return "Tarife başlıyor" if old is None else "Yeni tarife başlıyor"


def _campaign_words(old: bool, new: bool) -> str | None:  # noqa: FBT001  (two sides of a day)
    if old == new:
        return None
    return "Kampanya başlıyor" if new else "Kampanya bitiyor"


def _runs(row: Tariff | None, day: date) -> bool:
    return row is not None and row.campaign_on(day) is not None
