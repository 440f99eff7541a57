"""Beni Haberdar Et: an address is in the list once its owner confirmed it, and until its owner ends it."""

from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import transaction

from applications.models import NewsSubscriber
from applications.services.base import Applicant
from iys_portal.audit.services import record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link, queue

_PAUSE = timedelta(minutes=10)
_SIGNER = Signer(sep="~", salt="applications.news")


def token_of(subscriber: NewsSubscriber) -> str:
    """Return the secret of an address's links: the same in every e-mail, kept nowhere."""
    return _SIGNER.sign(str(subscriber.pk))


def subscriber_of(token: str) -> NewsSubscriber | None:
    """Return whose link it is, or None."""
    try:
        return NewsSubscriber.objects.filter(pk=int(_SIGNER.unsign(token))).first()
    except (BadSignature, ValueError):
        return None


@transaction.atomic
def ask(*, email: str, now: datetime) -> None:
    """Send an address its confirmation link. A known one gets the same e-mail; within ten minutes only one is sent."""
    address = email.lower()
    NewsSubscriber.objects.bulk_create([NewsSubscriber(email=address, asked_at=now - _PAUSE)], ignore_conflicts=True)
    subscriber = NewsSubscriber.objects.select_for_update(no_key=True).get(email=address)
    if subscriber.asked_at > now - _PAUSE:
        return
    subscriber.asked_at = now
    subscriber.save(update_fields=["asked_at"])
    token = token_of(subscriber)
    links = {"link": public_link("news:confirm", token=token), "leave": public_link("news:leave", token=token)}
    queue(kind=MailKind.NEWS_CONFIRM, to=address, provider_id=None, context=links)


@transaction.atomic
def confirm(*, subscriber_id: int, now: datetime) -> None:
    """Put the address into the list; confirmed already, nothing changes."""
    subscriber = NewsSubscriber.objects.select_for_update(no_key=True).get(pk=subscriber_id)
    if subscriber.confirmed_at is not None and subscriber.ended_at is None:
        return
    subscriber.confirmed_at, subscriber.ended_at = now, None
    subscriber.save(update_fields=["confirmed_at", "ended_at"])
    record(action="news_confirmed", subject=subscriber, actor=Applicant())


@transaction.atomic
def leave(*, subscriber_id: int, now: datetime) -> None:
    """Take the address out of the list; an address that never confirmed is forgotten at once."""
    subscriber = NewsSubscriber.objects.select_for_update(no_key=True).filter(pk=subscriber_id).first()
    if subscriber is None or subscriber.ended_at is not None:
        return
    record(action="news_left", subject=subscriber, actor=Applicant())
    if subscriber.confirmed_at is None:
        subscriber.delete()
        return
    subscriber.ended_at = now
    subscriber.save(update_fields=["ended_at"])
