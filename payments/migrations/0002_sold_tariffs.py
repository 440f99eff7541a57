from django.db import migrations

# A tariff at which something was sold is evidence of a contract's price: of such a row only the two last days may
# change, and only so that the price of every day on which it was sold stays what it was. Drafts are priced anew
# until they are approved and hold nothing.
KEEP_SOLD_TARIFFS = """
CREATE FUNCTION keep_sold_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payments_order WHERE tariff_id = OLD.id AND state <> 'draft') THEN
        IF TG_OP = 'DELETE'
           OR to_jsonb(OLD) - '{valid_to,campaign_to}'::text[] <> to_jsonb(NEW) - '{valid_to,campaign_to}'::text[] THEN
            RAISE EXCEPTION 'tariff % was sold', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'tariff_sold_is_kept', TABLE = TG_TABLE_NAME;
        END IF;
        IF EXISTS (
            SELECT FROM payments_order,
                LATERAL (SELECT (accepted_at AT TIME ZONE 'Europe/Istanbul')::date AS day) AS sold
            WHERE tariff_id = OLD.id AND accepted_at IS NOT NULL AND (
                sold.day > NEW.valid_to
                OR OLD.campaign_from <= sold.day AND (
                    (sold.day <= coalesce(OLD.campaign_to, 'infinity'))
                    <> (sold.day <= coalesce(NEW.campaign_to, 'infinity'))
                )
            )
        ) THEN
            RAISE EXCEPTION 'tariff % was sold on a day that would lose its price', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'tariff_sold_days_kept', TABLE = TG_TABLE_NAME;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tariff_sold_is_kept BEFORE UPDATE OR DELETE ON packages_tariff
    FOR EACH ROW EXECUTE FUNCTION keep_sold_tariff();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("packages", "0002_meter_notices_campaigns"),
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            KEEP_SOLD_TARIFFS,
            "DROP TRIGGER tariff_sold_is_kept ON packages_tariff; DROP FUNCTION keep_sold_tariff()",
        ),
    ]
