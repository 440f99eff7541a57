"""Read consents: counters, the list, one recipient, the history. The provider comes first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from accounts.models import Provider
from brands.enums import RetailerState
from brands.models import Brand, Retailer
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.feed_selectors import FeedEvent
from consents.models import Consent, ConsentEvent, HolidayChange, RetailerAccess
from consents.rules.calendar import Calendar
from consents.rules.faults import Fault
from consents.rules.fields import Movement, Policy
from consents.rules.state import Standing, judge
from consents.rules.transaction import transaction_id
from packages.selectors import AddressCounts, address_limit, address_usage

COUNTED = 10_000
"""Longer lists are counted no further."""
SCANNED = 200_000
"""So many rows are looked at for a page or a count of a narrowed list; who wants more goes on from there."""

_MOST_SEQ = 2**63 - 1
# Of one provider's rows that is the order of the key, and the database knows it as such without the provider only.
_ORDER = "recipient, brand_id, channel, recipient_type"

COLUMNS = tuple(column.attname for column in Consent._meta.concrete_fields)
"""What is read of a consent, in this order."""

Place = tuple[str, int, int, int]
"""Where a row stands in the list of a provider: recipient, brand, channel, recipient type."""


@dataclass(frozen=True)
class BrandCounts:
    """The three counters of Marka Yönetimi; what is missing to the total is BEKLİYOR."""

    total: int = 0
    approval: int = 0
    rejection: int = 0


def counts_by_brand(provider_id: int, brand_ids: list[int]) -> dict[int, BrandCounts]:
    """Return the counters of each of the brands that has consents; one query."""
    rows = (
        Consent.objects.filter(provider_id=provider_id, brand_id__in=brand_ids)
        .values("brand_id")
        .annotate(
            total=Count("recipient"),
            approval=Count("recipient", filter=Q(status=ConsentStatus.ONAY)),
            rejection=Count("recipient", filter=Q(status=ConsentStatus.RET)),
        )
    )
    return {row["brand_id"]: BrandCounts(row["total"], row["approval"], row["rejection"]) for row in rows}


def calendar() -> Calendar:
    """Return the holidays that count; one query."""
    changes = list(HolidayChange.objects.values_list("day", "is_holiday", "name"))
    return Calendar(
        added=frozenset(day for day, is_holiday, _ in changes if is_holiday),
        removed=frozenset(day for day, is_holiday, _ in changes if not is_holiday),
        names={day: name for day, _, name in changes},
    )


def policy() -> Policy:
    """Return what this installation allows; one query."""
    return Policy(calendar(), tacir_first_ret=settings.TACIR_FIRST_RET, transition_open=settings.CONSENT_TRANSITION)


def knows_retailer(brand: Brand, code: int) -> bool:
    """Return whether a dealer of this code works for the brand and may collect consents: one that is active."""
    found = Retailer.objects.filter(provider_id=brand.provider_id, brand=brand, code=code)
    return found.filter(state=RetailerState.ACTIVE).exists()


def count_with(counts: AddressCounts, *, mail: bool, change: int) -> int:
    """Return the address count after a change of phones or e-mail addresses: the larger of both."""
    return counts.changed(mail=mail, change=change).count


@dataclass(frozen=True)
class Room:
    """How many addresses a package holds, and how many there are."""

    most: int
    counts: AddressCounts

    def is_passed(self, *, mail: bool) -> bool:
        """Return whether one more phone or e-mail address raises the count above what the package holds."""
        after = count_with(self.counts, mail=mail, change=1)
        return after > self.counts.count and after > self.most


@dataclass(frozen=True)
class Outlook:
    """What would come of a movement now: why it would be refused, or how the address count would change."""

    current: Consent | None
    faults: list[Fault]
    before: int
    after: int


def outlook_of(
    brand: Brand, movement: Movement, *, retailer_code: int | None, policy: Policy, now: datetime
) -> Outlook:
    """Judge a movement without writing it, for the page that asks before; the record judges again, under its lock."""
    provider_id, mail = brand.provider_id, movement.channel == Channel.EPOSTA
    address = address_rows(provider_id, movement.recipient)
    current = address.consent(brand.pk, movement.channel, movement.recipient_type)
    counts = address_usage(provider_id)
    last = last_event(current)
    if last is not None and says(last) == said_by(movement, retailer_code):
        return Outlook(current, [], counts.count, counts.count)
    limit = address_limit(provider_id, now=now)
    faults = beyond_limit(address, movement, None if limit is None else Room(limit, counts))
    if retailer_code is not None and not knows_retailer(brand, retailer_code):
        faults.append(Fault("H180", "retailerCode"))
    if not faults:
        standing = None if current is None else Standing(ConsentStatus(current.status), current.consent_at)
        faults = judge(standing, movement, policy=policy)
    change = 0 if faults else address.gain(movement, current)
    return Outlook(current, faults, counts.count, count_with(counts, mail=mail, change=change))


# --- One address ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Address:
    """All consents of one recipient with a provider."""

    rows: list[Consent]

    def consent(self, brand_id: int, channel: int, recipient_type: int) -> Consent | None:
        """Return the consent of this key, or None."""
        key = (brand_id, channel, recipient_type)
        return next((row for row in self.rows if (row.brand_id, row.channel, row.recipient_type) == key), None)

    def counts(self, *, mail: bool) -> bool:
        """Return whether the address counts, as a phone or as an e-mail address."""
        return any(row.status == ConsentStatus.ONAY and (row.channel == Channel.EPOSTA) == mail for row in self.rows)

    def grows_by(self, movement: Movement) -> bool:
        """Return whether the movement makes the address count that does not yet."""
        return movement.status == ConsentStatus.ONAY and not self.counts(mail=movement.channel == Channel.EPOSTA)

    def shrinks_by(self, movement: Movement, current: Consent | None) -> bool:
        """Return whether the movement takes away the last approval with which the address counts."""
        mail = movement.channel == Channel.EPOSTA
        approvals = [row for row in self.rows if row.status == ConsentStatus.ONAY]
        alike = [row for row in approvals if (row.channel == Channel.EPOSTA) == mail]
        return movement.status == ConsentStatus.RET and alike == [current]

    def gain(self, movement: Movement, current: Consent | None) -> int:
        """Return by how much the movement changes the number of addresses that count: 1, 0 or -1."""
        if self.grows_by(movement):
            return 1
        return -1 if self.shrinks_by(movement, current) else 0


def beyond_limit(address: Address, movement: Movement, room: Room | None) -> list[Fault]:
    """Return the gate's fault of a movement that makes one address more count than the package holds (None: all)."""
    full = room is not None and address.grows_by(movement) and room.is_passed(mail=movement.channel == Channel.EPOSTA)
    return [Fault("H525", "recipient")] if full else []


