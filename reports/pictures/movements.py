"""Pictures of consents, from the daily roll-up: flow, brands by channel, sources, refusals in time."""

from collections.abc import Iterable, Mapping

from brands.selectors import brands_of
from consents.enums import Channel, Source
from consents.rules.calendar import BUSINESS_DAYS
from consents.selectors import calendar
from iys_portal.shared.chart import Bar, Cell, Draw, Mark, MatrixRow, Series, bars, columns, level_of, matrix
from iys_portal.shared.numerals import grouped, percent, percent_of
from reports.enums import Dimension
from reports.pictures.period import Bucket, Period
from reports.pictures.report import Asked, Fact, Report, compared, panels, with_tail
from reports.selectors.figures import Figures, Key, corrected_days, movements, refusal_delays

_NOTHING = "Bu günlerde kaydedilmiş onay ya da ret yok."
_MOST_BRANDS, _MOST_SOURCES = 20, 10
_TELLING = 20
"""Fewer movements say nothing about a brand's share of refusals."""


def _total(figures: Iterable[Figures]) -> Figures:
    found = list(figures)
    return Figures(
        sum(each.approvals for each in found),
        sum(each.refusals for each in found),
        sum(each.pending for each in found),
        sum(each.first_records for each in found),
    )


def _figures(asked: Asked, *by: Dimension, period: Period | None = None) -> dict[Key, Figures]:
    days = period or asked.period
    brand_id = asked.brand.pk if asked.brand else None
    return movements(asked.provider_id, days.first, days.last, by=by, brand_id=brand_id)


# --- Onay and Ret a day -----------------------------------------------------------------------------------------------
def flow(asked: Asked) -> Report:
    """Are we gaining or losing? Approvals upwards, refusals downwards, a picture for each channel."""
    found = _figures(asked, Dimension.DAY, Dimension.CHANNEL)
    total = _total(found.values())
    if not total.approvals + total.refusals:
        return Report(_NOTHING)
    before = _total(_figures(asked, period=asked.period.previous).values())
    buckets = asked.period.buckets()
    by_channel = {channel: _in_buckets(found, channel, buckets) for channel in Channel}
    every = [each for column in by_channel.values() for each in column]
    most = max(each.approvals for each in every), max(each.refusals for each in every)
    return Report(
        finding=_gain(total),
        facts=[
            Fact("Onay", grouped(total.approvals), compared(total.approvals, before.approvals)),
            Fact("Ret", grouped(total.refusals), compared(total.refusals, before.refusals)),
            Fact("Fark", _signed(total.approvals - total.refusals)),
        ],
        panels=panels(
            *(
                (f"akis-{channel.name.lower()}", channel.label, _channel_words(column), _flow(buckets, column, most))
                for channel, column in by_channel.items()
            ),
            titled=True,
        ),
        head=[
            "Dönem" if asked.period.unit != "gün" else "Gün",
            *(f"{channel.label} {status}" for channel in Channel for status in ("Onay", "Ret")),
            "Toplam Onay",
            "Toplam Ret",
        ],
        rows=[_flow_row(bucket, [by_channel[channel][at] for channel in Channel]) for at, bucket in enumerate(buckets)],
        notes=[*_corrections(asked), f"Her sütun bir {asked.period.unit}; üç kanal aynı ölçekle çizildi."],
    )


def _in_buckets(found: Mapping[Key, Figures], channel: Channel, buckets: list[Bucket]) -> list[Figures]:
    by_day = {key[0]: figures for key, figures in found.items() if key[1] == channel}
    return [_total(figures for day, figures in by_day.items() if each.first <= day <= each.last) for each in buckets]


def _flow(buckets: list[Bucket], column: list[Figures], most: tuple[int, int]) -> Draw | None:
    return columns(
        [bucket.label for bucket in buckets],
        [Series("Onay", [each.approvals for each in column], "first")],
        [Series("Ret", [each.refusals for each in column], "second")],
        most=most,
    )


def _flow_row(bucket: Bucket, figures: list[Figures]) -> list[str | int]:
    total = _total(figures)
    both = [number for each in figures for number in (each.approvals, each.refusals)]
    return [bucket.words, *both, total.approvals, total.refusals]


def _channel_words(column: list[Figures]) -> str:
    total = _total(column)
    return f"{grouped(total.approvals)} Onay, {grouped(total.refusals)} Ret."


def _gain(total: Figures) -> str:
    more = total.approvals - total.refusals
    said = f"{grouped(total.approvals)} Onay, {grouped(total.refusals)} Ret kaydedildi"
    if not more:
        return f"{said}; ikisi eşit."
    return f"{said}; {'onaylar' if more > 0 else 'retler'} {grouped(abs(more))} fazla."


def _signed(number: int) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{grouped(abs(number))}"


