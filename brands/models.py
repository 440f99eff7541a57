"""Brand (marka) and Retailer (bayi)."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Provider
from brands.enums import BrandState


class Brand(models.Model):
    """A brand of a provider, with the number that the register gave it."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    code = models.PositiveIntegerField("marka kodu", unique=True)
    name = models.CharField("marka adı", max_length=255, db_collation="turkish")
    is_master = models.BooleanField("ana marka", default=False)
    state = models.CharField("durum", max_length=10, choices=BrandState, default=BrandState.ACTIVE)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "marka"
        verbose_name_plural = "markalar"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="brand_of_provider"),
            models.UniqueConstraint(fields=["provider"], name="brand_one_master", condition=Q(is_master=True)),
            models.CheckConstraint(name="brand_state_known", condition=Q(state__in=BrandState.values)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Retailer(models.Model):
    """A dealer (bayi) of a brand that may collect consents; entered by the register's 8-digit code."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="retailers")
    code = models.PositiveIntegerField("bayi kodu", unique=True)
    title = models.CharField("bayi unvanı", max_length=255, db_collation="turkish")
    tax_number = models.CharField(
        "vergi kimlik no",
        max_length=10,
        validators=[RegexValidator(r"^\d{10}$", "Vergi Kimlik Numarası geçersiz.")],
    )
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "bayi"
        verbose_name_plural = "bayiler"
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="retailer_of_provider"),
            models.CheckConstraint(name="retailer_code_digits", condition=Q(code__range=(10_000_000, 99_999_999))),
            models.CheckConstraint(name="retailer_tax_number_digits", condition=Q(tax_number__regex=r"^[0-9]{10}$")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
