"""Who wants which report by e-mail: chosen on the page, ended there or by the link in each e-mail."""

from collections.abc import Collection
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Membership, Person
from iys_portal.audit.services import Actor, record
from reports.enums import SUBSCRIBED, UNSUBSCRIBED, Rhythm
from reports.models import ReportSubscription

_SIGNER = Signer(sep="~", salt="reports.subscription")


@transaction.atomic
def choose(*, membership: Membership, rhythms: Collection[str], person: Person, now: datetime) -> bool:
    """Note which reports a person wants by e-mail; return whether anything changed. Locks the membership."""
    membership = Membership.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.pk)
    before = {row.rhythm: row for row in _of(membership)}
    for rhythm in Rhythm:
        if rhythm in rhythms and rhythm not in before:
            row = ReportSubscription.objects.create(
                provider_id=membership.provider_id, membership=membership, rhythm=rhythm, started_at=now
            )
            record(action=SUBSCRIBED, subject=row, actor=person, rhythm=rhythm)
        elif rhythm not in rhythms and rhythm in before:
            _end(before[rhythm], actor=person)
    return set(before) != set(rhythms)


def token_of(membership_id: int, rhythm: str) -> str:
    """Return the secret of the link that ends a person's report: the same in every e-mail, kept nowhere."""
    return _SIGNER.sign(f"{membership_id}.{rhythm}")


def told_by(token: str) -> tuple[Membership, Rhythm] | None:
    """Return whose report of which rhythm a link ends, or None for a forged one."""
    try:
        number, _, rhythm = _SIGNER.unsign(token).partition(".")
        membership = Membership.objects.select_related("provider").filter(pk=int(number)).first()
        return None if membership is None else (membership, Rhythm(rhythm))
    except (BadSignature, ValueError):
        return None


@transaction.atomic
def leave(*, membership: Membership, rhythm: Rhythm) -> bool:
    """End a report by the link of an e-mail; return whether it was still wanted. Who holds the link is not known."""
    row = _of(membership).filter(rhythm=rhythm).select_for_update(of=("self",)).first()
    if row is None:
        return False
    _end(row, actor=None)
    return True


def _of(membership: Membership) -> QuerySet[ReportSubscription]:
    return ReportSubscription.objects.filter(provider_id=membership.provider_id, membership=membership)


def _end(row: ReportSubscription, *, actor: Actor | None) -> None:
    reason = "" if actor else "E-postadaki bağlantıyla."
    record(action=UNSUBSCRIBED, subject=row, actor=actor, reason=reason, rhythm=row.rhythm)
    row.delete()
