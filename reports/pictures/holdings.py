"""Pictures of what stands beside the consents: the address count, uploaded files, who may read and write."""

from collections import Counter
from datetime import timedelta

from consents.import_selectors import fault_words, jobs_between
from iys_portal.shared.chart import Bar, Cell, MatrixRow, bars, matrix
from iys_portal.shared.clock import last_day
from iys_portal.shared.numerals import grouped, percent, percent_of
from packages.forecast import TREND_DAYS, forecast, sentence
from packages.meter import picture_of
from packages.selectors import active_package, address_usage, live_subscription, usage_days
from partners.enums import Channel, PartyKind, Right
from partners.rules import short
from partners.selectors.grants import Standing, partner_sleep, standing_grants
from reports.pictures.report import Asked, Fact, Panel, Report, compared, panels, with_tail

_MOST_FAULTS = 8
_MOST_GRANTS = 40
_GRANTS_A_PICTURE = 15
"""More rows, each perhaps under its brand's name, would be higher than a sheet of paper."""


# --- Address count ----------------------------------------------------------------------------------------------------
def addresses(asked: Asked) -> Report:
    """When do I outgrow my package? The count at each day's end, today's as it is now."""
    package = active_package(asked.provider_id, now=asked.now)
    first, last = asked.period.first, asked.period.last
    counts = address_usage(asked.provider_id)
    known = usage_days(asked.provider_id, since=min(first, asked.today - timedelta(days=TREND_DAYS)))
    known = [(day, then) for day, then in known if day < asked.today] + [(asked.today, counts)]
    days = [(day, then) for day, then in known if first <= day <= last]
    subscription = live_subscription(asked.provider_id, now=asked.now)
    outlook = forecast(
        [(day, then.count) for day, then in known],
        limit=package.max_addresses,
        last_day=last_day(subscription.ends_at) if subscription else None,
    )
    when = "bugün" if last == asked.today else f"{asked.today:%d.%m.%Y} tarihinde"
    said = f"Adres sayınız {when} {grouped(counts.count)}"
    if package.max_addresses:
        said += f": {package.name} sınırının {percent_of(counts.count, package.max_addresses)}"
    finding = f"{said}. {sentence(outlook, package=package.name)}".strip()
    if not days:
        return Report(f"{finding} Bu günler için kayıt yok.")
    picture = picture_of(
        [(day, then.count) for day, then in days],
        package=package,
        crossing=outlook.day if last == asked.today else None,
    )
    start, end = days[0][1].count, days[-1][1].count
    return Report(
        finding=finding,
        facts=[
            Fact("İlk gün", grouped(start), f"{days[0][0]:%d.%m.%Y}"),
            Fact("Son gün", grouped(end), f"{days[-1][0]:%d.%m.%Y}"),
            Fact("Sınır", grouped(package.max_addresses) if package.max_addresses else "SINIRSIZ", package.name),
        ],
        panels=[Panel(picture)] if picture else [],
        head=["Gün", "Telefon", "E-posta", "Adres sayısı"],
        rows=[[day, then.phones, then.emails, then.count] for day, then in days],
        notes=["Adres sayısı, onaylı telefonlarla onaylı e-posta adreslerinden çok olanının sayısıdır."],
    )


# --- Uploads ----------------------------------------------------------------------------------------------------------
def uploads(asked: Asked) -> Report:
    """What happened to the rows I uploaded? A waterfall from what was read to what was recorded and what was not."""
    brand_id = asked.brand.pk if asked.brand else None
    jobs = jobs_between(asked.provider_id, asked.period.first, asked.period.last, brand_id=brand_id)
    read = sum(job.row_count for job in jobs)
    if not read:
        return Report("Bu günlerde tamamlanmış bir toplu yükleme yok.")
    days = asked.period.previous
    before = sum(job.row_count for job in jobs_between(asked.provider_id, days.first, days.last, brand_id=brand_id))
    faults: Counter[str] = Counter()
    for job in jobs:
        faults.update(job.faults)
    new, changed = sum(job.new_count for job in jobs), sum(job.changed_count for job in jobs)
    same, bad = sum(job.same_count for job in jobs), sum(job.bad_count for job in jobs)
    left = sum(job.staged - job.position for job in jobs)
    fates = [("Yeni kaydedildi", new), ("Değişti", changed), ("Zaten böyleydi", same)]
    fates.append(("Dosyada yinelenmişti", read - new - changed - same - bad - left))
    lost = [("Yarıda bırakıldı", left)] if left else []
    lost.append(("Kaydedilemedi", bad))
    drawn, reached = [Bar("Okunan satır", read, grouped(read), "third")], 0
    for name, number in [*fates, *lost]:
        tone = "second" if (name, number) in lost else "first"
        drawn.append(Bar(name, number, f"{grouped(number)} · {percent(number, read)}", tone, start=reached))
        reached += number
    finding = f"{grouped(len(jobs))} dosyada {grouped(read)} satır okundu; {_fate(read, bad, left)}"
    first, rest = with_tail(faults.most_common(), _MOST_FAULTS)
    reasons = [(f"{code} {fault_words(code)}", number) for code, number in first]
    if rest:
        reasons.append((f"Diğer {len(rest)} neden", sum(number for _, number in rest)))
    reason_bars = bars([Bar(name, number, grouped(number), "second") for name, number in reasons])
    return Report(
        finding=finding,
        facts=[
            Fact("Okunan satır", grouped(read), compared(read, before)),
            Fact("Kaydedilen", grouped(new + changed), percent(new + changed, read)),
            Fact("Kaydedilemeyen", grouped(bad), percent(bad, read)),
        ],
        panels=panels(
            ("yukleme", "Okunan satırlara ne oldu?", finding, bars(drawn)),
            ("hatalar", "Kaydedilemeyen satırlar neden kaydedilemedi?", _reasons(reasons), reason_bars),
            titled=True,
        ),
        head=["Satırlar", "Sayı", "Pay"],
        rows=[
            [name, number, percent(number, read)]
            for name, number in [
                ("Okunan satır", read),
                *fates,
                *lost,
                *((f"Neden: {why}", times) for why, times in reasons),
            ]
        ],
        notes=["Bir satırda birden çok hata olabilir; nedenlerin toplamı kaydedilemeyen satırlardan çok olabilir."]
        if reasons
        else [],
    )


