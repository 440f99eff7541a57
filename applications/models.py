"""Application (başvuru), the brands it names, what of it is checked, the documents, and NewsSubscriber."""

from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from accounts.models import Person, Provider
from applications.enums import (
    DECIDED,
    ApplicationKind,
    ApplicationState,
    CheckKind,
    CheckReason,
    CheckState,
)
from brands.models import Brand
from iys_portal.shared.codes import ALPHABET, grouped
from iys_portal.shared.crypto import decrypt, mask_tckn
from iys_portal.shared.tin import HasTin

REFERENCE_LENGTH = 12
MAX_BYTES = 10 * 1024 * 1024
MIMETYPES = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


class Application(HasTin, models.Model):
    """Somebody asks for a provider, an authority or a brand. As a draft it belongs to a browser or to a secret link.

    `token_hash` finds it by the link, `nonce` makes a form that is sent twice one application. `provider` is the one
    that was made (company), or the one that it is about. While it misses documents, `changed_at` is when they were
    asked for. `note` is what the reviewer told the applicant.
    """

    kind = models.CharField("tür", max_length=10, choices=ApplicationKind)
    state = models.CharField("durum", max_length=10, choices=ApplicationState, default=ApplicationState.DRAFT)
    reference = models.CharField("başvuru no", max_length=REFERENCE_LENGTH, unique=True, null=True)  # noqa: DJ001  (drafts have none)
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  (brands have none)
    nonce = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001  (of brands alone)
    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT, null=True)
    requested_by = models.ForeignKey(
        Person, verbose_name="İsteyen", on_delete=models.PROTECT, null=True, related_name="+"
    )

    title = models.CharField("unvan", max_length=255, default="", db_collation="turkish")
    tax_number = models.CharField("vergi kimlik no", max_length=10, default="")
    tax_tckn_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001  (of sole traders alone)
    tax_tckn_encrypted = models.BinaryField(null=True)
    mersis = models.CharField("MERSİS no", max_length=16, default="")
    address = models.CharField("adres", max_length=500, default="")
    kep = models.CharField("KEP adresi", max_length=254, default="")
    phone = models.CharField("telefon", max_length=20, default="")
    email = models.EmailField("e-posta", default="")

    given_name = models.CharField("ad", max_length=100, default="")
    family_name = models.CharField("soyad", max_length=100, default="")
    tckn_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001  (not typed yet)
    tckn_encrypted = models.BinaryField(null=True)
    birth_date = models.DateField("doğum tarihi", null=True)
    mobile = models.CharField("cep telefonu", max_length=20, default="")
    person_email = models.EmailField("kurumsal e-posta", default="")

    created_at = models.DateTimeField("oluşturma", db_default=Now())
    changed_at = models.DateTimeField("son değişiklik", db_default=Now())
    submitted_at = models.DateTimeField("gönderme", null=True)
    decided_at = models.DateTimeField("karar", null=True)
    reviewer = models.ForeignKey(
        Person, verbose_name="İnceleyen", on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField("karar açıklaması", max_length=700, default="")

    class Meta:
        verbose_name = "başvuru"
        verbose_name_plural = "başvurular"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="application_kind_known", condition=Q(kind__in=ApplicationKind.values)),
            models.CheckConstraint(name="application_state_known", condition=Q(state__in=ApplicationState.values)),
            models.CheckConstraint(
                name="application_reference_glyphs",
                condition=Q(reference=None) | Q(reference__regex=rf"^[{ALPHABET}]{{{REFERENCE_LENGTH}}}$"),
            ),
            models.CheckConstraint(
                name="application_sent_iff_reference",
                condition=Q(state=ApplicationState.DRAFT, reference=None, submitted_at=None)
                | ~Q(state=ApplicationState.DRAFT) & ~Q(reference=None) & ~Q(submitted_at=None),
            ),
            models.CheckConstraint(
                name="application_decided_iff_instant",
                condition=Q(state__in=DECIDED) & ~Q(decided_at=None) & ~Q(reviewer=None)
                | ~Q(state__in=DECIDED) & Q(decided_at=None),
            ),
            models.CheckConstraint(
                name="application_tckn_whole",
                condition=Q(tckn_hash=None, tckn_encrypted=None) | ~Q(tckn_hash=None) & ~Q(tckn_encrypted=None),
            ),
            models.CheckConstraint(
                name="application_company_whole",
                condition=Q(state=ApplicationState.DRAFT)
                | ~Q(kind=ApplicationKind.COMPANY)
                | Q(Q(tax_number__regex=r"^[0-9]{10}$") | ~Q(tax_tckn_hash=None)) & ~Q(title="") & ~Q(tckn_hash=None),
            ),
            models.CheckConstraint(
                name="application_one_tax_number",
                condition=Q(tax_tckn_hash=None, tax_tckn_encrypted=None)
                | Q(tax_number="") & ~Q(tax_tckn_hash=None) & ~Q(tax_tckn_encrypted=None),
            ),
            models.CheckConstraint(
                name="application_has_provider",
                condition=Q(kind=ApplicationKind.COMPANY) & ~Q(state=ApplicationState.APPROVED) | ~Q(provider=None),
            ),
            models.CheckConstraint(
                name="application_brand_has_person",
                condition=~Q(kind=ApplicationKind.BRAND) | ~Q(requested_by=None) & ~Q(nonce=None),
            ),
            models.UniqueConstraint(fields=["provider", "nonce"], name="application_one_a_form"),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="application_by_state")]

    def __str__(self) -> str:
        return f"{self.reference_display or 'Taslak'} {self.subject_name}".strip()

    @property
    def reference_display(self) -> str:
        """The reference as it is printed: ``KM7T-3RAW-C4H9``."""
        return grouped(self.reference) if self.reference else ""

    @property
    def person_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def subject_name(self) -> str:
        """The company it is about."""
        return self.title or (self.provider.title if self.provider else "")

    @property
    def tckn(self) -> str:
        """The whole TCKN, for the printed form and for the approval; empty while none was typed."""
        return decrypt(self.tckn_encrypted).decode() if self.tckn_encrypted else ""

    @property
    def masked_tckn(self) -> str:
        return mask_tckn(self.tckn) if self.tckn_encrypted else ""

    @property
    def contact(self) -> str:
        """The address that is written to."""
        return self.person_email or (self.provider.email if self.provider else "")


