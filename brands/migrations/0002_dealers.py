import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import same_provider


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("brands", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="retailer",
            name="retailer_tax_number_digits",
        ),
        migrations.CreateModel(
            name="RetailerUpload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filename", models.CharField(max_length=255, verbose_name="dosya adı")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Onay bekliyor"),
                            ("applied", "Bayiler eklendi"),
                            ("withdrawn", "Vazgeçildi"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                ("rows_encrypted", models.BinaryField(null=True)),
                ("faults", models.JSONField(default=list, verbose_name="hatalar")),
                ("row_count", models.PositiveIntegerField(verbose_name="satır")),
                ("good_count", models.PositiveIntegerField(verbose_name="hatasız satır")),
                ("created_at", models.DateTimeField(verbose_name="yükleme")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="bitiş")),
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
                "verbose_name": "bayi dosyası",
                "verbose_name_plural": "bayi dosyaları",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="retailer",
            name="alias",
            field=models.CharField(
                blank=True, db_collation="turkish", default="", max_length=255, verbose_name="şube adı"
            ),
        ),
        migrations.AddField(
            model_name="retailer",
            name="mersis",
            field=models.CharField(blank=True, default="", max_length=16, verbose_name="MERSİS no"),
        ),
        migrations.AddField(
            model_name="retailer",
            name="mobile",
            field=models.CharField(blank=True, default="", max_length=16, verbose_name="cep telefonu"),
        ),
        migrations.AddField(
            model_name="retailer",
            name="name",
            field=models.CharField(
                blank=True, db_collation="turkish", default="", max_length=255, verbose_name="yetkili kişi"
            ),
        ),
        migrations.AddField(
            model_name="retailer",
            name="state",
            field=models.CharField(
                choices=[("active", "Aktif"), ("suspended", "Askıda"), ("passive", "Pasif")],
                default="active",
                max_length=10,
                verbose_name="durum",
            ),
        ),
        migrations.AddField(
            model_name="retailer",
            name="tax_tckn_encrypted",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="retailer",
            name="tckn_encrypted",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="retailer",
            name="tckn_hash",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="retailer",
            name="town_code",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="İlçe kodu"),
        ),
        migrations.AlterField(
            model_name="retailer",
            name="tax_number",
            field=models.CharField(blank=True, default="", max_length=10, verbose_name="vergi kimlik no"),
        ),
        same_provider("brands_retailerupload", "brand_id", "brands_brand"),
    ]
