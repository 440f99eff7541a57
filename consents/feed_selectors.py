"""The change feed: a provider's movements in the order of their numbers."""

from datetime import datetime
from typing import NamedTuple

from consents.models import ConsentEvent


class FeedEvent(NamedTuple):
    """A movement as the feed gives it, with all columns; a page of models would cost three times as much."""

    provider_id: int
    seq: int
    prev_seq: int | None
    created_at: datetime
    consent_at: datetime | None
    brand_id: int
    person_id: int | None
    retailer_code: int | None
    channel: int
    recipient_type: int
    status: int
    source: int | None
    way: int
    recipient: str


def movements_after(
    provider_id: int,
    seq: int,
    *,
    limit: int,
    upto: int | None = None,
    brand_id: int | None = None,
    channel: int | None = None,
    citizens: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[FeedEvent]:
    """Return the provider's next movements after number `seq`, oldest first, none of which can be lost.

    Numbers are given before transactions commit, and a reader that has seen 7 never returns to a 6: so all writers of
    a provider draw theirs under its exclusive lock (`packages.usage.lock_addresses`) and hold it until they have
    committed. This is the one place that relies on it (docs/adr/0032-consent-store.md). Under the same lock the instant
    of recording is made to follow the last one, so that those before `until` all have smaller numbers than the others.

    `upto` is the last number that is looked at.
    `citizens`: only those of citizens (True) or of the provider (False). `since` (inclusive) and `until` (exclusive)
    narrow by the instant of recording.
    """
    found = ConsentEvent.objects.filter(provider_id=provider_id, seq__gt=seq)
    exact = {"seq__lte": upto, "brand_id": brand_id, "channel": channel}
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if citizens is not None:
        found = found.filter(source__gt=100) if citizens else found.exclude(source__gt=100)
    if since is not None:
        found = found.filter(created_at__gte=since)
    if until is not None:
        found = found.filter(created_at__lt=until)
    rows = found.order_by("seq").values_list(*FeedEvent._fields)[:limit]
    return [FeedEvent._make(row) for row in rows]
