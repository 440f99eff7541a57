from django.db import migrations, models

_TABLE = """
    CREATE TABLE consent_citizen_name (
        provider_id bigint NOT NULL,
        seq bigint NOT NULL,
        created_at timestamptz NOT NULL,
        name_encrypted bytea NOT NULL,
        PRIMARY KEY (provider_id, seq),
        CONSTRAINT consent_citizen_name_there CHECK (name_encrypted <> '')
    )
"""


class Migration(migrations.Migration):
    """The names of citizens who added a brand by themselves, as long as the change feed tells them."""

    dependencies = [("consents", "0010_batches_as_sent")]

    operations = [
        migrations.RunSQL(
            _TABLE,
            "DROP TABLE consent_citizen_name",
            state_operations=[
                migrations.CreateModel(
                    name="CitizenName",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider_id",
                                "seq",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                    ],
                    options={"db_table": "consent_citizen_name", "managed": False},
                ),
            ],
        ),
    ]
