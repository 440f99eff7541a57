"""What a statement claims about its sums: opening + lines = closing, and each running balance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from iys_portal.shared.money import ZERO, format_lira
from payments.statements.base import BankLine, Problem


@dataclass(frozen=True, slots=True)
class Sums:
    """Balances as claimed or as following from the running ones; `adds_up` None where nothing is claimed."""

    opening: Decimal | None
    closing: Decimal | None
    adds_up: bool | None
    problems: tuple[Problem, ...] = ()


def difference_of(opening: Decimal, closing: Decimal, lines: Iterable[BankLine], currency: str) -> str | None:
    """Return what is wrong with opening + lines = closing in a Turkish sentence, or None."""
    moved = sum((line.amount for line in lines), start=ZERO)
    difference = closing - opening - moved
    if not difference:
        return None
    return (
        f"Bakiye tutmuyor: açılış {money(opening)}, hareketler toplamı {money(moved)}, "
        f"kapanış {money(closing)}; fark {money(difference)} {currency}."
    )


def running_sums(lines: Sequence[BankLine], *, opening: Decimal | None, closing: Decimal | None, currency: str) -> Sums:
    """Check the running balances of lines that are listed oldest first or newest first, and the sum.

    Which of the two it is follows from the balances themselves: the way in which fewer of them break.
    """
    told = [line for line in lines if line.running_balance is not None]
    if not told:
        return _by_sum_alone(lines, opening, closing, currency)
    if len(told) < len(lines):
        missing = next(line for line in lines if line.running_balance is None)
        message = "Hareketin yürüyen bakiyesi yok; ekstrenin toplamı denetlenemedi."
        return Sums(opening, closing, adds_up=False, problems=(Problem(missing.source_line, message),))
    ways = (list(lines), list(reversed(lines)))
    breaks = [_breaks(way, opening) for way in ways]
    newest_first = len(breaks[1]) < len(breaks[0])
    ordered, broken = ways[newest_first], breaks[newest_first]
    first, last = ordered[0].running_balance, ordered[-1].running_balance
    if first is None or last is None:  # pragma: no cover  (all of them are told)
        return Sums(opening, closing, adds_up=False)
    opening = first - ordered[0].amount if opening is None else opening
    problems = [_broken(ordered, index, opening, currency) for index in broken[:1]]
    if len(broken) > 1:
        problems.append(Problem(0, f"Yürüyen bakiye {len(broken)} yerde tutmuyor; yalnızca ilki gösterildi."))
    if closing is not None and closing != last:
        message = f"Kapanış bakiyesi {money(closing)}, son hareketin bakiyesi {money(last)} {currency}."
        problems.append(Problem(ordered[-1].source_line, message))
    return Sums(opening, last if closing is None else closing, not problems, tuple(problems))


def _breaks(ordered: Sequence[BankLine], opening: Decimal | None) -> list[int]:
    broken = []
    before = opening
    for index, line in enumerate(ordered):
        if before is not None and line.running_balance != before + line.amount:
            broken.append(index)
        before = line.running_balance
    return broken


def _broken(ordered: Sequence[BankLine], index: int, opening: Decimal, currency: str) -> Problem:
    line = ordered[index]
    before = ordered[index - 1].running_balance if index else opening
    return Problem(
        line.source_line,
        f"Yürüyen bakiye tutmuyor: önceki {money(before or ZERO)}, hareket {money(line.amount)}, "
        f"yazılan bakiye {money(line.running_balance or ZERO)} {currency}.",
    )


def _by_sum_alone(lines: Sequence[BankLine], opening: Decimal | None, closing: Decimal | None, currency: str) -> Sums:
    if opening is None and closing is None:
        return Sums(None, None, None)
    if opening is None or closing is None:
        which = "Açılış" if opening is None else "Kapanış"
        missing = Problem(0, f"{which} bakiyesi yok; ekstrenin toplamı denetlenemedi.")
        return Sums(opening, closing, adds_up=False, problems=(missing,))
    wrong = difference_of(opening, closing, lines, currency)
    return Sums(opening, closing, wrong is None, (Problem(0, wrong),) if wrong else ())


def money(amount: Decimal) -> str:
    """Return an amount as Turkish readers write it, without the sign of the lira."""
    return format_lira(amount).removesuffix(" ₺")
