"""How far the orders of some days came: from the choice of a package to the package itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from iys_portal.shared.clock import day_bounds
from payments.models import CardAttempt, Order


@dataclass(frozen=True)
class Step:
    """A step of buying and how many orders took it; each took those before, too."""

    words: str
    count: int


_COMPLETED = Q(completed_at__isnull=False)
_PAID = Q(paid_at__isnull=False) | _COMPLETED
_CHOSEN = Q(pay_by__isnull=False) | Q(has_attempt=True) | _PAID
_ACCEPTED = Q(accepted_at__isnull=False) | _CHOSEN
_STEPS: Sequence[tuple[str, Q]] = (
    ("Paket seçildi", Q()),
    ("Sözleşme onaylandı", _ACCEPTED),
    ("Ödeme yolu seçildi", _CHOSEN),
    ("Ödendi", _PAID),
    ("Paket tanımlandı", _COMPLETED),
)


def steps_of(first: date, last: date) -> list[Step]:
    """Return how many of the orders begun on these Istanbul days reached each step by now; one query.

    Orders with nothing to pay have no such steps and are left out.
    """
    since, until = day_bounds(first)[0], day_bounds(last)[1]
    attempts = CardAttempt.objects.filter(order_id=OuterRef("pk"))
    orders = Order.objects.filter(created_at__gte=since, created_at__lt=until, gross__gt=0)
    counts = orders.annotate(has_attempt=Exists(attempts)).aggregate(
        **{f"step{at}": Count("pk", filter=reached) for at, (_, reached) in enumerate(_STEPS)}
    )
    return [Step(words, counts[f"step{at}"]) for at, (words, _) in enumerate(_STEPS)]
