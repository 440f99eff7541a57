import django.db.models.deletion
import django.db.models.functions.datetime
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def date_campaigns(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Campaigns ran from the first day of their tariff until now."""
    tariffs = apps.get_model("packages", "Tariff").objects.exclude(campaign_gross=None)
    tariffs.update(campaign_from=models.F("valid_from"))
    tariffs.filter(campaign_gross=0).update(campaign_text="geçici süreyle ücretsiz")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("packages", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_id", models.BigIntegerField()),
                ("phones", models.IntegerField()),
                ("emails", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["provider_id"], name="address_delta_of_provider"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressUsage",
            fields=[
                (
                    "provider",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.provider",
                    ),
                ),
                ("phones", models.PositiveIntegerField(default=0, verbose_name="telefon")),
                ("emails", models.PositiveIntegerField(default=0, verbose_name="e-posta")),
                (
                    "folded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="güncelleme"
                    ),
                ),
            ],
            options={
                "verbose_name": "adres sayısı",
                "verbose_name_plural": "adres sayıları",
            },
        ),
        migrations.CreateModel(
            name="AddressUsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="gün")),
                ("phones", models.PositiveIntegerField(verbose_name="telefon")),
                ("emails", models.PositiveIntegerField(verbose_name="e-posta")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.provider"
                    ),
                ),
            ],
            options={
                "verbose_name": "günlük adres sayısı",
                "verbose_name_plural": "günlük adres sayıları",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "day"), name="address_usage_once_a_day"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("expires-30", "30 gün kaldı"),
                            ("expires-7", "7 gün kaldı"),
                            ("expires-1", "1 gün kaldı"),
                            ("expired", "Süresi doldu"),
                            ("usage-80", "Adres sınırının %80'i"),
                            ("usage-95", "Adres sınırının %95'i"),
                            ("usage-100", "Adres sınırı doldu"),
                        ],
                        max_length=20,
                        verbose_name="tür",
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.provider"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="packages.subscription"
                    ),
                ),
            ],
            options={
                "verbose_name": "abonelik bildirimi",
                "verbose_name_plural": "abonelik bildirimleri",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "subscription", "kind"), name="notice_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "expires-30",
                                    "expires-7",
                                    "expires-1",
                                    "expired",
                                    "usage-80",
                                    "usage-95",
                                    "usage-100",
                                ],
                            )
                        ),
                        name="notice_kind_known",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="subscription",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="durdurma"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="campaign_from",
            field=models.DateField(blank=True, null=True, verbose_name="kampanyanın ilk günü"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="campaign_text",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="kampanya metni"),
        ),
        migrations.AddField(
            model_name="tariff",
            name="campaign_to",
            field=models.DateField(blank=True, null=True, verbose_name="kampanyanın son günü"),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "paused"), models.Q(("paused_at", None), _negated=True)),
                    models.Q(models.Q(("state", "paused"), _negated=True), ("paused_at", None)),
                    _connector="OR",
                ),
                name="subscription_paused_has_instant",
            ),
        ),
        migrations.RunPython(date_campaigns, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("campaign_from", None), ("campaign_gross", None), ("campaign_text", ""), ("campaign_to", None)
                    ),
                    models.Q(
                        models.Q(("campaign_gross", None), _negated=True),
                        models.Q(("campaign_from", None), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tariff_campaign_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("campaign_from", None),
                    models.Q(
                        ("campaign_from__gte", models.F("valid_from")),
                        models.Q(("valid_to", None), ("campaign_from__lte", models.F("valid_to")), _connector="OR"),
                        models.Q(
                            ("campaign_to", None), ("campaign_to__gte", models.F("campaign_from")), _connector="OR"
                        ),
                        models.Q(
                            ("campaign_to", None),
                            ("valid_to", None),
                            ("campaign_to__lte", models.F("valid_to")),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="tariff_campaign_within",
            ),
        ),
    ]
