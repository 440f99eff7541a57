"""Partner (İş Ortağı), Intermediary (AHS), who works for them, and what brands grant them."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Least, Now

from accounts.models import Person, Provider
from brands.models import Brand
from partners.enums import PartyKind, PartyState, Right


class DirectoryEntry(models.Model):
    """A company that brands can authorise; `search_key` is the folded title (iys_portal.shared.turkish).

    What is not `is_listed` is offered no more and keeps its grants; what is suspended keeps them and cannot use them.
    """

    code = models.PositiveIntegerField("kod", unique=True)
    title = models.CharField("unvan", max_length=255, unique=True, db_collation="turkish")
    search_key = models.CharField(max_length=300, editable=False)
    is_listed = models.BooleanField("listede", default=True)
    state = models.CharField("durum", max_length=10, choices=PartyState, default=PartyState.ACTIVE)
    suspended_at = models.DateTimeField("askıya alma", null=True, blank=True)
    suspension_reason = models.TextField("askıya alma gerekçesi", blank=True, default="")
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        abstract = True
        ordering = ["title"]
        indexes = [GinIndex(fields=["search_key"], name="%(class)s_search", opclasses=["gin_trgm_ops"])]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_suspended_has_reason",
                condition=Q(state=PartyState.ACTIVE, suspended_at=None, suspension_reason="")
                | Q(state=PartyState.SUSPENDED) & ~Q(suspended_at=None) & ~Q(suspension_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_suspended(self) -> bool:
        """All its rights stand still."""
        return self.state == PartyState.SUSPENDED


class Partner(DirectoryEntry):
    """An İş Ortağı: works with a brand's consents through the integration module."""

    class Meta(DirectoryEntry.Meta):
        verbose_name = "İş ortağı"
        verbose_name_plural = "İş ortakları"


class Intermediary(DirectoryEntry):
    """An Aracı Hizmet Sağlayıcı (AHS): asks before sending whether a recipient refused. It never writes."""

    class Meta(DirectoryEntry.Meta):
        verbose_name = "aracı hizmet sağlayıcı"
        verbose_name_plural = "aracı hizmet sağlayıcılar"


class PartyMembership(models.Model):
    """A person's authority to look after what brands granted a company, from one instant to another."""

    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField("başlangıç", db_default=Now())
    ended_at = models.DateTimeField("bitiş", null=True, blank=True)

    class Meta:
        abstract = True


class PartnerMembership(PartyMembership):
    """A person of an İş Ortağı."""

    partner = models.ForeignKey(Partner, verbose_name="İş ortağı", on_delete=models.PROTECT)

    class Meta(PartyMembership.Meta):
        abstract = False
        verbose_name = "İş ortağı çalışanı"
        verbose_name_plural = "İş ortağı çalışanları"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "person"], name="partner_membership_one_live", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="partner_membership_ends_later", condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.partner}"

    @property
    def party(self) -> Partner:
        """For whom the person works."""
        return self.partner