class RequestedBrand(models.Model):
    """A brand that is applied for, or another name for the one that it `renames`; the approval makes `brand`."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="brands")
    name = models.CharField("marka adı", max_length=255, db_collation="turkish")
    search_key = models.CharField(max_length=255)
    brand = models.OneToOneField(Brand, on_delete=models.PROTECT, null=True, related_name="+")
    renames = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "İstenen marka"
        verbose_name_plural = "İstenen markalar"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "search_key"], name="requested_brand_once"),
            models.CheckConstraint(name="requested_brand_made_or_renamed", condition=Q(brand=None) | Q(renames=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.renames} markasının yeni adı)" if self.renames else self.name


class Check(models.Model):
    """One thing that a reviewer confirms: the tax number, or the newest of its documents."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField("denetlenen", max_length=20, choices=CheckKind)
    brand = models.ForeignKey(RequestedBrand, on_delete=models.CASCADE, null=True, related_name="checks")
    state = models.CharField("durum", max_length=10, choices=CheckState, default=CheckState.WAITING)
    cause = models.CharField("neden", max_length=20, choices=CheckReason, default="")
    note = models.CharField("açıklama", max_length=500, default="")
    reviewer = models.ForeignKey(
        Person, verbose_name="İnceleyen", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reviewed_at = models.DateTimeField("İnceleme", null=True)

    class Meta:
        verbose_name = "başvuru denetimi"
        verbose_name_plural = "başvuru denetimleri"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "kind", "brand"], name="check_once", nulls_distinct=False),
            models.CheckConstraint(name="check_kind_known", condition=Q(kind__in=CheckKind.values)),
            models.CheckConstraint(name="check_state_known", condition=Q(state__in=CheckState.values)),
            models.CheckConstraint(
                name="check_of_brand_iff_certificate",
                condition=Q(kind=CheckKind.CERTIFICATE) & ~Q(brand=None)
                | ~Q(kind=CheckKind.CERTIFICATE) & Q(brand=None),
            ),
            models.CheckConstraint(
                name="check_judged_iff_reviewer",
                condition=Q(state=CheckState.WAITING, reviewer=None, reviewed_at=None)
                | ~Q(state=CheckState.WAITING) & ~Q(reviewer=None) & ~Q(reviewed_at=None),
            ),
            models.CheckConstraint(
                name="check_refused_iff_cause",
                condition=Q(state=CheckState.REFUSED, cause__in=CheckReason.values)
                | ~Q(state=CheckState.REFUSED) & Q(cause=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.brand.name}" if self.brand else str(self.get_kind_display())

    @property
    def reason_words(self) -> str:
        """Why it was refused, as the applicant reads it."""
        return ": ".join(filter(None, [self.get_cause_display() if self.cause else "", self.note]))

    @property
    def stamp(self) -> str:
        """What changes with every decision and every document: a form that shows an older one is out of date."""
        judged = self.reviewed_at.timestamp() if self.reviewed_at else 0
        return f"{self.state}-{judged}-{self.newest_document_id or 0}"

    @cached_property
    def newest_document_id(self) -> int | None:
        """The document that counts; whoever reads several checks annotates it as `newest_pk`."""
        if "newest_pk" in vars(self):
            return vars(self)["newest_pk"]  # type: ignore[no-any-return]  # annotated by the query
        newest: int | None = self.documents.aggregate(newest=Max("pk"))["newest"]
        return newest


class Document(models.Model):
    """A file as it was uploaded, encrypted. Of a check, the newest counts; older ones stay.

    `printed_sha256` is the digest of what the form said when it was uploaded: typed anew, it must be signed anew.
    """

    check_of = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="documents")
    filename = models.CharField("dosya adı", max_length=200)
    mimetype = models.CharField("tür", max_length=20)
    size = models.PositiveIntegerField("büyüklük (bayt)")
    pages = models.PositiveSmallIntegerField("sayfa")
    sha256 = models.CharField("özet (SHA-256)", max_length=64)
    printed_sha256 = models.CharField(max_length=64, default="")
    content_encrypted = models.BinaryField(editable=False)
    uploaded_at = models.DateTimeField("yükleme")

    class Meta:
        verbose_name = "başvuru belgesi"
        verbose_name_plural = "başvuru belgeleri"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="document_type_known", condition=Q(mimetype__in=list(MIMETYPES))),
            models.CheckConstraint(name="document_size_bounded", condition=Q(size__range=(1, MAX_BYTES))),
        ]

    def __str__(self) -> str:
        return self.filename


class NewsSubscriber(models.Model):
    """An address of “Beni Haberdar Et”: asked for, confirmed by its owner, ended by its owner."""

    email = models.EmailField("e-posta", unique=True)
    asked_at = models.DateTimeField("İstek")
    confirmed_at = models.DateTimeField("doğrulama", null=True)
    ended_at = models.DateTimeField("ayrılma", null=True)

    class Meta:
        verbose_name = "haber isteyen"
        verbose_name_plural = "haber isteyenler"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="subscriber_ended_was_confirmed", condition=Q(ended_at=None) | ~Q(confirmed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.email
