"""Partner (İş Ortağı), Intermediary (AHS), and the grants that brands gave them."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person, Provider
from brands.models import Brand
from partners.enums import Right


class DirectoryEntry(models.Model):
    """A company that brands can authorise; `search_key` is the folded title (iys_portal.shared.turkish)."""

    code = models.PositiveIntegerField("kod", unique=True)
    title = models.CharField("unvan", max_length=255, unique=True, db_collation="turkish")
    search_key = models.CharField(max_length=300, editable=False)
    is_listed = models.BooleanField("listede", default=True)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        abstract = True
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


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


class Grant(models.Model):
    """What a brand lets somebody do, from one instant to another. Changes are audited with before and after."""

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
            models.UniqueConstraint(
                fields=["provider", "brand", "partner"],
                name="partner_grant_one_live",
                condition=Q(revoked_at=None),
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
            models.UniqueConstraint(
                fields=["provider", "brand", "intermediary"],
                name="intermediary_grant_one_live",
                condition=Q(revoked_at=None),
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
