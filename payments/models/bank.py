"""Our bank accounts, the statements that arrive for them, their lines, and what money settled which order."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from stdnum import iban

from accounts.models import Person
from iys_portal.shared.money import format_lira
from payments.enums import LineState, StatementState
from payments.models.orders import Order


def validate_iban(value: str) -> None:
    """Raise ValidationError unless `value` is a Turkish IBAN without spaces whose check digits are right."""
    if not (value.startswith("TR") and len(value) == 26 and iban.is_valid(value, check_country=False)):
        raise ValidationError("IBAN geçersiz: TR ile başlayan 26 karakter olmalı ve denetim basamakları tutmalıdır.")


class BankAccount(models.Model):
    """One of our own accounts, shown to customers who pay by transfer."""

    bank_name = models.CharField("banka", max_length=60)
    iban = models.CharField("IBAN", max_length=26, unique=True, validators=[validate_iban])
    account_number = models.CharField("hesap numarası", max_length=30)
    branch = models.CharField("şube", max_length=60)
    currency = models.CharField("para birimi", max_length=3, default="TRY", editable=False)
    is_active = models.BooleanField("gösteriliyor", default=True)
    position = models.PositiveSmallIntegerField("sıra", default=0)

    class Meta:
        verbose_name = "banka hesabı"
        verbose_name_plural = "banka hesapları"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="bank_account_try", condition=Q(currency="TRY")),
        ]

    def __str__(self) -> str:
        return f"{self.bank_name} {self.iban}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Store the IBAN without spaces, in capitals."""
        self.iban = self.iban.replace(" ", "").upper()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Statement(models.Model):
    """A statement file as it came from the bank: kept whole and encrypted, read by a task."""

    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT)
    format = models.CharField("biçim", max_length=30)
    filename = models.CharField("dosya adı", max_length=200)
    sha256 = models.CharField("özet (SHA-256)", max_length=64)
    content_encrypted = models.BinaryField()
    state = models.CharField("durum", max_length=10, choices=StatementState, default=StatementState.RECEIVED)
    uploaded_by = models.ForeignKey(Person, verbose_name="yükleyen", on_delete=models.PROTECT, null=True)
    received_at = models.DateTimeField("alındı", db_default=Now())
    reader_version = models.CharField("okuyucu sürümü", max_length=20, default="")
    opening_balance = models.DecimalField("açılış bakiyesi", max_digits=16, decimal_places=2, null=True)
    closing_balance = models.DecimalField("kapanış bakiyesi", max_digits=16, decimal_places=2, null=True)
    balance_ok = models.BooleanField("bakiye tutuyor", null=True)
    line_count = models.PositiveIntegerField("hareket", default=0)
    duplicate_count = models.PositiveIntegerField("daha önce alınmış hareket", default=0)
    problems = models.JSONField("sorunlar", default=list)

    class Meta:
        verbose_name = "hesap ekstresi"
        verbose_name_plural = "hesap ekstreleri"
        ordering = ["-pk"]
        permissions = [("work_on_statements", "Ekstre yükleyebilir ve hareketleri işleyebilir")]
        constraints = [
            models.UniqueConstraint(fields=["account", "sha256"], name="statement_once"),
            models.CheckConstraint(name="statement_state_known", condition=Q(state__in=StatementState.values)),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.received_at:%d.%m.%Y})"


class StatementLine(models.Model):
    """One bank movement. `amount` is signed TRY: money in is positive.

    Identity is (account, digest, occurrence): overlapping files add nothing, two equal payments stay two.
    """

    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT)
    statement = models.ForeignKey(Statement, verbose_name="ekstre", on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField("sıra")
    digest = models.CharField(max_length=64)
    occurrence = models.PositiveIntegerField()
    booked_on = models.DateField("İşlem tarihi")
    value_on = models.DateField("valör")
    amount = models.DecimalField("tutar", max_digits=14, decimal_places=2)
    currency = models.CharField("para birimi", max_length=3)
    text = models.TextField("açıklama")
    payer_name = models.CharField("gönderen", max_length=255, default="")
    payer_iban = models.CharField("gönderen IBAN", max_length=34, default="")
    payer_tax_number = models.CharField("gönderen VKN", max_length=10, default="")
    bank_reference = models.CharField("banka referansı", max_length=64, default="")
    is_reversal = models.BooleanField("İptal kaydı", default=False)
    state = models.CharField("durum", max_length=10, choices=LineState, default=LineState.NEW)
    rule = models.CharField("kural", max_length=40, default="")
    verdict = models.TextField("gerekçe", default="")
    candidates = models.JSONField("adaylar", default=list)

    class Meta:
        verbose_name = "ekstre hareketi"
        verbose_name_plural = "ekstre hareketleri"
        ordering = ["statement", "position"]
        constraints = [
            models.UniqueConstraint(fields=["account", "digest", "occurrence"], name="line_once"),
            models.UniqueConstraint(fields=["statement", "position"], name="line_position"),
            models.CheckConstraint(name="line_state_known", condition=Q(state__in=LineState.values)),
            models.CheckConstraint(name="line_decided_has_reason", condition=Q(state=LineState.NEW) | ~Q(verdict="")),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="line_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on:%d.%m.%Y} {format_lira(self.amount)}"


class Allocation(models.Model):
    """Money of a line that settles an order. Inserted only (trigger); undone by a reversing row.

    A trigger keeps the sum over a line between zero and the line's amount.
    """

    line = models.ForeignKey(
        StatementLine, verbose_name="hareket", on_delete=models.PROTECT, related_name="allocations"
    )
    order = models.ForeignKey(Order, verbose_name="sipariş", on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField("tutar", max_digits=14, decimal_places=2)
    reverses = models.OneToOneField(
        "self", verbose_name="geri aldığı mahsup", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    rule = models.CharField("kural", max_length=40)
    reason = models.TextField("gerekçe")
    actor = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField("oluşturma", db_default=Now())

    class Meta:
        verbose_name = "mahsup"
        verbose_name_plural = "mahsuplar"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "order"], name="allocation_one_a_pair", condition=Q(reverses=None)),
            models.CheckConstraint(
                name="allocation_sign",
                condition=Q(reverses=None, amount__gt=0) | ~Q(reverses=None) & Q(amount__lt=0),
            ),
            models.CheckConstraint(
                name="allocation_not_own_reversal", condition=Q(reverses=None) | ~Q(reverses=F("pk"))
            ),
        ]

    def __str__(self) -> str:
        return f"{format_lira(self.amount)} → {self.order}"
