"""Write what happened: audit events, state changes, the hash chain."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog
from django.db import connection, models, transaction

from iys_portal.audit.bulk import insert_rows, update_each
from iys_portal.audit.models import AuditEvent, AuditSeal
from iys_portal.changes import note_change
from iys_portal.shared import states

GENESIS = "0" * 64
_CHAIN_LOCK = 0x1A5EA1
# No transaction stays open while this many younger events are sealed.
_SEAL_WINDOW = 100_000
_NOTHING: Mapping[str, Any] = {}


class Actor(Protocol):
    """Whoever acts: a person, known by number and full name. None stands for the system itself."""

    @property
    def pk(self) -> Any: ...
    def get_full_name(self) -> str: ...


@dataclass(frozen=True)
class Program:
    """An account of the API as the audit trail names it: it has no person's number."""

    name: str
    pk: None = None

    def get_full_name(self) -> str:
        """Return the account's name and username."""
        return self.name


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
    return _write(Happening(subject, action, reason, detail, provider_id), actor=actor)


class Happening(NamedTuple):
    """What is written down about one row; `provider_id` defaults to the row's own."""

    subject: models.Model
    action: str
    reason: str = ""
    detail: Mapping[str, Any] = _NOTHING
    provider_id: int | None = None


def record_many(happenings: Iterable[Happening], *, actor: Actor | None) -> None:
    """Insert an audit event for each happening, in their order, in the caller's transaction: `record` set-wise."""
    _insert(list(_rows(happenings, actor)))


def _rows(happenings: Iterable[Happening], actor: Actor | None) -> Iterator[tuple[Any, ...]]:
    request_id = _request_id()
    return (_values(happening, actor, request_id) for happening in happenings)


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        insert_rows(AuditEvent, _COLUMNS, rows)
        note_change()


_COLUMNS = (
    *("actor_id", "actor_name", "provider_id", "object_type", "object_id", "action", "reason", "detail"),
    "request_id",
)


def _values(happening: Happening, actor: Actor | None, request_id: str) -> tuple[Any, ...]:
    """Return the values of an event in the order of `_COLUMNS`."""
    subject, provider_id = happening.subject, happening.provider_id
    return (
        actor.pk if actor else None,
        actor.get_full_name() if actor else "Sistem",
        provider_id if provider_id is not None else getattr(subject, "provider_id", None),
        subject._meta.label_lower,
        str(subject.pk),
        happening.action,
        happening.reason,
        happening.detail,
        request_id,
    )


def _write(happening: Happening, *, actor: Actor | None) -> AuditEvent:
    event = AuditEvent(**dict(zip(_COLUMNS, _values(happening, actor, _request_id()), strict=True)))
    event.save()
    note_change()
    return event


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


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
    happening = _step(Move(obj, to, reason, changes), table)
    obj.save(update_fields=["state", *changes])
    _write(happening, actor=actor)


class Move(NamedTuple):
    """One object's step to another state: why, and which fields change with it."""

    obj: Any
    to: str
    reason: str
    changes: Mapping[str, Any] = _NOTHING


def move_many(
    moves: Sequence[Move],
    *,
    table: states.Transitions[Any],
    actor: Actor | None,
    meanwhile: Callable[[], object] | None = None,
) -> None:
    """Move many objects of one model at once, each audited as `move` would: the same door, held open for a batch.

    The caller holds their row locks. Raises ForbiddenTransition, before anything is written, when `table` lacks an
    edge. Objects whose steps change the same fields are written with one UPDATE. `meanwhile`: see `update_each`.
    """
    if not moves:
        return
    happenings = [_step(move, table) for move in moves]
    written: dict[tuple[str, ...], dict[int, Any]] = {}
    for step in moves:
        written.setdefault(("state", *step.changes), {})[step.obj.pk] = step.obj
    events: list[tuple[Any, ...]] = []

    def beside() -> None:
        events.extend(_rows(happenings, actor))
        if meanwhile is not None:
            meanwhile()

    for number, (fields, objects) in enumerate(written.items()):
        update_each(list(objects.values()), fields, meanwhile=None if number else beside)
    _insert(events)


def _step(move: Move, table: states.Transitions[Any]) -> Happening:
    """Take the step in memory, if there is such an edge; return what is to be written down about it."""
    obj, to = move.obj, move.to
    states.check(obj._meta.label_lower, table, obj.state, to)
    before = obj.state
    obj.state = to
    for name, value in move.changes.items():
        setattr(obj, name, value)
    return Happening(obj, f"state:{to}", move.reason, {"before": before, "after": to})


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
