from importlib import import_module

from django.db import migrations, models

from iys_portal.audit.database import append_only

_counting = import_module("consents.migrations.0002_address_counts")

_KEY = "provider_id, recipient, brand_id, channel, recipient_type"

# Columns of eight bytes first: no byte is lost to alignment.
_EVENTS = """
    CREATE TABLE consent_event (
        provider_id bigint NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        prev_seq bigint,
        created_at timestamptz NOT NULL,
        consent_at timestamptz,
        brand_id bigint NOT NULL,
        person_id bigint,
        retailer_code integer,
        channel smallint NOT NULL,
        recipient_type smallint NOT NULL,
        status smallint NOT NULL,
        source smallint,
        way smallint NOT NULL,
        recipient text COLLATE "C" NOT NULL,
        PRIMARY KEY (provider_id, seq),
        CONSTRAINT consent_event_recipient CHECK (recipient <> ''),
        CONSTRAINT consent_event_channel CHECK (channel IN (1, 2, 3)),
        CONSTRAINT consent_event_recipient_type CHECK (recipient_type IN (1, 2)),
        CONSTRAINT consent_event_status CHECK (status IN (1, 2, 3)),
        CONSTRAINT consent_event_source CHECK (source BETWEEN 1 AND 13 OR source BETWEEN 101 AND 109),
        CONSTRAINT consent_event_way CHECK (way BETWEEN 1 AND 5),
        CONSTRAINT consent_event_chain CHECK (prev_seq < seq),
        CONSTRAINT consent_event_whole CHECK (
            recipient_type = 2 AND prev_seq IS NULL OR source IS NOT NULL AND consent_at IS NOT NULL
        ),
        CONSTRAINT consent_event_side CHECK ((way = 4) = (source IS NOT NULL AND source > 100)),
        CONSTRAINT consent_event_retailer CHECK (retailer_code BETWEEN 10000000 AND 99999999)
    )
"""

# Columns of eight bytes first here, too: 16 bytes less a consent than with the new ones added at the end. Until now
# only demo data wrote consents, so the table is made anew, all of them as if a website had taken them.
_CONSENTS = [
    "CREATE TEMPORARY TABLE consent_before ON COMMIT DROP AS SELECT * FROM consent",
    "DROP TABLE consent",
    """
    CREATE TABLE consent (
        provider_id bigint NOT NULL,
        brand_id bigint NOT NULL,
        consent_at timestamptz,
        last_seq bigint,
        channel smallint NOT NULL CHECK (channel IN (1, 2, 3)),
        recipient_type smallint NOT NULL CHECK (recipient_type IN (1, 2)),
        status smallint NOT NULL CHECK (status IN (1, 2, 3)),
        source smallint,
        recipient text COLLATE "C" NOT NULL CHECK (recipient <> ''),
        PRIMARY KEY (provider_id, recipient, brand_id, channel, recipient_type)
    ) PARTITION BY HASH (provider_id)
    """,
    *(
        f"CREATE TABLE {table} PARTITION OF consent FOR VALUES WITH (MODULUS 8, REMAINDER {number})"
        for number, table in enumerate(_counting._TABLES[1:])
    ),
]

# The rows come back before the triggers do: the counts are what they were.
_FILL = [
    f"""
    INSERT INTO consent_event ({_KEY}, status, source, consent_at, created_at, way)
    SELECT {_KEY}, status, 8, consent_at, now(), 5 FROM consent_before ORDER BY {_KEY}
    """,
    f"""
    INSERT INTO consent ({_KEY}, status, source, consent_at, last_seq)
    SELECT {_KEY}, status, source, consent_at, seq FROM consent_event ORDER BY {_KEY}
    """,
    *(statement for table in _counting._TABLES for statement in _counting._triggers(table)),
]

_CONSTRAIN = """
    ALTER TABLE consent
        ADD CONSTRAINT consent_source CHECK (source BETWEEN 1 AND 13 OR source BETWEEN 101 AND 109),
        ADD CONSTRAINT consent_whole CHECK (recipient_type = 2 OR source IS NOT NULL AND consent_at IS NOT NULL)
"""


class Migration(migrations.Migration):
    """Source and newest event of a consent, the history of all movements, holidays. See docs/adr/0032-consent-store.md."""

    dependencies = [("consents", "0002_address_counts"), ("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                *_CONSENTS,
                _EVENTS,
                "CREATE INDEX consent_event_day ON consent_event USING brin (created_at)",
                "CREATE INDEX consent_event_dealers ON consent_event (provider_id, retailer_code)"
                " WHERE retailer_code IS NOT NULL",
            ],
            [
                "DROP TABLE consent_event",
                "ALTER TABLE consent DROP COLUMN source, DROP COLUMN last_seq, ALTER COLUMN consent_at SET NOT NULL",
            ],
            state_operations=[
                migrations.CreateModel(
                    name="ConsentEvent",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                        ("seq", models.BigIntegerField()),
                    ],
                    options={"db_table": "consent_event", "managed": False},
                ),
            ],
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.RunSQL(_CONSTRAIN, "ALTER TABLE consent DROP CONSTRAINT consent_source, DROP CONSTRAINT consent_whole"),
        append_only("consent_event"),
        migrations.CreateModel(
            name="HolidayChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True, verbose_name="gün")),
                (
                    "is_holiday",
                    models.BooleanField(
                        default=True,
                        help_text="İşaretli: o gün tatildir. İşaretsiz: takvimde tatil görünse de iş günüdür.",
                        verbose_name="tatil",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Örneğin “Ramazan Bayramı 1. gün” ya da kararın adı.",
                        max_length=100,
                        verbose_name="açıklama",
                    ),
                ),
            ],
            options={
                "verbose_name": "tatil düzeltmesi",
                "verbose_name_plural": "tatil düzeltmeleri",
                "ordering": ["-day"],
            },
        ),
    ]
