"""The invariants of money, subscriptions, contracts and audit, recomputed from the rows alone.

Each check is one SQL statement that returns the rows that break it, so that it does not share code with what it
judges. `verify_ledger` runs them all.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from contracts.models import Approval
from contracts.services import GENESIS, approval_hash
from iys_portal.audit.selectors import first_broken_seal


@dataclass(frozen=True)
class Result:
    """One check: whether it holds, how many rows it looked at, and which first rows break it."""

    ok: bool
    rows: int
    detail: str


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
            "SELECT provider_id FROM packages_subscription WHERE state IN ('active', 'paused')"
            " GROUP BY provider_id HAVING count(*) > 1"
        ),
    ),
    "lines_hold_what_they_settle": (
        "payments_statementline",
        (
            "SELECT l.id FROM payments_statementline l LEFT JOIN payments_allocation a ON a.line_id = l.id"
            " GROUP BY l.id HAVING coalesce(sum(a.amount), 0) < 0 OR coalesce(sum(a.amount), 0) > greatest(l.amount, 0)"
            " OR (l.state = 'matched') <> (coalesce(sum(a.amount), 0) > 0)"
        ),
    ),
    # Per account: all money in the lines = allocated + waiting for a person + out of scope. Nothing else exists.
    "money_is_conserved": (
        "payments_bankaccount",
        (
            "SELECT l.account_id FROM payments_statementline l"
            " LEFT JOIN (SELECT line_id, sum(amount) AS amount FROM payments_allocation GROUP BY line_id) a"
            " ON a.line_id = l.id GROUP BY l.account_id HAVING sum(l.amount) <>"
            " sum(coalesce(a.amount, 0)) + sum(CASE WHEN l.state IN ('new', 'suggested', 'unmatched', 'matched')"
            " THEN l.amount - coalesce(a.amount, 0) ELSE 0 END)"
            " + sum(CASE WHEN l.state = 'ignored' THEN l.amount ELSE 0 END)"
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
    "issued_documents_are_whole": (
        "contracts_signeddocument",
        (
            "SELECT id FROM contracts_signeddocument"
            " WHERE content IS NOT NULL AND encode(sha256(content), 'hex') <> sha256"
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
    results = {name: _run(table, query) for name, (table, query) in _CHECKS.items()}
    results["approval_chains_hold"] = _approval_chains()
    results["audit_chain_holds"] = _audit_chain()
    return {name: asdict(result) for name, result in results.items()}


def _run(table: str, query: str) -> Result:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  (names of our own table above)
        rows = int(cursor.fetchone()[0])
        cursor.execute(query)
        broken = [str(row[0]) for row in cursor.fetchmany(5)]
    return Result(not broken, rows, f"{table}: {', '.join(broken)}" if broken else "")


def _approval_chains() -> Result:
    heads: dict[int, str] = {}
    rows = 0
    for approval in Approval.objects.order_by("provider_id", "pk").iterator(chunk_size=2000):
        rows += 1
        expected = heads.get(approval.provider_id, GENESIS)
        if approval.previous_hash != expected or approval.hash != approval_hash(approval):
            return Result(ok=False, rows=rows, detail=f"contracts_approval: {approval.pk}")
        heads[approval.provider_id] = approval.hash
    return Result(ok=True, rows=rows, detail="")


def _audit_chain() -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditseal")
        rows = int(cursor.fetchone()[0])
    broken = first_broken_seal()
    return Result(broken is None, rows, f"audit_auditseal: {broken.seq}" if broken else "")
