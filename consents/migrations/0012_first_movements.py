from django.db import migrations

# Appends an approval whose address nothing is known of, where the package has room for one more of either kind: on that
# premise the caller has judged it. Where the premise does not hold, nothing is written, and the answer is empty.
_FIRST = """
    CREATE FUNCTION append_first_approval(
        of_provider bigint, address text, of_brand bigint, on_channel integer, kind integer, new_source integer,
        new_date timestamptz, read_at timestamptz, by_person bigint, by_way integer,
        OUT number bigint, OUT recorded_at timestamptz
    )
    LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
    DECLARE
        is_so boolean;
    BEGIN
        SELECT held.recipient IS NULL AND (held.most IS NULL OR greatest(held.phones, held.emails) < held.most)
        INTO is_so FROM hold_address(of_provider, address, read_at) AS held LIMIT 1;
        IF is_so THEN
            SELECT made.number, made.recorded_at INTO number, recorded_at FROM append_movement(
                of_provider, address, of_brand, on_channel, kind, false, NULL, 1, new_source, new_date, read_at,
                by_person, NULL, by_way, 1
            ) AS made;
        END IF;
    END $$
"""


class Migration(migrations.Migration):
    """A first approval in one question. See docs/adr/0050-short-movements.md."""

    dependencies = [("consents", "0011_citizen_names")]

    operations = [
        migrations.RunSQL(
            [_FIRST],
            [
                "DROP FUNCTION append_first_approval(bigint, text, bigint, integer, integer, integer, timestamptz,"
                " timestamptz, bigint, integer)",
            ],
        ),
    ]
