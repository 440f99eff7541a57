import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import payments.models.bank
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import append_only, same_provider


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("contracts", "0001_initial"),
        ("packages", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bank_name", models.CharField(max_length=60, verbose_name="banka")),
                (
                    "iban",
                    models.CharField(
                        max_length=26, unique=True, validators=[payments.models.bank.validate_iban], verbose_name="IBAN"
                    ),
                ),
                ("account_number", models.CharField(max_length=30, verbose_name="hesap numarası")),
                ("branch", models.CharField(max_length=60, verbose_name="şube")),
                ("currency", models.CharField(default="TRY", editable=False, max_length=3, verbose_name="para birimi")),
                ("is_active", models.BooleanField(default=True, verbose_name="gösteriliyor")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="sıra")),
            ],
            options={
                "verbose_name": "banka hesabı",
                "verbose_name_plural": "banka hesapları",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("currency", "TRY")), name="bank_account_try")
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(db_collation="C", max_length=9, unique=True, verbose_name="sipariş kodu")),
                ("form_nonce", models.CharField(editable=False, max_length=64)),
                ("product_label", models.CharField(max_length=60, verbose_name="ürün")),
                ("net", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="net")),
                ("kdv_rate", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="KDV oranı (%)")),
                ("kdv", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="KDV")),
                ("gross", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="tutar (KDV dahil)")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Taslak"),
                            ("contract_accepted", "Sözleşme onaylandı"),
                            ("card_pending", "Kart onayı bekleniyor"),
                            ("card_unknown", "Kart ödemesinin sonucu bekleniyor"),
                            ("transfer_pending", "Havale/EFT bekleniyor"),
                            ("partially_paid", "Eksik ödendi"),
                            ("in_review", "İncelemede"),
                            ("paid", "Ödendi"),
                            ("completed", "Tamamlandı"),
                            ("expired", "Süresi doldu"),
                            ("cancelled", "İptal edildi"),
                            ("refund_due", "İade edilecek"),
                            ("refunded", "İade edildi"),
                        ],
                        default="draft",
                        max_length=20,
                        verbose_name="durum",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="sözleşme onayı")),
                ("pay_by", models.DateTimeField(null=True, verbose_name="son ödeme anı")),
                ("paid_at", models.DateTimeField(null=True, verbose_name="ödeme")),
                ("completed_at", models.DateTimeField(null=True, verbose_name="tamamlanma")),
                (
                    "approval",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order",
                        to="contracts.approval",
                        verbose_name="sözleşme onayı",
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="packages.package", verbose_name="paket"
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
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.provider",
                        verbose_name="hizmet sağlayıcı",
                    ),
                ),
                (
                    "subscription",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order",
                        to="packages.subscription",
                        verbose_name="abonelik",
                    ),
                ),
                (
                    "tariff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="packages.tariff", verbose_name="tarife"
                    ),
                ),
            ],
            options={
                "verbose_name": "sipariş",
                "verbose_name_plural": "siparişler",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="order_of_provider"),
                    models.UniqueConstraint(fields=("provider", "form_nonce"), name="order_one_a_form"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(models.F("net"), "+", models.F("kdv")),
                            )
                        ),
                        name="order_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kdv__gte", 0), ("net__gte", 0)), name="order_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[34679ACDEFHJKMNPRTUVWXY]{9}$")), name="order_code_glyphs"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "contract_accepted",
                                    "card_pending",
                                    "card_unknown",
                                    "transfer_pending",
                                    "partially_paid",
                                    "in_review",
                                    "paid",
                                    "completed",
                                    "expired",
                                    "cancelled",
                                    "refund_due",
                                    "refunded",
                                ],
                            )
                        ),
                        name="order_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("approval", None)),
                            models.Q(
                                models.Q(("approval", None), _negated=True),
                                models.Q(("accepted_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_approved_iff_accepted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "state__in",
                                    frozenset(
                                        [
                                            "card_pending",
                                            "card_unknown",
                                            "completed",
                                            "contract_accepted",
                                            "paid",
                                            "partially_paid",
                                            "refunded",
                                            "refund_due",
                                            "transfer_pending",
                                        ]
                                    ),
                                ),
                                _negated=True,
                            ),
                            models.Q(("approval", None), _negated=True),
                            _connector="OR",
                        ),
                        name="order_state_needs_approval",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "draft"), _negated=True),
                            models.Q(("approval", None), ("paid_at", None)),
                            _connector="OR",
                        ),
                        name="order_draft_is_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "transfer_pending"), _negated=True),
                            models.Q(("pay_by", None), _negated=True),
                            _connector="OR",
                        ),
                        name="order_transfer_has_deadline",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "completed"), _negated=True),
                            models.Q(
                                models.Q(("subscription", None), _negated=True),
                                models.Q(("completed_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="order_completed_has_package",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "paid"), _negated=True),
                            models.Q(("paid_at", None), _negated=True),
                            _connector="OR",
                        ),
                        name="order_paid_has_instant",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["provider", "-id"], name="order_of_provider_newest"),
                    models.Index(fields=["state", "id"], name="order_by_state"),
                    models.Index(
                        condition=models.Q(("state", "transfer_pending")), fields=["gross"], name="order_open_by_amount"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("format", models.CharField(max_length=30, verbose_name="biçim")),
                ("filename", models.CharField(max_length=200, verbose_name="dosya adı")),
                ("sha256", models.CharField(max_length=64, verbose_name="özet (SHA-256)")),
                ("content_encrypted", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Alındı"),
                            ("read", "Okundu"),
                            ("matched", "Eşleştirildi"),
                            ("refused", "Reddedildi"),
                        ],
                        default="received",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="alındı"),
                ),
                ("reader_version", models.CharField(default="", max_length=20, verbose_name="okuyucu sürümü")),
                (
                    "opening_balance",
                    models.DecimalField(decimal_places=2, max_digits=16, null=True, verbose_name="açılış bakiyesi"),
                ),
                (
                    "closing_balance",
                    models.DecimalField(decimal_places=2, max_digits=16, null=True, verbose_name="kapanış bakiyesi"),
                ),
                ("balance_ok", models.BooleanField(null=True, verbose_name="bakiye tutuyor")),
                ("line_count", models.PositiveIntegerField(default=0, verbose_name="hareket")),
                ("duplicate_count", models.PositiveIntegerField(default=0, verbose_name="daha önce alınmış hareket")),
                ("problems", models.JSONField(default=list, verbose_name="sorunlar")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.bankaccount", verbose_name="hesap"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="yükleyen",
                    ),
                ),
            ],
            options={
                "verbose_name": "hesap ekstresi",
                "verbose_name_plural": "hesap ekstreleri",
                "ordering": ["-pk"],
                "permissions": [("work_on_statements", "Ekstre yükleyebilir ve hareketleri işleyebilir")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "sha256"), name="statement_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["received", "read", "matched", "refused"])),
                        name="statement_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="sıra")),
                ("digest", models.CharField(max_length=64)),
                ("occurrence", models.PositiveIntegerField()),
                ("booked_on", models.DateField(verbose_name="İşlem tarihi")),
                ("value_on", models.DateField(verbose_name="valör")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="tutar")),
                ("currency", models.CharField(max_length=3, verbose_name="para birimi")),
                ("text", models.TextField(verbose_name="açıklama")),
                ("payer_name", models.CharField(default="", max_length=255, verbose_name="gönderen")),
                ("payer_iban", models.CharField(default="", max_length=34, verbose_name="gönderen IBAN")),
                ("payer_tax_number", models.CharField(default="", max_length=10, verbose_name="gönderen VKN")),
                ("bank_reference", models.CharField(default="", max_length=64, verbose_name="banka referansı")),
                ("is_reversal", models.BooleanField(default=False, verbose_name="İptal kaydı")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "Eşleştirilmedi"),
                            ("matched", "Eşleşti"),
                            ("suggested", "Öneri var"),
                            ("unmatched", "Eşleşmedi"),
                            ("ignored", "Kapsam dışı"),
                        ],
                        default="new",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                ("rule", models.CharField(default="", max_length=40, verbose_name="kural")),
                ("verdict", models.TextField(default="", verbose_name="gerekçe")),
                ("candidates", models.JSONField(default=list, verbose_name="adaylar")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.bankaccount", verbose_name="hesap"
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="payments.statement",
                        verbose_name="ekstre",
                    ),
                ),
            ],
            options={
                "verbose_name": "ekstre hareketi",
                "verbose_name_plural": "ekstre hareketleri",
                "ordering": ["statement", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "digest", "occurrence"), name="line_once"),
                    models.UniqueConstraint(fields=("statement", "position"), name="line_position"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["new", "matched", "suggested", "unmatched", "ignored"])),
                        name="line_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "new"), models.Q(("verdict", ""), _negated=True), _connector="OR"),
                        name="line_decided_has_reason",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["state", "-id"], name="line_by_state"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="tutar")),
                ("rule", models.CharField(max_length=40, verbose_name="kural")),
                ("reason", models.TextField(verbose_name="gerekçe")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="oluşturma"
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kişi",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="payments.allocation",
                        verbose_name="geri aldığı mahsup",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="payments.order",
                        verbose_name="sipariş",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="payments.statementline",
                        verbose_name="hareket",
                    ),
                ),
            ],
            options={
                "verbose_name": "mahsup",
                "verbose_name_plural": "mahsuplar",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reverses", None)), fields=("line", "order"), name="allocation_one_a_pair"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__gt", 0), ("reverses", None)),
                            models.Q(models.Q(("reverses", None), _negated=True), ("amount__lt", 0)),
                            _connector="OR",
                        ),
                        name="allocation_sign",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reverses", None), models.Q(("reverses", models.F("pk")), _negated=True), _connector="OR"
                        ),
                        name="allocation_not_own_reversal",
                    ),
                ],
            },
        ),
        same_provider("payments_order", "approval_id", "contracts_approval"),
        same_provider("payments_order", "subscription_id", "packages_subscription"),
        append_only("payments_allocation"),
        migrations.RunSQL(
            """
            CREATE FUNCTION check_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE line_amount numeric; allocated numeric;
            BEGIN
                SELECT amount INTO line_amount FROM payments_statementline WHERE id = NEW.line_id FOR UPDATE;
                SELECT coalesce(sum(amount), 0) + NEW.amount INTO allocated
                  FROM payments_allocation WHERE line_id = NEW.line_id;
                IF allocated < 0 OR allocated > line_amount THEN
                    RAISE EXCEPTION 'allocations of line % would be % of %', NEW.line_id, allocated, line_amount
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_line';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER allocation_within_line BEFORE INSERT ON payments_allocation
                FOR EACH ROW EXECUTE FUNCTION check_allocation();
            """,
            "DROP TRIGGER allocation_within_line ON payments_allocation; DROP FUNCTION check_allocation()",
        ),
        # ISO 13616: the first four characters move to the end, letters count 10..35, the number is 1 modulo 97.
        migrations.RunSQL(
            """
            CREATE FUNCTION iban_is_valid(iban text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
                SELECT iban ~ '^TR[0-9]{24}$' AND mod((substr(iban, 5) || '2927' || substr(iban, 3, 2))::numeric, 97) = 1
            $$;
            ALTER TABLE payments_bankaccount ADD CONSTRAINT bank_account_iban_valid CHECK (iban_is_valid(iban));
            """,
            "ALTER TABLE payments_bankaccount DROP CONSTRAINT bank_account_iban_valid;"
            " DROP FUNCTION iban_is_valid(text)",
        ),
    ]
