"""The picture of how old the approvals are: a calendar of quarters, from the last count of the current state."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import accumulate

from iys_portal.shared.chart import Cell, MatrixRow, level_of, matrix
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.numerals import grouped, percent
from reports.pictures.report import Asked, Fact, Report, panels
from reports.selectors.ages import ages_of

_QUARTERS = ["1. çeyrek", "2. çeyrek", "3. çeyrek", "4. çeyrek"]
_UNDATED = "Tarihi belirtilmemiş"
_YEAR, _OLD = 12, 60

Quarter = tuple[int, int]
"""A year and its quarter, from 0."""


def ages(asked: Asked) -> Report:
    """How old is my base? The consents that are approvals now, by the quarter in which they were given."""
    found = ages_of(asked.provider_id, brand_id=asked.brand.pk if asked.brand else None)
    if found is None:
        return Report("Onaylarınızın yaşı henüz sayılmadı; ilk kayıttan sonra birkaç dakika içinde burada görünür.")
    total = sum(found.approvals.values())
    if not total:
        return Report("Yürürlükte bir onay yok.")
    undated = found.approvals.get(None, 0)
    months = {_months_ago(asked.today, first): number for first, number in found.approvals.items() if first}
    quarters: Counter[Quarter] = Counter()
    for first, number in found.approvals.items():
        if first:
            quarters[first.year, (first.month - 1) // 3] += number
    finding = _finding(months, total)
    young, old = _within(months, 0, _YEAR), _within(months, _OLD, None)
    between = _within(months, _YEAR, _OLD)
    counted = f"{found.counted_at.astimezone(ISTANBUL):%d.%m.%Y %H:%M}"
    rows: list[list[str | int]] = [
        [f"{year}, {_QUARTERS[quarter]}", number, percent(number, total)]
        for (year, quarter), number in sorted(quarters.items(), reverse=True)
    ]
    if undated:
        rows.append([_UNDATED, undated, percent(undated, total)])
    return Report(
        finding=finding,
        facts=[
            Fact("Son 12 ayda alınan", grouped(young), percent(young, total)),
            Fact("1–5 yıllık", grouped(between), percent(between, total)),
            Fact("5 yıldan eski", grouped(old), percent(old, total)),
        ],
        panels=panels(("yas", "Onayların alındığı çeyrekler", finding, matrix(_QUARTERS, _drawn(quarters, undated)))),
        head=["Alındığı dönem", "Onay", "Pay"],
        rows=rows,
        notes=[
            f"Yürürlükteki onaylar, alındıkları tarihe göre; {counted} itibarıyla sayıldı.",
            "Retler ve yanıt bekleyen kayıtlar sayılmaz; yeniden alınan bir onay, son alındığı dönemde durur.",
        ],
    )


def _months_ago(today: date, first: date) -> int:
    """A month that has not come yet counts as this one."""
    return max(0, (today.year - first.year) * 12 + today.month - first.month)


def _within(months: Mapping[int, int], least: int, most: int | None) -> int:
    return sum(number for ago, number in months.items() if ago >= least and (most is None or ago < most))


def _finding(months: Mapping[int, int], total: int) -> str:
    dated_total = sum(months.values())
    if not dated_total:
        return f"Yürürlükteki {grouped(total)} onayın hiçbirinin tarihi belirtilmemiş."
    newest_first = sorted(months.items())
    reached = accumulate(number for _, number in newest_first)
    half = next(ago for (ago, _), sum_ in zip(newest_first, reached, strict=True) if 2 * sum_ >= dated_total)
    said = f"Yürürlükteki {grouped(total)} onayın en az yarısı {f'son {half + 1} ayda' if half else 'bu ay'} alındı"
    old = _within(months, _OLD, None)
    if not old:
        return f"{said}; beş yıldan eski onay yok."
    return f"{said}; beş yıldan eski {grouped(old)} onay var ({percent(old, total)})."


def _drawn(quarters: Mapping[Quarter, int], undated: int) -> list[MatrixRow]:
    most = max([*quarters.values(), undated])
    years = [year for year, _ in quarters]
    rows = [
        MatrixRow(f"{year}", [_cell(quarters.get((year, quarter), 0), most) for quarter in range(4)])
        for year in (range(max(years), min(years) - 1, -1) if years else [])
    ]
    if undated:
        rows.append(MatrixRow(_UNDATED, [_cell(undated, most)]))
    return rows


def _cell(number: int, most: int) -> Cell:
    return Cell(grouped(number), level_of(number, most)) if number else Cell("–")
