import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import payments.models.bank
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import append_only


# One-piece ciphertexts become the first chunk as they are; version, nonce and tag are 29 bytes.
_MOVE_CONTENT = """
    INSERT INTO payments_statementchunk (statement_id, position, content_encrypted)
    SELECT id, 0, content_encrypted FROM payments_statement;
    UPDATE payments_statement SET size = octet_length(content_encrypted) - 29
"""
_ALLOCATION_BEFORE = """
    CREATE OR REPLACE FUNCTION check_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE available numeric; allocated numeric;
    BEGIN
        IF NEW.line_id IS NOT NULL THEN
            SELECT amount INTO available FROM payments_statementline WHERE id = NEW.line_id FOR UPDATE;
            SELECT coalesce(sum(amount), 0) + NEW.amount INTO allocated
              FROM payments_allocation WHERE line_id = NEW.line_id;
        ELSE
            SELECT amount INTO available FROM payments_cardattempt
             WHERE id = NEW.attempt_id AND order_id = NEW.order_id AND state = 'succeeded' FOR UPDATE;
            SELECT coalesce(sum(amount), 0) + NEW.amount INTO allocated
              FROM payments_allocation WHERE attempt_id = NEW.attempt_id;
        END IF;
        IF available IS NULL OR allocated < 0 OR allocated > available THEN
            RAISE EXCEPTION 'allocations would be % of %', allocated, available
                USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_line';
        END IF;
        RETURN NEW;
    END $$
"""
_ALLOCATION_AND_REFUNDS = """
    CREATE OR REPLACE FUNCTION check_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE available numeric; allocated numeric;
    BEGIN
        IF NEW.line_id IS NOT NULL THEN
            SELECT amount INTO available FROM payments_statementline WHERE id = NEW.line_id FOR UPDATE;
            SELECT available - coalesce(sum(amount), 0) INTO available
              FROM payments_bankrefund WHERE line_id = NEW.line_id AND state <> 'cancelled';
            SELECT coalesce(sum(amount), 0) + NEW.amount INTO allocated
              FROM payments_allocation WHERE line_id = NEW.line_id;
            IF NEW.reverses_id IS NULL AND NEW.amount > 0 AND (
                SELECT coalesce(sum(amount), 0) <> 0 FROM payments_allocation
                 WHERE line_id = NEW.line_id AND order_id = NEW.order_id
            ) THEN
                RAISE EXCEPTION 'line % pays order % already', NEW.line_id, NEW.order_id
                    USING ERRCODE = 'unique_violation', CONSTRAINT = 'allocation_one_a_pair';
            END IF;
        ELSE
            SELECT amount INTO available FROM payments_cardattempt
             WHERE id = NEW.attempt_id AND order_id = NEW.order_id AND state = 'succeeded' FOR UPDATE;
            SELECT coalesce(sum(amount), 0) + NEW.amount INTO allocated
              FROM payments_allocation WHERE attempt_id = NEW.attempt_id;
        END IF;
        IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM payments_allocation a WHERE a.id = NEW.reverses_id AND a.reverses_id IS NULL
               AND a.line_id IS NOT DISTINCT FROM NEW.line_id AND a.attempt_id IS NOT DISTINCT FROM NEW.attempt_id
               AND a.order_id = NEW.order_id AND a.amount = -NEW.amount
        ) THEN
            RAISE EXCEPTION 'allocation % does not undo %', NEW.amount, NEW.reverses_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_reverses_whole';
        END IF;
        IF available IS NULL OR allocated < 0 OR allocated > available THEN
            RAISE EXCEPTION 'allocations would be % of %', allocated, available
                USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_line';
        END IF;
        RETURN NEW;
    END $$
"""
_REFUND_WITHIN_LINE = """
    CREATE FUNCTION check_bank_refund() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE available numeric; held numeric;
    BEGIN
        SELECT amount INTO available FROM payments_statementline WHERE id = NEW.line_id FOR UPDATE;
        SELECT available - coalesce(sum(amount), 0) INTO available
          FROM payments_allocation WHERE line_id = NEW.line_id;
        SELECT coalesce(sum(amount), 0) INTO held FROM payments_bankrefund
         WHERE line_id = NEW.line_id AND id <> NEW.id AND state <> 'cancelled';
        IF NEW.state <> 'cancelled' AND held + NEW.amount > available THEN
            RAISE EXCEPTION 'refunds would be % of %', held + NEW.amount, available
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_refund_within_line';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER bank_refund_within_line BEFORE INSERT OR UPDATE ON payments_bankrefund
        FOR EACH ROW EXECUTE FUNCTION check_bank_refund()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_receipts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LineComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="not")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="yazıldı"),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="payments.statementline",
                        verbose_name="hareket",
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
                "verbose_name": "hareket notu",
                "verbose_name_plural": "hareket notları",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="comment_has_text"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LineDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("allocate", "Eşleştir"),
                            ("refund", "İade listesine al"),
                            ("ignore", "Yok say"),
                            ("undo", "Geri al"),
                        ],
                        max_length=10,
                        verbose_name="karar",
                    ),
                ),
                ("shares", models.JSONField(default=list, verbose_name="bölüşüm")),
                ("refund_amount", models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name="iade")),
                (
                    "refund_iban",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=26,
                        validators=[payments.models.bank.validate_iban],
                        verbose_name="iade IBAN",
                    ),
                ),
                ("refund_name", models.CharField(blank=True, default="", max_length=140, verbose_name="iade alıcısı")),
                (
                    "reason",
                    models.TextField(validators=[django.core.validators.MinLengthValidator(3)], verbose_name="gerekçe"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaiting", "İkinci onay bekliyor"),
                            ("done", "Uygulandı"),
                            ("rejected", "Onaylanmadı"),
                        ],
                        default="done",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="karar zamanı"
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="ikinci kararın zamanı")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ikinci kişi",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="payments.statementline",
                        verbose_name="hareket",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="karar veren",
                    ),
                ),
            ],
            options={
                "verbose_name": "hareket kararı",
                "verbose_name_plural": "hareket kararları",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "awaiting")), fields=("line",), name="decision_one_awaiting"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["allocate", "refund", "ignore", "undo"])),
                        name="decision_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["awaiting", "done", "rejected"])), name="decision_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="decision_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_second_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None)),
                            models.Q(
                                models.Q(("decided_by", None), _negated=True),
                                models.Q(("decided_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="decision_by_a_second_has_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refund_amount", None), ("refund_amount__gt", 0), _connector="OR"),
                        name="decision_refund_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="hazırlandı"
                    ),
                ),
                ("count", models.PositiveIntegerField(verbose_name="adet")),
                ("total", models.DecimalField(decimal_places=2, max_digits=16, verbose_name="toplam")),
                ("sha256", models.CharField(max_length=64, verbose_name="özet (SHA-256)")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="payments.bankaccount", verbose_name="hesap"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="hazırlayan",
                    ),
                ),
            ],
            options={
                "verbose_name": "iade dosyası",
                "verbose_name_plural": "iade dosyaları",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("count__gt", 0), ("total__gt", 0)), name="refund_file_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankRefund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="tutar")),
                (
                    "iban",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=26,
                        validators=[payments.models.bank.validate_iban],
                        verbose_name="IBAN",
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=140, verbose_name="alıcı")),
                ("reason", models.TextField(verbose_name="gerekçe")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("owed", "İade edilecek"),
                            ("exported", "Banka dosyasında"),
                            ("confirmed", "İade edildi"),
                            ("cancelled", "Vazgeçildi"),
                        ],
                        default="owed",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="kayıt"),
                ),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="iade")),
                (
                    "debit_line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_paid",
                        to="payments.statementline",
                        verbose_name="çıkış hareketi",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_refunds",
                        to="payments.statementline",
                        verbose_name="hareket",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_refunds",
                        to="payments.order",
                        verbose_name="sipariş",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="isteyen",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.refundfile",
                        verbose_name="iade dosyası",
                    ),
                ),
            ],
            options={
                "verbose_name": "havale iadesi",
                "verbose_name_plural": "havale iadeleri",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="bank_refund_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["owed", "exported", "confirmed", "cancelled"])),
                        name="bank_refund_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="bank_refund_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "exported"), _negated=True),
                            models.Q(
                                models.Q(("file", None), _negated=True),
                                models.Q(("iban", ""), _negated=True),
                                models.Q(("name", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="bank_refund_exported_in_file",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", "confirmed"),
                                models.Q(("debit_line", None), _negated=True),
                                models.Q(("confirmed_at", None), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "confirmed"), _negated=True),
                                ("confirmed_at", None),
                                ("debit_line", None),
                            ),
                            _connector="OR",
                        ),
                        name="bank_refund_confirmed_by_debit",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["owed", "exported"])),
                        fields=["amount"],
                        name="bank_refund_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("content_encrypted", models.BinaryField()),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="chunks", to="payments.statement"
                    ),
                ),
            ],
            options={
                "verbose_name": "ekstre parçası",
                "verbose_name_plural": "ekstre parçaları",
                "ordering": ["statement", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("statement", "position"), name="chunk_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=30, unique=True, verbose_name="kısa ad")),
                ("name", models.CharField(max_length=80, verbose_name="ad")),
                (
                    "kind",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)")], max_length=4, verbose_name="tür"
                    ),
                ),
                ("definition", models.JSONField(verbose_name="sütun tanımı")),
                ("is_active", models.BooleanField(default=True, verbose_name="kullanılıyor")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="tanım"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="tanımlayan",
                    ),
                ),
            ],
            options={
                "verbose_name": "ekstre sütun tanımı",
                "verbose_name_plural": "ekstre sütun tanımları",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["csv", "xlsx"])), name="profile_kind_known"
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="allocation",
            name="allocation_one_a_pair",
        ),
        migrations.RemoveConstraint(
            model_name="statementline",
            name="line_state_known",
        ),
        migrations.AddField(
            model_name="statement",
            name="profile",
            field=models.JSONField(editable=False, null=True, verbose_name="sütun tanımı"),
        ),
        migrations.AddField(
            model_name="statement",
            name="size",
            field=models.PositiveBigIntegerField(default=0, verbose_name="büyüklük (bayt)"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="statementline",
            name="features",
            field=models.JSONField(default=dict, editable=False, verbose_name="kararın verileri"),
        ),
        migrations.AddField(
            model_name="statementline",
            name="matching_version",
            field=models.CharField(default="", editable=False, max_length=20, verbose_name="eşleştirme sürümü"),
        ),
        migrations.AddField(
            model_name="statementline",
            name="proposal",
            field=models.JSONField(editable=False, null=True, verbose_name="önerilen bölüşüm"),
        ),
        migrations.AlterField(
            model_name="statement",
            name="reader_version",
            field=models.CharField(default="", max_length=40, verbose_name="okuyucu sürümü"),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="payer_tax_number",
            field=models.CharField(default="", max_length=11, verbose_name="gönderen VKN/TCKN"),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="state",
            field=models.CharField(
                choices=[
                    ("new", "Eşleştirilmedi"),
                    ("matched", "Eşleşti"),
                    ("suggested", "Öneri var"),
                    ("unmatched", "Eşleşmedi"),
                    ("refund", "İade edilecek"),
                    ("ignored", "Kapsam dışı"),
                ],
                default="new",
                max_length=10,
                verbose_name="durum",
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("payer_iban", ""), _negated=True), fields=["payer_iban"], name="line_by_payer_iban"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["new", "matched", "suggested", "unmatched", "refund", "ignored"])),
                name="line_state_known",
            ),
        ),
        migrations.RunSQL(_MOVE_CONTENT, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="statement", name="content_encrypted"),
        append_only("payments_linecomment"),
        append_only("payments_statementchunk"),
        migrations.RunSQL(_ALLOCATION_AND_REFUNDS, _ALLOCATION_BEFORE),
        migrations.RunSQL(
            _REFUND_WITHIN_LINE,
            "DROP TRIGGER bank_refund_within_line ON payments_bankrefund; DROP FUNCTION check_bank_refund()",
        ),
        migrations.RunSQL(
            "ALTER TABLE payments_bankrefund ADD CONSTRAINT bank_refund_iban_valid"
            " CHECK (iban = '' OR iban_is_valid(iban))",
            "ALTER TABLE payments_bankrefund DROP CONSTRAINT bank_refund_iban_valid",
        ),
    ]
