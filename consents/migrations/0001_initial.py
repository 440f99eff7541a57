from django.db import migrations, models

_PARTITIONS = 8


class Migration(migrations.Migration):
    """The consent table: partitioned by provider, which Django's schema editor cannot say."""

    initial = True

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                """
                CREATE TABLE consent (
                    provider_id bigint NOT NULL,
                    recipient text COLLATE "C" NOT NULL CHECK (recipient <> ''),
                    brand_id bigint NOT NULL,
                    channel smallint NOT NULL CHECK (channel IN (1, 2, 3)),
                    recipient_type smallint NOT NULL CHECK (recipient_type IN (1, 2)),
                    status smallint NOT NULL CHECK (status IN (1, 2, 3)),
                    consent_at timestamptz NOT NULL,
                    PRIMARY KEY (provider_id, recipient, brand_id, channel, recipient_type)
                ) PARTITION BY HASH (provider_id)
                """,
                *(
                    f"CREATE TABLE consent_{n} PARTITION OF consent"
                    f" FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {n})"
                    for n in range(_PARTITIONS)
                ),
            ],
            "DROP TABLE consent",
            state_operations=[
                migrations.CreateModel(
                    name="Consent",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider_id",
                                "recipient",
                                "brand_id",
                                "channel",
                                "recipient_type",
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                        ("recipient", models.TextField(db_collation="C")),
                        ("brand_id", models.BigIntegerField()),
                        ("channel", models.SmallIntegerField()),
                        ("recipient_type", models.SmallIntegerField()),
                        ("status", models.SmallIntegerField()),
                        ("consent_at", models.DateTimeField()),
                    ],
                    options={"db_table": "consent", "managed": False},
                ),
            ],
        ),
    ]