class IntermediaryMembership(PartyMembership):
    """A person of an Aracı Hizmet Sağlayıcı."""

    intermediary = models.ForeignKey(Intermediary, verbose_name="aracı hizmet sağlayıcı", on_delete=models.PROTECT)

    class Meta(PartyMembership.Meta):
        abstract = False
        verbose_name = "AHS çalışanı"
        verbose_name_plural = "AHS çalışanları"
        constraints = [
            models.UniqueConstraint(
                fields=["intermediary", "person"], name="intermediary_membership_one_live", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="intermediary_membership_ends_later", condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.intermediary}"

    @property
    def party(self) -> Intermediary:
        """For whom the person works."""
        return self.intermediary


class InstantRange(Func):
    """``tstzrange(granted_at, …, '[)')``."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class EndOfIstanbulDay(Func):
    """The first instant after a day in Istanbul; the database's twin of shared.clock.end_of_istanbul_day."""

    template = "(((%(expressions)s) + 1)::timestamp AT TIME ZONE 'Europe/Istanbul')"
    output_field = models.DateTimeField()


class IstanbulDay(Func):
    """The calendar day in Istanbul of an instant; the database's twin of shared.clock.istanbul_day."""

    template = "(((%(expressions)s) AT TIME ZONE 'Europe/Istanbul')::date)"
    output_field = models.DateField()


def one_grant_at_a_time(name: str, party: str) -> ExclusionConstraint:
    """Return the constraint that at no instant two grants of one brand to one company count (ADR 0036)."""
    term = InstantRange("granted_at", Least("revoked_at", EndOfIstanbulDay("ends_on")), RangeBoundary())
    equal = [(column, RangeOperators.EQUAL) for column in ("provider", "brand", party)]
    return ExclusionConstraint(name=name, expressions=[*equal, (term, RangeOperators.OVERLAPS)])


class Grant(models.Model):
    """What a brand lets somebody do, from one instant to another. Changes are audited with before and after.

    It counts until it is revoked or its last day in Istanbul is over, whichever comes first.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT)
    granted_by = models.ForeignKey(Person, verbose_name="veren", on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField("veriliş")
    ends_on = models.DateField("bitiş tarihi", null=True, blank=True)
    revoked_at = models.DateTimeField("geri alma", null=True)

    class Meta:
        abstract = True


def right_field(label: str) -> Any:
    """Return the column of one channel's right."""
    return models.CharField(label, max_length=5, choices=Right, default=Right.NONE)


class PartnerGrant(Grant):
    """Rights of an İş Ortağı: Mutabakat, and none/read/write on each channel."""

    partner = models.ForeignKey(Partner, verbose_name="İş ortağı", on_delete=models.PROTECT, related_name="grants")
    agreement = models.BooleanField("Mutabakat Yönetimi", default=False)
    mesaj = right_field("Mesaj İzinleri")
    arama = right_field("Arama İzinleri")
    eposta = right_field("E-posta İzinleri")

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "İş ortağı yetkisi"
        verbose_name_plural = "İş ortağı yetkileri"
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="partner_grant_of_provider"),
            one_grant_at_a_time("partner_grant_one_live", "partner"),
            models.CheckConstraint(
                name="partner_grant_ends_later",
                condition=Q(ends_on=None) | Q(ends_on__gte=IstanbulDay("granted_at")),
            ),
            models.CheckConstraint(
                name="partner_grant_rights_known",
                condition=Q(mesaj__in=Right.values, arama__in=Right.values, eposta__in=Right.values),
            ),
            models.CheckConstraint(
                name="partner_grant_not_empty",
                condition=Q(agreement=True) | ~Q(mesaj=Right.NONE) | ~Q(arama=Right.NONE) | ~Q(eposta=Right.NONE),
            ),
            models.CheckConstraint(
                name="partner_grant_revoked_later",
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("granted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} – {self.brand}"

    @property
    def party(self) -> Partner:
        """Whom the grant authorises."""
        return self.partner


class IntermediaryGrant(Grant):
    """Channels that an AHS may read. There is no column for writing."""

    intermediary = models.ForeignKey(
        Intermediary, verbose_name="aracı hizmet sağlayıcı", on_delete=models.PROTECT, related_name="grants"
    )
    mesaj_read = models.BooleanField("Mesaj İzinleri", default=False)
    arama_read = models.BooleanField("Arama İzinleri", default=False)
    eposta_read = models.BooleanField("E-posta İzinleri", default=False)

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "AHS yetkisi"
        verbose_name_plural = "AHS yetkileri"
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="intermediary_grant_of_provider"),
            one_grant_at_a_time("intermediary_grant_one_live", "intermediary"),
            models.CheckConstraint(
                name="intermediary_grant_ends_later",
                condition=Q(ends_on=None) | Q(ends_on__gte=IstanbulDay("granted_at")),
            ),
            models.CheckConstraint(
                name="intermediary_grant_not_empty",
                condition=Q(mesaj_read=True) | Q(arama_read=True) | Q(eposta_read=True),
            ),
            models.CheckConstraint(
                name="intermediary_grant_revoked_later",
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("granted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.intermediary} – {self.brand}"

    @property
    def party(self) -> Intermediary:
        """Whom the grant authorises."""
        return self.intermediary


class GrantTemplate(models.Model):
    """Rights under a name, from which a provider fills the form of the next grant.

    One of AHS holds nothing but reading. `name_key` is the folded name: two spellings are one name.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    kind = models.CharField("tür", max_length=12, choices=PartyKind)
    name = models.CharField("ad", max_length=60, db_collation="turkish")
    name_key = models.CharField(max_length=120, editable=False)
    agreement = models.BooleanField("Mutabakat Yönetimi", default=False)
    mesaj = right_field("Mesaj İzinleri")
    arama = right_field("Arama İzinleri")
    eposta = right_field("E-posta İzinleri")
    created_by = models.ForeignKey(Person, verbose_name="kaydeden", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "yetki şablonu"
        verbose_name_plural = "yetki şablonları"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind", "name_key"], name="grant_template_one_name"),
            models.CheckConstraint(name="grant_template_kind_known", condition=Q(kind__in=PartyKind.values)),
            models.CheckConstraint(
                name="grant_template_rights_known",
                condition=Q(mesaj__in=Right.values, arama__in=Right.values, eposta__in=Right.values),
            ),
            models.CheckConstraint(
                name="grant_template_not_empty",
                condition=Q(agreement=True) | ~Q(mesaj=Right.NONE) | ~Q(arama=Right.NONE) | ~Q(eposta=Right.NONE),
            ),
            models.CheckConstraint(
                name="grant_template_intermediary_reads_only",
                condition=~Q(kind=PartyKind.INTERMEDIARY)
                | Q(agreement=False) & ~Q(mesaj=Right.WRITE) & ~Q(arama=Right.WRITE) & ~Q(eposta=Right.WRITE),
            ),
        ]

    def __str__(self) -> str:
        return self.name
