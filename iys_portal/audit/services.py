"""Write what happened: audit events, state changes, the hash chain."""

import hashlib
import json
from datetime import datetime
from typing import Any, Protocol

import structlog
from django.db import connection, models, transaction

from iys_portal.audit.models import AuditEvent, AuditSeal
from iys_portal.shared import states

GENESIS = "0" * 64
_CHAIN_LOCK = 0x1A5EA1
# No transaction stays open while this many younger events are sealed.
_SEAL_WINDOW = 100_000


class Actor(Protocol):
    """Whoever acts: a person, known by number and full name. None stands for the system itself."""

    @property
    def pk(self) -> Any: ...
    def get_full_name(self) -> str: ...


def record(
    *,
    action: str,
    subject: models.Model,
    actor: Actor | None,
    provider_id: int | None = None,
    reason: str = "",
    **detail: Any,
) -> AuditEvent:
    """Insert one audit event about `subject` in the caller's transaction and return it.

    `provider_id` defaults to the subject's own. `detail` holds plain JSON values: before, after, amounts.
    """
    return AuditEvent.objects.create(
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_full_name() if actor else "Sistem",
        provider_id=provider_id if provider_id is not None else getattr(subject, "provider_id", None),
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        action=action,
        reason=reason,
        detail=detail,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


class Stateful(Protocol):
    """A model row with a `state` field that belongs to a state machine."""

    state: str

    def save(self, *, update_fields: list[str]) -> None: ...


def move(
    obj: Any,
    to: str,
    *,
    table: states.Transitions[Any],
    actor: Actor | None,
    reason: str,
    **changes: Any,
) -> None:
    """Move `obj` to state `to`, setting `changes` in the same UPDATE, and audit it. The one door of every machine.

    The caller holds the row lock (select_for_update). Raises ForbiddenTransition when `table` has no such edge.
    """
    states.check(obj._meta.label_lower, table, obj.state, to)
    before = obj.state
    obj.state = to
    for field, value in changes.items():
        setattr(obj, field, value)
    obj.save(update_fields=["state", *changes])
    record(action=f"state:{to}", subject=obj, actor=actor, reason=reason, before=before, after=to)


def seal_events(*, limit: int = 10_000) -> int:
    """Append the committed, not yet sealed events to the hash chain; return how many were sealed.

    The chain follows the order of sealing: an event whose transaction took long simply comes later. Serialised by
    an advisory transaction lock.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
        last = AuditSeal.objects.order_by("-seq").first()
        seq, head, newest = (last.seq, last.hash, last.event_id) if last else (0, GENESIS, 0)
        unsealed = AuditEvent.objects.filter(seal=None, pk__gt=newest - _SEAL_WINDOW)
        seals = []
        for event in unsealed.order_by("pk")[:limit]:
            seq, head = seq + 1, link_hash(head, event)
            seals.append(AuditSeal(seq=seq, event=event, hash=head))
        AuditSeal.objects.bulk_create(seals)
    return len(seals)


def link_hash(previous: str, event: AuditEvent) -> str:
    """Return the SHA-256 (hex) of the previous link and the event's canonical JSON."""
    body = {
        field.attname: getattr(event, field.attname) for field in event._meta.concrete_fields if field.attname != "at"
    }
    body["at"] = event.at.isoformat() if isinstance(event.at, datetime) else str(event.at)
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
