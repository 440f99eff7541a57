"""Read what was sold at which price."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Min, Q

from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from packages.models import Tariff
from payments.enums import OrderState
from payments.models import Order


@dataclass(frozen=True)
class Sales:
    """On which Istanbul days contracts were approved at a tariff; None where on no day."""

    last: date | None
    last_in_campaign: date | None
    first_after_campaign: date | None


def is_sold(tariff: Tariff) -> bool:
    """Return whether an order other than a draft, which is still priced anew, was made at this price."""
    return Order.objects.filter(tariff=tariff).exclude(state=OrderState.DRAFT).exists()


def sales_at(tariff: Tariff) -> Sales:
    """Return the days that the ends of a tariff and of its campaign have to leave as they are; one query."""
    in_campaign = Q(pk=None) if tariff.campaign_from is None else Q(accepted_at__gte=_start(tariff.campaign_from))
    after = Q(pk=None)
    if tariff.campaign_to is not None:
        end = end_of_istanbul_day(tariff.campaign_to)
        in_campaign, after = in_campaign & Q(accepted_at__lt=end), Q(accepted_at__gte=end)
    found = Order.objects.filter(tariff=tariff).aggregate(
        last=Max("accepted_at"),
        last_in_campaign=Max("accepted_at", filter=in_campaign),
        first_after_campaign=Min("accepted_at", filter=after),
    )
    return Sales(**{name: istanbul_day(instant) if instant else None for name, instant in found.items()})


def _start(day: date) -> datetime:
    return end_of_istanbul_day(date.fromordinal(day.toordinal() - 1))
