"""Allocations are checked by the indexes, whatever the planner thinks of tables that grow while a statement is settled.

Within a session a function keeps the plan it made while they were small, and read all lines for every batch. Lines need
no index of their account or statement alone: both stand first in an index that says more.
"""

import django.db.models.deletion
from django.db import migrations, models

_CHECK = """
    CREATE OR REPLACE FUNCTION check_allocations() RETURNS trigger LANGUAGE plpgsql{settings} AS $$
    DECLARE lines bigint[]; attempts bigint[]; wrong record;
    BEGIN
        SELECT array_agg(DISTINCT line_id), array_agg(DISTINCT attempt_id) INTO lines, attempts FROM new_rows;
        PERFORM FROM payments_statementline WHERE id = ANY(lines) ORDER BY id FOR NO KEY UPDATE;
        PERFORM FROM payments_cardattempt WHERE id = ANY(attempts) ORDER BY id FOR NO KEY UPDATE;

        SELECT line_id, order_id INTO wrong FROM payments_allocation
         WHERE line_id = ANY(lines)
           AND (line_id, order_id) IN (SELECT line_id, order_id FROM new_rows WHERE reverses_id IS NULL)
         GROUP BY line_id, order_id
        HAVING count(*) FILTER (WHERE reverses_id IS NULL) > 1 + count(*) FILTER (WHERE reverses_id IS NOT NULL);
        IF FOUND THEN
            RAISE EXCEPTION 'line % pays order % already', wrong.line_id, wrong.order_id
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'allocation_one_a_pair';
        END IF;

        SELECT undo.reverses_id, undo.amount INTO wrong FROM new_rows AS undo
         WHERE undo.reverses_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM payments_allocation a WHERE a.id = undo.reverses_id AND a.reverses_id IS NULL
               AND a.line_id IS NOT DISTINCT FROM undo.line_id AND a.attempt_id IS NOT DISTINCT FROM undo.attempt_id
               AND a.order_id = undo.order_id AND a.amount = -undo.amount
        );
        IF FOUND THEN
            RAISE EXCEPTION 'allocation % does not undo %', wrong.amount, wrong.reverses_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_reverses_whole';
        END IF;

        WITH allocated AS (
            SELECT line_id, attempt_id, sum(amount) AS amount FROM payments_allocation
             WHERE line_id = ANY(lines) OR attempt_id = ANY(attempts) GROUP BY line_id, attempt_id
        ), refunded AS (
            SELECT line_id, sum(amount) AS amount FROM payments_bankrefund
             WHERE line_id = ANY(lines) AND state <> 'cancelled' GROUP BY line_id
        ), available AS (
            SELECT allocated.amount AS allocated, line.amount - coalesce(refunded.amount, 0) AS most
              FROM allocated LEFT JOIN payments_statementline line ON line.id = allocated.line_id
              LEFT JOIN refunded ON refunded.line_id = allocated.line_id
             WHERE allocated.line_id IS NOT NULL
            UNION ALL
            SELECT allocated.amount, attempt.amount
              FROM new_rows JOIN allocated ON allocated.attempt_id = new_rows.attempt_id
              LEFT JOIN payments_cardattempt attempt ON attempt.id = new_rows.attempt_id
               AND attempt.order_id = new_rows.order_id AND attempt.state = 'succeeded'
             WHERE new_rows.attempt_id IS NOT NULL
        )
        SELECT allocated, most INTO wrong FROM available
         WHERE most IS NULL OR allocated < 0 OR allocated > most LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'allocations would be % of %', wrong.allocated, wrong.most
                USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_within_line';
        END IF;
        RETURN NULL;
    END $$
"""
_BY_INDEX = " SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_card_returns")]

    operations = [
        migrations.RunSQL(_CHECK.replace("{settings}", _BY_INDEX), _CHECK.replace("{settings}", "")),
        migrations.AlterField(
            model_name="statementline",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="payments.bankaccount",
                verbose_name="hesap",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="statement",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="payments.statement",
                verbose_name="ekstre",
            ),
        ),
    ]
