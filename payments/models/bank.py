"""Our bank accounts, the statements that arrive for them, their lines, and what money settled which order."""

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Concat, Now
from stdnum import iban

from accounts.models import Person
from accounts.searching import folded
from iys_portal.shared.money import format_lira
from payments.enums import LineState, ProfileKind, StatementState
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
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's signature


class Statement(models.Model):
    """A statement file as it came from the bank: kept whole and encrypted in chunks, read by a task.

    `profile` is the definition by which a CSV or XLSX file is read, as it was when the file came.
    """

    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT)
    # "xlsx:" and the slug of a layout of tables.
    format = models.CharField("biçim", max_length=35)
    filename = models.CharField("dosya adı", max_length=200)
    sha256 = models.CharField("özet (SHA-256)", max_length=64)
    size = models.PositiveBigIntegerField("büyüklük (bayt)")
    state = models.CharField("durum", max_length=10, choices=StatementState, default=StatementState.RECEIVED)
    uploaded_by = models.ForeignKey(Person, verbose_name="yükleyen", on_delete=models.PROTECT, null=True)
    received_at = models.DateTimeField("alındı", db_default=Now())
    profile = models.JSONField("sütun tanımı", null=True, editable=False)
    reader_version = models.CharField("okuyucu sürümü", max_length=40, default="")
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


class StatementChunk(models.Model):
    """A part of a statement file, encrypted by itself, so that no file has to be in memory as a whole."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="chunks")
    position = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        verbose_name = "ekstre parçası"
        verbose_name_plural = "ekstre parçaları"
        ordering = ["statement", "position"]
        constraints = [models.UniqueConstraint(fields=["statement", "position"], name="chunk_once")]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.position}"


class StatementProfile(models.Model):
    """How a bank's CSV or XLSX file is laid out, declared once by an accountant; named in `csv:SLUG`, `xlsx:SLUG`."""

    slug = models.SlugField("kısa ad", max_length=30, unique=True)
    name = models.CharField("ad", max_length=80)
    kind = models.CharField("tür", max_length=4, choices=ProfileKind)
    definition = models.JSONField("sütun tanımı")
    is_active = models.BooleanField("kullanılıyor", default=True)
    created_by = models.ForeignKey(
        Person, verbose_name="tanımlayan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField("tanım", db_default=Now())

    class Meta:
        verbose_name = "ekstre sütun tanımı"
        verbose_name_plural = "ekstre sütun tanımları"
        ordering = ["name"]
        constraints = [models.CheckConstraint(name="profile_kind_known", condition=Q(kind__in=ProfileKind.values))]

    def __str__(self) -> str:
        return self.name


class StatementSample(models.Model):
    """The file by which a person declares a bank's layout: one a person, encrypted, gone when it is saved or old."""

    person = models.OneToOneField(Person, verbose_name="kişi", on_delete=models.CASCADE, related_name="+")
    filename = models.CharField("dosya adı", max_length=200)
    content_encrypted = models.BinaryField(editable=False)
    created_at = models.DateTimeField("yükleme")

    class Meta:
        verbose_name = "örnek ekstre"
        verbose_name_plural = "örnek ekstreler"

    def __str__(self) -> str:
        return self.filename


_WAITING = Q(state__in=[LineState.SUGGESTED, LineState.UNMATCHED])
# What is not decided yet is in no index of words: each line would be written there twice.
_DECIDED = Q(state__in=[LineState.MATCHED, LineState.REFUND, LineState.IGNORED])


class StatementLine(models.Model):
    """One bank movement. `amount` is signed TRY: money in is positive.

    Identity is (account, digest, occurrence): overlapping files add nothing, two equal payments stay two.
    `proposal` is the split that one key accepts: ``{"shares": [[code, amount]], "excess": amount}``, amounts as text.
    `words` is what lines are searched in, text and payer in plain capitals: kept, because folding costs more than all
    else of a search. One index is over the waiting lines and one over the decided ones, so that a search of the queue
    does not grow with the years.
    """

    # Constraints below have an index that begins with each.
    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT, db_index=False)
    statement = models.ForeignKey(
        Statement, verbose_name="ekstre", on_delete=models.PROTECT, related_name="lines", db_index=False
    )
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
    payer_tax_number = models.CharField("gönderen VKN/TCKN", max_length=11, default="")
    words = models.GeneratedField(
        expression=folded(Concat("text", models.Value(" "), "payer_name", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )
    bank_reference = models.CharField("banka referansı", max_length=64, default="")
    is_reversal = models.BooleanField("İptal kaydı", default=False)
    state = models.CharField("durum", max_length=10, choices=LineState, default=LineState.NEW)
    rule = models.CharField("kural", max_length=40, default="")
    verdict = models.TextField("gerekçe", default="")
    candidates = models.JSONField("adaylar", default=list)
    proposal = models.JSONField("önerilen bölüşüm", null=True, editable=False)
    features = models.JSONField("kararın verileri", default=dict, editable=False)
    matching_version = models.CharField("eşleştirme sürümü", max_length=20, default="", editable=False)

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
            GinIndex(
                fields=["candidates"],
                opclasses=["jsonb_path_ops"],
                name="line_waiting_for_order",
                condition=Q(state__in=[LineState.SUGGESTED, LineState.UNMATCHED]),
            ),
            models.Index(fields=["payer_iban"], name="line_by_payer_iban", condition=~Q(payer_iban="")),
            # The queue of the accountants, in the orders in which it can be worked through.
            models.Index(fields=["id"], name="line_waiting", condition=_WAITING),
            models.Index(fields=["booked_on", "id"], name="line_waiting_by_day", condition=_WAITING),
            models.Index(fields=["amount", "id"], name="line_waiting_by_amount", condition=_WAITING),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], name="line_waiting_words", condition=_WAITING),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], name="line_decided_words", condition=_DECIDED),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on:%d.%m.%Y} {format_lira(self.amount)}"


class Allocation(models.Model):
    """Money of a line or of a card capture that settles an order. Inserted only (trigger); undone by a reversing row.

    A trigger keeps the sum over a line, and over a capture, between zero and its amount, what goes back from the
    line included, and one live allocation a pair of line and order.
    """

    line = models.ForeignKey(
        StatementLine, verbose_name="hareket", on_delete=models.PROTECT, null=True, related_name="allocations"
    )
    attempt = models.ForeignKey(
        "payments.CardAttempt",
        verbose_name="kart denemesi",
        on_delete=models.PROTECT,
        null=True,
        related_name="allocations",
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
            models.UniqueConstraint(fields=["attempt"], name="allocation_one_a_capture", condition=Q(reverses=None)),
            models.CheckConstraint(
                name="allocation_one_source",
                condition=Q(line=None) & ~Q(attempt=None) | ~Q(line=None) & Q(attempt=None),
            ),
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
