import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import same_provider


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("brands", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Intermediary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.PositiveIntegerField(unique=True, verbose_name="kod")),
                ("title", models.CharField(db_collation="turkish", max_length=255, unique=True, verbose_name="unvan")),
                ("search_key", models.CharField(editable=False, max_length=300)),
                ("is_listed", models.BooleanField(default=True, verbose_name="listede")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
            ],
            options={
                "verbose_name": "aracı hizmet sağlayıcı",
                "verbose_name_plural": "aracı hizmet sağlayıcılar",
                "ordering": ["title"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.PositiveIntegerField(unique=True, verbose_name="kod")),
                ("title", models.CharField(db_collation="turkish", max_length=255, unique=True, verbose_name="unvan")),
                ("search_key", models.CharField(editable=False, max_length=300)),
                ("is_listed", models.BooleanField(default=True, verbose_name="listede")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
            ],
            options={
                "verbose_name": "İş ortağı",
                "verbose_name_plural": "İş ortakları",
                "ordering": ["title"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IntermediaryGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("granted_at", models.DateTimeField(verbose_name="veriliş")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="bitiş tarihi")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="geri alma")),
                ("mesaj_read", models.BooleanField(default=False, verbose_name="Mesaj İzinleri")),
                ("arama_read", models.BooleanField(default=False, verbose_name="Arama İzinleri")),
                ("eposta_read", models.BooleanField(default=False, verbose_name="E-posta İzinleri")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="brands.brand", verbose_name="marka"
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="veren",
                    ),
                ),
                (
                    "intermediary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="partners.intermediary",
                        verbose_name="aracı hizmet sağlayıcı",
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
                "verbose_name": "AHS yetkisi",
                "verbose_name_plural": "AHS yetkileri",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="intermediary_grant_of_provider"),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("provider", "brand", "intermediary"),
                        name="intermediary_grant_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mesaj_read", True), ("arama_read", True), ("eposta_read", True), _connector="OR"
                        ),
                        name="intermediary_grant_not_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revoked_at", None), ("revoked_at__gte", models.F("granted_at")), _connector="OR"
                        ),
                        name="intermediary_grant_revoked_later",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("granted_at", models.DateTimeField(verbose_name="veriliş")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="bitiş tarihi")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="geri alma")),
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
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="brands.brand", verbose_name="marka"
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="veren",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="partners.partner",
                        verbose_name="İş ortağı",
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
                "verbose_name": "İş ortağı yetkisi",
                "verbose_name_plural": "İş ortağı yetkileri",
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="partner_grant_of_provider"),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("provider", "brand", "partner"),
                        name="partner_grant_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("arama__in", ["none", "read", "write"]),
                            ("eposta__in", ["none", "read", "write"]),
                            ("mesaj__in", ["none", "read", "write"]),
                        ),
                        name="partner_grant_rights_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreement", True),
                            models.Q(("mesaj", "none"), _negated=True),
                            models.Q(("arama", "none"), _negated=True),
                            models.Q(("eposta", "none"), _negated=True),
                            _connector="OR",
                        ),
                        name="partner_grant_not_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revoked_at", None), ("revoked_at__gte", models.F("granted_at")), _connector="OR"
                        ),
                        name="partner_grant_revoked_later",
                    ),
                ],
            },
        ),
        same_provider("partners_partnergrant", "brand_id", "brands_brand"),
        same_provider("partners_intermediarygrant", "brand_id", "brands_brand"),
    ]
