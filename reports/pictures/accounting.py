"""Pictures for accountants: how long movements wait, and how much of the money settles by itself."""

from collections.abc import Sequence

from iys_portal.shared.chart import Bar, Picture, bars, line
from iys_portal.shared.money import ZERO, format_lira
from iys_portal.shared.numerals import grouped, percent, percent_of
from payments.selectors.today import Age, Share, ages, matched_by_day
from reports.pictures.report import Fact, Report, Span, panels

_LINE = "Çizgi, her günün aşağı yuvarlanmış tam yüzdesinden geçer."
_NO_LINE = "Çizgi, en az iki ekstre günü olunca görünür."


def ageing_picture(found: Sequence[Age]) -> Picture:
    """Return the waiting movements by the days they have waited."""
    drawn = bars([Bar(age.words, age.count, grouped(age.count), "second" if age.is_old else "first") for age in found])
    assert drawn is not None  # noqa: S101  (there is a bar for each age, whatever its count)
    return Picture("yaslandirma", "Hareketler ne zamandır bekliyor?", _ageing(found), drawn)


def ageing(span: Span) -> Report:
    """What must I do today? The movements that wait for a person, by the days since their booking."""
    found = ages(now=span.now)
    if not sum(age.count for age in found):
        return Report("İşlem bekleyen hareket yok.")
    picture = ageing_picture(found)
    return Report(
        finding=picture.desc,
        panels=panels((picture.key, picture.title, picture.desc, picture.draw)),
        head=["Bekleme", "Hareket", "Tutar"],
        rows=[[age.words, age.count, format_lira(age.total)] for age in found],
        notes=["Üç günden uzun bekleyenler ayrı renkte çizilir. Süre, işlem tarihinden bugüne geçen gündür."],
    )


def _ageing(found: Sequence[Age]) -> str:
    total, old = sum(age.count for age in found), sum(age.count for age in found if age.is_old)
    money = format_lira(sum((age.total for age in found), ZERO))
    if not old:
        return f"{grouped(total)} hareket ({money}) bekliyor; hiçbiri üç günden eski değil."
    return f"{grouped(total)} hareket ({money}) bekliyor; {grouped(old)} hareket üç günden eski."


def match_rate(span: Span) -> Report:
    """How much settles by itself? The share of the payments of each day's statements, in percent."""
    days = matched_by_day(span.period.first, span.period.last)
    if not days:
        return Report("Bu günlerde ödeme içeren bir ekstre gelmedi.")
    before = span.period.previous
    total, earlier = _total(days), _total(matched_by_day(before.first, before.last))
    finding = f"{grouped(total.payments)} ödemenin {percent_of(total.matched, total.payments)} kendiliğinden eşleşti."
    points = [(day, 100 * share.matched // share.payments) for day, share in days]
    said = percent(earlier.matched, earlier.payments) if earlier.payments else "yok"
    return Report(
        finding=finding,
        facts=[
            Fact("Kendiliğinden eşleşen", percent(total.matched, total.payments), f"önceki dönem {said}"),
            Fact("Ödeme", grouped(total.payments)),
            Fact("Elle işlenen ya da bekleyen", grouped(total.payments - total.matched)),
        ],
        panels=panels(("eslesme", "Kendiliğinden eşleşme oranı", finding, line(points, percent=True))),
        head=["Ekstre günü", "Ödeme", "Kendiliğinden eşleşen", "Oran"],
        rows=[[day, share.payments, share.matched, percent(share.matched, share.payments)] for day, share in days],
        notes=["Kapsam dışı bırakılan hareketler sayılmaz.", _LINE if len(days) > 1 else _NO_LINE],
    )


def _total(days: Sequence[tuple[object, Share]]) -> Share:
    return Share(sum(share.matched for _, share in days), sum(share.payments for _, share in days))
