"""Read one record as it comes: every fault of its fields, in the order of the fields, or the movement it means."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TypeVar

from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.rules.calendar import Calendar, earliest_allowed
from consents.rules.faults import Fault, in_order
from consents.rules.recipient import read_recipient
from iys_portal.shared.clock import ISTANBUL

FIRST_DAY = datetime(2015, 5, 1, tzinfo=ISTANBUL)
"""No consent is older; consents from before it carry this date and the source HS_2015."""

DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")


@dataclass(frozen=True)
class Raw:
    """A record in İYS's own words; what is absent is an empty text."""

    recipient: str = ""
    type: str = ""
    status: str = ""
    source: str = ""
    consent_date: str = ""
    recipient_type: str = ""


@dataclass(frozen=True)
class Movement:
    """A change of one consent that keeps the rules of the fields."""

    recipient: str
    channel: Channel
    recipient_type: RecipientType
    status: ConsentStatus
    source: Source | None
    consent_at: datetime | None


@dataclass(frozen=True)
class Policy:
    """What an installation allows beyond İYS's rules (domain 1.4 and 2)."""

    calendar: Calendar
    tacir_first_ret: bool = False
    transition_open: bool = False


@dataclass(frozen=True)
class Reading:
    """What came of a record: the movement, or all faults of its fields."""

    movement: Movement | None
    faults: list[Fault]


def read(raw: Raw, *, policy: Policy, now: datetime) -> Reading:
    """Read a provider's record at `now`."""
    channel, wrong_channel = _choice(Channel, raw.type, missing="H111", unknown="H117")
    recipient, wrong_recipient = read_recipient(raw.recipient, channel)
    status, wrong_status = _choice(ConsentStatus, raw.status, missing="H110", unknown="H115", among=_STATUSES)
    kind, wrong_kind = _choice(RecipientType, raw.recipient_type or "BIREYSEL", missing="H116", unknown="H116")
    source, wrong_source = _choice(Source, raw.source, missing="H113", unknown="H119", among=_PROVIDERS)
    consent_at, wrong_date = read_date(raw.consent_date, source, policy=policy, now=now)
    # The first record of a merchant may come without them; whether it is the first, its state will say.
    if kind == RecipientType.TACIR:
        wrong_source = wrong_source if raw.source else None
        wrong_date = wrong_date if raw.consent_date else None
    if source == Source.HS_KARAR and status == ConsentStatus.ONAY:
        wrong_status = "H408"
    found = {
        "type": wrong_channel,
        "recipient": wrong_recipient,
        "status": wrong_status,
        "source": wrong_source,
        "consentDate": wrong_date,
        "recipientType": wrong_kind,
    }
    faults = in_order([Fault(code, name) for name, code in found.items() if code])
    if channel is None or status is None or kind is None or faults:
        return Reading(None, faults)
    return Reading(Movement(recipient, channel, kind, status, source, consent_at), [])


_STATUSES = frozenset({"ONAY", "RET"})
_PROVIDERS = frozenset(source.name for source in Source if not source.is_citizens)
E = TypeVar("E", bound=IntEnum)


def _choice(
    choices: type[E], name: str, *, missing: str, unknown: str, among: frozenset[str] | None = None
) -> tuple[E | None, str | None]:
    """Return the member of this name, or None and the code of what is wrong."""
    if name in (choices.__members__ if among is None else among):
        return choices[name], None
    return None, unknown if name else missing


def read_date(text: str, source: Source | None, *, policy: Policy, now: datetime) -> tuple[datetime | None, str | None]:
    """Return the instant that a provider's `consentDate` names (Türkiye saati), and the code of what is wrong."""
    if not text:
        return None, "H112"
    found = DATE.fullmatch(text)
    if found is None:
        return None, "H158"
    try:
        instant = datetime(*map(int, found.groups()), tzinfo=ISTANBUL)  # type: ignore[arg-type,misc]  # six numbers
    except ValueError:
        return None, "H157"
    return instant, _date_fault(instant, source, policy=policy, now=now)


def _date_fault(instant: datetime, source: Source | None, *, policy: Policy, now: datetime) -> str | None:
    if source == Source.HS_2015:
        if instant != FIRST_DAY:
            return "H155"
        return None if policy.transition_open else "H467"
    if instant < FIRST_DAY:
        return "H156"
    if instant > now:
        return "H162"
    return "H467" if instant < earliest_allowed(now, policy.calendar) else None