def _fate(read: int, bad: int, left: int) -> str:
    given_up = f"{grouped(left)} satır, yüklemesi yarıda bırakıldığı için kaydedilmedi." if left else ""
    if bad:
        return f"{grouped(bad)} satır ({percent(bad, read)}) kaydedilemedi{f', {given_up}' if left else '.'}"
    return given_up or "hepsi kaydedildi ya da zaten kayıtlıydı."


def _reasons(reasons: list[tuple[str, int]]) -> str:
    return f"En sık neden: {reasons[0][0]} ({grouped(reasons[0][1])})." if reasons else ""


# --- Who may read and write -------------------------------------------------------------------------------------------
def rights(asked: Asked) -> Report:
    """Who touches my data? Each brand's companies with what they may do on each channel, today."""
    grants = standing_grants(asked.provider_id, today=asked.today, brand_id=asked.brand.pk if asked.brand else None)
    if not grants:
        return Report("Hiçbir iş ortağının ya da aracı hizmet sağlayıcının yetkisi yok.")
    shown = grants[:_MOST_GRANTS]
    rows = [
        MatrixRow(
            f"{_KINDS[grant.kind]} · {grant.title}",
            [
                *(_right(grant.rights[channel]) for channel in Channel),
                Cell("Evet", 3) if grant.agreement else Cell("–"),
            ],
            f"{grant.brand_name} · {grant.brand_code}",
        )
        for grant in shown
    ]
    finding = _touched(grants)
    notes = ["Yazma yetkisi okumayı da içerir; aracı hizmet sağlayıcılar (AHS) hiçbir zaman yazamaz."]
    if len(grants) > len(shown):
        more = grouped(len(grants) - len(shown))
        notes.append(f"İlk {len(shown)} yetki çizildi; {more} yetki daha var, hepsi tabloda ve dosyada.")
    asleep = any(grant.kind == PartyKind.PARTNER for grant in grants) and partner_sleep(
        asked.provider_id, now=asked.now
    )
    if asleep:
        notes.append("İş ortaklarının yetkileri paketiniz nedeniyle şu anda uyuyor; yeniden paket alınca sürer.")
    return Report(
        finding=finding,
        panels=_right_panels(rows, finding),
        in_full=True,
        head=["Marka", "Marka Kodu", "Kuruluş", "Tür", *_HEADS, "Bitiş"],
        rows=[
            [
                grant.brand_name,
                str(grant.brand_code),
                grant.title,
                _KINDS[grant.kind],
                *(_right(grant.rights[channel]).words for channel in Channel),
                "Evet" if grant.agreement else "–",
                f"{grant.ends_on:%d.%m.%Y}" if grant.ends_on else "Süresiz",
            ]
            for grant in grants
        ],
        notes=notes,
    )


_KINDS = {PartyKind.PARTNER: "İş ortağı", PartyKind.INTERMEDIARY: "AHS"}
_HEADS = [*(short(channel) for channel in Channel), "Mutabakat"]


def _right_panels(rows: list[MatrixRow], finding: str) -> list[Panel]:
    parts = [rows[at : at + _GRANTS_A_PICTURE] for at in range(0, len(rows), _GRANTS_A_PICTURE)]
    if len(parts) == 1:
        return panels(("yetkiler", "Markalara göre yetkiler", finding, matrix(_HEADS, rows)))
    drawn, first = [], 1
    for part in parts:
        last = first + len(part) - 1
        drawn.append((f"yetkiler-{first}", f"Markalara göre yetkiler, {first}–{last}", finding, matrix(_HEADS, part)))
        first = last + 1
    return panels(*drawn, titled=True)


def _right(right: Right) -> Cell:
    return {Right.WRITE: Cell("Yazma", 5), Right.READ: Cell("Okuma", 2)}.get(right, Cell("–"))


def _touched(grants: list[Standing]) -> str:
    companies = {(grant.kind, grant.party_id) for grant in grants}
    writers = {
        (grant.kind, grant.party_id) for grant in grants if any(right == Right.WRITE for right in grant.rights.values())
    }
    brands = len({grant.brand_code for grant in grants})
    said = f"{grouped(brands)} markanızda {grouped(len(companies))} kuruluşun yetkisi var"
    if not writers:
        return f"{said}; hiçbiri izin yazamaz."
    if len(writers) == len(companies):
        return f"{said}; hepsi izin yazabilir."
    readers = len(companies) - len(writers)
    return f"{said}: {grouped(len(writers))} kuruluş izin yazabilir, {grouped(readers)} kuruluş yalnızca okur."
