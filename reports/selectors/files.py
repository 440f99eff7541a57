"""Read daily files, tenant first: the same bytes for the screen and for the API."""

import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import ConsentEvent
from consents.rules.fields import Movement
from consents.rules.transaction import transaction_id, written
from iys_portal.audit.models import OutboxMessage
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from iys_portal.shared.crypto import decrypt
from partners.models import Partner
from reports.enums import FileState
from reports.models import ClosedDay, Comparison, DailyCount, DailyFile, Difference, ReportDay

HEAD = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"
SERVED_DAYS = 7
"""For so many days İYS serves a file; we keep it beyond."""
PORTION = 5_000
_AGREED = ("agreed_by", "agreed_partner")
TOPIC = "reports.daily_files"
"""The work, promised to the outbox, of making the files of a provider's day."""


def daily_file(provider_id: int, brand_id: int, day: date) -> DailyFile | None:
    """Return the file of a brand's day that counts: the newest made one, else the one that is being made, or None.

    Its state, hash and agreement are fields of it; `content_of` gives its bytes, `stamp` the RFC 3161 answer.
    """
    files = DailyFile.objects.filter(provider_id=provider_id, brand_id=brand_id, day=day)
    found = list(files.select_related("brand", *_AGREED).order_by("-revision"))
    return next((file for file in found if file.state == FileState.COMPLETED), found[0] if found else None)


def revisions_of(file: DailyFile) -> QuerySet[DailyFile]:
    """Return all files of the same day and brand, newest first."""
    same = DailyFile.objects.filter(provider_id=file.provider_id, brand_id=file.brand_id, day=file.day)
    return same.select_related(*_AGREED).order_by("-revision")


