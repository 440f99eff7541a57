"""The invariants of money, subscriptions, contracts and audit, recomputed from the rows alone.

Each check is one SQL statement that returns the rows that break it, so that it does not share code with what it
judges. `verify_ledger` runs them all.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from contracts.chain import first_broken
from contracts.models import Approval
from iys_portal.audit.selectors import first_broken_seal


@dataclass(frozen=True)
class Result:
    """One check: whether it holds, how many rows it looked at, and which first rows break it."""

    ok: bool
    rows: int
    detail: str


# What went to orders (a) and what goes back (r), by line.
_GONE = (
    "LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM payments_allocation GROUP BY line_id) a ON a.line_id = l.id"
    " LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM payments_bankrefund WHERE state <> 'cancelled'"
    " GROUP BY line_id) r ON r.line_id = l.id"
)

# name: (the table whose rows are judged, the query that returns the rows that break the rule)
_CHECKS: dict[str, tuple[str, str]] = {
    "order_amounts_add_up": ("payments_order", "SELECT id FROM payments_order WHERE net + kdv <> gross"),
    "completed_orders_are_paid_for": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o LEFT JOIN payments_allocation a ON a.order_id = o.id"
            " WHERE o.state IN ('completed', 'paid') GROUP BY o.id HAVING coalesce(sum(a.amount), 0) < o.gross"
        ),
    ),
    "completed_orders_have_a_package": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o LEFT JOIN packages_subscription s ON s.id = o.subscription_id"
            " AND s.provider_id = o.provider_id AND s.package_id = o.package_id"
            " WHERE o.state = 'completed' AND s.id IS NULL"
        ),
    ),
    "completed_orders_have_a_contract": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o LEFT JOIN contracts_signeddocument d ON d.approval_id = o.approval_id"
            " WHERE o.state = 'completed' AND d.id IS NULL"
        ),
    ),
    "unpaid_orders_hold_no_package": (
        "payments_order",
        (
            "SELECT id FROM payments_order WHERE subscription_id IS NOT NULL"
            " AND state NOT IN ('completed', 'refund_due', 'refunded', 'in_review')"
        ),
    ),
    # What is paid back is used no more, and what was paid back holds no card money.
    "refunded_orders_hold_nothing": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o LEFT JOIN packages_subscription s ON s.id = o.subscription_id"
            " WHERE o.state IN ('refund_due', 'refunded') AND s.state IN ('active', 'paused')"
            " OR o.state = 'refunded' AND (SELECT coalesce(sum(a.amount), 0) FROM payments_allocation a"
            " WHERE a.order_id = o.id AND a.attempt_id IS NOT NULL) <> 0"
        ),
    ),
    "subscriptions_come_from_orders": (
        "packages_subscription",
        (
            "SELECT s.id FROM packages_subscription s LEFT JOIN payments_order o ON o.subscription_id = s.id"
            " WHERE o.id IS NULL AND NOT EXISTS (SELECT 1 FROM audit_auditevent e WHERE e.action = 'activate'"
            " AND e.object_type = 'packages.subscription' AND e.object_id = s.id::text)"
        ),
    ),
    "one_live_subscription": (
        "packages_subscription",
        (
            "SELECT a.id FROM packages_subscription a JOIN packages_subscription b ON b.provider_id = a.provider_id"
            " AND b.id <> a.id AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at"
            " WHERE a.state IN ('active', 'paused') AND b.state IN ('active', 'paused')"
        ),
    ),
    # A live term that is not the provider's first live one is a renewal: it begins in the instant the other ends.
    "renewals_start_where_terms_end": (
        "packages_subscription",
        (
            "SELECT a.id FROM packages_subscription a JOIN packages_subscription b ON b.provider_id = a.provider_id"
            " AND b.starts_at < a.starts_at WHERE a.state IN ('active', 'paused') AND b.state IN ('active', 'paused')"
            " AND (b.ends_at <> a.starts_at OR b.package_id <> a.package_id)"
        ),
    ),
    # One year, in Istanbul's days, without its last day; a term from 29 February ends with 28 February.
    "terms_last_one_year": (
        "packages_subscription",
        (
            "SELECT id FROM (SELECT id, ends_at AT TIME ZONE 'Europe/Istanbul' AS ends,"
            " date_trunc('day', starts_at AT TIME ZONE 'Europe/Istanbul') AS first FROM packages_subscription) s"
            " WHERE ends <> first + interval '1 year'"
            " + CASE WHEN to_char(first, 'MMDD') = '0229' THEN interval '1 day' ELSE interval '0 days' END"
        ),
    ),
    "subscription_changes_have_a_reason": (
        "packages_subscription",
        (
            "SELECT s.id FROM packages_subscription s WHERE s.state <> 'active'"
            " AND NOT EXISTS (SELECT 1 FROM audit_auditevent e WHERE e.provider_id = s.provider_id"
            " AND e.object_type = 'packages.subscription' AND e.object_id = s.id::text"
            " AND e.action = 'state:' || s.state AND e.reason <> '')"
        ),
    ),
    "closed_providers_hold_no_package": (
        "packages_subscription",
        (
            "SELECT s.id FROM packages_subscription s JOIN accounts_provider p ON p.id = s.provider_id"
            " WHERE p.state = 'closed' AND s.state IN ('active', 'paused')"
        ),
    ),
    # A line that was decided has gone somewhere to the kuruş: to orders, back to its sender, or out of scope.
    "lines_hold_what_they_settle": (
        "payments_statementline",
        (
            f"SELECT l.id FROM payments_statementline l {_GONE} WHERE coalesce(a.amount, 0) < 0"  # noqa: S608  (our own text)
            " OR CASE l.state WHEN 'matched' THEN coalesce(a.amount, 0) = 0"
            " OR coalesce(a.amount, 0) + coalesce(r.amount, 0) <> l.amount"
            " WHEN 'refund' THEN coalesce(a.amount, 0) <> 0 OR coalesce(r.amount, 0) <> l.amount"
            " ELSE coalesce(a.amount, 0) <> 0 OR coalesce(r.amount, 0) <> 0 END"
        ),
    ),
    # Per account: all money in the lines = allocated + going back + waiting for a person + out of scope.
    "money_is_conserved": (
        "payments_bankaccount",
        (
            f"SELECT l.account_id FROM payments_statementline l {_GONE}"  # noqa: S608  (our own text)
            " GROUP BY l.account_id HAVING sum(l.amount) <> sum(coalesce(a.amount, 0)) + sum(coalesce(r.amount, 0))"
            " + sum(CASE WHEN l.state IN ('new', 'suggested', 'unmatched', 'ignored') THEN l.amount ELSE 0 END)"
        ),
    ),
    # What a bank took is kept by its order, to the kuruş, until all of it went back; too much is on its way back.
    "captures_are_kept_or_go_back": (
        "payments_cardattempt",
        (
            "SELECT t.id FROM payments_cardattempt t"
            " LEFT JOIN (SELECT attempt_id, sum(amount) AS amount FROM payments_allocation GROUP BY attempt_id) a"
            " ON a.attempt_id = t.id"
            " LEFT JOIN (SELECT attempt_id, sum(amount) AS amount FROM payments_refund WHERE state = 'confirmed'"
            " GROUP BY attempt_id) b ON b.attempt_id = t.id WHERE coalesce(a.amount, 0) <>"
            " CASE WHEN t.state = 'succeeded' AND NOT t.surplus"
            " AND coalesce(b.amount, 0) < coalesce(t.other_amount, t.paid_amount) THEN t.amount ELSE 0 END"
            " OR t.surplus AND NOT EXISTS (SELECT 1 FROM payments_refund r WHERE r.attempt_id = t.id)"
        ),
    ),
    "refunds_stay_within_captures": (
        "payments_cardattempt",
        (
            "SELECT t.id FROM payments_cardattempt t JOIN payments_refund r ON r.attempt_id = t.id"
            " WHERE r.state <> 'rejected' GROUP BY t.id"
            " HAVING sum(r.amount) > coalesce(t.other_amount, t.paid_amount) OR t.state <> 'succeeded'"
        ),
    ),
    "receipts_say_what_orders_say": (
        "payments_receipt",
        (
            "SELECT r.id FROM payments_receipt r JOIN payments_order o ON o.id = r.order_id"
            " WHERE (r.provider_id, r.net, r.kdv_rate, r.kdv, r.gross, r.product_label)"
            " <> (o.provider_id, o.net, o.kdv_rate, o.kdv, o.gross, o.product_label)"
        ),
    ),
    # A receipt that counts, and that knows of all the money: one from before an undo would not.
    "payments_have_a_receipt": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o WHERE o.state = 'completed' AND o.gross > 0"
            " AND NOT EXISTS (SELECT 1 FROM payments_receipt r WHERE r.order_id = o.id"
            " AND NOT EXISTS (SELECT 1 FROM payments_receiptvoid v WHERE v.receipt_id = r.id)"
            " AND r.issued_at >= ALL (SELECT a.created_at FROM payments_allocation a WHERE a.order_id = o.id"
            " AND a.reverses_id IS NULL))"
        ),
    ),
    # A refund that is called paid has left the account it came into, to the kuruş, by a movement of its own.
    "refunds_left_the_account": (
        "payments_bankrefund",
        (
            "SELECT r.id FROM payments_bankrefund r JOIN payments_statementline l ON l.id = r.line_id"
            " LEFT JOIN payments_statementline d ON d.id = r.debit_line_id WHERE r.state = 'confirmed'"
            " AND (d.id IS NULL OR d.amount <> -r.amount OR d.account_id <> l.account_id OR d.currency <> l.currency)"
        ),
    ),
    "statements_hold_their_lines": (
        "payments_statement",
        (
            "SELECT s.id FROM payments_statement s LEFT JOIN payments_statementline l ON l.statement_id = s.id"
            " GROUP BY s.id HAVING s.line_count - s.duplicate_count <> count(l.id)"
        ),
    ),
    "state_changes_are_audited": (
        "payments_order",
        (
            "SELECT o.id FROM payments_order o WHERE o.state <> 'draft'"
            " AND NOT EXISTS (SELECT 1 FROM audit_auditevent e WHERE e.provider_id = o.provider_id"
            " AND e.object_type = 'payments.order' AND e.object_id = o.id::text AND e.action = 'state:' || o.state)"
        ),
    ),
    "contract_texts_are_whole": (
        "contracts_contracttext",
        "SELECT id FROM contracts_contracttext WHERE encode(sha256(convert_to(source, 'UTF8')), 'hex') <> sha256",
    ),
    "approvals_name_their_texts": (
        "contracts_approval",
        (
            "SELECT a.id FROM contracts_approval a JOIN contracts_contracttext t ON t.id = a.text_id"
            " LEFT JOIN contracts_contracttext i ON i.id = a.information_id"
            " WHERE a.text_sha256 <> t.sha256 OR a.information_sha256 <> coalesce(i.sha256, '') ORDER BY a.id"
        ),
    ),
    "issued_documents_are_whole": (
        "contracts_signeddocument",
        (
            "SELECT id FROM contracts_signeddocument"
            " WHERE content IS NOT NULL AND encode(sha256(content), 'hex') <> sha256"
        ),
    ),
    "address_counts_agree": (
        "packages_addressusage",
        (
            "SELECT provider_id FROM ("
            " SELECT provider_id, phones, emails FROM packages_addressusage"
            " UNION ALL SELECT provider_id, phones, emails FROM packages_addressdelta"
            " UNION ALL SELECT provider_id, -count(*) FILTER (WHERE channel <> 3), -count(*) FILTER (WHERE channel = 3)"
            " FROM (SELECT DISTINCT provider_id, recipient, CASE channel WHEN 3 THEN 3 ELSE 1 END AS channel"
            " FROM consent WHERE status = 1) AS approved GROUP BY provider_id"
            " ) AS part GROUP BY provider_id HAVING sum(phones) <> 0 OR sum(emails) <> 0 ORDER BY provider_id"
        ),
    ),
    # The current state of a consent is its newest event, whose chain is whole; a consent without one has no past.
    "consents_are_their_last_event": (
        "consent",
        (
            "SELECT coalesce(c.provider_id, e.provider_id) FROM consent c FULL JOIN ("
            " SELECT DISTINCT ON (provider_id, recipient, brand_id, channel, recipient_type) * FROM consent_event"
            " ORDER BY provider_id, recipient, brand_id, channel, recipient_type, seq DESC) e"
            " ON (c.provider_id, c.recipient, c.brand_id, c.channel, c.recipient_type)"
            " = (e.provider_id, e.recipient, e.brand_id, e.channel, e.recipient_type)"
            " WHERE (c.last_seq, c.status, c.source, c.consent_at) IS DISTINCT FROM"
            " (e.seq, e.status, e.source, e.consent_at)"
        ),
    ),
    # While a batch waits its consents are no rows, then all are: with a reason, or the event that says the same.
    "batches_say_what_came_of_them": (
        "consent_batch_item",
        (
            "SELECT b.number FROM consent_batch b LEFT JOIN (SELECT provider_id, number, count(*) AS count"
            " FROM consent_batch_item GROUP BY provider_id, number) i USING (provider_id, number)"
            " WHERE coalesce(i.count, 0) <> CASE WHEN b.finished_at IS NULL THEN 0 ELSE b.size END"
            " UNION ALL"
            " SELECT b.number FROM consent_batch b JOIN consent_batch_item i USING (provider_id, number)"
            " LEFT JOIN consent_event e ON e.provider_id = i.provider_id AND e.seq = i.seq AND e.brand_id = b.brand_id"
            " AND (e.recipient, e.channel, e.recipient_type, e.status)"
            " = (i.recipient, i.channel, i.recipient_type, i.status) AND e.consent_at IS NOT DISTINCT FROM i.consent_at"
            " WHERE i.seq IS NOT NULL AND e.seq IS NULL"
        ),
    ),
    "consent_events_follow_each_other": (
        "consent_event",
        (
            "SELECT seq FROM (SELECT seq, prev_seq, lag(seq) OVER (PARTITION BY provider_id, recipient, brand_id,"
            " channel, recipient_type ORDER BY seq) AS before FROM consent_event) e"
            " WHERE prev_seq IS DISTINCT FROM before"
        ),
    ),
    # The daily roll-up holds every event up to where it stands, once, on its Istanbul day.
    "daily_counts_agree": (
        "reports_dailycount",
        (
            "SELECT DISTINCT provider_id FROM (SELECT provider_id, day, brand_id, channel, recipient_type, source,"
            " approvals, refusals, pending, first_records FROM reports_dailycount UNION ALL SELECT e.provider_id,"
            " (e.created_at AT TIME ZONE 'Europe/Istanbul')::date, brand_id, channel, recipient_type,"
            " coalesce(source, 0), -(status = 1)::int, -(status = 2)::int, -(status = 3)::int,"
            " -(prev_seq IS NULL)::int FROM consent_event e JOIN reports_rollup r ON r.provider_id = e.provider_id"
            " WHERE e.seq <= r.seq) AS part GROUP BY provider_id, day, brand_id, channel, recipient_type, source"
            " HAVING sum(approvals) <> 0 OR sum(refusals) <> 0 OR sum(pending) <> 0 OR sum(first_records) <> 0"
            " ORDER BY provider_id"
        ),
    ),
    "report_days_agree": (
        "reports_reportday",
        (
            "SELECT d.provider_id FROM reports_reportday d FULL JOIN (SELECT provider_id, day,"
            " sum(approvals + refusals + pending) AS movements FROM reports_dailycount GROUP BY provider_id, day) c"
            " ON c.provider_id = d.provider_id AND c.day = d.day WHERE d.movements IS DISTINCT FROM c.movements"
        ),
    ),
    "consents_belong_to_brands": (
        "consent",
        (
            "SELECT DISTINCT c.provider_id FROM consent c LEFT JOIN brands_brand b ON b.id = c.brand_id"
            " AND b.provider_id = c.provider_id WHERE b.id IS NULL"
        ),
    ),
}


def verify() -> dict[str, dict[str, Any]]:
    """Return the result of every check, by name."""
    results = {name: check(name) for name in _CHECKS}
    results["approval_chains_hold"] = _approval_chains()
    results["audit_chain_holds"] = _audit_chain()
    return {name: asdict(result) for name, result in results.items()}


def check(name: str) -> Result:
    """Return the result of one check."""
    table, query = _CHECKS[name]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (names of our own table above)
        rows = int(cursor.fetchone()[0])
        cursor.execute(query)
        broken = [str(row[0]) for row in cursor.fetchmany(5)]
    return Result(not broken, rows, f"{table}: {', '.join(broken)}" if broken else "")


# What a chain cannot show by itself: its newest row was deleted, or a row was appended that no service wrote.
_APPROVALS_AT_THE_ENDS = (
    "SELECT e.object_id::bigint AS id FROM audit_auditevent e"
    " LEFT JOIN contracts_approval a ON a.id = e.object_id::bigint"
    " WHERE e.object_type = 'contracts.approval' AND e.action = 'approve' AND a.id IS NULL"
    " UNION SELECT a.id FROM contracts_approval a LEFT JOIN payments_order o ON o.approval_id = a.id WHERE o.id IS NULL"
    " ORDER BY id LIMIT 1"
)


def _approval_chains() -> Result:
    with connection.cursor() as cursor:
        cursor.execute(_APPROVALS_AT_THE_ENDS)
        row = cursor.fetchone()
    approvals = Approval.objects.all()
    bad = [pk for pk in (row and int(row[0]), first_broken(approvals)) if pk]
    return Result(not bad, approvals.count(), f"contracts_approval: {min(bad)}" if bad else "")


def _audit_chain() -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditseal")
        rows = int(cursor.fetchone()[0])
    broken = first_broken_seal()
    return Result(broken is None, rows, f"audit_auditseal: {broken.seq}" if broken else "")
