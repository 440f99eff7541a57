"""Package, Tariff (dated prices) and Subscription."""

from datetime import date
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from accounts.models import Provider
from packages.enums import LIVE, NoticeKind, SubscriptionState

TEMEL_HIZMETLER = "temel-hizmetler"


class DateRange(Func):
    """``daterange(valid_from, valid_to, '[]')``: both days count."""

    function = "daterange"
    output_field = DateRangeField()


class InstantRange(Func):
    """``tstzrange(starts_at, ends_at, '[)')``."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class Package(models.Model):
    """One of the packages of the price page; a tier is judged by the provider's address count."""

    slug = models.SlugField("adres adı", max_length=30, unique=True)
    name = models.CharField("ad", max_length=30)
    heading = models.CharField("başlık", max_length=30)
    addresses = models.CharField("adres sayısı metni", max_length=40)
    min_addresses = models.PositiveIntegerField("en az adres", default=0)
    max_addresses = models.PositiveIntegerField("en çok adres", null=True, blank=True)
    has_integration = models.BooleanField("entegrasyon modülü", default=True)
    by_offer = models.BooleanField("teklifle satılır", default=False)
    position = models.PositiveSmallIntegerField("sıra", unique=True)
    on_sale = models.BooleanField("satışta", default=True)

    class Meta:
        verbose_name = "paket"
        verbose_name_plural = "paketler"
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                name="package_bounds_ordered",
                condition=Q(max_addresses=None) | Q(max_addresses__gte=F("min_addresses")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in orders and contracts: ``İLETİ-150 (Seviye 1)``."""
        return f"{self.name} (Seviye 1)" if self.has_integration else self.name

    @property
    def is_basic(self) -> bool:
        """Temel Hizmetler: what every provider has, never bought."""
        return self.slug == TEMEL_HIZMETLER


class Tariff(models.Model):
    """What a package costs a year in TRY from one day to another; sold rows are followed, never edited.

    The list price is stored whole (net + kdv = gross). A campaign price, with KDV, replaces it on the campaign's
    own days, which lie within the tariff's.
    """

    package = models.ForeignKey(Package, verbose_name="paket", on_delete=models.PROTECT, related_name="tariffs")
    valid_from = models.DateField("İlk gün")
    valid_to = models.DateField("son gün", null=True, blank=True)
    net = models.DecimalField("net", max_digits=12, decimal_places=2)
    kdv_rate = models.DecimalField("KDV oranı (%)", max_digits=5, decimal_places=2)
    kdv = models.DecimalField("KDV", max_digits=12, decimal_places=2)
    gross = models.DecimalField("liste fiyatı (KDV dahil)", max_digits=12, decimal_places=2)
    campaign_gross = models.DecimalField(
        "kampanya fiyatı (KDV dahil)", max_digits=12, decimal_places=2, null=True, blank=True
    )
    campaign_from = models.DateField("kampanyanın ilk günü", null=True, blank=True)
    campaign_to = models.DateField("kampanyanın son günü", null=True, blank=True)
    campaign_text = models.CharField("kampanya metni", max_length=120, blank=True, default="")

    class Meta:
        verbose_name = "tarife"
        verbose_name_plural = "tarifeler"
        ordering = ["package__position", "valid_from"]
        constraints = [
            models.CheckConstraint(name="tariff_adds_up", condition=Q(gross=F("net") + F("kdv"))),
            models.CheckConstraint(
                name="tariff_not_negative",
                condition=Q(net__gte=0, kdv__gte=0, kdv_rate__gte=0, kdv_rate__lt=100),
            ),
            models.CheckConstraint(
                name="tariff_campaign_lower",
                condition=Q(campaign_gross=None) | Q(campaign_gross__gte=0, campaign_gross__lte=F("gross")),
            ),
            models.CheckConstraint(
                name="tariff_campaign_whole",
                condition=Q(campaign_gross=None, campaign_from=None, campaign_to=None, campaign_text="")
                | ~Q(campaign_gross=None) & ~Q(campaign_from=None),
            ),
            models.CheckConstraint(
                name="tariff_campaign_within",
                condition=Q(campaign_from=None)
                | Q(campaign_from__gte=F("valid_from"))
                & (Q(valid_to=None) | Q(campaign_from__lte=F("valid_to")))
                & (Q(campaign_to=None) | Q(campaign_to__gte=F("campaign_from")))
                & (Q(campaign_to=None) | Q(valid_to=None) | Q(campaign_to__lte=F("valid_to"))),
            ),
            models.CheckConstraint(
                name="tariff_days_ordered", condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from"))
            ),
            ExclusionConstraint(
                name="tariff_no_overlap",
                expressions=[
                    ("package", RangeOperators.EQUAL),
                    (
                        DateRange("valid_from", "valid_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Bu paketin aynı günleri kapsayan başka bir tarifesi var.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package} – {self.valid_from:%d.%m.%Y}"

    def covers(self, day: date) -> bool:
        """Return whether the tariff is in force on an Istanbul day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def campaign_on(self, day: date) -> Decimal | None:
        """Return the campaign price, with KDV, where the campaign runs on an Istanbul day, else None."""
        if self.campaign_from is None or day < self.campaign_from:
            return None
        return self.campaign_gross if self.campaign_to is None or day <= self.campaign_to else None

    def price_on(self, day: date) -> Decimal:
        """Return what is to be paid on an Istanbul day, with KDV."""
        campaign = self.campaign_on(day)
        return self.gross if campaign is None else campaign

    @property
    def campaign_last_day(self) -> date | None:
        """The last day of the campaign, which a tariff without a longer one ends, or None when none is set."""
        return None if self.campaign_from is None else self.campaign_to or self.valid_to


class Subscription(models.Model):
    """A provider's right to a package for a term; `ends_at` is the first instant after the last day."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    package = models.ForeignKey(Package, verbose_name="paket", on_delete=models.PROTECT)
    state = models.CharField("durum", max_length=10, choices=SubscriptionState, default=SubscriptionState.ACTIVE)
    starts_at = models.DateTimeField("başlangıç")
    ends_at = models.DateTimeField("bitiş")
    paused_at = models.DateTimeField("durdurma", null=True, blank=True)
    ended_at = models.DateTimeField("sona erme", null=True, blank=True)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "abonelik"
        verbose_name_plural = "abonelikler"
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="subscription_of_provider"),
            models.CheckConstraint(name="subscription_state_known", condition=Q(state__in=SubscriptionState.values)),
            models.CheckConstraint(name="subscription_ends_later", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="subscription_ended_iff_over",
                condition=Q(state__in=LIVE, ended_at=None) | ~Q(state__in=LIVE) & ~Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="subscription_paused_has_instant",
                condition=Q(state=SubscriptionState.PAUSED) & ~Q(paused_at=None)
                | ~Q(state=SubscriptionState.PAUSED) & Q(paused_at=None),
            ),
            ExclusionConstraint(
                name="subscription_one_live",
                expressions=[
                    ("provider", RangeOperators.EQUAL),
                    (InstantRange("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=LIVE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} – {self.package}"


class SubscriptionNotice(models.Model):
    """That a provider was told something about a subscription, once: an e-mail was queued in the same transaction."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField("tür", max_length=20, choices=NoticeKind)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "abonelik bildirimi"
        verbose_name_plural = "abonelik bildirimleri"
        constraints = [
            models.UniqueConstraint(fields=["provider", "subscription", "kind"], name="notice_once"),
            models.CheckConstraint(name="notice_kind_known", condition=Q(kind__in=NoticeKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.subscription}: {self.get_kind_display()}"


class AddressUsage(models.Model):
    """How many distinct approved phones and e-mail addresses a provider has, as of the last fold of the deltas."""

    provider = models.OneToOneField(Provider, on_delete=models.PROTECT, primary_key=True, related_name="+")
    phones = models.PositiveIntegerField("telefon", default=0)
    emails = models.PositiveIntegerField("e-posta", default=0)
    folded_at = models.DateTimeField("güncelleme", db_default=Now())

    class Meta:
        verbose_name = "adres sayısı"
        verbose_name_plural = "adres sayıları"

    def __str__(self) -> str:
        return f"{self.provider}: {max(self.phones, self.emails)}"


class AddressDelta(models.Model):
    """What one statement on the consents changed in a provider's counts; folded into AddressUsage by beat.

    Written by the trigger of the consent table, so that no path to a consent can forget it. No foreign key: it
    comes and goes by the million.
    """

    provider_id = models.BigIntegerField()
    phones = models.IntegerField()
    emails = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["provider_id"], name="address_delta_of_provider")]

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.phones:+d} / {self.emails:+d}"


class AddressUsageDay(models.Model):
    """A provider's counts at the end of an Istanbul day: what the trend and the forecast are drawn from."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    day = models.DateField("gün")
    phones = models.PositiveIntegerField("telefon")
    emails = models.PositiveIntegerField("e-posta")

    class Meta:
        verbose_name = "günlük adres sayısı"
        verbose_name_plural = "günlük adres sayıları"
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="address_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.provider_id} – {self.day:%d.%m.%Y}"
