"""A sample as a layout reads it: the first movements, what could not be read, and whether the balances add up."""

from dataclasses import dataclass
from decimal import Decimal

from iys_portal.shared.sheets.source import Source
from payments.statements.base import BankLine, Problem, StatementRefused
from payments.statements.profile import BankProfile
from payments.statements.tabular import read

PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """`lines` and `problems` are the first ones, the counts those of the whole file; sums in the file's currency.

    `balance_ok` as in a statement; `refusal` is why the file cannot be read at all.
    """

    lines: tuple[BankLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    line_count: int = 0
    problem_count: int = 0
    came: Decimal = Decimal("0.00")
    left: Decimal = Decimal("0.00")
    balance_ok: bool | None = None
    refusal: str = ""


def read_sample(content: Source, layout: BankProfile, *, rows: int = 20) -> Reading:
    """Return what a layout makes of a whole file; never raises."""
    try:
        result = read(content, layout)
    except StatementRefused as refused:
        return Reading(refusal=refused.message)
    lines, problems = result.lines, result.problems
    return Reading(
        lines=tuple(lines[:rows]),
        problems=tuple(problems[:PROBLEMS_SHOWN]),
        line_count=len(lines),
        problem_count=len(problems),
        came=sum((line.amount for line in lines if line.amount > 0), Decimal("0.00")),
        left=-sum((line.amount for line in lines if line.amount < 0), Decimal("0.00")),
        balance_ok=result.balance_ok,
    )