def daily_files(
    provider_id: int,
    *,
    brand_id: int | None = None,
    state: str = "",
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[DailyFile]:
    """Return the newest file of every day and brand that the filters name, newest day first.

    `is_there` says whether it or a revision before it was made: the one of them that `daily_file` returns.
    """
    files = DailyFile.objects.filter(~Exists(_later()), provider_id=provider_id).defer("stamp").select_related("brand")
    same = {name: OuterRef(name) for name in ("provider_id", "brand_id", "day")}
    files = files.annotate(is_there=Exists(DailyFile.objects.filter(**same, state=FileState.COMPLETED)))
    if brand_id is not None:
        files = files.filter(brand_id=brand_id)
    if state in FileState.values:
        files = files.filter(state=state)
    if first is not None:
        files = files.filter(day__gte=first)
    if last is not None:
        files = files.filter(day__lte=last)
    return files.order_by("-day", "brand__name", "pk")


def report_day(provider_id: int, day: date) -> ReportDay | None:
    """Return what is kept of a day: its movements, and whether it was corrected."""
    return ReportDay.objects.filter(provider_id=provider_id, day=day).first()


def days_without_files(*, since: date) -> list[tuple[int, date]]:
    """Return the providers and days whose files are to be asked for: closed ones, and any whose files were given up.

    Of the closed days from `since` on those with movements behind their newest file; of all days those with a file
    that failed and that nobody tries again.
    """
    asked = DailyFile.objects.filter(
        provider_id=OuterRef("provider_id"), day=OuterRef("day"), last_seq__gte=OuterRef("last_seq")
    )
    closed = ClosedDay.objects.filter(day__gte=since).values("day")
    missing = ReportDay.objects.filter(~Exists(asked), day__in=closed).values_list("provider_id", "day")
    failed = DailyFile.objects.filter(~Exists(_later()), state=FileState.ERROR).values_list("provider_id", "day")
    open_tries = OutboxMessage.objects.filter(topic=TOPIC, done_at=None, failed_at=None)
    tried = {(told["provider_id"], told["day"]) for told in open_tries.values_list("payload", flat=True)}
    given_up = {(provider_id, day) for provider_id, day in failed if (provider_id, day.isoformat()) not in tried}
    return sorted({*missing, *given_up})


def _later() -> QuerySet[DailyFile]:
    """Return the revisions that are newer than an outer query's."""
    same = {name: OuterRef(name) for name in ("provider_id", "brand_id", "day")}
    return DailyFile.objects.filter(**same, revision__gt=OuterRef("revision"))


def is_served(file: DailyFile, *, now: datetime) -> bool:
    """Return whether İYS would still serve the file; the archive has it for longer."""
    return file.day >= istanbul_day(now) - timedelta(days=SERVED_DAYS)


def movements_of_brands(provider_id: int, day: date) -> dict[int, int]:
    """Return how many movements of a day each brand has in the roll-up: all of them, for a day that was closed."""
    counts = DailyCount.objects.filter(provider_id=provider_id, day=day).values_list("brand_id")
    return dict(counts.annotate(movements=Sum(F("approvals") + F("refusals") + F("pending"))))


def content_of(file: DailyFile) -> Iterator[bytes]:
    """Yield the bytes of a file as they were made, a piece at a time."""
    for piece in file.pieces.order_by("position").values_list("content_encrypted", flat=True).iterator(chunk_size=4):
        yield zlib.decompress(decrypt(piece))


def lines_to_write(file: DailyFile, brand: Brand, *, iys_code: int) -> Iterator[str]:
    """Yield the lines of a file that is to be made, without their ends: by second of recording, then transaction id.

    The same events give the same lines. One second's lines are in memory at a time.
    """
    yield HEAD
    events = ConsentEvent.objects.filter(
        provider_id=file.provider_id,
        brand_id=brand.pk,
        seq__lte=file.last_seq,
        created_at__gte=end_of_istanbul_day(file.day - timedelta(days=1)),
        created_at__lt=end_of_istanbul_day(file.day),
    )
    day = report_day(file.provider_id, file.day)
    if day is not None:
        events = events.filter(seq__gte=day.first_seq)
    dated = ((_second(event), event) for event in events.order_by("created_at", "seq").iterator(chunk_size=PORTION))
    for second, same in groupby(dated, key=lambda pair: pair[0]):
        for number, rest in sorted(_line(event, brand, iys_code) for _, event in same):
            yield f"{second},{number},{rest}"


def _second(event: ConsentEvent) -> str:
    return written(event.created_at)


def _line(event: ConsentEvent, brand: Brand, iys_code: int) -> tuple[str, str]:
    """Return an event's transaction id and what stands behind it."""
    said = Movement(
        event.recipient,
        Channel(event.channel),
        RecipientType(event.recipient_type),
        ConsentStatus(event.status),
        None if event.source is None else Source(event.source),
        event.consent_at,
    )
    number = transaction_id(said, iys_code=iys_code, brand_code=brand.code, created_at=event.created_at)
    source = "" if said.source is None else said.source.name
    names = (said.recipient_type.name, said.channel.name, said.status.name, written(said.consent_at), source)
    return number, f"{said.recipient},{','.join(names)}"


def comparison_with_id(file: DailyFile, pk: int, *, partner: Partner | None = None) -> Comparison | None:
    """Return a comparison of a side with this file or another revision of its day, or None."""
    return comparisons_of(file, partner=partner).filter(pk=pk).select_related("file__brand", "person").first()


def comparisons_of(file: DailyFile, *, partner: Partner | None = None) -> QuerySet[Comparison]:
    """Return the comparisons with all revisions of a file, newest first: a partner's, or the provider's own."""
    found = Comparison.objects.filter(
        provider_id=file.provider_id, file__brand_id=file.brand_id, file__day=file.day, partner=partner
    )
    return found.select_related("person").order_by("-pk")


def differences_of(comparison: Comparison) -> QuerySet[Difference]:
    """Return the rows that differ, in the order of the file."""
    return comparison.differences.order_by("position")
