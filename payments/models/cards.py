"""Card attempts, the messages of gateways, money that goes back."""

from datetime import timedelta
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import LessThan

from accounts.models import Person, Provider
from payments.enums import LIVE_ATTEMPTS, AttemptState, Consequence, RefundState
from payments.gateways.base import DeclineGroup
from payments.models.orders import Order

_MAY_STILL_COME = timedelta(hours=3)
LEFT_AT_BANK = Q(LessThan(F("settled_at") - F("created_at"), _MAY_STILL_COME), state=AttemptState.ABANDONED)
"""Attempts left half-way whose page may be open somewhere: not yet asked about after no page can be."""


class CardAttempt(models.Model):
    """One try to pay an order by card. Of the card only the first and the last digits are known.

    `amount` is the order's price, `paid_amount` what the card is charged with for the chosen instalments, both in
    TRY, `other_amount` what the bank says it took where that differs. `conversation_id` is ours and finds the
    attempt at the gateway; `token` is the gateway's. An order has one live attempt at most, and one that is kept: a
    second capture is `surplus` and goes back, and so does another amount unless a person keeps it. `action` is where
    the browser goes on at the gateway; `returned_at` is when its return was handed to the gateway, which happens once.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    order = models.ForeignKey(Order, verbose_name="sipariş", on_delete=models.PROTECT, related_name="attempts")
    person = models.ForeignKey(Person, verbose_name="kişi", on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField("ödeme kuruluşu", max_length=30)
    conversation_id = models.CharField("İzleme no", max_length=40, unique=True, db_collation="C")
    form_nonce = models.CharField(max_length=64, editable=False)
    state = models.CharField("durum", max_length=12, choices=AttemptState, default=AttemptState.CREATED)
    amount = models.DecimalField("tutar (KDV dahil)", max_digits=12, decimal_places=2)
    paid_amount = models.DecimalField("karttan çekilecek tutar", max_digits=12, decimal_places=2)
    other_amount = models.DecimalField("bankanın çektiği başka tutar", max_digits=12, decimal_places=2, null=True)
    instalments = models.PositiveSmallIntegerField("taksit", default=1)
    token = models.CharField(max_length=200, blank=True, default="", editable=False)
    action = models.JSONField(null=True, editable=False)
    payment_id = models.CharField("ödeme no", max_length=64, blank=True, default="")
    transaction_id = models.CharField("İşlem no", max_length=64, blank=True, default="")
    bin = models.CharField("kartın ilk haneleri", max_length=8, blank=True, default="")
    last4 = models.CharField("kartın son haneleri", max_length=4, blank=True, default="")
    card_family = models.CharField("kart ailesi", max_length=40, blank=True, default="")
    decline_group = models.CharField("ret nedeni", max_length=30, blank=True, default="")
    reference = models.CharField("banka referansı", max_length=64, blank=True, default="")
    ip = models.GenericIPAddressField("ağ adresi (IP)", null=True)
    surplus = models.BooleanField("fazla çekim", default=False)
    created_at = models.DateTimeField("başlangıç", db_default=Now())
    returned_at = models.DateTimeField("bankadan dönüş", null=True)
    queried_at = models.DateTimeField("son sorgu", null=True)
    settled_at = models.DateTimeField("sonuç", null=True)

    class Meta:
        verbose_name = "kart denemesi"
        verbose_name_plural = "kart denemeleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="attempt_of_provider"),
            models.UniqueConstraint(fields=["provider", "form_nonce"], name="attempt_one_a_form"),
            models.UniqueConstraint(fields=["order"], name="attempt_one_live", condition=Q(state__in=LIVE_ATTEMPTS)),
            models.UniqueConstraint(
                fields=["order"], name="attempt_one_kept", condition=Q(state=AttemptState.SUCCEEDED, surplus=False)
            ),
            models.UniqueConstraint(
                fields=["gateway", "payment_id"], name="attempt_of_payment", condition=~Q(payment_id="")
            ),
            models.CheckConstraint(name="attempt_state_known", condition=Q(state__in=AttemptState.values)),
            models.CheckConstraint(name="attempt_amounts", condition=Q(amount__gt=0, paid_amount__gte=F("amount"))),
            models.CheckConstraint(name="attempt_instalments", condition=Q(instalments__gte=1, instalments__lte=12)),
            models.CheckConstraint(
                name="attempt_card_digits",
                condition=Q(bin__regex=r"^([0-9]{6,8})?$", last4__regex=r"^([0-9]{4})?$"),
            ),
            models.CheckConstraint(
                name="attempt_captured_is_known",
                condition=~Q(state=AttemptState.SUCCEEDED) | ~Q(payment_id="") & ~Q(settled_at=None),
            ),
            models.CheckConstraint(
                name="attempt_declined_has_group",
                condition=~Q(state=AttemptState.DECLINED)
                | Q(decline_group__in=[group.value for group in DeclineGroup]),
            ),
            models.CheckConstraint(
                name="attempt_kept_covers_its_price",
                condition=Q(other_amount=None) | Q(other_amount__gt=0, surplus=True) | Q(other_amount__gte=F("amount")),
            ),
            models.CheckConstraint(
                name="attempt_surplus_is_captured", condition=Q(surplus=False) | Q(state=AttemptState.SUCCEEDED)
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="attempt_open", condition=Q(state__in=LIVE_ATTEMPTS)),
            models.Index(fields=["created_at"], name="attempt_left", condition=LEFT_AT_BANK),
        ]

    def __str__(self) -> str:
        return f"{self.order} – {self.get_state_display()}"

    @property
    def is_open_at_bank(self) -> bool:
        """Whether the payer may still be on the bank's page, and can be led back there."""
        may_be = self.state in {AttemptState.NEEDS_3DS, AttemptState.UNKNOWN}
        return may_be and self.action is not None and self.returned_at is None

    @property
    def taken(self) -> Decimal:
        """What the bank took of the card, in TRY."""
        return self.paid_amount if self.other_amount is None else self.other_amount


