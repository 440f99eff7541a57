import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import packages.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Package",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=30, unique=True, verbose_name="adres adı")),
                ("name", models.CharField(max_length=30, verbose_name="ad")),
                ("heading", models.CharField(max_length=30, verbose_name="başlık")),
                ("addresses", models.CharField(max_length=40, verbose_name="adres sayısı metni")),
                ("min_addresses", models.PositiveIntegerField(default=0, verbose_name="en az adres")),
                ("max_addresses", models.PositiveIntegerField(blank=True, null=True, verbose_name="en çok adres")),
                ("has_integration", models.BooleanField(default=True, verbose_name="entegrasyon modülü")),
                ("by_offer", models.BooleanField(default=False, verbose_name="teklifle satılır")),
                ("position", models.PositiveSmallIntegerField(unique=True, verbose_name="sıra")),
                ("on_sale", models.BooleanField(default=True, verbose_name="satışta")),
            ],
            options={
                "verbose_name": "paket",
                "verbose_name_plural": "paketler",
                "ordering": ["position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_addresses", None), ("max_addresses__gte", models.F("min_addresses")), _connector="OR"
                        ),
                        name="package_bounds_ordered",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Aktif"),
                            ("paused", "Durduruldu"),
                            ("expired", "Süresi doldu"),
                            ("closed", "Kapatıldı"),
                        ],
                        default="active",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="başlangıç")),
                ("ends_at", models.DateTimeField(verbose_name="bitiş")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="sona erme")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="packages.package", verbose_name="paket"
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
                "verbose_name": "abonelik",
                "verbose_name_plural": "abonelikler",
                "ordering": ["-starts_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="subscription_of_provider"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "paused", "expired", "closed"])),
                        name="subscription_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="subscription_ends_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", frozenset(["active", "paused"]))),
                            models.Q(
                                models.Q(("state__in", frozenset(["active", "paused"])), _negated=True),
                                models.Q(("ended_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_ended_iff_over",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state__in", frozenset(["active", "paused"]))),
                        expressions=[
                            ("provider", "="),
                            (
                                packages.models.InstantRange(
                                    "starts_at", "ends_at", django.contrib.postgres.fields.ranges.RangeBoundary()
                                ),
                                "&&",
                            ),
                        ],
                        name="subscription_one_live",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(verbose_name="İlk gün")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="son gün")),
                ("net", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="net")),
                ("kdv_rate", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="KDV oranı (%)")),
                ("kdv", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="KDV")),
                (
                    "gross",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="liste fiyatı (KDV dahil)"),
                ),
                (
                    "campaign_gross",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        verbose_name="kampanya fiyatı (KDV dahil)",
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tariffs",
                        to="packages.package",
                        verbose_name="paket",
                    ),
                ),
            ],
            options={
                "verbose_name": "tarife",
                "verbose_name_plural": "tarifeler",
                "ordering": ["package__position", "valid_from"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(models.F("net"), "+", models.F("kdv")),
                            )
                        ),
                        name="tariff_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kdv__gte", 0), ("kdv_rate__gte", 0), ("kdv_rate__lt", 100), ("net__gte", 0)
                        ),
                        name="tariff_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("campaign_gross", None),
                            models.Q(("campaign_gross__gte", 0), ("campaign_gross__lte", models.F("gross"))),
                            _connector="OR",
                        ),
                        name="tariff_campaign_lower",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="tariff_days_ordered",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("package", "="),
                            (
                                packages.models.DateRange(
                                    "valid_from",
                                    "valid_to",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True),
                                ),
                                "&&",
                            ),
                        ],
                        name="tariff_no_overlap",
                        violation_error_message="Bu paketin aynı günleri kapsayan başka bir tarifesi var.",
                    ),
                ],
            },
        ),
    ]
