from django.db import migrations

# What was one row for each consent that waits becomes one value beside the batch, as COPY reads it.
_AS_SENT = r"""
    UPDATE consent_batch b SET items = s.items, waiting = s.waiting
    FROM (
        SELECT provider_id, number,
            string_agg(concat_ws(E'\t', position, recipient, channel, recipient_type, status,
                coalesce(source::text, '\N'), coalesce(consent_at::text, '\N'), coalesce(retailer_code::text, '\N'),
                coalesce(retailer_access::text, '\N')) || E'\n', '' ORDER BY position) AS items,
            ARRAY[
                count(*) FILTER (WHERE (recipient_type, channel) = (1, 1)),
                count(*) FILTER (WHERE (recipient_type, channel) = (1, 2)),
                count(*) FILTER (WHERE (recipient_type, channel) = (1, 3)),
                count(*) FILTER (WHERE (recipient_type, channel) = (2, 1)),
                count(*) FILTER (WHERE (recipient_type, channel) = (2, 2)),
                count(*) FILTER (WHERE (recipient_type, channel) = (2, 3))
            ]::smallint[] AS waiting
        FROM consent_batch_item JOIN consent_batch USING (provider_id, number)
        WHERE finished_at IS NULL GROUP BY provider_id, number
    ) AS s
    WHERE b.provider_id = s.provider_id AND b.number = s.number
"""
_AS_ROWS = r"""
    INSERT INTO consent_batch_item (provider_id, number, position, recipient, channel, recipient_type, status, source,
        consent_at, retailer_code, retailer_access)
    SELECT provider_id, number, cells[1]::smallint, cells[2], cells[3]::smallint, cells[4]::smallint,
        cells[5]::smallint, cells[6]::smallint, cells[7]::timestamptz, cells[8]::integer, cells[9]::integer[]
    FROM consent_batch
    CROSS JOIN LATERAL string_to_table(rtrim(items, E'\n'), E'\n') AS line
    CROSS JOIN LATERAL (SELECT string_to_array(line, E'\t', '\N') AS cells) AS read
    WHERE finished_at IS NULL
"""


class Migration(migrations.Migration):
    """A batch waits as it was sent; its consents become rows with what came of them. See docs/adr/0040-consents-over-the-api.md."""

    dependencies = [("consents", "0009_blocks")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE consent_batch ADD COLUMN items text, ADD COLUMN waiting smallint[]",
                # Compressing what is read once costs more than writing it.
                "ALTER TABLE consent_batch ALTER COLUMN items SET STORAGE EXTERNAL",
                _AS_SENT,
                "DELETE FROM consent_batch_item i USING consent_batch b WHERE b.provider_id = i.provider_id"
                " AND b.number = i.number AND b.finished_at IS NULL",
                "ALTER TABLE consent_batch ADD CONSTRAINT consent_batch_waits CHECK ((finished_at IS NULL)"
                " = (items IS NOT NULL) AND (items IS NULL) = (waiting IS NULL)),"
                " ADD CONSTRAINT consent_batch_waiting_by_kind CHECK (cardinality(waiting) = 6)",
                "ALTER TABLE consent_batch_item DROP CONSTRAINT consent_batch_item_one_result,"
                " ADD CONSTRAINT consent_batch_item_one_result CHECK ((seq IS NULL) <> (codes = ''))",
            ],
            [
                "ALTER TABLE consent_batch_item DROP CONSTRAINT consent_batch_item_one_result,"
                " ADD CONSTRAINT consent_batch_item_one_result CHECK (seq IS NULL OR codes = '')",
                _AS_ROWS,
                "ALTER TABLE consent_batch DROP COLUMN items, DROP COLUMN waiting",
            ],
        ),
    ]
