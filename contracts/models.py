"""ContractText (versioned), Approval (evidence, append-only) and SignedDocument."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Person, Provider
from contracts.enums import DocumentState, TextKind
from iys_portal.shared import codes


class ContractText(models.Model):
    """One version of a contract's wording. A trigger refuses to change or delete a row.

    Of a kind, the highest version whose day has come is in force: a later version replaces all earlier ones, so
    that a mistake is put right before its day by one more version for the same day or an earlier one.
    """

    kind = models.CharField("tür", max_length=20, choices=TextKind)
    version = models.PositiveSmallIntegerField("sürüm")
    title = models.CharField("başlık", max_length=200)
    source = models.TextField("metin")
    sha256 = models.CharField("özet (SHA-256)", max_length=64)
    effective_from = models.DateField("yürürlük tarihi")

    class Meta:
        verbose_name = "sözleşme metni"
        verbose_name_plural = "sözleşme metinleri"
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="contract_text_version"),
            models.CheckConstraint(name="contract_text_kind_known", condition=Q(kind__in=TextKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class Approval(models.Model):
    """The evidence that an authorised person, known by e-Devlet, approved a text and its annex for an order.

    Append-only by trigger and chained by hash per provider. It is evidence of acceptance, not an e-signature.
    `terms` holds the canonical contract data as shown (parties, product, price, order code); personal numbers
    masked. `information` is the pre-information form; approvals older than the form have none.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    person = models.ForeignKey(Person, verbose_name="onaylayan", on_delete=models.PROTECT)
    text = models.ForeignKey(ContractText, verbose_name="sözleşme metni", on_delete=models.PROTECT)
    information = models.ForeignKey(
        ContractText,
        verbose_name="ön bilgilendirme formu",
        on_delete=models.PROTECT,
        null=True,
        related_name="annexed_approvals",
    )
    order_code = models.CharField("sipariş kodu", max_length=9)
    terms = models.JSONField("sözleşme verileri", encoder=DjangoJSONEncoder)
    text_sha256 = models.CharField("metin özeti", max_length=64)
    information_sha256 = models.CharField("formun özeti", max_length=64, default="")
    shown_sha256 = models.CharField("gösterilen metnin özeti", max_length=64)
    checkbox_label = models.CharField("onay cümlesi", max_length=200)
    ip = models.GenericIPAddressField("ağ adresi (IP)", null=True)
    user_agent = models.CharField("tarayıcı", max_length=300, default="")
    approved_at = models.DateTimeField("onay zamanı")
    previous_hash = models.CharField("önceki zincir özeti", max_length=64)
    hash = models.CharField("zincir özeti", max_length=64)

    class Meta:
        verbose_name = "sözleşme onayı"
        verbose_name_plural = "sözleşme onayları"
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="approval_of_provider"),
            models.UniqueConstraint(fields=["provider", "order_code"], name="approval_one_an_order"),
            models.UniqueConstraint(fields=["provider", "previous_hash"], name="approval_chain_unforked"),
            models.CheckConstraint(
                name="approval_information_has_hash",
                condition=Q(information=None, information_sha256="") | ~Q(information=None) & ~Q(information_sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_code} – {self.approved_at:%d.%m.%Y}"


class SignedDocument(models.Model):
    """The contract PDF of one approval: sealed by the company, time-stamped, archived (B-LTA), kept for ever.

    Whoever holds `verification_code` (printed on the document, 16 glyphs) may ask whether the document is real.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="document")
    number = models.CharField("belge no", max_length=30)
    verification_code = models.CharField("doğrulama kodu", max_length=16, unique=True, db_collation="C")
    term_start = models.DateField("İlk gün")
    term_end = models.DateField("son gün")
    state = models.CharField("durum", max_length=12, choices=DocumentState, default=DocumentState.PENDING)
    content = models.BinaryField(null=True)
    sha256 = models.CharField("özet (SHA-256)", max_length=64, default="")
    issued_at = models.DateTimeField("düzenleme", null=True)
    archived_at = models.DateTimeField("uzun süreli arşiv (B-LTA)", null=True)
    problem = models.CharField("sorun", max_length=200, blank=True, default="")
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "İmzalı belge"
        verbose_name_plural = "İmzalı belgeler"
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="document_of_provider"),
            models.UniqueConstraint(fields=["provider", "number"], name="document_number"),
            models.CheckConstraint(
                name="document_content_iff_issued",
                condition=Q(state__in=[DocumentState.PENDING, DocumentState.FAILED], content=None, issued_at=None)
                | Q(state__in=[DocumentState.SEALED, DocumentState.TIMESTAMPED])
                & ~Q(content=None)
                & ~Q(issued_at=None)
                & ~Q(sha256=""),
            ),
            models.CheckConstraint(
                name="document_archived_has_stamp",
                condition=Q(archived_at=None) | Q(state=DocumentState.TIMESTAMPED),
            ),
            models.CheckConstraint(
                name="document_code_glyphs",
                condition=Q(verification_code__regex=f"^[{codes.ALPHABET}]{{16}}$"),
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="document_by_number"),
            # The few that are still to be issued or archived, among all that are kept for ever.
            models.Index(fields=["id"], name="document_unfinished", condition=Q(archived_at=None)),
        ]

    def __str__(self) -> str:
        return self.number
