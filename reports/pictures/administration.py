"""Pictures for administrators: whose terms end when, and where buyers stop."""

from datetime import date
from itertools import pairwise

from iys_portal.shared.chart import Bar, Series, bars, columns
from iys_portal.shared.numerals import grouped, percent
from packages.renewals import GRACE, Ending, endings_by_month
from payments.selectors.funnel import Step, steps_of
from reports.pictures.period import Period, last_periods, month_of
from reports.pictures.report import Fact, Report, Span, compared, panels

_BEFORE, _AFTER = 6, 12


# --- Renewals ---------------------------------------------------------------------------------------------------------
def renewals(span: Span) -> Report:
    """Who will lapse? The terms that end in each month, half a year back and a year ahead, and whether they go on."""
    months = _months(span.today)
    found = endings_by_month(months[0].first, months[-1].last, now=span.now)
    endings = [found.get(month.first, Ending()) for month in months]
    if not sum(ending.total for ending in endings):
        return Report("Bu aylarda biten bir paket yok.")
    finding = _lapsing(endings)
    drawn = columns(
        [f"{month.first:%m.%Y}" for month in months],
        [
            Series("Yenilendi", [ending.renewed for ending in endings], "first"),
            Series("Yenilenmesi beklenen", [ending.waiting for ending in endings], "third"),
            Series("Yenilenmedi", [ending.lapsed for ending in endings], "second"),
        ],
    )
    over = [ending for month, ending in zip(months, endings, strict=True) if month.last < span.today]
    over_renewed, over_total = sum(each.renewed for each in over), sum(each.total for each in over)
    soon = endings[_BEFORE].waiting + endings[_BEFORE + 1].waiting
    return Report(
        finding=finding,
        facts=[
            Fact("Bu ay ve gelecek ay yenilenmesi beklenen", grouped(soon)),
            Fact("Biten aylarda yenileme oranı", percent(over_renewed, over_total), f"{grouped(over_total)} paket"),
        ],
        panels=panels(("yenilemeler", "Biten paketler, aylara göre", finding, drawn)),
        head=["Ay", "Yenilendi", "Yenilenmesi beklenen", "Yenilenmedi", "Toplam"],
        rows=[
            [f"{month.first:%m.%Y}", ending.renewed, ending.waiting, ending.lapsed, ending.total]
            for month, ending in zip(months, endings, strict=True)
        ],
        notes=[
            f"Bitişinden sonraki {GRACE.days} gün içinde başlayan yeni bir dönem yenileme sayılır.",
            "Süresi dolmadan kapatılan paketler (paket değişikliği, iade) sayılmaz.",
        ],
    )


def _months(today: date) -> list[Period]:
    months = last_periods("month", _BEFORE + 1, today=today)[::-1]
    while len(months) < _BEFORE + _AFTER:
        months.append(month_of(_next(months[-1])))
    return months


def _next(month: Period) -> date:
    return date(month.last.year + month.last.month // 12, month.last.month % 12 + 1, 1)


def _lapsing(endings: list[Ending]) -> str:
    waiting, lapsed = sum(each.waiting for each in endings), sum(each.lapsed for each in endings)
    said = f"Önümüzdeki aylarda biten {grouped(waiting)} paketin yenilenmesi bekleniyor"
    if not waiting:
        said = "Önümüzdeki aylarda yenilenmesi beklenen paket yok"
    if not lapsed:
        return f"{said}; son altı ayda yenilenmeyen paket olmadı."
    return f"{said}; son altı ayda {grouped(lapsed)} paket yenilenmedi."


# --- Checkout ---------------------------------------------------------------------------------------------------------
def checkout(span: Span) -> Report:
    """Where do buyers stop? The orders begun on these days by the steps that they have taken until now."""
    steps = steps_of(span.period.first, span.period.last)
    begun, done = steps[0].count, steps[-1].count
    if not begun:
        return Report("Bu günlerde başlayan bir sipariş yok.")
    before = steps_of(span.period.previous.first, span.period.previous.last)
    finding = (
        f"{grouped(begun)} siparişten {grouped(done)} tanesi ({percent(done, begun)}) paketle sonuçlandı{_stop(steps)}."
    )
    drawn = bars(
        [Bar(step.words, step.count, f"{grouped(step.count)} · {percent(step.count, begun)}") for step in steps]
    )
    return Report(
        finding=finding,
        facts=[
            Fact("Başlayan sipariş", grouped(begun), compared(begun, before[0].count)),
            Fact("Tanımlanan paket", grouped(done), compared(done, before[-1].count)),
            Fact("Sonuçlanan", percent(done, begun), f"önceki dönem {percent(before[-1].count, before[0].count)}"),
        ],
        panels=panels(("satin-alma", "Adımlara göre siparişler", finding, drawn)),
        head=["Adım", "Sipariş", "İlk adıma göre", "Bir önceki adımda kalan"],
        rows=[
            [step.words, step.count, percent(step.count, begun), steps[at - 1].count - step.count if at else 0]
            for at, step in enumerate(steps)
        ],
        notes=["Ücretsiz paketlerin siparişleri sayılmaz.", "Süren siparişler bulundukları adımda sayılır."],
    )


def _stop(steps: list[Step]) -> str:
    lost = [(before.count - after.count, after.words) for before, after in pairwise(steps)]
    most, words = max(lost, key=lambda each: each[0])
    return f"; en çok sipariş “{words}” adımından önce kaldı: {grouped(most)}" if most else ""
