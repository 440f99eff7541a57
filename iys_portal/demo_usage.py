"""The demo's past: how the address counts of its companies grew to what their consents say today."""

from datetime import datetime, timedelta

from accounts.models import Provider
from iys_portal.shared.clock import istanbul_day
from packages.models import AddressUsageDay
from packages.selectors import address_usage

_DAYS = 60


def install(provider: Provider, *, now: datetime) -> None:
    """Invent the last sixty days of a provider that has no recorded day yet: a steady growth, never beyond today."""
    if AddressUsageDay.objects.filter(provider=provider).exists():
        return
    today, counts = istanbul_day(now), address_usage(provider.pk)
    AddressUsageDay.objects.bulk_create(
        AddressUsageDay(
            provider=provider,
            day=today - timedelta(days=ago),
            phones=counts.phones * (2 * _DAYS - ago) // (2 * _DAYS),
            emails=counts.emails * (2 * _DAYS - ago) // (2 * _DAYS),
        )
        for ago in range(_DAYS, 0, -1)
    )
