from django.db import migrations, models


class Migration(migrations.Migration):
    """What must be true of every dealer, now that the old rows are filled in or suspended."""

    dependencies = [
        ("brands", "0003_fill_dealers"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_master", False), ("state", "active"), _connector="OR"),
                name="brand_master_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.UniqueConstraint(fields=("provider", "tckn_hash"), name="retailer_tckn_once"),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("mersis", ""), _negated=True),
                fields=("provider", "mersis"),
                name="retailer_mersis_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(("tax_number__regex", "^([0-9]{10})?$")), name="retailer_tax_number_digits"
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tax_number", ""), ("tax_tckn_encrypted__isnull", False)),
                    models.Q(models.Q(("tax_number", ""), _negated=True), ("tax_tckn_encrypted", None)),
                    _connector="OR",
                ),
                name="retailer_one_tax_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tckn_encrypted", None), ("tckn_hash", None)),
                    models.Q(
                        models.Q(("tckn_hash", None), _negated=True), models.Q(("tckn_encrypted", None), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="retailer_tckn_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(("mersis__regex", "^([0-9]{16})?$")), name="retailer_mersis_digits"
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(("town_code", None), ("town_code__range", (1, 970)), _connector="OR"),
                name="retailer_town_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(("mobile__regex", "^(\\+[1-9][0-9]{6,14})?$")), name="retailer_mobile_e164"
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "suspended", "passive"])), name="retailer_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="retailer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "suspended"),
                    models.Q(
                        models.Q(("name", ""), _negated=True),
                        ("tckn_hash__isnull", False),
                        ("town_code__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="retailer_whole_or_suspended",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailerupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "applied", "withdrawn"])),
                name="retailer_upload_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="retailerupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("good_count__lte", models.F("row_count"))), name="retailer_upload_counts"
            ),
        ),
        migrations.AddConstraint(
            model_name="retailerupload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("finished_at__isnull", False)),
                    _connector="OR",
                ),
                name="retailer_upload_finished_iff_over",
            ),
        ),
    ]
