"""Order: one purchase of one package by one provider."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Person, Provider
from contracts.models import Approval
from iys_portal.shared import codes
from packages.models import Package, Subscription, Tariff
from payments.enums import NEEDS_APPROVAL, OrderState


class Order(models.Model):
    """A package chosen by a person for a provider, at the price of one tariff row.

    Amounts are TRY, copied from the tariff when the draft is made or priced anew, and fixed by the approval.
    `code` is what the payer writes into the transfer's description; it is never given again.
    """

    # A constraint below has an index that begins with it.
    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT, db_index=False)
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, related_name="+")
    code = models.CharField("sipariş kodu", max_length=9, unique=True, db_collation="C")
    form_nonce = models.CharField(max_length=64, editable=False)
    package = models.ForeignKey(Package, verbose_name="paket", on_delete=models.PROTECT)
    tariff = models.ForeignKey(Tariff, verbose_name="tarife", on_delete=models.PROTECT)
    product_label = models.CharField("ürün", max_length=60)
    net = models.DecimalField("net", max_digits=12, decimal_places=2)
    kdv_rate = models.DecimalField("KDV oranı (%)", max_digits=5, decimal_places=2)
    kdv = models.DecimalField("KDV", max_digits=12, decimal_places=2)
    gross = models.DecimalField("tutar (KDV dahil)", max_digits=12, decimal_places=2)
    state = models.CharField("durum", max_length=20, choices=OrderState, default=OrderState.DRAFT)
    approval = models.OneToOneField(
        Approval, verbose_name="sözleşme onayı", on_delete=models.PROTECT, null=True, related_name="order"
    )
    subscription = models.OneToOneField(
        Subscription, verbose_name="abonelik", on_delete=models.PROTECT, null=True, related_name="order"
    )
    created_at = models.DateTimeField("oluşturma", db_default=Now())
    accepted_at = models.DateTimeField("sözleşme onayı", null=True)
    pay_by = models.DateTimeField("son ödeme anı", null=True)
    paid_at = models.DateTimeField("ödeme", null=True)
    completed_at = models.DateTimeField("tamamlanma", null=True)

    class Meta:
        verbose_name = "sipariş"
        verbose_name_plural = "siparişler"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "id"], name="order_by_state"),
            models.Index(fields=["gross"], name="order_open_by_amount", condition=Q(state=OrderState.TRANSFER_PENDING)),
            models.Index(fields=["created_at"], name="order_begun", condition=Q(gross__gt=0)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="order_of_provider"),
            models.UniqueConstraint(fields=["provider", "form_nonce"], name="order_one_a_form"),
            models.CheckConstraint(name="order_adds_up", condition=Q(gross=F("net") + F("kdv"))),
            models.CheckConstraint(name="order_not_negative", condition=Q(net__gte=0, kdv__gte=0)),
            models.CheckConstraint(name="order_code_glyphs", condition=Q(code__regex=f"^[{codes.ALPHABET}]{{9}}$")),
            models.CheckConstraint(name="order_state_known", condition=Q(state__in=OrderState.values)),
            models.CheckConstraint(
                name="order_approved_iff_accepted",
                condition=Q(approval=None, accepted_at=None) | ~Q(approval=None) & ~Q(accepted_at=None),
            ),
            models.CheckConstraint(
                name="order_state_needs_approval", condition=~Q(state__in=NEEDS_APPROVAL) | ~Q(approval=None)
            ),
            models.CheckConstraint(
                name="order_draft_is_open",
                condition=~Q(state=OrderState.DRAFT) | Q(approval=None, paid_at=None),
            ),
            models.CheckConstraint(
                name="order_transfer_has_deadline",
                condition=~Q(state=OrderState.TRANSFER_PENDING) | ~Q(pay_by=None),
            ),
            models.CheckConstraint(
                name="order_completed_has_package",
                condition=~Q(state=OrderState.COMPLETED) | ~Q(subscription=None) & ~Q(completed_at=None),
            ),
            models.CheckConstraint(
                name="order_paid_has_instant", condition=~Q(state=OrderState.PAID) | ~Q(paid_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.code_display

    @property
    def code_display(self) -> str:
        """The code as it is shown and typed: ``KM7-T3R-AWC``."""
        return codes.display(self.code)

    @property
    def is_free(self) -> bool:
        """Nothing is to be paid: the contract's approval completes the order."""
        return self.gross == Decimal(0)
