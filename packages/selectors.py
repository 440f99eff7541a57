"""Read packages, prices and subscriptions."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from iys_portal.audit.models import AuditEvent
from packages.enums import COUNT_DIFFERS, LIVE, RECOUNTED, SubscriptionState
from packages.models import TEMEL_HIZMETLER, AddressDelta, AddressUsage, AddressUsageDay, Package, Subscription, Tariff
from packages.pricing import Gap, PriceChange, changes, gaps
from packages.rules import Standing, standing_among


def packages_on_sale(*, day: date) -> list[tuple[Package, Tariff | None]]:
    """Return the packages of the price page in its order, each with its tariff of an Istanbul day; two queries."""
    tariffs = {tariff.package_id: tariff for tariff in _in_force(day)}
    return [(package, tariffs.get(package.pk)) for package in Package.objects.filter(on_sale=True)]


def purchasable_packages() -> QuerySet[Package]:
    """Return the packages that can be bought here: on sale, not by offer, not Temel Hizmetler."""
    return Package.objects.filter(on_sale=True, by_offer=False).exclude(slug=TEMEL_HIZMETLER)


def tariff_of(package: Package, *, day: date) -> Tariff | None:
    """Return the tariff row of a package that is in force on an Istanbul day, or None."""
    return _in_force(day).filter(package=package).first()


def tariff_with(pk: int) -> Tariff | None:
    """Return a tariff row with its package, or None."""
    return Tariff.objects.select_related("package").filter(pk=pk).first()


def tariffs_of(package: Package) -> list[Tariff]:
    """Return all tariff rows of a package, oldest first."""
    return list(Tariff.objects.filter(package=package).order_by("valid_from"))


def price_gaps(*, since: date) -> list[Gap]:
    """Return the days from `since` on without a price, of the packages that are bought here; two queries."""
    return [gap for package, rows in _priced_packages() for gap in gaps(package, rows, since=since)]


def price_changes(*, after: date) -> list[PriceChange]:
    """Return what changes on the price page after a day, in the order of the days; two queries."""
    found = [change for package, rows in _priced_packages() for change in changes(package, rows, after=after)]
    return sorted(found, key=lambda change: (change.day, change.package.position))


def _priced_packages() -> list[tuple[Package, list[Tariff]]]:
    packages = purchasable_packages().prefetch_related("tariffs")
    return [(package, list(package.tariffs.all())) for package in packages]


def _in_force(day: date) -> QuerySet[Tariff]:
    return Tariff.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


def live_subscription(provider_id: int, *, now: datetime) -> Subscription | None:
    """Return the provider's subscription whose term covers `now` and which is ACTIVE or PAUSED, or None."""
    return (
        Subscription.objects.filter(provider_id=provider_id, state__in=LIVE, starts_at__lte=now, ends_at__gt=now)
        .select_related("package")
        .first()
    )


def active_package(provider_id: int, *, now: datetime) -> Package:
    """Return the package that counts for the provider now; Temel Hizmetler when there is no other."""
    subscription = live_subscription(provider_id, now=now)
    if subscription and subscription.state == SubscriptionState.ACTIVE:
        return subscription.package
    return Package.objects.get(slug=TEMEL_HIZMETLER)


_LIMIT = f"""
    SELECT p.max_addresses FROM packages_package p
    LEFT JOIN packages_subscription s ON s.package_id = p.id AND s.provider_id = %(provider)s
        AND s.state = '{SubscriptionState.ACTIVE.value}' AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
    WHERE s.id IS NOT NULL OR p.slug = '{TEMEL_HIZMETLER}'
    ORDER BY s.id IS NULL LIMIT 1
"""  # noqa: S608  (constants of our own)


