import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_refused_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="apiaccount",
            name="brand_codes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(),
                db_default=models.Value(
                    [],
                    output_field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), size=None
                    ),
                ),
                default=list,
                size=None,
                verbose_name="yalnızca bu markalar",
            ),
        ),
        migrations.AddConstraint(
            model_name="apiaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("brand_codes", []), ("provider__isnull", False), _connector="OR"),
                name="api_account_brands_of_provider",
            ),
        ),
    ]
