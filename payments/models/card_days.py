"""The daily comparison of card money with the gateways' own reports: which days were compared, what disagrees."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Person
from payments.enums import CardMovement, DifferenceKind
from payments.models.cards import CardAttempt


class CardDay(models.Model):
    """An Istanbul day of a gateway: when its report was last compared with our rows, and both sides' figures.

    `ours_*` and `theirs_*` are counts and sums (TRY) of what was taken; `*_back_*` of what was given back. They may
    differ at midnight without a difference: our instant of a capture is a little later than the bank's.
    `compared_at` is empty, or old, while the gateway does not answer (`problem`).
    """

    gateway = models.CharField("ödeme kuruluşu", max_length=30)
    day = models.DateField("gün")
    asked_at = models.DateTimeField("son deneme")
    compared_at = models.DateTimeField("karşılaştırma", null=True)
    problem = models.CharField("sorun", max_length=200, blank=True, default="")
    ours_count = models.PositiveIntegerField("bizdeki çekim", default=0)
    ours_sum = models.DecimalField("bizdeki çekim tutarı", max_digits=14, decimal_places=2, default=0)
    ours_back_count = models.PositiveIntegerField("bizdeki iade", default=0)
    ours_back_sum = models.DecimalField("bizdeki iade tutarı", max_digits=14, decimal_places=2, default=0)
    theirs_count = models.PositiveIntegerField("bankadaki çekim", default=0)
    theirs_sum = models.DecimalField("bankadaki çekim tutarı", max_digits=14, decimal_places=2, default=0)
    theirs_back_count = models.PositiveIntegerField("bankadaki iade", default=0)
    theirs_back_sum = models.DecimalField("bankadaki iade tutarı", max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = "kart mutabakat günü"
        verbose_name_plural = "kart mutabakat günleri"
        ordering = ["-day", "gateway"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "day"], name="card_day_once"),
            models.CheckConstraint(
                name="card_day_compared_or_why_not", condition=~Q(compared_at=None) | ~Q(problem="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.day:%d.%m.%Y}"


class CardDifference(models.Model):
    """Something in which a gateway's report of a day and our own rows disagree, until an accountant settles it.

    `conversation_id` is the attempt's of a capture and the refund's key of money that went back. `ours` and
    `theirs` are TRY, but where `currency` says that the bank's figure is not. The system itself closes (`vanished`)
    what a later comparison does not find any more; whatever a person closes has a note.
    """

    gateway = models.CharField("ödeme kuruluşu", max_length=30)
    day = models.DateField("gün")
    kind = models.CharField("tür", max_length=15, choices=DifferenceKind)
    event = models.CharField("İşlem", max_length=20, choices=CardMovement)
    payment_id = models.CharField("ödeme no", max_length=64)
    conversation_id = models.CharField("İzleme no", max_length=64, blank=True, default="")
    attempt = models.ForeignKey(
        CardAttempt, verbose_name="kart denemesi", on_delete=models.PROTECT, null=True, related_name="differences"
    )
    ours = models.DecimalField("bizde", max_digits=12, decimal_places=2, null=True)
    theirs = models.DecimalField("bankada", max_digits=12, decimal_places=2, null=True)
    currency = models.CharField("bankadaki para birimi", max_length=3, default="TRY")
    found_at = models.DateTimeField("saptama", db_default=Now())
    closed_at = models.DateTimeField("kapatma", null=True)
    closed_by = models.ForeignKey(Person, verbose_name="kapatan", on_delete=models.PROTECT, null=True, related_name="+")
    vanished = models.BooleanField("kendiliğinden kapandı", default=False)
    note = models.TextField("açıklama", blank=True, default="")

    class Meta:
        verbose_name = "kart mutabakat farkı"
        verbose_name_plural = "kart mutabakat farkları"
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "day", "payment_id", "conversation_id", "event", "kind"], name="difference_once"
            ),
            models.CheckConstraint(name="difference_event_known", condition=Q(event__in=CardMovement.values)),
            models.CheckConstraint(
                name="difference_kind_has_its_figures",
                condition=Q(kind=DifferenceKind.MISSING_HERE, ours=None, theirs__isnull=False)
                | Q(kind=DifferenceKind.MISSING_THERE, ours__isnull=False, theirs=None)
                | Q(kind=DifferenceKind.AMOUNT, ours__isnull=False, theirs__isnull=False),
            ),
            models.CheckConstraint(
                name="difference_closed_by_somebody",
                condition=Q(closed_at=None, closed_by=None, vanished=False)
                | ~Q(closed_at=None) & ~Q(note="") & Q(closed_by__isnull=False, vanished=False)
                | ~Q(closed_at=None) & ~Q(note="") & Q(closed_by=None, vanished=True),
            ),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="difference_open", condition=Q(closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.day:%d.%m.%Y}: {self.get_kind_display()}"
