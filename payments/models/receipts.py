"""The receipts of an order: their figures as they were in the instant in which the money was there."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person, Provider
from payments.models.orders import Order


class Receipt(models.Model):
    """What the provider paid, for what, and how. Inserted once with the payment, never changed (trigger).

    Amounts are TRY and the order's own. `company` and `customer` are the two sides as they were then; `payments`
    holds a card payment or the transfers, as `payments.services.receipts` writes them. The term's days are both
    inclusive, and unknown where the package could not begin yet. It is no invoice.

    An order has at most one that counts: its first replaces nothing, and each later one the voiding of the one before.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    order = models.ForeignKey(Order, verbose_name="sipariş", on_delete=models.PROTECT, related_name="receipts")
    replaces = models.OneToOneField(
        "payments.ReceiptVoid", verbose_name="yerine geçtiği", on_delete=models.PROTECT, null=True, related_name="next"
    )
    number = models.CharField("makbuz no", max_length=24, unique=True, db_collation="C")
    issued_at = models.DateTimeField("düzenleme")
    company = models.JSONField("şirket")
    customer = models.JSONField("müşteri")
    product_label = models.CharField("ürün", max_length=60)
    term_start = models.DateField("ilk gün", null=True)
    term_end = models.DateField("son gün", null=True)
    net = models.DecimalField("net", max_digits=12, decimal_places=2)
    kdv_rate = models.DecimalField("KDV oranı (%)", max_digits=5, decimal_places=2)
    kdv = models.DecimalField("KDV", max_digits=12, decimal_places=2)
    gross = models.DecimalField("tutar (KDV dahil)", max_digits=12, decimal_places=2)
    payments = models.JSONField("ödemeler")
    demo = models.BooleanField("deneme", default=False)

    class Meta:
        verbose_name = "makbuz"
        verbose_name_plural = "makbuzlar"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order"], name="receipt_one_first", condition=Q(replaces=None)),
            models.CheckConstraint(name="receipt_adds_up", condition=Q(gross=F("net") + F("kdv"))),
            models.CheckConstraint(
                name="receipt_not_negative", condition=Q(net__gte=0, kdv__gte=0, kdv_rate__gte=0, gross__gt=0)
            ),
            models.CheckConstraint(name="receipt_has_payment", condition=~Q(payments=[])),
            models.CheckConstraint(
                name="receipt_whole_term",
                condition=Q(term_start=None, term_end=None)
                | ~Q(term_start=None) & ~Q(term_end=None) & Q(term_end__gte=F("term_start")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReceiptVoid(models.Model):
    """A receipt counts no more, because its payment was taken back. Inserted once, never changed (trigger)."""

    receipt = models.OneToOneField(Receipt, verbose_name="makbuz", on_delete=models.PROTECT, related_name="void")
    order = models.ForeignKey(Order, verbose_name="sipariş", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField("gerekçe")
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("geçersiz kılındı", db_default=Now())

    class Meta:
        verbose_name = "geçersiz makbuz"
        verbose_name_plural = "geçersiz makbuzlar"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="receipt_void_has_reason", condition=~Q(reason=""))]

    def __str__(self) -> str:
        return str(self.receipt)
