"""Events written as SQL, and what a count of them gives."""

from collections import Counter
from datetime import datetime

from consents.enums import ConsentStatus
from consents.models import ConsentEvent
from iys_portal.shared.clock import istanbul_day
from reports.enums import Dimension
from reports.selectors.figures import Figures, Key
from tests.consents.scene import PHONES, run

_EVENT = (
    "INSERT INTO consent_event (provider_id, prev_seq, created_at, consent_at, brand_id, channel, recipient_type,"
    " status, source, way, recipient) SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " CASE WHEN %s > 100 THEN 4 ELSE 1 END, %s || n FROM generate_series(1, %s) AS n"
)


def events(
    provider_id: int,
    at: datetime,
    *,
    brand: int = 1,
    channel: int = 2,
    kind: int = 1,
    status: int = ConsentStatus.ONAY,
    source: int | None = 8,
    given: datetime | None = None,
    is_first: bool = True,
    number: int = 1,
) -> None:
    """Write events that were recorded at an instant, as a bulk job does; their consents are none of a report's."""
    consent_at = None if source is None else given or at
    previous = None if is_first else 0
    values = (provider_id, previous, at, consent_at, brand, channel, kind, status, source, source, PHONES[0], number)
    run(_EVENT, *values)


def counted(provider_id: int, by: list[Dimension]) -> dict[Key, Figures]:
    """Return what `movements` must return for all days, counted one event after the other."""
    found: dict[Key, Counter[str]] = {}
    for event in ConsentEvent.objects.filter(provider_id=provider_id):
        said = {
            Dimension.DAY: istanbul_day(event.created_at),
            Dimension.BRAND: event.brand_id,
            Dimension.CHANNEL: event.channel,
            Dimension.RECIPIENT_TYPE: event.recipient_type,
            Dimension.SOURCE: event.source or 0,
        }
        counts = found.setdefault(tuple(said[dimension] for dimension in by), Counter())
        counts[ConsentStatus(event.status).name] += 1
        counts["first"] += event.prev_seq is None
    return {
        key: Figures(counts["ONAY"], counts["RET"], counts["BEKLIYOR"], counts["first"])
        for key, counts in found.items()
    }
