"""The endpoint of the daily summary, with which a reconciliation (mutabakat) begins."""

import re
from datetime import date, timedelta

import msgspec

from consents.enums import RecipientType
from consents.statistics import DayFigures, day_figures
from iys_portal.api.calls import Call
from iys_portal.api.errors import refused
from iys_portal.api.registry import Needs, endpoint
from iys_portal.counting import counted
from iys_portal.shared.clock import istanbul_day

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLDEST = timedelta(days=7)


class Figures(msgspec.Struct):
    source: str
    approval: int
    rejection: int
    pending: int
    total: int


class ChangesOfType(msgspec.Struct):
    type: str
    consents: list[Figures]


class DaySummary(msgspec.Struct):
    changeStats: list[ChangesOfType]


@endpoint(
    "GET",
    "/sps/{iysCode}/brands/{brandCode}/changes/{reportDate}/recipients/{recipientType}",
    needs=Needs.AGREEMENT,
    tag="GÜNLÜK RAPORLAMA",
    summary="Mutabakat özeti sorgulama",
    answer=DaySummary,
    codes=("H116", "H501", "H502"),
)
def day_summary(call: Call) -> DaySummary:
    """Bir günün izin hareketlerini kanala ve kaynağa göre sayar: HS markanın, IYS alıcıların hareketleridir. Onay, ilk
    kez ya da RET iken onaylananları, ret ONAY iken reddedilenleri sayar; bekleyen, sırasını bekleyen çoklu izinlerdir.
    En çok 7 gün geriye gidilebilir. Çok hareketli günlerde sayılar en çok bir dakika öncesine ait olabilir."""
    day = report_date(call)
    name = call.places["recipientType"]
    if name not in RecipientType.__members__:
        raise refused("H116", location=["recipientType"], value=name)
    kind = RecipientType[name]
    figures = counted(("day", call.brand.pk, str(day), kind.value), lambda: day_figures(call.brand, day, kind))
    own, citizens = figures[::2], figures[1::2]
    return DaySummary(
        [
            ChangesOfType(ours.channel.name, [_row("HS", ours), _row("IYS", theirs)])
            for ours, theirs in zip(own, citizens, strict=True)
        ]
    )


def _row(source: str, figures: DayFigures) -> Figures:
    return Figures(source, figures.approvals, figures.rejections, figures.pending, figures.total)


def report_date(call: Call) -> date:
    """Return the day that the path names; raise Refused for no day (H501) and one that is too old or to come (H502)."""
    written = call.places["reportDate"]
    try:
        day = date.fromisoformat(written) if _WRITTEN.fullmatch(written) else None
    except ValueError:
        day = None
    if day is None:
        raise refused("H501", location=["reportDate"], value=written)
    today = istanbul_day(call.now)
    if not today - _OLDEST <= day <= today:
        raise refused("H502", location=["reportDate"], value=written)
    return day
