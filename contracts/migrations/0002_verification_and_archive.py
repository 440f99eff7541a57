from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from iys_portal.shared import codes


def give_codes(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    documents = apps.get_model("contracts", "SignedDocument").objects
    for document in documents.filter(verification_code="").only("pk").iterator():
        documents.filter(pk=document.pk).update(verification_code=codes.random_glyphs(16))


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="contracttext", name="contract_text_kind_known"),
        migrations.AlterField(
            model_name="contracttext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("services", "İLETİ Hizmetleri Satış Sözleşmesi"),
                    ("information", "Ön Bilgilendirme Formu"),
                ],
                max_length=20,
                verbose_name="tür",
            ),
        ),
        migrations.AddConstraint(
            model_name="contracttext",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["services", "information"])), name="contract_text_kind_known"
            ),
        ),
        migrations.AddField(
            model_name="signeddocument",
            name="archived_at",
            field=models.DateTimeField(null=True, verbose_name="uzun süreli arşiv (B-LTA)"),
        ),
        migrations.AddField(
            model_name="signeddocument",
            name="problem",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="sorun"),
        ),
        migrations.AddField(
            model_name="signeddocument",
            name="verification_code",
            field=models.CharField(db_collation="C", default="", max_length=16, verbose_name="doğrulama kodu"),
            preserve_default=False,
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="signeddocument",
            name="verification_code",
            field=models.CharField(db_collation="C", max_length=16, unique=True, verbose_name="doğrulama kodu"),
        ),
        migrations.AddConstraint(
            model_name="signeddocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("archived_at", None), ("state", "timestamped"), _connector="OR"),
                name="document_archived_has_stamp",
            ),
        ),
        migrations.AddConstraint(
            model_name="signeddocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("verification_code__regex", "^[34679ACDEFHJKMNPRTUVWXY]{16}$")),
                name="document_code_glyphs",
            ),
        ),
    ]
