"""Read push connections, their log and what waits to be sent. The provider comes first."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, auto

from django.db.models import Exists, OuterRef, Q, QuerySet

from brands.models import Brand
from consents.enums import Channel
from consents.feed_selectors import FeedEvent, movements_after
from consents.models import ConsentEvent
from packages.enums import ApiCaller
from packages.rules import api_gate
from packages.selectors import term_that_counts
from partners.enums import Channel as PartnerChannel
from partners.enums import RefusalCode, Right
from partners.models import Partner
from partners.selectors.standing import why_refused
from push.enums import LIVE, ConnectionState
from push.models import PushConnection, PushDelivery
from push.rules import OVERDUE

PORTION = 500
"""Movements in one delivery at most."""


def connections_of(brand: Brand, partner: Partner | None = None) -> QuerySet[PushConnection]:
    """Return the brand's connections that were not removed, by channel and slot; with a partner only that partner's."""
    connections = PushConnection.objects.filter(provider_id=brand.provider_id, brand=brand, state__in=LIVE)
    if partner is not None:
        connections = connections.filter(partner=partner)
    return connections.order_by("channel", "slot")


def connections_of_partner(partner: Partner) -> QuerySet[PushConnection]:
    """Return what the partner's programs registered and was not removed, for whichever brand, by brand and channel."""
    own = PushConnection.objects.filter(partner=partner, state__in=LIVE)
    return own.order_by("brand__name", "channel", "slot", "pk")


def deliveries_of(connection: PushConnection) -> QuerySet[PushDelivery]:
    """Return what was sent over a connection or waits, newest first."""
    return connection.deliveries.order_by("-pk")


def newest_movement(provider_id: int) -> int:
    """Return the number of the provider's newest movement, 0 where there is none."""
    newest = ConsentEvent.objects.filter(provider_id=provider_id).order_by("-seq").values_list("seq", flat=True)
    return newest.first() or 0


def news_of(connection: PushConnection) -> tuple[list[FeedEvent], int]:
    """Return the next movements for a connection, and the number up to which nothing else concerns it.

    The newest number is read first: all smaller ones are committed (`consents.feed_selectors.movements_after`).
    """
    newest = newest_movement(connection.provider_id)
    events = movements_after(
        connection.provider_id, connection.cursor, limit=PORTION, brand_id=connection.brand_id, citizens=True
    )
    looked_at = events[-1].seq if len(events) == PORTION else max(newest, events[-1].seq if events else 0)
    return [event for event in events if event.channel == connection.channel], looked_at


def movements_of(delivery: PushDelivery) -> list[FeedEvent]:
    """Return the movements that a delivery names, oldest first."""
    connection = delivery.connection
    return movements_after(
        delivery.provider_id,
        delivery.first_seq - 1,
        limit=PORTION,
        brand_id=connection.brand_id,
        citizens=True,
        upto=delivery.last_seq,
        channel=connection.channel,
    )


def connections_to_plan(*, now: datetime) -> QuerySet[PushConnection]:
    """Return the active connections with nothing planned whose providers have movements that were not looked at, and
    those whose sending is so long overdue (`OVERDUE`) that its message must have been lost."""
    newer = ConsentEvent.objects.filter(provider_id=OuterRef("provider_id"), seq__gt=OuterRef("cursor"))
    waiting = Q(due_at=None) & Exists(newer) | Q(due_at__lt=now - OVERDUE)
    return PushConnection.objects.filter(waiting, state=ConnectionState.ACTIVE).order_by("pk")


def movements_since(connection: PushConnection, since: datetime) -> Iterable[tuple[int, int, int]]:
    """Yield (first, last, count) of the connection's movements recorded since an instant, in portions.

    Only what was looked at already: the rest comes by itself.
    """
    seq = 0
    while True:
        events = movements_after(
            connection.provider_id,
            seq,
            limit=PORTION,
            brand_id=connection.brand_id,
            citizens=True,
            since=since,
            upto=connection.cursor,
            channel=connection.channel,
        )
        if not events:
            return
        yield events[0].seq, events[-1].seq, len(events)
        seq = events[-1].seq


class Standing(Enum):
    """Whether anything may be sent over a connection now."""

    GOOD = auto()
    RESTING = auto()
    """Not while the provider's package is as it is."""
    LOST = auto()
    """The partner that registered it may not read the channel any more."""


def standing_of(connection: PushConnection, *, now: datetime) -> Standing:
    """Return whether the connection's owner may have the movements: a revoked right counts at once."""
    if connection.partner is not None:
        channel = PartnerChannel[Channel(connection.channel).name]
        refusal = why_refused(
            party=connection.partner, brand=connection.brand, channel=channel, right=Right.READ, now=now
        )
        resting = {
            RefusalCode.PACKAGE,
            RefusalCode.PROVIDER_CLOSED,
            RefusalCode.BRAND_PASSIVE,
            RefusalCode.SUSPENDED,
        }
        if refusal is not None:
            return Standing.RESTING if refusal.code in resting else Standing.LOST
    gate = api_gate(
        term_that_counts(connection.provider_id, now=now),
        provider=connection.provider,
        now=now,
        caller=ApiCaller.PROVIDER,
    )
    return Standing.GOOD if gate is None else Standing.RESTING
