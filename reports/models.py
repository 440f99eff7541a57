"""Reports: the daily roll-up of the movements of consents, and where it stands.

Rows of the roll-up are sums of `consent_event`; they keep no foreign keys and have the provider first in every key,
like the events themselves, and are not shown in admin (docs/adr/0043-daily-roll-up.md). Days are Istanbul's, by the
instant in which a movement was recorded.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership, Person, Provider
from brands.models import Brand
from consents.enums import Channel, RecipientType
from partners.models import Partner
from reports.enums import CHOSEN, ComparisonState, DifferenceKind, DocumentState, FileState, Rhythm
from reports.pictures.period import Period
from reports.pictures.scope import Scope


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
    """A day on which a provider had movements: within which numbers they lie, and what came after the day's end.

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
        indexes = [models.Index(fields=["day"], name="report_day_of_all")]
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


class ConsentAge(models.Model):
    """How many consents of a brand that are approvals now were given in one month, as of the last count.

    `month` is 12 × year + month − 1, in Istanbul; 0: a merchant's first record without a date.
    """

    pk = models.CompositePrimaryKey("provider_id", "brand_id", "channel", "month")
    provider_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    month = models.IntegerField("ay")
    approvals = models.IntegerField("onay")
    channel = models.SmallIntegerField(choices=Channel)

    class Meta:
        constraints = [
            models.CheckConstraint(name="consent_age_counts", condition=Q(month__gte=0, approvals__gt=0)),
        ]


class ConsentAgeCount(models.Model):
    """When the approvals of a provider were counted by their age, and up to which of its events."""

    provider_id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    counted_at = models.DateTimeField("sayıldı")


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


class DailyFile(models.Model):
    """The file of a brand's movements of one day (docs/adr/0044-daily-files.md); its bytes lie in encrypted pieces.

    A day that was corrected after its file had been made has a further revision; no revision is ever changed. `stamp`
    is the RFC 3161 answer over `sha384`; while no authority gave one, `stamp_trouble` says why.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="+")
    day = models.DateField("gün")
    revision = models.PositiveSmallIntegerField("sürüm", default=1)
    state = models.CharField("durum", max_length=10, choices=FileState, default=FileState.QUEUED)
    message = models.CharField("neden", max_length=200, default="", blank=True)
    last_seq = models.BigIntegerField()
    rows = models.PositiveIntegerField("hareket", default=0)
    size = models.PositiveBigIntegerField("büyüklük (bayt)", default=0)
    sha384 = models.CharField("özet (SHA-384)", max_length=96, default="", blank=True)
    asked_at = models.DateTimeField("hazırlanması istendi")
    made_at = models.DateTimeField("hazırlandı", null=True, blank=True)
    stamp = models.BinaryField(null=True)
    stamped_at = models.DateTimeField("zaman damgası", null=True, blank=True)
    stamp_is_test = models.BooleanField("test zaman damgası", default=False)
    stamp_trouble = models.CharField("zaman damgası sorunu", max_length=200, default="", blank=True)
    agreed_at = models.DateTimeField("mutabakat", null=True, blank=True)
    agreed_by = models.ForeignKey(
        Person, verbose_name="mutabık kalan", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    agreed_partner = models.ForeignKey(
        Partner,
        verbose_name="mutabık kalan iş ortağı",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = "günlük dosya"
        verbose_name_plural = "günlük dosyalar"
        ordering = ["-day", "-pk"]
        indexes = [
            models.Index(fields=["provider", "day"], name="daily_file_day"),
            models.Index(fields=["provider", "made_at"], name="daily_file_unstamped", condition=Q(stamp=None)),
            models.Index(fields=["provider", "day"], name="daily_file_failed", condition=Q(state=FileState.ERROR)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "brand", "day", "revision"], name="daily_file_once"),
            models.CheckConstraint(name="daily_file_state_known", condition=Q(state__in=FileState.values)),
            models.CheckConstraint(
                name="daily_file_made_iff_completed",
                condition=Q(state=FileState.COMPLETED, made_at__isnull=False, sha384__regex="^[0-9a-f]{96}$")
                | ~Q(state=FileState.COMPLETED) & Q(made_at=None, sha384=""),
            ),
            models.CheckConstraint(
                name="daily_file_stamp_whole",
                condition=Q(stamp=None, stamped_at=None)
                | Q(stamp__isnull=False, stamped_at__isnull=False, made_at__isnull=False),
            ),
            models.CheckConstraint(
                name="daily_file_agreed_when_made", condition=Q(agreed_at=None) | Q(made_at__isnull=False)
            ),
            models.CheckConstraint(
                name="daily_file_partner_agrees_by_somebody",
                condition=Q(agreed_partner=None) | Q(agreed_at__isnull=False, agreed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand.code} {self.day:%d.%m.%Y}"

    @property
    def filename(self) -> str:
        """The name under which the file is saved."""
        revision = f"-surum-{self.revision}" if self.revision > 1 else ""
        return f"{self.brand.code}-{self.day:%Y-%m-%d}{revision}"


class DailyFilePiece(models.Model):
    """A part of a daily file, packed and encrypted by itself: no file has to be in memory as a whole."""

    file = models.ForeignKey(DailyFile, on_delete=models.PROTECT, related_name="pieces")
    position = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="daily_file_piece_once")]


class Comparison(models.Model):
    """Somebody's own file of a day, compared with ours, row by row; kept for a while, the file only till then.

    `partner` is whose file it is, where it is not the provider's own: each sees the comparisons with its own files.
    """

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT)
    file = models.ForeignKey(DailyFile, on_delete=models.PROTECT, related_name="comparisons")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", null=True)
    filename = models.CharField("dosya adı", max_length=255)
    sha384 = models.CharField("özet (SHA-384)", max_length=96)
    state = models.CharField("durum", max_length=10, choices=ComparisonState, default=ComparisonState.WAITING)
    message = models.CharField("neden", max_length=500, default="", blank=True)
    sent_at = models.DateTimeField("yüklendi")
    finished_at = models.DateTimeField("bitti", null=True, blank=True)
    row_count = models.PositiveIntegerField("satır", default=0)
    only_ours = models.PositiveIntegerField(default=0)
    only_theirs = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    notes = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(name="comparison_state_known", condition=Q(state__in=ComparisonState.values)),
            models.CheckConstraint(
                name="comparison_finished_iff_over",
                condition=Q(state=ComparisonState.WAITING, finished_at=None)
                | ~Q(state=ComparisonState.WAITING) & Q(finished_at__isnull=False),
            ),
        ]

    @property
    def different(self) -> int:
        """How many rows differ in any way."""
        return self.only_ours + self.only_theirs + self.changed


class ComparisonPiece(models.Model):
    """A part of a file that waits for its comparison, encrypted by itself."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="pieces")
    position = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comparison", "position"], name="comparison_piece_once")]


