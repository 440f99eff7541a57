"""Tell providers by e-mail that a package is about to end, has ended, or is filling up: each thing once.

Run by beat. However long it stood still, a run tells each provider the most urgent thing only: after a month of
standstill nobody gets three reminders at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.enums import ProviderState
from accounts.notifying import queue_for
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day, last_day
from packages.enums import LIVE, NoticeKind, SubscriptionState
from packages.models import Subscription, SubscriptionNotice
from packages.rules import FIRST_REMINDER_DAYS, reminder_due, usage_level
from packages.selectors import address_count

logger = structlog.get_logger(__name__)

_TOLD_LATE = timedelta(days=30)
"""How long after the end it still makes sense to tell it."""
_CHUNK = 500

_USAGE = {80: NoticeKind.USAGE_80, 95: NoticeKind.USAGE_95, 100: NoticeKind.USAGE_100}
_MORE_URGENT = {
    NoticeKind.EXPIRES_IN_30: {NoticeKind.EXPIRES_IN_7, NoticeKind.EXPIRES_IN_1},
    NoticeKind.EXPIRES_IN_7: {NoticeKind.EXPIRES_IN_1},
    NoticeKind.USAGE_80: {NoticeKind.USAGE_95, NoticeKind.USAGE_100},
    NoticeKind.USAGE_95: {NoticeKind.USAGE_100},
}
"""What, once told, makes a notice superfluous."""

_Values = dict[str, str | bool]


@dataclass(frozen=True)
class _Topic:
    """A reason to write: to whom it may concern now, and what is to be said to one of them (None: nothing)."""

    mail: MailKind
    concerned: Callable[[datetime], QuerySet[Subscription]]
    due: Callable[[Subscription, datetime], tuple[NoticeKind, _Values] | None]


def send_notices(*, now: datetime) -> int:
    """Queue every notice that is due, each in its own transaction; return how many.

    What fails for one provider is logged and left for the next run; the others are told.
    """
    return sum(_tell_safely(topic, pk, now=now) for topic in _TOPICS for pk in _in_chunks(topic.concerned(now)))


def _in_chunks(subscriptions: QuerySet[Subscription]) -> Iterator[int]:
    newest = 0
    while pks := list(subscriptions.filter(pk__gt=newest).order_by("pk").values_list("pk", flat=True)[:_CHUNK]):
        yield from pks
        newest = pks[-1]


def _tell_safely(topic: _Topic, pk: int, *, now: datetime) -> bool:
    try:
        return _tell(topic, pk, now=now)
    except Exception:
        logger.exception("notice_failed", subscription_id=pk)
        return False


@transaction.atomic
def _tell(topic: _Topic, pk: int, *, now: datetime) -> bool:
    """Note a notice and queue its e-mail; return False when there is none to give. Locks the subscription.

    One that somebody else works on is left for the next run, so two runs at once tell everything once.
    """
    subscription = (
        topic.concerned(now)
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("provider", "package")
        .filter(pk=pk)
        .first()
    )
    found = topic.due(subscription, now) if subscription else None
    if subscription is None or found is None:
        return False
    kind, values = found
    told = set(SubscriptionNotice.objects.filter(subscription_id=pk).values_list("kind", flat=True))
    if told & {kind, *_MORE_URGENT.get(kind, ())}:
        return False
    SubscriptionNotice.objects.create(provider=subscription.provider, subscription=subscription, kind=kind)
    _queue(topic.mail, subscription, kind, values)
    return True


def _queue(mail: MailKind, subscription: Subscription, kind: NoticeKind, values: _Values) -> None:
    provider, package = subscription.provider, subscription.package
    common: _Values = {"title": provider.title, "package": package.name, "by_offer": package.by_offer}
    queue_for(
        provider,
        kind=mail,
        context={**common, "last_day": f"{last_day(subscription.ends_at):%d.%m.%Y}", **values},
        key=f"notice:{subscription.pk}:{kind}",
    )


# --- To whom it may concern -----------------------------------------------------------------------------------------
def _running(now: datetime) -> QuerySet[Subscription]:
    """Return the ACTIVE subscriptions of providers that take part; who is paused can neither renew nor upgrade."""
    return Subscription.objects.filter(
        provider__state=ProviderState.ACTIVE,
        provider__sandbox_of=None,
        state=SubscriptionState.ACTIVE,
        starts_at__lte=now,
        ends_at__gt=now,
    )


def _ending(now: datetime) -> QuerySet[Subscription]:
    """Return the running ones whose last day is near and which nothing follows."""
    horizon = end_of_istanbul_day(istanbul_day(now) + timedelta(days=FIRST_REMINDER_DAYS))
    return _running(now).filter(~_renewed(), ends_at__lte=horizon)


def _limited(now: datetime) -> QuerySet[Subscription]:
    """Return the running ones to a package with a limit."""
    return _running(now).filter(package__max_addresses__isnull=False)


def _over(now: datetime) -> QuerySet[Subscription]:
    """Return those that ended by the clock a short while ago and that no other package has replaced."""
    replaced = Exists(
        Subscription.objects.filter(
            provider_id=OuterRef("provider_id"), state__in=LIVE, starts_at__lte=now, ends_at__gt=now
        )
    )
    return Subscription.objects.filter(
        ~_renewed(),
        ~replaced,
        provider__state=ProviderState.ACTIVE,
        provider__sandbox_of=None,
        state=SubscriptionState.EXPIRED,
        ended_at__gt=now - _TOLD_LATE,
    )


def _renewed() -> Exists:
    """Return whether another subscription of the provider begins when the row's ends."""
    following = Subscription.objects.filter(state__in=LIVE, starts_at=OuterRef("ends_at"))
    return Exists(following.filter(provider_id=OuterRef("provider_id")))


# --- What is to be said -----------------------------------------------------------------------------------------------
def _reminder(subscription: Subscription, now: datetime) -> tuple[NoticeKind, _Values] | None:
    days = (last_day(subscription.ends_at) - istanbul_day(now)).days
    kind = reminder_due(days)
    if kind is None:
        return None
    left = f"{days} gün kaldı" if days else "bugün son gün"
    return kind, {"left": left, "link": public_link("packages:overview")}


def _end(_subscription: Subscription, _now: datetime) -> tuple[NoticeKind, _Values]:
    return NoticeKind.EXPIRED, {"link": public_link("packages:choose")}


def _fullness(subscription: Subscription, _now: datetime) -> tuple[NoticeKind, _Values] | None:
    count, limit = address_count(subscription.provider_id), subscription.package.max_addresses
    level = None if limit is None else usage_level(count, limit)
    if level is None or limit is None:
        return None
    return _USAGE[level], {
        "count": _grouped(count),
        "limit": _grouped(limit),
        "almost": level == 95,
        "full": level == 100,
        "share": {80: "%80'i", 95: "%95'i", 100: "%100'ü"}[level],
        "link": public_link("packages:choose"),
    }


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")


_TOPICS = (
    _Topic(MailKind.SUBSCRIPTION_EXPIRING, _ending, _reminder),
    _Topic(MailKind.SUBSCRIPTION_EXPIRED, _over, _end),
    _Topic(MailKind.ADDRESS_USAGE, _limited, _fullness),
)
