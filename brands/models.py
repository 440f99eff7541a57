"""Brand (marka), Retailer (bayi), and the files by which many retailers come."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person, Provider
from brands.enums import BrandState, RetailerState, UploadState
from brands.places import Town, town_with
from iys_portal.shared.crypto import decrypt, mask_tckn
from iys_portal.shared.tin import HasTin


class Brand(models.Model):
    """A brand of a provider, with the number that the register gave it; in a sandbox it `stands_for` another's."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    code = models.PositiveIntegerField("marka kodu", unique=True)
    name = models.CharField("marka adı", max_length=255, db_collation="turkish")
    is_master = models.BooleanField("ana marka", default=False)
    state = models.CharField("durum", max_length=10, choices=BrandState, default=BrandState.ACTIVE)
    created_at = models.DateTimeField("oluşturma", db_default=Now())
    stands_for = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = "marka"
        verbose_name_plural = "markalar"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="brand_of_provider"),
            models.UniqueConstraint(fields=["provider", "stands_for"], name="brand_stands_for_once"),
            models.UniqueConstraint(fields=["provider"], name="brand_one_master", condition=Q(is_master=True)),
            models.CheckConstraint(name="brand_state_known", condition=Q(state__in=BrandState.values)),
            models.CheckConstraint(
                name="brand_master_active", condition=Q(is_master=False) | Q(state=BrandState.ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def public_code(self) -> int:
        """The number by which programs name it."""
        return self.code if self.stands_for is None else self.stands_for


class Retailer(HasTin, models.Model):
    """A dealer (bayi) of a brand that may collect consents; the register gives it an 8-digit code.

    TCKN are stored encrypted; the keyed hash of the authorised person's finds it again. A sole trader's tax number is
    a TCKN, too, and then stands in `tax_tckn_encrypted`. Dealers that were entered before their details were asked
    for are suspended until somebody fills them in.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="retailers")
    code = models.PositiveIntegerField("bayi kodu", unique=True)
    title = models.CharField("bayi unvanı", max_length=255, db_collation="turkish")
    alias = models.CharField("şube adı", max_length=255, blank=True, default="", db_collation="turkish")
    name = models.CharField("yetkili kişi", max_length=255, blank=True, default="", db_collation="turkish")
    tckn_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001  (old rows have none)
    tckn_encrypted = models.BinaryField(null=True)
    tax_number = models.CharField("vergi kimlik no", max_length=10, blank=True, default="")
    tax_tckn_encrypted = models.BinaryField(null=True)
    mersis = models.CharField("MERSİS no", max_length=16, blank=True, default="")
    town_code = models.PositiveSmallIntegerField("İlçe kodu", null=True)
    mobile = models.CharField("cep telefonu", max_length=16, blank=True, default="")
    state = models.CharField("durum", max_length=10, choices=RetailerState, default=RetailerState.ACTIVE)
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "bayi"
        verbose_name_plural = "bayiler"
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="retailer_of_provider"),
            models.UniqueConstraint(fields=["provider", "tckn_hash"], name="retailer_tckn_once"),
            models.UniqueConstraint(
                fields=["provider", "mersis"], name="retailer_mersis_once", condition=~Q(mersis="")
            ),
            models.CheckConstraint(name="retailer_code_digits", condition=Q(code__range=(10_000_000, 99_999_999))),
            models.CheckConstraint(name="retailer_tax_number_digits", condition=Q(tax_number__regex=r"^([0-9]{10})?$")),
            models.CheckConstraint(
                name="retailer_one_tax_number",
                condition=Q(tax_number="", tax_tckn_encrypted__isnull=False)
                | ~Q(tax_number="") & Q(tax_tckn_encrypted=None),
            ),
            models.CheckConstraint(
                name="retailer_tckn_whole",
                condition=Q(tckn_hash=None, tckn_encrypted=None) | ~Q(tckn_hash=None) & ~Q(tckn_encrypted=None),
            ),
            models.CheckConstraint(name="retailer_mersis_digits", condition=Q(mersis__regex=r"^([0-9]{16})?$")),
            models.CheckConstraint(
                name="retailer_town_known", condition=Q(town_code=None) | Q(town_code__range=(1, 970))
            ),
            models.CheckConstraint(name="retailer_mobile_e164", condition=Q(mobile__regex=r"^(\+[1-9][0-9]{6,14})?$")),
            models.CheckConstraint(name="retailer_state_known", condition=Q(state__in=RetailerState.values)),
            models.CheckConstraint(
                name="retailer_whole_or_suspended",
                condition=Q(state=RetailerState.SUSPENDED)
                | ~Q(name="") & Q(tckn_hash__isnull=False, town_code__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def tckn(self) -> str:
        """The authorised person's TCKN, or an empty text."""
        return decrypt(self.tckn_encrypted).decode() if self.tckn_encrypted else ""

    @property
    def masked_tckn(self) -> str:
        """The TCKN as it may be shown, or an empty text."""
        return mask_tckn(self.tckn) if self.tckn_encrypted else ""

    @property
    def town(self) -> Town | None:
        """The town, which knows its city."""
        return town_with(self.town_code) if self.town_code else None

    @property
    def is_whole(self) -> bool:
        """Whether the details are there that every dealer must have."""
        return bool(self.name and self.tckn_hash and self.town_code)


class RetailerUpload(models.Model):
    """A file of dealers: read and judged when it comes, added when the person says so.

    `rows_encrypted` holds what stood in the file (TCKN among it) until the file is forgotten; `faults` the broken
    rules as (row, column, code, sentence), which name no value.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, verbose_name="yükleyen", on_delete=models.PROTECT, related_name="+")
    filename = models.CharField("dosya adı", max_length=255)
    state = models.CharField("durum", max_length=10, choices=UploadState, default=UploadState.WAITING)
    rows_encrypted = models.BinaryField(null=True)
    faults = models.JSONField("hatalar", default=list)
    row_count = models.PositiveIntegerField("satır")
    good_count = models.PositiveIntegerField("hatasız satır")
    created_at = models.DateTimeField("yükleme")
    finished_at = models.DateTimeField("bitiş", null=True, blank=True)

    class Meta:
        verbose_name = "bayi dosyası"
        verbose_name_plural = "bayi dosyaları"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="retailer_upload_state_known", condition=Q(state__in=UploadState.values)),
            models.CheckConstraint(name="retailer_upload_counts", condition=Q(good_count__lte=F("row_count"))),
            models.CheckConstraint(
                name="retailer_upload_finished_iff_over",
                condition=Q(state=UploadState.WAITING, finished_at=None)
                | ~Q(state=UploadState.WAITING) & Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.filename
