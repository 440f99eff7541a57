"""Judge the rows of a file by the one table of rules (consents/rules), at the speed of a file.

Nearly all rows are good: they are known by looking their words up, by the day and clock of their date, and by one
regular expression for the recipient. Whatever that does not know is mended and read by `consents.rules.fields.read`,
the arbiter, which also says what is wrong. A test holds both to the same verdicts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.imports.columns import FIELDS
from consents.imports.mending import Mend, mended, mended_recipient
from consents.rules.calendar import earliest_allowed
from consents.rules.faults import Fault
from consents.rules.fields import FIRST_DAY, Movement, Policy, Raw, read
from consents.rules.recipient import is_mail, read_recipient
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from iys_portal.shared.telephone import TURKISH_MOBILE

Staged = tuple[str, int, int, int, int | None, str | None, int | None]
"""A good row: recipient, channel, recipient type, status, source, consent date (ISO, with offset), dealer's code."""

CLOCK = re.compile(r" (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_CLOCKS = re.compile(rf"(?:{CLOCK.pattern})*")
_DATE_LENGTH = len("2026-11-23 12:07:07")
RETAILER = re.compile(r"[1-9][0-9]{7}")
_MOST_KNOWN = 10_000
_SAMPLES = {"EPOSTA": "alici@ornek.example"}
_PHONE = "+905992000000"
_OF_2015 = f"{FIRST_DAY:%Y-%m-%d %H:%M:%S}"


class Kind(NamedTuple):
    """Words of a row that go together: channel, recipient type, status, source, and which dates they allow."""

    channel: int
    recipient_type: int
    status: int
    source: int | None
    may_lack_date: bool


class RowJudge:
    """Judges rows at one instant; counts what it mended in those that are good.

    `offsets` are the days whose dates are known at a glance, with their offset, `until` the last second of them.
    """

    def __init__(self, *, policy: Policy, now: datetime) -> None:
        self.mends: Counter[Mend] = Counter()
        self.policy, self.now = policy, now
        self.until = f"{now.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"
        self.offsets = _offsets(earliest_allowed(now, policy.calendar).date(), istanbul_day(now))
        self._kinds: dict[tuple[str, ...], Kind | None] = {}

    def judge(self, cells: tuple[str, ...]) -> Staged | list[Fault]:
        """Return what a row of FIELDS says, or all its faults in İYS's order."""
        staged = self.at_a_glance(cells)
        if staged is not None:
            return staged
        values, mends = mended(cells)
        staged = self.at_a_glance(values) if mends else None
        if staged is None:
            found = self._arbited(values)
            if isinstance(found, list):
                return found
            staged = found
        self.mends.update(mends)
        return staged

    def at_a_glance(self, cells: tuple[str, ...]) -> Staged | None:
        """Return what a row says that is surely good, else None."""
        type_, source, recipient, status, written, recipient_type, retailer = cells
        words = (type_, source, status, recipient_type)
        kind = self.kind_of(words)
        if kind is None or retailer:
            return None
        if not (is_mail(recipient) if kind.channel == Channel.EPOSTA else TURKISH_MOBILE.fullmatch(recipient)):
            return None
        instant: str | None
        if kind.source == Source.HS_2015:
            if written != _OF_2015 or not self.policy.transition_open:
                return None
            instant = str(FIRST_DAY)
        elif written:
            offset = self.offsets.get(written[:10])
            if offset is None or not CLOCK.fullmatch(written, 10) or written > self.until:
                return None
            instant = written + offset
        elif kind.may_lack_date:
            instant = None
        else:
            return None
        return recipient, kind.channel, kind.recipient_type, kind.status, kind.source, instant, None

    def recipient_fault(self, recipient: str, channel: Channel) -> str | None:
        """Return the code of what is wrong with a recipient, which is mended first; None where nothing is."""
        return read_recipient(mended_recipient(recipient, mail=channel == Channel.EPOSTA), channel)[1]

    def instants(self, dates: Sequence[str]) -> list[str] | None:
        """Return the instants of dates that are all known at a glance, else None; they are looked at all at once."""
        if set(map(len, dates)) != {_DATE_LENGTH} or max(dates) > self.until:
            return None
        offsets = {self.offsets.get(day) for day in {date[:10] for date in dates}}
        offset = offsets.pop()
        if offset is None or offsets or not _CLOCKS.fullmatch("".join([date[10:] for date in dates])):
            return None
        return [date + offset for date in dates]

    def kind_of(self, words: tuple[str, ...]) -> Kind | None:
        """Return what type, source, status and recipient type mean where they go together, else None."""
        return self._kinds[words] if words in self._kinds else self._learnt(words)

    def _learnt(self, words: tuple[str, ...]) -> Kind | None:
        """Ask the arbiter whether these words go together, whatever recipient and date stand beside them."""
        type_, source, status, recipient_type = words
        raw = Raw(_SAMPLES.get(type_, _PHONE), type_, status, source, "", recipient_type)
        faults = read(raw, policy=self.policy, now=self.now).faults
        kind = None
        if all(fault.field == "consentDate" for fault in faults):
            kind = Kind(
                Channel[type_].value,
                RecipientType[recipient_type or "BIREYSEL"].value,
                ConsentStatus[status].value,
                Source[source].value if source else None,
                may_lack_date=not faults,
            )
        if len(self._kinds) < _MOST_KNOWN:
            self._kinds[words] = kind
        return kind

    def _arbited(self, values: tuple[str, ...]) -> Staged | list[Fault]:
        type_, source, recipient, status, written, recipient_type, retailer = values
        raw = Raw(recipient, type_, status, source, written, recipient_type)
        reading = read(raw, policy=self.policy, now=self.now)
        faults = list(reading.faults)
        if retailer and not RETAILER.fullmatch(retailer):
            faults.append(Fault("H180", "retailerCode"))
        if faults or reading.movement is None:
            return faults
        return staged_of(reading.movement, int(retailer) if retailer else None)


def staged_of(movement: Movement, retailer_code: int | None) -> Staged:
    """Return a movement as a row of the staging."""
    return (
        movement.recipient,
        movement.channel.value,
        movement.recipient_type.value,
        movement.status.value,
        None if movement.source is None else movement.source.value,
        None if movement.consent_at is None else str(movement.consent_at),
        retailer_code,
    )


def _offsets(first: date, last: date) -> dict[str, str]:
    """Return the offset of each day of a span whose clock is the same at both its ends, by its name."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    offsets = {}
    for day in days:
        start = datetime.combine(day, time.min, tzinfo=ISTANBUL)
        end = datetime.combine(day, time.max, tzinfo=ISTANBUL)
        if start.utcoffset() == end.utcoffset():
            offsets[f"{day:%Y-%m-%d}"] = str(start)[-6:]
    return offsets


def value_of(cells: tuple[str, ...], field: str) -> str:
    """Return what stands in a row under a field's name."""
    return cells[FIELDS.index(field)]
