"""Read statements: what became of their lines."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from iys_portal.shared import codes
from payments.enums import LineState
from payments.models import SourceRun, Statement, StatementLine, StatementProfile
from payments.statements import BUILT_IN, BankProfile, ProfileError

_VERDICTS = {
    LineState.MATCHED: "matched",
    LineState.SUGGESTED: "suggested",
    LineState.UNMATCHED: "unmatched",
    LineState.IGNORED: "ignored",
}


def failing_sources() -> QuerySet[SourceRun]:
    """Return the sources that statements could not be fetched from when they were last asked, longest first."""
    return SourceRun.objects.exclude(problem="").select_related("account").order_by("failing_since", "pk")


def line_counts(statement: Statement) -> dict[str, int]:
    """Return how many of a statement's own lines are in each state, by the state's identifier."""
    rows = StatementLine.objects.filter(statement=statement).values_list("state").annotate(Count("pk")).order_by()
    counts = dict(rows)
    return {state.value: counts.get(state.value, 0) for state in LineState}


def days_of(statement: Statement) -> tuple[date | None, date | None]:
    """Return the first and the last booking day of a statement's own lines, or two times None."""
    found = StatementLine.objects.filter(statement=statement).aggregate(first=Min("booked_on"), last=Max("booked_on"))
    return found["first"], found["last"]


def summary_of(statement: Statement) -> dict[str, Any]:
    """Return the result object of `import_statement`."""
    counts = line_counts(statement)
    return {
        "statement_id": statement.pk,
        "lines": statement.line_count,
        "problems": [{"line": p["line"], "message": p["message"]} for p in statement.problems if not p.get("ignored")],
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
    """`matched` is what settled its orders by itself: what a person matched, or took back, is not."""
    rows = line.allocations.all()
    undone = {allocation.reverses_id for allocation in rows}
    live = [allocation for allocation in rows if allocation.reverses_id is None and allocation.pk not in undone]
    state, by_itself = LineState(line.state), any(allocation.actor_id is None for allocation in live)
    verdict = "unmatched" if state == LineState.MATCHED and not by_itself else _VERDICTS.get(state, "unmatched")
    return {
        "line": line.position,
        "amount": str(line.amount),
        "currency": line.currency,
        "text": line.text,
        "verdict": verdict,
        "order": codes.display(live[0].order.code) if live else None,
        "candidates": [codes.display(candidate["code"]) for candidate in line.candidates],
    }


def profiles() -> dict[str, BankProfile]:
    """Return the layouts of tables by the name of their format: those that come with the portal, and declared ones.

    A declared one goes before a built-in one of the same name; one that is not whole any more is left out.
    """
    found = dict(BUILT_IN)
    for row in StatementProfile.objects.filter(is_active=True):
        try:
            found[f"{row.kind}:{row.slug}"] = BankProfile.from_json(row.definition)
        except ProfileError:
            continue
    return found


def profile_named(statement_format: str) -> dict[str, Any] | None:
    """Return the layout of a format as it is kept with a file, or None for a format that has none."""
    found: Mapping[str, BankProfile] = profiles() if ":" in statement_format else {}
    profile = found.get(statement_format)
    return None if profile is None else profile.to_json()
