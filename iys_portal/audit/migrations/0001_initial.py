import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from iys_portal.audit.database import APPEND_ONLY_FUNCTION, append_only, create_turkish_collation


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        BtreeGistExtension(),
        migrations.RunPython(create_turkish_collation, migrations.RunPython.noop),
        APPEND_ONLY_FUNCTION,
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="zaman"),
                ),
                ("actor_id", models.BigIntegerField(null=True, verbose_name="kişi no")),
                ("actor_name", models.CharField(default="Sistem", max_length=150, verbose_name="kişi")),
                ("provider_id", models.BigIntegerField(null=True, verbose_name="hizmet sağlayıcı no")),
                ("object_type", models.CharField(max_length=50, verbose_name="nesne türü")),
                ("object_id", models.CharField(max_length=64, verbose_name="nesne")),
                ("action", models.CharField(max_length=60, verbose_name="İşlem")),
                ("reason", models.TextField(default="", verbose_name="gerekçe")),
                (
                    "detail",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="ayrıntı"
                    ),
                ),
                ("request_id", models.CharField(default="", max_length=64, verbose_name="İstek no")),
            ],
            options={
                "verbose_name": "denetim kaydı",
                "verbose_name_plural": "denetim kayıtları",
                "indexes": [
                    models.Index(fields=["provider_id", "object_type", "object_id", "id"], name="audit_event_of_object")
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seal", to="audit.auditevent"
                    ),
                ),
            ],
            options={
                "verbose_name": "denetim mührü",
                "verbose_name_plural": "denetim mühürleri",
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=60, verbose_name="konu")),
                ("payload", models.JSONField(default=dict, verbose_name="İçerik")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="sıradaki deneme"
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="deneme")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="bitiş")),
                ("failed_at", models.DateTimeField(blank=True, null=True, verbose_name="vazgeçme")),
                ("last_error", models.TextField(blank=True, default="", verbose_name="son hata")),
            ],
            options={
                "verbose_name": "bekleyen iş",
                "verbose_name_plural": "bekleyen işler",
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None), ("failed_at", None)),
                        fields=["due_at"],
                        name="outbox_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("done_at", None), ("failed_at", None), _connector="OR"),
                        name="outbox_done_or_failed",
                    )
                ],
            },
        ),
        append_only("audit_auditevent"),
        append_only("audit_auditseal"),
    ]
