import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import append_only, same_provider


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("services", "İLETİ Hizmetleri Satış Sözleşmesi")], max_length=20, verbose_name="tür"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="sürüm")),
                ("title", models.CharField(max_length=200, verbose_name="başlık")),
                ("source", models.TextField(verbose_name="metin")),
                ("sha256", models.CharField(max_length=64, verbose_name="özet (SHA-256)")),
                ("effective_from", models.DateField(verbose_name="yürürlük tarihi")),
            ],
            options={
                "verbose_name": "sözleşme metni",
                "verbose_name_plural": "sözleşme metinleri",
                "ordering": ["kind", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "version"), name="contract_text_version"),
                    models.UniqueConstraint(fields=("kind", "effective_from"), name="contract_text_one_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["services"])), name="contract_text_kind_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_code", models.CharField(max_length=9, verbose_name="sipariş kodu")),
                (
                    "terms",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="sözleşme verileri"
                    ),
                ),
                ("text_sha256", models.CharField(max_length=64, verbose_name="metin özeti")),
                ("shown_sha256", models.CharField(max_length=64, verbose_name="gösterilen metnin özeti")),
                ("checkbox_label", models.CharField(max_length=200, verbose_name="onay cümlesi")),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="ağ adresi (IP)")),
                ("user_agent", models.CharField(default="", max_length=300, verbose_name="tarayıcı")),
                ("approved_at", models.DateTimeField(verbose_name="onay zamanı")),
                ("previous_hash", models.CharField(max_length=64, verbose_name="önceki zincir özeti")),
                ("hash", models.CharField(max_length=64, verbose_name="zincir özeti")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="onaylayan",
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
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="contracts.contracttext",
                        verbose_name="sözleşme metni",
                    ),
                ),
            ],
            options={
                "verbose_name": "sözleşme onayı",
                "verbose_name_plural": "sözleşme onayları",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="approval_of_provider"),
                    models.UniqueConstraint(fields=("provider", "order_code"), name="approval_one_an_order"),
                    models.UniqueConstraint(fields=("provider", "previous_hash"), name="approval_chain_unforked"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignedDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=30, verbose_name="belge no")),
                ("term_start", models.DateField(verbose_name="İlk gün")),
                ("term_end", models.DateField(verbose_name="son gün")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Hazırlanıyor"),
                            ("sealed", "Mühürlendi"),
                            ("timestamped", "Zaman damgalı"),
                            ("failed", "Yeniden denenecek"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="durum",
                    ),
                ),
                ("content", models.BinaryField(null=True)),
                ("sha256", models.CharField(default="", max_length=64, verbose_name="özet (SHA-256)")),
                ("issued_at", models.DateTimeField(null=True, verbose_name="düzenleme")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "approval",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="document", to="contracts.approval"
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
                "verbose_name": "İmzalı belge",
                "verbose_name_plural": "İmzalı belgeler",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="document_of_provider"),
                    models.UniqueConstraint(fields=("provider", "number"), name="document_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("content", None), ("issued_at", None), ("state__in", ["pending", "failed"])),
                            models.Q(
                                ("state__in", ["sealed", "timestamped"]),
                                models.Q(("content", None), _negated=True),
                                models.Q(("issued_at", None), _negated=True),
                                models.Q(("sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="document_content_iff_issued",
                    ),
                ],
            },
        ),
        append_only("contracts_contracttext"),
        append_only("contracts_approval"),
        same_provider("contracts_signeddocument", "approval_id", "contracts_approval"),
    ]
