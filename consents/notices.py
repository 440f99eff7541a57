"""What people who run the portal should know about consents: sentences for /healthz and the administrators."""

from datetime import datetime

from consents.rules.calendar import unsure_of
from consents.selectors import calendar
from iys_portal.shared.clock import istanbul_day


def notices(*, now: datetime) -> list[str]:
    """Return sentences about this year and the next whose movable feasts nobody has settled; one query."""
    known, year = calendar(), istanbul_day(now).year
    return [
        f"{each} yılının {' ve '.join(missing)} günleri kesin değil: üç iş günü bu günlerde yanlış sayılabilir."
        " Resmî takvimi Tatil düzeltmeleri sayfasına girin."
        for each in (year, year + 1)
        if (missing := unsure_of(each, known))
    ]
