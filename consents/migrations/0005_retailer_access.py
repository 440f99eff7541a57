from django.db import migrations, models

_KEY = "provider_id, recipient, brand_id, channel, recipient_type"

_TABLE = f"""
    CREATE TABLE consent_access (
        provider_id bigint NOT NULL,
        brand_id bigint NOT NULL,
        retailer_code integer NOT NULL,
        channel smallint NOT NULL,
        recipient_type smallint NOT NULL,
        recipient text COLLATE "C" NOT NULL,
        PRIMARY KEY ({_KEY}, retailer_code),
        CONSTRAINT consent_access_recipient CHECK (recipient <> ''),
        CONSTRAINT consent_access_channel CHECK (channel IN (1, 2, 3)),
        CONSTRAINT consent_access_recipient_type CHECK (recipient_type IN (1, 2)),
        CONSTRAINT consent_access_retailer CHECK (retailer_code BETWEEN 10000000 AND 99999999)
    )
"""

# However a movement is written (screen, file, program), the dealer that it names sees the consent. Movements that name
# none, nearly all, do not call the function.
_TRIGGER = f"""
    CREATE FUNCTION consent_event_opens_access() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO consent_access ({_KEY}, retailer_code)
        VALUES (NEW.provider_id, NEW.recipient, NEW.brand_id, NEW.channel, NEW.recipient_type, NEW.retailer_code)
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER consent_event_opens_access AFTER INSERT ON consent_event
        FOR EACH ROW WHEN (NEW.retailer_code IS NOT NULL) EXECUTE FUNCTION consent_event_opens_access()
"""


class Migration(migrations.Migration):
    """Which dealers see a consent. See docs/adr/0041-dealers-access.md."""

    dependencies = [("consents", "0004_imports")]

    operations = [
        migrations.RunSQL(
            [
                _TABLE,
                "CREATE INDEX consent_access_of_dealer ON consent_access (provider_id, retailer_code)",
                f"""
                INSERT INTO consent_access ({_KEY}, retailer_code)
                SELECT DISTINCT {_KEY}, retailer_code FROM consent_event WHERE retailer_code IS NOT NULL
                """,
                _TRIGGER,
            ],
            [
                "DROP TRIGGER consent_event_opens_access ON consent_event",
                "DROP FUNCTION consent_event_opens_access",
                "DROP TABLE consent_access",
            ],
            state_operations=[
                migrations.CreateModel(
                    name="RetailerAccess",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider_id",
                                "recipient",
                                "brand_id",
                                "channel",
                                "recipient_type",
                                "retailer_code",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("provider_id", models.BigIntegerField()),
                    ],
                    options={"db_table": "consent_access", "managed": False},
                ),
            ],
        ),
    ]
