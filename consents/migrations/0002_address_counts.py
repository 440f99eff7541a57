from django.db import migrations

_TABLES = ["consent", *(f"consent_{n}" for n in range(8))]
_ROWS = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}

# What a query changed at one address: `change` more approved consents than before (fewer, where negative).
_TYPE = 'CREATE TYPE address_change AS (provider_id bigint, recipient text COLLATE "C", mail boolean, change integer)'

# Bucket 0 is the provider's own lock: exclusive for whoever judges or recounts, shared for whoever writes. An
# address falls into one of the buckets 1 to 64, so that no transaction ever needs more locks than that.
_LOCK = """
    CREATE FUNCTION address_lock(provider bigint, bucket integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (28634::bigint << 48) | (provider << 7) | bucket $$
"""

# The locks come first, in ascending order; the count is a statement of its own, whose snapshot sees what the
# former holders of the locks have committed. Only the key finds so few rows among many: the planner, which may have
# seen the table empty, is asked once and cannot answer anything else.
_COUNT = """
    CREATE FUNCTION count_address_changes(changes address_change[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    BEGIN
        PERFORM CASE WHEN key & 127 = 0 THEN pg_advisory_xact_lock_shared(key) ELSE pg_advisory_xact_lock(key) END
        FROM (
            SELECT address_lock(provider_id, 0) AS key FROM unnest(changes)
            UNION SELECT address_lock(provider_id, 1 + (hashtext(recipient) & 63)) FROM unnest(changes)
            ORDER BY key
        ) AS locks;
        INSERT INTO packages_addressdelta (provider_id, phones, emails)
        SELECT provider_id, coalesce(sum(gained) FILTER (WHERE NOT mail), 0),
               coalesce(sum(gained) FILTER (WHERE mail), 0)
        FROM (
            SELECT address.provider_id, mail, (approved > 0)::int - (approved - change > 0)::int AS gained
            FROM (
                SELECT provider_id, recipient, mail, sum(change) AS change
                FROM unnest(changes) GROUP BY provider_id, recipient, mail
            ) AS address
            CROSS JOIN LATERAL (
                SELECT count(*) AS approved FROM consent
                WHERE consent.provider_id = address.provider_id AND consent.recipient = address.recipient
                AND (consent.channel = 3) = mail AND status = 1
            ) AS afterwards
            WHERE change <> 0
        ) AS gains
        WHERE gained <> 0
        GROUP BY provider_id
        HAVING sum(gained) FILTER (WHERE NOT mail) <> 0 OR sum(gained) FILTER (WHERE mail) <> 0;
    END $$
"""

# One query may insert, update and delete (ON CONFLICT, MERGE, WITH). Each kind has a trigger of its own and all of
# them run when the whole query is done, so the last one counts for all: those that begin are numbered.
_BEGINS = """
    CREATE FUNCTION consents_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('app.bulk', true) = 'on' THEN
            RETURN NULL;
        END IF;
        IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
            RAISE EXCEPTION 'consents are written in READ COMMITTED only: an older snapshot cannot count them'
                USING ERRCODE = 'invalid_transaction_state';
        END IF;
        PERFORM set_config('app.consent_changes_begun',
            (coalesce(nullif(current_setting('app.consent_changes_begun', true), ''), '0')::int + 1)::text, true);
        RETURN NULL;
    END $$
"""

_ENDS = """
    CREATE FUNCTION consents_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        unfinished integer;
        changes address_change[];
        earlier text;
    BEGIN
        IF current_setting('app.bulk', true) = 'on' THEN
            RETURN NULL;
        END IF;
        unfinished := current_setting('app.consent_changes_begun')::int - 1;
        PERFORM set_config('app.consent_changes_begun', unfinished::text, true);
        IF TG_OP = 'INSERT' THEN
            SELECT array_agg(ROW(provider_id, recipient, mail, change)::address_change) INTO changes FROM (
                SELECT provider_id, recipient, channel = 3 AS mail, count(*) AS change
                FROM new_rows WHERE status = 1 GROUP BY provider_id, recipient, channel = 3
            ) AS address;
        ELSIF TG_OP = 'DELETE' THEN
            SELECT array_agg(ROW(provider_id, recipient, mail, change)::address_change) INTO changes FROM (
                SELECT provider_id, recipient, channel = 3 AS mail, -count(*) AS change
                FROM old_rows WHERE status = 1 GROUP BY provider_id, recipient, channel = 3
            ) AS address;
        ELSE
            SELECT array_agg(ROW(provider_id, recipient, mail, change)::address_change) INTO changes FROM (
                SELECT provider_id, recipient, mail, sum(change) AS change FROM (
                    SELECT provider_id, recipient, channel = 3 AS mail, 1 AS change FROM new_rows WHERE status = 1
                    UNION ALL
                    SELECT provider_id, recipient, channel = 3, -1 FROM old_rows WHERE status = 1
                ) AS rows_of_both GROUP BY provider_id, recipient, mail HAVING sum(change) <> 0
            ) AS address;
        END IF;
        earlier := nullif(current_setting('app.consent_changes', true), '');
        IF unfinished > 0 THEN
            IF changes IS NOT NULL THEN
                PERFORM set_config('app.consent_changes', (earlier::address_change[] || changes)::text, true);
            END IF;
            RETURN NULL;
        END IF;
        IF earlier IS NOT NULL THEN
            changes := earlier::address_change[] || changes;
            PERFORM set_config('app.consent_changes', '', true);
        END IF;
        IF changes IS NOT NULL THEN
            PERFORM count_address_changes(changes);
        END IF;
        RETURN NULL;
    END $$
"""

_NO_TRUNCATE = """
    CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is not truncated: its address counts would stay. Delete the rows.', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""

# Making the triggers has locked the table: what was approved before is counted once, here, as one delta a provider.
_COUNT_WHAT_IS_THERE = """
    INSERT INTO packages_addressdelta (provider_id, phones, emails)
    SELECT provider_id, count(DISTINCT recipient) FILTER (WHERE channel <> 3),
           count(DISTINCT recipient) FILTER (WHERE channel = 3)
    FROM consent WHERE status = 1 GROUP BY provider_id
"""


def _triggers(table: str) -> list[str]:
    """Return the triggers of the table or of one partition: a statement fires those of the table it names."""
    statements = [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"
    ]
    for event, rows in _ROWS.items():
        name = f"{table}_{event.lower()}_counts"
        statements += [
            f"CREATE TRIGGER {name}_begin BEFORE {event} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION consents_change()",
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION consents_changed()",
        ]
    return statements


class Migration(migrations.Migration):
    """Keep the exact number of approved addresses: see docs/adr/0014-address-count.md."""

    dependencies = [
        ("consents", "0001_initial"),
        ("packages", "0002_meter_notices_campaigns"),
    ]

    operations = [
        migrations.RunSQL(
            [
                _TYPE,
                _LOCK,
                _COUNT,
                _BEGINS,
                _ENDS,
                _NO_TRUNCATE,
                *(statement for table in _TABLES for statement in _triggers(table)),
                _COUNT_WHAT_IS_THERE,
            ],
            [
                "DROP FUNCTION consents_changed(), consents_change(), refuse_truncate() CASCADE",
                "DROP FUNCTION count_address_changes(address_change[]), address_lock(bigint, integer)",
                "DROP TYPE address_change",
                "DELETE FROM packages_addressdelta",
                "DELETE FROM packages_addressusage",
            ],
        ),
    ]
