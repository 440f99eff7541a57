import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from iys_portal.audit.database import append_only, same_provider


_OF_LINE = """
    CREATE OR REPLACE FUNCTION check_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END $$
"""
_OF_LINE_OR_CAPTURE = """
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
_REFUND_WITHIN_CAPTURE = """
    CREATE FUNCTION check_refund() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE captured numeric; held numeric;
    BEGIN
        SELECT paid_amount INTO captured FROM payments_cardattempt
         WHERE id = NEW.attempt_id AND state = 'succeeded' FOR UPDATE;
        SELECT coalesce(sum(amount), 0) INTO held FROM payments_refund
         WHERE attempt_id = NEW.attempt_id AND id <> NEW.id AND state <> 'rejected';
        IF NEW.state <> 'rejected' THEN
            held := held + NEW.amount;
        END IF;
        IF captured IS NULL OR held > captured THEN
            RAISE EXCEPTION 'refunds would be % of %', held, captured
                USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_capture';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refund_within_capture BEFORE INSERT OR UPDATE ON payments_refund
        FOR EACH ROW EXECUTE FUNCTION check_refund()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("payments", "0002_sold_tariffs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GatewayEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", models.CharField(max_length=30, verbose_name="ödeme kuruluşu")),
                ("payment_id", models.CharField(max_length=64, verbose_name="ödeme no")),
                ("conversation_id", models.CharField(max_length=40, verbose_name="izleme no")),
                ("kind", models.CharField(max_length=60, verbose_name="tür")),
                ("status", models.CharField(max_length=30, verbose_name="durum")),
                (
                    "received_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="alındı"),
                ),
            ],
            options={
                "verbose_name": "ödeme kuruluşu bildirimi",
                "verbose_name_plural": "ödeme kuruluşu bildirimleri",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("gateway", "payment_id", "conversation_id", "kind", "status"), name="gateway_event_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CardAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", models.CharField(max_length=30, verbose_name="ödeme kuruluşu")),
                (
                    "conversation_id",
                    models.CharField(db_collation="C", max_length=40, unique=True, verbose_name="izleme no"),
                ),
                ("form_nonce", models.CharField(editable=False, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "Başladı"),
                            ("needs_3ds", "Banka onayı bekleniyor"),
                            ("authorising", "Bankaya soruluyor"),
                            ("unknown", "Sonuç bekleniyor"),
                            ("succeeded", "Başarılı"),
                            ("declined", "Reddedildi"),
                            ("abandoned", "Yarım kaldı"),
                        ],
                        default="created",
                        max_length=12,
                        verbose_name="durum",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="tutar (KDV dahil)")),
                (
                    "paid_amount",
                    models.DecimalField(decimal_places=2, max_digits=12, verbose_name="karttan çekilecek tutar"),
                ),
                ("instalments", models.PositiveSmallIntegerField(default=1, verbose_name="taksit")),
                ("token", models.CharField(blank=True, default="", editable=False, max_length=200)),
                ("action", models.JSONField(editable=False, null=True)),
                ("payment_id", models.CharField(blank=True, default="", max_length=64, verbose_name="ödeme no")),
                ("transaction_id", models.CharField(blank=True, default="", max_length=64, verbose_name="işlem no")),
                ("bin", models.CharField(blank=True, default="", max_length=8, verbose_name="kartın ilk haneleri")),
                ("last4", models.CharField(blank=True, default="", max_length=4, verbose_name="kartın son haneleri")),
                ("card_family", models.CharField(blank=True, default="", max_length=40, verbose_name="kart ailesi")),
                ("decline_group", models.CharField(blank=True, default="", max_length=30, verbose_name="ret nedeni")),
                ("reference", models.CharField(blank=True, default="", max_length=64, verbose_name="banka referansı")),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="ağ adresi (IP)")),
                ("surplus", models.BooleanField(default=False, verbose_name="fazla çekim")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="başlangıç"
                    ),
                ),
                ("queried_at", models.DateTimeField(null=True, verbose_name="son sorgu")),
                ("settled_at", models.DateTimeField(null=True, verbose_name="sonuç")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="payments.order",
                        verbose_name="sipariş",
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
            ],
            options={
                "verbose_name": "kart denemesi",
                "verbose_name_plural": "kart denemeleri",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="attempt_of_provider"),
                    models.UniqueConstraint(fields=("provider", "form_nonce"), name="attempt_one_a_form"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", frozenset(["authorising", "created", "needs_3ds", "unknown"]))
                        ),
                        fields=("order",),
                        name="attempt_one_live",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "succeeded"), ("surplus", False)),
                        fields=("order",),
                        name="attempt_one_kept",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("payment_id", ""), _negated=True),
                        fields=("gateway", "payment_id"),
                        name="attempt_of_payment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "created",
                                    "needs_3ds",
                                    "authorising",
                                    "unknown",
                                    "succeeded",
                                    "declined",
                                    "abandoned",
                                ],
                            )
                        ),
                        name="attempt_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0), ("paid_amount__gte", models.F("amount"))),
                        name="attempt_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("instalments__gte", 1), ("instalments__lte", 12)),
                        name="attempt_instalments",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bin__regex", "^([0-9]{6,8})?$"), ("last4__regex", "^([0-9]{4})?$")),
                        name="attempt_card_digits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "succeeded"), _negated=True),
                            models.Q(
                                models.Q(("payment_id", ""), _negated=True),
                                models.Q(("settled_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="attempt_captured_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "declined"), _negated=True),
                            (
                                "decline_group__in",
                                [
                                    "insufficient_funds",
                                    "do_not_honour",
                                    "expired_card",
                                    "invalid_card",
                                    "invalid_code",
                                    "lost_or_stolen",
                                    "not_permitted",
                                    "restricted_by_law",
                                    "fraud",
                                    "authentication",
                                    "abandoned",
                                    "invalid_transaction",
                                    "other",
                                ],
                            ),
                            _connector="OR",
                        ),
                        name="attempt_declined_has_group",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("surplus", False), ("state", "succeeded"), _connector="OR"),
                        name="attempt_surplus_is_captured",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state__in", frozenset(["authorising", "created", "needs_3ds", "unknown"]))
                        ),
                        fields=["created_at"],
                        name="attempt_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CardDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", models.CharField(max_length=30, verbose_name="ödeme kuruluşu")),
                ("day", models.DateField(verbose_name="gün")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_here", "Bankada var, bizde yok"),
                            ("missing_there", "Bizde var, bankada yok"),
                            ("amount", "Tutar farklı"),
                        ],
                        max_length=15,
                        verbose_name="tür",
                    ),
                ),
                ("payment_id", models.CharField(max_length=64, verbose_name="ödeme no")),
                ("event", models.CharField(max_length=20, verbose_name="İşlem")),
                ("ours", models.DecimalField(decimal_places=2, max_digits=12, null=True, verbose_name="bizde")),
                ("theirs", models.DecimalField(decimal_places=2, max_digits=12, null=True, verbose_name="bankada")),
                (
                    "found_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="saptama"),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="kapatma")),
                ("note", models.TextField(blank=True, default="", verbose_name="açıklama")),
                (
                    "attempt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="differences",
                        to="payments.cardattempt",
                        verbose_name="kart denemesi",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kapatan",
                    ),
                ),
            ],
            options={
                "verbose_name": "kart mutabakat farkı",
                "verbose_name_plural": "kart mutabakat farkları",
                "ordering": ["closed_at", "-day", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("gateway", "day", "payment_id", "event", "kind"), name="difference_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["missing_here", "missing_there", "amount"])),
                        name="difference_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("closed_by", None)),
                            models.Q(
                                models.Q(("closed_at", None), _negated=True),
                                models.Q(("closed_by", None), _negated=True),
                                models.Q(("note", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="difference_closed_by_somebody",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="allocation",
            name="line",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="payments.statementline",
                verbose_name="hareket",
            ),
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40, unique=True, verbose_name="İade no")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="tutar")),
                ("reason", models.TextField(verbose_name="gerekçe")),
                (
                    "consequence",
                    models.CharField(
                        choices=[("keep", "Paket sürsün"), ("end", "Paket sona ersin")],
                        default="keep",
                        max_length=5,
                        verbose_name="paket",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Onay bekliyor"),
                            ("approved", "Onaylandı"),
                            ("sending", "Bankaya iletiliyor"),
                            ("unknown", "Bankanın yanıtı bekleniyor"),
                            ("confirmed", "İade edildi"),
                            ("failed", "Banka reddetti"),
                            ("rejected", "Vazgeçildi"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="durum",
                    ),
                ),
                ("needs_second", models.BooleanField(default=False, verbose_name="ikinci onay gerekir")),
                ("reference", models.CharField(blank=True, default="", max_length=64, verbose_name="banka referansı")),
                ("problem", models.CharField(blank=True, default="", max_length=200, verbose_name="sorun")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="talep"),
                ),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="İade")),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="onaylayan",
                    ),
                ),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.cardattempt",
                        verbose_name="kart denemesi",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.order",
                        verbose_name="sipariş",
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
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="isteyen",
                    ),
                ),
            ],
            options={
                "verbose_name": "kart iadesi",
                "verbose_name_plural": "kart iadeleri",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "id"), name="refund_of_provider"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="refund_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["requested", "approved", "sending", "unknown", "confirmed", "failed", "rejected"],
                            )
                        ),
                        name="refund_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consequence__in", ["keep", "end"])), name="refund_consequence_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="refund_has_reason"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("needs_second", False),
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="refund_second_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["requested", "rejected"]),
                            ("needs_second", False),
                            models.Q(("approved_by", None), _negated=True),
                            _connector="OR",
                        ),
                        name="refund_sent_is_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), models.Q(("confirmed_at", None), _negated=True)),
                            models.Q(models.Q(("state", "confirmed"), _negated=True), ("confirmed_at", None)),
                            _connector="OR",
                        ),
                        name="refund_confirmed_has_instant",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="allocation",
            name="attempt",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="payments.cardattempt",
                verbose_name="kart denemesi",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses", None)), fields=("attempt",), name="allocation_one_a_capture"
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("line", None), models.Q(("attempt", None), _negated=True)),
                    models.Q(models.Q(("line", None), _negated=True), ("attempt", None)),
                    _connector="OR",
                ),
                name="allocation_one_source",
            ),
        ),
        same_provider("payments_cardattempt", "order_id", "payments_order"),
        same_provider("payments_refund", "order_id", "payments_order"),
        same_provider("payments_refund", "attempt_id", "payments_cardattempt"),
        append_only("payments_gatewayevent"),
        migrations.RunSQL(_OF_LINE_OR_CAPTURE, _OF_LINE),
        migrations.RunSQL(
            _REFUND_WITHIN_CAPTURE,
            "DROP TRIGGER refund_within_capture ON payments_refund; DROP FUNCTION check_refund()",
        ),
    ]
