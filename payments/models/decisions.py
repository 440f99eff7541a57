"""What people decide about bank movements, and the transferred money that goes back."""

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person
from payments.enums import OPEN_BANK_REFUNDS, BankRefundState, DecisionKind, DecisionState
from payments.models.bank import BankAccount, StatementLine, validate_iban
from payments.models.orders import Order


class LineDecision(models.Model):
    """What a person decided about a movement, with the reason. Above a limit a second person makes it count.

    `shares` is the split for `allocate`: ``[[code, amount]]`` with the amount as text; what is left of the line is
    `refund_amount` and goes back. Together they are the whole line.
    """

    line = models.ForeignKey(StatementLine, verbose_name="hareket", on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField("karar", max_length=10, choices=DecisionKind)
    shares = models.JSONField("bölüşüm", default=list)
    refund_amount = models.DecimalField("iade", max_digits=14, decimal_places=2, null=True)
    refund_iban = models.CharField("iade IBAN", max_length=26, blank=True, default="", validators=[validate_iban])
    refund_name = models.CharField("iade alıcısı", max_length=140, blank=True, default="")
    reason = models.TextField("gerekçe", validators=[MinLengthValidator(3)])
    state = models.CharField("durum", max_length=10, choices=DecisionState, default=DecisionState.DONE)
    requested_by = models.ForeignKey(Person, verbose_name="karar veren", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("karar zamanı", db_default=Now())
    decided_by = models.ForeignKey(
        Person, verbose_name="ikinci kişi", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField("ikinci kararın zamanı", null=True)

    class Meta:
        verbose_name = "hareket kararı"
        verbose_name_plural = "hareket kararları"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], name="decision_one_awaiting", condition=Q(state=DecisionState.AWAITING)
            ),
            models.CheckConstraint(name="decision_kind_known", condition=Q(kind__in=DecisionKind.values)),
            models.CheckConstraint(name="decision_state_known", condition=Q(state__in=DecisionState.values)),
            models.CheckConstraint(name="decision_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="decision_second_is_another", condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by"))
            ),
            models.CheckConstraint(
                name="decision_by_a_second_has_instant",
                condition=Q(decided_by=None, decided_at=None) | ~Q(decided_by=None) & ~Q(decided_at=None),
            ),
            models.CheckConstraint(
                name="decision_refund_positive", condition=Q(refund_amount=None) | Q(refund_amount__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} – {self.get_kind_display()}"


class LineComment(models.Model):
    """A note of an accountant on a movement. Inserted only (trigger)."""

    line = models.ForeignKey(StatementLine, verbose_name="hareket", on_delete=models.PROTECT, related_name="comments")
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, related_name="+")
    text = models.TextField("not")
    created_at = models.DateTimeField("yazıldı", db_default=Now())

    class Meta:
        verbose_name = "hareket notu"
        verbose_name_plural = "hareket notları"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="comment_has_text", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"{self.line}: {self.text[:40]}"


class RefundFile(models.Model):
    """A file of refunds for the bank: made anew from the rows at any time, its hash shows that nothing changed."""

    account = models.ForeignKey(BankAccount, verbose_name="hesap", on_delete=models.PROTECT)
    created_by = models.ForeignKey(Person, verbose_name="hazırlayan", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("hazırlandı", db_default=Now())
    count = models.PositiveIntegerField("adet")
    total = models.DecimalField("toplam", max_digits=16, decimal_places=2)
    sha256 = models.CharField("özet (SHA-256)", max_length=64)

    class Meta:
        verbose_name = "iade dosyası"
        verbose_name_plural = "iade dosyaları"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="refund_file_not_empty", condition=Q(count__gt=0, total__gt=0))]

    def __str__(self) -> str:
        return f"{self.created_at:%d.%m.%Y} – {self.count}"


class BankRefund(models.Model):
    """Money of a bank movement that goes back to its sender, in TRY: owed, exported, confirmed by a debit line.

    A trigger keeps allocations and refunds of a line together within its amount. `approved_by` is the second
    person whom a large refund needs: neither who asked for it, nor who wrote its IBAN and name last, nor who said that
    the bank did not pay it out.
    """

    line = models.ForeignKey(
        StatementLine, verbose_name="hareket", on_delete=models.PROTECT, related_name="bank_refunds"
    )
    order = models.ForeignKey(
        Order, verbose_name="sipariş", on_delete=models.PROTECT, null=True, related_name="bank_refunds"
    )
    amount = models.DecimalField("tutar", max_digits=14, decimal_places=2)
    iban = models.CharField("IBAN", max_length=26, blank=True, default="", validators=[validate_iban])
    name = models.CharField("alıcı", max_length=140, blank=True, default="")
    reason = models.TextField("gerekçe")
    state = models.CharField("durum", max_length=10, choices=BankRefundState, default=BankRefundState.OWED)
    requested_by = models.ForeignKey(
        Person, verbose_name="isteyen", on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_by = models.ForeignKey(
        Person, verbose_name="alıcıyı yazan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    owed_again_by = models.ForeignKey(
        Person, verbose_name="yeniden isteyen", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        Person, verbose_name="onaylayan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField("onay", null=True)
    created_at = models.DateTimeField("kayıt", db_default=Now())
    file = models.ForeignKey(
        RefundFile, verbose_name="iade dosyası", on_delete=models.PROTECT, null=True, related_name="refunds"
    )
    debit_line = models.OneToOneField(
        StatementLine, verbose_name="çıkış hareketi", on_delete=models.PROTECT, null=True, related_name="refund_paid"
    )
    confirmed_at = models.DateTimeField("iade", null=True)

    class Meta:
        verbose_name = "havale iadesi"
        verbose_name_plural = "havale iadeleri"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="bank_refund_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="bank_refund_state_known", condition=Q(state__in=BankRefundState.values)),
            models.CheckConstraint(name="bank_refund_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="bank_refund_exported_in_file",
                condition=~Q(state=BankRefundState.EXPORTED) | ~Q(file=None) & ~Q(iban="") & ~Q(name=""),
            ),
            models.CheckConstraint(
                name="bank_refund_confirmed_by_debit",
                condition=Q(state=BankRefundState.CONFIRMED) & ~Q(debit_line=None) & ~Q(confirmed_at=None)
                | ~Q(state=BankRefundState.CONFIRMED) & Q(debit_line=None, confirmed_at=None),
            ),
            models.CheckConstraint(
                name="bank_refund_second_is_another",
                condition=Q(approved_by=None)
                | (Q(requested_by=None) | ~Q(approved_by=F("requested_by")))
                & (Q(changed_by=None) | ~Q(approved_by=F("changed_by")))
                & (Q(owed_again_by=None) | ~Q(approved_by=F("owed_again_by"))),
            ),
            models.CheckConstraint(
                name="bank_refund_approval_has_instant",
                condition=Q(approved_by=None, approved_at=None) | ~Q(approved_by=None) & ~Q(approved_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["amount"],
                name="bank_refund_open",
                condition=Q(state__in=[*OPEN_BANK_REFUNDS]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} – {self.amount}"
