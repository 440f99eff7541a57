import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from iys_portal.audit.database import same_provider

# Weeks and months were known by their first day alone.
_LAST = """
    UPDATE reports_reportdocument SET last = CASE rhythm
        WHEN 'week' THEN first + 6 ELSE (date_trunc('month', first) + interval '1 month - 1 day')::date END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_sandboxes"),
        ("brands", "0006_stand_ins"),
        ("partners", "0002_grants_of_many_brands"),
        ("reports", "0005_what_is_looked_for_by_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="reportdocument",
            name="last",
            field=models.DateField(null=True, verbose_name="Son gün"),
        ),
        migrations.RunSQL(_LAST, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="reportdocument",
            name="last",
            field=models.DateField(verbose_name="Son gün"),
        ),
        migrations.AddField(
            model_name="reportdocument",
            name="brand",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="brands.brand",
                verbose_name="marka",
            ),
        ),
        migrations.AlterField(
            model_name="reportdocument",
            name="rhythm",
            field=models.CharField(
                choices=[("week", "Haftalık"), ("month", "Aylık"), ("days", "Seçilen günler")],
                max_length=5,
                verbose_name="dönem",
            ),
        ),
        migrations.RemoveConstraint(model_name="reportdocument", name="report_document_once"),
        migrations.RemoveConstraint(model_name="reportdocument", name="report_document_rhythm_known"),
        migrations.AddConstraint(
            model_name="reportdocument",
            constraint=models.UniqueConstraint(
                fields=("provider", "rhythm", "first", "last", "brand"),
                name="report_document_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="reportdocument",
            constraint=models.CheckConstraint(
                name="report_document_rhythm_known", condition=Q(rhythm__in=["week", "month", "days"])
            ),
        ),
        migrations.AddConstraint(
            model_name="reportdocument",
            constraint=models.CheckConstraint(name="report_document_days_in_order", condition=Q(first__lte=F("last"))),
        ),
        migrations.AddConstraint(
            model_name="reportdocument",
            constraint=models.CheckConstraint(
                name="report_document_chosen_alone_has_brand", condition=Q(rhythm="days") | Q(brand=None)
            ),
        ),
        migrations.AddField(
            model_name="comparison",
            name="partner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.partner"
            ),
        ),
        migrations.AddField(
            model_name="dailyfile",
            name="agreed_partner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.partner",
                verbose_name="mutabık kalan iş ortağı",
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyfile",
            constraint=models.CheckConstraint(
                name="daily_file_partner_agrees_by_somebody",
                condition=Q(agreed_partner=None) | Q(agreed_at__isnull=False, agreed_by__isnull=False),
            ),
        ),
        same_provider("reports_reportdocument", "brand_id", "brands_brand"),
    ]
