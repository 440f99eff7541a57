"""Read statements: what became of their lines."""

from typing import Any

from django.db.models import Count, QuerySet

from iys_portal.shared import codes
from payments.enums import LineState
from payments.models import Statement, StatementLine

_VERDICTS = {
    LineState.MATCHED: "matched",
    LineState.SUGGESTED: "suggested",
    LineState.UNMATCHED: "unmatched",
    LineState.IGNORED: "ignored",
}


def line_counts(statement: Statement) -> dict[str, int]:
    """Return how many of a statement's own lines are in each state, by the state's identifier."""
    rows = StatementLine.objects.filter(statement=statement).values_list("state").annotate(Count("pk")).order_by()
    counts = dict(rows)
    return {state.value: counts.get(state.value, 0) for state in LineState}


def summary_of(statement: Statement) -> dict[str, Any]:
    """Return the result object of `import_statement`."""
    counts = line_counts(statement)
    return {
        "statement_id": statement.pk,
        "lines": statement.line_count,
        "problems": [{"line": p["line"], "message": p["message"]} for p in statement.problems],
        "duplicates": statement.duplicate_count,
        **{name: counts[state.value] for state, name in _VERDICTS.items()},
        "balance_ok": statement.balance_ok,
    }


def empty_summary(problem: str) -> dict[str, Any]:
    """Return the result object of an import that failed before there was a statement."""
    counts = dict.fromkeys(["lines", "duplicates", *_VERDICTS.values()], 0)
    return {"statement_id": None, "problems": [{"line": 0, "message": problem}], **counts, "balance_ok": None}


def matches_of(statement: Statement) -> list[dict[str, Any]]:
    """Return the result rows of `export_matches`: one for each of the statement's own lines, in file order."""
    return [_match(line) for line in _lines_with_orders(statement)]


def _lines_with_orders(statement: Statement) -> QuerySet[StatementLine]:
    lines = StatementLine.objects.filter(statement=statement).order_by("position")
    return lines.prefetch_related("allocations__order")


def _match(line: StatementLine) -> dict[str, Any]:
    settled = [allocation.order.code for allocation in line.allocations.all() if allocation.actor_id is None]
    return {
        "line": line.position,
        "amount": str(line.amount),
        "currency": line.currency,
        "text": line.text,
        "verdict": _VERDICTS.get(LineState(line.state), "unmatched"),
        "order": codes.display(settled[0]) if settled else None,
        "candidates": [codes.display(candidate["code"]) for candidate in line.candidates],
    }
