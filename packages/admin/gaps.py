"""Tell an administrator which days a change left without a price."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from iys_portal.shared.clock import istanbul_day
from packages.models import Package
from packages.pricing import Gap
from packages.selectors import price_gaps


def warn_of_gaps(request: HttpRequest, package: Package) -> None:
    """Add a warning for each stretch of days from today on without a price for a package on sale."""
    for gap in price_gaps(since=istanbul_day(timezone.now())):
        if gap.package == package:
            messages.warning(request, f"{package.name} satışta, ama {gap_words(gap)} fiyatı yok: o günlerde satılamaz.")


def gap_words(gap: Gap) -> str:
    """Return the days of a gap: ``01.01.2027 – 31.01.2027 günlerinde``."""
    if gap.last is None:
        return f"{gap.first:%d.%m.%Y} gününden itibaren"
    if gap.first == gap.last:
        return f"{gap.first:%d.%m.%Y} gününde"
    return f"{gap.first:%d.%m.%Y} – {gap.last:%d.%m.%Y} günlerinde"
