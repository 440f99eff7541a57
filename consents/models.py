"""Consents: the current state, one row per (provider, recipient, brand, channel, recipient type), and its history.

The order of the current state's primary key is the design: all consents of an address lie together, so that a status
query, the address count and the page of one recipient are one index range. Both tables keep no foreign keys and have
the provider first in every key, so that they can be distributed by provider (docs/adr/0032-consent-store.md). Neither
is shown in admin.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import (
    IMPORT_OPEN,
    IMPORT_OVER,
    Channel,
    ConsentStatus,
    ImportState,
    RecipientType,
    Source,
    Way,
)


class Consent(models.Model):
    """One consent as it stands now. `recipient` is +90… or a lower-case ASCII e-mail address.

    `last_seq` is its newest event. The first record of a TACIR may lack source and date.
    """

    pk = models.CompositePrimaryKey("provider_id", "recipient", "brand_id", "channel", "recipient_type")
    provider_id = models.BigIntegerField()
    recipient = models.TextField(db_collation="C")
    brand_id = models.BigIntegerField()
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    status = models.SmallIntegerField(choices=ConsentStatus)
    consent_at = models.DateTimeField(null=True)
    source = models.SmallIntegerField(choices=Source, null=True)
    last_seq = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "consent"


class ConsentEvent(models.Model):
    """One movement of a consent, never changed: the history, the change feed and the audit trail of consents.

    `prev_seq` is the event before it of the same consent. Numbers are drawn by the database, under the lock of the
    provider: the order of `seq` is the order of the commits, and `created_at` never falls in it.
    """

    pk = models.CompositePrimaryKey("provider_id", "seq")
    provider_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    prev_seq = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    consent_at = models.DateTimeField(null=True)
    brand_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    retailer_code = models.IntegerField(null=True)
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    status = models.SmallIntegerField(choices=ConsentStatus)
    source = models.SmallIntegerField(choices=Source, null=True)
    way = models.SmallIntegerField(choices=Way)
    recipient = models.TextField(db_collation="C")

    class Meta:
        managed = False
        db_table = "consent_event"


class CitizenName(models.Model):
    """Who a citizen is that added a brand at the register's own place (IYS_WEB_YENI): beside the event, never in it.

    The name is what the change feed tells, and forgotten when the movement has left it. As with consents: no foreign
    keys, the provider first.
    """

    pk = models.CompositePrimaryKey("provider_id", "seq")
    provider_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    created_at = models.DateTimeField()
    name_encrypted = models.BinaryField()

    class Meta:
        managed = False
        db_table = "consent_citizen_name"


class RetailerAccess(models.Model):
    """A dealer (bayi) to whom a consent is open: one row per consent and dealer.

    The dealer that collected a consent has one from the moment of the movement that names it (a trigger writes it), and
    loses it when its access is taken away. As with consents: no foreign keys, the provider first.
    """

    pk = models.CompositePrimaryKey(
        "provider_id", "recipient", "brand_id", "channel", "recipient_type", "retailer_code"
    )
    provider_id = models.BigIntegerField()
    brand_id = models.BigIntegerField()
    retailer_code = models.IntegerField()
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    recipient = models.TextField(db_collation="C")

    class Meta:
        managed = False
        db_table = "consent_access"


class HolidayChange(models.Model):
    """A day on which Turkey's holidays differ from what the library knows: decided by administrators."""

    day = models.DateField("gün", unique=True)
    is_holiday = models.BooleanField(
        "tatil", default=True, help_text="İşaretli: o gün tatildir. İşaretsiz: takvimde tatil görünse de iş günüdür."
    )
    name = models.CharField("açıklama", max_length=100, help_text="Örneğin “Ramazan Bayramı 1. gün” ya da kararın adı.")

    class Meta:
        verbose_name = "tatil düzeltmesi"
        verbose_name_plural = "tatil düzeltmeleri"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%d.%m.%Y} {self.name}"


