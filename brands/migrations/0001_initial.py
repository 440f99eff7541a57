import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from iys_portal.audit.database import same_provider


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.PositiveIntegerField(unique=True, verbose_name="marka kodu")),
                ("name", models.CharField(db_collation="turkish", max_length=255, verbose_name="marka adı")),
                ("is_master", models.BooleanField(default=False, verbose_name="ana marka")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Aktif"), ("passive", "Pasif")],
                        default="active",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
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
                "verbose_name": "marka",
                "verbose_name_plural": "markalar",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="brand_of_provider"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_master", True)), fields=("provider",), name="brand_one_master"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "passive"])), name="brand_state_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Retailer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.PositiveIntegerField(unique=True, verbose_name="bayi kodu")),
                ("title", models.CharField(db_collation="turkish", max_length=255, verbose_name="bayi unvanı")),
                (
                    "tax_number",
                    models.CharField(
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator("^\\d{10}$", "Vergi Kimlik Numarası geçersiz.")
                        ],
                        verbose_name="vergi kimlik no",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retailers",
                        to="brands.brand",
                        verbose_name="marka",
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
                "verbose_name": "bayi",
                "verbose_name_plural": "bayiler",
                "ordering": ["title"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="retailer_of_provider"),
                    models.CheckConstraint(
                        condition=models.Q(("code__range", (10000000, 99999999))), name="retailer_code_digits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tax_number__regex", "^[0-9]{10}$")), name="retailer_tax_number_digits"
                    ),
                ],
            },
        ),
        same_provider("brands_retailer", "brand_id", "brands_brand"),
    ]