def _corrections(asked: Asked) -> list[str]:
    days = [day.day for day in corrected_days(asked.provider_id, asked.period.first, asked.period.last)]
    if not days:
        return []
    named = ", ".join(f"{day:%d.%m.%Y}" for day in sorted(days)[-5:])
    more = f" ve {grouped(len(days) - 5)} gün daha" if len(days) > 5 else ""
    return [f"Kapanışından sonra gelen hareketlerle düzeltilen günler: {named}{more}."]


# --- Brands by channel ------------------------------------------------------------------------------------------------
def brands_by_channel(asked: Asked) -> Report:
    """Which brand is weak? Approvals in the cells; the share of refusals in the table and in the finding."""
    found = _figures(asked, Dimension.BRAND, Dimension.CHANNEL)
    by_brand: dict[int, dict[Channel, Figures]] = {}
    for (brand_id, channel), figures in found.items():
        by_brand.setdefault(brand_id, {})[Channel(channel)] = figures
    if not sum(figures.approvals + figures.refusals for figures in found.values()):
        return Report(_NOTHING)
    names = {brand.pk: (str(brand.code), brand.name) for brand in brands_of(asked.provider_id)}
    totals = {brand_id: _total(each.values()) for brand_id, each in by_brand.items()}
    weakest = _weakest({brand_id: each for brand_id, each in totals.items() if brand_id in names})
    ordered = sorted(by_brand.items(), key=lambda item: (-totals[item[0]].approvals, item[0]))
    if weakest in [brand_id for brand_id, _ in ordered[_MOST_BRANDS:]]:
        # What the finding names has a row of its own, however few approvals it has.
        ordered.insert(_MOST_BRANDS - 1, ordered.pop([brand_id for brand_id, _ in ordered].index(weakest)))
    first, rest = with_tail(ordered, _MOST_BRANDS)
    rows = [(*names.get(brand_id, ("", "Silinmiş marka")), by_channel) for brand_id, by_channel in first]
    if rest:
        tail = {channel: _total(each[channel] for _, each in rest if channel in each) for channel in Channel}
        rows.append(("", f"Diğer {grouped(len(rest))} marka", tail))
    most = max(figures.approvals for _, _, each in rows for figures in each.values())
    drawn = [
        MatrixRow(
            f"{name} {code}".strip(),
            [_brand_cell(each.get(channel, Figures()), most) for channel in Channel],
        )
        for code, name, each in rows
    ]
    total, before = _total(totals.values()), _total(_figures(asked, period=asked.period.previous).values())
    named = {brand_id: (name, totals[brand_id]) for brand_id, (_, name) in names.items() if brand_id in totals}
    finding = _brand_words(total, list(named.values()), named.get(weakest))
    return Report(
        finding=finding,
        facts=[
            Fact("Onay", grouped(total.approvals), compared(total.approvals, before.approvals)),
            Fact("Ret", grouped(total.refusals), compared(total.refusals, before.refusals)),
            Fact("Ret payı", _refused(total), f"önceki dönem {_refused(before)}"),
        ],
        panels=panels(("marka-kanal", "Markalara ve kanallara göre Onay", finding, matrix(_CHANNELS, drawn))),
        head=[
            "Marka",
            "Marka Kodu",
            *(f"{channel.label} {status}" for channel in Channel for status in ("Onay", "Ret")),
            "Ret payı",
        ],
        rows=[_brand_row(code, name, each) for code, name, each in rows],
        notes=[*_corrections(asked), "Hücrelerde bu günlerde kaydedilen onay hareketlerinin sayısı yazar."],
    )


_CHANNELS = [channel.label for channel in Channel]


def _brand_cell(figures: Figures, most: int) -> Cell:
    return Cell(grouped(figures.approvals), level_of(figures.approvals, most))


def _brand_row(code: str, name: str, each: Mapping[Channel, Figures]) -> list[str | int]:
    both = [
        number
        for channel in Channel
        for number in (each.get(channel, Figures()).approvals, each.get(channel, Figures()).refusals)
    ]
    total = _total(each.values())
    return [name, code, *both, _refused(total)]


def _refused(figures: Figures) -> str:
    return percent(figures.refusals, figures.approvals + figures.refusals)


def _weakest(totals: Mapping[int, Figures]) -> int:
    """Return the brand with the largest share of refusals of those that moved enough to tell; 0 without one."""
    telling = {
        brand_id: each.refusals / (each.approvals + each.refusals)
        for brand_id, each in totals.items()
        if each.approvals + each.refusals >= _TELLING and each.refusals
    }
    return max(telling, key=telling.__getitem__) if len(totals) > 1 and telling else 0


def _brand_words(total: Figures, rows: list[tuple[str, Figures]], weakest: tuple[str, Figures] | None) -> str:
    said = f"{grouped(total.approvals)} Onay, {grouped(total.refusals)} Ret kaydedildi."
    most = max((figures.approvals for _, figures in rows), default=0)
    strongest = [name for name, figures in rows if figures.approvals == most]
    if most and len(strongest) == 1:
        said = f"En çok onayı {strongest[0]} topladı: {grouped(most)}."
    if weakest is None:
        return said
    name, worst = weakest
    return f"Ret payı en yüksek marka {name}: {_refused(worst)} ({grouped(worst.refusals)} Ret). {said}"