class ImportJob(models.Model):
    """A file of consents for one brand: read, compared with what is recorded, then recorded in chunks.

    Its good rows wait in blocks, newest row of a key only, in the order of the keys; `staged` is how many they are,
    `position` how many of them were judged and recorded or rejected. Bad rows are kept in `consent_import_problem`.
    `mends` and `faults` count by name and by İYS's code, `outlook` is the comparison that was made before,
    `compared_seq` the provider's newest event by then (later: by the last chunk, None once others wrote in between),
    `sample_encrypted` the first rows as the person sees them.

    A file with another head than the template's waits (`mapping`) until the person says which column is which:
    `head_encrypted` is its first line with a few rows, `mapping` the choice, found again by `head_hash`.
    """

    provider = models.ForeignKey(Provider, verbose_name="hizmet sağlayıcı", on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, verbose_name="marka", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, verbose_name="yükleyen", on_delete=models.PROTECT, related_name="+")
    filename = models.CharField("dosya adı", max_length=255)
    sha256 = models.CharField("özet (SHA-256)", max_length=64)
    size = models.PositiveBigIntegerField("büyüklük (bayt)")
    state = models.CharField("durum", max_length=10, choices=ImportState, default=ImportState.RECEIVED)
    message = models.CharField("neden", max_length=500, default="", blank=True)
    received_at = models.DateTimeField("alındı")
    checked_at = models.DateTimeField("denetlendi", null=True, blank=True)
    started_at = models.DateTimeField("kayıt başladı", null=True, blank=True)
    finished_at = models.DateTimeField("bitti", null=True, blank=True)
    row_count = models.PositiveIntegerField("okunan satır", default=0)
    read_percent = models.PositiveSmallIntegerField("okunan yüzde", default=0)
    problem_count = models.PositiveIntegerField("okunurken hatalı satır", default=0)
    staged = models.PositiveIntegerField("kaydedilecek izin", default=0)
    position = models.PositiveIntegerField("işlenen izin", default=0)
    new_count = models.PositiveIntegerField("yeni", default=0)
    changed_count = models.PositiveIntegerField("değişen", default=0)
    same_count = models.PositiveIntegerField("zaten böyle", default=0)
    rejected_count = models.PositiveIntegerField("kaydedilemeyen", default=0)
    failures = models.PositiveSmallIntegerField("art arda hata", default=0)
    mends = models.JSONField("düzeltmeler", default=dict)
    faults = models.JSONField("hata kodları", default=dict)
    outlook = models.JSONField("karşılaştırma", default=dict)
    compared_seq = models.BigIntegerField(null=True, editable=False)
    sample_encrypted = models.BinaryField(null=True)
    head_encrypted = models.BinaryField(null=True)
    head_hash = models.CharField(max_length=64, default="", blank=True, db_default="", editable=False)
    mapping = models.JSONField("sütunlar", default=dict, db_default=Value({}, output_field=models.JSONField()))

    class Meta:
        verbose_name = "toplu izin yüklemesi"
        verbose_name_plural = "toplu izin yüklemeleri"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="import_open_once", fields=["provider", "brand", "sha256"], condition=Q(state__in=IMPORT_OPEN)
            ),
            models.CheckConstraint(name="import_state_known", condition=Q(state__in=ImportState.values)),
            models.CheckConstraint(name="import_position_within", condition=Q(position__lte=F("staged"))),
            models.CheckConstraint(
                name="import_counts_add_up",
                condition=Q(
                    position=F("new_count") + F("changed_count") + F("same_count") + F("rejected_count"),
                ),
            ),
            models.CheckConstraint(
                name="import_finished_iff_over",
                condition=Q(state__in=IMPORT_OVER, finished_at__isnull=False)
                | ~Q(state__in=IMPORT_OVER) & Q(finished_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def written(self) -> int:
        """Consents that were recorded, up to now."""
        return self.new_count + self.changed_count

    @property
    def bad_count(self) -> int:
        """Rows that were not recorded, up to now; before the recording, those that would not be."""
        if self.started_at is None:
            refused: dict[str, int] = self.outlook.get("codes", {})
            return self.problem_count + sum(refused.values())
        return self.problem_count + self.rejected_count


class ImportPiece(models.Model):
    """A part of a file of consents, encrypted by itself, so that no file has to be in memory as a whole."""

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="pieces")
    position = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="import_piece_once")]


class ImportBlock(models.Model):
    """Good rows of a file that wait to be recorded: the `size` ones that come after `after` others, encrypted."""

    job = models.ForeignKey(ImportJob, on_delete=models.PROTECT, related_name="blocks")
    after = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "after"], name="import_block_once"),
            models.CheckConstraint(name="import_block_holds", condition=Q(size__gt=0)),
        ]


class ConsentBatch(models.Model):
    """A list of consents that a program sent: accepted at once, recorded by a worker, in the order of `number`.

    The address of its results is `request_id`. `repeats`: what was recorded before, word by word, counts as recorded
    again (v2). While it waits it holds its consents as COPY reads them (`items`) and how many there are of each kind
    (`waiting`); recorded, each is a row of its own. Kept for 60 days, as İYS keeps them
    (docs/adr/0040-consents-over-the-api.md).
    """

    pk = models.CompositePrimaryKey("provider_id", "number")
    provider_id = models.BigIntegerField()
    number = models.BigIntegerField()
    request_id = models.UUIDField()
    brand_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    size = models.SmallIntegerField()
    failures = models.SmallIntegerField(default=0)
    repeats = models.BooleanField()
    items = models.TextField(null=True)  # noqa: DJ001  (no text is none at all)
    waiting = ArrayField(models.SmallIntegerField(), null=True)

    class Meta:
        managed = False
        db_table = "consent_batch"


class ConsentBatchItem(models.Model):
    """One consent of a batch that was recorded, and what came of it.

    `seq` is the event that it became, or, where `is_repeat`, the one that had said the same before; `codes` are
    İYS's reasons against it, with commas between them. It has one of both.
    """

    pk = models.CompositePrimaryKey("provider_id", "number", "position")
    provider_id = models.BigIntegerField()
    number = models.BigIntegerField()
    position = models.SmallIntegerField()
    seq = models.BigIntegerField(null=True)
    consent_at = models.DateTimeField(null=True)
    retailer_code = models.IntegerField(null=True)
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    status = models.SmallIntegerField(choices=ConsentStatus)
    source = models.SmallIntegerField(choices=Source, null=True)
    is_repeat = models.BooleanField(default=False)
    recipient = models.TextField(db_collation="C")
    codes = models.TextField(default="")

    class Meta:
        managed = False
        db_table = "consent_batch_item"
