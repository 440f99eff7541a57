import accounts.models
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("audit", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("username", models.CharField(max_length=64, unique=True, verbose_name="kullanıcı adı")),
                ("given_name", models.CharField(max_length=100, verbose_name="ad")),
                ("family_name", models.CharField(max_length=100, verbose_name="soyad")),
                ("email", models.EmailField(blank=True, default="", max_length=254, verbose_name="e-posta")),
                ("tckn_hash", models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ("tckn_encrypted", models.BinaryField(null=True)),
                ("is_staff", models.BooleanField(default=False, verbose_name="personel")),
                ("is_active", models.BooleanField(default=True, verbose_name="etkin")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "kişi",
                "verbose_name_plural": "kişiler",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("tckn_encrypted", None), ("tckn_hash", None)),
                            models.Q(
                                models.Q(("tckn_hash", None), _negated=True),
                                models.Q(("tckn_encrypted", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="person_tckn_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("iys_code", models.PositiveIntegerField(unique=True, verbose_name="İYS No")),
                ("title", models.CharField(db_collation="turkish", max_length=255, verbose_name="unvan")),
                (
                    "tax_number",
                    models.CharField(
                        max_length=10,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("^\\d{10}$"), accounts.models.validate_vkn],
                        verbose_name="vergi kimlik no",
                    ),
                ),
                ("mersis", models.CharField(blank=True, default="", max_length=16, verbose_name="MERSİS no")),
                ("address", models.CharField(max_length=500, verbose_name="adres")),
                ("phone", models.CharField(max_length=20, verbose_name="telefon")),
                ("email", models.EmailField(max_length=254, verbose_name="e-posta")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Aktif"), ("closed", "Kapalı")],
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
            ],
            options={
                "verbose_name": "hizmet sağlayıcı",
                "verbose_name_plural": "hizmet sağlayıcılar",
                "ordering": ["title"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tax_number__regex", "^[0-9]{10}$")), name="provider_tax_number_digits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "closed"])), name="provider_state_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Hesap Sahibi"), ("manager", "Hesap Yöneticisi")],
                        default="owner",
                        max_length=10,
                        verbose_name="görev",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="başlangıç"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="bitiş")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name="kişi"
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
                "verbose_name": "yetki",
                "verbose_name_plural": "yetkiler",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("provider", "person"),
                        name="membership_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["owner", "manager"])), name="membership_role_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="membership_ends_later",
                    ),
                ],
            },
        ),
    ]