# --- Sources ----------------------------------------------------------------------------------------------------------
def sources(asked: Asked) -> Report:
    """Where do approvals come from? The most frequent sources, the rest in one bar."""
    found = {key[0]: figures for key, figures in _figures(asked, Dimension.SOURCE).items() if figures.approvals}
    if not found:
        return Report("Bu günlerde kaydedilmiş onay yok.")
    previous = {key[0]: each for key, each in _figures(asked, Dimension.SOURCE, period=asked.period.previous).items()}
    total = sum(figures.approvals for figures in found.values())
    ordered = sorted(((source, figures.approvals) for source, figures in found.items()), key=lambda each: -each[1])
    first, rest = with_tail(ordered, _MOST_SOURCES)
    rows = [(_source(source), number, previous.get(source, Figures()).approvals) for source, number in first]
    if rest:
        before = sum(previous.get(source, Figures()).approvals for source, _ in rest)
        rows.append((f"Diğer {len(rest)} kaynak", sum(number for _, number in rest), before))
    name, number, _ = rows[0]
    equals = sum(approvals == number for _, approvals in ordered)
    much = f"{grouped(number)} ({percent(number, total)})"
    finding = f"Onaylar en çok “{name}” kaynağından geldi: {much}."
    if equals > 1:
        finding = f"Onaylar en çok {equals} kaynaktan, eşit sayıda geldi: her birinden {much}."
    drawn = bars([Bar(name, number, f"{grouped(number)} · {percent(number, total)}") for name, number, _ in rows])
    return Report(
        finding=finding,
        panels=panels(("kaynaklar", "Kaynaklara göre Onay", finding, drawn)),
        head=["Kaynak", "Onay", "Pay", "Önceki dönem"],
        rows=[[name, number, percent(number, total), before] for name, number, before in rows],
        notes=_corrections(asked),
    )


def _source(value: int) -> str:
    return Source(value).label if value in Source.values else "Kaynağı belirtilmemiş"


# --- Refusals in time -------------------------------------------------------------------------------------------------
_WAITS = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3", 3, 3), ("4", 4, 4), ("5–9", 5, 9), ("10+", 10, None))


def refusals_in_time(asked: Asked) -> Report:
    """Do we honour refusals in time? Those the provider took itself, by the business days until they were recorded."""
    brand_id = asked.brand.pk if asked.brand else None
    days = asked.period
    holidays = calendar()
    waited = refusal_delays(asked.provider_id, days.first, days.last, calendar=holidays, brand_id=brand_id)
    total = sum(waited.values())
    if not total:
        return Report("Bu günlerde kendi aldığınız bir ret kaydı yok.")
    previous = days.previous
    before = refusal_delays(asked.provider_id, previous.first, previous.last, calendar=holidays, brand_id=brand_id)
    counts = [
        sum(number for wait, number in waited.items() if wait >= first and (last is None or wait <= last))
        for _, first, last in _WAITS
    ]
    late = _late(waited)
    in_time = [*counts[:BUSINESS_DAYS], *[0] * (len(counts) - BUSINESS_DAYS)]
    too_late = [*[0] * BUSINESS_DAYS, *counts[BUSINESS_DAYS:]]
    finding = f"{grouped(total)} ret kaydının {_all_or_late(total, late)}"
    drawn = columns(
        [label for label, _, _ in _WAITS],
        [Series("Süresinde", in_time, "first"), Series("Gecikmiş", too_late, "second")],
        mark=Mark(BUSINESS_DAYS - 1, "Yasal süre"),
    )
    return Report(
        finding=finding,
        facts=[
            Fact("Ret", grouped(total), compared(total, sum(before.values()))),
            Fact("Süresinde işlenen", grouped(total - late), percent(total - late, total)),
            Fact("Geciken", grouped(late), compared(late, _late(before))),
        ],
        panels=panels(("ret-suresi", "Ret kayıtları, aradan geçen iş gününe göre", finding, drawn)),
        head=["Aradan geçen iş günü", "Ret", "Durum"],
        rows=[
            [label, number, "Süresinde" if at < BUSINESS_DAYS else "Gecikmiş"]
            for at, ((label, _, _), number) in enumerate(zip(_WAITS, counts, strict=True))
        ],
        notes=[
            *_corrections(asked),
            "Ret, alındığı günü izleyen üç iş günü içinde kaydedilmelidir: arada en çok iki iş günü kalır.",
            "Vatandaşların İYS üzerinden verdiği retler hemen kaydedildiği için burada sayılmaz.",
        ],
    )


def _late(waited: Mapping[int, int]) -> int:
    return sum(number for wait, number in waited.items() if wait >= BUSINESS_DAYS)


def _all_or_late(total: int, late: int) -> str:
    if not late:
        return "tamamı süresinde işlendi."
    return f"{percent_of(total - late, total)} süresinde işlendi; {grouped(late)} ret gecikti."
