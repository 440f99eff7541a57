"""Reports: the daily roll-up of the movements of consents, and where it stands.

Rows of the roll-up are sums of `consent_event`; they keep no foreign keys and have the provider first in every key,
like the events themselves, and are not shown in admin (docs/adr/0043-daily-roll-up.md). Days are Istanbul's, by the
instant in which a movement was recorded.
"""

from django.db import models
from django.db.models import F, Q

from consents.enums import Channel, RecipientType


class DailyCount(models.Model):
    """How many movements of one kind a brand had on one day. `source` 0: a merchant's first record without one.

    `first_records` are those of the movements that were the first of their consent.
    """

    pk = models.CompositePrimaryKey("provider_id", "day", "brand_id", "channel", "recipient_type", "source")
    provider_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    day = models.DateField("gün")
    approvals = models.IntegerField("onay")
    refusals = models.IntegerField("ret")
    pending = models.IntegerField("bekliyor")
    first_records = models.IntegerField("ilk kayıt")
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    source = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="daily_count_not_negative",
                condition=Q(approvals__gte=0, refusals__gte=0, pending__gte=0, first_records__gte=0),
            ),
            models.CheckConstraint(
                name="daily_count_of_something",
                condition=Q(approvals__gt=0) | Q(refusals__gt=0) | Q(pending__gt=0),
            ),
            models.CheckConstraint(
                name="daily_count_first_records_within",
                condition=Q(first_records__lte=F("approvals") + F("refusals") + F("pending")),
            ),
        ]


class RefusalDelay(models.Model):
    """How many refusals that the provider took itself were recorded on a day, by how many days after they were given.

    Calendar days: how many of them were business days, the calendar says when it is read.
    """

    pk = models.CompositePrimaryKey("provider_id", "day", "brand_id", "channel", "delay_days")
    provider_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    day = models.DateField("gün")
    delay_days = models.IntegerField("gecikme (gün)")
    refusals = models.IntegerField("ret")
    channel = models.SmallIntegerField(choices=Channel)

    class Meta:
        constraints = [
            models.CheckConstraint(name="refusal_delay_counts", condition=Q(delay_days__gte=0, refusals__gt=0)),
        ]


class ReportDay(models.Model):
    """A day on which a provider had movements: between which numbers they lie, and what came after the day's end.

    `late_movements` were recorded after the day had been closed; `corrected_at` says when its figures changed last.
    """

    pk = models.CompositePrimaryKey("provider_id", "day")
    provider_id = models.BigIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    corrected_at = models.DateTimeField("düzeltildi", null=True)
    day = models.DateField("gün")
    movements = models.IntegerField("hareket")
    late_movements = models.IntegerField("sonradan eklenen", default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="report_day_in_order", condition=Q(first_seq__lte=F("last_seq"))),
            models.CheckConstraint(
                name="report_day_counts",
                condition=Q(movements__gt=0, late_movements__gte=0, late_movements__lte=F("movements")),
            ),
            models.CheckConstraint(
                name="report_day_late_is_corrected", condition=Q(late_movements=0) | Q(corrected_at__isnull=False)
            ),
        ]


class RollUp(models.Model):
    """Up to which of its events a provider's movements are in the roll-up."""

    provider_id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    rolled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="roll_up_not_negative", condition=Q(seq__gte=0))]


class ClosedDay(models.Model):
    """A day whose figures were complete: what is recorded for it later corrects it, and is said to."""

    day = models.DateField("gün", primary_key=True)
    closed_at = models.DateTimeField("kapandı")
