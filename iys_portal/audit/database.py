"""Database objects that Django's models cannot express, shared by the migrations of all apps."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# TRUNCATE is refused too, but in a test database, where the test runner empties the tables that way.
APPEND_ONLY_FUNCTION = migrations.RunSQL(
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' AND current_database() LIKE 'test\\_%' THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "DROP FUNCTION refuse_change()",
)


def append_only(table: str) -> migrations.RunSQL:
    """Return the operation that makes the database refuse to change, delete or truncate rows of `table`."""
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


def fixed(table: str, column: str) -> migrations.RunSQL:
    """Return the operation that makes the database refuse to change `column` of a row of `table`."""
    name = f"{table}_{column}_fixed"
    return migrations.RunSQL(
        [
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '{column} of {table} never changes'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
            END $$
            """,
            (
                f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {table}"
                f" FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION {name}()"
            ),
        ],
        [f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"],
    )


def same_provider(table: str, column: str, target: str) -> migrations.RunSQL:
    """Return the operation that makes the database refuse a row whose `column` names another provider's object.

    `target` has a unique constraint over (provider, id).
    """
    name = f"{table}_{column}_same_provider"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (provider_id, {column})"
        f" REFERENCES {target} (provider_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def create_turkish_collation(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the collation `turkish`: ICU's where the server has ICU, else the C library's tr_TR.utf8.

    Servers without ICU (the embedded one) need the locale at start-up; the sentence below says so.
    """
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'tr-x-icu')")
        if cursor.fetchone()[0]:
            cursor.execute("CREATE COLLATION IF NOT EXISTS turkish (provider = icu, locale = 'tr-TR')")
            return
        cursor.execute("CREATE COLLATION IF NOT EXISTS turkish (provider = libc, locale = 'tr_TR.utf8')")
