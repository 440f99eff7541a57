"""End the authority of an authorised company's people; administrators give it."""

from datetime import datetime

from django.db import transaction

from iys_portal.audit.services import Actor, record
from partners.models import IntermediaryMembership, PartnerMembership


@transaction.atomic
def end_membership(
    *, membership: PartnerMembership | IntermediaryMembership, actor: Actor, reason: str, now: datetime
) -> None:
    """End it at once; ended already, nothing changes. Locks the membership."""
    rows = type(membership)._default_manager.select_for_update(of=("self",), no_key=True)
    locked = rows.get(pk=membership.pk)
    if locked.ended_at is not None:
        return
    locked.ended_at = max(now, locked.started_at)
    locked.save(update_fields=["ended_at"])
    record(action="member_removed", subject=locked, actor=actor, reason=reason)