def consents_in(rows: Iterable[tuple[Any, ...]]) -> list[Consent]:
    """Return rows, whose columns are COLUMNS, as consents."""
    return [Consent.from_db(connection.alias, COLUMNS, row) for row in rows]


def address_rows(provider_id: int, recipient: str) -> Address:
    """Return all consents of a recipient in the order of their key; one index range."""
    with connection.cursor() as cursor:  # the ORM takes longer to write the question than the database to answer it
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM consent WHERE provider_id = %s AND recipient = %s ORDER BY {_ORDER}",  # noqa: S608  (constants of our own)
            [provider_id, recipient],
        )
        return Address(consents_in(cursor.fetchall()))


def last_event(current: Consent | None) -> ConsentEvent | None:
    """Return the newest movement of a consent, or None."""
    if current is None or current.last_seq is None:
        return None
    return ConsentEvent.objects.get(provider_id=current.provider_id, seq=current.last_seq)


def says(event: ConsentEvent) -> tuple[object, ...]:
    """Return what tells a movement from others of its consent."""
    return event.status, event.source, event.consent_at, event.retailer_code


def said_by(movement: Movement, retailer_code: int | None) -> tuple[object, ...]:
    """Return the same of a movement that is to be recorded."""
    return movement.status, movement.source, movement.consent_at, retailer_code


