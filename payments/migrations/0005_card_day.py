import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_cards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CardDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gateway", models.CharField(max_length=30, verbose_name="ödeme kuruluşu")),
                ("day", models.DateField(verbose_name="gün")),
                ("asked_at", models.DateTimeField(verbose_name="son deneme")),
                ("compared_at", models.DateTimeField(null=True, verbose_name="karşılaştırma")),
                ("problem", models.CharField(blank=True, default="", max_length=200, verbose_name="sorun")),
                ("ours_count", models.PositiveIntegerField(default=0, verbose_name="bizdeki çekim")),
                (
                    "ours_sum",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=14, verbose_name="bizdeki çekim tutarı"
                    ),
                ),
                ("ours_back_count", models.PositiveIntegerField(default=0, verbose_name="bizdeki iade")),
                (
                    "ours_back_sum",
                    models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name="bizdeki iade tutarı"),
                ),
                ("theirs_count", models.PositiveIntegerField(default=0, verbose_name="bankadaki çekim")),
                (
                    "theirs_sum",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=14, verbose_name="bankadaki çekim tutarı"
                    ),
                ),
                ("theirs_back_count", models.PositiveIntegerField(default=0, verbose_name="bankadaki iade")),
                (
                    "theirs_back_sum",
                    models.DecimalField(
                        decimal_places=2, default=0, max_digits=14, verbose_name="bankadaki iade tutarı"
                    ),
                ),
            ],
            options={
                "verbose_name": "kart mutabakat günü",
                "verbose_name_plural": "kart mutabakat günleri",
                "ordering": ["-day", "gateway"],
                "constraints": [
                    models.UniqueConstraint(fields=("gateway", "day"), name="card_day_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("compared_at", None), _negated=True),
                            models.Q(("problem", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="card_day_compared_or_why_not",
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="carddifference",
            options={
                "ordering": ["-day", "-pk"],
                "verbose_name": "kart mutabakat farkı",
                "verbose_name_plural": "kart mutabakat farkları",
            },
        ),
        migrations.RemoveConstraint(
            model_name="carddifference",
            name="difference_once",
        ),
        migrations.RemoveConstraint(
            model_name="carddifference",
            name="difference_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="carddifference",
            name="difference_closed_by_somebody",
        ),
        migrations.AddField(
            model_name="carddifference",
            name="conversation_id",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="İzleme no"),
        ),
        migrations.AddField(
            model_name="carddifference",
            name="currency",
            field=models.CharField(default="TRY", max_length=3, verbose_name="bankadaki para birimi"),
        ),
        migrations.AddField(
            model_name="carddifference",
            name="vanished",
            field=models.BooleanField(default=False, verbose_name="kendiliğinden kapandı"),
        ),
        migrations.AlterField(
            model_name="cardattempt",
            name="conversation_id",
            field=models.CharField(db_collation="C", max_length=40, unique=True, verbose_name="İzleme no"),
        ),
        migrations.AlterField(
            model_name="cardattempt",
            name="transaction_id",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="İşlem no"),
        ),
        migrations.AlterField(
            model_name="carddifference",
            name="event",
            field=models.CharField(
                choices=[("payment", "Çekim"), ("cancel", "İptal"), ("refund", "İade")],
                max_length=20,
                verbose_name="İşlem",
            ),
        ),
        migrations.AlterField(
            model_name="gatewayevent",
            name="conversation_id",
            field=models.CharField(max_length=40, verbose_name="İzleme no"),
        ),
        migrations.AlterField(
            model_name="refund",
            name="needs_second",
            field=models.BooleanField(default=False, verbose_name="İkinci onay gerekir"),
        ),
        migrations.AlterField(
            model_name="refund",
            name="requested_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="İsteyen",
            ),
        ),
        migrations.AddIndex(
            model_name="carddifference",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["-day", "-id"], name="difference_open"),
        ),
        migrations.AddConstraint(
            model_name="carddifference",
            constraint=models.UniqueConstraint(
                fields=("gateway", "day", "payment_id", "conversation_id", "event", "kind"), name="difference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="carddifference",
            constraint=models.CheckConstraint(
                condition=models.Q(("event__in", ["payment", "cancel", "refund"])), name="difference_event_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="carddifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "missing_here"), ("ours", None), ("theirs__isnull", False)),
                    models.Q(("kind", "missing_there"), ("ours__isnull", False), ("theirs", None)),
                    models.Q(("kind", "amount"), ("ours__isnull", False), ("theirs__isnull", False)),
                    _connector="OR",
                ),
                name="difference_kind_has_its_figures",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("closed_by", None), ("vanished", False)),
                    models.Q(
                        models.Q(("closed_at", None), _negated=True),
                        models.Q(("note", ""), _negated=True),
                        ("closed_by__isnull", False),
                        ("vanished", False),
                    ),
                    models.Q(
                        models.Q(("closed_at", None), _negated=True),
                        models.Q(("note", ""), _negated=True),
                        ("closed_by", None),
                        ("vanished", True),
                    ),
                    _connector="OR",
                ),
                name="difference_closed_by_somebody",
            ),
        ),
    ]
