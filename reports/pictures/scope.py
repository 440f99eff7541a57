"""What a report is about, and what it is called: a week, a month, days that somebody chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.formats import date_format

from reports.enums import Rhythm
from reports.pictures.period import Period, last_periods, period_of

if TYPE_CHECKING:
    from brands.models import Brand


@dataclass(frozen=True)
class Scope:
    """A week, a month, or chosen days (`rhythm` reports.enums.CHOSEN); of all brands, or chosen days of one."""

    rhythm: str
    period: Period
    brand: "Brand | None" = None

    @property
    def name(self) -> str:
        """The name in addresses and files: 2026-11-23 (a week's Monday), 2026-11, 2026-11-01-2026-11-15-661836."""
        if self.rhythm == Rhythm.MONTHLY:
            return f"{self.period.first:%Y-%m}"
        if self.rhythm == Rhythm.WEEKLY:
            return f"{self.period.first:%Y-%m-%d}"
        brand = f"-{self.brand.code}" if self.brand else ""
        return f"{self.period.first:%Y-%m-%d}-{self.period.last:%Y-%m-%d}{brand}"

    @property
    def words(self) -> str:
        """The days in words: Kasım 2026; 15 Kasım 2026; 23–29 Kasım 2026; 30 Kasım–6 Aralık 2026."""
        first, last = self.period.first, self.period.last
        if self.rhythm == Rhythm.MONTHLY:
            return date_format(first, "F Y")
        if first == last:
            return date_format(last, "j F Y")
        begins = "j F Y" if first.year != last.year else "j F" if first.month != last.month else "j"
        return f"{date_format(first, begins)}–{date_format(last, 'j F Y')}"

    @property
    def title(self) -> str:
        """What the report is called: Kasım 2026 raporu; 23–29 Kasım 2026 haftasının raporu."""
        return f"{self.words} {'haftasının raporu' if self.rhythm == Rhythm.WEEKLY else 'raporu'}"


def scope_of(rhythm: Rhythm, day: date) -> Scope:
    """Return the week or the month that holds a day."""
    return Scope(rhythm, period_of(rhythm, day))


def last_scopes(rhythm: Rhythm, number: int, *, today: date) -> Sequence[Scope]:
    """Return the newest `number` weeks or months, the present one first."""
    return [Scope(rhythm, period) for period in last_periods(rhythm, number, today=today)]
