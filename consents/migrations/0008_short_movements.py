from django.db import migrations

# What a movement is judged on, read after the wait for whoever else writes consents of the provider: the address's
# consents, a row each or one without any, and beside them the room in the package, where that is asked for. Plans are
# kept with the connection; as in count_address_changes, they must be good however small the tables were then.
_HOLD = """
    CREATE FUNCTION hold_address(of_provider bigint, address text, room_at timestamptz) RETURNS TABLE (
        most integer, phones bigint, emails bigint,
        provider_id bigint, recipient text, brand_id bigint, channel smallint, recipient_type smallint,
        status smallint, consent_at timestamptz, source smallint, last_seq bigint
    )
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off ROWS 2 AS $$
    #variable_conflict use_column
    DECLARE
        room_most integer;
        room_phones bigint;
        room_emails bigint;
    BEGIN
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE EXCEPTION 'consents are written in READ COMMITTED only: an older snapshot cannot count them'
                USING ERRCODE = 'invalid_transaction_state';
        END IF;
        PERFORM pg_advisory_xact_lock(address_lock(of_provider, 0));
        IF room_at IS NOT NULL THEN
            SELECT package.max_addresses INTO room_most FROM packages_package package
            LEFT JOIN packages_subscription term ON term.package_id = package.id AND term.provider_id = of_provider
                AND term.state = 'active' AND term.starts_at <= room_at AND term.ends_at > room_at
            WHERE term.id IS NOT NULL OR package.slug = 'temel-hizmetler'
            ORDER BY term.id IS NULL LIMIT 1;
        END IF;
        IF room_most IS NOT NULL THEN
            SELECT coalesce(sum(part.phones), 0), coalesce(sum(part.emails), 0) INTO room_phones, room_emails FROM (
                SELECT phones, emails FROM packages_addressusage WHERE provider_id = of_provider
                UNION ALL SELECT phones, emails FROM packages_addressdelta WHERE provider_id = of_provider
            ) AS part;
        END IF;
        RETURN QUERY
        SELECT room_most, room_phones, room_emails, consent.provider_id, consent.recipient, consent.brand_id,
            consent.channel, consent.recipient_type, consent.status, consent.consent_at, consent.source,
            consent.last_seq
        FROM (SELECT 1) AS one
        LEFT JOIN consent ON consent.provider_id = of_provider AND consent.recipient = address
        ORDER BY consent.recipient, consent.brand_id, consent.channel, consent.recipient_type;
    END $$
"""

# Appends the event and makes it the current state. The caller holds the address and knows what the movement changes of
# the count, so the triggers that find it out stand aside. (A function's own SET of this name is for superusers only.)
_APPEND = """
    CREATE FUNCTION append_movement(
        of_provider bigint, address text, of_brand bigint, on_channel integer, kind integer, is_there boolean,
        previous bigint, new_status integer, new_source integer, new_date timestamptz, read_at timestamptz,
        by_person bigint, by_retailer integer, by_way integer, gained integer,
        OUT number bigint, OUT recorded_at timestamptz
    )
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    DECLARE
        was text := coalesce(current_setting('app.bulk', true), '');
    BEGIN
        PERFORM set_config('app.bulk', 'on', true);
        INSERT INTO consent_event (provider_id, prev_seq, created_at, consent_at, brand_id, person_id, retailer_code,
            channel, recipient_type, status, source, way, recipient)
        VALUES (of_provider, previous, greatest(read_at, (
                SELECT created_at FROM consent_event WHERE provider_id = of_provider ORDER BY seq DESC LIMIT 1
            )), new_date, of_brand, by_person, by_retailer, on_channel, kind, new_status, new_source, by_way, address)
        RETURNING seq, created_at INTO number, recorded_at;
        IF is_there THEN
            UPDATE consent SET status = new_status, consent_at = new_date, source = new_source, last_seq = number
            WHERE provider_id = of_provider AND recipient = address AND brand_id = of_brand AND channel = on_channel
                AND recipient_type = kind;
        ELSE
            INSERT INTO consent (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source,
                last_seq)
            VALUES (of_provider, address, of_brand, on_channel, kind, new_status, new_date, new_source, number);
        END IF;
        IF gained <> 0 THEN
            INSERT INTO packages_addressdelta (provider_id, phones, emails)
            VALUES (of_provider, CASE WHEN on_channel = 3 THEN 0 ELSE gained END,
                CASE WHEN on_channel = 3 THEN gained ELSE 0 END);
        END IF;
        PERFORM set_config('app.bulk', was, true);
    END $$
"""


class Migration(migrations.Migration):
    """One movement in two short questions. See docs/adr/0050-short-movements.md."""

    dependencies = [("consents", "0007_columns"), ("packages", "0002_meter_notices_campaigns")]

    operations = [
        migrations.RunSQL(
            [_HOLD, _APPEND],
            [
                "DROP FUNCTION append_movement(bigint, text, bigint, integer, integer, boolean, bigint, integer, integer,"
                " timestamptz, timestamptz, bigint, integer, integer, integer)",
                "DROP FUNCTION hold_address(bigint, text, timestamptz)",
            ],
        ),
    ]
