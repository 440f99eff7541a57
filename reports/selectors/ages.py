"""How old the approvals are, as they were last counted."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from reports.models import ConsentAge, ConsentAgeCount


@dataclass(frozen=True)
class Ages:
    """The approvals by the month in which they were given (its first day; None: no date is known), oldest first."""

    counted_at: datetime
    approvals: dict[date | None, int]


def ages_of(provider_id: int, *, brand_id: int | None = None) -> Ages | None:
    """Return the ages of the approvals of a provider or of one of its brands; None before the first count."""
    count = ConsentAgeCount.objects.filter(provider_id=provider_id).first()
    if count is None:
        return None
    rows = ConsentAge.objects.filter(provider_id=provider_id)
    if brand_id is not None:
        rows = rows.filter(brand_id=brand_id)
    months = rows.values_list("month").annotate(number=Sum("approvals")).order_by("month")
    return Ages(count.counted_at, {_first_day(month): number for month, number in months})


def _first_day(month: int) -> date | None:
    return date(month // 12, month % 12 + 1, 1) if month else None
