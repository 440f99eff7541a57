"""The history of a recipient in sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import Person
from brands.models import Brand
from consents.batch_selectors import accounts_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.import_selectors import files_of
from consents.models import ConsentEvent
from consents.rules.calendar import Calendar, deadline
from iys_portal.shared.clock import ISTANBUL, last_day


@dataclass(frozen=True)
class Entry:
    """One movement, as components/timeline.html shows it; `url` and `link` lead to the file it came from."""

    at: datetime
    actor: str
    text: str
    url: str = ""
    link: str = ""


def entries_of(events: Iterable[ConsentEvent], brands: Mapping[int, Brand], *, calendar: Calendar) -> list[Entry]:
    """Return an entry for each movement, oldest first; one query for the names of those who made them.

    One more where there are movements of files, and of programs: whose batch it was, as long as that is kept.
    """
    events = sorted(events, key=lambda event: event.seq)
    by_way: dict[int, list[ConsentEvent]] = {}
    for event in events:
        by_way.setdefault(event.way, []).append(event)
    uploads, calls = by_way.get(Way.UPLOAD, []), by_way.get(Way.API, [])
    files = files_of(uploads[0].provider_id, uploads) if uploads else {}
    accounts = accounts_of(calls[0].provider_id, [event.seq for event in calls]) if calls else {}
    people = Person.objects.in_bulk({event.person_id for event in events if event.person_id is not None})
    return [
        Entry(
            at=event.created_at,
            actor=_who(event, people, accounts),
            text=_what(event, brands.get(event.brand_id), calendar),
            url=reverse("consents:import", kwargs={"pk": files[event.seq].pk}) if event.seq in files else "",
            link=files[event.seq].filename if event.seq in files else "",
        )
        for event in events
    ]


def _who(event: ConsentEvent, people: Mapping[int, Person], accounts: Mapping[int, str]) -> str:
    person = people.get(event.person_id) if event.person_id is not None else None
    name, way = person.get_full_name() if person else accounts.get(event.seq), Way(event.way).label
    return f"{name}, {way}" if name else way


def _what(event: ConsentEvent, brand: Brand | None, calendar: Calendar) -> str:
    status, channel = ConsentStatus(event.status).name, Channel(event.channel).label
    kind = " (tacir)" if event.recipient_type == RecipientType.TACIR else ""
    parts = [f"{brand.name if brand else 'Marka'} · {channel}{kind}: {status}"]
    if event.source is not None:
        parts.append(f"Kaynak: {Source(event.source).label}")
    if event.consent_at is not None:
        parts.append(f"izin tarihi {event.consent_at.astimezone(ISTANBUL):%d.%m.%Y %H:%M}")
        if event.way in (Way.SCREEN, Way.UPLOAD, Way.API):
            parts.append(f"kayıt için son gün {last_day(deadline(event.consent_at, calendar)):%d.%m.%Y}")
    if event.retailer_code is not None:
        parts.append(f"bayi {event.retailer_code}")
    return ". ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]
