"""What people change about themselves: where they are written, and which of their web sessions go on."""

from collections.abc import Collection

from django.db import transaction

from accounts.enums import Topic
from accounts.models import Membership, Person, WebSession
from accounts.selectors import session_mark
from iys_portal.audit.services import record


@transaction.atomic
def choose_notifications(*, membership: Membership, email: str, muted: Collection[Topic], person: Person) -> bool:
    """Note where and about what a person wants to be written; return whether anything changed.

    The address itself is not audited, only that it changed.
    """
    membership = Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
    before, after = sorted(membership.muted), sorted(muted)
    address_changed = membership.email != email
    if before == after and not address_changed:
        return False
    membership.email, membership.muted = email, after
    membership.save(update_fields=["email", "muted"])
    record(
        action="notifications",
        subject=membership,
        actor=person,
        before={"muted": before},
        after={"muted": after},
        address_changed=address_changed,
    )
    return True


@transaction.atomic
def end_session(*, person: Person, mark: str, current: str | None) -> bool:
    """End one of the person's web sessions, named by its mark; return whether there was one. Never the `current`."""
    keys = [key for key in _keys(person) if key != current and session_mark(key) == mark]
    return _end(person, keys) == 1


@transaction.atomic
def end_other_sessions(*, person: Person, current: str | None) -> int:
    """End every web session of the person but the `current`; return how many there were."""
    return _end(person, [key for key in _keys(person) if key != current])


def _keys(person: Person) -> list[str]:
    return list(WebSession.objects.filter(person_id=person.pk).values_list("session_key", flat=True))


def _end(person: Person, keys: list[str]) -> int:
    ended, _ = WebSession.objects.filter(pk__in=keys).delete()
    if ended:
        record(action="sessions_ended", subject=person, actor=person, count=ended)
    return ended