class GatewayEvent(models.Model):
    """A signed message of a gateway, kept once: repeated and out-of-order messages change nothing."""

    gateway = models.CharField("ödeme kuruluşu", max_length=30)
    payment_id = models.CharField("ödeme no", max_length=64)
    conversation_id = models.CharField("İzleme no", max_length=40)
    kind = models.CharField("tür", max_length=60)
    status = models.CharField("durum", max_length=30)
    received_at = models.DateTimeField("alındı", db_default=Now())

    class Meta:
        verbose_name = "ödeme kuruluşu bildirimi"
        verbose_name_plural = "ödeme kuruluşu bildirimleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "payment_id", "conversation_id", "kind", "status"], name="gateway_event_once"
            ),
        ]
        indexes = [models.Index(fields=["conversation_id"], name="gateway_event_number")]

    def __str__(self) -> str:
        return f"{self.gateway}: {self.kind} {self.status}"


class Refund(models.Model):
    """Money of a card capture that goes back, in TRY. `key` makes the gateway do it once, however often it is sent.

    A trigger keeps the refunds of a capture within what was captured. Above a limit a second person approves.
    What the bank refused and was paid another way is said by one person (`paid_by`) and confirmed by another
    (`paid_confirmed_by`): of that no gateway knows.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    order = models.ForeignKey(Order, verbose_name="sipariş", on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(
        CardAttempt, verbose_name="kart denemesi", on_delete=models.PROTECT, related_name="refunds"
    )
    key = models.CharField("İade no", max_length=40, unique=True, db_collation="C")
    amount = models.DecimalField("tutar", max_digits=12, decimal_places=2)
    reason = models.TextField("gerekçe")
    consequence = models.CharField("paket", max_length=5, choices=Consequence, default=Consequence.KEEP)
    state = models.CharField("durum", max_length=10, choices=RefundState, default=RefundState.REQUESTED)
    requested_by = models.ForeignKey(
        Person, verbose_name="İsteyen", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        Person, verbose_name="onaylayan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    needs_second = models.BooleanField("İkinci onay gerekir", default=False)
    paid_by = models.ForeignKey(
        Person, verbose_name="elle ödendiğini bildiren", on_delete=models.PROTECT, null=True, related_name="+"
    )
    paid_confirmed_by = models.ForeignKey(
        Person, verbose_name="elle ödemeyi onaylayan", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reference = models.CharField("banka referansı", max_length=64, blank=True, default="")
    problem = models.CharField("sorun", max_length=200, blank=True, default="")
    created_at = models.DateTimeField("talep", db_default=Now())
    sent_at = models.DateTimeField("bankaya iletildi", null=True)
    confirmed_at = models.DateTimeField("İade", null=True)

    class Meta:
        verbose_name = "kart iadesi"
        verbose_name_plural = "kart iadeleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "id"], name="refund_of_provider"),
            models.CheckConstraint(name="refund_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="refund_state_known", condition=Q(state__in=RefundState.values)),
            models.CheckConstraint(name="refund_consequence_known", condition=Q(consequence__in=Consequence.values)),
            models.CheckConstraint(name="refund_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="refund_second_is_another",
                condition=Q(needs_second=False) | Q(approved_by=None) | ~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="refund_sent_is_approved",
                condition=Q(state__in=[RefundState.REQUESTED, RefundState.REJECTED])
                | Q(needs_second=False)
                | ~Q(approved_by=None),
            ),
            models.CheckConstraint(
                name="refund_sent_has_instant",
                condition=Q(state__in=[RefundState.REQUESTED, RefundState.APPROVED, RefundState.REJECTED])
                | ~Q(sent_at=None),
            ),
            models.CheckConstraint(
                name="refund_by_hand_is_said",
                condition=Q(state=RefundState.BY_HAND, paid_by__isnull=False, paid_confirmed_by=None)
                | Q(state=RefundState.CONFIRMED, paid_by__isnull=False, paid_confirmed_by__isnull=False)
                | ~Q(state=RefundState.BY_HAND) & Q(paid_by=None, paid_confirmed_by=None),
            ),
            models.CheckConstraint(
                name="refund_by_hand_second_is_another",
                condition=Q(paid_confirmed_by=None) | ~Q(paid_confirmed_by=F("paid_by")),
            ),
            models.CheckConstraint(
                name="refund_confirmed_has_instant",
                condition=Q(state=RefundState.CONFIRMED) & ~Q(confirmed_at=None)
                | ~Q(state=RefundState.CONFIRMED) & Q(confirmed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} – {self.key}"

    @property
    def is_by_hand(self) -> bool:
        """Whether people say that it was paid, and not the gateway."""
        return self.paid_by_id is not None
