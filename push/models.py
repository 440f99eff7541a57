"""Push connections of brands, what was to be delivered over them, and every attempt.

Deliveries name movements by their numbers, from one to another: what is sent is read again from the movements, and no
recipient is stored twice.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Provider
from brands.models import Brand
from consents.enums import Channel
from partners.models import Partner
from push.enums import LIVE, ConnectionState, Result


class PushConnection(models.Model):
    """An address to which citizens' movements of one channel of a brand are sent; two live ones a channel at most.

    `partner` is whose program registered it, null for the provider's own; it lives no longer than the partner's right.
    `cursor` is the number of the last movement that was looked at. `due_at` is when the next sending is planned, null
    while there is nothing to send. `failing_since` is the first of the failures without a success after it.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(
        Partner, verbose_name="İş ortağı", on_delete=models.PROTECT, null=True, related_name="+"
    )
    channel = models.SmallIntegerField("kanal", choices=Channel)
    slot = models.SmallIntegerField()
    url = models.CharField("adres", max_length=500)
    username = models.CharField("kullanıcı adı", max_length=255)
    password_encrypted = models.BinaryField()
    secret_encrypted = models.BinaryField()
    state = models.CharField("durum", max_length=10, choices=ConnectionState, default=ConnectionState.ACTIVE)
    state_at = models.DateTimeField("durum zamanı")
    cursor = models.BigIntegerField(default=0)
    due_at = models.DateTimeField("sıradaki gönderim", null=True)
    failures = models.PositiveIntegerField("art arda hata", default=0)
    failing_since = models.DateTimeField("ilk hata", null=True)
    delivered_at = models.DateTimeField("son teslim", null=True)
    created_at = models.DateTimeField("kayıt", db_default=Now())

    class Meta:
        verbose_name = "anlık bildirim bağlantısı"
        verbose_name_plural = "anlık bildirim bağlantıları"
        constraints = [
            models.UniqueConstraint(
                name="push_two_a_channel", fields=["provider", "brand", "channel", "slot"], condition=Q(state__in=LIVE)
            ),
            models.UniqueConstraint(
                name="push_address_once", fields=["provider", "brand", "channel", "url"], condition=Q(state__in=LIVE)
            ),
            models.CheckConstraint(name="push_slot_known", condition=Q(slot__in=(1, 2))),
            models.CheckConstraint(name="push_channel_known", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(name="push_state_known", condition=Q(state__in=ConnectionState.values)),
            models.CheckConstraint(name="push_https_only", condition=Q(url__startswith="https://")),
            models.CheckConstraint(
                name="push_failing_iff_failures",
                condition=Q(failures=0, failing_since=None) | Q(failures__gt=0, failing_since__isnull=False),
            ),
            models.CheckConstraint(
                name="push_only_active_is_due", condition=Q(due_at=None) | Q(state=ConnectionState.ACTIVE)
            ),
        ]
        indexes = [models.Index(name="push_active", fields=["provider"], condition=Q(state=ConnectionState.ACTIVE))]

    def __str__(self) -> str:
        return self.url


class PushDelivery(models.Model):
    """Movements from one number to another that are to be sent: once as they come, and again when a person says so."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(PushConnection, on_delete=models.PROTECT, related_name="deliveries")
    is_replay = models.BooleanField("yeniden gönderim", default=False)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    count = models.PositiveIntegerField("hareket")
    attempts = models.PositiveIntegerField("deneme", default=0)
    created_at = models.DateTimeField("oluşturma")
    delivered_at = models.DateTimeField("teslim", null=True)
    dropped_at = models.DateTimeField("vazgeçme", null=True)

    class Meta:
        verbose_name = "anlık bildirim"
        verbose_name_plural = "anlık bildirimler"
        constraints = [
            models.CheckConstraint(name="push_delivery_ordered", condition=Q(first_seq__lte=F("last_seq"))),
            models.CheckConstraint(name="push_delivery_not_empty", condition=Q(count__gt=0)),
            models.CheckConstraint(name="push_delivery_ends_once", condition=Q(delivered_at=None) | Q(dropped_at=None)),
            models.UniqueConstraint(
                name="push_delivery_one_waits",
                fields=["connection"],
                condition=Q(is_replay=False, delivered_at=None, dropped_at=None),
            ),
        ]
        indexes = [models.Index(name="push_delivery_log", fields=["connection", "-id"])]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """It still waits to be delivered."""
        return self.delivered_at is None and self.dropped_at is None


class PushAttempt(models.Model):
    """One POST of a delivery and what came of it."""

    delivery = models.ForeignKey(PushDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField("zaman")
    result = models.CharField("sonuç", max_length=12, choices=Result)
    status = models.PositiveSmallIntegerField("HTTP durumu", null=True)
    took_ms = models.PositiveIntegerField("süre (ms)")

    class Meta:
        verbose_name = "gönderim denemesi"
        verbose_name_plural = "gönderim denemeleri"
        constraints = [
            models.CheckConstraint(name="push_attempt_result_known", condition=Q(result__in=Result.values)),
            models.CheckConstraint(
                name="push_attempt_status_iff_answer",
                condition=Q(result__in=(Result.OK, Result.STATUS), status__isnull=False)
                | ~Q(result__in=(Result.OK, Result.STATUS)) & Q(status=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()} {self.status or ''}".strip()