def history_of(provider_id: int, consents: list[Consent], *, limit: int, before: int = _MOST_SEQ) -> list[ConsentEvent]:
    """Return the newest movements of these consents, newest first; each is found from the one that followed it.

    `before`: of those with a smaller number; the walk to them passes the newer ones. No index holds recipients of
    events: a consent knows its newest event, and each event the one before (docs/adr/0032-consent-store.md).
    """
    last = [row.last_seq for row in consents if row.last_seq is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE chain AS ("
            " SELECT seq, prev_seq, (seq < %(before)s)::int AS depth FROM consent_event"
            " WHERE provider_id = %(provider)s AND seq = ANY(%(last)s)"
            " UNION ALL SELECT e.seq, e.prev_seq, depth + (e.seq < %(before)s)::int FROM chain"
            " JOIN consent_event e ON e.provider_id = %(provider)s AND e.seq = chain.prev_seq WHERE depth < %(limit)s"
            ") SELECT seq FROM chain WHERE seq < %(before)s ORDER BY seq DESC LIMIT %(limit)s",
            {"provider": provider_id, "last": last, "limit": limit, "before": before},
        )
        numbers = [number for (number,) in cursor.fetchall()]
    return list(ConsentEvent.objects.filter(provider_id=provider_id, seq__in=numbers).order_by("-seq"))


def consents_of_retailer(provider_id: int, retailer_code: int) -> int:
    """Return how many of the provider's consents a retailer (bayi) collected or changed; one index range."""
    named = ConsentEvent.objects.filter(provider_id=provider_id, retailer_code=retailer_code)
    return named.values("recipient", "brand_id", "channel", "recipient_type").distinct().count()


def has_consents(provider_id: int, retailer_code: int) -> bool:
    """Return whether any movement of the provider's consents names a retailer (bayi), or any consent is open to it."""
    of_retailer = {"provider_id": provider_id, "retailer_code": retailer_code}
    return ConsentEvent.objects.filter(**of_retailer).exists() or RetailerAccess.objects.filter(**of_retailer).exists()


# --- The list ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to."""

    brand_id: int | None = None
    channel: int | None = None
    status: int | None = None

    @property
    def is_narrow(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Slice:
    """A page of the list; `after` is where the next one begins, None at the end.

    `stopped`: the page is not full because SCANNED rows were looked at; there may be more behind `after`.
    """

    rows: list[Consent] = field(default_factory=list)
    after: Place | None = None
    stopped: bool = False


def _scanned(provider_id: int, filters: Filters, after: Place | None = None) -> tuple[str, str, dict[str, int | str]]:
    """Return the SQL of the next SCANNED rows of the provider, the condition of the filters, and their parameters.

    No index holds what is filtered. A database that looks for the first rows that match would read all of a
    provider's consents where few do.
    """
    values = {"brand_id": filters.brand_id, "channel": filters.channel, "status": filters.status}
    wanted = {name: value for name, value in values.items() if value is not None}
    condition = " AND ".join(f"{name} = %({name})s" for name in wanted) or "true"
    place: dict[str, int | str] = {}
    behind = ""
    if after is not None:
        place = dict(zip(("a_recipient", "a_brand", "a_channel", "a_type"), after, strict=True))
        behind = (
            f"AND (provider_id, {_ORDER}) > (%(provider)s, %(a_recipient)s, %(a_brand)s, %(a_channel)s, %(a_type)s)"
        )
    rows = f"SELECT * FROM consent WHERE provider_id = %(provider)s {behind} ORDER BY {_ORDER} LIMIT %(scanned)s"  # noqa: S608  (constants of our own)
    return rows, condition, {"provider": provider_id, "scanned": SCANNED, **wanted, **place}


def page_of(provider_id: int, filters: Filters, *, size: int, after: Place | None = None) -> Slice:
    """Return the page that follows a place; costs the same anywhere in the list, however few rows match."""
    portion, condition, values = _scanned(provider_id, filters, after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM ({portion}) AS portion"  # noqa: S608  (constants of our own)
            f" WHERE {condition} ORDER BY {_ORDER} LIMIT %(size)s",
            {**values, "size": size + 1},
        )
        rows = consents_in(cursor.fetchall())
    if len(rows) > size:
        return Slice(rows[:size], place_of(rows[size - 1]))
    end = _end_of(portion, values)
    return Slice(rows, end, stopped=end is not None)


def _end_of(portion: str, values: dict[str, int | str]) -> Place | None:
    """Return where a portion of SCANNED rows ends; None where the list ends before.

    The offset is the bound itself, the same wherever the portion begins; numbering the rows takes three times as long.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ORDER} FROM ({portion}) AS portion ORDER BY {_ORDER} LIMIT 1 OFFSET %(scanned)s - 1",  # noqa: S608  (constants of our own)
            values,
        )
        found: Place | None = cursor.fetchone()
    return found


def place_of(row: Consent) -> Place:
    """Return where a row stands in its provider's list."""
    return row.recipient, row.brand_id, row.channel, row.recipient_type


def all_of(provider_id: int, filters: Filters, *, portion: int = 2_000) -> Iterator[Consent]:
    """Yield the whole list, read in portions: no transaction stays open however long it is."""
    part = page_of(provider_id, filters, size=portion)
    yield from part.rows
    while part.after is not None:
        part = page_of(provider_id, filters, size=portion, after=part.after)
        yield from part.rows


def counted(provider_id: int, filters: Filters) -> tuple[int, bool]:
    """Return how many rows of the list were counted, and whether there may be more.

    Counted are COUNTED rows at most, among the first SCANNED of the provider.
    """
    portion, condition, values = _scanned(provider_id, filters)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE {condition}), count(*) FROM ({portion}) AS portion",  # noqa: S608  (constants of our own)
            values if filters.is_narrow else {**values, "scanned": COUNTED + 1},
        )
        number, looked_at = cursor.fetchone()
    return min(number, COUNTED), number > COUNTED or looked_at == SCANNED


# --- Movements by their ids -------------------------------------------------------------------------------------------
def movement_with(provider: Provider, number: str, *, second: datetime) -> ConsentEvent | None:
    """Return the provider's movement of a transaction id, recorded within a second; None when there is none.

    Ids are not stored: those of the second's movements are derived again. Two queries.
    """
    start = second.replace(microsecond=0)
    events = ConsentEvent.objects.filter(
        provider_id=provider.pk, created_at__gte=start, created_at__lt=start + timedelta(seconds=1)
    )
    codes = dict(Brand.objects.filter(provider_id=provider.pk).values_list("pk", "code"))
    return next((event for event in events if id_of(event, provider, codes[event.brand_id]) == number), None)


def id_of(event: ConsentEvent | FeedEvent, provider: Provider, brand_code: int) -> str:
    """Return the transaction id of a movement."""
    said = Movement(
        event.recipient,
        Channel(event.channel),
        RecipientType(event.recipient_type),
        ConsentStatus(event.status),
        None if event.source is None else Source(event.source),
        event.consent_at,
    )
    return transaction_id(said, iys_code=provider.iys_code, brand_code=brand_code, created_at=event.created_at)
