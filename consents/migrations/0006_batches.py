from django.db import migrations, models

# Columns of eight bytes first, as in the store.
_BATCHES = """
    CREATE TABLE consent_batch (
        provider_id bigint NOT NULL,
        number bigint GENERATED ALWAYS AS IDENTITY,
        brand_id bigint NOT NULL,
        account_id bigint,
        received_at timestamptz NOT NULL,
        finished_at timestamptz,
        request_id uuid NOT NULL,
        size smallint NOT NULL,
        failures smallint NOT NULL DEFAULT 0,
        repeats boolean NOT NULL,
        PRIMARY KEY (provider_id, number),
        CONSTRAINT consent_batch_request UNIQUE (provider_id, request_id),
        CONSTRAINT consent_batch_size CHECK (size BETWEEN 1 AND 1000),
        CONSTRAINT consent_batch_failures CHECK (failures >= 0),
        CONSTRAINT consent_batch_in_time CHECK (finished_at >= received_at)
    )
"""
# No foreign key, as in the store: it would be checked a thousand times for a batch.
_ITEMS = """
    CREATE TABLE consent_batch_item (
        provider_id bigint NOT NULL,
        number bigint NOT NULL,
        seq bigint,
        consent_at timestamptz,
        retailer_code integer,
        position smallint NOT NULL,
        channel smallint NOT NULL,
        recipient_type smallint NOT NULL,
        status smallint NOT NULL,
        source smallint,
        is_repeat boolean NOT NULL DEFAULT false,
        recipient text COLLATE "C" NOT NULL,
        codes text NOT NULL DEFAULT '',
        retailer_access integer[],
        PRIMARY KEY (provider_id, number, position),
        CONSTRAINT consent_batch_item_position CHECK (position BETWEEN 0 AND 999),
        CONSTRAINT consent_batch_item_channel CHECK (channel IN (1, 2, 3)),
        CONSTRAINT consent_batch_item_recipient_type CHECK (recipient_type IN (1, 2)),
        CONSTRAINT consent_batch_item_status CHECK (status IN (1, 2)),
        CONSTRAINT consent_batch_item_source CHECK (source BETWEEN 1 AND 13),
        CONSTRAINT consent_batch_item_recipient CHECK (recipient <> ''),
        CONSTRAINT consent_batch_item_whole CHECK (recipient_type = 2 OR source IS NOT NULL AND consent_at IS NOT NULL),
        CONSTRAINT consent_batch_item_retailer CHECK (retailer_code BETWEEN 10000000 AND 99999999),
        CONSTRAINT consent_batch_item_access CHECK (cardinality(retailer_access) BETWEEN 1 AND 100),
        CONSTRAINT consent_batch_item_one_result CHECK (seq IS NULL OR codes = ''),
        CONSTRAINT consent_batch_item_repeats_something CHECK (NOT is_repeat OR seq IS NOT NULL)
    )
"""


class Migration(migrations.Migration):
    """Lists of consents that programs sent, and what they ask the change feed for. See docs/adr/0040-consents-over-the-api.md."""

    dependencies = [("consents", "0005_retailer_access")]

    operations = [
        migrations.RunSQL(
            [
                _BATCHES,
                # What waits is little beside what is kept.
                "CREATE INDEX consent_batch_waiting ON consent_batch (provider_id, number) WHERE finished_at IS NULL",
                # What is forgotten after 60 days, of all providers.
                "CREATE INDEX consent_batch_day ON consent_batch USING brin (received_at)",
                _ITEMS,
                # Which item a movement came from: what is sent again by v2 names it.
                "CREATE INDEX consent_batch_item_events ON consent_batch_item (provider_id, seq)"
                " WHERE seq IS NOT NULL AND NOT is_repeat",
                # The change feed is asked for citizens' movements, few among those of a large provider.
                "CREATE INDEX consent_event_citizens ON consent_event (provider_id, seq) WHERE source > 100",
            ],
            ["DROP INDEX consent_event_citizens", "DROP TABLE consent_batch_item", "DROP TABLE consent_batch"],
            state_operations=[
                migrations.CreateModel(
                    name="ConsentBatch",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                        ("number", models.BigIntegerField()),
                    ],
                    options={"db_table": "consent_batch", "managed": False},
                ),
                migrations.CreateModel(
                    name="ConsentBatchItem",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                *("provider_id", "number", "position"),
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                        ("number", models.BigIntegerField()),
                        ("position", models.SmallIntegerField()),
                    ],
                    options={"db_table": "consent_batch_item", "managed": False},
                ),
            ],
        ),
    ]
