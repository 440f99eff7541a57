import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import partners.models
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("brands", "0001_initial"),
        ("partners", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name="GrantTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("partner", "İş ortağı"), ("intermediary", "Aracı hizmet sağlayıcı")],
                        max_length=12,
                        verbose_name="tür",
                    ),
                ),
                ("name", models.CharField(db_collation="turkish", max_length=60, verbose_name="ad")),
                ("name_key", models.CharField(editable=False, max_length=120)),
                ("agreement", models.BooleanField(default=False, verbose_name="Mutabakat Yönetimi")),
                (
                    "mesaj",
                    models.CharField(
                        choices=[("none", "Yok"), ("read", "Okuma"), ("write", "Okuma ve yazma")],
                        default="none",
                        max_length=5,
                        verbose_name="Mesaj İzinleri",
                    ),
                ),
                (
                    "arama",
                    models.CharField(
                        choices=[("none", "Yok"), ("read", "Okuma"), ("write", "Okuma ve yazma")],
                        default="none",
                        max_length=5,
                        verbose_name="Arama İzinleri",
                    ),
                ),
                (
                    "eposta",
                    models.CharField(
                        choices=[("none", "Yok"), ("read", "Okuma"), ("write", "Okuma ve yazma")],
                        default="none",
                        max_length=5,
                        verbose_name="E-posta İzinleri",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kaydeden",
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
                "verbose_name": "yetki şablonu",
                "verbose_name_plural": "yetki şablonları",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "kind", "name_key"), name="grant_template_one_name"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["partner", "intermediary"])), name="grant_template_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("arama__in", ["none", "read", "write"]),
                            ("eposta__in", ["none", "read", "write"]),
                            ("mesaj__in", ["none", "read", "write"]),
                        ),
                        name="grant_template_rights_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreement", True),
                            models.Q(("mesaj", "none"), _negated=True),
                            models.Q(("arama", "none"), _negated=True),
                            models.Q(("eposta", "none"), _negated=True),
                            _connector="OR",
                        ),
                        name="grant_template_not_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "intermediary"), _negated=True),
                            models.Q(
                                ("agreement", False),
                                models.Q(("mesaj", "write"), _negated=True),
                                models.Q(("arama", "write"), _negated=True),
                                models.Q(("eposta", "write"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="grant_template_intermediary_reads_only",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IntermediaryMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="başlangıç"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="bitiş")),
                (
                    "intermediary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="partners.intermediary",
                        verbose_name="aracı hizmet sağlayıcı",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kişi",
                    ),
                ),
            ],
            options={
                "verbose_name": "AHS çalışanı",
                "verbose_name_plural": "AHS çalışanları",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("intermediary", "person"),
                        name="intermediary_membership_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="intermediary_membership_ends_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="başlangıç"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="bitiş")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="partners.partner", verbose_name="İş ortağı"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kişi",
                    ),
                ),
            ],
            options={
                "verbose_name": "İş ortağı çalışanı",
                "verbose_name_plural": "İş ortağı çalışanları",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("partner", "person"),
                        name="partner_membership_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="partner_membership_ends_later",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="intermediarygrant",
            name="intermediary_grant_one_live",
        ),
        migrations.RemoveConstraint(
            model_name="partnergrant",
            name="partner_grant_one_live",
        ),
        migrations.AddField(
            model_name="intermediary",
            name="state",
            field=models.CharField(
                choices=[("active", "Etkin"), ("suspended", "Askıda")],
                default="active",
                max_length=10,
                verbose_name="durum",
            ),
        ),
        migrations.AddField(
            model_name="intermediary",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="askıya alma"),
        ),
        migrations.AddField(
            model_name="intermediary",
            name="suspension_reason",
            field=models.TextField(blank=True, default="", verbose_name="askıya alma gerekçesi"),
        ),
        migrations.AddField(
            model_name="partner",
            name="state",
            field=models.CharField(
                choices=[("active", "Etkin"), ("suspended", "Askıda")],
                default="active",
                max_length=10,
                verbose_name="durum",
            ),
        ),
        migrations.AddField(
            model_name="partner",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="askıya alma"),
        ),
        migrations.AddField(
            model_name="partner",
            name="suspension_reason",
            field=models.TextField(blank=True, default="", verbose_name="askıya alma gerekçesi"),
        ),
        migrations.AddIndex(
            model_name="intermediary",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_key"], name="intermediary_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="partner",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_key"], name="partner_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="intermediary",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), ("suspended_at", None), ("suspension_reason", "")),
                    models.Q(
                        ("state", "suspended"),
                        models.Q(("suspended_at", None), _negated=True),
                        models.Q(("suspension_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="intermediary_suspended_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="intermediarygrant",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("provider", "="),
                    ("brand", "="),
                    ("intermediary", "="),
                    (
                        partners.models.InstantRange(
                            "granted_at",
                            django.db.models.functions.comparison.Least(
                                "revoked_at", partners.models.EndOfIstanbulDay("ends_on")
                            ),
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                ],
                name="intermediary_grant_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="intermediarygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None), ("ends_on__gte", partners.models.IstanbulDay("granted_at")), _connector="OR"
                ),
                name="intermediary_grant_ends_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), ("suspended_at", None), ("suspension_reason", "")),
                    models.Q(
                        ("state", "suspended"),
                        models.Q(("suspended_at", None), _negated=True),
                        models.Q(("suspension_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="partner_suspended_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnergrant",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("provider", "="),
                    ("brand", "="),
                    ("partner", "="),
                    (
                        partners.models.InstantRange(
                            "granted_at",
                            django.db.models.functions.comparison.Least(
                                "revoked_at", partners.models.EndOfIstanbulDay("ends_on")
                            ),
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                ],
                name="partner_grant_one_live",
            ),
        ),
        migrations.AddConstraint(
            model_name="partnergrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None), ("ends_on__gte", partners.models.IstanbulDay("granted_at")), _connector="OR"
                ),
                name="partner_grant_ends_later",
            ),
        ),
    ]