class Difference(models.Model):
    """A row that differs: as we have it, as their file has it."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="differences")
    position = models.PositiveIntegerField()
    kind = models.SmallIntegerField(choices=DifferenceKind)
    ours = models.TextField(default="")
    theirs = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "position"], name="comparison_difference_once"),
            models.CheckConstraint(
                name="difference_says_both_sides",
                condition=Q(kind=DifferenceKind.ONLY_OURS, theirs="") & ~Q(ours="")
                | Q(kind=DifferenceKind.ONLY_THEIRS, ours="") & ~Q(theirs="")
                | Q(kind=DifferenceKind.CHANGED) & ~Q(ours="") & ~Q(theirs=""),
            ),
        ]


class ReportDocument(models.Model):
    """The report of a provider's week, month or chosen days as a PDF, made of the figures that `version` stands for.

    `rhythm` is CHOSEN for chosen days, which may be of one brand; the days are `first` to `last`, both included.
    `content` is the one made last, which stays while a newer is being made. `findings` are its sentences, for the
    e-mail. `mailing_at` says when its e-mails were asked for, which happens once (docs/adr/0054-reports-by-e-mail.md).
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    rhythm = models.CharField("dönem", max_length=5, choices=[*Rhythm.choices, (CHOSEN, "Seçilen günler")])
    first = models.DateField("İlk gün")
    last = models.DateField("Son gün")
    brand = models.ForeignKey(
        Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    state = models.CharField("durum", max_length=10, choices=DocumentState, default=DocumentState.WAITING)
    message = models.CharField("neden", max_length=200, default="", blank=True)
    version = models.CharField("veri sürümü", max_length=64, default="", blank=True)
    asked_at = models.DateTimeField("hazırlanması istendi", null=True, blank=True)
    made_at = models.DateTimeField("hazırlandı", null=True, blank=True)
    mailing_at = models.DateTimeField("e-postaları istendi", null=True, blank=True)
    findings = models.JSONField(default=list)
    content = models.BinaryField(null=True)

    class Meta:
        verbose_name = "rapor belgesi"
        verbose_name_plural = "rapor belgeleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "rhythm", "first", "last", "brand"],
                name="report_document_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="report_document_rhythm_known", condition=Q(rhythm__in=[*Rhythm.values, CHOSEN])
            ),
            models.CheckConstraint(name="report_document_days_in_order", condition=Q(first__lte=F("last"))),
            models.CheckConstraint(
                name="report_document_chosen_alone_has_brand", condition=Q(rhythm=CHOSEN) | Q(brand=None)
            ),
            models.CheckConstraint(name="report_document_state_known", condition=Q(state__in=DocumentState.values)),
            models.CheckConstraint(
                name="report_document_whole",
                condition=Q(content=None, made_at=None, version="")
                | Q(content__isnull=False, made_at__isnull=False) & ~Q(version=""),
            ),
            models.CheckConstraint(
                name="report_document_ready_has_content",
                condition=~Q(state=DocumentState.READY) | Q(content__isnull=False),
            ),
            models.CheckConstraint(
                name="report_document_failed_says_why", condition=~Q(state=DocumentState.FAILED) | ~Q(message="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rhythm_display()}: {self.scope.period.words}"

    @property
    def scope(self) -> Scope:
        """What the report is about."""
        return Scope(self.rhythm, Period(self.first, self.last), self.brand)


class ReportSubscription(models.Model):
    """Somebody who acts for a provider wants its report by e-mail; the row goes when they do not any more."""

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    membership = models.ForeignKey(Membership, verbose_name="yetki", on_delete=models.PROTECT, related_name="+")
    rhythm = models.CharField("dönem", max_length=5, choices=Rhythm)
    started_at = models.DateTimeField("başlangıç")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "membership", "rhythm"], name="report_subscription_once"),
            models.CheckConstraint(name="report_subscription_rhythm_known", condition=Q(rhythm__in=Rhythm.values)),
        ]
        indexes = [models.Index(fields=["rhythm", "provider"], name="report_subscription_due")]