def address_limit(provider_id: int, *, now: datetime) -> int | None:
    """Return how many addresses the provider's active package holds, None for any number; one short statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LIMIT, {"provider": provider_id, "now": now})
        limit: int | None = cursor.fetchone()[0]
    return limit


def smallest_with_api() -> Package:
    """Return the smallest package that has the API."""
    return Package.objects.filter(has_integration=True).order_by("position")[0]


def subscriptions_of(provider_id: int) -> QuerySet[Subscription]:
    """Return all subscriptions of a provider, newest term first."""
    return Subscription.objects.filter(provider_id=provider_id).select_related("package").order_by("-starts_at", "-pk")


def standing_of(provider_id: int, *, now: datetime) -> Standing:
    """Return the subscription whose term runs at `now`, and the renewal queued behind it; one query."""
    live = Subscription.objects.filter(provider_id=provider_id, state__in=LIVE, ends_at__gt=now)
    return standing_among(live.select_related("package").order_by("starts_at", "pk"), now=now)


def term_that_counts(provider_id: int, *, now: datetime) -> Subscription | None:
    """Return the subscription whose term runs at `now`, else the one that ran last, or None when none ever did."""
    begun = Q(ended_at=None) | Q(ended_at__gt=F("starts_at"))
    return subscriptions_of(provider_id).filter(begun, starts_at__lte=now).first()


def terms_that_count(provider_ids: Iterable[int], *, now: datetime) -> dict[int, Subscription]:
    """Return `term_that_counts` of each of the providers that has one; one query."""
    begun = Q(ended_at=None) | Q(ended_at__gt=F("starts_at"))
    terms = Subscription.objects.filter(begun, provider_id__in=provider_ids, starts_at__lte=now)
    newest = terms.order_by("provider_id", "-starts_at", "-pk").distinct("provider_id")
    return {term.provider_id: term for term in newest.select_related("package")}


def subscriptions_with_integration(*, now: datetime) -> QuerySet[Subscription]:
    """Return the subscriptions that let partners work at `now`, of all providers."""
    running = Subscription.objects.filter(state=SubscriptionState.ACTIVE, starts_at__lte=now, ends_at__gt=now)
    return running.filter(package__has_integration=True)


@dataclass(frozen=True)
class AddressCounts:
    """How many distinct approved phones and e-mail addresses a provider has."""

    phones: int
    emails: int

    @property
    def count(self) -> int:
        """The *adres sayısı*: the larger of the two."""
        return max(self.phones, self.emails)

    def changed(self, *, mail: bool, change: int) -> "AddressCounts":
        """Return the counts after a change of the phones, or of the e-mail addresses."""
        return AddressCounts(self.phones + (0 if mail else change), self.emails + (change if mail else 0))

    def as_json(self) -> dict[str, int]:
        """Return the values for the audit trail."""
        return asdict(self)


_KEPT = (
    "SELECT coalesce(sum(phones), 0) AS phones, coalesce(sum(emails), 0) AS emails FROM ("
    "SELECT phones, emails FROM packages_addressusage WHERE provider_id = %(provider)s"
    " UNION ALL SELECT phones, emails FROM packages_addressdelta WHERE provider_id = %(provider)s) AS part"
)
# The consents stand above this app: they are read by SQL, not by import.
_COUNTED = (
    "SELECT count(DISTINCT recipient) FILTER (WHERE channel <> 3) AS phones,"
    " count(DISTINCT recipient) FILTER (WHERE channel = 3) AS emails"
    " FROM consent WHERE provider_id = %(provider)s AND status = 1"
)


def address_usage(provider_id: int) -> AddressCounts:
    """Return the provider's counts, exact at every commit: the folded base plus the deltas of one instant."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, {"provider": provider_id})
        phones, emails = cursor.fetchone()
    return AddressCounts(int(phones), int(emails))


def address_count(provider_id: int) -> int:
    """Return the *adres sayısı*: the larger of distinct approved phones and distinct approved e-mail addresses.

    Whoever judges it against a package calls `packages.services.lock_addresses` first.
    """
    return address_usage(provider_id).count


def counted_and_kept(provider_id: int) -> tuple[AddressCounts, AddressCounts]:
    """Return what a count of the consents gives and what is kept, of one instant; they are equal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counted.phones, counted.emails, kept.phones, kept.emails"  # noqa: S608  (queries above)
            f" FROM ({_COUNTED}) AS counted, ({_KEPT}) AS kept",
            {"provider": provider_id},
        )
        phones, emails, kept_phones, kept_emails = cursor.fetchone()
    return AddressCounts(int(phones), int(emails)), AddressCounts(int(kept_phones), int(kept_emails))


def tiers() -> list[Package]:
    """Return the packages on sale that are told apart by the address count, smallest first."""
    return list(Package.objects.filter(on_sale=True).exclude(slug=TEMEL_HIZMETLER).order_by("min_addresses"))


def next_package(package: Package) -> Package | None:
    """Return the smallest package on sale that holds more addresses than `package`; None where there is no limit."""
    limit = package.max_addresses
    if limit is None:
        return None
    return next((tier for tier in tiers() if tier.max_addresses is None or tier.max_addresses > limit), None)


def usage_days(provider_id: int, *, since: date) -> list[tuple[date, AddressCounts]]:
    """Return the provider's counts at the end of each recorded Istanbul day from `since` on, oldest first."""
    days = AddressUsageDay.objects.filter(provider_id=provider_id, day__gte=since).order_by("day")
    return [(row.day, AddressCounts(row.phones, row.emails)) for row in days]


def with_live_counts(usage: QuerySet[AddressUsage]) -> QuerySet[AddressUsage]:
    """Return the rows with `live_phones`, `live_emails` (the deltas included) and `last_check`.

    `last_check` is COUNT_DIFFERS where a check found the count wrong and nobody has counted anew since, else
    RECOUNTED or None.
    """
    deltas = AddressDelta.objects.filter(provider_id=OuterRef("pk")).values("provider_id")
    events = AuditEvent.objects.filter(
        provider_id=OuterRef("pk"),
        object_type=AddressUsage._meta.label_lower,
        action__in=[COUNT_DIFFERS, RECOUNTED],
    )
    return usage.annotate(
        live_phones=F("phones") + Coalesce(Subquery(deltas.annotate(sum=Sum("phones")).values("sum")), 0),
        live_emails=F("emails") + Coalesce(Subquery(deltas.annotate(sum=Sum("emails")).values("sum")), 0),
        last_check=Subquery(events.order_by("-pk").values("action")[:1]),
    )
