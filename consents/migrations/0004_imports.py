import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import same_provider

# Rows that wait to be recorded, in the order of the consents' key. Not logged: after a crash of the server they are
# gone, their job says so, and the same file can be given again.
_ROWS = """
    CREATE UNLOGGED TABLE consent_import_row (
        provider_id bigint NOT NULL,
        job_id bigint NOT NULL,
        consent_at timestamptz,
        position integer NOT NULL,
        line integer NOT NULL,
        retailer_code integer,
        channel smallint NOT NULL,
        recipient_type smallint NOT NULL,
        status smallint NOT NULL,
        source smallint,
        recipient text COLLATE "C" NOT NULL,
        PRIMARY KEY (provider_id, job_id, position)
    )
"""

# A bad row: as it stood in the file (`cells`, JSON), or, where only the register refused it, as it was read.
_PROBLEMS = """
    CREATE TABLE consent_import_problem (
        provider_id bigint NOT NULL,
        job_id bigint NOT NULL,
        consent_at timestamptz,
        line integer NOT NULL,
        retailer_code integer,
        channel smallint,
        recipient_type smallint,
        status smallint,
        source smallint,
        recipient text COLLATE "C",
        cells text,
        codes text NOT NULL,
        PRIMARY KEY (provider_id, job_id, line),
        CONSTRAINT consent_import_problem_whole CHECK ((cells IS NULL) = (recipient IS NOT NULL)),
        CONSTRAINT consent_import_problem_codes CHECK (codes <> '')
    )
"""


class Migration(migrations.Migration):
    """Files of consents and their rows. See docs/adr/0037-bulk-import.md."""

    dependencies = [
        ("accounts", "0002_roles"),
        ("brands", "0004_dealers_whole"),
        ("consents", "0003_store"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="dosya adı")),
                ("sha256", models.CharField(max_length=64, verbose_name="özet (SHA-256)")),
                ("size", models.PositiveBigIntegerField(verbose_name="büyüklük (bayt)")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Sırada"),
                            ("checking", "Denetleniyor"),
                            ("ready", "Onayınızı bekliyor"),
                            ("applying", "Kaydediliyor"),
                            ("done", "Tamamlandı"),
                            ("refused", "Dosya okunamadı"),
                            ("cancelled", "Vazgeçildi"),
                            ("failed", "Durdu"),
                        ],
                        default="received",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                ("message", models.CharField(blank=True, default="", max_length=500, verbose_name="neden")),
                ("received_at", models.DateTimeField(verbose_name="alındı")),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="denetlendi")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="kayıt başladı")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="bitti")),
                ("row_count", models.PositiveIntegerField(default=0, verbose_name="okunan satır")),
                ("read_percent", models.PositiveSmallIntegerField(default=0, verbose_name="okunan yüzde")),
                ("problem_count", models.PositiveIntegerField(default=0, verbose_name="okunurken hatalı satır")),
                ("staged", models.PositiveIntegerField(default=0, verbose_name="kaydedilecek izin")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="işlenen izin")),
                ("new_count", models.PositiveIntegerField(default=0, verbose_name="yeni")),
                ("changed_count", models.PositiveIntegerField(default=0, verbose_name="değişen")),
                ("same_count", models.PositiveIntegerField(default=0, verbose_name="zaten böyle")),
                ("rejected_count", models.PositiveIntegerField(default=0, verbose_name="kaydedilemeyen")),
                ("failures", models.PositiveSmallIntegerField(default=0, verbose_name="art arda hata")),
                ("mends", models.JSONField(default=dict, verbose_name="düzeltmeler")),
                ("faults", models.JSONField(default=dict, verbose_name="hata kodları")),
                ("outlook", models.JSONField(default=dict, verbose_name="karşılaştırma")),
                ("sample_encrypted", models.BinaryField(null=True)),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="brands.brand",
                        verbose_name="marka",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="yükleyen",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.provider",
                        verbose_name="hizmet sağlayıcı",
                    ),
                ),
            ],
            options={
                "verbose_name": "toplu izin yüklemesi",
                "verbose_name_plural": "toplu izin yüklemeleri",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("received", "checking", "ready", "applying"))),
                        fields=("provider", "brand", "sha256"),
                        name="import_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["received", "checking", "ready", "applying", "done", "refused", "cancelled", "failed"],
                            )
                        ),
                        name="import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__lte", models.F("staged"))), name="import_position_within"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "position",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("new_count"), "+", models.F("changed_count")
                                        ),
                                        "+",
                                        models.F("same_count"),
                                    ),
                                    "+",
                                    models.F("rejected_count"),
                                ),
                            )
                        ),
                        name="import_counts_add_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state__in", ("done", "refused", "cancelled"))),
                            models.Q(
                                models.Q(("state__in", ("done", "refused", "cancelled")), _negated=True),
                                ("finished_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="import_finished_iff_over",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportPiece",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("content_encrypted", models.BinaryField()),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pieces", to="consents.importjob"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("job", "position"), name="import_piece_once"),
                ],
            },
        ),
        same_provider("consents_importjob", "brand_id", "brands_brand"),
        migrations.RunSQL([_ROWS, _PROBLEMS], ["DROP TABLE consent_import_row", "DROP TABLE consent_import_problem"]),
    ]
